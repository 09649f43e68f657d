package walkme

import (
	"fmt"
	"math"
	"slices"
)

// Wire holds a switch for each point on which Okta's behaviour is not proven by
// a capture, and for the few in which servers need another form. Start from
// DefaultWire: the zero value is a client that sends as little as it can.
type Wire struct {
	// GetBeforePatch sends GET /Users/{id} before a PATCH of active, unless a look-up
	// has just shown the account, so that one which has passed to another person is
	// left alone. Okta's drawings show it, its captures do not.
	GetBeforePatch bool

	// PatchActiveMatch sends active:true to a match that is active already.
	PatchActiveMatch bool

	// RenameWithMembers sends the group's name before a membership change
	// when MembersUpdate.Rename asks for it, as Okta's reference says.
	RenameWithMembers bool

	// SecondGroupWrite says when the members are written a second time right
	// after a group was created: always, when_missing (the answer did not
	// show them) or never.
	SecondGroupWrite string

	// SendPassword puts a random placeholder password into the POST of a
	// user, SendGroups an empty list of groups. Okta always does both.
	SendPassword bool
	SendGroups   bool

	// EchoPassword leaves a password that the server showed in the PUT that
	// answers it, as Okta does.
	EchoPassword bool

	// ClearedValue is how a PUT writes a mapped attribute that has no value
	// in Okta but one in WalkMe: empty ("", [] or null, as the type of the
	// server's value has it), null, or omit (it is not laid over what the server
	// showed, so that the PUT repeats the old value and empties nothing).
	ClearedValue string

	// MultiValued is how a PUT writes e-mails, phone numbers and addresses:
	// replace (the list is ours alone) or merge (our values are laid over
	// the entry that the path selects, everything else stays).
	MultiValued string

	// Overlay is what a PUT lays over the server's answer: all mapped
	// attributes, or only the changed ones, which leaves the rest of an
	// entry alone whose mapped values are right.
	Overlay string

	// UserUpdate is how a profile goes out: put (GET and PUT, Okta's way) or
	// patch (GET, then a PATCH without path of the top-level attributes that
	// differ).
	UserUpdate string

	// ActiveFromMapping writes the desired active into a profile PUT. Okta
	// leaves what the GET showed.
	ActiveFromMapping bool

	// ExtensionSchemas adds the URN of an extension to schemas when one of
	// its attributes is sent.
	ExtensionSchemas bool

	// MemberBatch is the largest number of changes in one PATCH of a group,
	// 1 to 1000.
	MemberBatch int

	// MembershipUpdates is delta (removes and adds), replace (the whole list), or auto
	// (delta, and replace for Push Now, as Okta), for profile OIN. AIW always writes
	// the whole list.
	MembershipUpdates string

	// GroupPutID repeats the id in the body of PUT /Groups/{id}.
	GroupPutID bool

	// ResolveConflicts lets ResolveConflict look for the account that a 409
	// speaks of. Without it every conflict is final, as in Okta.
	ResolveConflicts bool

	// FindBeforeRename looks a new name of a group up before it is given. Okta
	// does not. The caller makes the look-up.
	FindBeforeRename bool

	// SplitRefused finds out which members a refused change of a membership is
	// about, and sends it again without them. In Okta the push fails as a whole.
	SplitRefused bool

	// ReadWhenDoubtful reads again when the answer to a write contradicts it, when
	// a 5xx leaves open whether the object exists, and when a group that is to get
	// a whole list of members shows none. Okta takes the answer as it is.
	ReadWhenDoubtful bool

	// ExactNumbers refuses a list whose counters are texts, as Okta does: one with
	// "startIndex": "1" ended its provisioning without a word.
	ExactNumbers bool

	// PathlessActive and PathlessRename send active and displayName by a
	// PATCH without path, Okta's form. Otherwise the operation has a path.
	PathlessActive bool
	PathlessRename bool

	// VerifyWrites reads a user or group again after a change of status or
	// membership that the answer did not show.
	VerifyWrites bool
}

// Values of the switches that are words.
const (
	Always      = "always"
	WhenMissing = "when_missing"
	Never       = "never"

	ClearEmpty = "empty"
	ClearNull  = "null"
	ClearOmit  = "omit"

	Replace = "replace"
	Merge   = "merge"
	Delta   = "delta"
	Auto    = "auto" // Delta, and Replace for Push Now

	OverlayAll     = "all"
	OverlayChanged = "changed"

	UpdatePut   = "put"
	UpdatePatch = "patch"
)

// DefaultWire returns the best-supported form of each switch, with the reads that Okta
// does not make and that protect people. A cleared value is sent as empty, because Okta
// documents that an attribute which is defined but empty overwrites the server's.
func DefaultWire() Wire {
	return Wire{
		GetBeforePatch:    true,
		FindBeforeRename:  true,
		SplitRefused:      true,
		ReadWhenDoubtful:  true,
		RenameWithMembers: true,
		SecondGroupWrite:  Always,
		SendPassword:      true,
		SendGroups:        true,
		EchoPassword:      true,
		ClearedValue:      ClearEmpty,
		MultiValued:       Replace,
		Overlay:           OverlayAll,
		UserUpdate:        UpdatePut,
		ExtensionSchemas:  true,
		MemberBatch:       defaultMemberBatch,
		MembershipUpdates: Auto,
		GroupPutID:        true,
		ResolveConflicts:  true,
		PathlessActive:    true,
		PathlessRename:    true,
	}
}

// StrictWire is DefaultWire without what Okta's engine is not known to send: a
// conversation that can be held against a recording of Okta's, and that stops where
// Okta stops.
func StrictWire() Wire {
	w := DefaultWire()
	w.GetBeforePatch, w.FindBeforeRename, w.SplitRefused, w.ReadWhenDoubtful, w.ResolveConflicts = false, false, false, false, false
	w.ExactNumbers = true
	return w
}

const (
	defaultMemberBatch = 100  // servers are known that refuse more operations in one PATCH
	maxMemberBatch     = 1000 // Okta's upper limit of "Custom Patch Batch Size"
	unbatched          = math.MaxInt32
)

// withDefaults fills what was left empty and refuses what is unknown. The
// error names the switch as the configuration file does.
func (w Wire) withDefaults() (Wire, error) {
	for _, s := range []struct {
		key     string
		value   *string
		allowed []string // the default first
	}{
		{"second_group_write", &w.SecondGroupWrite, []string{Always, WhenMissing, Never}},
		{"cleared_value", &w.ClearedValue, []string{ClearEmpty, ClearNull, ClearOmit}},
		{"multi_valued", &w.MultiValued, []string{Replace, Merge}},
		{"overlay", &w.Overlay, []string{OverlayAll, OverlayChanged}},
		{"user_update", &w.UserUpdate, []string{UpdatePut, UpdatePatch}},
		{"membership_updates", &w.MembershipUpdates, []string{Auto, Delta, Replace}},
	} {
		if *s.value == "" {
			*s.value = s.allowed[0]
		}
		if !slices.Contains(s.allowed, *s.value) {
			return w, fmt.Errorf("wire: %s is one of %q, not %q", s.key, s.allowed, *s.value)
		}
	}
	if w.MemberBatch == 0 {
		w.MemberBatch = defaultMemberBatch
	}
	if w.MemberBatch < 1 || w.MemberBatch > maxMemberBatch {
		return w, fmt.Errorf("wire: member_batch is 1 to %d, not %d", maxMemberBatch, w.MemberBatch)
	}
	return w, nil
}

package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// Action is what a change does. The names are those of the plan's summary.
type Action string

// The actions, in the order in which a run takes them. The last one changes the
// state alone: a group that is no longer pushed stays in WalkMe, unmanaged.
const (
	Deactivate   Action = "deactivate"
	Create       Action = "create"
	Link         Action = "link"
	Reactivate   Action = "reactivate"
	Update       Action = "update"
	GroupCreate  Action = "group_create"
	GroupLink    Action = "group_link"
	GroupRename  Action = "group_rename"
	GroupMembers Action = "group_members"
	GroupDelete  Action = "group_delete"
	GroupUnlink  Action = "group_unlink"
)

// Cause is why a change is in the plan.
type Cause string

// The causes.
const (
	CauseOkta    Cause = "okta"    // something changed in Okta
	CauseMapping Cause = "mapping" // an expression changed, the person did not
	CauseDrift   Cause = "drift"   // changed in WalkMe, not by the agent
	CauseFailed  Cause = "failed"  // an earlier attempt failed
	CauseForced  Cause = "forced"  // a resync asked for it
)

// Outcome is what became of a change in a run. It is empty in a plan.
type Outcome string

// The outcomes. Skipped covers what was not tried: disabled by configuration,
// waiting after a failure, unconfirmed, or stopped before its turn.
const (
	Applied Outcome = "applied"
	Failed  Outcome = "failed"
	Held    Outcome = "held"
	Skipped Outcome = "skipped"
)

// MemberChange lists Okta user ids, sorted.
type MemberChange struct {
	Add    []string `json:"add"`
	Remove []string `json:"remove"`
}

// ApplyMembers returns a new sorted set.
func ApplyMembers(members []string, change MemberChange) []string {
	out := scim.SortedSet(slices.Concat(members, change.Add))
	return slices.DeleteFunc(out, func(id string) bool { return slices.Contains(change.Remove, id) })
}

// Needs are what a change needs to be carried out, besides what people see of it.
type Needs struct {
	Want      *Person       // users: what Okta wants; nil for Deactivate
	Target    *GroupWant    // groups: what Okta wants; nil for GroupDelete and GroupUnlink
	From      string        // the Okta id that the object passes on from: of a person who has left, or of a group that was deleted
	Whole     bool          // a membership push that is due without a difference, too: forced, or cut short
	Replaces  bool          // a membership push after which the group has exactly our members
	Kept      *state.Record // group creates: what is left of an earlier push
	SeeksLink bool          // group creates: see GroupWant.SeeksLink
	After     *Change       // the group rename that frees the name which this change gives
	Decision  int64         // id of the approval in the state; 0: none
	Careful   bool          // a value that the agent never pushed is not emptied, see KeepUnacknowledged
}

// Change is one thing to do to one user or group.
type Change struct {
	Seq        int                    `json:"seq"` // 1-based place in the order of the run
	Type       scim.Type              `json:"type"`
	Action     Action                 `json:"action"`
	OktaID     string                 `json:"okta_id"`
	WalkMeID   string                 `json:"walkme_id"`
	Name       string                 `json:"name"` // userName or displayName
	Attributes []scim.AttributeChange `json:"attributes"`
	Members    MemberChange           `json:"members"`
	Resent     int                    `json:"resent,omitempty"` // members that are pushed again, although nothing differs
	Cause      Cause                  `json:"cause"`
	Reason     Reason                 `json:"reason"`

	blockKeys
	Block *Block `json:"blocked,omitempty"` // what keeps the change from being sent, see BlockBy

	// Who let the change pass a limit.
	ApprovedBy     string     `json:"approved_by,omitempty"`
	ApprovedAt     *time.Time `json:"approved_at,omitempty"`
	ApprovalReason string     `json:"approval_reason,omitempty"`

	// After a run.
	Outcome    Outcome `json:"outcome,omitempty"`
	Error      string  `json:"error,omitempty"`
	HTTPStatus int     `json:"http_status,omitempty"`

	// NotShown are the paths that WalkMe accepted and does not show, sorted; PathMembers
	// for the members of a group.
	NotShown []string `json:"not_shown,omitempty"`

	Needs `json:"-"`

	unlisted string // the Okta id whose mere absence from Okta's list takes an account away
	empties  bool   // the removals leave the group without any of our members who are assigned
	early    bool   // an update or reactivation that frees a userName which another change needs
	past     *past  // how the last attempt at the user or group failed; nil: it did not
	rank     int    // how many renames come before, that free the name which this change gives

	clearsNothing bool            // an attribute without a value is left out of what is sent
	passes        map[string]bool // paths that may be emptied whatever the limit
}

// Digest identifies what the change would do, whether or not a look-up has found
// out yet that a create is a link.
func (c *Change) Digest() string {
	action := c.Action
	switch action {
	case Link, Reactivate:
		action = Create
	case GroupLink:
		action = GroupCreate
	}
	h := sha256.New()
	fmt.Fprintln(h, action, c.OktaID)
	for _, a := range c.Attributes {
		fmt.Fprintf(h, "%q %#v\n", a.Path, a.New)
	}
	fmt.Fprintf(h, "%q %q", c.Members.Add, c.Members.Remove)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// ObjectKey names a user or group by its Okta id.
func ObjectKey(t scim.Type, oktaID string) string { return string(t) + " " + oktaID }

// narrow cuts a change down to the accounts and memberships of these people, and says
// whether anything is left. Of other people the snapshot is old by now.
func (c *Change) narrow(people []string) bool {
	if c.Type == scim.User {
		return scim.Contains(people, c.OktaID)
	}
	if c.Action != GroupMembers {
		return false
	}
	other := func(id string) bool { return !scim.Contains(people, id) }
	removals := len(c.Members.Remove)
	c.Members.Add = slices.DeleteFunc(c.Members.Add, other)
	c.Members.Remove = slices.DeleteFunc(c.Members.Remove, other)
	c.empties = c.empties && len(c.Members.Remove) == removals
	return len(c.Members.Add)+len(c.Members.Remove) > 0
}

package agent

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// PlanSchema names the shape of a plan's JSON. It changes only when a reader
// would break.
const PlanSchema = "okta-walkme-agent/plan/v1"

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
	CauseDrift   Cause = "drift"   // somebody changed WalkMe
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
	Reason     string                 `json:"reason"`

	// What keeps the change from being sent; at most one of them holds.
	Held        bool       `json:"held"`
	HoldID      string     `json:"hold_id,omitempty"`
	Disabled    string     `json:"disabled,omitempty"`    // the configuration key that switches it off
	WaitUntil   *time.Time `json:"wait_until,omitempty"`  // the pause after a failure
	Unconfirmed string     `json:"unconfirmed,omitempty"` // why the removal is not trusted

	// After a run.
	Outcome    Outcome `json:"outcome,omitempty"`
	Error      string  `json:"error,omitempty"`
	HTTPStatus int     `json:"http_status,omitempty"`

	failure    error         // what Error says
	journalled bool          // an entry of it is in the journal
	activates  bool          // the account was seen inactive in this run
	leaver     string        // the Okta id of the person who has left and whose active account passes on
	want       *Person       // users: what Okta wants; nil for Deactivate
	target     *GroupWant    // groups: what Okta wants; nil for GroupDelete and GroupUnlink
	empties    bool          // the removals leave the group without any of our members who are assigned
	early      bool          // an update or reactivation that frees a userName which another change needs
	whole      bool          // a membership push that is due without a difference, too: forced, or cut short
	replaces   bool          // a membership push after which the group has exactly our members
	kept       *state.Record // group creates: what is left of an earlier push
	past       *past         // how the last attempt at the user or group failed; nil: it did not
	renaming   *renaming     // group renames: see renameOnce
	after      *Change       // the group rename that frees the name which this change gives
	rank       int           // how many such renames come before
}

// past is a failure on record.
type past struct {
	change string     // digest of the change that failed
	words  string     // how often
	err    string     // why
	next   *time.Time // the end of its pause, if this run waits for that
}

// recall shows a change that failed before, and has it wait for the end of its
// pause. A change that has become another one since is tried at once.
func (c *Change) recall() {
	if c.past == nil || c.Cause == CauseFailed || c.past.change != c.digest() {
		return
	}
	c.Cause, c.Reason = CauseFailed, c.Reason+"; "+c.past.words+": "+c.past.err
	if !c.Blocked() {
		c.WaitUntil = c.past.next
	}
}

// tried leaves the old error out of the reason: what becomes of the change now is said
// beside it.
func (c *Change) tried() {
	if c.past != nil && c.Cause == CauseFailed {
		c.Reason = strings.Replace(c.Reason, c.past.words+": "+c.past.err, c.past.words+" before", 1)
	}
}

// Failure is the error that Error says, for whoever tells causes apart. It is nil
// in a plan, and in a report that was read back.
func (c *Change) Failure() error { return c.failure }

// Blocked says whether something keeps the change from being sent.
func (c *Change) Blocked() bool {
	return c.Held || c.Disabled != "" || c.WaitUntil != nil || c.Unconfirmed != ""
}

// digest identifies what the change would do, whether or not a look-up has found
// out yet that a create is a link.
func (c *Change) digest() string {
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

// phase is the place of a change in the order of a run. Access is taken away
// first, groups come after the people who are to be in them, and group deletes
// come last.
func (c *Change) phase() int {
	switch c.Action {
	case Deactivate:
		return 0
	case Create, Link:
		return 2
	case Update, Reactivate:
		if c.early {
			return 1
		}
		if c.Action == Reactivate {
			return 2
		}
		return 3
	case GroupCreate, GroupLink, GroupRename:
		return 4
	case GroupMembers:
		return 5
	default:
		return 6
	}
}

// compareChanges is a total order: no two changes of a plan share phase, id,
// action and holding.
func compareChanges(a, b *Change) int {
	return cmp.Or(
		cmp.Compare(a.phase(), b.phase()),
		cmp.Compare(a.rank, b.rank),
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.OktaID, b.OktaID),
		cmp.Compare(a.Action, b.Action),
		compareBool(a.Held, b.Held),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Summary counts each change exactly once: under held, disabled or waiting when
// that keeps it back, else under its action.
type Summary struct {
	Create       int `json:"create"`
	Link         int `json:"link"`
	Update       int `json:"update"`
	Reactivate   int `json:"reactivate"`
	Deactivate   int `json:"deactivate"`
	GroupCreate  int `json:"group_create"`
	GroupLink    int `json:"group_link"`
	GroupRename  int `json:"group_rename"`
	GroupMembers int `json:"group_members"`
	GroupDelete  int `json:"group_delete"`
	GroupUnlink  int `json:"group_unlink"`
	Unchanged    int `json:"unchanged"` // managed users and groups that need nothing
	Held         int `json:"held"`
	Rejected     int `json:"rejected"`
	Disabled     int `json:"disabled"`
	Waiting      int `json:"waiting"` // failed before and pausing, or a removal that is not confirmed
}

func (s *Summary) counter(a Action) *int {
	switch a {
	case Create:
		return &s.Create
	case Link:
		return &s.Link
	case Update:
		return &s.Update
	case Reactivate:
		return &s.Reactivate
	case Deactivate:
		return &s.Deactivate
	case GroupCreate:
		return &s.GroupCreate
	case GroupLink:
		return &s.GroupLink
	case GroupRename:
		return &s.GroupRename
	case GroupMembers:
		return &s.GroupMembers
	case GroupDelete:
		return &s.GroupDelete
	default:
		return &s.GroupUnlink
	}
}

// Source says what the plan was made from.
type Source struct {
	TakenAt time.Time `json:"taken_at"` // Okta's clock
	Users   int       `json:"users"`    // assignments read
	Groups  int       `json:"groups"`   // groups in the push sources
	Digest  string    `json:"digest"`   // sha256:… of all that was read
}

// AppRef names the Okta app.
type AppRef struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// Plan is what a run would do, complete and in order. It is plain data.
type Plan struct {
	Schema          string            `json:"schema"`
	ID              string            `json:"id"` // digest of everything but the times
	CreatedAt       time.Time         `json:"created_at"`
	App             AppRef            `json:"app"`
	Target          string            `json:"target"` // SCIM base URL
	WireProfile     string            `json:"wire_profile"`
	Source          Source            `json:"source"`
	StateGeneration int64             `json:"state_generation"`
	Summary         Summary           `json:"summary"`
	Changes         []*Change         `json:"changes"`
	Rejected        []Rejection       `json:"rejected"`
	Unmapped        []Unmapped        `json:"unmapped,omitempty"` // by a mapping that no run had yet
	Health          Health            `json:"health"`
	Unmanaged       *Unmanaged        `json:"unmanaged,omitempty"` // after a refresh
	Holds           []Hold            `json:"holds"`
	People          map[string]string `json:"people"` // names of the Okta ids under members

	released []Hold // what an approval has kept from being held
}

// Unmapped is an attribute that the mapping does not have any more. WalkMe keeps its
// values.
type Unmapped struct {
	Path   string `json:"path"`
	People int    `json:"people"` // managed people who have a value there
}

// Health is the verdict on what was read from Okta, made before any diff.
type Health struct {
	Verdict string   `json:"verdict"` // healthy | degraded
	Reasons []string `json:"reasons"`

	// DoubtUsers and DoubtGroups say why absences are not trusted: removals of
	// users, or unlinks of groups, wait for an approval or a better read.
	DoubtUsers  string `json:"doubt_users,omitempty"`
	DoubtGroups string `json:"doubt_groups,omitempty"`
}

// Hold is a set of changes that waits for a person's approval.
type Hold struct {
	ID     string   `json:"id"`
	Kind   string   `json:"kind"` // deactivations | member_removals | group_deletes
	Count  int      `json:"count"`
	Limit  string   `json:"limit"`  // the limit in words
	Reason string   `json:"reason"` // how the plan exceeds it
	Items  []string `json:"items"`  // Okta ids; for member removals group/user
}

// Pending counts the changes that a run would send.
func (p *Plan) Pending() int {
	n := 0
	for _, c := range p.Changes {
		if !c.Blocked() {
			n++
		}
	}
	return n
}

// reorder sorts and numbers the changes, and recounts them.
func (p *Plan) reorder() {
	slices.SortFunc(p.Changes, compareChanges)
	for i, c := range p.Changes {
		c.Seq = i + 1
	}
	p.summarise()
}

// summarise recounts; unchanged and rejected are given by the planner.
func (p *Plan) summarise() {
	s := Summary{Unchanged: p.Summary.Unchanged, Rejected: len(p.Rejected)}
	for _, c := range p.Changes {
		switch {
		case c.Held:
			s.Held++
		case c.Disabled != "":
			s.Disabled++
		case c.Blocked():
			s.Waiting++
		default:
			*s.counter(c.Action)++
		}
	}
	p.Summary = s
}

package plan

import (
	"slices"
	"time"

	"okta-walkme-agent/internal/scim"
)

// Schema names the shape of a plan's JSON. It changes only when a reader
// would break.
const Schema = "okta-walkme-agent/plan/v1"

// Summary counts each change exactly once: under held, disabled, waiting or undone when
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
	Waiting      int `json:"waiting"`          // failed before and pausing, or a removal that is not confirmed
	Undone       int `json:"undone,omitempty"` // removals that a person has rejected

	NotShown NotShown `json:"not_shown"` // these count beside the changes
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
	Changes         []*Change         `json:"changes"` // see All for those that are not in memory
	Rejected        []Rejection       `json:"rejected"`
	Unmapped        []Unmapped        `json:"unmapped,omitempty"` // by a mapping that no run had yet
	Unvalued        []Unvalued        `json:"unvalued,omitempty"` // attributes that the mapping reads and no person has
	Health          Health            `json:"health"`
	Resync          *Selection        `json:"resync,omitempty"`            // what is pushed again; nil: no resync
	Unmanaged       *Unmanaged        `json:"unmanaged,omitempty"`         // after a refresh
	Strangers       []Strangers       `json:"strangers,omitempty"`         // after a refresh
	NotShown        []string          `json:"not_shown,omitempty"`         // paths that WalkMe accepted and does not show
	LookUps         *LookUps          `json:"look_ups,omitempty"`          // where a list would save many
	OwnProvisioning []string          `json:"okta_provisioning,omitempty"` // features by which Okta itself writes to the app, too
	Holds           []Hold            `json:"holds"`
	People          map[string]string `json:"people"` // names of the Okta ids under members

	plain    *PlainChanges   // that are not among Changes
	unnamed  []string        // see Unnamed
	released []Release       // what an approval has kept from being held
	unseen   map[object]bool // what Summary.NotShown counts
	noted    NotShown        // how many these are
	recalled NotShown        // of an earlier run
}

// Unmanaged counts what is in WalkMe and not the agent's. It is never touched.
type Unmanaged struct {
	Users  int `json:"users"`
	Groups int `json:"groups"`
}

// LookUps says how many requests a run needs to find people, one each, and how many with
// walkme.matching: list.
type LookUps struct {
	Count    int `json:"count"`
	WithList int `json:"with_list"`
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

	// DoubtState says why the state may not be the one that the last run left: every
	// removal waits for an approval.
	DoubtState string `json:"doubt_state,omitempty"`
}

// The words for a group that is gone.
const (
	GroupDeleted  = "the group was deleted in WalkMe; with push_groups.on_missing: recreate it would be made anew"
	GroupReplaced = "the group was deleted in WalkMe, and another one, %s, has its name now"
)

// Unnamed lists the people of the plan whose names it has to be told, see Name.
func (p *Plan) Unnamed() []string { return scim.SortedSet(p.unnamed) }

// Name tells the plan the names of people, by their Okta ids.
func (p *Plan) Name(names map[string]string) {
	for _, id := range p.unnamed {
		if name := names[id]; name != "" {
			p.People[id] = name
		}
	}
	if p.plain == nil || len(p.unnamed) == 0 {
		return
	}
	unnamed := p.Unnamed()
	for i := range p.plain.entries { // who is to get an account has no record yet
		if e := &p.plain.entries[i]; Phase(e.phase) == PhaseNewAccounts && scim.Contains(unnamed, string(p.plain.id(e))) {
			p.People[string(p.plain.id(e))] = string(p.plain.name(e))
		}
	}
}

// Pending counts the changes that a run would send.
func (p *Plan) Pending() int {
	n := p.plain.Len()
	for _, c := range p.Changes {
		if !c.Blocked() {
			n++
		}
	}
	return n
}

// LeaveAlone keeps changes of objects from being sent: why, by object key.
func (p *Plan) LeaveAlone(why map[string]string) {
	for _, c := range p.Changes {
		reason, ok := why[ObjectKey(c.Type, c.OktaID)]
		if !ok && c.Type == scim.Group {
			reason, ok = why[ObjectKey(c.Type, c.From)]
		}
		if ok && !c.Blocked() {
			c.BlockBy(Block{Kind: BlockUnconfirmed, Detail: reason})
		}
	}
	p.summarise()
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
	s := Summary{
		Unchanged: p.Summary.Unchanged, Rejected: len(p.Rejected), NotShown: p.Summary.NotShown,
		Create: p.plain.count(PhaseNewAccounts), Update: p.plain.count(PhaseUpdate),
	}
	for _, c := range p.Changes {
		switch {
		case c.Block.IsHeld():
			s.Held++
		case c.Block.Is(BlockRejected):
			s.Undone++
		case c.Block.Is(BlockDisabled), c.Block.Is(BlockPaused):
			s.Disabled++
		case c.Blocked():
			s.Waiting++
		default:
			*s.counter(c.Action)++
		}
	}
	p.Summary = s
}

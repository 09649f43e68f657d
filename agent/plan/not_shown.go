package plan

import (
	"slices"

	"okta-walkme-agent/internal/scim"
)

// PathMembers stands in NotShown for the members of a group.
const PathMembers = "members"

// NotShown counts what WalkMe accepted and does not show, so that no reader can say
// whether it is there.
type NotShown struct {
	Members int `json:"members"` // groups
	Values  int `json:"values"`  // people
}

// Shown is what WalkMe has ever shown of what was sent to it. What it has shown and
// does not show now is gone; of anything else nothing follows.
type Shown struct {
	Members bool     `json:"members,omitempty"` // of a group, a person who was pushed into it
	Paths   []string `json:"paths,omitempty"`   // mapped attributes with a value, sorted
	CutAt   int      `json:"cut_at,omitempty"`  // how many members of a group it shows at most, where it is known to cut lists
}

// Has says whether a value has been shown under a path.
func (s *Shown) Has(path string) bool { return scim.Contains(s.Paths, path) }

// See notes that a value is shown under a path.
func (s *Shown) See(path string) {
	if !s.Has(path) {
		s.Paths = scim.SortedSet(append(s.Paths, path))
	}
}

// Strangers are members of a pushed group whom the agent did not put there: accounts
// that it does not manage and, of a group that it linked, managed ones, too, because
// they may have been there before. They stay, unless Push Now overwrites the group.
type Strangers struct {
	OktaID   string     `json:"okta_id"`   // of the group
	WalkMeID string     `json:"walkme_id"` // of the group
	Name     string     `json:"name"`      // of the group
	Members  []Stranger `json:"members"`   // sorted by name
}

// Stranger is one of them.
type Stranger struct {
	WalkMeID string `json:"walkme_id"`
	Name     string `json:"name"` // userName, or "" where WalkMe shows none
}

// object is a user or group.
type object struct {
	t      scim.Type
	oktaID string
}

// NoteNotShown says that WalkMe does not show what was sent of a user or group.
func (p *Plan) NoteNotShown(t scim.Type, oktaID string, paths ...string) {
	if len(paths) == 0 {
		return
	}
	for _, path := range paths {
		if !scim.Contains(p.NotShown, path) {
			p.NotShown = scim.SortedSet(append(p.NotShown, path))
		}
	}
	if p.unseen == nil {
		p.unseen = map[object]bool{}
	}
	if o := (object{t, oktaID}); !p.unseen[o] {
		p.unseen[o] = true
		if t == scim.Group {
			p.noted.Members++
		} else {
			p.noted.Values++
		}
	}
	p.countNotShown(0)
}

// countNotShown counts what was noted, and so many people more.
func (p *Plan) countNotShown(people int) {
	p.Summary.NotShown.Members = max(p.recalled.Members, p.noted.Members)
	p.Summary.NotShown.Values = max(p.recalled.Values, p.noted.Values+people)
}

// RecallNotShown says what an earlier run was not shown, for a plan that does not look
// itself. What it notes of its own may be among it, so the greater count stands.
func (p *Plan) RecallNotShown(n NotShown, paths []string) {
	p.recalled, p.Summary.NotShown, p.NotShown = n, n, scim.SortedSet(paths)
}

// NoteOutcomes adds what the changes of a run do not show.
func (p *Plan) NoteOutcomes() {
	for _, c := range p.Changes {
		p.NoteNotShown(c.Type, c.OktaID, c.NotShown...)
	}
	if people, some := p.plain.notShown(func(oktaID string) bool { return p.unseen[object{scim.User, oktaID}] }); some {
		p.NotShown = scim.SortedSet(append(slices.Concat(p.plain.unseenSets...), p.NotShown...))
		p.countNotShown(people)
	}
}

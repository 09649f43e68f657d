package plan

import (
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// Scope is what a plan is about: whom, what their accounts are compared with, and
// whether it waits for what failed. The zero value is everything, compared with what
// WalkMe has acknowledged, and tries at once what failed.
type Scope struct {
	people    []string // Okta ids, sorted; nil: no people in particular
	selection *Selection
	shown     bool
	waits     bool
}

// OfPeople is the accounts and the memberships of these people, by Okta id. The ids are
// taken over.
func OfPeople(oktaIDs []string) Scope { return Scope{}.ToPeople(oktaIDs) }

// OfSelection is what a resync pushes again.
func OfSelection(s Selection) Scope { return Scope{selection: &s} }

// ToPeople is the same for these people alone, by Okta id. The ids are taken over.
func (s Scope) ToPeople(oktaIDs []string) Scope {
	s.people, s.selection = scim.SortedSet(oktaIDs), nil
	return s
}

// Refreshed is the same compared with what WalkMe shows now, not with what it
// acknowledged.
func (s Scope) Refreshed() Scope {
	s.shown = true
	return s
}

// HeedingPauses is the same without what failed and whose pause is not over.
func (s Scope) HeedingPauses() Scope {
	s.waits = true
	return s
}

// Refreshes says whether the plan compares with what WalkMe shows now.
func (s Scope) Refreshes() bool { return s.shown }

// HeedsPauses says whether what failed is left alone until its pause is over.
func (s Scope) HeedsPauses() bool { return s.waits }

// Conclusive says that whom the plan has nothing to do for is in step with what WalkMe
// acknowledged.
func (s Scope) Conclusive() bool { return s.Everything() && !s.shown }

// Everything says that the plan sees all people and groups. What a plan about a part does
// not see is not gone.
func (s Scope) Everything() bool { return s.people == nil && s.selection == nil }

// People are the people that the scope is of, nil when it is of none in particular.
func (s Scope) People() []string { return s.people }

// Selection is what is pushed again although nothing differs, nil when nothing is.
func (s Scope) Selection() *Selection { return s.selection }

// Names says whether the scope is of a selection that names people or groups.
func (s Scope) Names() bool {
	return s.selection != nil && len(s.selection.Users)+len(s.selection.Groups) > 0
}

// MayForce says whether people are pushed of whom nothing differs, whoever they are: not those
// whom a selection names.
func (s Scope) MayForce() bool {
	return s.selection != nil && !s.selection.Changed && !s.selection.Failed && !s.Names()
}

// Forces says whether a person is one of them.
func (s Scope) Forces(r *state.Record) bool { return s.MayForce() && s.selection.wants(r, nil) }

// restrict drops what the scope leaves out.
func (p *planner) restrict() {
	if people := p.in.Scope.people; people != nil {
		p.drop(
			func(c *Change) bool { return !c.narrow(people) },
			func(r Rejection) bool { return !scim.Contains(people, r.OktaID) })
	}
	if selection := p.in.Scope.selection; selection != nil {
		p.drop(
			func(c *Change) bool { return !selection.covers(c, p.recordOf(c)) },
			func(r Rejection) bool { return !selection.names(r.Type, r.OktaID) })
	}
}

package plan

import "okta-walkme-agent/internal/scim"

// Scope is whom a plan is about. The zero value is everything.
type Scope struct {
	people    []string // Okta ids, sorted; nil: no people in particular
	selection *Selection
}

// OfPeople is the accounts and the memberships of these people, by Okta id. The ids are
// taken over.
func OfPeople(oktaIDs []string) Scope { return Scope{people: scim.SortedSet(oktaIDs)} }

// OfSelection is what a resync pushes again. The scope has a copy of its own, because a
// run works things out in it.
func OfSelection(s Selection) Scope { return Scope{selection: &s} }

// Clone returns a scope of its own, for a run to work things out in.
func (s Scope) Clone() Scope {
	if s.selection != nil {
		return OfSelection(*s.selection)
	}
	return s
}

// Partial says that the plan sees some people or groups alone. What it does not see is
// not gone.
func (s Scope) Partial() bool { return s.people != nil || s.selection != nil }

// People are the people that the scope is of, nil when it is of none in particular.
func (s Scope) People() []string { return s.people }

// Selection is what is pushed again although nothing differs, nil when nothing is.
func (s Scope) Selection() *Selection { return s.selection }

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

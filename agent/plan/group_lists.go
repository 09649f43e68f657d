package plan

import (
	"fmt"
	"slices"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// MemberLists reads members that were left in the state, by the Okta id of the group.
type MemberLists struct {
	Wanted func(oktaID string) ([]string, error) // of a GroupWant that is Unread
	Pushed func(oktaID string) ([]string, error) // of a record that is Unread
}

// ReadGroup reads the members of a group of a snapshot, if they were left in the state.
func (l MemberLists) ReadGroup(g *okta.Group) error {
	return readList(&g.Members, &g.Unread, l.Wanted, g.ID)
}

// ReadWanted is ReadGroup of a GroupWant.
func (l MemberLists) ReadWanted(want *GroupWant) error {
	return readList(&want.Members, &want.Unread, l.Wanted, want.OktaID)
}

// ReadPushed reads the members on record, if they were left in the state.
func (l MemberLists) ReadPushed(r *state.Record) error {
	return readList(&r.Members, &r.Unread, l.Pushed, r.SourceID)
}

func readList(members *[]string, unread *int, read func(string) ([]string, error), oktaID string) (err error) {
	if *unread == 0 {
		return nil
	}
	if *members, err = read(oktaID); err != nil {
		return fmt.Errorf("members of group %s: %w", oktaID, err)
	}
	*unread = 0
	return nil
}

// withLists plans a group with its members at hand. Those that were left in the state are
// let go again, unless the group changes or what happens to people in this run may change
// its record. want or r may be nil.
func (p *planner) withLists(want *GroupWant, r *state.Record, plan func()) error {
	wanted, pushed := want != nil && want.Unread > 0, r != nil && r.Unread > 0
	if wanted {
		if err := p.in.Lists.ReadWanted(want); err != nil {
			return err
		}
	}
	if pushed {
		if err := p.in.Lists.ReadPushed(r); err != nil {
			return err
		}
	}
	before := len(p.plan.Changes)
	plan()
	if len(p.plan.Changes) > before {
		return nil
	}
	if wanted {
		want.Members, want.Unread = nil, len(want.Members)
	}
	if pushed && len(r.Doubtful) == 0 && !p.holdsBusy(r.Members) {
		r.Members, r.Unread = nil, len(r.Members)
	}
	return nil
}

// holdsBusy says whether people are in a group whose membership may change although the plan
// has no change for it: who has a change, may have one in apply, or passes an account on.
func (p *planner) holdsBusy(members []string) bool {
	if p.busy == nil {
		p.busy = p.busyPeople()
	}
	few, many := members, p.busy
	if len(many) < len(few) {
		few, many = many, few
	}
	return slices.ContainsFunc(few, func(id string) bool { return scim.Contains(many, id) })
}

// busyPeople are all but those who are in step or absent, and the latter when they have a
// change or an account that passes on; sorted.
func (p *planner) busyPeople() []string {
	busy := []string{}
	for i := range p.in.Desired.People {
		if person := &p.in.Desired.People[i]; person.Presence != Absent {
			busy = append(busy, person.SourceID)
		}
	}
	for id := range p.actions {
		busy = append(busy, id)
	}
	for id := range p.accountsPass.byFrom {
		busy = append(busy, id)
	}
	return scim.SortedSet(busy)
}

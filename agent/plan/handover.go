package plan

import (
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// Handover is a WalkMe object that passes from one Okta id to another: the account of a
// person who has left, or the group of a group that was deleted.
type Handover struct{ From, To string }

// handovers are known by either end.
type handovers struct{ byFrom, byTo map[string]Handover }

func (h *handovers) add(from, to string) {
	if h.byFrom == nil {
		h.byFrom, h.byTo = map[string]Handover{}, map[string]Handover{}
	}
	h.byFrom[from], h.byTo[to] = Handover{from, to}, Handover{from, to}
}

// findHandovers finds the accounts that pass from a person who has left to one who has
// none and is to have the same userName: a person who was deleted and made again in
// Okta, above all. Such an account is not deactivated first: the new owner would be
// locked out for as long as it takes to find the account free.
func (p *planner) findHandovers() {
	free := map[string]*state.Record{} // key of the userName → record of a person who has left
	for i := range p.in.Recorded {
		r := &p.in.Recorded[i]
		if r.Type == scim.User && r.ID != "" && p.in.Desired.absent(r.SourceID) && free[scim.NameKey(r.Name)] == nil {
			free[scim.NameKey(r.Name)] = r
		}
	}
	if len(free) == 0 {
		return
	}
	for i := range p.in.Desired.People {
		person := &p.in.Desired.People[i]
		own := p.users[person.SourceID]
		left := free[scim.NameKey(person.Name())]
		if left != nil && person.Presence == Present && (own == nil || own.ID == "" || !own.Active) {
			p.accountsPass.add(left.SourceID, person.SourceID)
		}
	}
}

// takeOver says in a change whose account it takes over.
func (p *planner) takeOver(c *Change) {
	handover, ok := p.accountsPass.byTo[c.OktaID]
	if !ok {
		return
	}
	left := p.users[handover.From]
	if c.Action == Link {
		for i := range c.Attributes {
			c.Attributes[i].Old = left.Attributes.Get(c.Attributes[i].Path)
		}
		c.KeepUnacknowledged(left.Attributes)
	}
	c.note("takes over the account of Okta user " + left.SourceID + ", who has left")
	if left.Active {
		c.From = left.SourceID
		if p.in.Desired.Find(left.SourceID) == nil {
			c.unlisted = left.SourceID
		}
	}
}

// afterHandovers returns the members of a group as they are after the handovers that this
// plan sends.
func (p *planner) afterHandovers(members []string) []string {
	for _, h := range p.accountsPass.byFrom {
		if p.sends(h.To) {
			own := p.users[h.To]
			members = h.PassMembers(members, own != nil && own.ID != "")
		}
	}
	return members
}

// PassMembers returns who is in a group when the account has passed on: memberships are on
// accounts. The account that the new owner had before goes the other way in a swap, and
// else has no owner; what was on that one stays with the new owner.
func (h Handover) PassMembers(members []string, swap bool) []string {
	mine, theirs := scim.Contains(members, h.To), scim.Contains(members, h.From)
	if !mine && !theirs {
		return members
	}
	var now []string
	if theirs || !swap {
		now = append(now, h.To)
	}
	if mine && swap {
		now = append(now, h.From)
	}
	others := ApplyMembers(members, MemberChange{Remove: []string{h.To, h.From}})
	return ApplyMembers(others, MemberChange{Add: now})
}

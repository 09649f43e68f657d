package plan

import (
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// findHandovers finds the accounts that pass from a person who has left to one who has
// none and is to have the same userName: a person who was deleted and made again in
// Okta, above all. Such an account is not deactivated first. The heir would be locked
// out by it, for as long as it takes to find the account free.
func (p *planner) findHandovers() {
	free := map[string]*state.Record{} // key of the userName → record of the leaver
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
		leaver := free[scim.NameKey(person.Name())]
		if leaver != nil && person.Presence == Present && (own == nil || own.ID == "" || !own.Active) {
			p.heirOf[leaver.SourceID], p.leaverFor[person.SourceID] = person.SourceID, leaver
		}
	}
}

// takeOver says in a change whose account it takes over.
func (p *planner) takeOver(c *Change) {
	leaver := p.leaverFor[c.OktaID]
	if leaver == nil {
		return
	}
	if c.Action == Link {
		for i := range c.Attributes {
			c.Attributes[i].Old = leaver.Attributes.Get(c.Attributes[i].Path)
		}
		c.KeepUnacknowledged(leaver.Attributes)
	}
	c.note("takes over the account of Okta user " + leaver.SourceID + ", who has left")
	if leaver.Active {
		c.Leaver = leaver.SourceID
		if p.in.Desired.Find(leaver.SourceID) == nil {
			c.unlisted = leaver.SourceID
		}
	}
}

// afterHandovers returns the members of a group as they are when the accounts have passed
// on that do in this plan.
func (p *planner) afterHandovers(members []string) []string {
	for leaver, heir := range p.heirOf {
		if p.sends(heir) {
			own := p.users[heir]
			members = PassMembers(members, heir, leaver, own != nil && own.ID != "")
		}
	}
	return members
}

// PassMembers returns who is in a group when the account of leaver has passed to heir:
// memberships are on accounts. The heir's old account is the leaver's in a swap, and
// else without an owner; what was on that one stays with the heir.
func PassMembers(members []string, heir, leaver string, swap bool) []string {
	mine, theirs := scim.Contains(members, heir), scim.Contains(members, leaver)
	if !mine && !theirs {
		return members
	}
	var now []string
	if theirs || !swap {
		now = append(now, heir)
	}
	if mine && swap {
		now = append(now, leaver)
	}
	others := ApplyMembers(members, MemberChange{Remove: []string{heir, leaver}})
	return ApplyMembers(others, MemberChange{Add: now})
}

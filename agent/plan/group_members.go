package plan

import (
	"slices"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// updateMembers says whether there is anything to do.
func (p *planner) updateMembers(want *GroupWant, r *state.Record) bool {
	eligible := p.eligible(want, r)
	members := p.afterHandovers(r.Members)
	add, _ := scim.MemberDiff(members, eligible)
	remove := p.removable(p.leaving(r, eligible), want)
	returners := p.returners(eligible, members)
	forced := p.in.Scope.selection.wantsGroup(r)
	if len(add)+len(remove)+len(returners) == 0 && !forced && !r.Partial { // which is so of nearly all groups
		return false
	}
	c := p.groupChange(GroupMembers, want, r)
	c.Reason = Reason{"membership changed in Okta"}
	pushed, refreshed := p.in.Pushed[ObjectKey(scim.Group, r.SourceID)]
	switch {
	case forced:
		c.Cause, c.Reason = CauseForced, Reason{"a resync asks for it"}
	case r.Partial:
		c.Reason = Reason{"an earlier membership push was cut short"}
	case refreshed && byHand(pushed.Members, r.Members, add, remove) != "":
		c.Cause, c.Reason = CauseDrift, Reason{byHand(pushed.Members, r.Members, add, remove)}
	case len(add)+len(remove) == 0:
		c.Reason = Reason{"members are back with their accounts"}
	}
	c.empties = len(add)+len(returners) == 0 && p.empties(members, remove)
	c.Whole, c.Replaces = r.Partial || forced, p.in.Scope.selection.replaces(r)
	if len(returners) > 0 {
		add = scim.SortedSet(append(add, returners...))
	}
	c.Members = MemberChange{Add: add, Remove: remove}
	if c.Whole {
		c.Resent = len(eligible) - len(add)
	}
	p.add(c, r)
	return true
}

// leaving are those who are in a group, or may be, and are not to be.
func (p *planner) leaving(r *state.Record, eligible []string) []string {
	members := r.Members
	if len(r.Doubtful) > 0 {
		members = ApplyMembers(members, MemberChange{Add: r.Doubtful})
	}
	_, remove := scim.MemberDiff(p.afterHandovers(members), eligible)
	return remove
}

// byHand says how the members were changed in WalkMe, not by the agent, when a change does
// nothing but undo that, or adds people again who were taken out; "" otherwise.
func byHand(pushed, shown, add, remove []string) string {
	putIn, takenOut := scim.MemberDiff(pushed, shown)
	other := func(of []string) func(string) bool { return func(id string) bool { return !scim.Contains(of, id) } }
	switch {
	case slices.ContainsFunc(remove, other(putIn)):
		return ""
	case len(remove) == 0 && len(takenOut) > 0:
		return "members were taken out in WalkMe"
	case len(remove) == 0 || slices.ContainsFunc(add, other(takenOut)):
		return ""
	case len(add) == 0:
		return "members were put in in WalkMe"
	}
	return "members were put in and taken out in WalkMe"
}

// eligible returns the members that are pushed: in the Okta group, assigned to
// the app, and provisioned or about to be (Okta, "SCIM 2.0": a membership is sent
// when the user is in the group, assigned, and the group is pushed). A person who
// is merely kept keeps the membership that is on record. The result may be the
// list of the group itself: the caller must not change it.
func (p *planner) eligible(want *GroupWant, r *state.Record) []string {
	inStep := p.in.InStep.ascending()
	for i, id := range want.Members {
		if inStep(id) || p.isEligible(id, r) {
			continue
		}
		out := append(make([]string, 0, len(want.Members)-1), want.Members[:i]...)
		for _, id := range want.Members[i+1:] {
			if inStep(id) || p.isEligible(id, r) {
				out = append(out, id)
			}
		}
		return out
	}
	return want.Members
}

// isEligible is eligible of one member who is not in step.
func (p *planner) isEligible(id string, r *state.Record) bool {
	person := p.in.Desired.Find(id)
	if person == nil || person.Presence == Absent {
		return false
	}
	user := p.users[id]
	provisioned := user != nil && user.ID != "" && user.Active
	switch {
	case person.Presence == Present:
		return provisioned || p.sends(id)
	case person.Rejection != nil:
		return provisioned
	}
	return provisioned && r != nil && scim.Contains(r.Members, id)
}

// removable drops from remove the people who only lack an active account at the moment,
// but are assigned and in the Okta group; and those who are not assigned any more, unless
// the policy takes them out. Okta sends nothing for the latter: it has forgotten their
// ids. It filters remove in place.
func (p *planner) removable(remove []string, want *GroupWant) []string {
	return slices.DeleteFunc(remove, func(id string) bool {
		if p.assigned(id) {
			return scim.Contains(want.Members, id)
		}
		if !p.in.Policy.Groups.RemoveDeprovisioned {
			return true
		}
		h, passes := p.accountsPass.byFrom[id]
		return p.actions[id] != nil && !p.sends(id) || passes && !p.sends(h.To)
	})
}

// empties says whether removals leave none of the members who are still assigned.
// Those who are not do not count: they stay after any removal.
func (p *planner) empties(members, remove []string) bool {
	return len(remove) > 0 && !slices.ContainsFunc(members, func(id string) bool {
		return p.assigned(id) && !scim.Contains(remove, id)
	})
}

// assigned says whether Okta wants a person to have an account, or keeps it.
func (p *planner) assigned(oktaID string) bool {
	return p.in.InStep.Has(oktaID) || !p.in.Desired.absent(oktaID)
}

// sends says whether the plan has a change for that person which nothing that is
// known so far keeps back.
func (p *planner) sends(oktaID string) bool {
	c := p.actions[oktaID]
	return c != nil && !c.Blocked() && p.in.Scope.selection.covers(c, p.users[oktaID])
}

// returners returns the recorded members of a group who are reactivated, or get a new
// account, in this plan. They are added again: WalkMe may have dropped them meanwhile,
// and Okta asks its admins to push the groups of a returner again, too.
func (p *planner) returners(eligible, members []string) []string {
	var out []string
	for _, id := range eligible {
		c := p.actions[id]
		if c != nil && c.Action != Update && c.From == "" && scim.Contains(members, id) {
			out = append(out, id)
		}
	}
	return out
}

package plan

import (
	"slices"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// groupHandovers finds the WalkMe groups that pass from an Okta group that is gone to the
// one that was made again under its name. Gone is what Okta has confirmed; that a group
// cannot be seen is not enough. The two are the same when they have one name in Okta, and
// one in WalkMe.
func groupHandovers(groups []GroupWant, recorded []state.Record) (out handovers) {
	owned := map[string]*state.Record{}
	for i := range recorded {
		if r := &recorded[i]; r.Type == scim.Group && r.ID != "" {
			owned[r.SourceID] = r
		}
	}
	remade := map[string]*GroupWant{} // by key of the name in WalkMe; Leave keeps two of one name apart
	for i := range groups {
		if want := &groups[i]; want.Leave == "" && owned[want.OktaID] == nil {
			remade[scim.NameKey(want.Name)] = want
		}
	}
	for i := range groups {
		old := &groups[i]
		r, want := owned[old.OktaID], remade[scim.NameKey(old.Name)]
		if !old.Gone || r == nil || Unlinked(r) || want == nil || !scim.SameName(old.Group, want.Group) || relinks(want, r) {
			continue
		}
		out.add(old.OktaID, want.OktaID)
		delete(remade, scim.NameKey(old.Name))
	}
	return out
}

// DropGone returns groups without those that Okta confirms to be gone and that have no
// WalkMe group any more. It takes these out of the snapshot, with the problems that were
// noted of them. Problems of a group that is gone and whose WalkMe group passes on to
// another one are taken out, too.
func DropGone(snap *okta.Snapshot, groups []GroupWant, recorded []state.Record) []GroupWant {
	pushed := map[string]bool{}
	for i := range recorded {
		if r := &recorded[i]; r.Type == scim.Group && r.ID != "" && !Unlinked(r) {
			pushed[r.SourceID] = true
		}
	}
	passes := groupHandovers(groups, recorded)
	drop, noProblem := map[string]bool{}, map[string]bool{}
	for _, g := range snap.Groups {
		drop[g.ID] = g.Gone && !pushed[g.ID]
		noProblem[g.ID] = drop[g.ID] || passes.byFrom[g.ID].To != ""
	}
	snap.Groups = slices.DeleteFunc(snap.Groups, func(g okta.Group) bool { return drop[g.ID] })
	snap.Problems = slices.DeleteFunc(snap.Problems, func(p okta.SourceProblem) bool { return noProblem[p.GroupID] })
	return slices.DeleteFunc(groups, func(w GroupWant) bool { return drop[w.OktaID] })
}

// passGroup gives a group the WalkMe group of the one that it replaces in Okta. From then
// on it is a group like any other: members of the WalkMe group who are not in the new
// Okta group are removed, as far as the limits let it. own is what is left of an earlier
// try, or nil.
func (p *planner) passGroup(want *GroupWant, own *state.Record) {
	passed := *p.groups[p.groupsPass.byTo[want.OktaID].From]
	c := p.groupChange(GroupLink, want, &passed)
	c.From = passed.SourceID
	c.Reason = Reason{"takes over the WalkMe group of Okta group " + passed.SourceID + ", which was deleted in Okta"}
	p.add(c, own)
	from := passed.SourceID
	passed.SourceID = want.OktaID
	passed.ClearFailure()
	p.groups[want.OktaID] = &passed
	before := len(p.plan.Changes)
	if want.Name != passed.Name && p.mayRename(want, &passed) {
		p.renameGroup(want, &passed)
	}
	p.updateMembers(want, &passed)
	for _, c := range p.plan.Changes[before:] {
		c.From = from
	}
}

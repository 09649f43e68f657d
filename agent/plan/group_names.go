package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
)

// orderGroupRenames puts a rename before the rename, or the create, that takes the
// name which it frees. Okta sends them in any order, and a server that keeps names
// unique refuses some. Names that go round in a circle no order achieves: those
// renames are refused, and the memberships of the groups are not.
func (p *planner) orderGroupRenames() {
	frees := map[string]*Change{} // by key of the name
	for _, c := range p.plan.Changes {
		if c.Action == GroupRename {
			frees[scim.NameKey(p.groups[c.OktaID].Name)] = c
		}
	}
	for _, c := range p.plan.Changes {
		if c.Action != GroupRename && c.Action != GroupCreate {
			continue
		}
		if before := frees[scim.NameKey(c.Name)]; before != nil && before.OktaID != c.OktaID {
			c.After = before
		}
	}
	for _, c := range slices.Clone(p.plan.Changes) {
		if circle := circleOf(c); circle != nil {
			p.refuseCircle(circle)
		}
	}
	for _, c := range p.plan.Changes {
		for before := c.After; before != nil; before = before.After {
			c.rank++
		}
	}
}

// circleOf returns the changes that wait for each other with c among them, from c
// on; none if c does not wait for itself.
func circleOf(c *Change) []*Change {
	circle := []*Change{c}
	for next := c.After; next != nil; next = next.After {
		if next == c {
			return circle
		}
		if slices.Contains(circle, next) {
			return nil // it waits for a circle, and is not in it
		}
		circle = append(circle, next)
	}
	return nil
}

func (p *planner) refuseCircle(circle []*Change) {
	slices.SortFunc(circle, func(a, b *Change) int { return cmp.Compare(a.OktaID, b.OktaID) })
	steps := make([]string, len(circle))
	for i, c := range circle {
		steps[i] = fmt.Sprintf("%s (%q to %q)", c.OktaID, p.groups[c.OktaID].Name, c.Name)
	}
	why := "the names of the Okta groups " + strings.Join(steps, " and ") +
		" go round in a circle, which no order of renames achieves; give one of them a third name, and its own after a run"
	for _, c := range circle {
		p.plan.Rejected = append(p.plan.Rejected, Rejection{
			Type: scim.Group, OktaID: c.OktaID, Name: c.Name, Path: scim.PathDisplayName, Error: why,
		})
	}
	p.plan.Changes = slices.DeleteFunc(p.plan.Changes, func(c *Change) bool { return slices.Contains(circle, c) })
	for _, c := range p.plan.Changes {
		if slices.Contains(circle, c.After) {
			c.After = nil
		}
	}
	for _, c := range circle {
		c.After = nil
		if !slices.ContainsFunc(p.plan.Changes, func(other *Change) bool { return other.Type == scim.Group && other.OktaID == c.OktaID }) {
			p.plan.Summary.Unchanged++
		}
	}
}

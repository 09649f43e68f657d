package agent

import (
	"slices"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// Lists that lack people, are of one length, and are the longest are taken for cut when
// there are so many of them, and they are so long. Two small groups with the same people are
// of one length by themselves, and after a person was taken out of both, too.
const (
	listsAlike  = 3
	fewestAlike = 5
)

// findCut finds out where WalkMe cuts lists of members: where an account that a list lacks
// shows the group itself, or where lists that lack people end at one number, and no list
// is longer.
func (c comparison) findCut(found []groupSight, all map[string]*walkme.Group) {
	longest := 0
	for _, g := range all {
		longest = max(longest, len(g.Members))
	}
	if c.v.shown.CutAt < longest {
		c.v.shown.CutAt = 0
	}
	alike := 0
	for _, s := range found {
		n := len(s.group.Members)
		missing := c.missing(s)
		switch {
		case n == 0 || len(missing) == 0:
		case slices.ContainsFunc(missing, func(id string) bool { return slices.Contains(c.groupsOf(id), s.record.ID) }):
			c.v.shown.CutAt = n
			return
		case n == longest && !slices.ContainsFunc(missing, func(id string) bool { return len(c.groupsOf(id)) > 0 }):
			alike++
		}
	}
	if alike >= listsAlike && longest >= fewestAlike {
		c.v.shown.CutAt = longest
	}
}

// missing are the WalkMe ids of active people who were pushed into a group that does not
// show them.
func (c comparison) missing(s groupSight) []string {
	shown := make([]string, len(s.group.Members))
	for i, m := range s.group.Members {
		shown[i] = m.ID
	}
	var ids []string
	for _, oktaID := range s.record.Members {
		if id := c.accounts[oktaID]; id != "" {
			ids = append(ids, id)
		}
	}
	_, missing := scim.MemberDiff(scim.SortedSet(ids), scim.SortedSet(shown))
	return missing
}

// groupsOf are the groups that an account itself shows.
func (c comparison) groupsOf(id string) []string {
	return c.v.sights.groups[id]
}

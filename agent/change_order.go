package agent

import "cmp"

// phase is the place of a change in the order of a run. Access is taken away
// first, groups come after the people who are to be in them, and group deletes
// come last.
func (c *Change) phase() int {
	switch c.Action {
	case Deactivate:
		return 0
	case Create, Link:
		return 2
	case Update, Reactivate:
		if c.early {
			return 1
		}
		if c.Action == Reactivate {
			return 2
		}
		return 3
	case GroupCreate, GroupLink, GroupRename:
		return 4
	case GroupMembers:
		return 5
	default:
		return 6
	}
}

// compareChanges is a total order: no two changes of a plan share phase, id,
// action and holding.
func compareChanges(a, b *Change) int {
	return cmp.Or(
		cmp.Compare(a.phase(), b.phase()),
		cmp.Compare(a.rank, b.rank),
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.OktaID, b.OktaID),
		cmp.Compare(a.Action, b.Action),
		compareBool(a.Held, b.Held),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

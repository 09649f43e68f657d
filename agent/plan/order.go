package plan

import "cmp"

// Phase is the place of a change in the order of a run. The changes of one phase may
// be carried out side by side, but for those of one group.
type Phase int

// The phases, in their order. Access is taken away first, groups come after the people
// who are to be in them, and group deletes come last.
const (
	PhaseDeactivate  Phase = iota
	PhaseFreeNames         // updates and reactivations that free a userName which another change needs
	PhaseNewAccounts       // creates, links, reactivations
	PhaseUpdate
	PhaseGroups     // creates, links, renames and memberships; those of one group one after the other
	PhaseGroupsGone // deletes and unlinks
	Phases          = iota
)

// Phase returns when the change has its turn.
func (c *Change) Phase() Phase {
	switch c.Action {
	case Deactivate:
		return PhaseDeactivate
	case Create, Link:
		return PhaseNewAccounts
	case Update, Reactivate:
		if c.early {
			return PhaseFreeNames
		}
		if c.Action == Reactivate {
			return PhaseNewAccounts
		}
		return PhaseUpdate
	case GroupCreate, GroupLink, GroupRename, GroupMembers:
		return PhaseGroups
	default:
		return PhaseGroupsGone
	}
}

// compareChanges is a total order: no two changes of a plan share phase, id,
// action and holding. A group is there, and has its name, before its members are sent.
func compareChanges(a, b *Change) int {
	return cmp.Or(
		cmp.Compare(a.Phase(), b.Phase()),
		compareBool(a.Action == GroupMembers, b.Action == GroupMembers),
		cmp.Compare(a.rank, b.rank),
		cmp.Compare(a.Name, b.Name),
		cmp.Compare(a.OktaID, b.OktaID),
		cmp.Compare(a.Action, b.Action),
		compareBool(a.Block.IsHeld(), b.Block.IsHeld()),
		compareBool(a.Block.Is(BlockRejected), b.Block.Is(BlockRejected)),
		cmp.Compare(holdID(a), holdID(b)),
	)
}

func holdID(c *Change) string {
	if c.Block == nil {
		return ""
	}
	return c.Block.Hold
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

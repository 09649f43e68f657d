package plan

import (
	"fmt"
	"time"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// percentFrom is the number of affected objects from which a percentage counts,
// so that a small tenant is not held for one leaver.
const percentFrom = 5

// Limit holds changes back above a number or a share of the managed objects.
type Limit struct {
	Count   int
	Percent float64 // 0: no share
}

// Limits are the kinds of removal that can be held.
type Limits struct {
	Deactivations  Limit
	MemberRemovals Limit
	GroupDeletes   Limit
	EmptiedValues  Limit // counted by people

	// Window is how far back applied removals count against a limit, so that a
	// slow leak is seen, too. Zero counts this run alone.
	Window time.Duration
}

// The kinds of hold.
const (
	HoldDeactivations  = "deactivations"
	HoldMemberRemovals = "member_removals"
	HoldGroupDeletes   = "group_deletes"
)

// HoldOf is the kind of hold that a removal falls under.
func HoldOf(a Action) string {
	switch a {
	case Deactivate:
		return HoldDeactivations
	case GroupMembers:
		return HoldMemberRemovals
	case GroupDelete:
		return HoldGroupDeletes
	}
	return HoldEmptiedValues
}

// LimitOf returns the limit that a kind of hold is about.
func (l Limits) LimitOf(kind string) Limit {
	switch kind {
	case HoldDeactivations:
		return l.Deactivations
	case HoldMemberRemovals:
		return l.MemberRemovals
	case HoldEmptiedValues:
		return l.EmptiedValues
	}
	return l.GroupDeletes
}

// Counts counts users, memberships and groups, and people of whom values were emptied.
type Counts struct{ Users, Members, Groups, Emptied int }

// CountManaged counts what is active in WalkMe by our record.
func CountManaged(recorded []state.Record) Counts {
	var n Counts
	for i := range recorded {
		r := &recorded[i]
		switch {
		case r.ID == "" || !r.Active:
		case r.Type == scim.Group:
			n.Groups++
			n.Members += len(r.Members) + r.Unread
		default:
			n.Users++
		}
	}
	return n
}

// exceeded says, in words, how n removals exceed the limit, or "".
func (l Limit) exceeded(n, recent, managed int) string {
	total := n + recent
	before := ""
	if recent > 0 {
		before = fmt.Sprintf(" (%d of them already made)", recent)
	}
	verb := "are"
	if total == 1 {
		verb = "is"
	}
	switch {
	case n == 0:
		return ""
	case total > l.Count:
		return fmt.Sprintf("%d%s %s more than %d", total, before, verb, l.Count)
	case l.Percent > 0 && total >= percentFrom && float64(total)*100 > l.Percent*float64(managed+recent):
		return fmt.Sprintf("%d%s of %d are more than %g %%", total, before, managed+recent, l.Percent)
	}
	return ""
}

// Exceeded says, in words, how n removals of one run exceed the limit where so many are
// managed, or "".
func (l Limit) Exceeded(n, managed int) string { return l.exceeded(n, 0, managed) }

func (l Limit) String() string {
	if l.Percent > 0 {
		return fmt.Sprintf("%d or %g %%", l.Count, l.Percent)
	}
	return fmt.Sprintf("%d", l.Count)
}

package agent

import (
	"context"
	"fmt"
	"time"

	"okta-walkme-agent/agent/plan"
)

// recentRemovals counts what was removed within the window of the limits, so that
// a slow leak is seen, too.
func (a *Agent) recentRemovals(ctx context.Context) (n plan.Counts, err error) {
	if a.Config.Limits.Window <= 0 {
		return n, nil
	}
	for _, kind := range []struct {
		hold   string
		action plan.Action
		count  func(context.Context, string, time.Time) (int, error)
		n      *int
	}{
		{plan.HoldEmptiedValues, "", a.State.AppliedEmptied, &n.Emptied},
		{plan.HoldDeactivations, plan.Deactivate, a.State.Applied, &n.Users},
		{plan.HoldGroupDeletes, plan.GroupDelete, a.State.Applied, &n.Groups},
		{plan.HoldMemberRemovals, plan.GroupMembers, a.State.AppliedRemovals, &n.Members},
	} {
		since, err := a.windowBegin(ctx, kind.hold)
		if err != nil {
			return n, err
		}
		if *kind.n, err = kind.count(ctx, string(kind.action), since); err != nil {
			return n, fmt.Errorf("recent %s: %w", kind.hold, err)
		}
	}
	return n, nil
}

// windowBegin is from when on removals count against a limit. What a person has
// approved does not count again: the window begins after the approved run.
func (a *Agent) windowBegin(ctx context.Context, hold string) (time.Time, error) {
	begin := a.now().Add(-a.Config.Limits.Window)
	approved, err := approvedAt(hold).Load(ctx, a.State)
	if err != nil {
		return begin, err
	}
	if approved.After(begin) {
		return approved, nil
	}
	return begin, nil
}

// noteApprovals is called at the end of a run that may have made what people have
// approved.
func (a *Agent) noteApprovals(ctx context.Context, planned *plan.Plan) error {
	kinds := map[string]bool{}
	for _, c := range planned.Changes {
		if c.Approved() && c.Outcome == plan.Applied {
			kinds[plan.HoldOf(c.Action)] = true
		}
	}
	for kind := range kinds {
		if err := approvedAt(kind).Save(ctx, a.State, a.now()); err != nil {
			return err
		}
	}
	return nil
}

package agent

import (
	"context"
	"fmt"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// recentRemovals counts what was removed within the window of the limits, so that
// a slow leak is seen, too.
func (a *Agent) recentRemovals(ctx context.Context) (n plan.Counts, err error) {
	if a.Config.Limits.Window <= 0 {
		return n, nil
	}
	for _, kind := range []struct {
		hold  string
		count func(state.Window) (int, error)
		n     *int
	}{
		{plan.HoldDeactivations, applied(ctx, a.State, plan.Deactivate), &n.Users},
		{plan.HoldGroupDeletes, applied(ctx, a.State, plan.GroupDelete), &n.Groups},
		{plan.HoldMemberRemovals, func(w state.Window) (int, error) {
			return a.State.AppliedRemovals(ctx, string(plan.GroupMembers), w)
		}, &n.Members},
		{plan.HoldEmptiedValues, func(w state.Window) (int, error) { return a.State.AppliedEmptied(ctx, w) }, &n.Emptied},
	} {
		since, err := a.windowBegin(ctx, kind.hold)
		if err != nil {
			return n, err
		}
		if *kind.n, err = kind.count(state.Window{Since: since, Now: a.now()}); err != nil {
			return n, fmt.Errorf("recent %s: %w", kind.hold, err)
		}
	}
	return n, nil
}

func applied(ctx context.Context, db *state.DB, action plan.Action) func(state.Window) (int, error) {
	return func(w state.Window) (int, error) { return db.Applied(ctx, string(action), w) }
}

// windowBegin is from when on removals count against a limit. What a person has
// approved does not count again: the window begins after the approved run.
func (a *Agent) windowBegin(ctx context.Context, hold string) (time.Time, error) {
	begin := a.now().Add(-a.Config.Limits.Window)
	approved, err := approvedAt(hold).Load(ctx, a.State)
	if err != nil {
		return begin, err
	}
	if approved.After(begin) && !approved.After(a.now()) { // a time in the future is not believed
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

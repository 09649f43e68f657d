package agent

import (
	"context"
	"fmt"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// window is how far back removals count against the limits, so that a slow leak is seen,
// too.
type window struct {
	state  *state.DB
	length time.Duration // see plan.Limits.Window
	now    func() time.Time
}

func (a *Agent) window() *window {
	return &window{state: a.State, length: a.Config.Limits.Window, now: a.now}
}

// removals counts what was removed within the window.
func (x *window) removals(ctx context.Context) (n plan.Counts, err error) {
	if x.length <= 0 {
		return n, nil
	}
	for _, kind := range []struct {
		hold  string
		count func(state.Window) (int, error)
		n     *int
	}{
		{plan.HoldDeactivations, applied(ctx, x.state, plan.Deactivate), &n.Users},
		{plan.HoldGroupDeletes, applied(ctx, x.state, plan.GroupDelete), &n.Groups},
		{plan.HoldMemberRemovals, func(w state.Window) (int, error) {
			return x.state.AppliedRemovals(ctx, string(plan.GroupMembers), w)
		}, &n.Members},
		{plan.HoldEmptiedValues, func(w state.Window) (int, error) { return x.state.AppliedEmptied(ctx, w) }, &n.Emptied},
	} {
		since, err := x.begin(ctx, kind.hold)
		if err != nil {
			return n, err
		}
		if *kind.n, err = kind.count(state.Window{Since: since, Now: x.now()}); err != nil {
			return n, fmt.Errorf("recent %s: %w", kind.hold, err)
		}
	}
	return n, nil
}

func applied(ctx context.Context, db *state.DB, action plan.Action) func(state.Window) (int, error) {
	return func(w state.Window) (int, error) { return db.Applied(ctx, string(action), w) }
}

// begin is from when on removals count against a limit. What a person has
// approved does not count again: the window begins after the approved run.
func (x *window) begin(ctx context.Context, hold string) (time.Time, error) {
	begin := x.now().Add(-x.length)
	approved, err := approvedAt(hold).Load(ctx, x.state)
	if err != nil {
		return begin, err
	}
	if approved.After(begin) && !approved.After(x.now()) { // a time in the future is not believed
		return approved, nil
	}
	return begin, nil
}

// noteApprovals is called at the end of a run that may have made what people have
// approved.
func (x *window) noteApprovals(ctx context.Context, planned *plan.Plan) error {
	kinds := map[string]bool{}
	for _, c := range planned.Changes {
		if c.Approved() && c.Outcome == plan.Applied {
			kinds[plan.HoldOf(c.Action)] = true
		}
	}
	for kind := range kinds {
		if err := approvedAt(kind).Save(ctx, x.state, x.now()); err != nil {
			return err
		}
	}
	return nil
}

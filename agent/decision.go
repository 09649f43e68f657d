package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// decisionsInForce reads what people have decided, and leaves out what there is
// nothing to do about any more, which the view remembers until the run records it.
func (a *Agent) decisionsInForce(ctx context.Context, v *view, opts Options) ([]state.Decision, error) {
	all, err := a.State.Decisions(ctx)
	if err != nil {
		return nil, fmt.Errorf("decisions in the state: %w", err)
	}
	in := plan.EndedInput{Recorded: v.recorded, Desired: v.desired, Groups: v.groups, Mapping: a.Config.Mapping}
	if !opts.Scope.Refreshes() {
		if in.Unseen, err = refreshHolds.Load(ctx, a.State); err != nil {
			return nil, err
		}
	}
	all, v.ended = plan.Ended(all, in)
	for i := range all {
		if d := &all[i]; d.Verdict == state.Rejected && slices.Contains(opts.Approve, d.Hold.ID) { // a dry run records nothing
			d.Verdict, d.By, d.Reason, d.At = state.Approved, opts.By, opts.Reason, a.now().UTC()
		}
	}
	return all, nil
}

// approveRejected records the approval of holds that were rejected before. It comes
// before the plan, since nothing of them waits in it.
func approveRejected(ctx context.Context, db *state.DB, opts Options) error {
	if len(opts.Approve) == 0 {
		return nil
	}
	all, err := db.Decisions(ctx)
	if err != nil {
		return fmt.Errorf("decisions in the state: %w", err)
	}
	for _, d := range all {
		if d.Verdict == state.Rejected && slices.Contains(opts.Approve, d.Hold.ID) {
			if _, err := db.Decide(ctx, opts.approval(d.Hold.ID)); err != nil {
				return fmt.Errorf("approval of %s: %w", d.Hold.ID, err)
			}
		}
	}
	return nil
}

func (o Options) approval(holdID string) state.Judgement {
	return state.Judgement{HoldID: holdID, Verdict: state.Approved, By: o.By, Reason: o.Reason}
}

// approve records the approvals that were given to this run; none of them, where one is
// of nothing that is on record. One of a set that has changed meanwhile releases nothing.
func (a *Agent) approve(ctx context.Context, planned *plan.Plan, opts Options) error {
	if err := a.checkApprovals(ctx, planned, opts); err != nil {
		return err
	}
	var holds []state.Hold
	for _, r := range planned.Released() { // one that only a plan has shown counts, too
		holds = append(holds, storedHold(planned, r.Hold, r.Changes, opts))
	}
	if err := a.State.PutHolds(ctx, state.ReplaceNone, holds); err != nil {
		return fmt.Errorf("holds in the state: %w", err)
	}
	for _, r := range planned.Released() {
		if !slices.Contains(opts.Approve, r.ID) {
			continue
		}
		d, err := a.State.Decide(ctx, opts.approval(r.ID))
		if err != nil {
			return fmt.Errorf("approval of %s: %w", r.ID, err)
		}
		for _, c := range r.Changes {
			c.Decide(&d)
		}
	}
	return nil
}

// checkApprovals looks at those that release nothing in this plan. The error wraps
// state.ErrNoHold for one that is of nothing that is on record.
func (a *Agent) checkApprovals(ctx context.Context, planned *plan.Plan, opts Options) error {
	for _, id := range opts.Approve {
		if slices.ContainsFunc(planned.Released(), func(r plan.Release) bool { return r.ID == id }) {
			continue
		}
		if err := a.approvedBefore(ctx, id, opts); err != nil {
			return fmt.Errorf("approval of %s: %w", id, err)
		}
	}
	return nil
}

// approvedBefore is about an approval that releases nothing in this run.
func (a *Agent) approvedBefore(ctx context.Context, id string, opts Options) error {
	decided, err := a.State.DecisionsOn(ctx, id)
	if err != nil {
		return err
	}
	if len(decided) > 0 && decided[0].EndedAt.IsZero() {
		return nil // what is left of it goes out
	}
	open, err := a.State.Holds(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(open, func(h state.Hold) bool { return h.ID == id })
	if at < 0 {
		return state.ErrNoHold
	}
	why, err := a.whyMissed(ctx, &open[at], opts)
	if err != nil {
		return err
	}
	a.log().Warn("the approval releases nothing: "+why, "hold", id)
	if a.Missed != nil {
		a.Missed(id, why)
	}
	return nil
}

// whyMissed says why a hold that waits is none of this run.
func (a *Agent) whyMissed(ctx context.Context, h *state.Hold, opts Options) (string, error) {
	found := []HoldView{viewHold(h)}
	if err := noteFound(ctx, a.State, found); err != nil {
		return "", err
	}
	switch {
	case h.Forced && opts.Scope.Selection() == nil:
		return "it is of a resync; the same resync with --approve " + h.ID + " releases it", nil
	case found[0].Refresh && !opts.Scope.Refreshes():
		return "it is of a refresh; sync --refresh --approve " + h.ID + " releases it", nil
	}
	return "the approval is of another set than the one that waits now; holds shows what waits", nil
}

// endCarriedOut ends the decisions about what this run has done. What it leaves is ended
// by the next plan.
func endCarriedOut(ctx context.Context, db *state.DB, planned *plan.Plan) error {
	done := map[int64][]string{}
	for _, c := range planned.Changes {
		if c.Decision == 0 || c.Outcome != plan.Applied {
			continue
		}
		for _, item := range planned.HeldItems(plan.HoldOf(c.Action), []*plan.Change{c}) {
			done[c.Decision] = append(done[c.Decision], item.Key)
		}
	}
	if err := db.EndDecided(ctx, done); err != nil {
		return fmt.Errorf("decisions that are carried out: %w", err)
	}
	return nil
}

// recordHolds makes the state's holds those of the plan, and records the approvals
// that this run was given.
func (a *Agent) recordHolds(ctx context.Context, planned *plan.Plan, v *view, opts Options) error {
	if err := a.approve(ctx, planned, opts); err != nil {
		return err
	}
	known, err := openIDs(ctx, a.State, opts)
	if err != nil {
		return err
	}
	var now []state.Hold
	for _, h := range planned.Holds {
		if !h.Known && !known[h.ID] {
			held := slices.DeleteFunc(slices.Clone(planned.Changes), func(c *plan.Change) bool { return !c.Block.IsHeld() || c.Block.Hold != h.ID })
			now = append(now, storedHold(planned, h, held, opts))
		}
	}
	if now, err = keepOfRefresh(ctx, a.State, now, opts); err != nil {
		return err
	}
	if err := errors.Join(a.State.PutHolds(ctx, opts.replaces(), now), a.State.EndDecided(ctx, v.ended)); err != nil {
		return fmt.Errorf("holds in the state: %w", err)
	}
	return noteRefreshHolds(ctx, a.State, opts)
}

// replaces says which holds a run knows all of.
func (o Options) replaces() state.Replace {
	switch {
	case o.Scope.People() != nil:
		return state.ReplaceNone
	case o.Scope.Selection() != nil:
		return state.ReplaceForced
	}
	return state.ReplacePlanned
}

func storedHold(planned *plan.Plan, h plan.Hold, changes []*plan.Change, opts Options) state.Hold {
	items := planned.HeldItems(h.Kind, changes)
	return state.Hold{
		ID: h.ID, Kind: h.Kind, Digest: state.HoldDigest(h.Kind, h.Items), Limit: h.Limit, Reason: h.Reason, Scope: h.Scope,
		Forced: opts.Scope.Selection() != nil, Count: h.Count,
		Items: slices.DeleteFunc(items, func(item state.HeldItem) bool { return !slices.Contains(h.Items, item.Key) }),
	}
}

// openIDs are the holds that a run which looks at a part alone must not put anew: it
// does not see all of them.
func openIDs(ctx context.Context, db *state.DB, opts Options) (map[string]bool, error) {
	ids := map[string]bool{}
	if opts.Scope.Everything() {
		return ids, nil
	}
	open, err := db.Holds(ctx)
	if err != nil {
		return nil, fmt.Errorf("holds in the state: %w", err)
	}
	for _, h := range open {
		ids[h.ID] = !h.Forced
	}
	return ids, nil
}

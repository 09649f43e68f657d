package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// decider knows what people have decided about what a run holds back: before it, or by the
// approvals that were given to it.
type decider struct {
	state   *state.DB
	opts    Options // of the run
	mapping plan.Mapping
	limits  plan.Limits
	now     func() time.Time
	log     *slog.Logger
	missed  func(holdID, why string) // see Agent.Missed
}

func (a *Agent) decider(opts Options) *decider {
	return &decider{
		state: a.State, opts: opts, mapping: a.Config.Mapping, limits: a.Config.Limits, now: a.now, log: a.log(), missed: a.Missed,
	}
}

// inForce reads what people have decided, and leaves out what there is nothing to do about
// any more, which the view remembers until the run records it.
func (d *decider) inForce(ctx context.Context, v *view) ([]state.Decision, error) {
	all, err := d.state.Decisions(ctx)
	if err != nil {
		return nil, fmt.Errorf("decisions in the state: %w", err)
	}
	if err := v.readDecided(all); err != nil {
		return nil, err
	}
	in := plan.EndedInput{Recorded: v.recorded, Desired: v.desired, Groups: v.groups, Mapping: d.mapping}
	if !d.opts.Scope.Refreshes() {
		if in.Unseen, err = refreshHolds.Load(ctx, d.state); err != nil {
			return nil, err
		}
	}
	all, v.ended = plan.Ended(all, in)
	for i := range all {
		if one := &all[i]; one.Verdict == state.Rejected && d.approves(one.Hold.ID) { // a dry run records nothing
			one.Verdict, one.By, one.Reason, one.At = state.Approved, d.opts.By, d.opts.Reason, d.now().UTC()
		}
	}
	return all, nil
}

// approveRejected records the approval of holds that were rejected before. It comes
// before the plan, since nothing of them waits in it.
func (d *decider) approveRejected(ctx context.Context) error {
	if len(d.opts.Approve) == 0 {
		return nil
	}
	all, err := d.state.Decisions(ctx)
	if err != nil {
		return fmt.Errorf("decisions in the state: %w", err)
	}
	for _, one := range all {
		if one.Verdict == state.Rejected && d.approves(one.Hold.ID) {
			if _, err := d.approval(ctx, one.Hold.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// approves says whether the run was given the approval of a hold.
func (d *decider) approves(holdID string) bool { return slices.Contains(d.opts.Approve, holdID) }

// approval records one of the approvals that were given to the run.
func (d *decider) approval(ctx context.Context, holdID string) (state.Decision, error) {
	decided, err := d.state.Decide(ctx, state.Judgement{HoldID: holdID, Verdict: state.Approved, By: d.opts.By, Reason: d.opts.Reason})
	if err != nil {
		return decided, fmt.Errorf("approval of %s: %w", holdID, err)
	}
	return decided, nil
}

// approve records the approvals that were given to this run; none of them, where one is
// of nothing that is on record. One of a set that has changed meanwhile releases nothing.
func (d *decider) approve(ctx context.Context, planned *plan.Plan) error {
	if err := d.checkApprovals(ctx, planned); err != nil {
		return err
	}
	var holds []state.Hold
	for _, r := range planned.Released() { // one that only a plan has shown counts, too
		holds = append(holds, d.storedHold(planned, r.Hold, r.Changes))
	}
	if err := d.state.PutHolds(ctx, state.ReplaceNone, holds); err != nil {
		return fmt.Errorf("holds in the state: %w", err)
	}
	for _, r := range planned.Released() {
		if !d.approves(r.ID) {
			continue
		}
		decided, err := d.approval(ctx, r.ID)
		if err != nil {
			return err
		}
		for _, c := range r.Changes {
			c.Decide(&decided)
		}
	}
	return nil
}

// checkApprovals looks at those that release nothing in this plan. The error wraps
// state.ErrNoHold for one that is of nothing that is on record.
func (d *decider) checkApprovals(ctx context.Context, planned *plan.Plan) error {
	for _, id := range d.opts.Approve {
		if slices.ContainsFunc(planned.Released(), func(r plan.Release) bool { return r.ID == id }) {
			continue
		}
		if err := d.approvedBefore(ctx, id); err != nil {
			return fmt.Errorf("approval of %s: %w", id, err)
		}
	}
	return nil
}

// approvedBefore is about an approval that releases nothing in this run.
func (d *decider) approvedBefore(ctx context.Context, id string) error {
	decided, err := d.state.DecisionsOn(ctx, id)
	if err != nil {
		return err
	}
	if len(decided) > 0 && decided[0].EndedAt.IsZero() {
		return nil // what is left of it goes out
	}
	open, err := d.state.Holds(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(open, func(h state.Hold) bool { return h.ID == id })
	if at < 0 {
		return state.ErrNoHold
	}
	why, err := d.whyMissed(ctx, &open[at])
	if err != nil {
		return err
	}
	d.log.Warn("the approval releases nothing: "+why, "hold", id)
	if d.missed != nil {
		d.missed(id, why)
	}
	return nil
}

// whyMissed says why a hold that waits is none of this run.
func (d *decider) whyMissed(ctx context.Context, h *state.Hold) (string, error) {
	found := []HoldView{viewHold(h)}
	if err := noteFound(ctx, d.state, found); err != nil {
		return "", err
	}
	switch {
	case h.Forced && d.opts.Scope.Selection() == nil:
		return "it is of a resync; the same resync with --approve " + h.ID + " releases it", nil
	case found[0].Refresh && !d.opts.Scope.Refreshes():
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
func (d *decider) recordHolds(ctx context.Context, planned *plan.Plan, v *view) error {
	if err := d.approve(ctx, planned); err != nil {
		return err
	}
	known, err := d.openIDs(ctx)
	if err != nil {
		return err
	}
	var now []state.Hold
	for _, h := range planned.Holds {
		if !h.Known && !known[h.ID] {
			held := slices.DeleteFunc(slices.Clone(planned.Changes), func(c *plan.Change) bool { return !c.Block.IsHeld() || c.Block.Hold != h.ID })
			now = append(now, d.storedHold(planned, h, held))
		}
	}
	if now, err = d.keepOfRefresh(ctx, now); err != nil {
		return err
	}
	if err := errors.Join(d.state.PutHolds(ctx, d.replaces(), now), d.state.EndDecided(ctx, v.ended)); err != nil {
		return fmt.Errorf("holds in the state: %w", err)
	}
	return d.noteRefreshHolds(ctx)
}

// replaces says which holds a run knows all of.
func (d *decider) replaces() state.Replace {
	switch {
	case d.opts.Scope.People() != nil:
		return state.ReplaceNone
	case d.opts.Scope.Selection() != nil:
		return state.ReplaceForced
	}
	return state.ReplacePlanned
}

func (d *decider) storedHold(planned *plan.Plan, h plan.Hold, changes []*plan.Change) state.Hold {
	items := planned.HeldItems(h.Kind, changes)
	return state.Hold{
		ID: h.ID, Kind: h.Kind, Digest: state.HoldDigest(h.Kind, h.Items), Limit: h.Limit, Reason: h.Reason, Scope: h.Scope,
		Forced: d.opts.Scope.Selection() != nil, Count: h.Count,
		Items: slices.DeleteFunc(items, func(item state.HeldItem) bool { return !slices.Contains(h.Items, item.Key) }),
	}
}

// openHolds returns the holds that a partial run must respect, by their kind.
func (d *decider) openHolds(ctx context.Context) (map[string]plan.Hold, error) {
	if d.opts.Scope.Everything() {
		return nil, nil
	}
	holds, err := d.state.Holds(ctx)
	if err != nil {
		return nil, fmt.Errorf("holds in the state: %w", err)
	}
	open := map[string]plan.Hold{}
	for _, h := range holds {
		if h.Forced {
			continue
		}
		hold := plan.Hold{ID: h.ID, Kind: h.Kind, Count: h.Count, Limit: d.limits.LimitOf(h.Kind).String(), Reason: "waits for approval", Known: true}
		for _, item := range h.Items {
			hold.Items = append(hold.Items, item.Key)
		}
		open[h.Kind] = hold
	}
	return open, nil
}

// openIDs are the holds that a run which looks at a part alone must not put anew: it
// does not see all of them.
func (d *decider) openIDs(ctx context.Context) (map[string]bool, error) {
	ids := map[string]bool{}
	if d.opts.Scope.Everything() {
		return ids, nil
	}
	open, err := d.state.Holds(ctx)
	if err != nil {
		return nil, fmt.Errorf("holds in the state: %w", err)
	}
	for _, h := range open {
		ids[h.ID] = !h.Forced
	}
	return ids, nil
}

package agent

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// Sync makes one run: settle, read, plan, apply, record. An error means that the
// run failed as a whole; the report then says how far it got. Single changes that
// failed are in the report, not in the error. For a person, a group or a hold that nobody
// knows there is neither run nor report: the error is a *plan.UnknownError or
// state.ErrNoHold.
func (a *Agent) Sync(ctx context.Context, opts Options) (*Report, error) {
	return a.run(ctx, opts, nil)
}

// Apply does exactly what a saved plan says, or nothing. It makes the plan anew
// from Okta, the state and WalkMe, and goes on only when the two are one; so what
// is sent never rests on the file. The error is a *MovedError otherwise.
func (a *Agent) Apply(ctx context.Context, saved *plan.Saved, opts Options) (*Report, error) {
	return a.run(ctx, opts, saved)
}

// run makes one run. The plan has to be the saved one, unless that is nil.
func (a *Agent) run(ctx context.Context, opts Options, saved *plan.Saved) (*Report, error) {
	if err := noteStateDoubt(ctx, a.State, a.log()); err != nil {
		return nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("run id: %w", err)
	}
	report := &Report{Run: RunReport{Schema: RunSchema, ID: id.String(), Trigger: opts.Trigger, StartedAt: a.now().UTC()}}
	run := state.Run{ID: report.Run.ID, Trigger: opts.Trigger, StartedAt: report.Run.StartedAt}
	if err := a.State.BeginRun(ctx, run); err != nil {
		return nil, fmt.Errorf("begin of the run: %w", err)
	}
	runErr := a.sync(ctx, opts, saved, report)
	if mistyped(runErr) {
		after := context.WithoutCancel(ctx)
		return nil, joinOnce(runErr, a.State.DropRun(after, run.ID), mark(after, a.State))
	}
	report.conclude(ctx, a.now(), runErr)
	return report, joinOnce(runErr, a.witness().distrust(ctx, runErr), a.archive().finish(ctx, report, runErr), concludeStateDoubt(ctx, a.State, report, opts.Scope, runErr))
}

// sync is the order of a run.
func (a *Agent) sync(ctx context.Context, opts Options, saved *plan.Saved, report *Report) error {
	if err := a.settle(ctx, opts, report); err != nil {
		return err
	}
	v, err := a.snapshotFor(ctx, opts.Scope, sifting{settled: report.Settled})
	if err != nil {
		return err
	}
	report.Run.OktaRequests = v.snap.Requests
	if err := a.planRun(ctx, v, saved, opts, report); err != nil {
		return err
	}
	if err := a.record(ctx, v, opts, report); err != nil {
		return err
	}
	return a.carryOut(ctx, v, opts, report)
}

// settle makes sure of both sides, finds out what became of what an earlier run left
// pending, and records what was approved of what was rejected before.
func (a *Agent) settle(ctx context.Context, opts Options, report *Report) error {
	if err := CheckBinding(ctx, a.State, a.Binding()); err != nil {
		return err
	}
	if err := a.witness().verify(ctx, a.verified || !a.VerifyFirst); err != nil {
		return err
	}
	a.verified = true
	shown, err := everShown.Load(ctx, a.State)
	if err != nil {
		return err
	}
	a.WalkMe.SetCutAt(shown.CutAt)
	if report.Settled, err = a.applier().Settle(ctx); err != nil {
		return err
	}
	return a.decider(opts).approveRejected(ctx)
}

// planRun makes the plan of a run, which has to be the saved one, unless that is nil.
func (a *Agent) planRun(ctx context.Context, v *view, saved *plan.Saved, opts Options, report *Report) error {
	planned, err := a.planFrom(ctx, v, opts)
	if err != nil {
		return err
	}
	if err := recordGone(ctx, a.State, v); err != nil {
		return err
	}
	if err := a.lookUpFirst(ctx, planned, saved, opts.Scope); err != nil {
		return err
	}
	planned.LeaveAlone(apply.UnsettledBy(report.Settled))
	if err := planned.Finish(a.about(v)); err != nil {
		return err
	}
	if err := saved.Compare(planned); err != nil {
		return err
	}
	report.Plan = *planned
	if opts.Scope.People() != nil {
		report.Health = plan.Health{} // a look at a few people is no verdict on the whole
	}
	return nil
}

// record keeps what the plan has found out, before anything is sent.
func (a *Agent) record(ctx context.Context, v *view, opts Options, report *Report) error {
	if err := errors.Join(a.decider(opts).recordHolds(ctx, &report.Plan, v), rememberAbsent(ctx, a.State, v)); err != nil {
		return err
	}
	return forgetMoot(ctx, a.State, report, v, opts.Scope)
}

// carryOut sends what the plan says, and keeps what came of it, also when that ended early.
func (a *Agent) carryOut(ctx context.Context, v *view, opts Options, report *Report) error {
	err := resyncing(ctx, a.State, opts.Scope, report, func() (err error) {
		report.failures, err = a.applier().Apply(ctx, apply.Work{
			RunID: report.Run.ID, Plan: &report.Plan, Recorded: v.recorded, Lists: memberLists(context.WithoutCancel(ctx), a.State), InStep: v.inStep, Settled: report.Settled,
			Everybody: isAboutEverybody(v, opts.Scope), Shown: &v.shown,
		})
		return err
	})
	report.NoteOutcomes()
	v.shown.CutAt = a.WalkMe.CutAt()
	ctx = context.WithoutCancel(ctx)
	return joinOnce(err, bind(ctx, a.State, a.Binding(), v, &report.Plan), a.witness().note(ctx, &report.Plan),
		a.window().noteApprovals(ctx, &report.Plan), endCarriedOut(ctx, a.State, &report.Plan),
		everShown.Save(ctx, a.State, v.shown), rememberUnshown(ctx, a.State, report, opts.Scope))
}

// lookUpFirst makes the look-ups that come before a run: all of them where the plan is
// compared with a saved one.
func (a *Agent) lookUpFirst(ctx context.Context, planned *plan.Plan, saved *plan.Saved, scope plan.Scope) error {
	if saved != nil {
		if err := a.asker().lookUpAll(ctx, planned); err != nil {
			return err
		}
		return foreseeOwned(ctx, a.State, planned)
	}
	return lookUpDisabled(ctx, a.State, a.asker(), a.now(), planned, scope)
}

// rememberAbsent keeps since when people are absent, where that counts.
func rememberAbsent(ctx context.Context, db *state.DB, v *view) error {
	if v.absent == nil {
		return nil
	}
	return absentSince.Save(ctx, db, v.absent)
}

// isAboutEverybody is true of a first sync and of a resync of all.
func isAboutEverybody(v *view, scope plan.Scope) bool {
	return scope.Everything() && v.managed.Users == 0 || scope.Selection().All()
}

package agent

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// Plan says what a run would do. It only reads: Okta, the state, and WalkMe for
// the look-ups that tell a link from a create.
func (a *Agent) Plan(ctx context.Context, opts Options) (*plan.Plan, error) {
	if err := CheckBinding(ctx, a.State, a.Binding()); err != nil {
		return nil, err
	}
	sieve, err := a.newSieve(ctx, opts.Scope, nil)
	if err != nil {
		return nil, err
	}
	v, err := a.read(ctx, sieve, nil)
	if err != nil {
		return nil, err
	}
	planned, err := a.planFrom(ctx, v, opts)
	if err != nil {
		return nil, err
	}
	if err := a.asker().lookUp(ctx, planned, everyCreate); err != nil {
		return nil, err
	}
	if err := planned.Finish(a.about(v)); err != nil {
		return nil, err
	}
	if err := a.checkApprovals(ctx, planned, opts); err != nil {
		return nil, err
	}
	return planned, nil
}

// planFrom makes the plan, applies the limits and has the removals confirmed.
func (a *Agent) planFrom(ctx context.Context, v *view, opts Options) (*plan.Plan, error) {
	scope, err := opts.Scope.Resolve(v.desired, v.groups, v.recorded)
	if err != nil {
		return nil, err
	}
	if scope.Refreshes() {
		if err := (refresher{a.WalkMe, a.Config.Policy}).refresh(ctx, v); err != nil {
			return nil, err
		}
	}
	expectNothing(a.Config.Policy, v)
	if v.health.DoubtState, err = StateDoubt(ctx, a.State); err != nil {
		return nil, err
	}
	planned, err := plan.New(plan.Input{
		Recorded: v.recorded, Desired: v.desired, InStep: v.inStep, Groups: v.groups, Health: v.health,
		Policy: a.Config.Policy, Mapping: a.Config.Mapping, NewMapping: v.newMapping, Earlier: v.earlier,
		Pushed: v.pushed, Scope: scope, Now: a.now(),
	})
	if err != nil {
		return nil, err
	}
	if err := a.name(ctx, planned); err != nil {
		return nil, err
	}
	if scope.Selection() == nil {
		planned.ReportSources(v.snap)
		reportGone(planned, v)
	}
	before, err := absentSince.Load(ctx, a.State)
	if err != nil {
		return nil, err
	}
	if err := recallUnshown(ctx, a.State, planned, v, scope); err != nil {
		return nil, err
	}
	for _, n := range v.unseen {
		planned.NoteNotShown(n.t, n.oktaID, n.path)
	}
	v.absent = planned.WaitForGrace(plan.GraceInput{
		Grace: a.Config.Grace, Now: a.now(), Recorded: v.recorded, Desired: v.desired, Before: before,
	})
	if scope.People() != nil {
		v.absent = nil // what a look at a few people sees says nothing about the others
	}
	return planned, a.holdBack(ctx, planned, v, opts)
}

// holdBack answers what the plan has to know, and applies doubt and limits to the
// removals.
func (a *Agent) holdBack(ctx context.Context, planned *plan.Plan, v *view, opts Options) error {
	asker := a.asker()
	recent, err := a.recentRemovals(ctx)
	if err != nil {
		return err
	}
	open, err := a.openHolds(ctx, opts)
	if err != nil {
		return err
	}
	in := plan.HoldInput{
		Managed: v.managed, Recent: recent, Released: opts.Approve, Open: open,
		Confirm: a.Config.ConfirmRemovals, Recorded: v.recorded,
	}
	if in.Unvalued, err = asker.unvalued(ctx, planned, a.Config.Mapping, v.snap); err != nil {
		return err
	}
	if in.Decisions, err = a.decisionsInForce(ctx, v, opts); err != nil {
		return err
	}
	if in.Answers, err = asker.answer(ctx, a.Config.Limits.Ask(planned, in)); err != nil {
		return err
	}
	a.Config.Limits.Hold(planned, in)
	return nil
}

// about says what a plan was made from.
func (a *Agent) about(v *view) plan.About {
	return plan.About{
		CreatedAt: a.now(), App: plan.AppRef{ID: v.snap.App.ID, Label: v.snap.App.Label},
		Target: a.Config.Target, WireProfile: a.Config.WireProfile,
		Source: plan.Source{
			TakenAt: v.snap.TakenAt.UTC(), Users: v.listed(), Groups: len(v.snap.Groups),
			Digest: plan.DigestSource(v.desired, v.inStep, v.groups),
		},
		StateGeneration: v.generation, Unmanaged: v.unmanaged, Strangers: v.strangers,
		OwnProvisioning: v.snap.App.OwnProvisioning(),
	}
}

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
func (a *Agent) Apply(ctx context.Context, saved *plan.Plan, opts Options) (*Report, error) {
	return a.run(ctx, opts, saved)
}

// run makes one run. The plan has to be the saved one, unless that is nil.
func (a *Agent) run(ctx context.Context, opts Options, saved *plan.Plan) (*Report, error) {
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
	return report, joinOnce(runErr, a.archive().finish(ctx, report, runErr), concludeStateDoubt(ctx, a.State, report, opts.Scope, runErr))
}

// sync is the order of a run.
func (a *Agent) sync(ctx context.Context, opts Options, saved *plan.Plan, report *Report) error {
	if err := a.settle(ctx, opts, report); err != nil {
		return err
	}
	v, err := a.snapshotFor(ctx, opts.Scope)
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
	return approveRejected(ctx, a.State, opts)
}

// planRun makes the plan of a run, which has to be the saved one, unless that is nil.
func (a *Agent) planRun(ctx context.Context, v *view, saved *plan.Plan, opts Options, report *Report) error {
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
	if err := errors.Join(a.recordHolds(ctx, &report.Plan, v, opts), rememberAbsent(ctx, a.State, v)); err != nil {
		return err
	}
	return forgetMoot(ctx, a.State, report, v, opts.Scope)
}

// carryOut sends what the plan says, and keeps what came of it, also when that ended early.
func (a *Agent) carryOut(ctx context.Context, v *view, opts Options, report *Report) error {
	err := resyncing(ctx, a.State, opts.Scope, report, func() (err error) {
		report.failures, err = a.applier().Apply(ctx, apply.Work{
			RunID: report.Run.ID, Changes: report.Changes, Recorded: v.recorded, InStep: v.inStep, Settled: report.Settled,
			Everybody: isAboutEverybody(v, opts.Scope), Shown: &v.shown,
		})
		return err
	})
	report.NoteOutcomes()
	v.shown.CutAt = a.WalkMe.CutAt()
	ctx = context.WithoutCancel(ctx)
	return joinOnce(err, a.bind(ctx, v, &report.Plan), a.witness().note(ctx, report.Changes),
		a.noteApprovals(ctx, &report.Plan), endCarriedOut(ctx, a.State, &report.Plan),
		everShown.Save(ctx, a.State, v.shown), rememberUnshown(ctx, a.State, report, opts.Scope))
}

// lookUpFirst makes the look-ups that come before a run: all of them where the plan is
// compared with a saved one.
func (a *Agent) lookUpFirst(ctx context.Context, planned, saved *plan.Plan, scope plan.Scope) error {
	if saved != nil {
		return a.asker().lookUp(ctx, planned, everyCreate)
	}
	return a.lookUpDisabled(ctx, planned, scope)
}

// rememberAbsent keeps since when people are absent, where that counts.
func rememberAbsent(ctx context.Context, db *state.DB, v *view) error {
	if v.absent == nil {
		return nil
	}
	return absentSince.Save(ctx, db, v.absent)
}

func (a *Agent) snapshotFor(ctx context.Context, scope plan.Scope) (*view, error) {
	if scope.People() != nil {
		return a.readPeople(ctx, scope)
	}
	return a.snapshot(ctx, scope)
}

// snapshot reads Okta and stores what the next run can build on.
func (a *Agent) snapshot(ctx context.Context, scope plan.Scope) (*view, error) {
	people, err := a.State.SaveSourceUsers(ctx)
	if err != nil {
		return nil, fmt.Errorf("snapshot in the state: %w", err)
	}
	defer people.Rollback() //nolint:errcheck // after Commit it does nothing, before it there is an error already
	sieve, err := a.newSieve(ctx, scope, people)
	if err != nil {
		return nil, err
	}
	var body []byte
	v, err := a.read(ctx, sieve, func(u okta.User) error {
		body = appendUser(body[:0], u)
		return people.Add(u.ID, body)
	})
	if err != nil {
		return nil, err
	}
	if err := people.Commit(); err != nil {
		return nil, fmt.Errorf("snapshot in the state: %w", err)
	}
	if err := a.groupStore().save(ctx, v.snap, v.fullGroups); err != nil {
		return nil, err
	}
	if err := a.State.SaveMapping(ctx, a.Config.Mapping.Digest(), a.Config.Mapping.Expressions()); err != nil {
		return nil, fmt.Errorf("mapping in the state: %w", err)
	}
	if err := errors.Join(
		lastSnapshot.Save(ctx, a.State, storedSnapshot{v.snap.App, v.snap.TakenAt}),
		listLengths.Save(ctx, a.State, v.counts),
		lastMapping.Save(ctx, a.State, a.Config.Mapping.Digest()),
	); err != nil {
		return nil, err
	}
	return v, forgetNeverLanded(ctx, a.State, v)
}

// forgetNeverLanded drops the failures of people and groups that are not wanted
// any more and that WalkMe never had.
func forgetNeverLanded(ctx context.Context, db *state.DB, v *view) error {
	wanted := map[string]bool{}
	for i := range v.groups {
		wanted[v.groups[i].OktaID] = true
	}
	kept := v.recorded[:0]
	for _, r := range v.recorded {
		person := v.desired.Find(r.SourceID)
		gone := r.ID == "" && !wanted[r.SourceID] && (person == nil || person.Presence == plan.Absent)
		if !gone {
			kept = append(kept, r)
			continue
		}
		if err := db.Forget(ctx, r.Type, r.SourceID); err != nil {
			return fmt.Errorf("failure of %s in the state: %w", r.SourceID, err)
		}
	}
	v.recorded = kept
	return nil
}

// isAboutEverybody is true of a first sync and of a resync of all.
func isAboutEverybody(v *view, scope plan.Scope) bool {
	return scope.Everything() && v.managed.Users == 0 || scope.Selection().All()
}

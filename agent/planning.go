package agent

import (
	"context"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
)

// Plan says what a run would do. It only reads: Okta, the state, and WalkMe for
// the look-ups that tell a link from a create.
func (a *Agent) Plan(ctx context.Context, opts Options) (*plan.Plan, error) {
	if err := CheckBinding(ctx, a.State, a.Binding()); err != nil {
		return nil, err
	}
	sights, err := a.look(ctx, opts.Scope)
	if err != nil {
		return nil, err
	}
	sieve, err := a.newSieve(ctx, opts.Scope, sights, nil)
	if err != nil {
		return nil, err
	}
	v, err := a.read(ctx, sieve, nil)
	if err != nil {
		return nil, err
	}
	v.sights = sights
	planned, err := a.planFrom(ctx, v, opts)
	if err != nil {
		return nil, err
	}
	if err := a.asker().lookUpAll(ctx, planned); err != nil {
		return nil, err
	}
	if err := foreseeOwned(ctx, a.State, planned); err != nil {
		return nil, err
	}
	if err := planned.Finish(a.about(v)); err != nil {
		return nil, err
	}
	if err := a.decider(opts).checkApprovals(ctx, planned); err != nil {
		return nil, err
	}
	return planned, nil
}

// planFrom makes the plan, applies the limits and has the removals confirmed.
func (a *Agent) planFrom(ctx context.Context, v *view, opts Options) (*plan.Plan, error) {
	scope, err := a.resolve(ctx, v, opts.Scope)
	if err != nil {
		return nil, err
	}
	if scope.Refreshes() {
		if err := (refresher{a.WalkMe, a.State, a.Config.Policy}).refresh(ctx, v); err != nil {
			return nil, err
		}
	}
	expectNothing(a.Config.Policy, v)
	if v.health.DoubtState, err = StateDoubt(ctx, a.State); err != nil {
		return nil, err
	}
	planned, err := plan.New(plan.Input{
		Recorded: v.recorded, Desired: v.desired, InStep: v.inStep, Groups: v.groups, Lists: v.lists, Health: v.health,
		Policy: a.Config.Policy, Mapping: a.Config.Mapping, NewMapping: v.newMapping, Earlier: v.earlier,
		Pushed: v.pushed, Scope: scope, Now: a.now(),
	})
	if err != nil {
		return nil, err
	}
	if err := nameMembers(ctx, a.State, planned); err != nil {
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
	v.sights.noteNotShown(planned)
	for _, oktaID := range v.unseen {
		planned.NoteNotShown(scim.Group, oktaID, plan.PathMembers)
	}
	v.absent = planned.WaitForGrace(plan.GraceInput{
		Grace: a.Config.Grace, Now: a.now(), Recorded: v.recorded, Desired: v.desired, Before: before,
	})
	if scope.People() != nil {
		v.absent = nil // what a look at a few people sees says nothing about the others
	}
	return planned, a.holdBack(ctx, planned, v, opts)
}

// resolve finds out whom a scope names.
func (a *Agent) resolve(ctx context.Context, v *view, scope plan.Scope) (plan.Scope, error) {
	resolved, err := scope.Resolve(v.desired, v.groups, v.recorded, nil)
	if err == nil || v.inStep.Len() == 0 {
		return resolved, err
	}
	var names []string // somebody in step may have been meant
	if err := a.State.EachName(ctx, scim.User, func(_, name string) error { names = append(names, name); return nil }); err != nil {
		return scope, err
	}
	return scope.Resolve(v.desired, v.groups, v.recorded, names)
}

// holdBack answers what the plan has to know, and applies doubt and limits to the
// removals.
func (a *Agent) holdBack(ctx context.Context, planned *plan.Plan, v *view, opts Options) error {
	asker, decider := a.asker(), a.decider(opts)
	recent, err := a.window().removals(ctx)
	if err != nil {
		return err
	}
	open, err := decider.openHolds(ctx)
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
	if err := planned.TakeBack(in.Unvalued); err != nil {
		return err
	}
	if in.Decisions, err = decider.inForce(ctx, v); err != nil {
		return err
	}
	if in.Answers, err = asker.answer(ctx, a.Config.Limits.Ask(planned, in)); err != nil {
		return err
	}
	if in.InStep, err = accountsShown(ctx, a.State, v, in.Answers.Groups); err != nil {
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

package agent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// Plan says what a run would do. It only reads: Okta, the state, and WalkMe for
// the look-ups that tell a link from a create.
func (a *Agent) Plan(ctx context.Context, opts Options) (*Plan, error) {
	opts.Force = opts.Force.copy()
	if err := a.resume(ctx, &opts); err != nil {
		return nil, err
	}
	if err := CheckBinding(ctx, a.State, a.Binding()); err != nil {
		return nil, err
	}
	v, err := a.read(ctx, nil)
	if err != nil {
		return nil, err
	}
	plan, err := a.planFrom(ctx, v, opts)
	if err != nil {
		return nil, err
	}
	if err := a.resolveLinks(ctx, plan, everyCreate); err != nil {
		return nil, err
	}
	plan.finish(v, a, a.now())
	return plan, nil
}

// planFrom makes the plan, applies the limits and has the removals confirmed.
func (a *Agent) planFrom(ctx context.Context, v *view, opts Options) (_ *Plan, err error) {
	if err := opts.Force.resolve(v); err != nil {
		return nil, err
	}
	if opts.Refresh {
		if err := a.refresh(ctx, v); err != nil {
			return nil, err
		}
	}
	plan := NewPlan(PlanInput{
		Recorded: v.recorded, Desired: v.desired, Groups: v.groups, Health: v.health,
		Policy: a.Config.Policy, Mapping: a.Config.Mapping, NewMapping: v.newMapping, Earlier: v.earlier,
		Pushed: v.pushed, Only: opts.only, Force: opts.Force, Patient: opts.Patient, Now: a.now(),
	})
	if opts.Force == nil {
		plan.reportSources(v.snap)
	}
	slices.SortFunc(plan.Rejected, compareRejections)
	if v.absent, err = a.waitForGrace(ctx, plan, v); err != nil {
		return nil, err
	}
	if err := a.showStrangers(ctx, plan, v); err != nil {
		return nil, err
	}
	if opts.only != nil {
		v.absent = nil // what a look at a few people sees says nothing about the others
	}
	return plan, a.holdBack(ctx, plan, v, opts)
}

// holdBack applies doubt and limits to the removals, and has what is left of the
// deactivations confirmed: nobody is asked about who stays anyway.
func (a *Agent) holdBack(ctx context.Context, plan *Plan, v *view, opts Options) error {
	recent, err := a.recentRemovals(ctx)
	if err != nil {
		return err
	}
	open, err := a.openHolds(ctx, opts)
	if err != nil {
		return err
	}
	in := HoldInput{Managed: v.managed, Recent: recent, Released: opts.Approve, Open: open}
	a.Config.Limits.holdDeactivations(plan, in)
	if a.Config.ConfirmRemovals {
		if err := a.confirmRemovals(ctx, plan, v); err != nil {
			return err
		}
	}
	a.Config.Limits.holdRest(plan, in)
	return nil
}

// reportSources puts the sources that could not be resolved in the place of their
// groups, each of which is left alone for the same reason.
func (p *Plan) reportSources(snap *okta.Snapshot) {
	sources := problemsOf(snap)
	p.Rejected = slices.DeleteFunc(p.Rejected, func(r Rejection) bool {
		return slices.ContainsFunc(sources, func(s Rejection) bool { return s.OktaID == "" && s.Error == r.Error })
	})
	p.Rejected = append(p.Rejected, sources...)
}

// problemsOf lists the sources that could not be resolved. Groups that could not
// be read whole are reported by the planner, each under its own name.
func problemsOf(snap *okta.Snapshot) []Rejection {
	var out []Rejection
	for _, p := range snap.Problems {
		unreadable := slices.ContainsFunc(snap.Groups, func(g okta.Group) bool { return g.ID == p.GroupID && g.Unreadable != "" })
		if !unreadable {
			out = append(out, Rejection{Type: scim.Group, OktaID: p.GroupID, Name: p.Source, Path: "source", Error: p.Reason})
		}
	}
	return out
}

func compareRejections(a, b Rejection) int {
	return scim.Compare(
		scim.Resource{Type: a.Type, SourceID: a.OktaID + "\x00" + a.Name + "\x00" + a.Error},
		scim.Resource{Type: b.Type, SourceID: b.OktaID + "\x00" + b.Name + "\x00" + b.Error})
}

// finish fills in what identifies the plan. The id leaves the times out, so that
// two plans of one situation have one id.
func (p *Plan) finish(v *view, a *Agent, now time.Time) {
	p.CreatedAt = now.UTC().Truncate(time.Second)
	p.App = AppRef{ID: v.snap.App.ID, Label: v.snap.App.Label}
	p.Target = a.Config.Target
	p.WireProfile = a.Config.WireProfile
	p.Source = Source{
		TakenAt: v.snap.TakenAt.UTC(), Users: len(v.snap.Users), Groups: len(v.snap.Groups), Digest: digestSnapshot(v),
	}
	p.StateGeneration = v.generation
	p.Unmanaged = v.unmanaged
	for i, c := range p.Changes {
		c.Seq = i + 1
		c.Attributes = orEmpty(c.Attributes)
		c.Members.Add, c.Members.Remove = orEmpty(c.Members.Add), orEmpty(c.Members.Remove)
	}
	p.Changes, p.Rejected, p.Holds = orEmpty(p.Changes), orEmpty(p.Rejected), orEmpty(p.Holds)
	p.ID = p.digest()
}

func (p *Plan) digest() string {
	stable := *p
	stable.ID, stable.CreatedAt, stable.Source.TakenAt = "", time.Time{}, time.Time{}
	stable.Changes = untimed(p.Changes)
	text, err := json.Marshal(stable)
	if err != nil {
		return "" // attribute values are JSON by construction; an empty id is never equal to one
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Sync makes one run: settle, read, plan, apply, record. An error means that the
// run failed as a whole; the report then says how far it got. Single changes that
// failed are in the report, not in the error.
func (a *Agent) Sync(ctx context.Context, opts Options) (*Report, error) {
	opts.Force = opts.Force.copy()
	if err := a.resume(ctx, &opts); err != nil {
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
	runErr := a.sync(ctx, opts, report)
	a.conclude(ctx, report, runErr)
	if err := a.finishRun(ctx, report, runErr); err != nil {
		runErr = errors.Join(runErr, err)
	}
	return report, runErr
}

func (a *Agent) sync(ctx context.Context, opts Options, report *Report) error {
	if err := CheckBinding(ctx, a.State, a.Binding()); err != nil {
		return err
	}
	var err error
	if report.Settled, err = a.settle(ctx); err != nil {
		return err
	}
	unsettled := unsettledObjects(report.Settled)
	v, err := a.snapshotFor(ctx, opts)
	if err != nil {
		return err
	}
	report.Run.OktaRequests = v.snap.Requests
	plan, err := a.planFrom(ctx, v, opts)
	if err != nil {
		return err
	}
	if err := a.recordGone(ctx, v); err != nil {
		return err
	}
	if err := a.resolveForRun(ctx, plan, opts); err != nil {
		return err
	}
	for _, c := range plan.Changes {
		if why, ok := unsettled[objectKey(c.Type, c.OktaID)]; ok && !c.Blocked() {
			c.Unconfirmed = why
		}
	}
	plan.summarise()
	plan.finish(v, a, a.now())
	if opts.saved != nil {
		if err := opts.saved.compare(plan); err != nil {
			return err
		}
	}
	report.Plan = *plan
	if opts.only != nil {
		report.Health = Health{} // a look at a few people is no verdict on the whole
	}
	if err := errors.Join(a.recordHolds(ctx, plan, opts), a.saveAbsent(ctx, v.absent)); err != nil {
		return err
	}
	if err := a.forgetMoot(ctx, plan, v, opts, unsettled); err != nil {
		return err
	}
	err = a.resyncing(ctx, opts, report, func() error { return a.apply(ctx, report, v) })
	after := context.WithoutCancel(ctx)
	return errors.Join(err, a.bind(after, v, plan), a.noteApprovals(after, plan.released))
}

func (a *Agent) snapshotFor(ctx context.Context, opts Options) (*view, error) {
	if opts.only != nil {
		return a.readPeople(ctx, opts.only)
	}
	return a.snapshot(ctx)
}

// snapshot reads Okta and stores what the next run can build on.
func (a *Agent) snapshot(ctx context.Context) (*view, error) {
	people, err := a.State.SaveSourceUsers(ctx)
	if err != nil {
		return nil, fmt.Errorf("snapshot in the state: %w", err)
	}
	defer people.Rollback() //nolint:errcheck // after Commit it does nothing, before it there is an error already
	var body []byte
	v, err := a.read(ctx, func(u okta.User) error {
		body = appendUser(body[:0], u)
		return people.Add(u.ID, body)
	})
	if err != nil {
		return nil, err
	}
	if err := people.Commit(); err != nil {
		return nil, fmt.Errorf("snapshot in the state: %w", err)
	}
	if err := a.saveGroups(ctx, v); err != nil {
		return nil, err
	}
	if err := a.State.SaveMapping(ctx, a.Config.Mapping.Digest(), a.Config.Mapping.Expressions()); err != nil {
		return nil, fmt.Errorf("mapping in the state: %w", err)
	}
	if err := errors.Join(a.saveSnapshotMeta(ctx, v), a.saveCounts(ctx, v), a.State.SetMeta(ctx, metaMapping, a.Config.Mapping.Digest())); err != nil {
		return nil, fmt.Errorf("snapshot in the state: %w", err)
	}
	return v, a.forgetNeverLanded(ctx, v)
}

// forgetNeverLanded drops the failures of people and groups that are not wanted
// any more and that WalkMe never had.
func (a *Agent) forgetNeverLanded(ctx context.Context, v *view) error {
	wanted := map[string]bool{}
	for i := range v.groups {
		wanted[v.groups[i].OktaID] = true
	}
	kept := v.recorded[:0]
	for _, r := range v.recorded {
		person := v.desired.Find(r.SourceID)
		gone := r.ID == "" && !wanted[r.SourceID] && (person == nil || person.Presence == Absent)
		if !gone {
			kept = append(kept, r)
			continue
		}
		if err := a.State.Forget(ctx, r.Type, r.SourceID); err != nil {
			return fmt.Errorf("failure of %s in the state: %w", r.SourceID, err)
		}
	}
	v.recorded = kept
	return nil
}

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

// RunSchema names the shape of the run object in a report.
const RunSchema = "okta-walkme-agent/run/v1"

// Options are the wishes of whoever starts a run.
type Options struct {
	Trigger string   // what started it: schedule, sync, resync …
	Approve []string // holds to release
	By      string   // who approves, for the record
	Patient bool     // honour the pauses of failed objects
	Force   *Selection
	Refresh bool // read WalkMe and compare with what it shows

	saved *Plan // the plan that the run must match
}

// Report is a plan with its outcomes, and the run that made them.
type Report struct {
	Plan
	Run RunReport `json:"run"`
}

// RunReport is how a run went.
type RunReport struct {
	Schema       string    `json:"schema"`
	ID           string    `json:"id"`
	Trigger      string    `json:"trigger"`
	StartedAt    time.Time `json:"started_at"`
	FinishedAt   time.Time `json:"finished_at"`
	Outcome      string    `json:"outcome"` // see the Run constants
	Planned      int       `json:"planned"`
	Applied      int       `json:"applied"`
	Failed       int       `json:"failed"`
	Held         int       `json:"held"`
	Rejected     int       `json:"rejected"`
	Skipped      int       `json:"skipped"`
	Error        string    `json:"error,omitempty"`
	OktaRequests int       `json:"okta_requests"`
}

// The outcomes of a run.
const (
	RunDone     = "done"     // everything that was to be sent was acknowledged
	RunProblems = "problems" // some objects failed or were rejected
	RunHeld     = "held"     // some changes wait for an approval
	RunStopped  = "stopped"  // a signal ended it between two changes
	RunFailed   = "failed"   // nothing or only part was done
)

// Plan says what a run would do. It only reads: Okta, the state, and WalkMe for
// the look-ups that tell a link from a create.
func (a *Agent) Plan(ctx context.Context, opts Options) (*Plan, error) {
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

// planFrom makes the plan, has the removals confirmed and applies the limits.
func (a *Agent) planFrom(ctx context.Context, v *view, opts Options) (*Plan, error) {
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
		Policy: a.Config.Policy, Mapping: a.Config.Mapping, Earlier: v.earlier,
		Pushed: v.pushed, Force: opts.Force, Patient: opts.Patient, Now: a.now(),
	})
	if opts.Force == nil {
		plan.Rejected = append(plan.Rejected, problemsOf(v.snap)...)
	}
	slices.SortFunc(plan.Rejected, compareRejections)
	recent, err := a.recentRemovals(ctx)
	if err != nil {
		return nil, err
	}
	if a.Config.ConfirmRemovals {
		if err := a.confirmRemovals(ctx, plan, v); err != nil {
			return nil, err
		}
	}
	a.Config.Limits.Hold(plan, HoldInput{Managed: v.managed, Recent: recent, Released: opts.Approve})
	return plan, nil
}

func (a *Agent) recentRemovals(ctx context.Context) (n Counts, err error) {
	if a.State == nil || a.Config.Limits.Window <= 0 {
		return n, nil
	}
	since := a.now().Add(-a.Config.Limits.Window)
	if n.Users, err = a.State.Applied(ctx, string(Deactivate), since); err != nil {
		return n, fmt.Errorf("recent deactivations: %w", err)
	}
	if n.Groups, err = a.State.Applied(ctx, string(GroupDelete), since); err != nil {
		return n, fmt.Errorf("recent group deletes: %w", err)
	}
	entries, err := a.State.History(ctx, state.Filter{Type: scim.Group, Since: since})
	if err != nil {
		return n, fmt.Errorf("recent member removals: %w", err)
	}
	for _, e := range entries {
		if e.State == state.Applied && e.Action == string(GroupMembers) {
			n.Members += len(journalled(e.Change).Members.Remove)
		}
	}
	return n, nil
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
	p.Target = a.WalkMe.Target()
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
	if err := a.finishRun(ctx, report); err != nil {
		runErr = errors.Join(runErr, err)
	}
	return report, runErr
}

func (a *Agent) sync(ctx context.Context, opts Options, report *Report) error {
	unsettled, err := a.settle(ctx)
	if err != nil {
		return err
	}
	v, err := a.snapshot(ctx)
	if err != nil {
		return err
	}
	report.Run.OktaRequests = v.snap.Requests
	plan, err := a.planFrom(ctx, v, opts)
	if err != nil {
		return err
	}
	which := onlyDisabled
	if opts.saved != nil {
		which = everyCreate
	}
	if err := a.resolveLinks(ctx, plan, which); err != nil {
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
	if err := a.recordHolds(ctx, plan, opts); err != nil {
		return err
	}
	return a.apply(ctx, report, v)
}

// snapshot reads Okta and stores what the next run can build on.
func (a *Agent) snapshot(ctx context.Context) (*view, error) {
	people, err := a.State.SaveSourceUsers(ctx)
	if err != nil {
		return nil, fmt.Errorf("snapshot in the state: %w", err)
	}
	defer people.Rollback() //nolint:errcheck // after Commit it does nothing, before it there is an error already
	v, err := a.read(ctx, func(u okta.User) error {
		body, err := json.Marshal(u)
		if err != nil {
			return err
		}
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
	if err := a.saveSnapshotMeta(ctx, v); err != nil {
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

func (a *Agent) recordHolds(ctx context.Context, plan *Plan, opts Options) error {
	for _, id := range opts.Approve {
		if slices.ContainsFunc(plan.Holds, func(h Hold) bool { return h.ID == id }) {
			continue // still held: cannot happen, because approved holds are not in the plan
		}
		if err := a.State.Release(ctx, id, opts.By); err != nil {
			return fmt.Errorf("approval of %s: %w", id, err)
		}
	}
	var holds []state.Hold
	for _, h := range plan.Holds {
		items, err := json.Marshal(h.Items)
		if err != nil {
			return fmt.Errorf("hold %s: %w", h.ID, err)
		}
		holds = append(holds, state.Hold{ID: h.ID, Kind: h.Kind, Digest: h.ID, Count: h.Count, Items: items})
	}
	if err := a.State.PutHolds(ctx, holds); err != nil {
		return fmt.Errorf("holds in the state: %w", err)
	}
	return nil
}

// conclude counts the outcomes.
func (a *Agent) conclude(ctx context.Context, report *Report, runErr error) {
	run := &report.Run
	run.FinishedAt = a.now().UTC()
	run.Rejected = len(report.Rejected)
	for _, c := range report.Changes {
		run.Planned++
		switch c.Outcome {
		case Applied:
			run.Applied++
		case Failed:
			run.Failed++
		case Held:
			run.Held++
		default:
			run.Skipped++
		}
	}
	switch {
	case runErr != nil && ctx.Err() != nil:
		run.Outcome = RunStopped
	case runErr != nil:
		run.Outcome, run.Error = RunFailed, runErr.Error()
	case run.Held > 0:
		run.Outcome = RunHeld
	case run.Failed > 0 || run.Rejected > 0:
		run.Outcome = RunProblems
	default:
		run.Outcome = RunDone
	}
}

// finishRun records the run even when its context has ended.
func (a *Agent) finishRun(ctx context.Context, report *Report) error {
	ctx = context.WithoutCancel(ctx)
	r := report.Run
	health, err := json.Marshal(report.Health)
	if err != nil {
		return fmt.Errorf("health verdict: %w", err)
	}
	if err := a.State.FinishRun(ctx, state.Run{
		ID: r.ID, Trigger: r.Trigger, StartedAt: r.StartedAt, FinishedAt: r.FinishedAt, Outcome: r.Outcome,
		Planned: r.Planned, Applied: r.Applied, Failed: r.Failed, Held: r.Held, Rejected: r.Rejected, Skipped: r.Skipped,
		Error: r.Error, Health: string(health), SourceDigest: report.Source.Digest, OktaRequests: r.OktaRequests,
	}); err != nil {
		return fmt.Errorf("end of the run: %w", err)
	}
	if a.Config.KeepHistory > 0 {
		if _, err := a.State.Prune(ctx, a.now().Add(-a.Config.KeepHistory)); err != nil {
			return fmt.Errorf("old history: %w", err)
		}
	}
	return nil
}

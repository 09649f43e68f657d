package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// conclude counts the outcomes of a run that ended at a time, with an error or nil; it was
// told to stop when the context has ended.
func (r *Report) conclude(ctx context.Context, at time.Time, runErr error) {
	run, outcomes := &r.Run, r.Outcomes()
	run.FinishedAt = at.UTC()
	run.Planned, run.Rejected = r.Len(), len(r.Rejected)
	run.Applied, run.Failed, run.Held = outcomes[plan.Applied], outcomes[plan.Failed], outcomes[plan.Held]
	run.Skipped = run.Planned - run.Applied - run.Failed - run.Held
	switch {
	case runErr != nil && ctx.Err() != nil:
		run.Outcome = RunStopped
	case runErr != nil:
		run.Outcome = RunFailed
		run.Error, _, _ = strings.Cut(runErr.Error(), ":\n") // details are for the caller
	case run.Held > 0:
		run.Outcome = RunHeld
	case run.Failed > 0 || run.Rejected > 0:
		run.Outcome = RunProblems
	default:
		run.Outcome = RunDone
	}
}

// archive keeps how runs went, and for how long that is kept.
type archive struct {
	state *state.DB
	keep  time.Duration // see Config.KeepHistory
	now   func() time.Time
	log   *slog.Logger
}

func (a *Agent) archive() *archive {
	return &archive{state: a.State, keep: a.Config.KeepHistory, now: a.now, log: a.log()}
}

// finish records a run that is over, even when its context has ended.
func (a *archive) finish(ctx context.Context, report *Report, runErr error) error {
	ctx = context.WithoutCancel(ctx)
	r := report.Run
	health, err := json.Marshal(report.Health)
	if err != nil {
		return fmt.Errorf("health verdict: %w", err)
	}
	left := saveLeftovers(ctx, a.state, report)
	if err := a.state.FinishRun(ctx, state.Run{
		ID: r.ID, Trigger: r.Trigger, StartedAt: r.StartedAt, FinishedAt: r.FinishedAt, Outcome: r.Outcome,
		Planned: r.Planned, Applied: r.Applied, Failed: r.Failed, Held: r.Held, Rejected: r.Rejected, Skipped: r.Skipped,
		Error: r.Error, Health: string(health), SourceDigest: report.Source.Digest, OktaRequests: r.OktaRequests,
	}); err != nil {
		return joinOnce(left, fmt.Errorf("end of the run: %w", err))
	}
	if err := joinOnce(left, updateQuarantine(ctx, a.state, a.log, r, runErr)); err != nil {
		return err
	}
	return a.prune(ctx, r, report.Source.TakenAt)
}

// clockSlack is how far the clock may be ahead of the run before, and of Okta's.
const clockSlack = 24 * time.Hour

// prune drops old history, unless the clock may be wrong: one that is a year ahead
// would drop all of it.
func (a *archive) prune(ctx context.Context, r RunReport, oktaSaid time.Time) error {
	if a.keep <= 0 || oktaSaid.IsZero() {
		return nil // a run that has not heard Okta's time has nothing to hold the clock against
	}
	runs, err := a.state.Runs(ctx, 2)
	if err != nil {
		return fmt.Errorf("old history: %w", err)
	}
	ahead := func(of time.Time) bool { return !of.IsZero() && r.StartedAt.After(of.Add(clockSlack)) }
	if ahead(oktaSaid) || slices.ContainsFunc(runs, func(before state.Run) bool { return before.ID != r.ID && ahead(before.StartedAt) }) {
		a.log.Warn("the clock is more than a day ahead of the run before, or of Okta's: history is kept")
		return nil
	}
	if _, err := a.state.Prune(ctx, a.now().Add(-a.keep)); err != nil {
		return fmt.Errorf("old history: %w", err)
	}
	return nil
}

// joinOnce is errors.Join, but that the state file was replaced, which every later write
// meets too, is told once.
func joinOnce(errs ...error) error {
	told := false
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool {
		var replaced *state.ReplacedError
		is := errors.As(err, &replaced)
		again := is && told
		told = told || is
		return again
	})...)
}

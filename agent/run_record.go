package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/state"
)

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
	if opts.only != nil { // a look at a few people closes no hold
		open, err := a.State.Holds(ctx)
		if err != nil {
			return fmt.Errorf("holds in the state: %w", err)
		}
		holds = append(open, holds...)
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
		run.Outcome = RunFailed
		run.Error, _, _ = strings.Cut(runErr.Error(), ":\n") // details are for whoever started it
	case run.Held > 0:
		run.Outcome = RunHeld
	case run.Failed > 0 || run.Rejected > 0:
		run.Outcome = RunProblems
	default:
		run.Outcome = RunDone
	}
}

// finishRun records the run even when its context has ended.
func (a *Agent) finishRun(ctx context.Context, report *Report, runErr error) error {
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
	if err := a.updateQuarantine(ctx, r, runErr); err != nil {
		return err
	}
	if a.Config.KeepHistory > 0 {
		if _, err := a.State.Prune(ctx, a.now().Add(-a.Config.KeepHistory)); err != nil {
			return fmt.Errorf("old history: %w", err)
		}
	}
	return nil
}

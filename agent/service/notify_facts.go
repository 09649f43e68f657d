package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// readFacts gathers what a run has left for people to know, with the decisions that were
// made after news.
func readFacts(ctx context.Context, db *state.DB, r *agent.Report, runErr error, now, news time.Time) (facts, error) {
	f := facts{now: now, run: r.Run, err: runErr, emptied: emptiedBy(r)}
	var err error
	if f.slow, err = agent.SlowDown.Load(ctx, db); err != nil {
		return f, err
	}
	holds, err := db.Holds(ctx)
	if err != nil {
		return f, err
	}
	for _, h := range holds {
		f.waiting = append(f.waiting, held{id: h.ID, kind: h.Kind, reason: h.Reason, count: h.Count, names: namesOf(h.Items), since: h.CreatedAt})
	}
	decisions, err := db.DecisionsSince(ctx, news)
	if err != nil {
		return f, err
	}
	for _, d := range decisions {
		f.decisions = append(f.decisions, decision{kind: d.Hold.Kind, verdict: string(d.Verdict), by: d.By, reason: d.Reason, count: d.Hold.Count, at: d.At})
	}
	runs, err := db.Runs(ctx, surveyedRuns)
	if err != nil {
		return f, err
	}
	f.failed, f.since = failedInARow(runs)
	return f, nil
}

// where names the app and the tenant, the app by its label as soon as it is known.
func where(b agent.Binding, r *agent.Report) string {
	app := "app " + b.AppID
	if r.App.Label != "" {
		app = fmt.Sprintf("app %s (%s)", r.App.Label, b.AppID)
	}
	return app + ", tenant " + b.Target
}

// namesOf lists whom items are about: of a membership the member.
func namesOf(items []state.HeldItem) []string {
	var names []string
	for _, item := range items {
		names = append(names, cmp.Or(item.Member, item.Name))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// failedInARow counts the latest runs that failed, and says when the first of them
// began. One that was stopped, or cut off, says nothing.
func failedInARow(runs []state.Run) (n int, since time.Time) {
	for _, r := range runs {
		switch r.Outcome {
		case agent.RunFailed:
			n, since = n+1, r.StartedAt
		case agent.RunStopped, state.Running, state.Interrupted:
		default:
			return n, since
		}
	}
	return n, since
}

// emptiedBy lists, by attribute path, the people whose mapped value a run has emptied.
func emptiedBy(r *agent.Report) map[string][]string {
	out := map[string][]string{}
	for _, c := range r.Changes {
		if c.Type != scim.User || c.Outcome != plan.Applied || c.Action == plan.Deactivate {
			continue
		}
		for _, path := range c.Emptied() {
			out[path] = append(out[path], c.Name)
		}
	}
	return out
}

// causeOf says why a run failed in words that name no person. An error may quote an answer.
func causeOf(err error) string {
	var answer *okta.APIError
	switch {
	case refusedByOkta(err):
		return "Okta refuses the credentials."
	case refusedByWalkMe(err):
		return "WalkMe refuses the credentials."
	case errors.Is(err, okta.ErrAppInactive):
		return "The app is not active in Okta."
	case errors.As(err, &answer):
		return fmt.Sprintf("Okta answered with status %d.", answer.Status)
	case errors.Is(err, okta.ErrTimeout):
		return "Okta did not answer in time."
	case errors.Is(err, state.ErrDiskFull):
		return "The disk is full."
	}
	return "The log, and " + program + " status, say why."
}

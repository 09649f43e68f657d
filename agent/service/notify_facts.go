package service

import (
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

// readFacts gathers what a run has left for people to know.
func readFacts(ctx context.Context, db *state.DB, r *agent.Report, runErr error, now time.Time) (facts, error) {
	f := facts{now: now, run: r.Run, err: runErr, emptied: emptiedBy(r)}
	var err error
	if f.slow, err = agent.SlowDown.Load(ctx, db); err != nil {
		return f, err
	}
	if f.waiting, err = readHolds(ctx, db, r); err != nil {
		return f, err
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

// readHolds reads what waits for a decision. Why, and whom it concerns, is what the run
// has found.
func readHolds(ctx context.Context, db *state.DB, r *agent.Report) (waiting []held, err error) {
	holds, err := db.Holds(ctx)
	for _, h := range holds {
		w := held{id: h.ID, kind: h.Kind, count: h.Count, since: h.CreatedAt}
		if i := slices.IndexFunc(r.Holds, func(now plan.Hold) bool { return now.ID == h.ID }); i >= 0 {
			w.reason = r.Holds[i].Reason
		}
		for _, c := range r.Changes {
			if c.Block != nil && c.Block.Hold == h.ID {
				w.names = append(w.names, c.Name)
			}
		}
		waiting = append(waiting, w)
	}
	return waiting, err
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
		for _, a := range c.Attributes {
			if empty(a.New) && !empty(a.Old) {
				out[a.Path] = append(out[a.Path], c.Name)
			}
		}
	}
	return out
}

func empty(v any) bool { return v == "" || scim.Equal(v, nil) }

// causeOf says why a run failed in words that name nobody. An error may quote an answer.
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

package agent

import (
	"context"
	"errors"
	"fmt"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// unfinished is a resync that was interrupted.
type unfinished struct {
	Since     time.Time      `json:"since"` // when it began
	Selection plan.Selection `json:"selection"`
}

// ErrNoResync says that there is no interrupted resync to go on with.
var ErrNoResync = errors.New("no resync was interrupted, so there is none to continue")

// OtherResyncError says that the resync to go on with is of something else.
type OtherResyncError struct{ Unfinished plan.Selection }

func (e *OtherResyncError) Error() string {
	return "the resync that was interrupted is of " + e.Unfinished.String() + "; --continue alone goes on with that, and a resync without --continue begins anew"
}

// RestOfResync is what is left of the resync that was interrupted: what it selected, less
// what WalkMe has acknowledged since it began. The selection that is given must be the
// same, or everything. The error is ErrNoResync or an *OtherResyncError.
func (a *Agent) RestOfResync(ctx context.Context, given plan.Selection) (plan.Scope, error) {
	u, err := unfinishedResync.Load(ctx, a.State)
	if err != nil {
		return plan.Scope{}, err
	}
	if u.Since.IsZero() {
		return plan.Scope{}, ErrNoResync
	}
	if !given.All() && given.String() != u.Selection.String() {
		return plan.Scope{}, &OtherResyncError{u.Selection}
	}
	pushed, err := pushedSince(ctx, a.State, u.Since.Truncate(time.Millisecond)) // as the state keeps its times
	if err != nil {
		return plan.Scope{}, fmt.Errorf("unfinished resync: %w", err)
	}
	return plan.OfSelection(u.Selection.Continued(pushed)), nil
}

// pushedSince is what resyncs have pushed since a time, by object key. What other runs
// did meanwhile was no push of everything.
func pushedSince(ctx context.Context, db *state.DB, since time.Time) (map[string]bool, error) {
	runs, err := db.Runs(ctx, 0)
	if err != nil {
		return nil, err
	}
	pushed := map[string]bool{}
	for _, run := range runs {
		if run.Trigger != TriggerResync || run.StartedAt.Before(since) {
			continue
		}
		if err := db.EachApplied(ctx, run.ID, func(t scim.Type, sourceID string) error {
			pushed[plan.ObjectKey(t, sourceID)] = true
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return pushed, nil
}

// resyncing notes a resync for as long as do works on it, and for good when that fails
// after it has pushed something. One that has pushed nothing leaves what was there.
func resyncing(ctx context.Context, db *state.DB, scope plan.Scope, report *Report, do func() error) error {
	selection := scope.Selection()
	if selection == nil {
		return do()
	}
	before, err := unfinishedResync.Load(ctx, db)
	if err != nil {
		return err
	}
	if !selection.Continues() {
		if err := unfinishedResync.Save(ctx, db, unfinished{report.Run.StartedAt, *selection}); err != nil {
			return err
		}
	}
	var after unfinished
	runErr := do()
	if runErr != nil {
		if report.Outcomes()[plan.Applied] > 0 {
			return runErr
		}
		after = before
	}
	return errors.Join(runErr, unfinishedResync.Save(context.WithoutCancel(ctx), db, after))
}

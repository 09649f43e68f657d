package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okta-walkme-agent/agent/plan"
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

// resume makes the selection of a run that goes on with a resync that of the resync,
// less what WalkMe has acknowledged since it began. A selection of one's own must be the
// same. The error is ErrNoResync or an *OtherResyncError.
func (a *Agent) resume(ctx context.Context, opts *Options) error {
	selection := opts.Scope.Selection()
	if selection == nil || !opts.Resume {
		return nil
	}
	u, err := unfinishedResync.Load(ctx, a.State)
	if err != nil {
		return err
	}
	if u.Since.IsZero() {
		return ErrNoResync
	}
	if given := selection.String(); given != (&plan.Selection{}).String() && given != u.Selection.String() {
		return &OtherResyncError{u.Selection}
	}
	opts.Scope = plan.OfSelection(u.Selection)
	return a.leavePushed(ctx, opts.Scope.Selection(), u.Since.Truncate(time.Millisecond)) // as the state keeps its times
}

// leavePushed leaves out of a resync what it has pushed since it began. What other runs
// did meanwhile was no push of everything.
func (a *Agent) leavePushed(ctx context.Context, s *plan.Selection, since time.Time) error {
	runs, err := a.State.Runs(ctx, 0)
	if err != nil {
		return fmt.Errorf("unfinished resync: %w", err)
	}
	for _, run := range runs {
		if run.Trigger != TriggerResync || run.StartedAt.Before(since) {
			continue
		}
		entries, err := a.State.History(ctx, state.Filter{RunID: run.ID})
		if err != nil {
			return fmt.Errorf("unfinished resync: %w", err)
		}
		for _, e := range entries {
			if e.State == state.Applied {
				s.Done(e.Type, e.SourceID)
			}
		}
	}
	return nil
}

// resyncing notes a resync for as long as do works on it, and for good when that fails
// after it has pushed something. One that has pushed nothing leaves what was there.
func (a *Agent) resyncing(ctx context.Context, opts Options, report *Report, do func() error) error {
	selection := opts.Scope.Selection()
	if selection == nil {
		return do()
	}
	before, err := unfinishedResync.Load(ctx, a.State)
	if err != nil {
		return err
	}
	if !opts.Resume {
		if err := unfinishedResync.Save(ctx, a.State, unfinished{report.Run.StartedAt, *selection}); err != nil {
			return err
		}
	}
	var after unfinished
	runErr := do()
	if runErr != nil {
		if slices.ContainsFunc(report.Changes, func(c *plan.Change) bool { return c.Outcome == plan.Applied }) {
			return runErr
		}
		after = before
	}
	return errors.Join(runErr, unfinishedResync.Save(context.WithoutCancel(ctx), a.State, after))
}

package agent

import (
	"context"
	"fmt"
	"log/slog"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// Why a state may be older than what it is about, or at work in a second place.
const (
	markerMissing = "the state was restored from a copy, or moved to this machine: the marker beside it is missing"
	markerNewer   = "the state was restored from a copy, or moved to this machine: the marker beside it is newer than the state"
	markerForeign = "the state was restored from a copy, or moved to this machine: the marker beside it is of another machine"
)

// StateDoubt says why the state may not be the one that the last run left, "" when
// nothing speaks for that: then every removal is held once, until a person has decided
// about it. A state without records, or one that never had a marker, is not doubted for
// the lack of one.
func StateDoubt(ctx context.Context, db *state.DB) (string, error) {
	open, err := stateDoubt.Load(ctx, db)
	if err != nil || open != "" {
		return open, err
	}
	generation, err := db.Generation(ctx)
	if err != nil || generation == 0 {
		return "", err
	}
	marker, err := db.Marker()
	if err != nil {
		return "", err
	}
	had, err := marked.Load(ctx, db)
	switch {
	case err != nil:
		return "", err
	case marker == nil && had:
		return markerMissing, nil
	case marker == nil:
		return "", nil
	case marker.Generation > generation:
		return markerNewer, nil
	case marker.Machine != state.Machine():
		return markerForeign, nil
	}
	return "", nil
}

// noteStateDoubt keeps the doubt about the state for as long as it lasts, and only then
// marks the state as this machine's. It comes before anything else of a run, since what a
// run writes moves the generation.
func noteStateDoubt(ctx context.Context, db *state.DB, log *slog.Logger) error {
	why, err := StateDoubt(ctx, db)
	if err != nil {
		return err
	}
	before, err := stateDoubt.Load(ctx, db)
	if err != nil {
		return err
	}
	if why != before {
		log.Warn("every removal is held once: " + why)
		if err := stateDoubt.Save(ctx, db, why); err != nil {
			return err
		}
	}
	return mark(ctx, db)
}

// mark writes the marker, and then that there is one.
func mark(ctx context.Context, db *state.DB) error {
	if err := db.Mark(ctx); err != nil {
		return fmt.Errorf("marker of the state: %w", err)
	}
	had, err := marked.Load(ctx, db)
	if err != nil || had {
		return err
	}
	return marked.Save(ctx, db, true)
}

// concludeStateDoubt ends the doubt after a good run over everything that left no removal
// to decide about, and marks the state as it is now.
func concludeStateDoubt(ctx context.Context, db *state.DB, report *Report, scope plan.Scope, runErr error) error {
	ctx = context.WithoutCancel(ctx)
	if runErr == nil && scope.Everything() && report.Health.DoubtState == "" {
		before, err := stateDoubt.Load(ctx, db)
		if err == nil && before != "" {
			err = stateDoubt.Save(ctx, db, "")
		}
		if err != nil {
			return err
		}
	}
	return mark(ctx, db)
}

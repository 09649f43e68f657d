package console

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// read opens the state for reading and hands it on. It
// is opened for each page, so that a state that is restored, or named anew by a
// reload, is the one that is shown, and no page keeps a run from tidying it.
func (s *Server) read(ctx context.Context, use func(*state.DB) error) (err error) {
	db, err := state.OpenOrEmpty(ctx, s.o.StatePath)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return use(db)
}

// latest is what the newest runs say.
type latest struct {
	Runs   []state.Run // newest first
	Health plan.Health
	At     time.Time // of the health
}

// recentRuns is how far back the latest health verdict is looked for.
const recentRuns = 20

func readLatest(ctx context.Context, db *state.DB) (l latest, err error) {
	if l.Runs, err = db.RunsBefore(ctx, "", recentRuns); err != nil {
		return l, err
	}
	for i := range l.Runs {
		var h plan.Health
		if json.Unmarshal([]byte(l.Runs[i].Health), &h) == nil && h.Verdict != "" {
			l.Health, l.At = h, l.Runs[i].StartedAt
			break
		}
	}
	for i := range l.Runs {
		if err := countSoFar(ctx, db, &l.Runs[i]); err != nil {
			return l, err
		}
	}
	return l, nil
}

// countSoFar counts what the journal says of a run that has not counted itself.
func countSoFar(ctx context.Context, db *state.DB, r *state.Run) error {
	if r.Outcome != state.Running && r.Outcome != state.Interrupted {
		return nil
	}
	return db.CountSoFar(ctx, r)
}

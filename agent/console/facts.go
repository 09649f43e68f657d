package console

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"okta-walkme-agent/agent"
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

// latest is what the newest runs say, and how they are getting on.
type latest struct {
	Runs      []state.Run // newest first
	Whole     state.Run   // the newest run over everything; zero: none
	Health    plan.Health
	At        time.Time        // of the health
	Slow      agent.Quarantine // zero: none
	Unsettled int              // changes that were cut off
	Doubt     string           // why the state may not be the one that the last run left
	Unshown   agent.Unshown    // what WalkMe accepted and does not show
}

// recentRuns is how far back the latest health verdict is looked for.
const recentRuns = 20

// readLatest reads what the newest runs say; nothing where there is no state yet.
func (s *Server) readLatest(ctx context.Context, db *state.DB) (l latest, err error) {
	if db.IsEmpty() {
		return l, nil
	}
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
		if err := s.counts.soFar(ctx, db, &l.Runs[i]); err != nil {
			return l, err
		}
	}
	if l.Unsettled, err = unsettled(ctx, db, l.Runs); err != nil {
		return l, err
	}
	return l, l.readFacts(ctx, db)
}

func (l *latest) readFacts(ctx context.Context, db *state.DB) (err error) {
	if l.Whole, err = db.LastRunExcept(ctx, agent.TriggerWatch, agent.TriggerResync); err != nil && !errors.Is(err, state.ErrNoRun) {
		return err
	}
	if l.Slow, err = agent.SlowDown.Load(ctx, db); err != nil {
		return err
	}
	if l.Doubt, err = agent.StateDoubt(ctx, db); err != nil {
		return err
	}
	l.Unshown, err = agent.LastUnshown.Load(ctx, db)
	return err
}

// counts remembers what was counted of runs that have not counted themselves: of one that
// goes on for an hour, each page counts what came since.
type counts struct {
	mu    sync.Mutex
	known map[string]*state.Counted // by run
}

const keptCounts = 100

// soFar counts what the journal says of a run that has not counted itself.
func (c *counts) soFar(ctx context.Context, db *state.DB, r *state.Run) error {
	if r.Outcome != state.Running && r.Outcome != state.Interrupted {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known[r.ID] == nil {
		if len(c.known) >= keptCounts || c.known == nil {
			c.known = map[string]*state.Counted{}
		}
		c.known[r.ID] = &state.Counted{}
	}
	return db.CountSoFar(ctx, r, c.known[r.ID])
}

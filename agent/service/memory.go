package service

import (
	"context"
	"errors"
	"slices"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/state"
)

// NextRun is when the service that works on this state says that it runs next; zero
// when none is running, or when none is due.
func NextRun(ctx context.Context, db *state.DB, path string) (time.Time, error) {
	if who, err := state.Service(path); who == nil || err != nil {
		return time.Time{}, err // what a stopped one has noted says nothing
	}
	return agent.NextRunAt.Load(ctx, db)
}

// open opens the state for a run.
func (d *daemon) open(ctx context.Context, path string) (*state.DB, error) {
	db, err := state.Open(ctx, state.Options{Path: path, Build: d.options.Version, Holder: program + " run"})
	if err == nil && db.Made() {
		d.log.Warn("a new state begins: there was none", "path", path)
	}
	return db, err
}

// read opens the state for reading and hands it on.
func (d *daemon) read(ctx context.Context, use func(*state.DB) error) error {
	return readState(ctx, d.setup.Config.StatePath, use)
}

func readState(ctx context.Context, path string, use func(*state.DB) error) (err error) {
	db, err := state.OpenOrEmpty(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return use(db)
}

// migrate opens the state for writing once, so that a migration happens, and damage
// shows, at the start. It says whether the state was made by that.
func (d *daemon) migrate(ctx context.Context, path string) (made bool, err error) {
	db, err := d.open(ctx, path)
	var locked *state.LockedError
	if errors.As(err, &locked) {
		return false, nil // the process that has it has done so
	}
	if err != nil {
		return false, err
	}
	return db.Made(), db.Close()
}

// readPast is what earlier processes left behind. A scheduled run that was stopped or
// cut off is made up for now, not at the next tick; a run by hand, or one that looked
// at a few people, takes the place of no tick.
func (d *daemon) readPast(ctx context.Context) (past Past, err error) {
	err = d.read(ctx, func(db *state.DB) error {
		runs, err := db.Runs(ctx, surveyedRuns)
		if err != nil || len(runs) == 0 {
			return err
		}
		past.Tried = runs[0].StartedAt
		i := slices.IndexFunc(runs, func(r state.Run) bool { return r.Trigger == agent.TriggerSchedule })
		if i >= 0 && !runs[i].FinishedAt.IsZero() && runs[i].Outcome != agent.RunStopped {
			past.Begun = runs[i].StartedAt
		}
		return nil
	})
	return past, err
}

// slow is the pause that the quarantine asks for. Where the state cannot be read it is
// what it was: that shows itself in the next run.
func (d *daemon) slow(ctx context.Context) time.Duration {
	err := d.read(ctx, func(db *state.DB) error {
		q, err := agent.SlowDown.Load(ctx, db)
		if err == nil {
			d.slowed = q.Pause()
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		d.log.Warn("quarantine not known", "err", err)
	}
	return d.slowed
}

// noteNextRun is for status. While another command has the state it is left out.
func (d *daemon) noteNextRun(ctx context.Context, next time.Time) {
	if ctx.Err() != nil {
		return
	}
	if d.setup.Config.DryRun {
		d.noteDry(func(n *DryNotes) { n.NextRun = timeOrNil(next) })
		return
	}
	db, err := d.open(ctx, d.setup.Config.StatePath)
	if err == nil {
		err = errors.Join(agent.NextRunAt.Save(ctx, db, next), db.Close())
	}
	var locked *state.LockedError
	if err != nil && !errors.As(err, &locked) {
		d.log.Warn("next run not noted", "err", err)
	}
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

package service

import (
	"context"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/state"
)

// surveyedRuns is how far back a good run is looked for after a start.
const surveyedRuns = 500

// survey reads from the state what monitors want to know of it.
func (d *daemon) survey(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	if err := d.read(ctx, func(db *state.DB) error { return d.surveyState(ctx, db) }); err != nil {
		d.log.Warn("figures for monitors not read", "err", err)
	}
}

func (d *daemon) surveyState(ctx context.Context, db *state.DB) error {
	if db.IsEmpty() {
		return nil
	}
	standing, err := db.Standing(ctx)
	if err != nil {
		return err
	}
	holds, err := db.Holds(ctx)
	if err != nil {
		return err
	}
	runs, err := db.Runs(ctx, surveyedRuns)
	if err != nil {
		return err
	}
	quarantine, err := agent.SlowDown.Load(ctx, db)
	if err != nil {
		return err
	}
	d.metrics.stateIs(standing, len(holds))
	d.health.stateIs(runs, quarantine)
	return nil
}

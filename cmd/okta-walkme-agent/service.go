package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/state"
)

// metaNextRun is where the service notes when it runs next, for status.
const metaNextRun = "next_run_at"

func (c *cli) runCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run as a service: plan and apply on the schedule",
		Long: `Makes a run whenever the schedule says so, one at a time. The first one is made
at once when a tick was missed, or when there was never a run. SIGTERM finishes
the requests that are under way and records the run.

Between two runs the state is free: sync, apply and resync work meanwhile.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.serve(cmd.Context()) },
	}
}

// service is the process of run: clients that live as long as it does, and a
// state that is open only while a run needs it.
type service struct {
	session *session
	log     *slog.Logger
	watcher *watcher // nil: off
}

func (c *cli) serve(ctx context.Context) (err error) {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	log := c.logger(cfg, true)
	if !cfg.DryRun {
		claim, err := state.ClaimService(ctx, cfg.State.Path, programName+" run", time.Now())
		if err != nil {
			return explained(fmt.Errorf("another service works on this state: %w", err))
		}
		defer func() { err = errors.Join(err, claim.Release()) }()
	}
	s, err := c.connect(ctx, cfg, purpose{name: "run", dry: cfg.DryRun}, log)
	if err != nil {
		return explained(err)
	}
	defer s.walkme.Close()
	d := &service{session: s, log: log}
	last, err := d.lastRun(ctx)
	if err != nil {
		return explained(err)
	}
	log.Info("started", "version", buildVersion(), "config", c.file(), "okta", cfg.Okta.OrgURL, "app", cfg.Okta.AppID,
		"walkme", s.walkme.Target(), "schedule", cfg.Schedule.String(), "dry_run", cfg.DryRun)
	loop := &agent.Service{
		Schedule: cfg.Schedule, Jitter: cfg.Jitter, Logger: log,
		Run:  d.run,
		Slow: func() time.Duration { return d.quarantine(ctx).Pause() },
		Idle: func(next time.Time) { d.noteNextRun(ctx, next) },
	}
	var background sync.WaitGroup
	defer background.Wait()
	if err := d.startWatch(ctx, &background); err != nil {
		return explained(err)
	}
	if d.watcher != nil {
		loop.Wake = d.watcher.wake
	}
	err = loop.Serve(ctx, last)
	log.Info("stopped")
	return explained(err)
}

// read opens the state for reading and hands it on, nil when there is none yet.
func (d *service) read(ctx context.Context, use func(*state.DB) error) (err error) {
	db, err := state.OpenReadOnly(ctx, d.session.config.State.Path)
	if errors.Is(err, state.ErrNotExist) {
		return use(nil)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return use(db)
}

// lastRun is when the latest run began, zero when there was none, or when it was
// cut off: that is settled now, not at the next tick. The state is opened for
// writing once, so that a migration happens, and damage shows, at the start.
func (d *service) lastRun(ctx context.Context) (last time.Time, err error) {
	if !d.session.config.DryRun {
		db, err := openState(ctx, d.session.config, purpose{name: "run"})
		var locked *state.LockedError
		if err != nil && !errors.As(err, &locked) {
			return last, err
		}
		if err == nil {
			if err := db.Close(); err != nil {
				return last, err
			}
		}
	}
	err = d.read(ctx, func(db *state.DB) error {
		if db == nil {
			return nil
		}
		runs, err := db.Runs(ctx, 1)
		if err == nil && len(runs) > 0 && !runs[0].FinishedAt.IsZero() {
			last = runs[0].StartedAt
		}
		return err
	})
	return last, err
}

// quarantine is read after each run. A state that cannot be read shows itself in
// the next run.
func (d *service) quarantine(ctx context.Context) (q agent.Quarantine) {
	err := d.read(ctx, func(db *state.DB) (err error) {
		q, err = agent.ReadQuarantine(ctx, db)
		return err
	})
	if err != nil {
		d.log.Warn("quarantine not known", "err", err)
	}
	return q
}

// noteNextRun is for status. While another command has the state it is left out.
func (d *service) noteNextRun(ctx context.Context, next time.Time) {
	if d.session.config.DryRun || ctx.Err() != nil {
		return
	}
	db, err := openState(ctx, d.session.config, purpose{name: "run"})
	if err == nil {
		err = errors.Join(db.SetMeta(ctx, metaNextRun, next.UTC().Format(time.RFC3339)), db.Close())
	}
	var locked *state.LockedError
	if err != nil && !errors.As(err, &locked) {
		d.log.Warn("next run not noted", "err", err)
	}
}

// run makes one run of the service. Objects that failed wait out their pause.
func (d *service) run(ctx context.Context, trigger string) (err error) {
	opts := agent.Options{Trigger: trigger, Patient: true}
	if d.session.config.DryRun {
		return d.read(ctx, func(db *state.DB) error {
			d.session.use(db)
			return d.plan(ctx, opts)
		})
	}
	db, err := openState(ctx, d.session.config, purpose{name: "run"})
	var locked *state.LockedError
	if errors.As(err, &locked) {
		d.log.Warn("this run is left out: another command is at work", "pid", locked.PID, "command", locked.Command)
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	d.session.use(db)
	var r *agent.Report
	if trigger == triggerWatch {
		r, err = d.watched(ctx, db)
	} else {
		r, err = d.session.agent.Sync(ctx, opts)
	}
	d.report(ctx, r, err)
	return err
}

func (d *service) report(ctx context.Context, r *agent.Report, err error) {
	if r == nil {
		return
	}
	level := slog.LevelInfo
	if err != nil || r.Run.Failed+r.Run.Held+r.Run.Rejected > 0 {
		level = slog.LevelWarn
	}
	d.log.Log(ctx, level, report.SummaryLine(r))
	for _, h := range r.Holds {
		d.log.Warn("held for approval", "hold", h.ID, "count", h.Count, "reason", h.Reason,
			"release", fmt.Sprintf("%s sync --approve %s", programName, h.ID))
	}
}

// plan is a run of a service that is configured to send nothing.
func (d *service) plan(ctx context.Context, opts agent.Options) error {
	plan, err := d.session.agent.Plan(ctx, opts)
	if err != nil {
		return err
	}
	for _, ch := range plan.Changes {
		d.log.Info("would "+string(ch.Action), "okta_id", ch.OktaID, "cause", ch.Cause, "reason", ch.Reason, "held", ch.Held)
	}
	d.log.Info(fmt.Sprintf("dry run: %d changes, nothing was sent", plan.Pending()), "held", plan.Summary.Held, "rejected", plan.Summary.Rejected)
	return nil
}

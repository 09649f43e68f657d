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
	"okta-walkme-agent/configs"
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

// service is the process of run: clients that live until a reload replaces them, and
// a state that is open only while a run needs it. All but what turns guards belongs
// to the goroutine of the loop.
type service struct {
	*cli
	session *session
	claim   *state.Claim // nil in a dry run
	log     *slog.Logger

	supervisor supervisor
	pulse      pulse
	metrics    *metrics
	health     *health
	turns      turns
	watcher    *watcher // nil: Okta's log is not followed

	last    time.Time // when the latest run began
	summary string    // how it ended
}

func (c *cli) serve(ctx context.Context) (err error) {
	d := &service{cli: c, metrics: newMetrics(), log: slog.New(slog.DiscardHandler), summary: "no run yet"}
	d.health = newHealth(d.metrics, &d.pulse)
	d.supervisor.starting(ctx)
	defer d.supervisor.started()
	first, err := d.prepare(ctx)
	if err != nil {
		return explained(err)
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.adopt(ctx, first); err != nil {
		return explained(err)
	}
	if d.last, err = d.lastRun(ctx); err != nil {
		return explained(err)
	}
	stop, err := d.listenForReloads(ctx)
	if err != nil {
		return err
	}
	defer stop()
	go d.supervisor.watch(ctx, &d.pulse, d.log)
	context.AfterFunc(ctx, d.supervisor.stopping)
	cfg := d.session.config
	d.log.Info("started", "version", buildVersion(), "config", c.file(), "okta", cfg.Okta.OrgURL, "app", cfg.Okta.AppID,
		"walkme", d.session.walkme.Target(), "schedule", cfg.Schedule.String(), "dry_run", cfg.DryRun)
	err = d.loop(ctx)
	d.log.Info("stopped")
	return explained(err)
}

// loop serves one configuration after the other. A reload interrupts the wait, never
// a run.
func (d *service) loop(ctx context.Context) error {
	for {
		wait, interrupt := context.WithCancel(ctx)
		d.turns.waitWith(interrupt)
		loop := &agent.Service{
			Schedule: d.session.config.Schedule, Jitter: d.session.config.Jitter, Logger: d.log,
			Run:   func(_ context.Context, trigger string) error { return d.supervised(ctx, trigger) },
			Slow:  func() time.Duration { return d.quarantine(ctx).Pause() },
			Idle:  func(next time.Time) { d.idle(ctx, next) },
			Alive: func() { d.pulse.beat(waitSilence) },
		}
		var background sync.WaitGroup
		err := d.startWatch(wait, &background, loop)
		if err == nil {
			err = loop.Serve(wait, d.last)
		}
		interrupt()
		background.Wait()
		if err != nil || ctx.Err() != nil {
			return err
		}
		if next := d.turns.take(); next != nil {
			next.tell(d.adopt(ctx, next))
		}
	}
}

// idle tells whoever watches that the service waits.
func (d *service) idle(ctx context.Context, next time.Time) {
	d.noteNextRun(ctx, next)
	d.metrics.nextRun(next)
	due := "none"
	if !next.IsZero() {
		due = next.UTC().Format(time.DateTime) + " UTC"
	}
	d.supervisor.status("last run: %s; next run: %s", d.summary, due)
	d.supervisor.ready()
}

// supervised makes one run under the eyes of systemd and monitors. Its error is one
// that ends the service.
func (d *service) supervised(ctx context.Context, trigger string) error {
	d.turns.begin()
	defer d.turns.end()
	d.last = time.Now()
	d.pulse.beat(silence(d.session.config))
	defer d.pulse.beat(waitSilence)
	d.supervisor.status("run since %s UTC (%s)", d.last.UTC().Format(time.DateTime), trigger)
	outcome, err := d.run(ctx, trigger)
	if outcome != "" {
		d.summary = outcome + " at " + time.Now().UTC().Format(time.DateTime) + " UTC"
		d.metrics.ran(outcome, time.Since(d.last))
		d.health.ran(trigger, d.last, outcome, err)
	}
	d.survey(ctx)
	switch {
	case err == nil, agent.Fatal(err):
		return err
	case ctx.Err() != nil:
		return nil // told to stop: the run has recorded itself
	}
	d.log.Error("run failed", "err", err)
	return nil
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

// migrate opens the state for writing once, so that a migration happens, and damage
// shows, at the start.
func migrate(ctx context.Context, cfg *configs.Config) error {
	db, err := openState(ctx, cfg, purpose{name: "run"})
	var locked *state.LockedError
	if errors.As(err, &locked) {
		return nil // whoever has it has done so
	}
	if err != nil {
		return err
	}
	return db.Close()
}

// lastRun is when the latest run began, zero when there was none, or when it was
// cut off: that is settled now, not at the next tick.
func (d *service) lastRun(ctx context.Context) (last time.Time, err error) {
	d.survey(ctx)
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

// runPlanned is the outcome of a run that sends nothing.
const runPlanned = "planned"

// run makes one run of the service, and says how it ended; "" when there was none.
// Objects that failed wait out their pause.
func (d *service) run(ctx context.Context, trigger string) (outcome string, err error) {
	opts := agent.Options{Trigger: trigger, Patient: true}
	if d.session.config.DryRun {
		err := d.read(ctx, func(db *state.DB) error {
			d.session.use(db)
			return d.plan(ctx, opts)
		})
		if err != nil {
			return agent.RunFailed, err
		}
		return runPlanned, nil
	}
	db, err := openState(ctx, d.session.config, purpose{name: "run"})
	var locked *state.LockedError
	if errors.As(err, &locked) {
		d.log.Warn("this run is left out: another command is at work", "pid", locked.PID, "command", locked.Command)
		return "", nil
	}
	if err != nil {
		return agent.RunFailed, err
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
	switch {
	case r != nil:
		return r.Run.Outcome, err
	case err != nil:
		return agent.RunFailed, err
	}
	return "", nil // the log named nobody who matters here
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

package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/configs"
	"okta-walkme-agent/okta"
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
	follow     *okta.Client // reads Okta's log; nil: nobody does
	watcher    *watcher     // nil: Okta's log is not followed

	past    agent.Past
	slowed  time.Duration // the pause of the quarantine, as it was last read
	summary string        // how the latest run ended
}

func newService(c *cli) *service {
	d := &service{cli: c, metrics: newMetrics(), log: slog.New(slog.DiscardHandler), summary: "no run yet"}
	d.health = newHealth(d.metrics, &d.pulse)
	return d
}

func (c *cli) serve(ctx context.Context) error {
	d := newService(c)
	d.supervisor.starting(ctx)
	defer d.supervisor.started()
	first, err := d.prepare(ctx)
	if err != nil {
		return explained(err)
	}
	return d.serve(ctx, first)
}

// serve begins with a configuration, and ends with the context.
func (d *service) serve(ctx context.Context, first *candidate) (err error) {
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.adopt(ctx, first); err != nil {
		return explained(err)
	}
	if d.past, err = d.readPast(ctx); err != nil {
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
	d.log.Info("started", "version", buildVersion(), "config", d.file(), "okta", cfg.Okta.OrgURL, "app", cfg.Okta.AppID,
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
			Slow:  func() time.Duration { return d.slow(ctx) },
			Idle:  func(next time.Time) { d.idle(ctx, next) },
			Alive: func() { d.pulse.beat(waitSilence) },
		}
		var background sync.WaitGroup
		err := d.startWatch(wait, &background, loop)
		if err == nil {
			err = loop.Serve(wait, d.past)
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

// idle tells whoever watches that the service waits, and what it has left behind.
func (d *service) idle(ctx context.Context, next time.Time) {
	d.survey(ctx)
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
	began := time.Now()
	d.past.Tried = began
	if trigger == agent.TriggerSchedule {
		d.past.Begun = began
	}
	d.pulse.beat(silence(d.session.config))
	defer d.pulse.beat(waitSilence)
	d.supervisor.status("run since %s UTC (%s)", began.UTC().Format(time.DateTime), trigger)
	outcome, err := d.run(ctx, trigger)
	if outcome != "" {
		d.summary = outcome + " at " + time.Now().UTC().Format(time.DateTime) + " UTC"
		d.metrics.ran(outcome, time.Since(began))
		d.health.ran(trigger, began, outcome, err)
	}
	if agent.Fatal(err) {
		return err
	}
	return nil // report has said it
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

// readPast is what earlier processes left behind. A scheduled run that was stopped or
// cut off is made up for now, not at the next tick; a run that somebody else made, or
// that looked at a few people, takes the place of no tick.
func (d *service) readPast(ctx context.Context) (past agent.Past, err error) {
	err = d.read(ctx, func(db *state.DB) error {
		if db == nil {
			return nil
		}
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
func (d *service) slow(ctx context.Context) time.Duration {
	err := d.read(ctx, func(db *state.DB) error {
		q, err := agent.ReadQuarantine(ctx, db)
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
func (d *service) noteNextRun(ctx context.Context, next time.Time) {
	if ctx.Err() != nil {
		return
	}
	if d.session.config.DryRun {
		d.noteDry(func(n *dryNotes) { n.NextRun = timeOrNil(next) })
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

// run makes one run of the service, and says how it ended; "" when there was none.
// Objects that failed wait out their pause.
func (d *service) run(ctx context.Context, trigger string) (outcome string, err error) {
	var r *agent.Report
	defer func() { d.report(ctx, r, err) }()
	opts := agent.Options{Trigger: trigger, Patient: true}
	if d.session.config.DryRun {
		return d.dryRun(ctx, opts)
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
	r, err = d.sync(ctx, db, opts)
	switch {
	case r != nil:
		return r.Run.Outcome, err
	case err != nil:
		return agent.RunFailed, err
	}
	return "", nil // the log named nobody who matters here
}

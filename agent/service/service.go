package service

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// daemon is the process of [Run]: a setup that lives until a reload replaces it, and a
// state that is open only while a run needs it. All but what the gate guards belongs to
// the goroutine of the loop.
type daemon struct {
	options Options
	setup   *Setup
	lock    *state.ServiceLock // nil in a dry run
	log     *slog.Logger

	supervisor supervisor
	pulse      pulse
	metrics    *metrics
	health     *health
	gate       gate
	watcher    *watcher // nil: Okta's log is not followed

	past    Past
	slowed  time.Duration // the pause of the quarantine, as it was last read
	summary string        // how the latest run ended
}

func newDaemon(options Options) *daemon {
	d := &daemon{options: options, log: slog.New(slog.DiscardHandler), summary: "no run yet"}
	d.metrics = newMetrics(options.Version, options.Commit)
	d.health = newHealth(d.metrics, &d.pulse)
	return d
}

// Run is the service, until the context ends, which is no error: what is under way is
// finished and the run recorded. Other errors are about the configuration, or a state
// that no later run can use.
func Run(ctx context.Context, options Options) (err error) {
	d := newDaemon(options)
	d.supervisor.starting(ctx)
	defer d.supervisor.started()
	first, err := d.prepare(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.adopt(ctx, first); err != nil {
		return err
	}
	if d.past, err = d.readPast(ctx); err != nil {
		return err
	}
	stop, err := d.listenForReloads(ctx)
	if err != nil {
		return err
	}
	defer stop()
	go d.supervisor.watch(ctx, &d.pulse, d.log)
	context.AfterFunc(ctx, d.supervisor.stopping)
	cfg, binding := d.setup.Config, d.setup.Agent.Binding()
	d.log.Info("started", "version", options.Version, "config", d.setup.File, "okta", d.setup.OrgURL, "app", binding.AppID,
		"walkme", d.setup.Agent.WalkMe.Target(), "schedule", cfg.Schedule, "dry_run", cfg.DryRun)
	err = d.serve(ctx)
	d.log.Info("stopped")
	return err
}

// serve lives with one configuration after the other. A reload interrupts the wait,
// never a run.
func (d *daemon) serve(ctx context.Context) error {
	for {
		wait, interrupt := context.WithCancel(ctx)
		d.gate.waitWith(interrupt)
		loop := &Loop{
			Schedule: d.setup.Config.Schedule, Jitter: d.setup.Config.Jitter, Logger: d.log,
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
		if next := d.gate.take(); next != nil {
			next.tell(d.adopt(ctx, next))
		}
	}
}

// idle tells those who watch that the service waits, and what it has left behind.
func (d *daemon) idle(ctx context.Context, next time.Time) {
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

func (d *daemon) close() error {
	d.health.close()
	if next := d.gate.take(); next != nil {
		next.tell(errors.New("the service stops"))
		next.discard()
	}
	if d.setup != nil {
		if d.setup.Config.DryRun {
			d.noteDry(func(n *DryNotes) { n.NextRun = nil })
		}
		d.setup.Agent.WalkMe.Close()
	}
	if d.lock != nil {
		return d.lock.Release()
	}
	return nil
}

// supervised makes one run under the eyes of systemd and monitors. Its error is one
// that ends the service.
func (d *daemon) supervised(ctx context.Context, trigger string) error {
	d.gate.begin()
	defer d.gate.end()
	began := time.Now()
	d.past.Tried = began
	if trigger == agent.TriggerSchedule {
		d.past.Begun = began
	}
	d.pulse.beat(d.setup.Config.silence())
	defer d.pulse.beat(waitSilence)
	d.supervisor.status("run since %s UTC (%s)", began.UTC().Format(time.DateTime), trigger)
	outcome, err := d.run(ctx, trigger)
	if outcome != "" {
		d.summary = outcome + " at " + time.Now().UTC().Format(time.DateTime) + " UTC"
		d.metrics.ran(outcome, time.Since(began))
		d.health.ran(trigger, began, outcome, err)
	}
	if Fatal(err) {
		return err
	}
	return nil // report has said it
}

// run makes one run, and says how it ended; "" when there was none. Objects that
// failed wait out their pause.
func (d *daemon) run(ctx context.Context, trigger string) (outcome string, err error) {
	defer d.setup.Agent.SpillBeside(d.setup.Config.StatePath)()
	var r *agent.Report
	defer func() { d.report(ctx, r, err) }()
	opts := agent.Options{Trigger: trigger, Scope: plan.Scope{}.HeedingPauses()}
	if d.setup.Config.DryRun {
		return d.dryRun(ctx, opts)
	}
	db, err := d.open(ctx, d.setup.Config.StatePath)
	var locked *state.LockedError
	if errors.As(err, &locked) {
		d.log.Warn("this run is left out: another command is at work", "pid", locked.PID, "command", locked.Command)
		return "", nil
	}
	if err != nil {
		return agent.RunFailed, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	d.setup.Agent.State = db
	r, err = d.sync(ctx, db, opts)
	LogUndelivered(d.log, d.setup.Notify.AfterRun(ctx, db, r, err))
	switch {
	case r != nil && r.Plan.ID != "":
		d.metrics.left(r)
		return r.Run.Outcome, err
	case r != nil:
		return r.Run.Outcome, err
	case err != nil:
		return agent.RunFailed, err
	}
	return "", nil // the log named no person who matters here
}

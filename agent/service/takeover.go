package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// refusedText is what the log says of a reload that came to nothing.
const refusedText = "configuration refused, the old one stays"

// prepare builds everything that the configuration stands for, except the state. The
// setup has no right to the state yet.
func (d *daemon) prepare(ctx context.Context) (*Setup, error) {
	n, err := d.options.Prepare(ctx, &Observer{pulse: &d.pulse, metrics: d.metrics})
	if err != nil {
		return nil, err
	}
	n.told = make(chan error, 1)
	n.Agent.Progress = func(_, _ int, ch *plan.Change) {
		d.pulse.beat(n.Config.silence())
		d.metrics.changed(ch, d.health.goodRunSince())
	}
	if n.listener, err = d.health.listen(ctx, n.Config.Listen); err != nil {
		n.discard()
		return nil, err
	}
	return n, nil
}

// adopt puts a setup in the place of the one in use. When it fails, nothing has
// changed.
func (d *daemon) adopt(ctx context.Context, n *Setup) error {
	lock, err := d.lockFor(ctx, n)
	if err == nil {
		err = n.fits(ctx)
		if err != nil && lock != nil && lock != d.lock {
			err = errors.Join(err, lock.Release())
		}
	}
	if err != nil {
		n.discard()
		text := "configuration refused"
		if d.setup != nil {
			text = refusedText
		}
		d.log.Error(text, "err", err)
		return err
	}
	old, oldLock := d.setup, d.lock
	d.setup, d.lock, d.log = n, lock, n.Logger
	d.health.use(n.Config, n.listener)
	n.logUnreachable()
	if n.Adopted != nil {
		n.Adopted(ctx)
	}
	if old == nil {
		return nil
	}
	old.Agent.WalkMe.Close()
	if oldLock != nil && oldLock != lock {
		if err := oldLock.Release(); err != nil {
			d.log.Error("the former state is not let go", "err", err)
		}
	}
	d.log.Info("configuration reloaded", "config", n.File, "schedule", n.Config.Schedule, "dry_run", n.Config.DryRun)
	return nil
}

// fits says whether the state is about the app and the tenant of the setup.
func (n *Setup) fits(ctx context.Context) error {
	return readState(ctx, n.Config.StatePath, func(db *state.DB) error {
		return agent.CheckBinding(ctx, db, n.Agent.Binding())
	})
}

// lockFor returns the right to the configuration's state, the one in use where it
// is the same, nil for a dry run.
func (d *daemon) lockFor(ctx context.Context, n *Setup) (*state.ServiceLock, error) {
	cfg := n.Config
	if cfg.DryRun {
		return nil, nil
	}
	if d.lock != nil && d.setup.Config.StatePath == cfg.StatePath {
		return d.lock, nil
	}
	lock, err := state.LockService(ctx, cfg.StatePath, program+" run", time.Now())
	var other *state.LockedError
	switch {
	case errors.As(err, &other):
		return nil, fmt.Errorf("another service works on this state: %w", err)
	case err != nil:
		return nil, fmt.Errorf("the lock of the service: %w", err)
	}
	made, err := d.migrate(ctx, cfg.StatePath)
	if err != nil {
		return nil, errors.Join(err, lock.Release())
	}
	if made {
		n.remarks = append(n.remarks, "a new state begins, in "+cfg.StatePath+": there was none")
	}
	return lock, nil
}

// listenForReloads takes reloads from SIGHUP, and from the control socket where
// systemd has made a folder for it, until the result is called.
func (d *daemon) listenForReloads(ctx context.Context) (stop func(), err error) {
	log := d.log // the field itself belongs to the loop
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for {
			select {
			case <-hangup:
				d.takeOver(ctx, log)
			case <-ctx.Done():
				return
			}
		}
	}()
	ignore := func() {
		cancel()
		signal.Stop(hangup)
	}
	if d.options.RuntimeDir == "" {
		return ignore, nil
	}
	closeSockets, err := d.openSockets(func(ctx context.Context) ReloadAnswer { return d.takeOver(ctx, log) })
	if err != nil {
		ignore()
		return nil, err
	}
	return func() {
		ignore()
		closeSockets()
	}, nil
}

// openSockets listens in the runtime folder, until the result is called.
func (d *daemon) openSockets(reload func(context.Context) ReloadAnswer) (stop func(), err error) {
	stopControl, err := serveControl(d.options.RuntimeDir, reload)
	if err != nil {
		return nil, err
	}
	stopView, err := serveView(d.options.RuntimeDir, d.options.View)
	if err != nil {
		stopControl()
		return nil, err
	}
	return func() {
		stopControl()
		stopView()
	}, nil
}

// takeOver is one reload, from reading the file to the outcome.
func (d *daemon) takeOver(ctx context.Context, log *slog.Logger) ReloadAnswer {
	defer d.supervisor.reloading()()
	n, err := d.prepare(context.WithoutCancel(ctx)) // the clients outlive the caller
	if err != nil {
		problems := d.problems(err)
		for _, p := range problems {
			log.Error(refusedText, "problem", p)
		}
		return ReloadAnswer{Outcome: ReloadRefused, Problems: problems}
	}
	unreachable := n.unreachable()
	d.gate.offer(n)
	select {
	case err = <-n.told:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	switch {
	case err == nil:
		return ReloadAnswer{Outcome: ReloadApplied, Remarks: append(unreachable, n.remarks...)}
	case errors.Is(err, errDeferred):
		return ReloadAnswer{Outcome: ReloadDeferred, Remarks: unreachable}
	}
	return ReloadAnswer{Outcome: ReloadRefused, Problems: d.problems(err)} // adopt has logged it
}

// problems are the lines of an error, with cause and remedy.
func (d *daemon) problems(err error) []string {
	return strings.Split(d.options.Explain(err).Error(), "\n")
}

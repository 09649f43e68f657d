package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/configs"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// candidate is a configuration that may take the place of the one in use:
// complete, with clients and listener, but without any right to the state.
type candidate struct {
	config   *configs.Config
	session  *session
	follow   *okta.Client // nil: Okta's log is not followed
	log      *slog.Logger
	listener net.Listener // nil: none, or the one in use stays
	told     chan error   // nil: in use; errDeferred: a run is under way
}

var errDeferred = errors.New("a run is under way")

func (n *candidate) tell(err error) {
	select {
	case n.told <- err:
	default: // already told
	}
}

func (n *candidate) discard() {
	n.session.walkme.Close()
	if n.listener != nil {
		_ = n.listener.Close() // it never had a connection
	}
}

// turns decides who has the service: a run, or a reload. The zero value is ready.
type turns struct {
	mu        sync.Mutex
	running   bool
	interrupt func()
	next      *candidate
}

// waitWith gives the turns a way to end the wait. A candidate that came before is
// taken at once.
func (t *turns) waitWith(interrupt func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.interrupt = interrupt
	if t.next != nil {
		interrupt()
	}
}

// begin marks the begin of a run. A candidate has to wait until it ends.
func (t *turns) begin() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running = true
	if t.next != nil {
		t.next.tell(errDeferred)
	}
}

func (t *turns) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.running = false
}

// offer makes n the next configuration, in the place of one that still waits.
func (t *turns) offer(n *candidate) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next != nil {
		t.next.tell(errors.New("a later reload has taken its place"))
		t.next.discard()
	}
	t.next = n
	if t.running {
		n.tell(errDeferred)
	}
	if t.interrupt != nil {
		t.interrupt()
	}
}

func (t *turns) take() *candidate {
	t.mu.Lock()
	defer t.mu.Unlock()
	next := t.next
	t.next = nil
	return next
}

// prepare loads the configuration and builds everything that it stands for, except
// the state.
func (d *service) prepare(ctx context.Context) (*candidate, error) {
	cfg, err := d.load()
	if err != nil {
		return nil, err
	}
	log := d.logger(cfg, true)
	s, err := d.connect(ctx, cfg, purpose{name: "run", dry: cfg.DryRun, observe: d.observe}, log)
	if err != nil {
		return nil, err
	}
	s.agent.Progress = func(_, _ int, ch *agent.Change) {
		d.pulse.beat(silence(cfg))
		d.metrics.changed(ch, d.health.goodRunSince())
	}
	n := &candidate{config: cfg, session: s, log: log, told: make(chan error, 1)}
	if n.follow, err = d.logClient(ctx, cfg, log); err != nil {
		s.walkme.Close()
		return nil, err
	}
	if n.listener, err = d.health.listen(ctx, cfg.HTTP.Listen); err != nil {
		s.walkme.Close()
		return nil, err
	}
	return n, nil
}

// observe lets each request and each answer be a beat, and counts it.
func (d *service) observe(side string, cfg *configs.Config, next http.RoundTripper) http.RoundTripper {
	return &observedTransport{side: side, next: next, metrics: d.metrics, pulse: &d.pulse, silence: silence(cfg)}
}

// silence is how long a run may go without a request or an answer.
func silence(cfg *configs.Config) time.Duration {
	return runSilence + max(cfg.Okta.Timeout, cfg.WalkMe.Timeout)
}

// adopt puts a candidate in the place of the configuration in use. When it fails,
// nothing has changed.
func (d *service) adopt(ctx context.Context, n *candidate) error {
	claim, err := d.claimFor(ctx, n.config)
	if err == nil {
		err = n.fits(ctx)
		if err != nil && claim != nil && claim != d.claim {
			err = errors.Join(err, claim.Release())
		}
	}
	if err != nil {
		n.discard()
		d.log.Error("configuration refused", "err", err)
		return err
	}
	old, oldClaim := d.session, d.claim
	d.session, d.follow, d.claim, d.log = n.session, n.follow, claim, n.log
	d.health.use(n.config, n.listener)
	if old == nil {
		return nil
	}
	old.walkme.Close()
	if oldClaim != nil && oldClaim != claim {
		if err := oldClaim.Release(); err != nil {
			d.log.Error("the former state is not let go", "err", err)
		}
	}
	d.log.Info("configuration reloaded", "config", d.file(), "schedule", n.config.Schedule.String(), "dry_run", n.config.DryRun)
	return nil
}

// fits says whether the state is about the app and the tenant of the candidate.
func (n *candidate) fits(ctx context.Context) (err error) {
	db, err := openState(ctx, n.config, purpose{dry: true})
	if err != nil || db == nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return agent.CheckBinding(ctx, db, binding(n.config))
}

// claimFor returns the right to the configuration's state, the one in use where it
// is the same, nil for a dry run.
func (d *service) claimFor(ctx context.Context, cfg *configs.Config) (*state.Claim, error) {
	if cfg.DryRun {
		return nil, nil
	}
	if d.claim != nil && d.session.config.State.Path == cfg.State.Path {
		return d.claim, nil
	}
	claim, err := state.ClaimService(ctx, cfg.State.Path, programName+" run", time.Now())
	if err != nil {
		return nil, fmt.Errorf("another service works on this state: %w", err)
	}
	if err := migrate(ctx, cfg); err != nil {
		return nil, errors.Join(err, claim.Release())
	}
	return claim, nil
}

func (d *service) close() error {
	d.health.close()
	if next := d.turns.take(); next != nil {
		next.tell(errors.New("the service stops"))
		next.discard()
	}
	if d.session != nil {
		if d.session.config.DryRun {
			d.noteDry(func(n *dryNotes) { n.NextRun = nil })
		}
		d.session.walkme.Close()
	}
	if d.claim != nil {
		return d.claim.Release()
	}
	return nil
}

// listenForReloads takes reloads from SIGHUP, and from the control socket where
// systemd has made a folder for it, until the result is called.
func (d *service) listenForReloads(ctx context.Context) (stop func(), err error) {
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
	closeSocket := func() {}
	if dir := d.runtimeDir(""); dir != "" {
		if closeSocket, err = serveControl(dir, func(ctx context.Context) reloadAnswer { return d.takeOver(ctx, log) }); err != nil {
			cancel()
			signal.Stop(hangup)
			return nil, err
		}
	}
	return func() {
		cancel()
		signal.Stop(hangup)
		closeSocket()
	}, nil
}

// takeOver is one reload, from reading the file to the outcome.
func (d *service) takeOver(ctx context.Context, log *slog.Logger) reloadAnswer {
	defer d.supervisor.reloading()()
	n, err := d.prepare(context.WithoutCancel(ctx)) // the clients outlive whoever asks
	if err != nil {
		return refusal(log, explained(err))
	}
	d.turns.offer(n)
	select {
	case err = <-n.told:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	switch {
	case err == nil:
		return reloadAnswer{Outcome: reloadApplied}
	case errors.Is(err, errDeferred):
		return reloadAnswer{Outcome: reloadDeferred}
	}
	return reloadAnswer{Outcome: reloadRefused, Problems: problemLines(explained(err))} // adopt has logged it
}

// refusal lists the problems and logs them.
func refusal(log *slog.Logger, err error) reloadAnswer {
	problems := problemLines(err)
	for _, p := range problems {
		log.Error("configuration refused, the old one stays", "problem", p)
	}
	return reloadAnswer{Outcome: reloadRefused, Problems: problems}
}

func problemLines(err error) []string { return strings.Split(err.Error(), "\n") }

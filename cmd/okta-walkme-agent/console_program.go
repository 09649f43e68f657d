package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/console"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/agent/service"
	"okta-walkme-agent/configs"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// consoleProgram is what the console shows, and asks, of a configuration. Its runs are
// those of sync by hand: they take the state while the service waits.
func (c *cli) consoleProgram(cfg *configs.Config, log *slog.Logger) console.Program {
	return console.Program{
		Agent: cfg.Agent(), DryRun: cfg.DryRun, Schedule: cfg.Schedule.String(), Okta: cfg.Okta.OrgURL,
		Fidelity: cfg.WalkMe.Fidelity, MaxAge: cfg.ReadyMaxAge(time.Now()),
		RequestsPerSecond: cfg.WalkMe.RequestsPerSecond, RateLimitShare: cfg.Okta.RateLimitShare,
		Budgets: c.budgets,
		Advise:  adviseRecorded,
		DryRuns: func() ([]state.Run, error) { return dryRuns(cfg) },
		NextRun: func(ctx context.Context, db *state.DB) (time.Time, error) { return nextRun(ctx, cfg, db) },
		Sync:    func(ctx context.Context, o console.RunOptions) error { return c.consoleRun(ctx, cfg, log, o) },
		Look: func(ctx context.Context) (accounts []agent.Account, groups []agent.AvailableGroup, err error) {
			s, err := c.open(ctx, cfg, purpose{name: "console", dry: true}, log)
			if err != nil {
				return nil, nil, err
			}
			defer func() { err = s.end(err) }()
			return console.Look(ctx, s.agent)
		},
		Plan: func(ctx context.Context, see func(*plan.Plan) error) (err error) {
			s, err := c.open(ctx, cfg, purpose{name: "console", dry: true}, log)
			if err != nil {
				return err
			}
			defer func() { err = s.end(err) }()
			defer s.agent.SpillBeside(cfg.State.Path)()
			planned, err := s.agent.Plan(ctx, agent.Options{Scope: plan.Scope{}.HeedingPauses()})
			if err != nil {
				return err
			}
			return see(planned)
		},
	}
}

func (c *cli) consoleRun(ctx context.Context, cfg *configs.Config, log *slog.Logger, o console.RunOptions) (err error) {
	s, err := c.open(ctx, cfg, purpose{name: "run (console)"}, log)
	if err != nil {
		return err
	}
	defer func() { err = s.end(err) }()
	defer s.agent.SpillBeside(cfg.State.Path)()
	opts := agent.Options{Trigger: o.Trigger, By: o.By}
	if !o.Retry {
		opts.Scope, s.agent.VerifyFirst = opts.Scope.HeedingPauses(), true
	}
	r, err := s.agent.Sync(ctx, opts)
	service.LogUndelivered(log, notifier(cfg).AfterRun(ctx, s.state, r, err))
	if r != nil {
		log.Info("run of the console ended", "run", r.Run.ID, "outcome", r.Run.Outcome, "applied", r.Run.Applied, "failed", r.Run.Failed, "held", r.Run.Held)
	}
	return err
}

// budgets are what is left of the limits of both sides, as this process has seen it.
func (c *cli) budgets() console.Budgets {
	if c.traffic == nil {
		return console.Budgets{}
	}
	b := console.Budgets{Okta: budget(c.traffic.Side(service.Okta)), WalkMe: budget(c.traffic.Side(service.WalkMe))}
	for _, l := range c.traffic.RateLimits() {
		b.Windows = append(b.Windows, console.Window{Path: l.Bucket, Limit: l.Limit, Left: l.Remaining, SaidAt: l.SaidAt, Reset: l.Reset})
	}
	return b
}

func budget(s service.SideTraffic) console.Budget {
	return console.Budget{Requests: s.Requests, Refused: s.Refused, RefusedAt: s.RefusedAt, Until: s.Until}
}

// nextRun is when the service makes its next run, zero when none is running.
func nextRun(ctx context.Context, cfg *configs.Config, db *state.DB) (time.Time, error) {
	if cfg.DryRun {
		n, err := service.ReadDryNotes(cfg.State.Path)
		if err != nil || n.NextRun == nil || !n.Alive() {
			return time.Time{}, err
		}
		return *n.NextRun, nil
	}
	return service.NextRun(ctx, db, cfg.State.Path)
}

// dryRuns are the runs of a service that sends nothing.
func dryRuns(cfg *configs.Config) ([]state.Run, error) {
	n, err := service.ReadDryNotes(cfg.State.Path)
	if err != nil {
		return nil, err
	}
	var out []state.Run
	for _, r := range n.Runs {
		run := state.Run{
			ID: r.ID, Trigger: r.Trigger, StartedAt: r.StartedAt, Outcome: r.Outcome, Planned: r.Planned, Held: r.Held, Rejected: r.Rejected, Error: r.Error,
		}
		if r.FinishedAt != nil {
			run.FinishedAt = *r.FinishedAt
		}
		out = append(out, run)
	}
	return out, nil
}

// adviseRecorded is diagnose for a failure that is on record.
func adviseRecorded(t scim.Type, status int, text string) (report.Advice, bool) {
	if status == 0 {
		return report.Advice{}, false
	}
	d, ok := diagnoseObject(t, &scim.Error{Status: status, Detail: text})
	return report.Advice{Cause: d.cause, Remedy: d.remedy}, ok
}

// consoleHost is the console of a service: open as the configuration says. Whatever is
// wrong with it is said in the log, and stops nothing else.
type consoleHost struct {
	*cli
	mu     sync.Mutex
	server *console.Server // nil: none is open
	asked  configs.Console // what it was opened by
	path   string          // of its state
}

// use takes up a configuration that has come into use.
func (h *consoleHost) use(ctx context.Context, cfg *configs.Config, log *slog.Logger) {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.consoleProgram(cfg, log)
	if h.server != nil && h.asked == cfg.Console && h.path == cfg.State.Path {
		h.server.Use(p)
		return
	}
	h.shut()
	if cfg.Console.Listen == "" {
		return
	}
	o, err := consoleOptions(cfg)
	if err == nil {
		o.Logger = log
		h.server, err = h.openConsole(ctx, o, p)
	}
	if err != nil {
		h.server = nil
		log.Error("no console: the service goes on without it", "err", err)
		return
	}
	h.asked, h.path = cfg.Console, cfg.State.Path
	log.Info("console open", "address", h.server.Address())
}

func (h *consoleHost) shut() {
	if h.server != nil {
		_ = h.server.Close() // nothing depends on how
		h.server = nil
	}
}

func (h *consoleHost) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.shut()
}

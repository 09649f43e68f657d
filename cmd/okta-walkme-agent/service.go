package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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
the requests that are under way and records the run.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.serve(cmd.Context()) },
	}
}

func (c *cli) serve(ctx context.Context) (err error) {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	log := c.logger(cfg, true)
	s, err := c.open(ctx, cfg, purpose{name: "run", dry: cfg.DryRun}, log)
	if err != nil {
		return explained(err)
	}
	defer func() { err = errors.Join(err, s.close()) }()
	last, err := s.lastRun(ctx)
	if err != nil {
		return err
	}
	log.Info("started", "version", buildVersion(), "config", c.file(), "okta", cfg.Okta.OrgURL, "app", cfg.Okta.AppID,
		"walkme", s.walkme.Target(), "schedule", cfg.Schedule.String(), "dry_run", cfg.DryRun)
	service := &agent.Service{
		Schedule: cfg.Schedule, Jitter: cfg.Jitter, Logger: log,
		Run:  func(ctx context.Context, trigger string) error { return s.scheduled(ctx, trigger, log) },
		Idle: func(next time.Time) { s.noteNextRun(ctx, next, log) },
	}
	err = service.Serve(ctx, last)
	log.Info("stopped")
	return err
}

// lastRun is when the latest run began, zero when there was none.
func (s *session) lastRun(ctx context.Context) (time.Time, error) {
	if s.state == nil {
		return time.Time{}, nil
	}
	runs, err := s.state.Runs(ctx, 1)
	if err != nil || len(runs) == 0 {
		return time.Time{}, err
	}
	if runs[0].FinishedAt.IsZero() {
		return time.Time{}, nil // it was cut off: settle it now, not at the next tick
	}
	return runs[0].StartedAt, nil
}

func (s *session) noteNextRun(ctx context.Context, next time.Time, log *slog.Logger) {
	if s.config.DryRun || ctx.Err() != nil {
		return
	}
	if err := s.state.SetMeta(ctx, metaNextRun, next.UTC().Format(time.RFC3339)); err != nil {
		log.Error("next run not recorded", "err", err)
	}
}

// scheduled makes one run of the service. Objects that failed wait out their
// pause.
func (s *session) scheduled(ctx context.Context, trigger string, log *slog.Logger) error {
	opts := agent.Options{Trigger: trigger, Patient: true}
	if s.config.DryRun {
		return s.scheduledDry(ctx, opts, log)
	}
	log.Debug("run begins", "trigger", trigger)
	r, err := s.agent.Sync(ctx, opts)
	if r != nil {
		level := slog.LevelInfo
		if err != nil || r.Run.Failed+r.Run.Held+r.Run.Rejected > 0 {
			level = slog.LevelWarn
		}
		log.Log(ctx, level, report.SummaryLine(r), "run", r.Run.ID)
		for _, h := range r.Holds {
			log.Warn("held for approval", "hold", h.ID, "count", h.Count, "reason", h.Reason,
				"release", fmt.Sprintf("%s sync --approve %s", programName, h.ID))
		}
	}
	return err
}

// scheduledDry plans from a state that may have come into being since the last
// time.
func (s *session) scheduledDry(ctx context.Context, opts agent.Options, log *slog.Logger) error {
	if s.state == nil {
		db, err := state.OpenReadOnly(ctx, s.config.State.Path)
		if err != nil && !errors.Is(err, state.ErrNotExist) {
			return err
		}
		s.state, s.agent.State = db, db
	}
	plan, err := s.agent.Plan(ctx, opts)
	if err != nil {
		return err
	}
	for _, ch := range plan.Changes {
		log.Info("would "+string(ch.Action), "okta_id", ch.OktaID, "cause", ch.Cause, "reason", ch.Reason, "held", ch.Held)
	}
	log.Info(fmt.Sprintf("dry run: %d changes, nothing was sent", plan.Pending()), "held", plan.Summary.Held, "rejected", plan.Summary.Rejected)
	return nil
}

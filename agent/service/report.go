package service

import (
	"context"
	"fmt"
	"log/slog"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
)

// report logs how a run went, in one line and one for each hold. r is nil where there
// was none, or where it failed before it began.
func (d *daemon) report(ctx context.Context, r *agent.Report, err error) {
	stopped := ctx.Err() != nil
	switch {
	case r == nil && (err == nil || stopped || Fatal(err)):
		return
	case r == nil:
		d.log.Error("run failed", "err", err)
		return
	}
	level := slog.LevelInfo
	switch {
	case err != nil && !stopped:
		level = slog.LevelError
	case err != nil, r.Run.Failed+r.Run.Held+r.Run.Rejected > 0:
		level = slog.LevelWarn
	}
	d.log.Log(ctx, level, report.SummaryLine(r))
	for _, h := range r.Holds {
		d.log.Warn("held for approval", "hold", h.ID, "count", h.Count, "reason", h.Reason,
			"release", fmt.Sprintf("%s sync --approve %s", program, h.ID))
	}
}

// reportPlan logs what a run would do. The log has Okta ids; plan has the names.
func (d *daemon) reportPlan(planned *plan.Plan) error {
	for ch, err := range planned.All() {
		if err != nil {
			return fmt.Errorf("changes of the plan: %w", err)
		}
		d.log.Info("would "+string(ch.Action), "okta_id", ch.OktaID, "cause", ch.Cause, "reason", ch.Reason.String(), "held", ch.Block.IsHeld())
	}
	d.log.Info(fmt.Sprintf("dry run: %s, nothing was sent", changes(planned.Pending())), "held", planned.Summary.Held, "rejected", planned.Summary.Rejected)
	return nil
}

func changes(n int) string {
	if n == 1 {
		return "1 change"
	}
	return fmt.Sprintf("%d changes", n)
}

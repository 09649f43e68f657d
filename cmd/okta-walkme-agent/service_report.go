package main

import (
	"context"
	"fmt"
	"log/slog"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/report"
)

// report logs how a run went, in one line and one for each hold. r is nil where there
// was none, or where it failed before it began.
func (d *service) report(ctx context.Context, r *agent.Report, err error) {
	stopped := ctx.Err() != nil
	switch {
	case r == nil && (err == nil || stopped || agent.Fatal(err)):
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
			"release", fmt.Sprintf("%s sync --approve %s", programName, h.ID))
	}
}

package report

import (
	"fmt"
	"io"

	"okta-walkme-agent/agent"
)

// PlanText writes a plan for a terminal.
func PlanText(w io.Writer, p *agent.Plan, o Options) error { return writeText(w, p, o) }

// RunText writes a run for a terminal.
func RunText(w io.Writer, r *agent.Report, o Options) error {
	if err := writeText(w, &r.Plan, o); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, SummaryLine(r))
	return err
}

func writeText(w io.Writer, p *agent.Plan, _ Options) error {
	for _, c := range p.Changes {
		if _, err := fmt.Fprintf(w, "%s %s %s\n", c.Action, Escape(c.Name), Escape(c.Reason)); err != nil {
			return err
		}
	}
	return nil
}

// SummaryLine is one line for a log.
func SummaryLine(r *agent.Report) string {
	return fmt.Sprintf("Run %s: %d planned, %d applied, %d failed, %d held, %d rejected.",
		r.Run.Outcome, r.Run.Planned, r.Run.Applied, r.Run.Failed, r.Run.Held, r.Run.Rejected)
}

// PlanMarkdown writes a plan for a change ticket.
func PlanMarkdown(w io.Writer, p *agent.Plan) error { return writeText(w, p, Options{}) }

// PlanHTML writes a plan as one file for a browser.
func PlanHTML(w io.Writer, p *agent.Plan) error { return writeText(w, p, Options{}) }

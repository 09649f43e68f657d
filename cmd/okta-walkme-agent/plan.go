package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/report"
)

var planFormats = []string{"text", "json", "markdown", "html"}

func (c *cli) planCommand() *cobra.Command {
	var format string
	var detailed, full bool
	cmd := &cobra.Command{
		Use:   "plan",
		Short: "Show what a run would do; nothing is sent",
		Long: `Reads Okta, the state, and WalkMe for the look-ups that tell a link from a
create, and shows what a run would do. Nothing is written anywhere.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if !slices.Contains(planFormats, format) {
				return usage("--format is one of %s, not %q", strings.Join(planFormats, ", "), format)
			}
			cfg, err := c.load()
			if err != nil {
				return err
			}
			s, err := c.open(cmd.Context(), cfg, purpose{name: "plan", dry: true}, c.logger(cfg, false))
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.close()) }()
			plan, err := s.agent.Plan(cmd.Context(), agent.Options{Patient: true})
			if err != nil {
				return explained(err)
			}
			if err := c.showPlan(c.stdout, plan, format, full); err != nil {
				return err
			}
			if detailed && (plan.Pending() > 0 || plan.Summary.Held > 0) {
				return &exit{code: exitChanges}
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "text", strings.Join(planFormats, ", "))
	cmd.Flags().BoolVar(&detailed, "detailed-exitcode", false, "exit with 2 when there are changes")
	cmd.Flags().BoolVar(&full, "full", false, "unfold long lists")
	return cmd
}

func (c *cli) showPlan(w io.Writer, plan *agent.Plan, format string, full bool) error {
	switch format {
	case "json":
		return report.PlanJSON(w, plan)
	case "markdown":
		return report.PlanMarkdown(w, plan)
	case "html":
		return report.PlanHTML(w, plan)
	case "text":
		return report.PlanText(w, plan, c.reportOptions(w, full))
	}
	return fmt.Errorf("unknown format %q", format)
}

func (c *cli) reportOptions(w io.Writer, full bool) report.Options {
	return report.Options{Color: c.colored(w), Width: width(w), Full: full}
}

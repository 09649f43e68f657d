package main

import (
	"slices"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent/report"
)

func (c *cli) explainCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "explain USER|GROUP",
		Short: "Tell why a person is in scope, each value, and what happens next",
		Long: `Tells everything about one person (by login, user name or Okta id) or group (by
name or Okta id): in scope or not and why, Okta's status, each attribute with its
expression and value, the groups, what was last sent and answered, and what the
next run will do. Nothing is written anywhere. From 2,000 people on Okta is asked
about the one person; the others are as the last run saw them.`,
		Args: one("user or group"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if !slices.Contains([]string{"text", "json"}, format) {
				return usage("--format is text or json, not %q", format)
			}
			cfg, err := c.load()
			if err != nil {
				return err
			}
			s, err := c.open(cmd.Context(), cfg, purpose{name: "explain", dry: true}, c.logger(cfg, false))
			if err != nil {
				return explained(err)
			}
			defer func() { err = s.end(err) }()
			defer s.agent.SpillBeside(cfg.State.Path)()
			e, err := s.agent.Explain(cmd.Context(), args[0])
			c.display.clear()
			if err != nil {
				return explained(err)
			}
			if format == "json" {
				return report.JSON(c.stdout, "explanation", e)
			}
			return report.ExplanationText(c.folded(c.stdout), e, c.reportOptions(c.stdout, false))
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "text", "text or json")
	return cmd
}

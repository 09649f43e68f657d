package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent/probe/conversation"
	"okta-walkme-agent/agent/report"
)

func (c *cli) traceCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "trace",
		Short: "Read a recorded conversation, or compare two",
		Long: `Reads HAR files: those that --trace records, those that a proxy made of Okta's own
traffic, and a server's log that was turned into HAR.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.traceShowCommand(), c.traceDiffCommand())
	return cmd
}

func (c *cli) traceShowCommand() *cobra.Command {
	var bodies, scimOnly bool
	cmd := &cobra.Command{
		Use:   "show A",
		Short: "A line an exchange: request, status, time",
		Args:  one("file"),
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := loadTrace(args[0])
			if err != nil {
				return err
			}
			if scimOnly {
				all = conversation.SCIM(all)
			}
			return conversation.Show(c.stdout, all, conversation.ShowOptions{Bodies: bodies, Escape: report.Escape})
		},
	}
	cmd.Flags().BoolVar(&bodies, "bodies", false, "show the bodies, too, without passwords")
	cmd.Flags().BoolVar(&scimOnly, "scim", false, "show what went to a SCIM server alone")
	return cmd
}

func (c *cli) traceDiffCommand() *cobra.Command {
	var all bool
	var o conversation.Options
	cmd := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare what two recordings say to a SCIM server",
		Long: `Leaves aside what differs from one tenant to the next: ids, times, passwords,
hosts, ports and base paths, and the order of requests that concern different
people and groups. Methods, paths, statuses, headers, the order of keys and
bodies count.

Exit code 0: the same. 2: they differ; the first difference is shown with the
values of both.`,
		Example: `  okta-walkme-agent --trace ours.har sync
  okta-walkme-agent trace diff okta.har ours.har`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usage("trace diff wants two files, not %d", len(args))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return c.diffTraces(args[0], args[1], o, all) },
	}
	cmd.Flags().BoolVar(&all, "all", false, "show all differences, not the first alone")
	cmd.Flags().BoolVar(&o.RequestsOnly, "requests-only", false, "leave statuses and answers aside: the recordings are of two servers")
	return cmd
}

// loadTrace reads a file that was named; one that cannot be read is wrong usage.
func loadTrace(path string) ([]conversation.Exchange, error) {
	all, err := conversation.Load(path)
	if err != nil {
		return nil, &exit{exitUsage, err}
	}
	return all, nil
}

func (c *cli) diffTraces(pathA, pathB string, o conversation.Options, all bool) error {
	a, err := loadTrace(pathA)
	if err != nil {
		return err
	}
	b, err := loadTrace(pathB)
	if err != nil {
		return err
	}
	if len(conversation.SCIM(a)) == 0 && len(conversation.SCIM(b)) == 0 {
		return &exit{exitUsage, errors.New("neither recording has a request to a SCIM server")}
	}
	differences := conversation.Diff(a, b, o)
	if len(differences) == 0 {
		_, err := fmt.Fprintf(c.stdout, "The same: %s.\n", counted(len(conversation.SCIM(a)), "request", "requests"))
		return err
	}
	shown := differences
	if !all {
		shown = differences[:1]
	}
	for _, d := range shown {
		if err := c.printDifference(d); err != nil {
			return err
		}
	}
	if more := len(differences) - len(shown); more > 0 {
		if _, err := fmt.Fprintf(c.stdout, "\n%s; --all shows them.\n", counted(more, "more difference", "more differences")); err != nil {
			return err
		}
	}
	return &exit{code: exitChanges}
}

func (c *cli) printDifference(d conversation.Difference) error {
	place := func(name string, at int) string {
		if at == 0 {
			return "not in " + name
		}
		return fmt.Sprintf("request %d of %s", at, name)
	}
	_, err := fmt.Fprintf(c.stdout, "%s (%s, %s)\n  %s\n    A  %s\n    B  %s\n", report.Escape(d.Request), place("A", d.AtA), place("B", d.AtB),
		report.Escape(d.Where), report.Escape(d.A), report.Escape(d.B))
	return err
}

package main

import (
	"context"
	"errors"
	"fmt"
	"os/user"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/report"
)

func (c *cli) syncCommand() *cobra.Command {
	var format string
	var approve []string
	var dryRun, full bool
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Make one run now",
		Long: `Makes one run: settles what an earlier run left open, reads Okta, plans, and
applies. Failed objects are tried at once, whatever their pause.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if !slices.Contains([]string{"text", "json"}, format) {
				return usage("--format is text or json, not %q", format)
			}
			if dryRun {
				return c.dryRun(cmd.Context(), format, approve, full)
			}
			cfg, err := c.load()
			if err != nil {
				return err
			}
			s, err := c.open(cmd.Context(), cfg, purpose{name: "sync"}, c.logger(cfg, false))
			if err != nil {
				return explained(err)
			}
			defer func() { err = errors.Join(err, s.close()) }()
			done := c.progress(s.agent)
			r, runErr := s.agent.Sync(cmd.Context(), agent.Options{Trigger: "sync", Approve: approve, By: whoAmI()})
			done()
			if r != nil && r.Schema != "" {
				if err := c.showRun(r, format, full); err != nil {
					return err
				}
			}
			return runExit(r, runErr)
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "text", "text or json")
	cmd.Flags().StringSliceVar(&approve, "approve", nil, "release the changes held under `ID`")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only show what the run would do")
	cmd.Flags().BoolVar(&full, "full", false, "unfold long lists")
	return cmd
}

// dryRun is sync up to the point where it would write.
func (c *cli) dryRun(ctx context.Context, format string, approve []string, full bool) (err error) {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	s, err := c.open(ctx, cfg, purpose{name: "sync --dry-run", dry: true}, c.logger(cfg, false))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	plan, err := s.agent.Plan(ctx, agent.Options{Approve: approve})
	if err != nil {
		return explained(err)
	}
	return c.showPlan(c.stdout, plan, format, full)
}

func (c *cli) showRun(r *agent.Report, format string, full bool) error {
	if format == "json" {
		return report.RunJSON(c.stdout, r)
	}
	return report.RunText(c.stdout, r, c.reportOptions(c.stdout, full))
}

// runExit turns the outcome of a run into an exit code.
func runExit(r *agent.Report, err error) error {
	switch {
	case err != nil:
		return explained(err)
	case r.Run.Held > 0:
		return &exit{code: exitHeld}
	case r.Run.Failed > 0 || r.Run.Rejected > 0 || unconfirmed(r):
		return &exit{code: exitProblems}
	}
	return nil
}

// unconfirmed says whether something was left undone because Okta or WalkMe did
// not say enough.
func unconfirmed(r *agent.Report) bool {
	return slices.ContainsFunc(r.Changes, func(c *agent.Change) bool { return c.Unconfirmed != "" })
}

// progress shows on a terminal how far a run is. The result ends the display.
func (c *cli) progress(a *agent.Agent) func() {
	if !isTerminal(c.stderr) {
		return func() {}
	}
	shown := make(chan string, 1)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		longest := 0
		for line := range shown {
			longest = max(longest, len(line))
			fmt.Fprintf(c.stderr, "\r%-*s", longest, line)
		}
		fmt.Fprintf(c.stderr, "\r%s\r", strings.Repeat(" ", longest))
	}()
	a.Progress = func(done, total int, ch *agent.Change) {
		line := fmt.Sprintf("%d of %d: %s", done, total, ch.Action)
		select {
		case shown <- line:
		default: // the terminal is behind; the next line says more anyway
		}
	}
	return func() {
		close(shown)
		<-ended
	}
}

// whoAmI names the person who approves, for the record.
func whoAmI() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

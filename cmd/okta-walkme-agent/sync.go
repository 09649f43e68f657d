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
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/configs"
)

func (c *cli) syncCommand() *cobra.Command {
	var dryRun, refresh bool
	show := runFlags{name: "sync"}
	opts := agent.Options{Trigger: "sync"}
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Make one run now",
		Long: `Makes one run: settles what an earlier run left open, reads Okta, plans, and
applies. Failed objects are tried at once, whatever their pause.

With --refresh what people changed in WalkMe is put right. What WalkMe takes and
does not show is applied, and not called in step: the report names it in the line
Unseen, JSON under not_shown.

dry_run: true in the configuration holds back the service alone; a run by hand says
so and sends. plan, and --dry-run, only look.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(knownFormat(show.format), checkReason(opts.Reason, opts.Approve)); err != nil {
				return err
			}
			cfg, err := c.load()
			if err != nil {
				return err
			}
			opts.By = c.whoAmI()
			if refresh {
				opts.Scope = opts.Scope.Refreshed()
			}
			if dryRun {
				return c.dryRun(cmd.Context(), cfg, show, planning(opts))
			}
			return c.oneRun(cmd.Context(), cfg, show, func(ctx context.Context, a *agent.Agent) (*agent.Report, error) {
				return a.Sync(ctx, opts)
			})
		},
	}
	show.register(cmd)
	cmd.Flags().StringSliceVar(&opts.Approve, "approve", nil, "release the changes held under `ID`")
	cmd.Flags().StringVar(&opts.Reason, "reason", "", "why they are released, in a `TEXT` for the record")
	cmd.Flags().BoolVar(&refresh, "refresh", false, "read WalkMe and undo what was changed there")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only show what the run would do")
	return cmd
}

// runFlags are the flags that all runs by hand share.
type runFlags struct {
	name   string // of the command
	format string
	full   bool
}

func (f *runFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.format, "format", "f", "text", strings.Join(formats, ", "))
	cmd.Flags().BoolVar(&f.full, "full", false, "unfold long lists")
}

// noteDryRun tells those who watch the service for a week that this run is none of
// those it watches.
func (c *cli) noteDryRun(cfg *configs.Config, f runFlags) {
	if cfg.DryRun {
		fmt.Fprintf(c.folded(c.stderr), "%s: dry_run: true holds back the service alone; this %s sends (plan only looks)\n", programName, f.name)
	}
}

// oneRun opens both sides for one run by hand, shows how it went, and turns the
// outcome into an exit code.
func (c *cli) oneRun(ctx context.Context, cfg *configs.Config, f runFlags, do func(context.Context, *agent.Agent) (*agent.Report, error)) (err error) {
	c.noteDryRun(cfg, f)
	s, err := c.open(ctx, cfg, purpose{name: f.name}, c.logger(cfg, false))
	if err != nil {
		return explained(err)
	}
	defer func() { err = s.end(err) }()
	if s.state.Made() {
		fmt.Fprintf(c.folded(c.stderr), "%s: a new state begins, in %s: there was none\n", programName, cfg.State.Path)
	}
	c.display.watch(s.agent)
	defer s.agent.SpillBeside(cfg.State.Path)()
	r, runErr := do(ctx, s.agent)
	c.display.clear()
	defer c.noteLost(cfg, s, r)
	defer c.notify(ctx, cfg, s.state, r, runErr)
	if r != nil && (r.Schema != "" || len(r.Settled) > 0 || f.format == "json") {
		if err := c.showRun(r, f.format, f.full); err != nil && runErr == nil {
			return err
		}
		if ch := c.hasRead(r, runErr, f.format); ch != nil {
			return inShort(runErr, r.Failure(ch))
		}
	}
	return runExit(r, runErr)
}

// hasRead returns the change whose failure ended the run, where the person at the
// terminal has just read in the report what it was, and what to do; else nil.
func (c *cli) hasRead(r *agent.Report, runErr error, format string) *plan.Change {
	if runErr == nil || format != "text" || !isTerminal(c.stdout) {
		return nil
	}
	i := slices.IndexFunc(r.Changes, func(ch *plan.Change) bool { return r.Failure(ch) != nil && errors.Is(runErr, r.Failure(ch)) })
	if i < 0 {
		return nil
	}
	return r.Changes[i]
}

// inShort leaves out of an error what it wraps: that was said already.
func inShort(err, said error) error {
	return &exit{exitCode(err), errors.New(strings.TrimSuffix(err.Error(), ": "+said.Error()))}
}

// planning makes the plan of a dry run.
func planning(opts agent.Options) func(context.Context, *agent.Agent) (*plan.Plan, error) {
	return func(ctx context.Context, a *agent.Agent) (*plan.Plan, error) { return a.Plan(ctx, opts) }
}

// dryRun is a run up to the point where it would write.
func (c *cli) dryRun(ctx context.Context, cfg *configs.Config, f runFlags, do func(context.Context, *agent.Agent) (*plan.Plan, error)) (err error) {
	s, err := c.open(ctx, cfg, purpose{name: f.name + " --dry-run", dry: true}, c.logger(cfg, false))
	if err != nil {
		return explained(err)
	}
	defer func() { err = s.end(err) }()
	defer s.agent.SpillBeside(cfg.State.Path)()
	planned, err := do(ctx, s.agent)
	c.display.clear()
	if err != nil {
		return explained(err)
	}
	return c.showPlan(c.stdout, planned, f.format, f.full)
}

func (c *cli) showRun(r *agent.Report, format string, full bool) error {
	o := c.reportOptions(c.stdout, full)
	o.Advise = adviser(r)
	switch format {
	case "json":
		return report.RunJSON(c.stdout, r)
	case "markdown":
		return report.RunMarkdown(c.stdout, r, o)
	case "html":
		return report.RunHTML(c.stdout, r, o)
	}
	return report.RunText(c.folded(c.stdout), r, o)
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
	return slices.ContainsFunc(r.Changes, func(c *plan.Change) bool { return c.Block.Is(plan.BlockUnconfirmed) })
}

// whoAmI names the person who decides, for the record: behind sudo the one who called
// it.
func (c *cli) whoAmI() string {
	if c.viewing {
		return viewer
	}
	if caller := c.getenv("SUDO_USER"); caller != "" {
		return caller
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}

// noteLost says that a new state found accounts of its people in WalkMe: they may be
// from an agent whose state is another file, which knows who left.
func (c *cli) noteLost(cfg *configs.Config, s *session, r *agent.Report) {
	if !s.state.Made() || r == nil {
		return
	}
	linked := 0
	for ch, err := range r.All() {
		if err == nil && ch.Action == plan.Link {
			linked++
		}
	}
	if linked > 0 {
		fmt.Fprintf(c.folded(c.stderr), "%s: WalkMe had %s of these people already; if this agent has run before, its state is not %s: correct state.path, for who left meanwhile is known there alone\n",
			programName, count(linked, "account", "accounts"), cfg.State.Path)
	}
}

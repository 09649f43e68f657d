package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/state"
)

func (c *cli) holdsCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "holds",
		Short: "Show what waits for a decision, and decide",
		Long: `Lists the changes that a limit has kept back, and the decisions about such changes
that are in force. Works while the service runs, and asks nothing of Okta or WalkMe.

A decision is recorded with who made it, when and why. The next run carries it out;
sync does so now. An approval is of exactly the set that is shown, and stays good
for what is left of it when a run ends early. What is rejected stays undone, holds
no run back and is not counted by the limits again, until the person returns in Okta
or a person approves it.`,
		Example: `  okta-walkme-agent holds
  okta-walkme-agent holds show deactivations-bb7225f9
  okta-walkme-agent holds approve deactivations-bb7225f9 --reason "closing of the Bern office"
  okta-walkme-agent holds reject deactivations-bb7225f9 --reason "wrong group in Okta, ticket 4711"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.listHolds(cmd.Context(), format) },
	}
	cmd.PersistentFlags().StringVarP(&format, "format", "f", "text", "text or json")
	list := &cobra.Command{
		Use: "list", Short: "List what waits, and the decisions in force", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.listHolds(cmd.Context(), format) },
	}
	show := &cobra.Command{
		Use: "show ID", Short: "Show whom a hold concerns", Args: one("hold"),
		RunE: func(cmd *cobra.Command, args []string) error { return c.showHold(cmd.Context(), args[0], format) },
	}
	cmd.AddCommand(list, show,
		c.decideCommand("approve", "Let the changes of a hold out", state.Approved, &format),
		c.decideCommand("reject", "Leave the changes of a hold undone", state.Rejected, &format))
	return cmd
}

func (c *cli) decideCommand(verb, short string, verdict state.Verdict, format *string) *cobra.Command {
	j := state.Judgement{Verdict: verdict}
	cmd := &cobra.Command{
		Use: verb + " ID", Short: short, Args: one("hold"),
		RunE: func(cmd *cobra.Command, args []string) error {
			j.HoldID, j.By = args[0], c.whoAmI()
			return c.decide(cmd.Context(), j, *format)
		},
	}
	cmd.Flags().StringVar(&j.Reason, "reason", "", "why, in a `TEXT` for the record")
	return cmd
}

func (c *cli) listHolds(ctx context.Context, format string) error {
	return c.readHolds(ctx, format, func(db *state.DB) error {
		view, err := agent.ReadHolds(ctx, db)
		if err != nil {
			return err
		}
		if format == "json" {
			return report.JSON(c.stdout, "holds", view)
		}
		return report.HoldsText(c.folded(c.stdout), view, c.reportOptions(c.stdout, true))
	})
}

func (c *cli) showHold(ctx context.Context, id, format string) error {
	return c.readHolds(ctx, format, func(db *state.DB) error {
		view, err := agent.ReadHold(ctx, db, id)
		if err != nil {
			return noHold(id, err)
		}
		return c.printHold(view, format, report.HoldText)
	})
}

func (c *cli) decide(ctx context.Context, j state.Judgement, format string) error {
	if err := textOrJSON(format); err != nil {
		return err
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	view, err := agent.DecideHold(ctx, cfg.State.Path, j)
	if err != nil {
		return explained(noHold(j.HoldID, err))
	}
	return c.printHold(view, format, report.DecisionText)
}

func (c *cli) printHold(view *agent.HoldView, format string, text func(io.Writer, *agent.HoldView, report.Options) error) error {
	if format == "json" {
		return report.JSON(c.stdout, "hold", &agent.HoldsView{Schema: agent.HoldsSchema, Holds: []agent.HoldView{*view}})
	}
	return text(c.folded(c.stdout), view, c.reportOptions(c.stdout, true))
}

// readHolds opens the state for reading.
func (c *cli) readHolds(ctx context.Context, format string, do func(*state.DB) error) (err error) {
	if err := textOrJSON(format); err != nil {
		return err
	}
	cfg, err := c.load()
	if err != nil {
		return err
	}
	db, err := openState(ctx, cfg, purpose{name: "holds", dry: true})
	if err != nil {
		return explained(err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return explained(do(db))
}

func textOrJSON(format string) error {
	if !slices.Contains([]string{"text", "json"}, format) {
		return usage("--format is text or json, not %q", format)
	}
	return nil
}

// noHold tells where a hold that is not on record may have been seen.
func noHold(id string, err error) error {
	if !errors.Is(err, state.ErrNoHold) {
		return err
	}
	return fmt.Errorf("no hold %s is on record; holds lists those that are, and what only a plan has shown is released with sync --approve", id)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/configs"
)

func (c *cli) resyncCommand() *cobra.Command {
	var dryRun, resume bool
	var approve []string
	var reason string
	show := runFlags{name: agent.TriggerResync}
	var pick plan.Selection
	cmd := &cobra.Command{
		Use:   "resync",
		Short: "Push again, although nothing differs",
		Long: `Sends Okta's update conversation for people, and Push Now for groups, even where
nothing differs: for all, or for those selected. --user and --group add up, the
other flags narrow down; nothing else is touched. Push Now overwrites a group's
membership with exactly the pushed people; who would be thrown out is shown before,
and limits count it. A group that was linked keeps its other members unless --group
names it. --failed tries what failed once more.

An interrupted resync goes on with --continue alone.`,
		Example: `  okta-walkme-agent resync --attribute name.givenName --dry-run
  okta-walkme-agent resync --user ann@example.com --group "WalkMe Editors"
  okta-walkme-agent resync --failed`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("resync takes no %q; a person is named with --user, a group with --group", args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := knownFormat(show.format); err != nil {
				return err
			}
			if pick.Always && len(pick.Attributes) == 0 {
				return usage("--force goes with --attribute")
			}
			cfg, err := c.load()
			if err != nil {
				return err
			}
			for _, path := range pick.Attributes {
				if !isMapped(cfg, path) {
					return usage("--attribute %s: it is not under mappings", path)
				}
			}
			opts := agent.Options{Trigger: agent.TriggerResync, By: c.whoAmI(), Approve: approve, Reason: reason, Scope: plan.OfSelection(pick), Resume: resume}
			if dryRun {
				return otherResync(c.dryRun(cmd.Context(), cfg, opts, show))
			}
			return otherResync(c.oneRun(cmd.Context(), cfg, show, func(ctx context.Context, a *agent.Agent) (*agent.Report, error) {
				r, err := a.Sync(ctx, opts)
				c.resyncLeft(r, err)
				return r, err
			}))
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&pick.Users, "user", nil, "only this person, by `LOGIN` or Okta id")
	flags.StringSliceVar(&pick.Groups, "group", nil, "only this group, by `NAME` or Okta id")
	flags.StringSliceVar(&pick.Attributes, "attribute", nil, "only people whose value of this SCIM `PATH` differs from what WalkMe last took")
	flags.BoolVar(&pick.Always, "force", false, "with --attribute: everybody, whether or not it differs")
	flags.BoolVar(&pick.Failed, "failed", false, "only what failed at its last attempt")
	flags.BoolVar(&resume, "continue", false, "go on with a resync that was interrupted")
	flags.StringSliceVar(&approve, "approve", nil, "release the changes that this resync holds under `ID`")
	flags.StringVar(&reason, "reason", "", "why they are released, in a `TEXT` for the record")
	flags.BoolVar(&dryRun, "dry-run", false, "only show what would be pushed")
	show.register(cmd)
	return cmd
}

func isMapped(cfg *configs.Config, path string) bool {
	return slices.ContainsFunc(cfg.Mappings, func(m configs.Mapping) bool { return strings.EqualFold(m.Path, path) })
}

// otherResync gives flags that do not fit the unfinished resync the exit code of wrong
// usage.
func otherResync(err error) error {
	var other *agent.OtherResyncError
	if errors.As(err, &other) {
		return &exit{exitUsage, err}
	}
	return err
}

// resyncLeft says on standard error what a resync has left undone that ended early. One
// that has pushed nothing is simply made again.
func (c *cli) resyncLeft(r *agent.Report, err error) {
	if r == nil || err == nil {
		return
	}
	applied, left := 0, 0
	for _, ch := range r.Changes {
		switch {
		case ch.Outcome == plan.Applied:
			applied++
		case !ch.Blocked():
			left++
		}
	}
	if applied > 0 && left > 0 {
		fmt.Fprintf(c.stderr, "%s: %d of %s left undone; go on with: resync --continue\n", programName, left, count(len(r.Changes), "change", "changes"))
	}
}

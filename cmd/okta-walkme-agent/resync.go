package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/configs"
)

func (c *cli) resyncCommand() *cobra.Command {
	var dryRun, resume bool
	show := runFlags{name: "resync"}
	var pick agent.Selection
	cmd := &cobra.Command{
		Use:   "resync",
		Short: "Push again, although nothing differs",
		Long: `Sends Okta's update conversation for people, and Push Now for groups, even where
nothing differs: for all, or for those selected. --user and --group add up, the
other flags narrow down; nothing else is touched. Push Now overwrites a group's
membership with exactly the pushed people.

An interrupted resync goes on with --continue and the same flags.`,
		Example: `  okta-walkme-agent resync --attribute name.givenName --dry-run
  okta-walkme-agent resync --user ann@example.com --group "WalkMe Editors"
  okta-walkme-agent resync --failed`,
		Args: cobra.NoArgs,
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
			opts := agent.Options{Trigger: "resync", By: whoAmI(), Force: &pick, Resume: resume}
			if dryRun {
				return c.dryRun(cmd.Context(), cfg, opts, show)
			}
			return c.oneRun(cmd.Context(), cfg, show, func(ctx context.Context, a *agent.Agent) (*agent.Report, error) {
				r, err := a.Sync(ctx, opts)
				c.resyncLeft(r)
				return r, err
			})
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&pick.Users, "user", nil, "only this person, by `LOGIN` or Okta id")
	flags.StringSliceVar(&pick.Groups, "group", nil, "only this group, by `NAME` or Okta id")
	flags.StringSliceVar(&pick.Attributes, "attribute", nil, "only people whose value of this SCIM `PATH` differs from what WalkMe last took")
	flags.BoolVar(&pick.Always, "force", false, "with --attribute: everybody, whether or not it differs")
	flags.BoolVar(&pick.Failed, "failed", false, "only what failed at its last attempt")
	flags.BoolVar(&resume, "continue", false, "go on with a resync that was interrupted")
	flags.BoolVar(&dryRun, "dry-run", false, "only show what would be pushed")
	show.register(cmd)
	return cmd
}

func isMapped(cfg *configs.Config, path string) bool {
	return slices.ContainsFunc(cfg.Mappings, func(m configs.Mapping) bool { return strings.EqualFold(m.Path, path) })
}

// resyncLeft says on standard error what an interrupted resync has left undone.
func (c *cli) resyncLeft(r *agent.Report) {
	if r == nil {
		return
	}
	left := 0
	for _, ch := range r.Changes {
		if ch.Outcome == agent.Skipped && !ch.Blocked() {
			left++
		}
	}
	if left > 0 {
		fmt.Fprintf(c.stderr, "%s: %d of %s left undone; go on with: resync --continue and the same flags\n", programName, left, count(len(r.Changes), "change", "changes"))
	}
}

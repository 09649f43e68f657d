package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/configs"
	"okta-walkme-agent/internal/near"
)

func (c *cli) resyncCommand() *cobra.Command {
	var dryRun, resume, yes, force bool
	var approve []string
	var reason string
	show := runFlags{name: agent.TriggerResync}
	var pick plan.Selection
	cmd := &cobra.Command{
		Use:   "resync",
		Short: "Push again, although nothing differs",
		Long: `Sends Okta's update conversation for people, and Push Now for groups, even where
nothing differs: for all, or for those selected. --user and --group add up, the
other flags narrow down; nothing else is touched. --attribute pushes people alone;
--changed pushes only what differs from what WalkMe last took. With nothing
selected, on a terminal, it shows how many and asks. Push Now overwrites a group's
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
			if err := errors.Join(knownFormat(show.format), checkReason(reason, approve), checkFlags(pick, force)); err != nil {
				return err
			}
			cfg, err := c.load()
			if err != nil {
				return err
			}
			if pick.Attributes, err = attributesOf(cfg, pick.Attributes); err != nil {
				return err
			}
			opts := agent.Options{Trigger: agent.TriggerResync, By: c.whoAmI(), Approve: approve, Reason: reason, Scope: plan.OfSelection(pick)}
			if pick.All() && !yes && !dryRun && !resume && len(approve) == 0 {
				if err := c.confirmResync(cmd.Context(), cfg); err != nil {
					return err
				}
			}
			if resume {
				return otherResync(c.pushRest(cmd.Context(), cfg, opts, dryRun, show))
			}
			if dryRun {
				return c.dryRun(cmd.Context(), cfg, show, planning(opts))
			}
			return c.oneRun(cmd.Context(), cfg, show, c.pushing(opts))
		},
	}
	selectionFlags(cmd, &pick)
	flags := cmd.Flags()
	flags.BoolVar(&force, "force", false, "also what does not differ, which is so without it, too")
	flags.BoolVarP(&yes, "yes", "y", false, "do not ask before everything is pushed")
	flags.BoolVar(&resume, "continue", false, "go on with a resync that was interrupted")
	flags.StringSliceVar(&approve, "approve", nil, "release the changes that this resync holds under `ID`")
	flags.StringVar(&reason, "reason", "", "why they are released, in a `TEXT` for the record")
	flags.BoolVar(&dryRun, "dry-run", false, "only show what would be pushed")
	show.register(cmd)
	return cmd
}

// pushRest goes on with the resync that was interrupted.
func (c *cli) pushRest(ctx context.Context, cfg *configs.Config, opts agent.Options, dryRun bool, show runFlags) error {
	given := *opts.Scope.Selection()
	if dryRun {
		return c.dryRun(ctx, cfg, show, func(ctx context.Context, a *agent.Agent) (_ *plan.Plan, err error) {
			if opts.Scope, err = a.RestOfResync(ctx, given); err != nil {
				return nil, err
			}
			return a.Plan(ctx, opts)
		})
	}
	return c.oneRun(ctx, cfg, show, func(ctx context.Context, a *agent.Agent) (_ *agent.Report, err error) {
		if opts.Scope, err = a.RestOfResync(ctx, given); err != nil {
			return nil, err
		}
		return c.pushing(opts)(ctx, a)
	})
}

// pushing makes the run of a resync, and says what it has left undone.
func (c *cli) pushing(opts agent.Options) func(context.Context, *agent.Agent) (*agent.Report, error) {
	return func(ctx context.Context, a *agent.Agent) (*agent.Report, error) {
		r, err := a.Sync(ctx, opts)
		c.resyncLeft(r, err)
		return r, err
	}
}

// selectionFlags are those that say what is pushed again.
func selectionFlags(cmd *cobra.Command, pick *plan.Selection) {
	flags := cmd.Flags()
	flags.StringArrayVar(&pick.Users, "user", nil, "only this person, by `LOGIN` or Okta id; may be repeated")
	flags.StringArrayVar(&pick.Groups, "group", nil, "only this group, by `NAME` or Okta id; may be repeated")
	flags.StringArrayVar(&pick.Attributes, "attribute", nil, "only people, for the sake of this SCIM `PATH`; may be repeated")
	flags.BoolVar(&pick.Changed, "changed", false, "only what differs from what WalkMe last took; with --attribute: in that")
	flags.BoolVar(&pick.Failed, "failed", false, "only what failed at its last attempt")
}

// checkFlags refuses flags that cannot be meant together.
func checkFlags(pick plan.Selection, force bool) error {
	switch {
	case force && pick.Changed:
		return usage("--force and --changed say the opposite")
	case len(pick.Attributes) > 0 && len(pick.Groups) > 0 && len(pick.Users) == 0:
		return usage("--attribute is for people, and --group names none: nothing would be pushed; leave one of them out")
	}
	return nil
}

// checkReason refuses a reason for nothing.
func checkReason(reason string, approve []string) error {
	if reason != "" && len(approve) == 0 {
		return usage("--reason goes with --approve")
	}
	return nil
}

// attributesOf takes lists with commas apart, writes each path as the mapping has it, and
// refuses attributes that are not mapped.
func attributesOf(cfg *configs.Config, given []string) (paths []string, err error) {
	for _, one := range given {
		parts := strings.Split(one, ",")
		if mappedPath(cfg, one) != "" {
			parts = []string{one}
		}
		for _, part := range parts {
			part = strings.TrimSpace(part)
			path := mappedPath(cfg, part)
			if path == "" {
				return nil, notMapped(cfg, part)
			}
			paths = append(paths, path)
		}
	}
	return paths, nil
}

func notMapped(cfg *configs.Config, path string) error {
	var mapped []string
	for _, m := range cfg.Mappings {
		mapped = append(mapped, m.Path)
	}
	return usage("--attribute %s: it is not under mappings; %s", path,
		cmp.Or(near.Question(path, mapped), "there are "+strings.Join(mapped, ", ")))
}

// errNo ends a resync of everything that was not wanted.
var errNo = errors.New("nothing was pushed")

// confirmResync asks before everything is pushed again, where a person is there to
// answer: at a terminal.
func (c *cli) confirmResync(ctx context.Context, cfg *configs.Config) error {
	in, ok := c.stdin.(*os.File)
	if !ok || !isTerminal(in) || !isTerminal(c.stderr) {
		return nil
	}
	db, err := openState(ctx, cfg, purpose{dry: true})
	if err != nil || db.IsEmpty() {
		return explained(err)
	}
	users, groups, err := db.Managed(ctx)
	if err := errors.Join(err, db.Close()); err != nil {
		return explained(err)
	}
	fmt.Fprintf(c.stderr, "This pushes %s and %s again, whether or not anything differs. Go on? [y/N] ",
		count(users, "user", "users"), count(groups, "group", "groups"))
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return &exit{exitFailed, errNo}
	}
	return nil
}

func mappedPath(cfg *configs.Config, path string) string {
	for _, m := range cfg.Mappings {
		if strings.EqualFold(m.Path, path) {
			return m.Path
		}
	}
	return ""
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
	applied := r.Outcomes()[plan.Applied]
	left := r.Len() - applied
	for _, ch := range r.Changes { // what is not in memory is not blocked
		if ch.Outcome != plan.Applied && ch.Blocked() {
			left--
		}
	}
	if applied > 0 && left > 0 {
		fmt.Fprintf(c.stderr, "%s: %d of %s left undone; go on with: resync --continue\n", programName, left, count(r.Len(), "change", "changes"))
	}
}

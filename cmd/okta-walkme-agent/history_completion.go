package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// completionTime is how long a person at the prompt waits for names.
const completionTime = 2 * time.Second

// completeNames has the shell complete names that the state knows: user and group
// names after --user and --group and for explain, run ids after --run, hold ids
// after --approve. When the state cannot be read there are none.
func (c *cli) completeNames(cmd *cobra.Command) {
	for flag, list := range map[string]func(context.Context, *state.DB) ([]string, error){
		"user": userNames, "group": groupNames, "run": runIDs, "approve": holdIDs,
	} {
		if cmd.Flags().Lookup(flag) != nil {
			// An error says that the flag has a completion already, which is then the better one.
			_ = cmd.RegisterFlagCompletionFunc(flag, c.completion(list))
		}
	}
	if slices.Contains([]string{"show", "approve", "reject"}, cmd.Name()) && cmd.Parent().Name() == "holds" {
		cmd.ValidArgsFunction = c.completion(decidableHolds)
	}
	if cmd.Name() == "explain" {
		cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			users, _ := c.completion(userNames)(cmd, args, begun)
			groups, directive := c.completion(groupNames)(cmd, args, begun)
			return append(users, groups...), directive
		}
	}
	for _, child := range cmd.Commands() {
		c.completeNames(child)
	}
}

// completion offers what begins as the user began.
func (c *cli) completion(list func(context.Context, *state.DB) ([]string, error)) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
		defer cancel()
		var out []string
		for _, name := range c.fromState(ctx, list) {
			if isTypeable(name) && len(name) >= len(begun) && strings.EqualFold(name[:len(begun)], begun) {
				out = append(out, name)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// isTypeable keeps out what a shell or the protocol between cobra and its scripts
// would misread: control characters, and the tab that begins a description.
func isTypeable(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7F || r >= 0x80 && r < 0xA0 })
}

func (c *cli) fromState(ctx context.Context, list func(context.Context, *state.DB) ([]string, error)) []string {
	cfg, err := c.load()
	if err != nil {
		return nil
	}
	db, err := state.OpenReadOnly(ctx, cfg.State.Path)
	if err != nil {
		return nil
	}
	defer db.Close() //nolint:errcheck // it was only read
	names, err := list(ctx, db)
	if err != nil {
		return nil
	}
	return names
}

func userNames(ctx context.Context, db *state.DB) ([]string, error) {
	return recordNames(ctx, db, scim.User)
}

func groupNames(ctx context.Context, db *state.DB) ([]string, error) {
	return recordNames(ctx, db, scim.Group)
}

func recordNames(ctx context.Context, db *state.DB, t scim.Type) ([]string, error) {
	var out []string
	err := db.EachName(ctx, t, func(_, name string) error {
		out = append(out, name)
		return nil
	})
	return out, err
}

func runIDs(ctx context.Context, db *state.DB) ([]string, error) {
	runs, err := db.Runs(ctx, shownRuns)
	var out []string
	for _, r := range runs {
		out = append(out, r.ID)
	}
	return out, err
}

// decidableHolds are the holds that wait, and those about which a decision is in force.
func decidableHolds(ctx context.Context, db *state.DB) ([]string, error) {
	view, err := agent.ReadHolds(ctx, db)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, h := range view.Holds {
		out = append(out, h.ID)
	}
	return out, nil
}

func holdIDs(ctx context.Context, db *state.DB) ([]string, error) {
	holds, err := db.Holds(ctx)
	var out []string
	for _, h := range holds {
		out = append(out, h.ID)
	}
	return out, err
}

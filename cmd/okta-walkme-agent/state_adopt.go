package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/configs"
)

// binding is what a configuration is about.
func binding(cfg *configs.Config) agent.Binding {
	return agent.Binding{AppID: cfg.Okta.AppID, Target: cfg.Agent().Target}
}

func (c *cli) stateAdoptCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "adopt",
		Short: "Take the state over for the app and tenant of the configuration",
		Long: `The state remembers which Okta app and which WalkMe tenant it is about, and a run
with another one is refused: everybody would seem to have left, or to be in WalkMe
already. When app and tenant are the same, and only an id or an address has changed,
adopt says so. It is also the way on when credentials lead to another tenant and
that is meant: adopt reads it, lists the accounts and groups that it lacks, and takes
it over; provisioning.on_missing and push_groups.on_missing then say what becomes of
them. Look at plan before the next sync.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			cfg, err := c.load()
			if err != nil {
				return err
			}
			return explained(c.adopt(ctx, cfg))
		},
	}
}

// adopt reads the tenant before it takes anything over. Its requests are reads alone.
func (c *cli) adopt(ctx context.Context, cfg *configs.Config) (err error) {
	s, err := c.connect(ctx, cfg, purpose{name: "state adopt", dry: true}, c.logger(cfg, false))
	if err != nil {
		return err
	}
	defer s.walkme.Close()
	db, err := openState(ctx, cfg, purpose{name: "state adopt"})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	s.use(db)
	missing, err := s.agent.AdoptTenant(ctx)
	if err != nil {
		return err
	}
	to := binding(cfg)
	if err := agent.Bind(ctx, db, to); err != nil {
		return err
	}
	c.showMissing("account", missing.Users, cfg.Provisioning.OnMissing)
	c.showMissing("group", missing.Groups, cfg.PushGroups.OnMissing)
	_, err = fmt.Fprintf(c.folded(c.stdout), "%s is now about Okta app %s and the WalkMe tenant at %s\n",
		report.Escape(cfg.State.Path), report.Escape(to.AppID), report.Escape(to.Target))
	return err
}

// missingShown is how many names of what the tenant lacks are listed.
const missingShown = 20

// showMissing lists what the tenant lacks, and what becomes of it.
func (c *cli) showMissing(what string, names []string, policy string) {
	if len(names) == 0 {
		return
	}
	becomes := "reported as gone (on_missing: error)"
	if policy == "recreate" {
		becomes = "made anew by the next sync (on_missing: recreate)"
	}
	fmt.Fprintf(c.folded(c.stdout), "The tenant lacks %s of the agent's: %s\n", count(len(names), what, what+"s"), becomes)
	for _, name := range names[:min(len(names), missingShown)] {
		fmt.Fprintf(c.stdout, "  %s\n", report.Escape(name))
	}
	if more := len(names) - missingShown; more > 0 {
		fmt.Fprintf(c.stdout, "  and %d more\n", more)
	}
}

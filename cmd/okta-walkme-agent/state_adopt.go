package main

import (
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
adopt says so. Look at plan --refresh before the next sync.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx := cmd.Context()
			cfg, err := c.load()
			if err != nil {
				return err
			}
			db, err := openState(ctx, cfg, purpose{name: "state adopt"})
			if err != nil {
				return explained(err)
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			to := binding(cfg)
			if err := agent.Bind(ctx, db, to); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.stdout, "%s is now about Okta app %s and the WalkMe tenant at %s\n",
				report.Escape(cfg.State.Path), report.Escape(to.AppID), report.Escape(to.Target))
			return err
		},
	}
}

package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent/service"
	"okta-walkme-agent/configs"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
)

func (c *cli) runCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "run",
		Short: "Run as a service: plan and apply on the schedule",
		Long: `Makes a run whenever the schedule says so, one at a time. The first one is made
at once when a tick was missed, or when there was never a run. SIGTERM finishes
the requests that are under way and records the run. What does not mend itself, a
wrong configuration or a state file that this release cannot use, ends it with 78:
systemd does not start it again then.

Between two runs the state is free: sync, apply and resync work meanwhile.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			host := &consoleHost{cli: c}
			defer host.close()
			err := explained(service.Run(cmd.Context(), c.serviceOptions(host)))
			if service.Fatal(err) {
				return &exit{exitConfig, err} // so that systemd does not start it again
			}
			return err
		},
	}
}

func (c *cli) serviceOptions(host *consoleHost) service.Options {
	c.traffic = service.NewTraffic(time.Now)
	return service.Options{
		Version: buildVersion(), Commit: commit, RuntimeDir: c.runtimeDir(""), Explain: explained, View: c.view,
		Prepare: func(ctx context.Context, observer *service.Observer) (*service.Setup, error) {
			return c.setup(ctx, observer, host)
		},
	}
}

// setup builds what the configuration file stands for.
func (c *cli) setup(ctx context.Context, observer *service.Observer, host *consoleHost) (*service.Setup, error) {
	cfg, err := c.load()
	if err != nil {
		return nil, err
	}
	log := c.logger(cfg, true)
	s, err := c.connect(ctx, cfg, purpose{name: "run", dry: cfg.DryRun, observer: observer}, log)
	if err != nil {
		return nil, err
	}
	follow, err := c.logClient(ctx, cfg, observer, log)
	if err != nil {
		s.walkme.Close()
		return nil, err
	}
	return &service.Setup{
		Config: cfg.Service(), File: c.file(), OrgURL: cfg.Okta.OrgURL, Agent: s.agent, Follow: follow,
		Notify: notifier(cfg), Logger: log,
		Adopted: func(ctx context.Context) { host.use(ctx, cfg, log) },
	}, nil
}

// logClient returns the client that follows Okta's log, nil where the configuration
// wants none. It is one of its own: a service app that may not read the log is refused
// a token with that scope.
func (c *cli) logClient(ctx context.Context, cfg *configs.Config, observer *service.Observer, log *slog.Logger) (*okta.Client, error) {
	if !cfg.Follows() {
		return nil, nil
	}
	out, err := cfg.OktaLogClient()
	if err != nil {
		return nil, err
	}
	out.UserAgent, out.Logger = programName+"/"+buildVersion(), log
	if out.Transport, err = c.traced(out.Transport); err != nil {
		return nil, err
	}
	out.Transport = c.traffic.Transport(service.Okta, observer.LogTransport(out.Transport))
	client, err := okta.NewClient(ctx, out)
	if err != nil {
		return nil, &exit{exitConfig, err}
	}
	return client, nil
}

// observe lets the service see what both sides are sent, and what they make it wait for.
func observe(o *service.Observer, cfg *configs.Config, oc *okta.Config, wc *walkme.Config) {
	oc.Transport = o.Transport(service.Okta, cfg.Service(), oc.Transport)
	wc.Transport = o.Transport(service.WalkMe, cfg.Service(), wc.Transport)
	oc.Waiting = func(w okta.Wait) { o.Waiting(w.Until) }
	wc.Waiting = func(w walkme.Wait) { o.Waiting(w.Until) }
}

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/service"
	"okta-walkme-agent/configs"
	"okta-walkme-agent/state"
)

func (c *cli) notifyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "notify",
		Short: "Send a test to those who are told how runs go",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return usage("notify wants a command: test") },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "test",
		Short: "Send one message to each recipient",
		Long: `Sends one message to each recipient of notify in the configuration, whatever it is to
be told of, and says what became of it. The URL of a service is a secret and is never
shown.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.notifyTest(cmd.Context()) },
	})
	return cmd
}

func (c *cli) notifyTest(ctx context.Context) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if len(cfg.Notify) == 0 {
		return &exit{exitConfig, fmt.Errorf("%s names nobody under notify", c.file())}
	}
	failed := 0
	out := c.folded(c.stdout)
	for _, d := range notifier(cfg).Test(ctx) {
		if d.Err != nil {
			failed++
			fmt.Fprintf(out, "%s: not sent: %s\n", d.Recipient, d.Err)
			continue
		}
		fmt.Fprintf(out, "%s: sent\n", d.Recipient)
	}
	if failed > 0 {
		return &exit{exitFailed, fmt.Errorf("%d of %s not sent", failed, count(len(cfg.Notify), "message was", "messages were"))}
	}
	return nil
}

// notifier tells those whom the configuration names.
func notifier(cfg *configs.Config) *service.Notifier {
	return service.NewNotifier(binding(cfg), cfg.Recipients())
}

// notify tells them how a run by hand went. Who has just read the report need not know
// more than that a service was not reached.
func (c *cli) notify(ctx context.Context, cfg *configs.Config, db *state.DB, r *agent.Report, runErr error) {
	for _, failed := range notifier(cfg).AfterRun(ctx, db, r, runErr) {
		fmt.Fprintf(c.stderr, "%s: %s was not notified: %s; it is tried again with the next run, for a day\n", programName, failed.Recipient, failed.Err)
	}
}

// notifications looks at those who are to be told.
func (k *checklist) notifications(cfg *configs.Config) {
	if len(cfg.Notify) == 0 {
		return
	}
	k.section("Notifications", "")
	for _, d := range notifier(cfg).Check() {
		if d.Err != nil {
			k.warn("%s: %s", d.Recipient, d.Err)
			continue
		}
		topics := make([]string, len(d.On))
		for i, t := range d.On {
			topics[i] = string(t)
		}
		k.ok("%s is told of %s", d.Recipient, strings.Join(topics, ", "))
	}
}

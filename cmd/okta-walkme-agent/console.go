package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent/console"
	"okta-walkme-agent/configs"
)

func (c *cli) consoleCommand() *cobra.Command {
	var viewOnly bool
	cmd := &cobra.Command{
		Use:   "console",
		Short: "Print a link that opens the console once",
		Long: `The running service shows itself in a browser where console.listen gives it an
address. This command prints a link that opens it: once, within five minutes, for
eight hours or until the service ends. Whoever may read the state may make a link;
what is decided in the console is on record under their name.

Where the console has a sign-in at Okta, the address to go to is printed.`,
		Example: `  sudo okta-walkme-agent console
  ssh -L 8788:/run/okta-walkme-agent/console.sock HOST     for a console on a unix socket`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.printLink(viewOnly || c.viewing) },
	}
	cmd.Flags().BoolVar(&viewOnly, "view-only", false, "the link opens it for looking alone")
	return cmd
}

func (c *cli) printLink(viewOnly bool) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if cfg.Console.Listen == "" {
		return &exit{exitConfig, fmt.Errorf(`%s: console.listen is empty, so there is no console; write console: {listen: "127.0.0.1:8788"} and reload the service`, c.file())}
	}
	link, err := console.Link(cfg.State.Path, c.whoAmI(), viewOnly, time.Now())
	switch {
	case errors.Is(err, console.ErrSignIn):
		fmt.Fprintf(c.stderr, "%s: this console is opened by a sign-in at Okta, at this address\n", programName)
	case errors.Is(err, console.ErrNoConsole):
		return fmt.Errorf("%w; start it, and look into its log if it runs: its address may be taken", err)
	case err != nil:
		return explained(err)
	}
	_, err = fmt.Fprintln(c.stdout, link)
	return err
}

// consoleOptions are the configuration's, with its secret.
func consoleOptions(cfg *configs.Config) (console.Options, error) {
	con := cfg.Console
	o := console.Options{
		Listen: con.Listen, PublicURL: con.PublicURL, CertFile: con.TLS.CertFile, KeyFile: con.TLS.KeyFile, StatePath: cfg.State.Path,
	}
	if con.OIDC.Issuer == "" {
		return o, nil
	}
	secret, err := cfg.ConsoleSecret()
	if err != nil {
		return o, err
	}
	o.OIDC = &console.OIDC{Issuer: con.OIDC.Issuer, ClientID: con.OIDC.ClientID, ClientSecret: secret, Approvers: con.OIDC.Approvers}
	return o, nil
}

// openConsole opens a console, and serves it until it is closed.
func (c *cli) openConsole(ctx context.Context, o console.Options, p console.Program) (*console.Server, error) {
	s, err := console.Open(ctx, o, p)
	if err != nil {
		return nil, err
	}
	go func() {
		if err := s.Serve(); err != nil {
			o.Logger.Error("console ended", "err", err)
		}
	}()
	return s, nil
}

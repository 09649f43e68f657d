package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent/service"
)

const (
	runtimeDirVar     = "RUNTIME_DIRECTORY" // set by RuntimeDirectory= of the unit
	defaultRuntimeDir = "/run/okta-walkme-agent"
)

func (c *cli) reloadCommand() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "reload",
		Short: "Let the running service take up its changed configuration",
		Long: `Asks the service to read its configuration again, and waits for the answer. A
configuration with a mistake is refused as a whole, with every problem, and the
service goes on with the one it has. A run that is under way keeps its own.

Systemd credentials stay what they were when the service started: a changed one
needs a restart. Under systemd, "systemctl reload" calls this command.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.reload(cmd.Context(), dir) },
	}
	cmd.Flags().StringVar(&dir, "runtime-dir", "", "runtime `FOLDER` of the service (default $"+runtimeDirVar+", then "+defaultRuntimeDir+")")
	return cmd
}

func (c *cli) reload(ctx context.Context, dir string) error {
	if dir == "" {
		dir = c.runtimeDir(defaultRuntimeDir)
	}
	answer, err := service.AskReload(ctx, dir)
	if err != nil {
		return explained(fmt.Errorf("the service cannot be asked: %w", err))
	}
	for _, remark := range answer.Remarks {
		fmt.Fprintf(c.folded(c.stderr), "%s: %s\n", programName, remark)
	}
	switch answer.Outcome {
	case service.ReloadApplied:
		fmt.Fprintln(c.stdout, "the configuration is in use")
	case service.ReloadDeferred:
		fmt.Fprintln(c.stdout, "the configuration is accepted; it is in use as soon as the present run has ended")
	default:
		return &exit{exitConfig, errors.New(strings.Join(append(answer.Problems, "refused: the service goes on with the configuration it has"), "\n"))}
	}
	return nil
}

// runtimeDir is the folder that systemd made for the service, the first one if
// there are several, or else fallback.
func (c *cli) runtimeDir(fallback string) string {
	first, _, _ := strings.Cut(c.getenv(runtimeDirVar), ":")
	if first == "" {
		return fallback
	}
	return first
}

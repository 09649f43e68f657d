package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
)

// maxPlanFile bounds a plan file, in bytes.
const maxPlanFile = 256 << 20

func (c *cli) applyCommand() *cobra.Command {
	show := runFlags{name: "apply"}
	cmd := &cobra.Command{
		Use:   "apply PLAN.json",
		Short: "Do exactly what a saved plan says, or refuse",
		Long: `Takes a plan that plan --out has saved and does exactly that. When Okta, WalkMe,
the configuration or the state has moved since, nothing is sent and the command
says what has moved. A file that was changed by hand is refused.`,
		Args: one("plan file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := knownFormat(show.format); err != nil {
				return err
			}
			cfg, err := c.load()
			if err != nil {
				return err
			}
			saved, err := readPlanFile(args[0])
			if err != nil {
				return err
			}
			opts := agent.Options{Trigger: "apply", By: c.whoAmI()}
			if saved.Unmanaged != nil {
				opts.Scope = opts.Scope.Refreshed()
			}
			return c.oneRun(cmd.Context(), cfg, show, func(ctx context.Context, a *agent.Agent) (*agent.Report, error) {
				return a.Apply(ctx, saved, opts)
			})
		},
	}
	show.register(cmd)
	return cmd
}

func readPlanFile(path string) (*plan.Plan, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("plan file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPlanFile+1))
	if err != nil {
		return nil, fmt.Errorf("plan file: %w", err)
	}
	if len(data) > maxPlanFile {
		return nil, fmt.Errorf("plan file: %s is longer than %d bytes", path, maxPlanFile)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, fmt.Errorf("plan file: %s is empty; plan --out %s writes one", path, path)
	}
	saved, err := plan.Read(data)
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax), errors.As(err, &shape):
		return nil, fmt.Errorf("plan file: %s is no plan that plan --out has written", path)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%s breaks off, as when it was not written to its end; make it again: %w", path, err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return saved, nil
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent/service"
)

// views are the commands that the service answers for members of its group.
var views = []string{"status", "history", "holds", "holds list", "holds show", "explain", "console"}

// viewer is who opened a console for looking, on record.
const viewer = "a member of " + service.ViewGroup

// lookAlone leaves of the commands those that only look, and takes away what would
// read or write a file of the caller's choice.
func (c *cli) lookAlone(root *cobra.Command) {
	var others []*cobra.Command
	for cmd := range walk(root) {
		if cmd != root && !slices.Contains(views, viewName(cmd)) {
			others = append(others, cmd)
		}
	}
	root.CompletionOptions.DisableDefaultCmd = true // else it comes back
	for _, cmd := range others {
		cmd.Parent().RemoveCommand(cmd)
	}
}

// viewName is a command without the program's name.
func viewName(cmd *cobra.Command) string {
	return strings.TrimPrefix(strings.TrimPrefix(cmd.CommandPath(), programName), " ")
}

// walk yields a command and all below it.
func walk(cmd *cobra.Command) func(yield func(*cobra.Command) bool) {
	return func(yield func(*cobra.Command) bool) {
		if !yield(cmd) {
			return
		}
		for _, child := range cmd.Commands() {
			for c := range walk(child) {
				if !yield(c) {
					return
				}
			}
		}
	}
}

// view answers what a member of the group asks: as the command does, in this process.
func (c *cli) view(ctx context.Context, req service.ViewRequest) service.ViewAnswer {
	var out, err bytes.Buffer
	if own, absErr := filepath.Abs(c.file()); absErr != nil || own != req.Config {
		fmt.Fprintf(&err, "%s: the service that answers has the configuration %s, not %s; set %s to the folder of the one that is meant\n",
			programName, own, req.Config, runtimeDirVar)
		return service.ViewAnswer{Exit: exitConfig, Stderr: err.String()}
	}
	color := "never"
	if req.Color {
		color = "always"
	}
	environment := environment{getenv: c.getenv, stdin: strings.NewReader(""), stdout: &out, stderr: &err}
	looker := &cli{environment: environment, configPath: c.file(), viewing: true, columns: max(0, req.Columns), display: newDisplay(&err, false)}
	code := looker.execute(ctx, append([]string{"--color", color}, req.Args...))
	return service.ViewAnswer{Exit: code, Stdout: out.String(), Stderr: err.String()}
}

// askInstead lets the commands that only look ask the running service, where this user
// may not read the state.
func (c *cli) askInstead(root *cobra.Command) {
	for cmd := range walk(root) {
		own := cmd.RunE
		if !slices.Contains(views, viewName(cmd)) || own == nil {
			continue
		}
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if c.stateIsReadable() {
				return own(cmd, args)
			}
			err := c.askView(cmd.Context())
			var right *service.NoRightError
			if errors.Is(err, service.ErrNotRunning) || errors.As(err, &right) {
				return own(cmd, args) // which says what is missing
			}
			return err
		}
	}
}

// stateIsReadable is false where only the right is missing.
func (c *cli) stateIsReadable() bool {
	cfg, err := c.load()
	if err != nil {
		return true
	}
	f, err := os.Open(cfg.State.Path)
	if err == nil {
		_ = f.Close()
	}
	return !errors.Is(err, fs.ErrPermission)
}

// askView has the service answer this command.
func (c *cli) askView(ctx context.Context) error {
	config, err := filepath.Abs(c.file())
	if err != nil {
		return err
	}
	answer, err := service.AskView(ctx, c.runtimeDir(defaultRuntimeDir), service.ViewRequest{
		Config: config, Args: c.withoutOwnFlags(), Columns: c.room(c.stdout), Color: c.colored(c.stdout),
	})
	if err != nil {
		return explained(err)
	}
	_, err = fmt.Fprint(c.stdout, answer.Stdout)
	fmt.Fprint(c.stderr, answer.Stderr)
	if err != nil {
		return err
	}
	if answer.Exit != exitOK {
		return &exit{code: answer.Exit}
	}
	return nil
}

// withoutOwnFlags are the arguments without those that are about this process.
func (c *cli) withoutOwnFlags() []string {
	var out []string
	for i := 0; i < len(c.args); i++ {
		name, _, joined := strings.Cut(c.args[i], "=")
		if name == "--config" || name == "-c" || name == "--color" {
			if !joined {
				i++
			}
			continue
		}
		out = append(out, c.args[i])
	}
	return out
}

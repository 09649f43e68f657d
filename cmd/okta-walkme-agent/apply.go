package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"unicode"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
)

// maxPiped bounds a plan that comes through a pipe, in bytes. A file, which is read one
// change at a time, may have any length: that of a million people has 700 MB.
const maxPiped = 256 << 20

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
			file, err := openPlanFile(args[0])
			if err != nil {
				return err
			}
			defer file.Close() //nolint:errcheck // nothing is written
			saved, err := readPlanFile(file, args[0])
			if err != nil {
				return err
			}
			opts := agent.Options{Trigger: "apply", By: c.whoAmI()}
			if saved.Refreshed() {
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

// planFile is what a plan is read from, more than once.
type planFile interface {
	io.ReadSeeker
	io.Closer
}

// openPlanFile opens a plan file. What can be read only once, as a pipe, is read here.
func openPlanFile(path string) (planFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("plan file: %w", err)
	}
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, errors.Join(fmt.Errorf("plan file: %w", err), f.Close())
	case info.Mode().IsRegular():
		return f, nil
	}
	data, err := io.ReadAll(io.LimitReader(f, maxPiped+1))
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("plan file: %w", err)
	}
	if len(data) > maxPiped {
		return nil, fmt.Errorf("plan file: %s gives more than %d bytes; only a regular file may be longer", path, maxPiped)
	}
	return inMemory{bytes.NewReader(data)}, nil
}

// inMemory is a file that was read.
type inMemory struct{ *bytes.Reader }

func (inMemory) Close() error { return nil }

// readPlanFile reads a plan, which is read again when it is compared. path is what an error names.
func readPlanFile(file io.ReadSeeker, path string) (*plan.Saved, error) {
	saved, err := plan.ReadSaved(file)
	var syntax *json.SyntaxError
	var shape *json.UnmarshalTypeError
	switch {
	case err != nil && isBlank(file):
		return nil, fmt.Errorf("plan file: %s is empty; plan --out %s writes one", path, path)
	case errors.As(err, &syntax), errors.As(err, &shape):
		return nil, fmt.Errorf("plan file: %s is no plan that plan --out has written", path)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, fmt.Errorf("%s breaks off, as when it was not written to its end; make it again: %w", path, err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return saved, nil
}

// isBlank says whether a file has nothing but blanks.
func isBlank(file io.ReadSeeker) bool {
	_, err := file.Seek(0, io.SeekStart)
	for text := bufio.NewReader(file); err == nil; {
		var r rune
		if r, _, err = text.ReadRune(); err == nil && !unicode.IsSpace(r) {
			return false
		}
	}
	return errors.Is(err, io.EOF)
}

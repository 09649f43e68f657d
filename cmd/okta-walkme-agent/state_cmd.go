package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/state"
)

func (c *cli) stateCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "state",
		Short: "Back up the state, look for damage in it, or take it over",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usage("state wants a command: backup, check or adopt")
		},
	}
	cmd.AddCommand(c.stateBackupCommand(), c.stateCheckCommand(), c.stateAdoptCommand())
	return cmd
}

func (c *cli) stateBackupCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a consistent copy of the state, also while the service runs",
		Long: `Writes a consistent copy of the state to a new file, also while the service runs.
The copy is one file with mode 0600. It never overwrites. To restore it, stop the
service and put it in the place of the state file; remove the files beside that
end with -wal and -shm.`,
		Args: one("file name"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			db, err := state.OpenReadOnly(cmd.Context(), cfg.State.Path)
			if err != nil {
				return explained(noState(cfg.State.Path, err))
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			if err := folderIsThere(args[0]); err != nil {
				return explained(fmt.Errorf("backup: %w", err))
			}
			if err := db.Backup(cmd.Context(), args[0]); err != nil {
				if errors.Is(err, os.ErrExist) {
					return fmt.Errorf("%s exists already, and is not overwritten", args[0])
				}
				return explained(err)
			}
			_, err = fmt.Fprintf(c.stdout, "%s is a copy of %s\n", report.Escape(args[0]), report.Escape(cfg.State.Path))
			return err
		},
	}
}

func (c *cli) stateCheckCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]",
		Short: "Look for damage in all of the state file, or of a backup",
		Long: `Reads every page of the state file and compares every index with its table, also
while the service runs. Nothing is changed. With FILE it looks at that file, such as
a backup, and needs no configuration.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usage("state check takes one file, not %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := c.checkedState(args)
			if err != nil {
				return err
			}
			if err := state.Check(cmd.Context(), path); err != nil {
				return explained(err)
			}
			_, err = fmt.Fprintf(c.stdout, "%s is sound\n", report.Escape(path))
			return err
		},
	}
}

// checkedState is the file to look at: the one that is named, or that of the
// configuration.
func (c *cli) checkedState(args []string) (string, error) {
	if len(args) == 1 {
		if _, err := os.Stat(args[0]); err != nil {
			return "", err
		}
		return args[0], nil
	}
	cfg, err := c.load()
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(cfg.State.Path); errors.Is(err, os.ErrNotExist) {
		return "", noState(cfg.State.Path, state.ErrNotExist)
	}
	return cfg.State.Path, nil
}

// noState says where a state file was looked for.
func noState(path string, err error) error {
	if errors.Is(err, state.ErrNotExist) {
		return fmt.Errorf("there is no state file at %s yet; the first sync makes it: %w", path, err)
	}
	return err
}

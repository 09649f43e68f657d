package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// RunPlanned is the outcome of a run that sends nothing.
const RunPlanned = "planned"

// keptDryRuns is how many of them are noted.
const keptDryRuns = 10

// DryNotes are what a service that is configured to send nothing leaves for status. It
// may not write to the state, so they are a file of their own beside it. They hold no
// name.
type DryNotes struct {
	PID     int        `json:"pid"`
	NextRun *time.Time `json:"next_run_at"`
	Runs    []DryRun   `json:"runs"` // newest first
}

// DryRun is a run that planned.
type DryRun struct {
	ID         string     `json:"id"`
	Trigger    string     `json:"trigger"`
	StartedAt  time.Time  `json:"started_at"`
	FinishedAt *time.Time `json:"finished_at"`
	Outcome    string     `json:"outcome"` // planned or failed
	Planned    int        `json:"planned"`
	Held       int        `json:"held"`
	Rejected   int        `json:"rejected"`
	Error      string     `json:"error"`
}

// Alive says whether the service that left the notes is still there.
func (n DryNotes) Alive() bool {
	return n.PID != 0 && !errors.Is(syscall.Kill(n.PID, 0), syscall.ESRCH)
}

// dryNotesPath is where they are.
func dryNotesPath(statePath string) string { return statePath + ".dryrun" }

// ReadDryNotes returns what a dry service has left beside the state, the zero value
// when there was none.
func ReadDryNotes(statePath string) (n DryNotes, err error) {
	text, err := os.ReadFile(dryNotesPath(statePath))
	if errors.Is(err, os.ErrNotExist) {
		return n, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &n)
	}
	if err != nil {
		return DryNotes{}, fmt.Errorf("notes of the dry run: %w", err)
	}
	return n, nil
}

// dryRun is a run that plans.
func (d *daemon) dryRun(ctx context.Context, opts agent.Options) (outcome string, err error) {
	began := time.Now()
	var planned *plan.Plan
	defer d.setup.Agent.SpillBeside(d.setup.Config.StatePath)()
	err = d.read(ctx, func(db *state.DB) (err error) {
		d.setup.Agent.State = db
		planned, err = d.setup.Agent.Plan(ctx, opts)
		return err
	})
	run := DryRun{ID: "dry-" + began.UTC().Format("20060102T150405Z"), Trigger: opts.Trigger, StartedAt: began.UTC(), FinishedAt: timeOrNil(time.Now().UTC()), Outcome: RunPlanned}
	switch {
	case err != nil && ctx.Err() != nil:
		return agent.RunStopped, err
	case err != nil:
		run.Outcome, run.Error = agent.RunFailed, err.Error()
	default:
		run.Planned, run.Held, run.Rejected = planned.Pending(), planned.Summary.Held, planned.Summary.Rejected
		if err = d.reportPlan(planned); err != nil {
			run.Outcome, run.Error = agent.RunFailed, err.Error()
		}
	}
	d.noteDry(func(n *DryNotes) {
		n.Runs = slices.Insert(n.Runs, 0, run)
		n.Runs = n.Runs[:min(len(n.Runs), keptDryRuns)]
	})
	return run.Outcome, err
}

// noteDry changes the notes. They are for status alone: the service goes on without.
func (d *daemon) noteDry(change func(*DryNotes)) {
	n, err := ReadDryNotes(d.setup.Config.StatePath)
	if err != nil {
		n = DryNotes{} // nothing that is worth more than the next run
	}
	n.PID = os.Getpid()
	change(&n)
	text, err := json.Marshal(n)
	if err == nil {
		err = replaceFile(dryNotesPath(d.setup.Config.StatePath), text)
	}
	if err != nil {
		d.log.Warn("the dry run is not noted for status", "err", err)
	}
}

// replaceFile writes a file of mode 0600 as a whole, or leaves the one that is there.
func replaceFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".dryrun-*") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // after the rename it is not there
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

package main

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
	"okta-walkme-agent/state"
)

// runPlanned is the outcome of a run that sends nothing.
const runPlanned = "planned"

// dryNotes is what a service that is configured to send nothing leaves for status. It
// may not write to the state, so they are a file of their own beside it. They name
// nobody.
type dryNotes struct {
	PID     int         `json:"pid"`
	NextRun *time.Time  `json:"next_run_at"`
	Runs    []statusRun `json:"runs"` // newest first
}

// dryNotesPath is where they are.
func dryNotesPath(statePath string) string { return statePath + ".dryrun" }

// dryRun is a run that plans.
func (d *service) dryRun(ctx context.Context, opts agent.Options) (outcome string, err error) {
	began := time.Now()
	var plan *agent.Plan
	err = d.read(ctx, func(db *state.DB) (err error) {
		d.session.use(db)
		plan, err = d.session.agent.Plan(ctx, opts)
		return err
	})
	run := statusRun{ID: "dry-" + began.UTC().Format("20060102T150405Z"), Trigger: opts.Trigger, StartedAt: began.UTC(), FinishedAt: timeOrNil(time.Now().UTC()), Outcome: runPlanned}
	switch {
	case err != nil && ctx.Err() != nil:
		return agent.RunStopped, err
	case err != nil:
		run.Outcome, run.Error = agent.RunFailed, err.Error()
	default:
		run.Planned, run.Held, run.Rejected = plan.Pending(), plan.Summary.Held, plan.Summary.Rejected
		d.reportPlan(plan)
	}
	d.noteDry(func(n *dryNotes) {
		n.Runs = slices.Insert(n.Runs, 0, run)
		n.Runs = n.Runs[:min(len(n.Runs), shownRuns)]
	})
	return run.Outcome, err
}

// reportPlan logs what a run would do. The log has Okta ids; plan has the names.
func (d *service) reportPlan(plan *agent.Plan) {
	for _, ch := range plan.Changes {
		d.log.Info("would "+string(ch.Action), "okta_id", ch.OktaID, "cause", ch.Cause, "reason", ch.Reason, "held", ch.Held)
	}
	d.log.Info(fmt.Sprintf("dry run: %s, nothing was sent", count(plan.Pending(), "change", "changes")), "held", plan.Summary.Held, "rejected", plan.Summary.Rejected)
}

// noteDry changes the notes. They are for status alone: the service goes on without.
func (d *service) noteDry(change func(*dryNotes)) {
	path := dryNotesPath(d.session.config.State.Path)
	n, err := readDryNotes(path)
	if err != nil {
		n = dryNotes{} // nothing that is worth more than the next run
	}
	n.PID = os.Getpid()
	change(&n)
	text, err := json.Marshal(n)
	if err == nil {
		err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), writeFile(path, text, 0o600))
	}
	if err != nil {
		d.log.Warn("the dry run is not noted for status", "err", err)
	}
}

func readDryNotes(path string) (n dryNotes, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return n, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &n)
	}
	if err != nil {
		return dryNotes{}, fmt.Errorf("notes of the dry run: %w", err)
	}
	return n, nil
}

// addDryRuns puts the runs of a dry service in their places among the others, and its
// next run where no other service is.
func (v *statusView) addDryRuns(statePath string) error {
	n, err := readDryNotes(dryNotesPath(statePath))
	if err != nil {
		return err
	}
	if len(n.Runs) > 0 {
		v.Runs = append(v.Runs, n.Runs...)
		slices.SortStableFunc(v.Runs, func(a, b statusRun) int { return b.StartedAt.Compare(a.StartedAt) })
		v.Runs = v.Runs[:min(len(v.Runs), shownRuns)]
	}
	if v.DryRun && v.NextRun == nil && n.PID != 0 && !errors.Is(syscall.Kill(n.PID, 0), syscall.ESRCH) {
		v.NextRun = n.NextRun
	}
	return nil
}

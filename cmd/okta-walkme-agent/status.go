package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// statusSchema names the shape of status --format json.
const statusSchema = "okta-walkme-agent/status/v1"

const shownRuns = 10

type statusView struct {
	Schema   string          `json:"schema"`
	Managed  statusManaged   `json:"managed"`
	Health   *statusHealth   `json:"health"` // of the last run that read all of Okta; null: none
	Runs     []statusRun     `json:"runs"`
	Failures []statusFailure `json:"failures"`
	Holds    []statusHold    `json:"holds"`
	Pending  int             `json:"pending"` // changes whose outcome the next run settles

	Quarantine *agent.Quarantine `json:"quarantine"` // null: none
	NextRun    *time.Time        `json:"next_run_at"`
}

type statusManaged struct {
	Users  int `json:"users"`
	Groups int `json:"groups"`
}

// statusHealth is what a run thought of Okta's answers.
type statusHealth struct {
	agent.Health
	At time.Time `json:"at"`
}

type statusRun struct {
	ID         string     `json:"id"`
	Trigger    string     `json:"trigger"`
	StartedAt  time.Time  `json:"started_at"`
	FinishedAt *time.Time `json:"finished_at"`
	Outcome    string     `json:"outcome"`
	Planned    int        `json:"planned"`
	Applied    int        `json:"applied"`
	Failed     int        `json:"failed"`
	Held       int        `json:"held"`
	Rejected   int        `json:"rejected"`
	Skipped    int        `json:"skipped"`
	Error      string     `json:"error"`
}

type statusFailure struct {
	Type      scim.Type  `json:"type"`
	OktaID    string     `json:"okta_id"`
	Name      string     `json:"name"`
	Error     string     `json:"error"`
	Attempts  int        `json:"attempts"`
	NextTryAt *time.Time `json:"next_try_at"`
}

type statusHold struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`
	Count     int       `json:"count"`
	CreatedAt time.Time `json:"created_at"`
}

func (c *cli) statusCommand() *cobra.Command {
	var format string
	var maxAge time.Duration
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the last runs, failures, holds and the next run",
		Long: `Reads the state, also while the service runs. With --max-age it ends with 1 when
the last good run is older, which is enough for a simple monitor.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains([]string{"text", "json"}, format) {
				return usage("--format is text or json, not %q", format)
			}
			cfg, err := c.load()
			if err != nil {
				return err
			}
			view, err := readStatus(cmd.Context(), cfg.State.Path)
			if err != nil {
				return explained(err)
			}
			now := time.Now()
			if format == "json" {
				err = report.JSON(c.stdout, "status", view)
			} else {
				err = view.text(c.stdout, now)
			}
			if err != nil {
				return err
			}
			return view.fresh(maxAge, now)
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "text", "text or json")
	cmd.Flags().DurationVar(&maxAge, "max-age", 0, "fail when the last good run is older than this")
	return cmd
}

func readStatus(ctx context.Context, path string) (view *statusView, err error) {
	view = &statusView{Schema: statusSchema, Runs: []statusRun{}, Failures: []statusFailure{}, Holds: []statusHold{}}
	db, err := state.OpenReadOnly(ctx, path)
	if errors.Is(err, state.ErrNotExist) {
		return view, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	records, err := db.Records(ctx)
	if err != nil {
		return nil, err
	}
	managed := agent.CountManaged(records)
	view.Managed = statusManaged{managed.Users, managed.Groups}
	for _, r := range records {
		if r.Attempts > 0 {
			view.Failures = append(view.Failures, statusFailure{r.Type, r.SourceID, r.Name, r.LastError, r.Attempts, timeOrNil(r.NextTry)})
		}
	}
	return view, view.readRuns(ctx, db)
}

func (v *statusView) readRuns(ctx context.Context, db *state.DB) error {
	runs, err := db.Runs(ctx, shownRuns)
	if err != nil {
		return err
	}
	for _, r := range runs {
		v.Runs = append(v.Runs, statusRun{r.ID, r.Trigger, r.StartedAt, timeOrNil(r.FinishedAt), r.Outcome,
			r.Planned, r.Applied, r.Failed, r.Held, r.Rejected, r.Skipped, r.Error})
		var h agent.Health
		if v.Health == nil && json.Unmarshal([]byte(r.Health), &h) == nil && h.Verdict != "" {
			v.Health = &statusHealth{h, r.StartedAt}
		}
	}
	holds, err := db.Holds(ctx)
	if err != nil {
		return err
	}
	for _, h := range holds {
		v.Holds = append(v.Holds, statusHold{h.ID, h.Kind, h.Count, h.CreatedAt})
	}
	pending, err := db.Pending(ctx)
	if err != nil {
		return err
	}
	v.Pending = len(pending)
	quarantine, err := agent.ReadQuarantine(ctx, db)
	if err != nil {
		return err
	}
	if quarantine.Level > 0 {
		v.Quarantine = &quarantine
	}
	next, err := db.Meta(ctx, metaNextRun)
	if err != nil {
		return err
	}
	if t, err := time.Parse(time.RFC3339, next); err == nil {
		v.NextRun = &t
	}
	return nil
}

// fresh fails when the last good run is too old.
func (v *statusView) fresh(maxAge time.Duration, now time.Time) error {
	if maxAge <= 0 {
		return nil
	}
	for _, r := range v.Runs {
		good := r.Outcome == agent.RunDone || r.Outcome == agent.RunProblems || r.Outcome == agent.RunHeld
		if good && r.FinishedAt != nil {
			if age := now.Sub(*r.FinishedAt); age > maxAge {
				return fmt.Errorf("the last good run is %s old, more than %s", age.Round(time.Second), maxAge)
			}
			return nil
		}
	}
	return errors.New("there was no good run yet")
}

func (v *statusView) text(w io.Writer, now time.Time) error {
	fmt.Fprintf(w, "Managed    %s, %s\n", count(v.Managed.Users, "user", "users"), count(v.Managed.Groups, "group", "groups"))
	if v.NextRun != nil {
		fmt.Fprintf(w, "Next run   %s\n", local(*v.NextRun, now))
	}
	if h := v.Health; h != nil {
		fmt.Fprintf(w, "Okta       %s as of %s\n", h.Verdict, local(h.At, now))
		for _, reason := range h.Reasons {
			fmt.Fprintf(w, "           - %s\n", report.Escape(reason))
		}
	}
	if q := v.Quarantine; q != nil {
		fmt.Fprintf(w, "Quarantine since %s: %s; the service waits %s between two runs, a good sync ends it\n",
			local(q.Since, now), report.Escape(q.Reason), q.Pause())
	}
	if v.Pending > 0 {
		fmt.Fprintf(w, "Unsettled  %s cut off; the next run settles what became of it\n", count(v.Pending, "change was", "changes were"))
	}
	if len(v.Runs) == 0 {
		_, err := fmt.Fprintln(w, "\nNo run yet.")
		return err
	}
	return errors.Join(v.runsText(w), v.failuresText(w, now), v.holdsText(w))
}

func (v *statusView) runsText(w io.Writer) error {
	t := &table{title: "Runs", header: "STARTED\tTRIGGER\tOUTCOME\tAPPLIED\tFAILED\tHELD\tREJECTED\tSKIPPED"}
	for _, r := range v.Runs {
		t.row(r.Error, "%s\t%s\t%s\t%d\t%d\t%d\t%d\t%d", r.StartedAt.Local().Format(time.DateTime), r.Trigger,
			r.Outcome, r.Applied, r.Failed, r.Held, r.Rejected, r.Skipped)
	}
	return t.write(w)
}

func (v *statusView) failuresText(w io.Writer, now time.Time) error {
	t := &table{title: "Failures", header: "TYPE\tNAME\tATTEMPTS\tNEXT TRY"}
	for _, f := range v.Failures {
		next := "next run"
		if f.NextTryAt != nil {
			next = local(*f.NextTryAt, now)
		}
		t.row(f.Error, "%s\t%s\t%d\t%s", f.Type, report.Escape(f.Name), f.Attempts, next)
	}
	return t.write(w)
}

func (v *statusView) holdsText(w io.Writer) error {
	t := &table{title: "Held, waiting for approval", header: "ID\tCOUNT\tSINCE\tRELEASE WITH"}
	for _, h := range v.Holds {
		t.row("", "%s\t%d\t%s\t%s sync --approve %s", h.ID, h.Count, h.CreatedAt.Local().Format(time.DateTime), programName, h.ID)
	}
	return t.write(w)
}

// local writes a time on the clock of this machine, and how far it is from now.
func local(t, now time.Time) string {
	return t.Local().Format(time.DateTime) + " (" + report.Distance(t, now) + ")"
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

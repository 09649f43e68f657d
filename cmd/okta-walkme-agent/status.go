package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/agent/service"
	"okta-walkme-agent/configs"
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
	Decided  []statusDecided `json:"decided_holds"` // decisions in force: what the next run makes, and what stays undone
	Pending  int             `json:"pending"`       // changes whose outcome the next run settles
	UnderWay int             `json:"under_way"`     // changes of a run that is at work now
	DryRun   bool            `json:"dry_run"`       // the service plans and sends nothing

	StateDoubt string `json:"state_doubt,omitempty"` // why the state may not be the one that the last run left

	NotShown *plan.NotShown `json:"not_shown,omitempty"` // what WalkMe accepted and does not show: groups and people
	unshown  []string       // its paths

	Quarantine *agent.Quarantine `json:"quarantine"`  // null: none
	NextRun    *time.Time        `json:"next_run_at"` // null: no service is running
}

type statusManaged struct {
	Users  int `json:"users"`
	Groups int `json:"groups"`
}

// statusHealth is what a run thought of Okta's answers.
type statusHealth struct {
	plan.Health
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

// statusDecided is a hold that a person has decided about.
type statusDecided struct {
	ID             string    `json:"id"`
	Kind           string    `json:"kind"`
	Count          int       `json:"count"` // of what is left of it
	State          string    `json:"state"` // approved | rejected
	DecidedBy      string    `json:"decided_by"`
	DecidedAt      time.Time `json:"decided_at"`
	DecisionReason string    `json:"decision_reason"`
}

func (c *cli) statusCommand() *cobra.Command {
	var format string
	var maxAge time.Duration
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the last runs, failures, holds and the next run",
		Long: `Reads the state, also while the service runs. With --max-age it ends with 1 when
the last good run is older, which is enough for a simple monitor. While the
configuration says dry_run: true, that is the last plan of the service.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains([]string{"text", "json"}, format) {
				return usage("--format is text or json, not %q", format)
			}
			if maxAge < 0 {
				return usage("--max-age is a duration such as 1h, not %s", maxAge)
			}
			cfg, err := c.load()
			if err != nil {
				return err
			}
			view, err := readStatus(cmd.Context(), cfg)
			if err != nil {
				return explained(err)
			}
			now := time.Now()
			if format == "json" {
				err = report.JSON(c.stdout, "status", view)
			} else {
				err = view.text(c.folded(c.stdout), now)
			}
			if err != nil {
				return err
			}
			return view.fresh(maxAge, now)
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "text", "text or json")
	cmd.Flags().Var(age{&maxAge}, "max-age", "fail when the last good run is older than this, such as 90m, 12h or 2d")
	return cmd
}

func readStatus(ctx context.Context, cfg *configs.Config) (view *statusView, err error) {
	view = &statusView{Schema: statusSchema, DryRun: cfg.DryRun, Runs: []statusRun{}, Failures: []statusFailure{}, Holds: []statusHold{}, Decided: []statusDecided{}}
	db, err := state.OpenReadOnly(ctx, cfg.State.Path)
	switch {
	case errors.Is(err, state.ErrNotExist):
	case err != nil:
		return nil, err
	default:
		defer func() { err = errors.Join(err, db.Close()) }()
		if err := view.readState(ctx, db, cfg.State.Path); err != nil {
			return nil, err
		}
	}
	return view, view.addDryRuns(cfg.State.Path)
}

func (v *statusView) readState(ctx context.Context, db *state.DB, path string) error {
	var err error
	if v.Managed.Users, v.Managed.Groups, err = db.Managed(ctx); err != nil {
		return err
	}
	failing, _, err := db.Failing(ctx, -1)
	if err != nil {
		return err
	}
	for i := range failing {
		r := &failing[i]
		v.Failures = append(v.Failures, statusFailure{r.Type, r.SourceID, r.Name, r.LastError, r.Attempts, timeOrNil(plan.PauseEnd(r.NextTry, time.Now()))})
	}
	if err := v.readRuns(ctx, db); err != nil {
		return err
	}
	if v.StateDoubt, err = agent.StateDoubt(ctx, db); err != nil {
		return err
	}
	last, err := agent.LastUnshown.Load(ctx, db)
	if err != nil {
		return err
	}
	if last.Count != (plan.NotShown{}) {
		v.NotShown, v.unshown = &last.Count, last.Paths
	}
	next, err := service.NextRun(ctx, db, path)
	v.NextRun = timeOrNil(next)
	return err
}

func (v *statusView) readRuns(ctx context.Context, db *state.DB) error {
	runs, err := db.Runs(ctx, shownRuns)
	if err != nil {
		return err
	}
	running := false
	for _, r := range runs {
		if r.Outcome == state.Running || r.Outcome == state.Interrupted {
			running = running || r.Outcome == state.Running
			if err := db.CountSoFar(ctx, &r, nil); err != nil {
				return err
			}
		}
		v.Runs = append(v.Runs, statusRun{r.ID, r.Trigger, r.StartedAt, timeOrNil(r.FinishedAt), r.Outcome,
			r.Planned, r.Applied, r.Failed, r.Held, r.Rejected, r.Skipped, r.Error})
		var h plan.Health
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
	decided, err := db.Decisions(ctx)
	if err != nil {
		return err
	}
	for _, d := range decided {
		v.Decided = append(v.Decided, statusDecided{d.Hold.ID, d.Hold.Kind, len(d.Hold.Items), string(d.Verdict), d.By, d.At, d.Reason})
	}
	pending, err := db.Pending(ctx)
	if err != nil {
		return err
	}
	for _, e := range pending {
		if running && e.RunID == runs[0].ID {
			v.UnderWay++
		} else {
			v.Pending++
		}
	}
	quarantine, err := agent.SlowDown.Load(ctx, db)
	if err != nil {
		return err
	}
	if quarantine.Level > 0 {
		v.Quarantine = &quarantine
	}
	return nil
}

// addDryRuns puts the runs of a dry service in their places among the others, and its
// next run where no other service is.
func (v *statusView) addDryRuns(statePath string) error {
	n, err := service.ReadDryNotes(statePath)
	if err != nil {
		return err
	}
	if len(n.Runs) == 0 {
		return nil
	}
	for _, r := range n.Runs {
		v.Runs = append(v.Runs, statusRun{ID: r.ID, Trigger: r.Trigger, StartedAt: r.StartedAt, FinishedAt: r.FinishedAt,
			Outcome: r.Outcome, Planned: r.Planned, Held: r.Held, Rejected: r.Rejected, Error: r.Error})
	}
	slices.SortStableFunc(v.Runs, func(a, b statusRun) int { return b.StartedAt.Compare(a.StartedAt) })
	v.Runs = v.Runs[:min(len(v.Runs), shownRuns)]
	if v.DryRun && v.NextRun == nil && n.Alive() {
		v.NextRun = n.NextRun
	}
	return nil
}

// fresh fails when the last good run is too old. In a dry run a plan is all that the
// service can do well.
func (v *statusView) fresh(maxAge time.Duration, now time.Time) error {
	if maxAge <= 0 {
		return nil
	}
	for _, r := range v.Runs {
		good := []string{agent.RunDone, agent.RunProblems, agent.RunHeld}
		if v.DryRun {
			good = append(good, service.RunPlanned)
		}
		if slices.Contains(good, r.Outcome) && r.FinishedAt != nil && !r.FinishedAt.After(now.Add(time.Minute)) { // a time in the future is not believed
			if age := now.Sub(*r.FinishedAt); age > maxAge {
				return fmt.Errorf("the last good run is %s old, more than %s", age.Round(time.Second), maxAge)
			}
			return nil
		}
	}
	if len(v.Runs) > 0 {
		return fmt.Errorf("none of the last %s was good", count(len(v.Runs), "run", "runs"))
	}
	return errors.New("there was no good run yet")
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

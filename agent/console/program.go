package console

import (
	"context"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// Program is what the console shows of the program around it, and asks of it. A
// function that is nil is something that this program does not do.
type Program struct {
	Agent    agent.Config // mapping, policy and limits in use
	DryRun   bool         // runs plan, and send nothing
	Fidelity string       // safe | strict
	Schedule string       // as configured; "" when nothing runs by itself
	Okta     string       // the org's address

	// MaxAge is how old the last run may be before things do not count as in step any
	// more; 0: any age.
	MaxAge time.Duration

	RequestsPerSecond float64 // to WalkMe, at most; 0: no limit of our own
	RateLimitShare    float64 // of Okta's limits

	// Budgets are what this process has asked of both sides.
	Budgets func() Budgets

	// Advise tells what a failure usually comes from, by the status and the text of the
	// answer.
	Advise func(t scim.Type, status int, text string) (report.Advice, bool)

	// NextRun is when the next run is due by the schedule; zero when there is none.
	NextRun func(ctx context.Context, db *state.DB) (time.Time, error)

	// DryRuns are the runs that planned and sent nothing, newest first.
	DryRuns func() ([]state.Run, error)

	// Sync makes a run. It returns when the run has ended; its begin shows in the state.
	Sync func(ctx context.Context, o RunOptions) error

	// Look reads WalkMe's accounts that no person in Okta stands for, and its groups that
	// can be linked. See [Look].
	Look func(ctx context.Context) ([]agent.Account, []agent.AvailableGroup, error)

	// Plan makes the plan that a run would carry out, and sends nothing. The plan can be read
	// until see returns.
	Plan func(ctx context.Context, see func(*plan.Plan) error) error
}

// RunOptions say how a run is made that a person asks for here.
type RunOptions struct {
	By      string // who asks, for the record
	Retry   bool   // what failed is tried whatever its pause
	Trigger string
}

package agent

import (
	"time"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
)

// RunSchema names the shape of the run object in a report.
const RunSchema = "okta-walkme-agent/run/v1"

// Triggers of runs. Those of resync and watch are not over everything.
const (
	TriggerSchedule = "schedule" // the service's own
	TriggerResync   = "resync"   // pushes again
	TriggerWatch    = "watch"    // looks at people whom Okta's log names
)

// Options are what the caller wishes of a run.
type Options struct {
	Trigger string     // what started it: schedule, sync, resync …
	Approve []string   // holds to release
	By      string     // who approves, for the record
	Reason  string     // why, in that person's words
	Scope   plan.Scope // the zero value is everything
}

// Report is a plan with its outcomes, and the run that made them.
type Report struct {
	plan.Plan
	Run     RunReport          `json:"run"`
	Settled []apply.Settlement `json:"settled,omitempty"` // before the plan was made

	failures apply.Failures
}

// Failure is the error that a change's Error says, for a caller who tells causes apart. It
// is nil in a report that was read back.
func (r *Report) Failure(c *plan.Change) error { return r.failures[c] }

// RunReport is how a run went.
type RunReport struct {
	Schema       string    `json:"schema"`
	ID           string    `json:"id"`
	Trigger      string    `json:"trigger"`
	StartedAt    time.Time `json:"started_at"`
	FinishedAt   time.Time `json:"finished_at"`
	Outcome      string    `json:"outcome"` // see the Run constants
	Planned      int       `json:"planned"`
	Applied      int       `json:"applied"`
	Failed       int       `json:"failed"`
	Held         int       `json:"held"`
	Rejected     int       `json:"rejected"`
	Skipped      int       `json:"skipped"`
	Error        string    `json:"error,omitempty"`
	OktaRequests int       `json:"okta_requests"`
}

// The outcomes of a run.
const (
	RunDone     = "done"     // everything that was to be sent was acknowledged
	RunProblems = "problems" // some objects failed or were rejected
	RunHeld     = "held"     // some changes wait for an approval
	RunStopped  = "stopped"  // a signal ended it between two changes
	RunFailed   = "failed"   // nothing or only part was done
)

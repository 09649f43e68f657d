package agent

import (
	"log/slog"
	"time"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// Config is what the agent decides by.
type Config struct {
	Mapping      plan.Mapping
	Policy       plan.Policy
	Limits       plan.Limits
	GroupSources []okta.GroupSource

	// GroupFullRead is how often the members of every pushed group are read.
	// Between full reads only groups that Okta says have changed are read.
	// Zero reads all of them in every run.
	GroupFullRead time.Duration

	// ConfirmRemovals asks Okta for each absent person's assignment before the
	// account is deactivated.
	ConfirmRemovals bool

	// Grace is how long a deactivation waits after the person was first seen to
	// be absent. Zero does not wait.
	Grace time.Duration

	// VerifyEvery is how old the last sighting of a managed account may be when a run
	// that sends begins; then one is read. Zero never reads one. With VerifyByTest,
	// Okta's own test of the credentials takes the place of the read.
	VerifyEvery  time.Duration
	VerifyByTest bool

	// KeepHistory is how long journal and runs are kept. Zero keeps them.
	KeepHistory time.Duration

	// Target is WalkMe's SCIM base URL and WireProfile oin or aiw, as plans
	// show them.
	Target      string
	WireProfile string

	// SeeEverybody decodes and compares every person in every run, and trusts no mark of an
	// earlier one. The plan is the same.
	SeeEverybody bool

	// Strict keeps to what Okta's engine is known to send, also while planning.
	Strict bool

	// Workers is how many changes talk to WalkMe at once. Twice the client's
	// requests in flight keeps the wire full. Zero means 16.
	Workers int
}

// Agent connects the two sides. All fields but Logger and Now are required. An agent
// that only plans, or reads, takes an empty state, too (state.OpenOrEmpty).
type Agent struct {
	Okta   *okta.Client
	WalkMe *walkme.Client
	State  *state.DB
	Config Config
	Logger *slog.Logger     // nil: silent
	Now    func() time.Time // nil: time.Now
	// Build is the version of the program. Whom another one has found in step is looked at
	// anew.
	Build string
	// Progress, if set, hears of each change that ended, from many goroutines.
	Progress func(done, total int, c *plan.Change)
	// Stopping, if set, hears how many changes are under way when a run is told to stop
	// while it applies.
	Stopping func(underWay int)
	// Missed, if set, hears of an approval that releases nothing, and why.
	Missed func(holdID, why string)

	// Spill, if set, makes a file for plain changes, when a plan or a run has more than
	// SpillFrom of them; see plan.PlainChanges. The plan, or the report, is to be read before
	// the file is closed, and its changes through Plan.All.
	Spill     func() (plan.ChangeStore, error)
	SpillFrom int

	// ManyPeople is from how many stored people on Explain reads one person from Okta, and
	// not all. 0 is 2,000.
	ManyPeople int

	// VerifyFirst has the first run look for an account, however fresh the last sighting
	// is: a service has just started.
	VerifyFirst bool

	verified bool // a run of this agent has made sure that WalkMe is there
}

func (a *Agent) log() *slog.Logger {
	if a.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return a.Logger
}

func (a *Agent) now() time.Time {
	if a.Now == nil {
		return time.Now()
	}
	return a.Now()
}

func (a *Agent) workers() int {
	if a.Config.Workers <= 0 {
		return 16
	}
	return a.Config.Workers
}

func (a *Agent) applier() *apply.Applier {
	return &apply.Applier{
		WalkMe: a.WalkMe, State: a.State, Policy: a.Config.Policy, MappingDigest: a.Config.Mapping.Digest(),
		SameTenant: a.witness().sameTenant, Workers: a.workers(), Logger: a.log(), Now: a.now, Progress: a.Progress, Stopping: a.Stopping,
	}
}

package probe

import (
	"cmp"
	"slices"
)

// Schema names the form of a Report as JSON.
const Schema = "okta-walkme-agent/probe/v1"

// Level says what it means when a check does not hold.
type Level string

// The levels.
const (
	Required    Level = "required"    // Okta cannot work with the server: the check fails
	Recommended Level = "recommended" // some people, groups or other clients suffer: it warns
	Info        Level = "info"        // an observation, which never warns
)

// Outcome is what became of a check.
type Outcome string

// The outcomes.
const (
	Passed  Outcome = "passed"
	Failed  Outcome = "failed"  // a required check did not hold
	Warned  Outcome = "warned"  // a recommended one did not
	Skipped Outcome = "skipped" // Detail says why
)

// Report is what a run found. Checks are ordered: what to mend first comes first,
// then what only deserves a look, what holds, and what was not run.
type Report struct {
	Schema  string   `json:"schema"`
	Target  string   `json:"target"`
	Dialect string   `json:"dialect"` // oin, aiw or both
	Summary Summary  `json:"summary"`
	Checks  []Result `json:"checks"`

	// Configuration is one YAML text for the agent's configuration file under
	// which it lives with the server; comments say what it cannot live with.
	Configuration string `json:"configuration"`

	// Left is what the run made and could not remove, by name.
	Left []Leftover `json:"left"`

	// Incomplete says why checks are missing from a run that was cut short:
	// interrupted, out of time. Empty for a whole run.
	Incomplete string `json:"incomplete,omitempty"`
}

// Summary counts the outcomes.
type Summary struct {
	Passed  int `json:"passed"`
	Failed  int `json:"failed"`
	Warned  int `json:"warned"`
	Skipped int `json:"skipped"`
}

// Result is one check with its outcome. Request and Response are the exchange that
// decided: the request line and the body, the status and the body, with passwords
// and the values of accounts that the run did not make hidden.
type Result struct {
	ID       string  `json:"id"`
	Suite    string  `json:"suite"`
	Title    string  `json:"title"`
	Source   string  `json:"source"`
	Level    Level   `json:"level"`
	Outcome  Outcome `json:"outcome"`
	Detail   string  `json:"detail"` // what was found; why it was skipped
	Request  string  `json:"request"`
	Response string  `json:"response"`
	OktaDoes string  `json:"okta_does"` // when the check does not hold
	Remedy   string  `json:"remedy"`
	Switch   string  `json:"switch"` // of the agent's configuration; empty: none lives with it
}

// Leftover is an account or group that is still there.
type Leftover struct {
	Type  string `json:"type"` // User or Group
	Name  string `json:"name"`
	ID    string `json:"id"`
	State string `json:"state"` // what was achieved, and why no more
}

// Holds tells whether every required check passed, with strict every recommended
// one, too.
func (r *Report) Holds(strict bool) bool {
	return r.Summary.Failed == 0 && !(strict && r.Summary.Warned > 0)
}

// rank orders outcomes by how urgent they are.
func rank(o Outcome) int {
	return slices.Index([]Outcome{Failed, Warned, Passed, Skipped}, o)
}

// arrange sorts and counts. Within an outcome the catalogue's order stays: it goes
// from what everything else stands on to what stands on it.
func (r *Report) arrange() {
	slices.SortStableFunc(r.Checks, func(a, b Result) int { return cmp.Compare(rank(a.Outcome), rank(b.Outcome)) })
	for _, c := range r.Checks {
		switch c.Outcome {
		case Passed:
			r.Summary.Passed++
		case Failed:
			r.Summary.Failed++
		case Warned:
			r.Summary.Warned++
		case Skipped:
			r.Summary.Skipped++
		}
	}
}

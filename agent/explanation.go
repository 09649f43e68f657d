package agent

import (
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// ExplainSchema names the shape of an explanation's JSON.
const ExplainSchema = "okta-walkme-agent/explain/v1"

// Explanation is all that is known of one person or group: why it is in scope,
// what its values are and where they come from, and what happens next.
type Explanation struct {
	Schema string    `json:"schema"`
	Type   scim.Type `json:"type"`
	OktaID string    `json:"okta_id"`
	Name   string    `json:"name"` // userName, displayName, or the Okta login

	InScope bool   `json:"in_scope"`
	Why     string `json:"why"`

	// OthersReadAt is when everybody else was read, where Okta was asked about this person
	// alone; null: just now. Holds and shared names are judged by what was read then.
	OthersReadAt *time.Time `json:"others_read_at,omitempty"`

	// Of a person.
	AccountStatus    string               `json:"account_status,omitempty"`    // of the Okta account
	AssignmentStatus string               `json:"assignment_status,omitempty"` // of the app assignment
	Through          []string             `json:"through,omitempty"`           // assigned groups that the person is in; none for a direct assignment
	Attributes       []ExplainedAttribute `json:"attributes,omitempty"`
	PushedInto       []string             `json:"pushed_into,omitempty"` // WalkMe names of the groups that hold the person

	// Of a group.
	Sources  []string `json:"sources,omitempty"`
	Members  int      `json:"members,omitempty"`  // in Okta
	Eligible int      `json:"eligible,omitempty"` // of them assigned and provisioned, or about to be
	Pushed   int      `json:"pushed,omitempty"`   // acknowledged by WalkMe

	// NotShown is what WalkMe took and does not show: paths of attributes, or "members".
	NotShown []string `json:"not_shown,omitempty"`

	Managed *ExplainedRecord `json:"managed"`   // nil: the agent has nothing in WalkMe
	Last    *ExplainedCall   `json:"last_call"` // nil: nothing was ever sent
	Next    []*plan.Change   `json:"next"`      // what the next run does; empty: nothing
	Error   string           `json:"error,omitempty"`
}

// ExplainedAttribute is one mapped value.
type ExplainedAttribute struct {
	Path         string `json:"path"`
	Expression   string `json:"expression"`
	Value        any    `json:"value"`
	Acknowledged any    `json:"acknowledged"` // what WalkMe last took; null: nothing
	Error        string `json:"error,omitempty"`
}

// ExplainedRecord is what is on record of a managed account or group.
type ExplainedRecord struct {
	WalkMeID  string       `json:"walkme_id"`
	Name      string       `json:"name"`
	Active    bool         `json:"active"`
	Gone      bool         `json:"gone,omitempty"` // WalkMe does not have the account any more
	Origin    state.Origin `json:"origin"`
	UpdatedAt *time.Time   `json:"updated_at"` // when WalkMe last acknowledged something; null: never
	Attempts  int          `json:"attempts"`   // failures in a row
	LastError string       `json:"last_error,omitempty"`
	NextTryAt *time.Time   `json:"next_try_at,omitempty"`
}

// ExplainedCall is the latest entry of the journal.
type ExplainedCall struct {
	At         time.Time        `json:"at"`
	RunID      string           `json:"run_id"`
	Action     string           `json:"action"`
	State      state.EntryState `json:"state"`
	Reason     string           `json:"reason"`
	HTTPStatus int              `json:"http_status,omitempty"`
	Error      string           `json:"error,omitempty"`
}

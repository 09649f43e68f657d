package agent

import (
	"context"
	"errors"
	"slices"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// HoldsSchema names the shape of the JSON of a list of holds.
const HoldsSchema = "okta-walkme-agent/holds/v1"

// The states of a hold.
const (
	HoldWaiting  = "waiting"              // for a person's decision
	HoldApproved = string(state.Approved) // the next run makes what is left of it
	HoldRejected = string(state.Rejected) // its changes stay undone
)

// HoldsView is what waits for a decision, and what was decided and is in force.
type HoldsView struct {
	Schema string     `json:"schema"`
	Holds  []HoldView `json:"holds"`
}

// HoldView is a hold as a person sees it, with the decision about it.
type HoldView struct {
	ID        string    `json:"id"`
	Kind      string    `json:"kind"`   // see the Hold constants
	Count     int       `json:"count"`  // of all that was held
	Digest    string    `json:"digest"` // of the set: what a decision is about, see Decide
	CreatedAt time.Time `json:"created_at"`
	Limit     string    `json:"limit"`   // in words
	Reason    string    `json:"reason"`  // how it is exceeded, in words
	Resync    bool      `json:"resync"`  // of a resync: the next resync carries a decision out
	Refresh   bool      `json:"refresh"` // of a refresh: the next run that refreshes carries a decision out

	State          string     `json:"state"` // waiting | approved | rejected
	DecidedBy      string     `json:"decided_by"`
	DecidedAt      *time.Time `json:"decided_at"` // null: no decision yet
	DecisionReason string     `json:"decision_reason"`
	Ended          bool       `json:"ended,omitempty"` // nothing of it is in force any more

	Changes []HeldChange `json:"changes"` // what is in force of it
	InForce int          `json:"-"`       // how many those are, also where the first of them alone are read
}

// HeldChange is one thing that a hold keeps from being done. Of a membership the name
// is the group's, and the member is named beside it.
type HeldChange struct {
	Type     scim.Type   `json:"type"`
	Action   plan.Action `json:"action"`
	OktaID   string      `json:"okta_id"`
	Name     string      `json:"name"`
	MemberID string      `json:"member_id,omitempty"`
	Member   string      `json:"member,omitempty"`

	Attribute string `json:"attribute,omitempty"` // whose value would be emptied
}

// ReadHolds reads what waits for a decision, in the order in which it was held, and
// then what was decided and is in force, oldest decision first.
func ReadHolds(ctx context.Context, db *state.DB) (*HoldsView, error) {
	view := &HoldsView{Schema: HoldsSchema, Holds: []HoldView{}}
	waiting, err := db.Holds(ctx)
	if err != nil {
		return nil, err
	}
	for i := range waiting {
		view.Holds = append(view.Holds, viewHold(&waiting[i]))
	}
	decided, err := db.Decisions(ctx)
	if err != nil {
		return nil, err
	}
	for i := range decided {
		view.Holds = append(view.Holds, viewDecision(&decided[i]))
	}
	if err := noteFound(ctx, db, view.Holds); err != nil {
		return nil, err
	}
	return view, nil
}

// ReadHoldHeads reads what ReadHolds does with the first n changes of each, and does not
// tell how they were found: for pages that show many.
func ReadHoldHeads(ctx context.Context, db *state.DB, n int) ([]HoldView, error) {
	heads, err := db.HoldHeads(ctx, n)
	if err != nil {
		return nil, err
	}
	out := make([]HoldView, len(heads))
	for i := range heads {
		if heads[i].Waits {
			out[i] = viewHold(&heads[i].Hold)
		} else {
			out[i] = viewDecision(&heads[i].Decision)
		}
		out[i].InForce = heads[i].Left
	}
	return out, nil
}

// ReadHold reads one hold: as it waits, or else with the latest decision about it, also
// one that has ended. The error is state.ErrNoHold when there is none.
func ReadHold(ctx context.Context, db *state.DB, id string) (*HoldView, error) {
	waiting, err := db.Hold(ctx, id)
	if err != nil && !errors.Is(err, state.ErrNoHold) {
		return nil, err
	}
	view := viewHold(&waiting)
	if err != nil {
		decided, err := db.DecisionsOn(ctx, id) // newest first
		if err != nil {
			return nil, err
		}
		if len(decided) == 0 {
			return nil, state.ErrNoHold
		}
		i := max(0, slices.IndexFunc(decided, func(d state.Decision) bool { return d.EndedAt.IsZero() }))
		view = viewDecision(&decided[i])
	}
	views := []HoldView{view}
	return &views[0], noteFound(ctx, db, views)
}

// DecideHold records a person's decision in the state file at path, also while a run
// or the service has it. The next run carries it out. Digest is that of the set which
// the person saw; "" decides on whatever waits under the id.
//
// Errors: state.ErrNoHold, *state.MovedHoldError when the set is another one by now,
// *state.DecidedHoldError when it was decided otherwise since the person saw it, and
// those of state.OpenReadOnly.
func DecideHold(ctx context.Context, path string, j state.Judgement) (*HoldView, error) {
	d, err := state.Decide(ctx, path, j)
	if errors.Is(err, state.ErrNotExist) {
		return nil, state.ErrNoHold
	}
	if err != nil {
		return nil, err
	}
	holds := []HoldView{viewDecision(&d)}
	db, err := state.OpenReadOnly(ctx, path)
	if err != nil {
		return nil, err
	}
	return &holds[0], errors.Join(noteFound(ctx, db, holds), db.Close())
}

func viewHold(h *state.Hold) HoldView {
	view := HoldView{
		ID: h.ID, Kind: h.Kind, Count: h.Count, Digest: h.Digest, CreatedAt: h.CreatedAt, Limit: h.Limit, Reason: h.Reason,
		Resync: h.Forced, State: HoldWaiting, Changes: []HeldChange{},
	}
	for _, item := range h.Items {
		view.Changes = append(view.Changes, HeldChange{item.Type, plan.Action(item.Action), item.OktaID, item.Name, item.MemberID, item.Member, item.Attribute})
	}
	view.InForce = len(view.Changes)
	return view
}

func viewDecision(d *state.Decision) HoldView {
	view := viewHold(&d.Hold)
	at := d.At
	view.State, view.DecidedBy, view.DecidedAt, view.DecisionReason = string(d.Verdict), d.By, &at, d.Reason
	view.Ended = !d.EndedAt.IsZero()
	return view
}

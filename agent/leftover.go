package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// Leftovers are what a run has left undone, and why, for those who look later: the
// journal holds what was sent.
type Leftovers struct {
	Counts   map[LeftoverKind]int `json:"counts"`
	Lines    []Leftover           `json:"lines"` // at most 200 of a kind, in the order of the plan, rejections last
	Holds    []LeftoverHold       `json:"holds,omitempty"`
	NotShown plan.NotShown        `json:"not_shown"`
	Paths    []string             `json:"not_shown_paths,omitempty"` // what WalkMe accepted and does not show
}

// LeftoverKind is the kind of block, or one of those that are no block.
type LeftoverKind string

// The kinds that are no plan.BlockKind.
const (
	LeftRejection LeftoverKind = "rejection" // cannot be provisioned
	LeftUntried   LeftoverKind = "untried"   // the run ended before its turn
)

// Leftover is one thing that was left undone.
type Leftover struct {
	Kind   LeftoverKind `json:"kind"`
	Type   scim.Type    `json:"type"`
	Action plan.Action  `json:"action,omitempty"` // of a rejection none
	OktaID string       `json:"okta_id"`
	Name   string       `json:"name"`
	Why    string       `json:"why,omitempty"`
	Hold   string       `json:"hold,omitempty"`
}

// LeftoverHold is a hold that kept changes of the run back.
type LeftoverHold struct {
	ID     string `json:"id"`
	Kind   string `json:"kind"`
	Count  int    `json:"count"`
	Reason string `json:"reason"`
}

const maxLeftovers = 200 // of a kind

// ReadLeftovers reads what a run has left undone. Nothing is there for a run that left
// nothing, and for one of a version that did not note it.
func ReadLeftovers(ctx context.Context, db *state.DB, runID string) (l Leftovers, err error) {
	body, err := db.Leftovers(ctx, runID)
	if err != nil || body == nil {
		return l, err
	}
	if err := json.Unmarshal(body, &l); err != nil {
		return l, fmt.Errorf("what run %s left undone: %w", runID, err)
	}
	return l, nil
}

// saveLeftovers notes what a run has left undone.
func saveLeftovers(ctx context.Context, db *state.DB, report *Report) error {
	l, err := LeftoversOf(&report.Plan)
	if err != nil {
		return err
	}
	if len(l.Lines) == 0 && l.NotShown == (plan.NotShown{}) {
		return nil
	}
	body, err := json.Marshal(l)
	if err == nil {
		err = db.SaveLeftovers(ctx, report.Run.ID, body)
	}
	if err != nil {
		return fmt.Errorf("what the run left undone: %w", err)
	}
	return nil
}

// LeftoversOf says of each change of a plan, or of a run, that is not sent why. It names
// no time that moves, so that the next run, which leaves the same, says the same.
func LeftoversOf(p *plan.Plan) (Leftovers, error) {
	l := Leftovers{Counts: map[LeftoverKind]int{}, NotShown: p.Summary.NotShown, Paths: slices.Clone(p.NotShown)}
	add := func(one Leftover) {
		if l.Counts[one.Kind]++; l.Counts[one.Kind] <= maxLeftovers {
			l.Lines = append(l.Lines, one)
		}
	}
	for c, err := range p.Undone() {
		if err != nil {
			return l, fmt.Errorf("what the run left undone: %w", err)
		}
		add(leftover(c))
	}
	for _, r := range p.Rejected {
		why := r.Error
		if r.Path != "" {
			why = r.Path + ": " + why
		}
		add(Leftover{Kind: LeftRejection, Type: r.Type, OktaID: r.OktaID, Name: r.Name, Why: why})
	}
	for i := range p.Holds {
		h := &p.Holds[i]
		l.Holds = append(l.Holds, LeftoverHold{h.ID, h.Kind, h.Count, h.Reason})
	}
	return l, nil
}

func leftover(c *plan.Change) Leftover {
	one := Leftover{Kind: LeftUntried, Type: c.Type, Action: c.Action, OktaID: c.OktaID, Name: c.Name, Why: c.Error}
	switch b := c.Block; {
	case b == nil:
	case b.IsHeld(): // the hold says how its limit is exceeded
		one.Kind, one.Hold = LeftoverKind(plan.BlockHeld), b.Hold
	case b.Is(plan.BlockRejected):
		one.Kind, one.Hold, one.Why = LeftoverKind(b.Kind), b.Hold, "rejected by "+b.By
		if b.Reason != "" {
			one.Why += ": " + b.Reason
		}
	default:
		one.Kind, one.Hold, one.Why = LeftoverKind(b.Kind), b.Hold, b.Detail
	}
	if one.Why == "" {
		one.Why = c.Reason.String()
	}
	return one
}

package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// decided is a decision about items of one kind of hold.
func decided(id int64, verdict state.Verdict, kind string, items ...string) state.Decision {
	d := state.Decision{ID: id, Hold: state.Hold{ID: fmt.Sprint(kind, "-", id), Kind: kind}, Verdict: verdict, By: "ann", At: scenarioNow}
	for _, key := range items {
		d.Hold.Items = append(d.Hold.Items, state.HeldItem{Key: key})
	}
	return d
}

// decisionText shows what became of the membership changes of a plan.
func decisionText(p *plan.Plan) string {
	var out []string
	for _, c := range p.Changes {
		if c.Action != plan.GroupMembers {
			continue
		}
		text := fmt.Sprintf("+%d-%s", len(c.Members.Add), strings.Join(c.Members.Remove, ","))
		switch {
		case c.Approved():
			text += " approved by " + c.ApprovedBy
		case c.Block.Is(plan.BlockRejected):
			text += " " + c.Block.Detail
		case c.Blocked():
			text += " held"
		}
		out = append(out, text)
	}
	return strings.Join(out, "; ")
}

// TestDecidedMemberRemovals: what was rejected of a membership change stays undone, what
// was approved passes and is not counted, and the limit judges the rest.
func TestDecidedMemberRemovals(t *testing.T) {
	ids := []string{"00u1", "00u2", "00u3"}
	item := func(ids ...string) []string {
		for i, id := range ids {
			ids[i] = "00g1/" + id
		}
		return ids
	}
	for name, tt := range map[string]struct {
		wanted    []string
		decisions []state.Decision
		want      string
	}{
		"nothing decided": {nil, nil, "+0-00u1,00u2,00u3 held"},
		"all approved": {nil, []state.Decision{decided(1, state.Approved, plan.HoldMemberRemovals, item("00u1", "00u2", "00u3")...)},
			"+0-00u1,00u2,00u3 approved by ann"},
		"all rejected": {nil, []state.Decision{decided(1, state.Rejected, plan.HoldMemberRemovals, item("00u1", "00u2", "00u3")...)},
			"+0-00u1,00u2,00u3 rejected by ann"},
		"one of each": {nil, []state.Decision{
			decided(1, state.Approved, plan.HoldMemberRemovals, item("00u1")...),
			decided(2, state.Rejected, plan.HoldMemberRemovals, item("00u2")...)},
			"+0-00u1 approved by ann; +0-00u2 rejected by ann; +0-00u3 held"},
		"all are rejected, and one joins": {[]string{"00u9"}, []state.Decision{
			decided(1, state.Rejected, plan.HoldMemberRemovals, item("00u1", "00u2", "00u3")...)},
			"+1-; +0-00u1,00u2,00u3 rejected by ann"},
		"one is rejected, one leaves, and one joins": {[]string{"00u3", "00u9"}, []state.Decision{
			decided(1, state.Rejected, plan.HoldMemberRemovals, item("00u1")...)},
			"+1-; +0-00u1 rejected by ann; +0-00u2 held"},
		"the later decision counts": {nil, []state.Decision{
			decided(1, state.Rejected, plan.HoldMemberRemovals, item("00u1", "00u2", "00u3")...),
			decided(2, state.Approved, plan.HoldMemberRemovals, item("00u1", "00u2", "00u3")...)},
			"+0-00u1,00u2,00u3 approved by ann"},
	} {
		t.Run(name, func(t *testing.T) {
			p, recorded := groupPlan(ids, tt.wanted, nil)
			plan.Limits{}.Hold(p, plan.HoldInput{Managed: plan.CountManaged(recorded), Decisions: tt.decisions})
			if got := decisionText(p); got != tt.want {
				t.Errorf("Hold() = %s, want %s", got, tt.want)
			}
		})
	}
}

// TestUndoneAreCounted: what was rejected counts as undone, and nowhere else.
func TestUndoneAreCounted(t *testing.T) {
	p := leavers("00u1", "00u2", "00u3")
	in := plan.HoldInput{Decisions: []state.Decision{decided(1, state.Rejected, plan.HoldDeactivations, "00u1", "00u2")}}
	plan.Limits{Deactivations: plan.Limit{Count: 20}}.Hold(p, in)
	if s := p.Summary; s.Undone != 2 || s.Deactivate != 1 || s.Held != 0 {
		t.Errorf("Summary = %+v, want 2 undone and 1 to deactivate", s)
	}
}

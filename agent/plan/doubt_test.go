package plan_test

import (
	"slices"
	"testing"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
)

// TestDoubtAboutTheStateEnds: with the first plan in which no removal waits for it.
func TestDoubtAboutTheStateEnds(t *testing.T) {
	waits := func(a plan.Action, kind plan.BlockKind, detail string) func(*plan.Plan) {
		return func(p *plan.Plan) {
			p.Changes[0].Action = a
			p.Changes[0].BlockBy(plan.Block{Kind: kind, Detail: detail})
		}
	}
	for name, tt := range map[string]struct {
		edit func(*plan.Plan)
		ends bool
	}{
		"a removal is held":                    {func(*plan.Plan) {}, false},
		"nothing is to be done":                {func(p *plan.Plan) { p.Changes = nil }, true},
		"a deactivation waits for its grace":   {waits(plan.Deactivate, plan.BlockWaiting, "limits.grace"), false},
		"a deactivation waits after a failure": {waits(plan.Deactivate, plan.BlockWaiting, "failed before"), true},
		"a deactivation is disabled":           {waits(plan.Deactivate, plan.BlockDisabled, "limits.grace"), true},
		"something else waits under that word": {waits(plan.Create, plan.BlockWaiting, "limits.grace"), true},
		"a person has decided about the removal": {func(p *plan.Plan) {
			waits(plan.Deactivate, plan.BlockWaiting, "limits.grace")(p)
			p.Changes[0].Decision = 7
		}, true},
		"nothing but a likely slip holds a change": {func(p *plan.Plan) { p.Changes = nil; p.Holds = []plan.Hold{{Kind: plan.HoldLikelySlip}} }, true},
	} {
		p := leavers("00u1")
		p.Health.DoubtState = "a copy"
		tt.edit(p)
		plan.Limits{Deactivations: plan.Limit{Count: 9}}.Hold(p, plan.HoldInput{})
		if ended := p.Health.DoubtState == ""; ended != tt.ends {
			t.Errorf("%s: the doubt ended: %t, want %t", name, ended, tt.ends)
		}
	}
}

// TestStrangersAreShown: who would be thrown out of a group that is overwritten is among
// the removals, and a group that cannot be read waits.
func TestStrangersAreShown(t *testing.T) {
	overwrite := func(in *plan.Input) {
		scope, err := plan.OfSelection(plan.Selection{Groups: []string{"Team"}}).Resolve(in.Desired, in.Groups, in.Recorded, nil)
		if err != nil {
			t.Fatal(err)
		}
		in.Scope = scope
	}
	p, recorded := groupPlan([]string{"00u1"}, []string{"00u1"}, overwrite)
	plan.Limits{MemberRemovals: plan.Limit{Count: 9}}.Hold(p, plan.HoldInput{Recorded: recorded, Answers: plan.Answers{
		Groups: map[string]plan.GroupAnswer{"00g1": {Members: []plan.Member{{WalkMeID: "w00u1"}, {WalkMeID: "w99", Display: "Eve"}}}},
	}})
	if len(p.Changes) != 1 || !slices.Equal(p.Changes[0].Members.Remove, []string{"w99"}) || p.People["w99"] != "Eve" {
		t.Errorf("plan = %s, want Eve among the removals", planText(p))
	}
	p, recorded = groupPlan([]string{"00u1"}, []string{"00u1"}, overwrite)
	plan.Limits{}.Hold(p, plan.HoldInput{Recorded: recorded, Answers: plan.Answers{Groups: map[string]plan.GroupAnswer{"00g1": {Doubt: "no answer"}}}})
	if c := p.Changes[0]; c.Type != scim.Group || !c.Block.Is(plan.BlockUnconfirmed) {
		t.Errorf("plan = %s, want the group to wait", planText(p))
	}
}

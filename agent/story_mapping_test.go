package agent_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/el"
	"okta-walkme-agent/walkme"
)

// remap gives the agent another mapping: attribute path and expression in turn.
func (w *world) remap(pairs ...string) {
	w.t.Helper()
	var rules []plan.MappingRule
	for i := 0; i < len(pairs); i += 2 {
		expr, err := el.Parse(pairs[i+1])
		if err != nil {
			w.t.Fatal(err)
		}
		rules = append(rules, plan.MappingRule{Path: pairs[i], Expr: expr})
	}
	mapping, err := plan.NewMapping(rules)
	if err != nil {
		w.t.Fatal(err)
	}
	w.agent.Config.Mapping = mapping
}

func (w *world) plan() *plan.Plan {
	w.t.Helper()
	return withChanges(w.t, w.planned(plan.Scope{}))
}

// planned makes a plan, and leaves on disk what is there.
func (w *world) planned(scope plan.Scope) *plan.Plan {
	w.t.Helper()
	planned, err := w.agent.Plan(w.t.Context(), agent.Options{Scope: scope})
	if err != nil {
		w.t.Fatal(err)
	}
	return planned
}

// A mapping under which nobody has a name any more changes nothing in WalkMe. The plan
// says that it comes from the mapping, of those who could be mapped before.
func TestMappingThatRejectsEverybody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann", "bob")
	w.sync()
	w.hire("cara")
	w.remap("userName", "user.nobodyHasThis", "name.givenName", "user.firstName", "name.familyName", "user.lastName")
	causes := map[string]plan.Cause{}
	for _, r := range w.plan().Rejected {
		causes[r.OktaID] = r.Cause
	}
	want := map[string]plan.Cause{w.people["ann"]: plan.CauseMapping, w.people["bob"]: plan.CauseMapping, w.people["cara"]: ""}
	if diff := cmp.Diff(want, causes); diff != "" {
		t.Errorf("causes of the rejections (-want +got):\n%s", diff)
	}
}

// An attribute that is dropped from the mapping stays in WalkMe as it is. The plan says
// so until a run has had the mapping.
func TestMappingThatDropsAnAttribute(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann", "bob")
	w.sync()
	w.remap("userName", "appuser.userName", "name.givenName", "user.firstName")
	want := []plan.Unmapped{{Path: "name.familyName", People: 2}}
	if diff := cmp.Diff(want, w.plan().Unmapped); diff != "" {
		t.Errorf("unmapped attributes (-want +got):\n%s", diff)
	}
	w.sync()
	if got := w.plan().Unmapped; got != nil {
		t.Errorf("unmapped attributes after a run = %v, want none", got)
	}
}

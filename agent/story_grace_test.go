package agent_test

import (
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// A resync of one person leaves the others' grace as it is.
func TestResyncLeavesGraceRunning(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) {
		s.config.Grace = 24 * time.Hour
		s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange} // a push that is forced
	})
	w.hire("ann", "bob", "cara")
	w.sync()
	w.org.Unassign(w.people["ann"])
	w.sync()
	w.later += 23 * time.Hour
	only := plan.Selection{Users: []string{"bob@example.com"}}
	if _, err := w.agent.Sync(t.Context(), agent.Options{Trigger: "resync", Scope: plan.OfSelection(only)}); err != nil {
		t.Fatal(err)
	}
	w.later += 2 * time.Hour
	wantText(t, "changes after 25 hours", changes(w.sync()), "deactivate ann: applied")
}

// A plan that is made when somebody was just seen to be absent can be applied later:
// that the removal waits is a part of it, until when is not.
func TestSavedPlanWhileGraceBegins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.Grace = 24 * time.Hour })
	w.hire("ann", "bob")
	w.sync()
	w.org.Unassign(w.people["ann"])
	w.hire("cara")
	saved := savedAs(t, w.planned(plan.Scope{}))
	w.later += 2 * time.Second
	report, err := w.agent.Apply(t.Context(), saved, agent.Options{Trigger: "apply"})
	if err != nil {
		t.Fatalf("Apply() = %v, want no error", err)
	}
	wantText(t, "changes", changes(collected(t, report)), `
		deactivate ann: skipped
		create cara: applied`)
	w.later += 25 * time.Hour
	if _, err = w.agent.Apply(t.Context(), saved, agent.Options{Trigger: "apply"}); err == nil {
		t.Error("Apply() after the grace = nil, want an error: the removal would not wait any more")
	}
}

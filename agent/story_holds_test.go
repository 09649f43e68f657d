package agent_test

import (
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

func mostDeactivations(n int) func(*setup) {
	return func(s *setup) {
		s.config.Limits.Deactivations = plan.Limit{Count: n}
		s.config.Limits.Window = 24 * time.Hour
	}
}

func (w *world) dismiss(names ...string) {
	for _, name := range names {
		w.org.Unassign(w.people[name])
	}
}

// openHolds returns the ids of the holds that wait.
func (w *world) openHolds() []string {
	w.t.Helper()
	holds, err := w.agent.State.Holds(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	var ids []string
	for _, h := range holds {
		ids = append(ids, h.ID)
	}
	return ids
}

// An approval is of one set. When the set has grown it releases nothing, neither
// now nor in a later run.
func TestApprovalOfAGrownSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, mostDeactivations(1))
	w.hire("ann", "bob", "cara", "dan")
	w.sync()
	w.dismiss("ann")
	wantText(t, "changes", changes(w.sync()), `deactivate ann: applied`)
	w.dismiss("bob")
	held := w.sync().Holds[0].ID
	w.dismiss("cara")
	wantText(t, "changes with the old approval", changes(w.sync(held)), `
		deactivate bob: held
		deactivate cara: held`)
	w.later += time.Second
	wantText(t, "changes without an approval", changes(w.sync()), `
		deactivate bob: held
		deactivate cara: held`)
}

// What plan has shown can be approved, also before a run has recorded it.
func TestApprovalOfAPlannedHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, mostDeactivations(1))
	w.hire("ann", "bob")
	w.sync()
	w.dismiss("ann", "bob")
	planned, err := w.agent.Plan(t.Context(), agent.Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, "changes", changes(w.sync(planned.Holds[0].ID)), `
		deactivate ann: applied
		deactivate bob: applied`)
	if open := w.openHolds(); len(open) != 0 {
		t.Errorf("open holds = %v, want none", open)
	}
}

// A run that looks at a part alone closes no hold, and makes no removal of a kind
// that waits for a person.
func TestPartialRunsRespectHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, mostDeactivations(1), func(s *setup) {
		s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange} // a resync may
	})
	w.hire("ann", "bob", "cara", "dan")
	w.sync()
	w.dismiss("ann", "bob")
	held := w.sync().Holds[0].ID
	w.org.Update(w.people["dan"], map[string]any{"lastName": "Dancer"})
	wantText(t, "changes of the watch run", changes(w.syncPeople("ann", "dan")), `
		deactivate ann: held
		update dan: applied`)
	force := plan.Selection{Users: []string{"dan@example.com"}}
	if _, err := w.agent.Sync(t.Context(), agent.Options{Trigger: "resync", Scope: plan.OfSelection(force)}); err != nil {
		t.Fatal(err)
	}
	if open := w.openHolds(); len(open) != 1 || open[0] != held {
		t.Errorf("open holds = %v, want %s", open, held)
	}
	wantText(t, "changes of the approved run", changes(w.sync(held)), `
		deactivate ann: applied
		deactivate bob: applied`)
}

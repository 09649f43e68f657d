package agent_test

import (
	"fmt"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// leftoversIn says what is on record of a run that was left undone, one line each.
func (w *world) leftoversIn(r *agent.Report) string {
	w.t.Helper()
	l, err := agent.ReadLeftovers(w.t.Context(), w.agent.State, r.Run.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	var lines []string
	for _, one := range l.Lines {
		hold := ""
		if one.Hold != "" {
			hold = " (hold)"
		}
		lines = append(lines, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s: %s%s", one.Kind, one.Action, short(one.Name), one.Why, hold)), " "))
	}
	return strings.Join(lines, "\n")
}

// What a run holds back, rejects or leaves out is on record with its names and reasons,
// also when the next run has forgotten it.
func TestLeftoversAreOnRecord(t *testing.T) {
	w := newWorld(t, walkme.OIN, mostDeactivations(1))
	w.hire("ann", "bob", "cara")
	wantText(t, "a run that leaves nothing", w.leftoversIn(w.sync()), "")
	w.dismiss("ann", "bob")
	id := w.org.Hire(oktatest.Person{First: "Dan", Last: "Dunn", Email: "dan@example.com"})
	w.org.Assign(id)
	w.org.SetAppProfile(id, "cara@example.com", map[string]any{})
	held := w.sync()
	wantText(t, "a run that holds", strings.NewReplacer(w.people["cara"], "CARA", id, "DAN").Replace(w.leftoversIn(held)), `
		held deactivate ann: no longer assigned in Okta (hold)
		held deactivate bob: no longer assigned in Okta (hold)
		rejection cara: userName: "cara@example.com" is the userName of this Okta user, CARA, and also of DAN; both are left as they are
		rejection cara: userName: "cara@example.com" is the userName of this Okta user, DAN, and also of CARA; both are left as they are`)
	again := w.sync()
	if a, b := w.leftoversIn(held), w.leftoversIn(again); a != b {
		t.Errorf("the next run leaves %s", b)
	}
	if _, err := w.agent.State.Decide(t.Context(), state.Judgement{HoldID: held.Holds[0].ID, Digest: w.digest(held.Holds[0].ID), Verdict: state.Rejected, By: "ada", Reason: "on leave"}); err != nil {
		t.Fatal(err)
	}
	w.org.Unassign(id)
	wantText(t, "a run after the decision", w.leftoversIn(w.sync()), `
		rejected deactivate ann: rejected by ada: on leave (hold)
		rejected deactivate bob: rejected by ada: on leave (hold)`)
}

// digest is that of the set that waits under a hold.
func (w *world) digest(id string) string {
	w.t.Helper()
	holds, err := w.agent.State.Holds(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	for _, h := range holds {
		if h.ID == id {
			return h.Digest
		}
	}
	return ""
}

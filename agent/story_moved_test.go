package agent_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// removals has one of each kind come: bob leaves the app, ann leaves the
// group Team, the group Gone is no longer pushed, and cara's given name is emptied.
func (w *movable) removals() {
	w.dismiss("bob")
	w.leave("Team", "ann")
	w.org.RemoveMapping(w.gone)
	w.org.Update(w.people["cara"], map[string]any{"firstName": nil})
}

const heldRemovals = `
	deactivate bob: held
	update cara: held
	group_members Team: held
	group_delete Gone: held`

type movable struct {
	*world
	gone string // the push mapping of the group Gone
}

func settledWorld(t *testing.T) *movable {
	w := &movable{world: doubtful(t, okta.GroupSource{OktaMappings: true})}
	w.hire("ann", "bob", "cara")
	w.group("Team", "ann", "cara")
	w.group("Gone", "ann")
	w.org.PushMapping(w.groups["Team"], "ACTIVE")
	w.gone = w.org.PushMapping(w.groups["Gone"], "ACTIVE")
	w.sync()
	w.quiet()
	return w
}

func (w *world) marker() string { return w.path + ".marker" }

// copyState is what a copy of the state at rest holds.
func (w *world) copyState() []byte {
	w.t.Helper()
	w.close()
	defer w.open()
	data, err := os.ReadFile(w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	return data
}

// putState is a restore of the state by hand, between two runs.
func (w *world) putState(data []byte, then func()) {
	w.t.Helper()
	w.close()
	if err := os.WriteFile(w.path, data, 0o600); err != nil {
		w.t.Fatal(err)
	}
	then()
	w.open()
}

func (w *world) editMarker(edit func(*state.Marker)) {
	w.t.Helper()
	m, err := w.agent.State.Marker()
	if err != nil || m == nil {
		w.t.Fatalf("Marker() = %v, %v, want one", m, err)
	}
	edit(m)
	data, err := json.Marshal(m)
	if err == nil {
		err = os.WriteFile(w.marker(), data, 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) doubt() string {
	w.t.Helper()
	why, err := agent.StateDoubt(w.t.Context(), w.agent.State)
	if err != nil {
		w.t.Fatal(err)
	}
	return why
}

// A state that is not, or may not be, the one that the last run left holds every removal
// once. What a person approves is made, and then runs are as they always were.
func TestMovedStateHoldsRemovalsOnce(t *testing.T) {
	t.Parallel()
	for why, disturb := range map[string]func(*movable){
		"is missing":           func(w *movable) { w.putState(w.copyState(), func() { os.Remove(w.marker()) }) },
		"of another machine":   func(w *movable) { w.editMarker(func(m *state.Marker) { m.Machine = strings.Repeat("0", 32) }) },
		"newer than the state": func(w *movable) { w.editMarker(func(m *state.Marker) { m.Generation++ }) },
		"beside it is missing": func(w *movable) { os.WriteFile(w.marker(), []byte("{"), 0o600) }, //nolint:errcheck // what was there is no marker either
	} {
		t.Run(why, func(t *testing.T) {
			w := settledWorld(t)
			w.removals()
			disturb(w)
			planned, err := w.agent.Plan(t.Context(), agent.Options{})
			if err != nil || !strings.Contains(planned.Health.DoubtState, why) || planned.Pending() > 0 {
				t.Fatalf("Plan() = %+v, %v, want nothing to send because the marker is %s", planned, err, why)
			}
			for range 2 { // it does not end by itself
				report := w.sync()
				wantText(t, "changes", changes(report), heldRemovals)
				if len(report.Holds) != 4 || !strings.Contains(report.Health.DoubtState, why) || !strings.Contains(w.doubt(), why) {
					t.Errorf("holds %+v, doubt %q and %q, want four because the marker is %s", report.Holds, report.Health.DoubtState, w.doubt(), why)
				}
				for _, h := range report.Holds {
					if !strings.Contains(h.Reason, "restored from a copy, or moved to this machine") {
						t.Errorf("reason = %q", h.Reason)
					}
				}
			}
			wantText(t, "changes with the approvals", changes(w.sync(w.openHolds()...)), strings.ReplaceAll(heldRemovals, "held", "applied"))
			if w.doubt() != "" {
				t.Errorf("doubt after it = %q", w.doubt())
			}
			w.quiet()
			w.dismiss("cara")
			wantText(t, "changes of a later run", changes(w.sync()), `
				deactivate cara: applied
				group_members Team: applied`)
		})
	}
}

// An older copy put in the place of the state holds removals, also when its settling of
// what was pending moves its generation.
func TestOlderCopyHoldsRemovals(t *testing.T) {
	t.Parallel()
	w := settledWorld(t)
	older := w.copyState()
	w.hire("dan")
	w.sync()
	w.putState(older, func() {})
	w.dismiss("bob")
	w.dismiss("dan") // the copy does not know the account
	report := w.sync()
	wantText(t, "changes", changes(report), "deactivate bob: held")
	if !strings.Contains(report.Holds[0].Reason, "newer than the state") || report.Changes[0].Block.Kind != plan.BlockDoubted {
		t.Errorf("hold = %+v, block %+v", report.Holds[0], report.Changes[0].Block)
	}
}

// Nothing to remove means nothing to decide: the doubt ends with the run.
func TestDoubtWithoutRemovalsEnds(t *testing.T) {
	t.Parallel()
	w := settledWorld(t)
	w.putState(w.copyState(), func() { os.Remove(w.marker()) })
	if w.doubt() == "" {
		t.Fatal("no doubt")
	}
	w.quiet()
	w.dismiss("bob")
	wantText(t, "changes", changes(w.sync()), "deactivate bob: applied")
}

// A state that never had a marker gets one in silence, and so does a new one in the place
// of one that was thrown away.
func TestStateWithoutAMarkerGetsOne(t *testing.T) {
	t.Parallel()
	w := settledWorld(t)
	w.putState(w.copyState(), func() { os.Remove(w.marker()) })
	if err := w.agent.State.SetMeta(t.Context(), "marked", ""); err != nil {
		t.Fatal(err)
	}
	w.dismiss("bob")
	wantText(t, "changes of the first run", changes(w.sync()), "deactivate bob: applied")
	info, err := os.Stat(w.marker())
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("marker: %v, %v, want one that only its owner reads", info, err)
	}

	w.close()
	if err := os.Remove(w.path); err != nil {
		t.Fatal(err)
	}
	w.open()
	if why := w.doubt(); why != "" {
		t.Errorf("doubt about an empty state: %s", why)
	}
}

// A deactivation that waits out limits.grace is held after it: it was on its way when the
// state was lost.
func TestDoubtOutlastsGrace(t *testing.T) {
	t.Parallel()
	w := settledWorld(t)
	w.restart(func(s *setup) { s.config.Grace = time.Hour })
	w.dismiss("bob")
	w.putState(w.copyState(), func() { os.Remove(w.marker()) })
	report := w.sync()
	if len(report.Changes) != 1 || !report.Changes[0].Block.Is(plan.BlockWaiting) {
		t.Fatalf("changes = %s, want one that waits", changes(report))
	}
	w.later += 2 * time.Hour
	wantText(t, "changes after it", changes(w.sync()), "deactivate bob: held")
}

// The marker does not show which machine it is.
func TestMarkerHidesTheMachine(t *testing.T) {
	t.Parallel()
	w := settledWorld(t)
	text, err := os.ReadFile(w.marker())
	if err != nil {
		t.Fatal(err)
	}
	host, _ := os.Hostname()
	id, _ := os.ReadFile("/etc/machine-id")
	for _, shown := range [][]byte{[]byte(host), bytes.TrimSpace(id)} {
		if len(shown) > 4 && bytes.Contains(text, shown) {
			t.Errorf("marker = %s", text)
		}
	}
}

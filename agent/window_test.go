package agent_test

import (
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// A slow leak counts against the limit; what a person has approved does not count
// again.
func TestLimitsCountOverAWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) {
		s.config.Limits.Deactivations = plan.Limit{Count: 2}
		s.config.Limits.Window = 24 * time.Hour
	})
	w.hire("ann", "bob", "cara", "dan", "eve")
	w.sync()
	for _, name := range []string{"ann", "bob"} {
		w.org.Unassign(w.people[name])
		wantText(t, "changes after "+name, changes(w.sync()), "deactivate "+name+": applied")
		w.later += time.Hour
	}
	w.org.Unassign(w.people["cara"])
	report := w.sync()
	wantText(t, "changes of the third in a day", changes(report), "deactivate cara: held")
	if len(report.Holds) != 1 {
		t.Fatalf("holds = %v, want one", report.Holds)
	}
	wantText(t, "changes after the approval", changes(w.sync(report.Holds[0].ID)), "deactivate cara: applied")
	w.later += time.Hour
	w.org.Unassign(w.people["dan"])
	wantText(t, "changes of the next one", changes(w.sync()), "deactivate dan: applied")
}

func TestGraceLetsRemovalsWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.Grace = 2 * time.Hour })
	w.hire("ann", "bob")
	w.sync()
	w.org.Unassign(w.people["ann"])
	wantText(t, "changes at first", changes(w.sync()), "deactivate ann: skipped")
	w.later += time.Hour
	wantText(t, "changes an hour later", changes(w.sync()), "deactivate ann: skipped")
	w.org.Assign(w.people["ann"])
	wantText(t, "changes after a return", changes(w.sync()), "")
	w.org.Unassign(w.people["ann"])
	w.later += 90 * time.Minute
	wantText(t, "changes after leaving again", changes(w.sync()), "deactivate ann: skipped")
	w.later += 2*time.Hour + time.Second
	wantText(t, "changes after the grace", changes(w.sync()), "deactivate ann: applied")
}

func TestQuarantineSlowsAndEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann")
	w.tenant.SetCredentials("other", "other")
	var pauses []time.Duration
	for range 8 {
		if _, err := w.trySync(); err == nil {
			t.Fatal("Sync() = nil with refused credentials")
		}
		q, err := agent.SlowDown.Load(t.Context(), w.agent.State)
		if err != nil {
			t.Fatal(err)
		}
		pauses = append(pauses, q.Pause())
	}
	for i, want := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 16 * time.Hour, 24 * time.Hour, 24 * time.Hour} {
		if pauses[i] != want {
			t.Errorf("pause after %d bad runs = %v, want %v", i+1, pauses[i], want)
		}
	}
	w.tenant.SetCredentials("okta-scim", "demo-Passw0rd!")
	w.sync()
	if q, err := agent.SlowDown.Load(t.Context(), w.agent.State); err != nil || q.Level != 0 {
		t.Errorf("quarantine after a good run = %+v, %v, want none", q, err)
	}
}

// A run in which all that failed before still waits proves nothing.
func TestQuarantineOutlastsWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire(crew("p", 12)...)
	w.tenant.Fault(walkmetest.OnMatch(walkmetest.IsWrite, 0, walkmetest.NotApplied(400)))
	scheduled := agent.Options{Trigger: agent.TriggerSchedule, Scope: plan.Scope{}.HeedingPauses()}
	for i, want := range []int{1, 1} {
		if _, err := w.agent.Sync(t.Context(), scheduled); err != nil {
			t.Fatal(err)
		}
		if q, err := agent.SlowDown.Load(t.Context(), w.agent.State); err != nil || q.Level != want {
			t.Errorf("quarantine level after run %d = %d, %v, want %d", i+1, q.Level, err, want)
		}
	}
}

// Most changes failing is a quarantine, too, but not when they are few.
func TestQuarantineAfterManyFailures(t *testing.T) {
	t.Parallel()
	for people, want := range map[int]int{9: 0, 10: 1} {
		w := newWorld(t, walkme.OIN, func(s *setup) { s.tenant.Strict = nil })
		for i := range people {
			w.hire(string(rune('a' + i)))
		}
		w.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool { return r.Method == "POST" }, 0, walkmetest.NotApplied(400)))
		w.sync()
		if q, err := agent.SlowDown.Load(t.Context(), w.agent.State); err != nil || q.Level != want {
			t.Errorf("quarantine level after %d failed changes = %d, %v, want %d", people, q.Level, err, want)
		}
	}
}

// A rule that matches no group is no fault: what it matched before was asked for.
func TestUnmatchedRule(t *testing.T) {
	t.Parallel()
	rule := okta.GroupSource{Rule: &okta.GroupRule{NameStartsWith: "walkme-"}}
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.GroupSources = []okta.GroupSource{rule} })
	w.hire("ann")
	wantText(t, "changes without a match", changes(w.sync()), "create ann: applied")
	w.group("walkme-editors", "ann")
	wantText(t, "changes with a match", changes(w.sync()), "group_create walkme-editors: applied")
	w.org.RenameGroup(w.groups["walkme-editors"], "editors")
	wantText(t, "changes when the match is gone", changes(w.sync()), "group_unlink walkme-editors: applied")
	w.quiet()
}

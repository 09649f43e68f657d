package agent_test

import (
	"net/http"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

const aYear = 365 * 24 * time.Hour

// The clock was a year ahead for a while: what was noted then holds nothing up for a
// year.
func TestClockThatWasAhead(t *testing.T) {
	t.Parallel()
	grace := func(s *setup) { s.config.Grace = 2 * time.Hour }

	t.Run("a grace begins anew", func(t *testing.T) {
		w := newWorld(t, walkme.OIN, grace)
		w.hire("ann", "bob")
		w.sync()
		w.dismiss("ann")
		w.later = aYear
		wantText(t, "changes by the wrong clock", changes(w.sync()), "deactivate ann: skipped")
		w.later = 0
		wantText(t, "changes by the right one", changes(w.sync()), "deactivate ann: skipped")
		w.later = 2*time.Hour + time.Minute
		wantText(t, "changes after the grace", changes(w.sync()), "deactivate ann: applied")
	})

	t.Run("a pause ends", func(t *testing.T) {
		w := newWorld(t, walkme.OIN)
		w.hire("ann")
		w.later = aYear
		w.tenant.Fault(walkmetest.OnMatch(walkmetest.IsWrite, 0, walkmetest.NotApplied(http.StatusBadRequest)))
		w.sync()
		w.tenant.Fault(nil)
		w.later = 0
		report, err := w.agent.Sync(t.Context(), agent.Options{Trigger: "schedule", Scope: plan.Scope{}.HeedingPauses()})
		if err != nil {
			t.Fatal(err)
		}
		wantText(t, "changes of a scheduled run", changes(report), "create ann: applied")
	})

	t.Run("removals still count over the window, for a day", func(t *testing.T) {
		w := newWorld(t, walkme.OIN, mostDeactivations(2))
		w.hire("ann", "bob", "cara", "dan")
		w.sync()
		w.later = aYear
		w.dismiss("ann", "bob")
		w.sync()
		w.later = time.Minute
		w.dismiss("cara")
		wantText(t, "changes just after", changes(w.sync()), "deactivate cara: held")
		w.later = 25 * time.Hour
		wantText(t, "changes a day later", changes(w.sync()), "deactivate cara: applied")
	})

	t.Run("an approval of then does not put the window to sleep", func(t *testing.T) {
		w := newWorld(t, walkme.OIN, mostDeactivations(1))
		w.hire("ann", "bob", "cara", "dan", "eve")
		w.sync()
		w.later = aYear
		w.dismiss("ann", "bob")
		w.sync(w.sync().Holds[0].ID)
		w.later = 0
		w.dismiss("cara")
		wantText(t, "changes within the limit", changes(w.sync()), "deactivate cara: applied")
		w.later = time.Hour
		w.dismiss("dan")
		wantText(t, "changes above it", changes(w.sync()), "deactivate dan: held")
	})
}

// A run whose clock is more than a day ahead of the run before, or of Okta's, drops no
// history.
func TestWrongClockPrunesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.KeepHistory = 90 * 24 * time.Hour })
	w.hire("ann")
	w.sync()
	entries := func() int {
		t.Helper()
		list, err := w.agent.State.History(t.Context(), state.Filter{})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	before := entries()
	w.later = aYear
	w.sync()
	w.later += time.Minute
	w.sync() // not ahead of the run before any more, but of Okta
	if got := entries(); before == 0 || got != before {
		t.Errorf("%d entries of the journal after two runs by a wrong clock, want %d", got, before)
	}
	w.later = 0
	w.sync()
	if got := entries(); got != before {
		t.Errorf("%d entries by the right clock, want %d", got, before)
	}
}

// A hold that was opened by a wrong clock waits since it was seen by a right one.
func TestHoldOfAWrongClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.Limits.Deactivations = plan.Limit{} })
	w.hire("ann")
	w.sync()
	w.dismiss("ann")
	w.later = aYear
	w.sync()
	w.later = 0
	w.sync()
	holds, err := w.agent.State.Holds(t.Context())
	if err != nil || len(holds) != 1 || holds[0].CreatedAt.After(time.Now()) {
		t.Errorf("holds = %+v, %v, want one that was opened by now", holds, err)
	}
}

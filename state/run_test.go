package state_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/state"
)

func TestRuns(t *testing.T) {
	c := newClock()
	db := openAt(t, statePath(t), c)
	first := state.Run{ID: "r1", Trigger: "schedule"}
	must(t, db.BeginRun(t.Context(), first))
	must(t, db.BeginRun(t.Context(), state.Run{ID: "r2", Trigger: "sync"}))
	first.StartedAt = c.t
	c.t = c.t.Add(time.Minute)
	first.Outcome, first.Error, first.Health, first.SourceDigest = "failed", "okta: list users", `{"verdict":"healthy"}`, "d"
	first.Planned, first.Applied, first.Failed, first.Held, first.Rejected, first.Skipped = 6, 5, 4, 3, 2, 1
	first.OktaRequests = 7
	finished := first
	finished.Trigger = "ignored"
	must(t, db.FinishRun(t.Context(), finished))
	first.FinishedAt = c.t

	got, err := db.Runs(t.Context(), 10)
	want := []state.Run{{ID: "r2", Trigger: "sync", StartedAt: first.StartedAt, Outcome: state.Running}, first}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("Runs(10) = %v, (-want +got):\n%s", err, diff)
	}
	if got, err := db.Runs(t.Context(), 1); len(got) != 1 || got[0].ID != "r2" {
		t.Errorf("Runs(1) = %+v, %v, want r2", got, err)
	}
	wantIs(t, "FinishRun(unknown)", db.FinishRun(t.Context(), state.Run{ID: "r3"}), state.ErrNoRun)
	if err := db.BeginRun(t.Context(), state.Run{ID: "r1"}); err == nil {
		t.Error("BeginRun(known id) = nil, want an error")
	}
}

func TestPrune(t *testing.T) {
	c := newClock()
	db := openAt(t, statePath(t), c)
	old := c.t
	must(t, db.SaveMapping(t.Context(), "old, in use", nil))
	must(t, db.SaveMapping(t.Context(), "old", nil))
	r := userRecord(1)
	r.MappingDigest = "old, in use"
	must(t, db.PutRecords(t.Context(), r))
	must(t, db.PutHolds(t.Context(), state.ReplacePlanned, []state.Hold{{ID: "closed"}}))
	must(t, db.PutHolds(t.Context(), state.ReplacePlanned, []state.Hold{{ID: "open"}}))
	for i := range 60 {
		must(t, db.BeginRun(t.Context(), state.Run{ID: fmt.Sprint(i)}))
		must(t, db.FinishRun(t.Context(), state.Run{ID: fmt.Sprint(i)}))
	}
	settled := begin(t, db, entryOf(r))
	must(t, db.Finish(t.Context(), settled, state.Outcome{State: state.Applied}))
	pending := begin(t, db, entryOf(r))
	c.t = c.t.Add(time.Hour)
	must(t, db.SaveMapping(t.Context(), "new", nil))
	recent := begin(t, db, entryOf(r))
	must(t, db.Finish(t.Context(), recent, state.Outcome{State: state.Failed}))

	if n, err := db.Prune(t.Context(), old); n != 0 || err != nil {
		t.Errorf("Prune(before all) = %d, %v, want 0", n, err)
	}
	// One entry, ten of 60 runs, one hold.
	if n, err := db.Prune(t.Context(), c.t); n != 12 || err != nil {
		t.Errorf("Prune() = %d, %v, want 12", n, err)
	}
	history, err := db.History(t.Context(), state.Filter{})
	if diff := cmp.Diff([]int64{recent, pending}, ids(history)); diff != "" || err != nil {
		t.Errorf("History() after Prune: %v, ids (-want +got):\n%s", err, diff)
	}
	runs, err := db.Runs(t.Context(), 0)
	if err != nil || len(runs) != 50 || runs[49].ID != "10" {
		t.Errorf("Runs() after Prune = %d, %v, want the last 50", len(runs), err)
	}
	for digest, kept := range map[string]bool{"old, in use": true, "old": false, "new": true} {
		if got, err := db.Mapping(t.Context(), digest); (got != nil) != kept || err != nil {
			t.Errorf("Mapping(%s) after Prune = %v, %v, want kept: %t", digest, got, err, kept)
		}
	}
	if id := begin(t, db, entryOf(r)); id != recent+1 {
		t.Errorf("Begin() after Prune = %d, want %d: ids are never used again", id, recent+1)
	}
}

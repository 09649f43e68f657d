package state_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

func begin(t *testing.T, db *state.DB, e state.Entry) int64 {
	t.Helper()
	id, err := db.Begin(t.Context(), e)
	must(t, err)
	return id
}

func TestJournalEntry(t *testing.T) {
	c := newClock()
	db := openAt(t, statePath(t), c)
	want := entryOf(userRecord(1))
	want.ID = begin(t, db, want)
	want.State, want.StartedAt = state.Pending, c.t
	check := func(step string, pending int) {
		t.Helper()
		history, err := db.History(t.Context(), state.Filter{})
		if diff := cmp.Diff([]state.Entry{want}, history); diff != "" || err != nil {
			t.Errorf("%s: History() = %v, (-want +got):\n%s", step, err, diff)
		}
		if got, err := db.Pending(t.Context()); len(got) != pending {
			t.Errorf("%s: Pending() = %d entries, %v, want %d", step, len(got), err, pending)
		}
	}
	check("after Begin", 1)

	c.t = c.t.Add(time.Second)
	out := state.Outcome{State: state.Failed, TargetID: "w-1", HTTPStatus: 409, Error: "userName is taken", Change: []byte(`{"attributes":[]}`)}
	must(t, db.Finish(t.Context(), want.ID, out))
	want.State, want.TargetID, want.HTTPStatus, want.Error, want.Change = out.State, out.TargetID, out.HTTPStatus, out.Error, out.Change
	want.FinishedAt = c.t
	check("after Finish", 0)
}

// What an outcome does not say stays as it was begun.
func TestFinishKeepsWhatWasBegun(t *testing.T) {
	db := openDB(t, statePath(t))
	e := entryOf(userRecord(1))
	e.TargetID = "w-1"
	id := begin(t, db, e)
	must(t, db.Finish(t.Context(), id, state.Outcome{State: state.Applied}))
	got, err := db.History(t.Context(), state.Filter{})
	must(t, err)
	if got[0].TargetID != "w-1" || string(got[0].Change) != string(e.Change) {
		t.Errorf("History() = %+v, want target id and change as begun", got[0])
	}
}

func TestBeginSettled(t *testing.T) {
	c := newClock()
	db := openAt(t, statePath(t), c)
	for _, s := range []state.EntryState{state.Applied, state.Failed} {
		e := entryOf(userRecord(1))
		e.State = s
		id := begin(t, db, e)
		got, err := db.History(t.Context(), state.Filter{Limit: 1})
		if err != nil || got[0].ID != id || got[0].State != s || !got[0].FinishedAt.Equal(c.t) {
			t.Errorf("Begin(%s) left %+v, %v, want it settled", s, got, err)
		}
		wantIs(t, "Finish(settled)", db.Finish(t.Context(), id, state.Outcome{State: state.Applied}), state.ErrNoEntry)
	}
}

func TestFinishTwice(t *testing.T) {
	db := openDB(t, statePath(t))
	id := begin(t, db, entryOf(userRecord(1)))
	must(t, db.Finish(t.Context(), id, state.Outcome{State: state.Applied}, userRecord(1)))
	wantIs(t, "Finish(settled)", db.Finish(t.Context(), id, state.Outcome{State: state.Failed}, userRecord(2)), state.ErrNoEntry)
	wantIs(t, "Finish(unknown)", db.Finish(t.Context(), id+1, state.Outcome{State: state.Failed}, userRecord(2)), state.ErrNoEntry)
	if got, err := db.Records(t.Context()); len(got) != 1 {
		t.Errorf("Records() = %d, %v, want the first outcome's only", len(got), err)
	}
}

// An entry is settled and its records are written, or neither.
func TestFinishIsOneTransaction(t *testing.T) {
	db := openDB(t, statePath(t))
	id := begin(t, db, entryOf(userRecord(1)))
	bad := userRecord(2)
	bad.Origin = "found"
	if err := db.Finish(t.Context(), id, state.Outcome{State: state.Applied}, userRecord(1), bad); err == nil {
		t.Error("Finish with a bad record = nil, want an error")
	}
	if err := db.Finish(t.Context(), id, state.Outcome{State: "done"}, userRecord(1)); err == nil {
		t.Error("Finish with an unknown state = nil, want an error")
	}
	pending, err := db.Pending(t.Context())
	if err != nil || len(pending) != 1 {
		t.Errorf("Pending() = %d entries, %v, want the one", len(pending), err)
	}
	if got, err := db.Records(t.Context()); len(got) != 0 {
		t.Errorf("Records() = %d, %v, want none", len(got), err)
	}
	if _, err := db.Begin(t.Context(), state.Entry{Type: scim.User, SourceID: "00u1", Change: []byte("{")}); err == nil {
		t.Error("Begin with a change that is not JSON = nil, want an error")
	}
}

// Only an acknowledgement moves UpdatedAt.
func TestUpdatedAt(t *testing.T) {
	c := newClock()
	db := openAt(t, statePath(t), c)
	r := groupRecord(1, 2)
	updated := func() time.Time {
		t.Helper()
		got, err := record(t.Context(), db, scim.Group, r.SourceID)
		must(t, err)
		return got.UpdatedAt
	}
	id := begin(t, db, entryOf(r))
	must(t, db.Finish(t.Context(), id, state.Outcome{State: state.Applied}, r))
	if got := updated(); !got.Equal(c.t) {
		t.Errorf("UpdatedAt after an acknowledgement = %v, want %v", got, c.t)
	}
	id = begin(t, db, entryOf(r))
	acknowledged := c.t
	c.t = c.t.Add(time.Minute)
	r.UpdatedAt = acknowledged
	must(t, db.Finish(t.Context(), id, state.Outcome{State: state.Failed}, r))
	if got := updated(); !got.Equal(acknowledged) {
		t.Errorf("UpdatedAt after a failure = %v, want %v", got, acknowledged)
	}
	id = begin(t, db, entryOf(r))
	must(t, db.Finish(t.Context(), id, state.Outcome{State: state.Applied}, r))
	if got := updated(); !got.Equal(c.t) {
		t.Errorf("UpdatedAt after Finish(Applied) = %v, want %v", got, c.t)
	}
}

func TestFinishAndForget(t *testing.T) {
	db := openDB(t, statePath(t))
	r := groupRecord(1, 2)
	must(t, db.PutRecords(t.Context(), r, userRecord(1)))
	id := begin(t, db, entryOf(r))
	must(t, db.FinishAndForget(t.Context(), id, state.Outcome{State: state.Applied, HTTPStatus: 204}, r.Type, r.SourceID))
	_, err := record(t.Context(), db, r.Type, r.SourceID)
	wantIs(t, "Record(forgotten)", err, errNone)
	wantIs(t, "FinishAndForget(settled)",
		db.FinishAndForget(t.Context(), id, state.Outcome{State: state.Applied}, scim.User, userRecord(1).SourceID), state.ErrNoEntry)
	if got, err := db.Records(t.Context()); len(got) != 1 {
		t.Errorf("Records() = %d, %v, want the user", len(got), err)
	}
}

// The order is the order of the calls, also when the clock is set back.
func TestHistoryOrderIgnoresClock(t *testing.T) {
	c := newClock()
	db := openAt(t, statePath(t), c)
	var want []int64
	for range 5 {
		want = append([]int64{begin(t, db, entryOf(userRecord(1)))}, want...)
		c.t = c.t.Add(-time.Hour)
	}
	history, err := db.History(t.Context(), state.Filter{})
	must(t, err)
	if diff := cmp.Diff(want, ids(history)); diff != "" {
		t.Errorf("History() ids (-want +got):\n%s", diff)
	}
}

func ids(entries []state.Entry) []int64 {
	var out []int64
	for _, e := range entries {
		out = append(out, e.ID)
	}
	return out
}

func TestHistoryFilter(t *testing.T) {
	c := newClock()
	db := openAt(t, statePath(t), c)
	at := c.t
	for _, e := range []state.Entry{
		{RunID: "r1", Type: scim.User, SourceID: "00u1", Name: "Ann@example.com"},
		{RunID: "r1", Type: scim.User, SourceID: "00u2", Name: "bob'; --@example.com"},
		{RunID: "r2", Type: scim.Group, SourceID: "00g1", Name: "Editors"},
		{RunID: "r2", Type: scim.User, SourceID: "00u1", Name: "ann.new@example.com"},
		{RunID: "r4", Type: scim.User, SourceID: "00u3", Name: "ÉVA@example.com"},
		{RunID: "r4", Type: scim.User, SourceID: "00u3", Name: "Éva@example.com"},
		{RunID: "r4", Type: scim.User, SourceID: "00u4", Name: "\u212aim@example.com"},
	} {
		begin(t, db, e)
		c.t = c.t.Add(time.Hour)
	}
	tests := map[string]struct {
		filter state.Filter
		want   []int64
	}{
		"everything":       {state.Filter{}, []int64{7, 6, 5, 4, 3, 2, 1}},
		"type":             {state.Filter{Type: scim.Group}, []int64{3}},
		"source":           {state.Filter{SourceID: "00u1"}, []int64{4, 1}},
		"name":             {state.Filter{Name: "ann@EXAMPLE.com"}, []int64{1}},
		"name in any case": {state.Filter{Name: "éva@EXAMPLE.com"}, []int64{6, 5}},
		"another letter":   {state.Filter{Name: "kim@example.com"}, nil},
		"the odd letter":   {state.Filter{Name: "\u212aIM@example.com"}, []int64{7}},
		"name with quote":  {state.Filter{Name: "bob'; --@example.com"}, []int64{2}},
		"run":              {state.Filter{RunID: "r2"}, []int64{4, 3}},
		"since":            {state.Filter{Since: at.Add(2 * time.Hour), Until: at.Add(3 * time.Hour)}, []int64{4, 3}},
		"until":            {state.Filter{Until: at.Add(time.Hour)}, []int64{2, 1}},
		"limit":            {state.Filter{Limit: 2}, []int64{7, 6}},
		"all at once":      {state.Filter{Type: scim.User, SourceID: "00u1", Since: at, Until: at.Add(9 * time.Hour), Limit: 1}, []int64{4}},
		"nothing":          {state.Filter{RunID: "r3"}, nil},
	}
	for name, tt := range tests {
		got, err := db.History(t.Context(), tt.filter)
		if diff := cmp.Diff(tt.want, ids(got)); diff != "" || err != nil {
			t.Errorf("History(%s) = %v, (-want +got):\n%s", name, err, diff)
		}
	}
}

func TestApplied(t *testing.T) {
	c := newClock()
	db := openAt(t, statePath(t), c)
	finish := func(action string, s state.EntryState, change string) {
		t.Helper()
		e := entryOf(groupRecord(1, 0))
		e.Action, e.Change = action, nil
		if change != "" {
			e.Change = []byte(change)
		}
		must(t, db.Finish(t.Context(), begin(t, db, e), state.Outcome{State: s}))
	}
	finish("deactivate", state.Applied, "")
	c.t = c.t.Add(24 * time.Hour)
	since := c.t
	finish("deactivate", state.Applied, "")
	finish("deactivate", state.Failed, "")
	finish("create", state.Applied, "")
	finish("group_members", state.Applied, `{"members":{"add":["00u1"],"remove":["00u2","00u3"]}}`)
	finish("group_members", state.Applied, `{"members":{"add":["00u1"],"remove":[]}}`)
	finish("group_members", state.Applied, `{"attributes":[]}`)
	finish("group_members", state.Failed, `{"members":{"remove":["00u2","00u3"]}}`)
	finish("group_members", state.Applied, "")

	for _, tt := range []struct {
		action string
		since  time.Time
		want   int
	}{{"deactivate", since, 1}, {"deactivate", since.Add(-24 * time.Hour), 2}, {"create", since, 1}, {"update", since, 0}} {
		if got, err := db.Applied(t.Context(), tt.action, state.Window{Since: tt.since, Now: c.t}); got != tt.want || err != nil {
			t.Errorf("Applied(%s, %v) = %d, %v, want %d", tt.action, tt.since, got, err, tt.want)
		}
	}
	if got, err := db.AppliedRemovals(t.Context(), "group_members", state.Window{Since: since, Now: c.t}); got != 2 || err != nil {
		t.Errorf("AppliedRemovals() = %d, %v, want 2", got, err)
	}
	if got, err := db.AppliedRemovals(t.Context(), "update", state.Window{Since: since, Now: c.t}); got != 0 || err != nil {
		t.Errorf("AppliedRemovals(none) = %d, %v, want 0", got, err)
	}
}

// An entry that lies in the future was made when the clock was wrong: it is recent until
// a later run has begun before the window.
func TestAppliedInTheFuture(t *testing.T) {
	c := newClock()
	db := openAt(t, statePath(t), c)
	right := c.t
	run := func(id string) {
		t.Helper()
		must(t, db.BeginRun(t.Context(), state.Run{ID: id, Trigger: "sync"}))
	}
	count := func(step string, want int) {
		t.Helper()
		got, err := db.Applied(t.Context(), "deactivate", state.Window{Since: c.t.Add(-24 * time.Hour), Now: c.t})
		if got != want || err != nil {
			t.Errorf("%s: Applied() = %d, %v, want %d", step, got, err, want)
		}
	}
	c.t = right.AddDate(1, 0, 0)
	run("run-1")
	e := entryOf(userRecord(1))
	e.RunID, e.Action, e.State = "run-1", "deactivate", state.Applied
	_, err := db.Begin(t.Context(), e)
	must(t, err)
	count("by the wrong clock", 1)
	c.t = right
	count("just put right", 1)
	run("run-2")
	c.t = right.Add(23 * time.Hour)
	count("within a day", 1)
	c.t = right.Add(25 * time.Hour)
	count("a day later", 0)
}

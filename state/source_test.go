package state_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/state"
)

func TestSourceGroups(t *testing.T) {
	db := openDB(t, statePath(t))
	editors := state.SourceGroup{
		ID: "00g1", Name: "Editors", Description: "May <edit>", LastUpdated: "2026-03-01T12:00:00.000Z",
		LastMembershipUpdated: "2026-03-02T12:00:00.000Z", Link: "WalkMe Editors", Sources: []string{"name", "rule"}, Paused: true,
		Members: []string{"00u1", "00u2"},
	}
	empty := state.SourceGroup{ID: "00g0", Name: "Empty"}
	renamed := editors
	renamed.Name, renamed.Members = "Authors", []string{"00u2"}
	for _, tt := range []struct {
		step      string
		save      []state.SourceGroup
		watermark string
		want      []state.SourceGroup
	}{
		{"first", []state.SourceGroup{editors, empty}, "1", []state.SourceGroup{empty, editors}},
		{"same", []state.SourceGroup{empty, editors}, "2", []state.SourceGroup{empty, editors}},
		{"changed and gone", []state.SourceGroup{renamed}, "3", []state.SourceGroup{renamed}},
		{"none", nil, "4", nil},
	} {
		must(t, db.SaveSourceGroups(t.Context(), tt.save, map[string]string{"watermark": tt.watermark, "other": "x"}))
		got, err := db.SourceGroups(t.Context())
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("%s: SourceGroups() = %v, (-want +got):\n%s", tt.step, err, diff)
		}
		if got, err := db.Meta(t.Context(), "watermark"); got != tt.watermark || err != nil {
			t.Errorf("%s: Meta(watermark) = %q, %v, want %q", tt.step, got, err, tt.watermark)
		}
	}
}

// A set that cannot be stored whole leaves groups and watermark as they were.
func TestSourceGroupsAllOrNothing(t *testing.T) {
	db := openDB(t, statePath(t))
	good := []state.SourceGroup{{ID: "00g1", Members: []string{"00u1"}}}
	must(t, db.SaveSourceGroups(t.Context(), good, map[string]string{"watermark": "1"}))
	for name, bad := range map[string][]state.SourceGroup{
		"twice":         {{ID: "00g2"}, {ID: "00g2"}},
		"no id":         {{ID: ""}},
		"broken member": {{ID: "00g2"}, {ID: "00g3", Members: []string{"a\nb"}}},
	} {
		if err := db.SaveSourceGroups(t.Context(), bad, map[string]string{"watermark": "2"}); err == nil {
			t.Errorf("SaveSourceGroups(%s) = nil, want an error", name)
		}
	}
	got, err := db.SourceGroups(t.Context())
	if diff := cmp.Diff(good, got); diff != "" || err != nil {
		t.Errorf("SourceGroups() = %v, (-want +got):\n%s", err, diff)
	}
	if got, _ := db.Meta(t.Context(), "watermark"); got != "1" {
		t.Errorf("Meta(watermark) = %q, want 1", got)
	}
}

// storedUsers reads all stored assignments, in their order.
func storedUsers(t *testing.T, db *state.DB) (all []string) {
	t.Helper()
	must(t, db.EachSourceUser(t.Context(), func(id string, body []byte) error {
		all = append(all, id+" "+string(body))
		return nil
	}))
	return all
}

func addUsers(t *testing.T, db *state.DB, users ...[2]string) *state.UserWriter {
	t.Helper()
	w, err := db.SaveSourceUsers(t.Context())
	must(t, err)
	for _, u := range users {
		must(t, w.Add(u[0], []byte(u[1])))
	}
	return w
}

func TestSourceUsers(t *testing.T) {
	db := openDB(t, statePath(t))
	for _, tt := range []struct {
		step string
		add  [][2]string
		want []string
	}{
		{"first", [][2]string{{"b", "1"}, {"a", "1"}}, []string{"a 1", "b 1"}},
		{"same", [][2]string{{"a", "1"}, {"b", "1"}}, []string{"a 1", "b 1"}},
		{"changed, new, gone", [][2]string{{"c", "1"}, {"b", "2"}}, []string{"b 2", "c 1"}},
		{"given twice: the last", [][2]string{{"b", "3"}, {"b", "4"}, {"c", "2"}, {"c", "1"}, {"d", "1"}, {"d", "1"}}, []string{"b 4", "c 1", "d 1"}},
		{"none", nil, nil},
	} {
		must(t, addUsers(t, db, tt.add...).Commit())
		if diff := cmp.Diff(tt.want, storedUsers(t, db)); diff != "" {
			t.Errorf("%s: EachSourceUser (-want +got):\n%s", tt.step, diff)
		}
	}
}

func TestSourceUsersRollback(t *testing.T) {
	db := openDB(t, statePath(t))
	must(t, addUsers(t, db, [2]string{"a", "1"}).Commit())
	w, err := db.SaveSourceUsers(t.Context())
	must(t, err)
	for i := range 2000 { // more than is gathered in memory
		must(t, w.Add(fmt.Sprint(i), fmt.Appendf(nil, "%0400d", i)))
	}
	if _, err := db.SaveSourceUsers(t.Context()); err == nil {
		t.Error("a second SaveSourceUsers = nil, want an error")
	}
	if got := storedUsers(t, db); len(got) != 1 {
		t.Errorf("before Commit %d users are stored, want 1", len(got))
	}
	must(t, w.Rollback())
	must(t, w.Rollback())
	if w.Add("b", nil) == nil || w.Commit() == nil {
		t.Error("Add and Commit after Rollback = nil, want errors")
	}
	w = addUsers(t, db, [2]string{"b", "1"})
	must(t, w.Commit())
	must(t, w.Rollback())
	if diff := cmp.Diff([]string{"b 1"}, storedUsers(t, db)); diff != "" {
		t.Errorf("after Rollback and Commit (-want +got):\n%s", diff)
	}
	w = addUsers(t, db)
	if err := w.Add("", nil); err == nil {
		t.Error(`Add("") = nil, want an error`)
	}
	must(t, w.Rollback())
}

// A snapshot of more than is gathered in memory, in whatever order it comes.
func TestManySourceUsers(t *testing.T) {
	path := statePath(t)
	db := openDB(t, path)
	const people = 2000
	for round, step := range []int{1, 7, people - 1} { // in order, scattered, backwards
		w, err := db.SaveSourceUsers(t.Context())
		must(t, err)
		var want []string
		for i := range people {
			body := fmt.Sprintf(`{"UserName":"P%0400d","round":%d}`, i*step%people, round)
			must(t, w.Add(fmt.Sprintf("00u%04d", i*step%people), []byte(body)))
			want = append(want, fmt.Sprintf("00u%04d %s", i*step%people, body))
		}
		must(t, w.Commit())
		slices.Sort(want)
		if got := storedUsers(t, db); !slices.Equal(got, want) {
			t.Errorf("step %d: %d people are stored, want %d others", step, len(got), len(want))
		}
		if differ := wordsDiffer(t, path); differ != nil {
			t.Errorf("step %d: people_search and people_words differ: %.3q", step, differ)
		}
	}
}

// A context that ends leaves the stored assignments as they were.
func TestSourceUsersCancelled(t *testing.T) {
	db := openDB(t, statePath(t))
	must(t, addUsers(t, db, [2]string{"a", "1"}).Commit())
	ctx, cancel := context.WithCancel(t.Context())
	w, err := db.SaveSourceUsers(ctx)
	must(t, err)
	must(t, w.Add("b", []byte("1")))
	cancel()
	wantIs(t, "Commit", w.Commit(), context.Canceled)
	if diff := cmp.Diff([]string{"a 1"}, storedUsers(t, db)); diff != "" {
		t.Errorf("EachSourceUser (-want +got):\n%s", diff)
	}
	must(t, addUsers(t, db, [2]string{"b", "1"}).Commit())
}

// What a process of an earlier build had staged when it was killed reaches no snapshot.
func TestSourceUsersLeftovers(t *testing.T) {
	path := loadFixture(t, "testdata/v9.sql")
	runSQL(t, path, "INSERT INTO source_users_staged (id, digest, body) VALUES ('ghost', x'00', '{}')")
	db := openDB(t, path)
	must(t, addUsers(t, db, [2]string{"a", "1"}).Commit())
	if diff := cmp.Diff([]string{"a 1"}, storedUsers(t, db)); diff != "" {
		t.Errorf("EachSourceUser (-want +got):\n%s", diff)
	}
}

func TestEachSourceUserStops(t *testing.T) {
	db := openDB(t, statePath(t))
	must(t, addUsers(t, db, [2]string{"a", "1"}, [2]string{"b", "1"}).Commit())
	stop, calls := errors.New("enough"), 0
	err := db.EachSourceUser(t.Context(), func(string, []byte) error {
		calls++
		return stop
	})
	wantIs(t, "EachSourceUser", err, stop)
	if calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
}

// A snapshot that differs in nothing writes nothing.
func TestUnchangedSourceWritesNothing(t *testing.T) {
	path := statePath(t)
	db := openDB(t, path)
	groups, meta := []state.SourceGroup{{ID: "00g1", Members: []string{"00u1"}}}, map[string]string{"k": "v"}
	save := func() {
		t.Helper()
		must(t, db.SaveSourceGroups(t.Context(), groups, meta))
		saveUsers(t, db, 1000, 1)
	}
	save()
	before := fileHash(t, path+"-wal")
	save()
	if fileHash(t, path+"-wal") != before {
		t.Error("the write-ahead log grew")
	}
}

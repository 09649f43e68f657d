package state_test

import (
	"fmt"
	"testing"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// mark marks people whose assignments are given.
func markUsers(t *testing.T, db *state.DB, m state.Mark, users ...[2]string) {
	t.Helper()
	w := addUsers(t, db, users...)
	ids := make([]string, len(users))
	for i, u := range users {
		ids[i] = u[0]
	}
	for _, id := range ids {
		must(t, w.Mark(id, m))
	}
	must(t, w.Commit())
}

// marked returns the mark of a person that counts.
func marked(t *testing.T, db *state.DB, id string) (state.Mark, bool) {
	t.Helper()
	x := db.UserIndex()
	must(t, x.Load(t.Context(), []string{id}))
	u, _ := x.Get(id)
	return u.Mark, u.Marked
}

// TestMark: a mark counts until the record or the assignment of the person moves.
func TestMark(t *testing.T) {
	m := state.Mark{Basis: [8]byte{1}, Wire: [16]byte{2}, Source: [16]byte{3}, Name: 4}
	ann, bea := [2]string{"00u1", `{"x":1}`}, [2]string{"00u2", `{"x":2}`}
	record := state.Record{Resource: scim.Resource{Type: scim.User, SourceID: "00u1", ID: "w1", Active: true}}
	for name, move := range map[string]func(*testing.T, *state.DB){
		"the record is written":               func(t *testing.T, db *state.DB) { must(t, db.PutRecords(t.Context(), record)) },
		"the record is forgotten":             func(t *testing.T, db *state.DB) { must(t, db.Forget(t.Context(), scim.User, "00u1")) },
		"another body is stored":              func(t *testing.T, db *state.DB) { must(t, addUsers(t, db, [2]string{"00u1", `{"x":9}`}, bea).Commit()) },
		"the person is not assigned any more": func(t *testing.T, db *state.DB) { must(t, addUsers(t, db, bea).Commit()) },
		"the person left, and came back as before": func(t *testing.T, db *state.DB) {
			must(t, addUsers(t, db, bea).Commit())
			must(t, addUsers(t, db, ann, bea).Commit())
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := openDB(t, statePath(t))
			must(t, db.PutRecords(t.Context(), record))
			markUsers(t, db, m, ann, bea)
			must(t, addUsers(t, db, ann, bea).Commit())
			must(t, db.PutRecords(t.Context(), state.Record{Resource: scim.Resource{Type: scim.Group, SourceID: "00u1", Active: true}}))
			for _, id := range []string{"00u1", "00u2"} {
				if got, ok := marked(t, db, id); got != m || !ok {
					t.Fatalf("mark of %s = %+v, %t, want %+v", id, got, ok, m)
				}
			}
			move(t, db)
			if _, ok := marked(t, db, "00u1"); ok {
				t.Error("the mark of 00u1 still counts")
			}
			if _, ok := marked(t, db, "00u2"); !ok {
				t.Error("the mark of 00u2 does not count any more")
			}
		})
	}
}

// A snapshot that is given up leaves no mark of what was not stored.
func TestMarkOfASnapshotThatFails(t *testing.T) {
	db := openDB(t, statePath(t))
	must(t, addUsers(t, db, [2]string{"00u1", `{"x":1}`}).Commit())
	w := addUsers(t, db, [2]string{"00u1", `{"x":2}`}, [2]string{"00u2", `{}`})
	for _, id := range []string{"00u1", "00u2"} {
		must(t, w.Mark(id, state.Mark{Name: 1}))
	}
	must(t, w.Rollback())
	for _, id := range []string{"00u1", "00u2"} {
		if m, ok := marked(t, db, id); ok {
			t.Errorf("%s has the mark %+v", id, m)
		}
	}
}

// TestUserIndex: a page is found whole, be it a stretch of all ids or drawn from them.
func TestUserIndex(t *testing.T) {
	db := openDB(t, statePath(t))
	var users [][2]string
	for i := range 2000 {
		users = append(users, [2]string{fmt.Sprintf("00u%04d", i), fmt.Sprintf(`{"x":%d}`, i)})
	}
	must(t, addUsers(t, db, users...).Commit())
	x := db.UserIndex()
	for name, at := range map[string]func(int) int{"stretch": func(i int) int { return 700 + i }, "scattered": func(i int) int { return (i * 397) % 2000 }} {
		ids := []string{"00u9999"}
		for i := range 50 {
			ids = append(ids, users[at(i)][0])
		}
		must(t, x.Load(t.Context(), ids))
		for _, id := range ids[1:] {
			if u, ok := x.Get(id); !ok || u.Row == 0 || u.Marked {
				t.Errorf("%s: Get(%s) = %+v, %t", name, id, u, ok)
			}
		}
		if _, ok := x.Get("00u9999"); ok {
			t.Errorf("%s: somebody is found who is not stored", name)
		}
	}
}

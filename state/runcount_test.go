package state_test

import (
	"path/filepath"
	"testing"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// TestCountSoFar: what is counted is changes, whether or not it was counted before.
func TestCountSoFar(t *testing.T) {
	path := statePath(t)
	db := openDB(t, path)
	ctx := t.Context()
	must(t, db.BeginRun(ctx, state.Run{ID: "r1", Trigger: "schedule"}))
	var known state.Counted
	expect := func(when string, applied, failed int) {
		t.Helper()
		for name, k := range map[string]*state.Counted{"anew": nil, "from what is known": &known} {
			r := state.Run{ID: "r1", Applied: 99, Failed: 99}
			must(t, db.CountSoFar(ctx, &r, k))
			if r.Applied != applied || r.Failed != failed {
				t.Errorf("%s, counted %s: %d applied, %d failed, want %d and %d", when, name, r.Applied, r.Failed, applied, failed)
			}
		}
	}
	begin := func(seq int, kind scim.Type, action string) int64 {
		t.Helper()
		id, err := db.Begin(ctx, state.Entry{RunID: "r1", Seq: seq, Type: kind, SourceID: "00u1", Name: "x", Action: action})
		must(t, err)
		return id
	}
	end := func(id int64, as state.EntryState) { t.Helper(); must(t, db.Finish(ctx, id, state.Outcome{State: as})) }

	expect("at first", 0, 0)
	first := begin(1, scim.User, "create")
	end(begin(2, scim.User, "create"), state.Applied)
	expect("while the first goes on", 1, 0)
	end(first, state.Failed)
	expect("when it has failed", 1, 1)
	end(begin(3, scim.User, "update"), state.Abandoned)
	end(begin(4, scim.User, "update"), state.Applied)
	expect("with one that is abandoned", 2, 1)
	if known.UpTo == 0 {
		t.Error("nothing is remembered")
	}
	end(begin(5, scim.Group, "group_create"), state.Applied)
	batch := begin(5, scim.Group, "group_members")
	expect("a group, a batch under way", 2, 1)
	end(batch, state.Applied)
	end(begin(6, scim.Group, "group_members"), state.Applied)
	end(begin(6, scim.Group, "group_members"), state.Failed)
	expect("a group of two batches, and one that failed", 3, 2)

	must(t, db.Close())
	other := openDB(t, filepath.Join(t.TempDir(), "state.db")) // restored from a backup, as it were
	r := state.Run{ID: "r1"}
	must(t, other.CountSoFar(ctx, &r, &known))
	if r.Applied != 0 || r.Failed != 0 || known != (state.Counted{}) {
		t.Errorf("in another file: %d applied, %d failed, known %+v", r.Applied, r.Failed, known)
	}
	must(t, other.Close())
}

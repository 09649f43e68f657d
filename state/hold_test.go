package state_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/state"
)

func TestHolds(t *testing.T) {
	c := newClock()
	db := openAt(t, statePath(t), c)
	ctx := t.Context()
	leavers := state.Hold{ID: "h1", Kind: "deactivations", Digest: "d1", Count: 30, Items: []byte(`["00u1"]`)}
	removals := state.Hold{ID: "h2", Kind: "member_removals", Digest: "d2", Count: 200}
	check := func(step string, want ...state.Hold) {
		t.Helper()
		got, err := db.Holds(ctx)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: Holds() = %v, (-want +got):\n%s", step, err, diff)
		}
	}
	check("at first")

	must(t, db.PutHolds(ctx, []state.Hold{leavers, removals}))
	leavers.CreatedAt, removals.CreatedAt = c.t, c.t
	check("opened", leavers, removals)

	c.t = c.t.Add(time.Hour)
	must(t, db.Release(ctx, "h1", "ann"))
	leavers.ReleasedAt, leavers.ReleasedBy = c.t, "ann"
	check("released", leavers, removals)

	c.t = c.t.Add(time.Hour)
	must(t, db.Release(ctx, "h1", "bob"))
	check("released again: the first approval stays", leavers, removals)

	again := leavers
	again.CreatedAt, again.ReleasedAt, again.ReleasedBy = time.Time{}, time.Time{}, ""
	must(t, db.PutHolds(ctx, []state.Hold{again}))
	check("put again with the same digest: creation and approval stay; the other is closed", leavers)
	wantIs(t, "Release(closed)", db.Release(ctx, "h2", "ann"), state.ErrNoHold)
	wantIs(t, "Release(unknown)", db.Release(ctx, "h3", "ann"), state.ErrNoHold)

	again.Digest, again.Count = "d1+", 31
	must(t, db.PutHolds(ctx, []state.Hold{again}))
	again.CreatedAt = c.t
	check("a set that has grown is a new hold: no approval", again)

	must(t, db.PutHolds(ctx, nil))
	check("all closed")

	c.t = c.t.Add(time.Hour)
	again.CreatedAt = time.Time{}
	must(t, db.PutHolds(ctx, []state.Hold{again}))
	again.CreatedAt = c.t
	check("opened anew", again)

	// Whoever passes an approval in does not get it recorded.
	again.ReleasedAt, again.ReleasedBy = c.t, "mallory"
	must(t, db.PutHolds(ctx, []state.Hold{again}))
	again.ReleasedAt, again.ReleasedBy = time.Time{}, ""
	check("only Release approves", again)
}

func TestMeta(t *testing.T) {
	db := openDB(t, statePath(t))
	for _, want := range []string{"", "1", "2", "ü\n\"'"} {
		if want != "" {
			must(t, db.SetMeta(t.Context(), "cursor", want))
		}
		if got, err := db.Meta(t.Context(), "cursor"); got != want || err != nil {
			t.Errorf("Meta(cursor) = %q, %v, want %q", got, err, want)
		}
	}
}

func TestMapping(t *testing.T) {
	db := openDB(t, statePath(t))
	want := map[string]string{"userName": "appuser.userName", "name.givenName": `String.substring(user.firstName, 0, 3) + "é"`}
	must(t, db.SaveMapping(t.Context(), "d1", want))
	must(t, db.SaveMapping(t.Context(), "d1", want))
	got, err := db.Mapping(t.Context(), "d1")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("Mapping(d1) = %v, (-want +got):\n%s", err, diff)
	}
	if got, err := db.Mapping(t.Context(), "d2"); got != nil || err != nil {
		t.Errorf("Mapping(unknown) = %v, %v, want nil", got, err)
	}
}

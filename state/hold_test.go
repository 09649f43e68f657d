package state_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/state"
)

func TestHolds(t *testing.T) {
	c := newClock()
	db := openAt(t, statePath(t), c)
	ctx := t.Context()
	leavers := state.Hold{
		ID: "h1", Kind: "deactivations", Digest: "d1", Limit: "20", Reason: "30 are more than 20", Count: 30,
		Items: []state.HeldItem{{Key: "00u1", Type: "User", Action: "deactivate", OktaID: "00u1", Name: "ann@example.com"}},
	}
	removals := state.Hold{ID: "h2", Kind: "member_removals", Digest: "d2", Count: 200}
	pushNow := state.Hold{ID: "h3", Kind: "member_removals", Digest: "d3", Count: 40, Forced: true}
	check := func(step string, want ...state.Hold) {
		t.Helper()
		got, err := db.Holds(ctx)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: Holds() = %v, (-want +got):\n%s", step, err, diff)
		}
	}
	put := func(replace state.Replace, holds ...state.Hold) {
		t.Helper()
		c.t = c.t.Add(time.Hour)
		must(t, db.PutHolds(ctx, replace, holds))
	}
	check("at first")

	put(state.ReplacePlanned, leavers, removals)
	leavers.CreatedAt, removals.CreatedAt = c.t, c.t
	check("opened", leavers, removals)

	put(state.ReplaceForced, pushNow)
	pushNow.CreatedAt = c.t
	check("a resync adds its own", leavers, removals, pushNow)
	put(state.ReplaceNone)
	check("a look at a few people closes nothing", leavers, removals, pushNow)

	grown := leavers
	grown.CreatedAt, grown.Digest, grown.Count = time.Time{}, "d1+", 31
	put(state.ReplacePlanned, grown)
	grown.CreatedAt = leavers.CreatedAt
	check("put again: its creation stays; the other is closed; that of the resync stays", grown, pushNow)
	put(state.ReplaceForced)
	check("the next resync closes its own", grown)

	put(state.ReplacePlanned)
	check("all closed")
	grown.CreatedAt = time.Time{}
	put(state.ReplacePlanned, grown)
	grown.CreatedAt = c.t
	check("opened anew", grown)
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

// The first items of a long list are read from a part of it, wherever that is cut off: in an
// item, between two, behind a comma.
func TestHoldHeadsOfALongList(t *testing.T) {
	db := openDB(t, statePath(t))
	item := func(i, padding int) state.HeldItem {
		return state.HeldItem{Key: fmt.Sprintf("00u%04d", i), Type: "User", Action: "deactivate", Name: strings.Repeat("x", padding)}
	}
	size := len(`{"key":"00u0000","type":"User","action":"deactivate","okta_id":"","name":""},`)
	h := state.Hold{ID: "h1", Kind: "deactivations", Digest: "d", Count: 900}
	for i := range h.Count {
		h.Items = append(h.Items, item(i, 0))
	}
	for padding := range size {
		h.Items[0] = item(0, padding)
		must(t, db.PutHolds(t.Context(), state.ReplacePlanned, []state.Hold{h}))
		heads, err := db.HoldHeads(t.Context(), len(h.Items))
		must(t, err)
		got := heads[0].Hold.Items
		if n := len(got); n < 300 || n == h.Count || heads[0].Left != h.Count {
			t.Fatalf("padding %d: %d items of %d, want some of them", padding, n, heads[0].Left)
		}
		if diff := cmp.Diff(h.Items[:len(got)], got); diff != "" {
			t.Fatalf("padding %d (-want +got):\n%s", padding, diff)
		}
	}
}

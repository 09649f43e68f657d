package state_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/state"
)

// heldLeavers is a hold of deactivations.
func heldLeavers(id string, people ...string) state.Hold {
	h := state.Hold{ID: id, Kind: "deactivations", Digest: state.HoldDigest("deactivations", people), Count: len(people)}
	for _, p := range people {
		h.Items = append(h.Items, state.HeldItem{Key: p, Type: "User", Action: "deactivate", OktaID: p, Name: p + "@example.com"})
	}
	return h
}

// inForce lists the decisions in force: "h1 approved ann: 00u1 00u2".
func inForce(t *testing.T, db *state.DB) []string {
	t.Helper()
	decisions, err := db.Decisions(t.Context())
	must(t, err)
	var out []string
	for _, d := range decisions {
		line := d.Hold.ID + " " + string(d.Verdict) + " " + d.By + ":"
		for _, item := range d.Hold.Items {
			line += " " + item.Key
		}
		out = append(out, line)
	}
	return out
}

func wantInForce(t *testing.T, db *state.DB, step string, want ...string) {
	t.Helper()
	if got := inForce(t, db); !slices.Equal(got, want) {
		t.Errorf("%s: in force %q, want %q", step, got, want)
	}
}

func TestDecide(t *testing.T) {
	c := newClock()
	db := openAt(t, statePath(t), c)
	ctx := t.Context()
	hold := heldLeavers("h1", "00u1", "00u2", "00u3")
	must(t, db.PutHolds(ctx, state.ReplacePlanned, []state.Hold{hold}))
	hold.CreatedAt = c.t
	c.t = c.t.Add(time.Hour)

	d, err := db.Decide(ctx, state.Judgement{HoldID: "h1", Digest: hold.Digest, Verdict: state.Rejected, By: "ann", Reason: "they are on leave"})
	must(t, err)
	if d.By != "ann" || d.Reason != "they are on leave" || !d.At.Equal(c.t) || d.Verdict != state.Rejected || d.Hold.Count != 3 {
		t.Errorf("Decide() = %+v", d)
	}
	wantInForce(t, db, "rejected", "h1 rejected ann: 00u1 00u2 00u3")
	if holds, err := db.Holds(ctx); len(holds) != 0 || err != nil {
		t.Errorf("Holds() = %+v, %v, want none: it waits no more", holds, err)
	}

	must(t, db.PutHolds(ctx, state.ReplacePlanned, []state.Hold{hold})) // of a run that began before
	if holds, err := db.Holds(ctx); len(holds) != 0 || err != nil {
		t.Errorf("Holds() = %+v, %v: what is decided opens again", holds, err)
	}

	again, err := db.Decide(ctx, state.Judgement{HoldID: "h1", Verdict: state.Rejected, By: "bob"})
	if err != nil || again.By != "ann" {
		t.Errorf("the same verdict again: %+v, %v, want the first decision", again, err)
	}
	var overtaken *state.DecidedHoldError
	_, err = db.Decide(ctx, state.Judgement{HoldID: "h1", Seen: state.Undecided, Verdict: state.Approved, By: "bob"})
	if !errors.As(err, &overtaken) || overtaken.Decision.By != "ann" {
		t.Errorf("another verdict, by a person who saw it wait: %v, want ann's decision", err)
	}
	must(t, db.EndDecided(ctx, map[int64][]string{d.ID: {"00u2"}}))
	wantInForce(t, db, "one has returned", "h1 rejected ann: 00u1 00u3")

	_, err = db.Decide(ctx, state.Judgement{HoldID: "h1", Seen: state.Rejected, Verdict: state.Approved, By: "bob", Reason: "they have left after all"})
	must(t, err)
	wantInForce(t, db, "approved after all", "h1 approved bob: 00u1 00u3")
	all, err := db.DecisionsOn(ctx, "h1")
	if err != nil || len(all) != 2 || all[0].By != "bob" || all[1].EndedAt.IsZero() {
		t.Errorf("DecisionsOn(h1) = %+v, %v, want bob's and then ann's, ended", all, err)
	}
	must(t, db.EndDecided(ctx, map[int64][]string{all[0].ID: {"00u1", "00u3"}}))
	wantInForce(t, db, "all done")
}

// What a person has seen and what waits must be one.
func TestDecideOnAMovedHold(t *testing.T) {
	db := openDB(t, statePath(t))
	ctx := t.Context()
	first, second := heldLeavers("h1", "00u1"), heldLeavers("h2", "00u1", "00u2")
	must(t, db.PutHolds(ctx, state.ReplacePlanned, []state.Hold{first}))
	must(t, db.PutHolds(ctx, state.ReplacePlanned, []state.Hold{second}))
	decide := func(id, digest string) error {
		_, err := db.Decide(ctx, state.Judgement{HoldID: id, Digest: digest, Verdict: state.Approved, By: "ann"})
		return err
	}
	wantIs(t, "Decide(unknown)", decide("h9", ""), state.ErrNoHold)
	for name, err := range map[string]error{"closed": decide("h1", first.Digest), "another digest": decide("h2", first.Digest)} {
		var moved *state.MovedHoldError
		if !errors.As(err, &moved) || moved.Now != "h2" {
			t.Errorf("%s: %v, want a *MovedHoldError that names h2", name, err)
		}
	}
	wantInForce(t, db, "nothing was decided")
	must(t, decide("h2", second.Digest))
	wantInForce(t, db, "the set that was seen", "h2 approved ann: 00u1 00u2")
}

// The newer decision about an object counts.
func TestDecisionsAboutOneObject(t *testing.T) {
	db := openDB(t, statePath(t))
	ctx := t.Context()
	for _, step := range []struct {
		hold    state.Hold
		verdict state.Verdict
	}{{heldLeavers("h1", "00u1", "00u2"), state.Rejected}, {heldLeavers("h2", "00u2", "00u3"), state.Approved}} {
		must(t, db.PutHolds(ctx, state.ReplacePlanned, []state.Hold{step.hold}))
		_, err := db.Decide(ctx, state.Judgement{HoldID: step.hold.ID, Verdict: step.verdict, By: "ann"})
		must(t, err)
	}
	wantInForce(t, db, "both", "h1 rejected ann: 00u1", "h2 approved ann: 00u2 00u3")
}

// A decision with a scope lasts until that ends, whatever becomes of its items.
func TestDecisionWithScope(t *testing.T) {
	db := openDB(t, statePath(t))
	ctx := t.Context()
	slip := heldLeavers("slip", "00u1")
	slip.Kind, slip.Scope = "likely_slip", "name.givenName = user.fristName"
	must(t, db.PutHolds(ctx, state.ReplacePlanned, []state.Hold{slip}))
	d, err := db.Decide(ctx, state.Judgement{HoldID: "slip", Verdict: state.Approved, By: "ann"})
	must(t, err)
	must(t, db.EndDecided(ctx, map[int64][]string{d.ID: {"00u1"}}))
	wantInForce(t, db, "without items", "slip approved ann:")
	must(t, db.EndDecided(ctx, map[int64][]string{d.ID: nil}))
	wantInForce(t, db, "the expression has changed")
}

// A decision is recorded beside a process that has the state open for writing, and
// that process sees it.
func TestDecideBesideAWriter(t *testing.T) {
	path := statePath(t)
	db := openDB(t, path)
	ctx := t.Context()
	must(t, db.PutHolds(ctx, state.ReplacePlanned, []state.Hold{heldLeavers("h1", "00u1")}))
	_, err := state.Decide(ctx, path, state.Judgement{HoldID: "h1", Verdict: state.Approved, By: "ann"})
	must(t, err)
	wantInForce(t, db, "seen by the writer", "h1 approved ann: 00u1")
	must(t, db.SetMeta(ctx, "k", "v"))
	must(t, db.Close())
	must(t, state.Check(ctx, path))

	_, err = state.Decide(ctx, path+".none", state.Judgement{HoldID: "h1", Verdict: state.Approved})
	wantIs(t, "Decide(no file)", err, state.ErrNotExist)
}

// The journal says who approved a change, and limits leave such changes out.
func TestApprovedEntries(t *testing.T) {
	c := newClock()
	db := openAt(t, statePath(t), c)
	ctx := t.Context()
	must(t, db.PutHolds(ctx, state.ReplacePlanned, []state.Hold{heldLeavers("h1", "00u1")}))
	d, err := db.Decide(ctx, state.Judgement{HoldID: "h1", Verdict: state.Approved, By: "ann", Reason: "ticket 7"})
	must(t, err)
	for _, decision := range []int64{d.ID, 0} {
		e := entryOf(userRecord(1))
		e.Action, e.State, e.Decision = "deactivate", state.Applied, decision
		_, err := db.Begin(ctx, e)
		must(t, err)
	}
	entries, err := db.History(ctx, state.Filter{})
	if err != nil || len(entries) != 2 || entries[0].ApprovedBy != "" || entries[1].ApprovedBy != "ann" ||
		entries[1].ApprovalReason != "ticket 7" || !entries[1].ApprovedAt.Equal(c.t) {
		t.Errorf("History() = %+v, %v, want one approved by ann", entries, err)
	}
	if n, err := db.Applied(ctx, "deactivate", state.Window{Now: c.t}); n != 1 || err != nil {
		t.Errorf("Applied() = %d, %v, want 1", n, err)
	}
	must(t, db.EndDecided(ctx, map[int64][]string{d.ID: {"00u1"}}))
	c.t = c.t.Add(time.Hour)
	_, err = db.Prune(ctx, c.t)
	must(t, err)
	if all, err := db.DecisionsOn(ctx, "h1"); len(all) != 0 || err != nil {
		t.Errorf("DecisionsOn() after pruning = %+v, %v, want none", all, err)
	}
}

// Holds of version 1 become such that a person can decide about them, and approvals
// become decisions.
func TestMigrateHolds(t *testing.T) {
	path := loadFixture(t, "testdata/v1.sql")
	runSQL(t, path, strings.Join([]string{
		`INSERT INTO holds VALUES (2, 'h2', 'deactivations', 'h2', 1, '["00u1"]', 1772366400000, 1772366500000, 'ann', NULL)`,
		`INSERT INTO holds VALUES (3, 'h3', 'member_removals', 'h3', 1, '["00g1/00u1"]', 1772366400000, NULL, '', NULL)`,
		`INSERT INTO holds VALUES (4, 'h4', 'group_deletes', 'h4', 1, '["00g1"]', 1772366400000, 1772366500000, 'bob', 1772366600000)`,
	}, ";"))
	db := openDB(t, path)
	wantInForce(t, db, "approved in version 1, and not closed", "h2 approved ann: 00u1")
	holds, err := db.Holds(t.Context())
	if err != nil || len(holds) != 2 || holds[0].Items[0].Key != "00u3" ||
		holds[1].Items[0] != (state.HeldItem{Key: "00g1/00u1", Type: "Group", Action: "group_members", OktaID: "00g1", Name: "Editors", MemberID: "00u1", Member: "ann@example.com"}) {
		t.Errorf("Holds() = %+v, %v", holds, err)
	}
	if all, err := db.DecisionsOn(t.Context(), "h4"); err != nil || len(all) != 1 || all[0].By != "bob" || all[0].EndedAt.IsZero() {
		t.Errorf("DecisionsOn(h4) = %+v, %v, want bob's, ended", all, err)
	}
}

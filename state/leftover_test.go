package state_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"okta-walkme-agent/state"
)

// TestLeftovers: runs that leave the same undone share it, and it goes with the last of
// them.
func TestLeftovers(t *testing.T) {
	ctx, path := t.Context(), statePath(t)
	db := openDB(t, path)
	same, other := json.RawMessage(`{"counts":{"held":2}}`), json.RawMessage(`{"counts":{"held":3}}`)
	old := time.Now().Add(-48 * time.Hour)
	for id, body := range map[string]json.RawMessage{"a": same, "b": same, "c": other, "d": nil} {
		must(t, db.BeginRun(ctx, state.Run{ID: id, StartedAt: old}))
		if body != nil {
			must(t, db.SaveLeftovers(ctx, id, body))
		}
		must(t, db.FinishRun(ctx, state.Run{ID: id, Outcome: "held", FinishedAt: old}))
		if got, err := db.Leftovers(ctx, id); err != nil || string(got) != string(body) {
			t.Errorf("Leftovers(%s) = %s, %v, want %s", id, got, err, body)
		}
	}
	if err := db.SaveLeftovers(ctx, "none", same); !errors.Is(err, state.ErrNoRun) {
		t.Errorf("SaveLeftovers of no run: %v, want ErrNoRun", err)
	}
	if got, err := db.Leftovers(ctx, "none"); err != nil || got != nil {
		t.Errorf("Leftovers of no run = %s, %v", got, err)
	}
	raw, err := sql.Open("sqlite", path)
	must(t, err)
	defer raw.Close()
	rows := func() (n int) {
		must(t, raw.QueryRowContext(ctx, "SELECT count(*) FROM leftovers").Scan(&n))
		return n
	}
	if n := rows(); n != 2 {
		t.Errorf("%d rows for three runs of which two left the same, want 2", n)
	}
	for i := range 50 { // the last 50 stay
		must(t, db.BeginRun(ctx, state.Run{ID: fmt.Sprintf("new-%d", i)}))
	}
	_, err = db.Prune(ctx, time.Now().Add(-time.Hour))
	must(t, err)
	if n := rows(); n != 0 {
		t.Errorf("%d rows after their runs are gone, want none", n)
	}
}

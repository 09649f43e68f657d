package state_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"okta-walkme-agent/state"
)

func TestOneServiceClaimsAState(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "state.db")
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	if who, err := state.Service(path); who != nil || err != nil {
		t.Errorf("Service() = %v, %v before a claim, want nobody", who, err)
	}
	first, err := state.LockService(t.Context(), path, "agent run", now)
	if err != nil {
		t.Fatal(err)
	}
	var locked *state.LockedError
	if _, err := state.LockService(t.Context(), path, "agent run", now); !errors.As(err, &locked) || locked.Command != "agent run" {
		t.Errorf("LockService() = %v while claimed, want a LockedError of agent run", err)
	}
	if who, err := state.Service(path); err != nil || who == nil || !who.Since.Equal(now) {
		t.Errorf("Service() = %v, %v, want the claimant since %v", who, err, now)
	}
	db, err := state.Open(t.Context(), state.Options{Path: path})
	if err != nil {
		t.Fatalf("Open() = %v beside a claim", err)
	}
	if err := errors.Join(db.Close(), first.Release()); err != nil {
		t.Fatal(err)
	}
	again, err := state.LockService(t.Context(), path, "agent run", now)
	if err != nil {
		t.Fatalf("LockService() = %v after the release", err)
	}
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}
}

package agent_test

import (
	"path/filepath"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/state"
)

// TestFacts remembers and forgets; an empty state remembers nothing.
func TestFacts(t *testing.T) {
	t.Parallel()
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "state.db")
	empty, err := state.OpenOrEmpty(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	if q, err := agent.SlowDown.Load(ctx, empty); q != (agent.Quarantine{}) || err != nil {
		t.Errorf("Load() of an empty state = %+v, %v, want nothing", q, err)
	}
	db, err := state.Open(ctx, state.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	for _, want := range []agent.Quarantine{{}, {Level: 3, Since: noon, Reason: "refused"}, {}} {
		if err := agent.SlowDown.Save(ctx, db, want); err != nil {
			t.Fatal(err)
		}
		if got, err := agent.SlowDown.Load(ctx, db); got != want || err != nil {
			t.Errorf("Load() = %+v, %v, want %+v", got, err, want)
		}
	}
	for _, want := range []time.Time{{}, noon, noon.Add(1500 * time.Millisecond)} {
		if err := agent.NextRunAt.Save(ctx, db, want); err != nil {
			t.Fatal(err)
		}
		if got, err := agent.NextRunAt.Load(ctx, db); !got.Equal(want) || err != nil {
			t.Errorf("Load() = %v, %v, want %v", got, err, want)
		}
	}
	if err := db.SetMeta(ctx, "quarantine", "{"); err != nil {
		t.Fatal(err)
	}
	if _, err := agent.SlowDown.Load(ctx, db); err == nil {
		t.Error("Load() of damaged JSON succeeded")
	}
}

package agent_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// brokenStore takes so many bytes, and gives none back.
type brokenStore struct{ room int }

func (s *brokenStore) Write(p []byte) (int, error) {
	if s.room -= len(p); s.room < 0 {
		return 0, state.ErrDiskFull
	}
	return len(p), nil
}

func (s *brokenStore) ReadAt([]byte, int64) (int, error) { return 0, os.ErrClosed }

// A plan whose file cannot be made, takes nothing more, or cannot be read back is no plan.
func TestPlanWhoseFileFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann", "bob")
	w.sync()
	w.agent.Config.Mapping = guideMapping(t, "user.email")
	failure := errors.New("no file")
	for name, tt := range map[string]struct {
		spill func() (plan.ChangeStore, error)
		want  error
	}{
		"cannot be made":      {func() (plan.ChangeStore, error) { return nil, failure }, failure},
		"takes nothing more":  {func() (plan.ChangeStore, error) { return &brokenStore{}, nil }, state.ErrDiskFull},
		"cannot be read back": {func() (plan.ChangeStore, error) { return &brokenStore{room: 1 << 20}, nil }, os.ErrClosed},
	} {
		w.agent.Spill = tt.spill
		if _, err := w.agent.Plan(t.Context(), agent.Options{}); !errors.Is(err, tt.want) {
			t.Errorf("Plan with a file that %s = %v, want %v", name, err, tt.want)
		}
		if _, err := w.agent.PlanOffline(t.Context(), agent.Options{}); !errors.Is(err, tt.want) {
			t.Errorf("PlanOffline with a file that %s = %v, want %v", name, err, tt.want)
		}
	}
	w.agent.SpillFrom = 2
	if p := w.plan(); len(p.Changes) != 2 || p.Len() != 2 {
		t.Errorf("%d of %d changes are in memory, want both", len(p.Changes), p.Len())
	}
}

// The file of a plan is beside the state, has no name there, and is closed when it is
// given back. A run after that holds its changes.
func TestSpillBeside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann", "bob")
	w.sync()
	w.agent.Config.Mapping = guideMapping(t, "user.email")
	giveBack := w.agent.SpillBeside(w.path)
	w.agent.SpillFrom = 0
	before := filesOf(t, filepath.Dir(w.path))
	p := w.plan()
	if diff := cmp.Diff(before, filesOf(t, filepath.Dir(w.path))); diff != "" {
		t.Errorf("files beside the state (-before +after):\n%s", diff)
	}
	if len(p.Changes) != 0 || p.Len() != 2 {
		t.Fatalf("%d of %d changes are in memory, want none of 2", len(p.Changes), p.Len())
	}
	giveBack()
	for _, err := range p.All() {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("a plan is read after its file was given back: %v", err)
		}
	}
	if r := w.sync(); len(r.Changes) != 2 {
		t.Errorf("%d changes in the run, want 2", len(r.Changes))
	}
}

func filesOf(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

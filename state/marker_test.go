package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"okta-walkme-agent/state"
)

// The marker says generation and machine, is private, is no part of a backup, and what is
// no marker is none.
func TestMarker(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	db, err := state.Open(t.Context(), state.Options{Path: path, Build: "test", Holder: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if m, err := db.Marker(); m != nil || err != nil {
		t.Errorf("Marker() before the first = %v, %v, want none", m, err)
	}
	for range 2 {
		if err := db.Mark(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	m, err := db.Marker()
	if err != nil || m == nil || *m != (state.Marker{Machine: state.Machine()}) {
		t.Errorf("Marker() = %+v, %v, want that of this machine", m, err)
	}
	info, err := os.Stat(path + ".marker")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("marker file: %v, %v, want mode 0600", info, err)
	}

	reader, err := state.OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if m, err := reader.Marker(); err != nil || m == nil {
		t.Errorf("Marker() of a reader = %v, %v", m, err)
	}
	for _, text := range []string{"", "{", "[]", `{"generation":3}`} {
		if err := os.WriteFile(path+".marker", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if m, err := db.Marker(); m != nil || err != nil {
			t.Errorf("Marker() of %q = %v, %v, want none", text, m, err)
		}
		if err := reader.Mark(t.Context()); !errors.Is(err, state.ErrReadOnly) {
			t.Errorf("Mark() of a reader = %v, want ErrReadOnly", err)
		}
	}
}

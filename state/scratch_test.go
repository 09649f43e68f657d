package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"okta-walkme-agent/state"
)

func TestScratch(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	beside := t.TempDir()
	for _, path := range []string{filepath.Join(beside, "state.db"), filepath.Join(beside, "nowhere", "state.db")} {
		s, err := state.NewScratch(path)
		must(t, err)
		_, err = s.Write([]byte("hello "))
		must(t, err)
		_, err = s.Write([]byte("world"))
		must(t, err)
		got := make([]byte, 5)
		if _, err := s.ReadAt(got, 6); err != nil || string(got) != "world" {
			t.Errorf("ReadAt = %q, %v, want world", got, err)
		}
		for _, dir := range []string{beside, temporary} {
			if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
				t.Errorf("%s holds %v, %v; the file is to have no name", dir, entries, err)
			}
		}
		must(t, s.Close())
		if _, err := s.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
			t.Errorf("Write after Close = %v, want %v", err, os.ErrClosed)
		}
	}
	t.Setenv("TMPDIR", filepath.Join(beside, "nowhere"))
	if _, err := state.NewScratch(filepath.Join(beside, "nowhere", "state.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("NewScratch without a folder = %v, want %v", err, os.ErrNotExist)
	}
	var none *state.Scratch
	must(t, none.Close())
}

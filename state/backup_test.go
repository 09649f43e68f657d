package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"okta-walkme-agent/state"
)

// A backup that is made while the service writes is one state, whole and sound.
func TestBackupWhileWriting(t *testing.T) {
	path := statePath(t)
	db := openDB(t, path)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			n := strconv.Itoa(i)
			if err := db.SaveSourceGroups(t.Context(), []state.SourceGroup{{ID: "00g" + n}}, map[string]string{"id": "00g" + n}); err != nil {
				t.Error(err)
			}
		}
	})
	reader, err := state.OpenReadOnly(t.Context(), path)
	must(t, err)
	for i := range 5 {
		source := []*state.DB{db, reader}[i%2]
		copied := filepath.Join(t.TempDir(), "backup.db")
		must(t, source.Backup(t.Context(), copied))
		verifyBackup(t, copied)
	}
	close(stop)
	wg.Wait()
	must(t, reader.Close())
}

func verifyBackup(t *testing.T, path string) {
	t.Helper()
	must(t, state.Check(t.Context(), path))
	info, err := os.Stat(path)
	must(t, err)
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode of the backup = %o, want 600", got)
	}
	restored := openDB(t, path)
	defer closeDB(t, restored)
	groups, err := restored.SourceGroups(t.Context())
	must(t, err)
	want, err := restored.Meta(t.Context(), "id")
	must(t, err)
	if len(groups) > 1 || len(groups) == 1 && groups[0].ID != want {
		t.Errorf("the backup mixes two states: groups %v, meta %s", groups, want)
	}
}

func TestBackupNeverOverwrites(t *testing.T) {
	path := statePath(t)
	db := openDB(t, path)
	other := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(other, []byte("precious"), 0o600))
	wantIs(t, "Backup(existing)", db.Backup(t.Context(), other), os.ErrExist)
	wantIs(t, "Backup(itself)", db.Backup(t.Context(), path), os.ErrExist)
	if text, err := os.ReadFile(other); string(text) != "precious" {
		t.Errorf("the existing file holds %q, %v", text, err)
	}
	if err := db.Backup(t.Context(), filepath.Join(t.TempDir(), "none", "file")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Backup(no folder) = %v, want os.ErrNotExist", err)
	}
	if err := db.Backup(t.Context(), ""); err == nil {
		t.Error(`Backup("") = nil, want an error`)
	}
}

// The name of a backup is a promise: whoever copies it away finds all of it.
func TestBackupAppearsWhole(t *testing.T) {
	db := openDB(t, statePath(t))
	must(t, db.PutRecords(t.Context(), groupRecord(1, 50_000)))
	folder := t.TempDir()
	path := filepath.Join(folder, "backup.db")
	done := make(chan error)
	go func() { done <- db.Backup(t.Context(), path) }()
	for {
		if info, err := os.Stat(path); err == nil && info.Size() == 0 {
			t.Error("the backup has its name while it is empty")
			must(t, <-done)
			return
		}
		select {
		case err := <-done:
			must(t, err)
			must(t, state.Check(t.Context(), path))
			if left, err := os.ReadDir(folder); len(left) != 1 || err != nil {
				t.Errorf("files = %v, %v, want the backup alone", left, err)
			}
			return
		default:
		}
	}
}

// A backup that cannot be finished leaves nothing under its name.
func TestBackupCancelled(t *testing.T) {
	db := openDB(t, statePath(t))
	folder := t.TempDir()
	ctx := cancelled(t)
	if err := db.Backup(ctx, filepath.Join(folder, "backup.db")); err == nil {
		t.Error("Backup with a cancelled context = nil, want an error")
	}
	if left, err := os.ReadDir(folder); len(left) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

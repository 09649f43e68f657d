package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"okta-walkme-agent/state"
)

func TestOpenReadOnlyWithoutFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "state.db")
	_, err := state.OpenReadOnly(t.Context(), path)
	wantIs(t, "OpenReadOnly(no file)", err, state.ErrNotExist)
	wantIs(t, "Check(no file)", state.Check(t.Context(), path), state.ErrNotExist)
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("folder after OpenReadOnly: %v, want it not to exist", err)
	}
}

// fill writes something into every table.
func fill(t *testing.T, db *state.DB) {
	t.Helper()
	ctx := t.Context()
	must(t, db.BeginRun(ctx, state.Run{ID: "run-1", Trigger: "sync"}))
	id, err := db.Begin(ctx, entryOf(userRecord(1)))
	must(t, err)
	must(t, db.Finish(ctx, id, state.Outcome{State: state.Applied}, userRecord(1)))
	must(t, db.PutRecords(ctx, groupRecord(1, 3)))
	must(t, db.PutHolds(ctx, state.ReplacePlanned, []state.Hold{{ID: "h1", Kind: "deactivations", Digest: "d", Count: 2}}))
	must(t, db.SaveMapping(ctx, "d", map[string]string{"userName": "appuser.userName"}))
	must(t, db.SaveSourceGroups(ctx, []state.SourceGroup{{ID: "00g1", Name: "Editors", Members: []string{"00u1"}}}, map[string]string{"k": "v"}))
	saveUsers(t, db, 10, 1)
}

func TestReadOnlyChangesNoByte(t *testing.T) {
	path := statePath(t)
	db := openDB(t, path)
	fill(t, db)
	must(t, db.Close())
	before := fileHash(t, path)

	reader, err := state.OpenReadOnly(t.Context(), path)
	must(t, err)
	for name, read := range reads {
		if err := read(t.Context(), reader); err != nil {
			t.Errorf("%s = %v, want nil", name, err)
		}
	}
	for name, write := range writes {
		wantIs(t, name+" on a read-only database", write(t.Context(), reader), state.ErrReadOnly)
	}
	must(t, reader.Backup(t.Context(), path+".copy"))
	must(t, reader.Close())
	must(t, state.Check(t.Context(), path))
	if fileHash(t, path) != before {
		t.Error("the file changed under a reader")
	}
}

// After a kill the write-ahead log holds what the file does not. A reader sees
// it and still writes nothing into the file.
func TestReadOnlyAfterKill(t *testing.T) {
	path := statePath(t)
	child := startChild(t, "hold", path)
	child.kill(t)
	before, wal := fileHash(t, path), fileHash(t, path+"-wal")

	reader, err := state.OpenReadOnly(t.Context(), path)
	must(t, err)
	if got, err := reader.Meta(t.Context(), "child"); got != "was here" {
		t.Errorf("Meta(child) = %q, %v, want what the killed process wrote", got, err)
	}
	runs, err := reader.Runs(t.Context(), 1)
	if err != nil || len(runs) != 1 || runs[0].Outcome != state.Interrupted {
		t.Errorf("Runs() = %+v, %v, want one that is interrupted", runs, err)
	}
	must(t, reader.Close())
	if fileHash(t, path) != before || fileHash(t, path+"-wal") != wal {
		t.Error("the file or its log changed under a reader")
	}
}

// A status call while the service works sees whole transactions.
func TestReadOnlyWhileWriting(t *testing.T) {
	path := statePath(t)
	db := openDB(t, path)
	must(t, db.SaveSourceGroups(t.Context(), nil, map[string]string{"a": "0", "b": "0"}))
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 200 {
			n := strconv.Itoa(i)
			if err := db.SaveSourceGroups(t.Context(), []state.SourceGroup{{ID: "00g" + n}}, map[string]string{"a": n, "b": n}); err != nil {
				t.Error(err)
			}
		}
	})
	for range 20 {
		reader, err := state.OpenReadOnly(t.Context(), path)
		must(t, err)
		for name, read := range reads {
			if err := read(t.Context(), reader); err != nil && !errors.Is(err, state.ErrNoPerson) {
				t.Errorf("%s = %v, want nil", name, err)
			}
		}
		groups, err := reader.SourceGroups(t.Context())
		if err != nil || len(groups) > 1 {
			t.Errorf("SourceGroups() = %d groups, %v, want at most the one of a transaction", len(groups), err)
		}
		must(t, reader.Close())
	}
	wg.Wait()
}

// A read-only disk is met in a helper and named again by its caller.
func TestReasonIsNamedOnce(t *testing.T) {
	for _, tt := range []struct {
		cause error
		want  string
	}{
		{syscall.EROFS, "read-only: open f: read-only file system"},
		{syscall.ENOSPC, "disk full: open f: no space left on device"},
	} {
		err := state.WriteError(state.WriteError(&os.PathError{Op: "open", Path: "f", Err: tt.cause}))
		if err.Error() != tt.want {
			t.Errorf("WriteError(WriteError(%v)) = %q, want %q", tt.cause, err, tt.want)
		}
	}
}

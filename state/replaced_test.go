package state_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"okta-walkme-agent/state"
)

// anotherState is a file of this program that knows one other person.
func anotherState(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.db")
	db := openAt(t, path, newClock())
	must(t, db.PutRecords(t.Context(), userRecord(77)))
	must(t, db.Close())
	return path
}

// Somebody restores a backup, moves or removes the file while a run has it open. SQLite
// notices nothing: it would go on in the file that it has, and leave its write-ahead log
// to the one that stands there now.
func TestReplacedWhileOpen(t *testing.T) {
	for _, tt := range []struct {
		name    string
		replace func(t *testing.T, path string)
		gone    bool
		kept    string // where the file that was open is now
	}{
		{"by another file", func(t *testing.T, path string) { must(t, os.Rename(anotherState(t), path)) }, false, ""},
		{"moved away, and another in its place", func(t *testing.T, path string) {
			must(t, os.Rename(path, path+".old"))
			must(t, os.Rename(anotherState(t), path))
		}, false, ".old"},
		{"moved away with its log, and another in its place", func(t *testing.T, path string) {
			must(t, os.Rename(path, path+".old"))
			must(t, os.Rename(path+"-wal", path+".old-wal"))
			must(t, os.Rename(anotherState(t), path))
		}, false, ".old"},
		{"moved away", func(t *testing.T, path string) { must(t, os.Rename(path, path+".old")) }, true, ".old"},
		{"removed", func(t *testing.T, path string) { must(t, os.Remove(path)) }, true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := statePath(t)
			db := openAt(t, path, newClock())
			must(t, db.PutRecords(t.Context(), userRecord(1), userRecord(2)))
			tt.replace(t, path)
			before := fileHash(t, path)

			wantReplaced(t, "PutRecords", db.PutRecords(t.Context(), userRecord(3)), tt.gone)
			_, err := db.Records(t.Context())
			wantReplaced(t, "Records", err, tt.gone)
			wantReplaced(t, "Backup", db.Backup(t.Context(), path+".backup"), tt.gone)
			wantReplaced(t, "Close", db.Close(), tt.gone)
			if fileHash(t, path) != before {
				t.Error("the file in its place was written to")
			}
			if _, err := os.Stat(path + "-wal"); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the log at the path: %v, want none", err)
			}
			if !tt.gone {
				wantRecords(t, path, userRecord(77).SourceID)
			}
			if tt.kept != "" {
				wantRecords(t, path+tt.kept, userRecord(1).SourceID, userRecord(2).SourceID)
			}
		})
	}
}

// A file that is replaced after the last change is met by Close.
func TestReplacedBeforeClose(t *testing.T) {
	path := statePath(t)
	db := openAt(t, path, newClock())
	must(t, db.PutRecords(t.Context(), userRecord(1)))
	must(t, os.Rename(anotherState(t), path))
	wantReplaced(t, "Close", db.Close(), false)
	wantRecords(t, path, userRecord(77).SourceID)
}

func TestReplacedWhileReading(t *testing.T) {
	path := statePath(t)
	db := openAt(t, path, newClock())
	must(t, db.PutRecords(t.Context(), userRecord(1)))
	must(t, db.Close())
	reader, err := state.OpenReadOnly(t.Context(), path)
	must(t, err)
	must(t, os.Rename(anotherState(t), path))
	_, err = reader.Records(t.Context())
	wantReplaced(t, "Records", err, false)
	must(t, reader.Close())
}

func wantReplaced(t *testing.T, call string, err error, gone bool) {
	t.Helper()
	var replaced *state.ReplacedError
	if !errors.As(err, &replaced) || replaced.Gone != gone {
		t.Errorf("%s = %v, want a *ReplacedError with Gone %v", call, err, gone)
	}
}

// wantRecords opens a state as the next run does, and compares the ids in it.
func wantRecords(t *testing.T, path string, want ...string) {
	t.Helper()
	must(t, state.Check(t.Context(), path))
	db := openAt(t, path, newClock())
	records, err := db.Records(t.Context())
	must(t, err)
	var got []string
	for _, r := range records {
		got = append(got, r.SourceID)
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("records of %s: %v, want %v", filepath.Base(path), got, want)
	}
	must(t, db.Close())
}

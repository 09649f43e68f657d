package state_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"okta-walkme-agent/state"
)

// openers are the three ways to a file.
var openers = map[string]func(ctx context.Context, path string) error{
	"Open": func(ctx context.Context, path string) error {
		db, err := state.Open(ctx, state.Options{Path: path})
		if err == nil {
			err = db.Close()
		}
		return err
	},
	"OpenReadOnly": func(ctx context.Context, path string) error {
		db, err := state.OpenReadOnly(ctx, path)
		if err == nil {
			err = db.Close()
		}
		return err
	},
	"Check": state.Check,
}

func runSQL(t *testing.T, path string, queries ...string) {
	t.Helper()
	raw, err := sql.Open("sqlite", path)
	must(t, err)
	defer raw.Close()
	for _, q := range queries {
		_, err := raw.ExecContext(t.Context(), q)
		must(t, err)
	}
}

func TestNotOurs(t *testing.T) {
	tests := map[string]func(t *testing.T, path string){
		"text": func(t *testing.T, path string) {
			must(t, os.WriteFile(path, []byte(strings.Repeat("hello\n", 1000)), 0o600))
		},
		"short text":              func(t *testing.T, path string) { must(t, os.WriteFile(path, []byte("x"), 0o600)) },
		"database without tables": func(t *testing.T, path string) { runSQL(t, path, "CREATE TABLE t (x)", "DROP TABLE t") },
		"unmarked database":       func(t *testing.T, path string) { runSQL(t, path, "CREATE TABLE t (x)") },
		"another program's": func(t *testing.T, path string) {
			runSQL(t, path, "CREATE TABLE t (x)", "PRAGMA application_id = 7", "PRAGMA user_version = 1")
		},
		"destroyed first page": func(t *testing.T, path string) {
			must(t, openDB(t, path).Close())
			overwrite(t, path, 0, 100)
		},
	}
	for name, prepare := range tests {
		t.Run(name, func(t *testing.T) {
			path := statePath(t)
			prepare(t, path)
			must(t, os.Chmod(path, 0o640))
			before := fileHash(t, path)
			for call, open := range openers {
				var notOurs *state.NotOursError
				if err := open(t.Context(), path); !errors.As(err, &notOurs) || notOurs.Path != path {
					t.Errorf("%s(%s) = %v, want a *NotOursError", call, name, err)
				}
			}
			if fileHash(t, path) != before {
				t.Error("a file that is not ours was changed")
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
				t.Errorf("its mode was changed: %v, %v", info.Mode(), err)
			}
		})
	}
}

func TestPathIsFolder(t *testing.T) {
	path := t.TempDir()
	for call, open := range openers {
		var notOurs *state.NotOursError
		if err := open(t.Context(), path); !errors.As(err, &notOurs) {
			t.Errorf("%s(folder) = %v, want a *NotOursError", call, err)
		}
	}
}

func overwrite(t *testing.T, path string, offset, n int) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	noise := make([]byte, n)
	random := rand.NewChaCha8([32]byte{7})
	_, err = random.Read(noise)
	must(t, err)
	_, err = f.WriteAt(noise, int64(offset))
	must(t, err)
}

func TestTornFile(t *testing.T) {
	tests := map[string]func(t *testing.T, path string, size int){
		"cut in half":         func(t *testing.T, path string, size int) { must(t, os.Truncate(path, int64(size/2/4096*4096))) },
		"cut within a page":   func(t *testing.T, path string, size int) { must(t, os.Truncate(path, int64(size-1000))) },
		"noise in page two":   func(t *testing.T, path string, size int) { overwrite(t, path, 4096, 4096) },
		"noise in the middle": func(t *testing.T, path string, size int) { overwrite(t, path, size/2/4096*4096, 3*4096) },
		"noise after header":  func(t *testing.T, path string, size int) { overwrite(t, path, 100, 4096-100) },
	}
	for name, tear := range tests {
		t.Run(name, func(t *testing.T) {
			path := statePath(t)
			db := openDB(t, path)
			fill(t, db)
			for i := range 200 { // more than the pages that fill set free
				must(t, db.PutRecords(t.Context(), userRecord(i)))
			}
			must(t, db.Close())
			info, err := os.Stat(path)
			must(t, err)
			tear(t, path, int(info.Size()))
			for _, call := range []string{"Open", "Check"} { // a reader meets the damage when it reads
				err := openers[call](t.Context(), path)
				var corrupt *state.CorruptError
				if !errors.As(err, &corrupt) || corrupt.Path != path || corrupt.Detail == "" {
					t.Errorf("%s = %v, want a *CorruptError", call, err)
				}
			}
		})
	}
}

// Check reads more than Open does: an index that misses a row.
func TestCheckComparesIndexes(t *testing.T) {
	path := statePath(t)
	db := openDB(t, path)
	fill(t, db)
	must(t, db.Close())
	runSQL(t, path, "PRAGMA writable_schema = ON",
		"UPDATE sqlite_schema SET sql = 'CREATE INDEX journal_run ON journal (name)' WHERE name = 'journal_run'")
	var corrupt *state.CorruptError
	if err := state.Check(t.Context(), path); !errors.As(err, &corrupt) {
		t.Errorf("Check() = %v, want a *CorruptError", err)
	}
}

func TestNewerSchema(t *testing.T) {
	path := statePath(t)
	must(t, openDB(t, path).Close())
	runSQL(t, path, "PRAGMA user_version = 99")
	before := fileHash(t, path)
	for call, open := range openers {
		err := open(t.Context(), path)
		var schema *state.SchemaError
		if !errors.As(err, &schema) || *schema != (state.SchemaError{Have: 99, Want: newest(t)}) {
			t.Errorf("%s = %v, want a *SchemaError of version 99", call, err)
		}
	}
	if fileHash(t, path) != before {
		t.Error("a newer file was changed")
	}
}

// A full disk fails the write that found no room, with a name, and leaves what
// was acknowledged. A smaller write that still has room succeeds.
func TestDiskFull(t *testing.T) {
	path := statePath(t)
	db := openDB(t, path)
	must(t, db.SetMeta(t.Context(), "before", "kept"))
	limit := func(pages int) {
		t.Helper()
		must(t, db.Do(t.Context(), func(exec func(string) error) error {
			return exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages))
		}))
	}
	limit(60)
	var acknowledged int
	var err error
	for i := 0; err == nil && i < 10_000; i++ {
		if err = db.PutRecords(t.Context(), userRecord(i)); err == nil {
			acknowledged++
		}
	}
	wantIs(t, "PutRecords on a full disk", err, state.ErrDiskFull)
	err = db.PutRecords(t.Context(), groupRecord(1, 50_000))
	wantIs(t, "PutRecords of a large group on a full disk", err, state.ErrDiskFull)
	must(t, db.SetMeta(t.Context(), "before", "kept too"))
	limit(1 << 30)
	must(t, db.PutRecords(t.Context(), groupRecord(1, 50_000)))
	must(t, db.Close())

	must(t, state.Check(t.Context(), path))
	db = openDB(t, path)
	records, err := db.Records(t.Context())
	if err != nil || len(records) != acknowledged+1 {
		t.Errorf("Records() = %d, %v, want the %d acknowledged ones", len(records), err, acknowledged+1)
	}
	if got, err := db.Meta(t.Context(), "before"); got != "kept too" {
		t.Errorf("Meta(before) = %q, %v, want kept too", got, err)
	}
}

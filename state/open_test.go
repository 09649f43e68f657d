package state_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

func TestOpenMakesPrivateFiles(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "lib", "agent")
	path := filepath.Join(folder, "state.db")
	db := openDB(t, path)
	must(t, db.SetMeta(t.Context(), "k", "v"))
	want := map[string]os.FileMode{folder: 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600, path + ".lock": 0o600}
	for name, mode := range want {
		info, err := os.Stat(name)
		must(t, err)
		if got := info.Mode().Perm(); got != mode {
			t.Errorf("mode of %s = %o, want %o", filepath.Base(name), got, mode)
		}
	}
}

func TestOpenTakesAwayPermissions(t *testing.T) {
	path := statePath(t)
	must(t, openDB(t, path).Close())
	must(t, os.Chmod(path, 0o644))
	openDB(t, path)
	info, err := os.Stat(path)
	must(t, err)
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode after Open = %o, want 600", got)
	}
}

func TestOpenAnyPath(t *testing.T) {
	for _, name := range []string{"a b", "a?mode=memory&_pragma=user_version(9)", "a#b", "a%20b", "a'b", "ünïcode", "a&b=c"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name, name)
			db := openDB(t, path)
			must(t, db.SetMeta(t.Context(), "k", name))
			must(t, db.Close())
			reader, err := state.OpenReadOnly(t.Context(), path)
			must(t, err)
			defer closeDB(t, reader)
			if got, err := reader.Meta(t.Context(), "k"); got != name || err != nil {
				t.Errorf("Meta(k) = %q, %v, want %q", got, err, name)
			}
			entries, err := os.ReadDir(filepath.Dir(path))
			must(t, err)
			if entries[0].Name() != name {
				t.Errorf("first file = %q, want %q", entries[0].Name(), name)
			}
		})
	}
}

func TestOpenRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	db := openDB(t, "state.db")
	must(t, db.SetMeta(t.Context(), "k", "v"))
	if _, err := os.Stat("state.db"); err != nil {
		t.Error(err)
	}
	if _, err := state.Open(t.Context(), state.Options{}); err == nil {
		t.Error("Open without a path = nil error")
	}
}

// The file itself tells what it is, how it is written, and by which build.
func TestFileIdentity(t *testing.T) {
	path := statePath(t)
	c := newClock()
	openAt(t, path, c)
	raw, err := sql.Open("sqlite", path)
	must(t, err)
	defer raw.Close()
	for query, want := range map[string]string{
		"PRAGMA journal_mode":                            "wal",
		"PRAGMA application_id":                          "1331118385",
		"PRAGMA user_version":                            strconv.Itoa(newest(t)),
		"SELECT build FROM migrations WHERE version = 1": "v1.2.3",
		"SELECT DISTINCT applied_at FROM migrations":     "1772366400000",
		"SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'": "0",
	} {
		var got string
		must(t, raw.QueryRowContext(t.Context(), query).Scan(&got))
		if got != want {
			t.Errorf("%s = %s, want %s", query, got, want)
		}
	}
}

// Every connection of the writer flushes on commit: the promise of Begin.
func TestWriterPragmas(t *testing.T) {
	db := openDB(t, statePath(t))
	for pragma, want := range map[string]int{"synchronous": 2, "foreign_keys": 1} {
		err := db.Do(t.Context(), func(exec func(string) error) error {
			return exec("INSERT INTO meta SELECT '" + pragma + "', " + pragma + " FROM pragma_" + pragma)
		})
		must(t, err)
		if got, err := db.Meta(t.Context(), pragma); got != string(rune('0'+want)) {
			t.Errorf("PRAGMA %s = %s, %v, want %d", pragma, got, err, want)
		}
	}
}

func TestCloseTwice(t *testing.T) {
	db := openDB(t, statePath(t))
	must(t, db.Close())
	must(t, db.Close())
}

// writes are all methods that change something.
var writes = map[string]func(ctx context.Context, db *state.DB) error{
	"Begin": func(ctx context.Context, db *state.DB) error {
		_, err := db.Begin(ctx, entryOf(userRecord(1)))
		return err
	},
	"Finish": func(ctx context.Context, db *state.DB) error {
		return db.Finish(ctx, 1, state.Outcome{State: state.Applied})
	},
	"FinishAndForget": func(ctx context.Context, db *state.DB) error {
		return db.FinishAndForget(ctx, 1, state.Outcome{State: state.Applied}, scim.Group, "00g1")
	},
	"PutRecords": func(ctx context.Context, db *state.DB) error { return db.PutRecords(ctx, userRecord(1)) },
	"Forget":     func(ctx context.Context, db *state.DB) error { return db.Forget(ctx, scim.User, "00u1") },
	"BeginRun":   func(ctx context.Context, db *state.DB) error { return db.BeginRun(ctx, state.Run{ID: "r"}) },
	"FinishRun":  func(ctx context.Context, db *state.DB) error { return db.FinishRun(ctx, state.Run{ID: "r"}) },
	"PutHolds":   func(ctx context.Context, db *state.DB) error { return db.PutHolds(ctx, state.ReplacePlanned, nil) },
	"EndDecided": func(ctx context.Context, db *state.DB) error {
		return db.EndDecided(ctx, map[int64][]string{1: {"00u1"}})
	},
	"Decide": func(ctx context.Context, db *state.DB) error {
		_, err := db.Decide(ctx, state.Judgement{HoldID: "h1", Verdict: state.Approved, By: "ann"})
		return err
	},
	"SetMeta":          func(ctx context.Context, db *state.DB) error { return db.SetMeta(ctx, "k", "v") },
	"SaveMapping":      func(ctx context.Context, db *state.DB) error { return db.SaveMapping(ctx, "d", nil) },
	"SaveSourceGroups": func(ctx context.Context, db *state.DB) error { return db.SaveSourceGroups(ctx, nil, nil) },
	"SaveSourceUsers": func(ctx context.Context, db *state.DB) error {
		w, err := db.SaveSourceUsers(ctx)
		if err == nil {
			err = errors.Join(w.Add("00u1", []byte("{}")), w.Commit())
		}
		return err
	},
	"Prune": func(ctx context.Context, db *state.DB) error {
		_, err := db.Prune(ctx, time.Now())
		return err
	},
}

// reads are all methods that read.
var reads = map[string]func(ctx context.Context, db *state.DB) error{
	"Records": func(ctx context.Context, db *state.DB) error {
		_, err := db.Records(ctx)
		return err
	},
	"Generation": func(ctx context.Context, db *state.DB) error {
		_, err := db.Generation(ctx)
		return err
	},
	"Pending": func(ctx context.Context, db *state.DB) error {
		_, err := db.Pending(ctx)
		return err
	},
	"History": func(ctx context.Context, db *state.DB) error {
		_, err := db.History(ctx, state.Filter{})
		return err
	},
	"Applied": func(ctx context.Context, db *state.DB) error {
		_, err := db.Applied(ctx, "create", state.Window{})
		return err
	},
	"AppliedEmptied": func(ctx context.Context, db *state.DB) error {
		_, err := db.AppliedEmptied(ctx, state.Window{})
		return err
	},
	"AppliedRemovals": func(ctx context.Context, db *state.DB) error {
		_, err := db.AppliedRemovals(ctx, "group_members", state.Window{})
		return err
	},
	"Runs": func(ctx context.Context, db *state.DB) error {
		_, err := db.Runs(ctx, 10)
		return err
	},
	"Holds": func(ctx context.Context, db *state.DB) error {
		_, err := db.Holds(ctx)
		return err
	},
	"Decisions": func(ctx context.Context, db *state.DB) error {
		_, err := db.Decisions(ctx)
		return err
	},
	"DecisionsSince": func(ctx context.Context, db *state.DB) error {
		_, err := db.DecisionsSince(ctx, time.Time{})
		return err
	},
	"DecisionsOn": func(ctx context.Context, db *state.DB) error {
		_, err := db.DecisionsOn(ctx, "h1")
		return err
	},
	"Meta": func(ctx context.Context, db *state.DB) error {
		_, err := db.Meta(ctx, "k")
		return err
	},
	"Mapping": func(ctx context.Context, db *state.DB) error {
		_, err := db.Mapping(ctx, "d")
		return err
	},
	"SourceGroups": func(ctx context.Context, db *state.DB) error {
		_, err := db.SourceGroups(ctx)
		return err
	},
	"EachSourceUser": func(ctx context.Context, db *state.DB) error {
		return db.EachSourceUser(ctx, func(string, []byte) error { return nil })
	},
}

func TestClosedDatabase(t *testing.T) {
	db := openDB(t, statePath(t))
	must(t, db.Close())
	for name, write := range writes {
		wantIs(t, name+" after Close", write(t.Context(), db), state.ErrClosed)
	}
	for name, read := range reads {
		wantIs(t, name+" after Close", read(t.Context(), db), state.ErrClosed)
	}
}

func TestContextIsObeyed(t *testing.T) {
	db := openDB(t, statePath(t))
	must(t, db.PutRecords(t.Context(), userRecord(1)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, write := range writes {
		wantIs(t, name+" with a cancelled context", write(ctx, db), context.Canceled)
	}
	for name, read := range reads {
		wantIs(t, name+" with a cancelled context", read(ctx, db), context.Canceled)
	}
	if got, err := db.Records(t.Context()); len(got) != 1 {
		t.Errorf("Records() = %v, %v, want the one record", got, err)
	}
}

// A machine on which no run has been has a state, too: one that is empty, and that
// nothing is written to.
func TestEmptyState(t *testing.T) {
	path := statePath(t)
	db, err := state.OpenOrEmpty(t.Context(), path)
	must(t, err)
	if !db.IsEmpty() || db.Made() {
		t.Errorf("IsEmpty() = %t, Made() = %t, want an empty state that nothing was made for", db.IsEmpty(), db.Made())
	}
	for name, read := range reads {
		if err := read(t.Context(), db); err != nil {
			t.Errorf("%s of an empty state = %v, want nil", name, err)
		}
	}
	for name, write := range writes {
		wantIs(t, name+" to an empty state", write(t.Context(), db), state.ErrReadOnly)
	}
	wantIs(t, "Backup of an empty state", db.Backup(t.Context(), path+".copy"), state.ErrNotExist)
	must(t, db.Close())
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is there (%v), want none", err)
	}

	must(t, openDB(t, path).Close())
	db, err = state.OpenOrEmpty(t.Context(), path)
	must(t, err)
	if db.IsEmpty() {
		t.Error("IsEmpty() = true of a file that is there")
	}
	must(t, db.Close())
}

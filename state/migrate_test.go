package state_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// loadFixture makes a file of an earlier version from its SQL text.
func loadFixture(t *testing.T, fixture string) (path string) {
	t.Helper()
	text, err := os.ReadFile(fixture)
	must(t, err)
	path = statePath(t)
	runSQL(t, path, string(text))
	return path
}

// schemaOf returns the statements that made tables, indexes and triggers.
func schemaOf(t *testing.T, path string) (all []string) {
	t.Helper()
	raw, err := sql.Open("sqlite", path)
	must(t, err)
	defer raw.Close()
	rows, err := raw.QueryContext(t.Context(), "SELECT type || ' ' || name || ': ' || coalesce(sql, '') FROM sqlite_schema ORDER BY 1")
	must(t, err)
	defer rows.Close()
	for rows.Next() {
		var line string
		must(t, rows.Scan(&line))
		all = append(all, line)
	}
	must(t, rows.Err())
	return all
}

// Every version that was released migrates to the schema that a new file gets,
// and keeps what it held. Each has a fixture: the dump of a file with data in
// every table (sqlite3 state.db .dump, with application_id and user_version).
func TestMigrateFromEveryVersion(t *testing.T) {
	versions, err := fs.Glob(state.Migrations(), "migrations/*.sql")
	must(t, err)
	fresh := statePath(t)
	must(t, openDB(t, fresh).Close())
	want := schemaOf(t, fresh)
	for v := 1; v <= len(versions); v++ {
		t.Run(fmt.Sprintf("v%d", v), func(t *testing.T) {
			path := loadFixture(t, filepath.Join("testdata", fmt.Sprintf("v%d.sql", v)))
			db := openDB(t, path)
			verifyFixture(t, db)
			must(t, db.Close())
			must(t, state.Check(t.Context(), path))
			if diff := cmp.Diff(want, schemaOf(t, path)); diff != "" {
				t.Errorf("schema (-new +migrated):\n%s", diff)
			}
			_, err := os.Stat(fmt.Sprintf("%s.v%d.bak", path, v))
			if migrated := v < len(versions); migrated != (err == nil) {
				t.Errorf("backup of version %d: %v, want one: %t", v, err, migrated)
			}
		})
	}
}

// verifyFixture checks what every fixture holds.
func verifyFixture(t *testing.T, db *state.DB) {
	t.Helper()
	ctx := t.Context()
	user, err := record(ctx, db, scim.User, "00u1")
	if err != nil || user.ID != "w-1" || user.Attributes.Get("userName") != "ann@example.com" || user.Origin != state.Created {
		t.Errorf("Record(00u1) = %+v, %v", user, err)
	}
	group, err := record(ctx, db, scim.Group, "00g1")
	if err != nil || group.ID != "g-1" || !slices.Equal(group.Members, []string{"00u1", "00u2"}) || group.Origin != state.Linked {
		t.Errorf("record(00g1) = %+v, %v", group, err)
	}
	pending, err := db.Pending(ctx)
	if err != nil || len(pending) != 1 || pending[0].ID != 2 {
		t.Errorf("Pending() = %+v, %v, want entry 2", pending, err)
	}
	if history, err := db.History(ctx, state.Filter{}); len(history) != 2 {
		t.Errorf("History() = %+v, %v, want 2 entries", history, err)
	}
	if runs, err := db.Runs(ctx, 0); len(runs) != 1 || runs[0].Outcome != "applied" {
		t.Errorf("Runs() = %+v, %v, want one", runs, err)
	}
	if holds, err := db.Holds(ctx); len(holds) != 1 || holds[0].ID != "h1" {
		t.Errorf("Holds() = %+v, %v, want h1", holds, err)
	}
	if groups, err := db.SourceGroups(ctx); len(groups) != 1 || groups[0].Name != "Editors" {
		t.Errorf("SourceGroups() = %+v, %v, want Editors", groups, err)
	}
	if users := storedUsers(t, db); !slices.Equal(users, []string{`00u1 {"id":"00u1"}`}) {
		t.Errorf("EachSourceUser gave %v", users)
	}
	if m, err := db.Mapping(ctx, "m"); m["userName"] != "appuser.userName" {
		t.Errorf("Mapping(m) = %v, %v", m, err)
	}
	if v, err := db.Meta(ctx, "watermark"); v != "2026-03-01T12:00:00.000Z" {
		t.Errorf("Meta(watermark) = %q, %v", v, err)
	}
}

// TestMigrateMissing: before version 4 a text said that WalkMe does not have an
// account.
func TestMigrateMissing(t *testing.T) {
	for lastError, want := range map[string]state.Missing{
		"the account is gone in WalkMe": state.MissingInRefresh,
		"Matching user not found":       state.MissingInWrite,
		"Bad Gateway":                   "",
	} {
		path := loadFixture(t, filepath.Join("testdata", "v1.sql"))
		runSQL(t, path, "UPDATE resources SET last_error = '"+lastError+"' WHERE source_id = '00u2'")
		db := openDB(t, path)
		records, err := db.Records(t.Context())
		must(t, err)
		i := slices.IndexFunc(records, func(r state.Record) bool { return r.SourceID == "00u2" })
		if got := records[i].Missing; got != want {
			t.Errorf("missing after %q = %q, want %q", lastError, got, want)
		}
	}
}

// newest is the number of the last migration.
func newest(t *testing.T) int {
	t.Helper()
	names, err := fs.Glob(state.Migrations(), "migrations/*.sql")
	must(t, err)
	return len(names)
}

// withNext is the embedded migrations and one more.
func withNext(t *testing.T, next string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	names, err := fs.Glob(state.Migrations(), "migrations/*.sql")
	must(t, err)
	for _, name := range names {
		text, err := fs.ReadFile(state.Migrations(), name)
		must(t, err)
		files[name] = &fstest.MapFile{Data: text}
	}
	files[fmt.Sprintf("migrations/%04d.sql", len(names)+1)] = &fstest.MapFile{Data: []byte(next)}
	return files
}

// A migration keeps the file as it was beside it, and says which build ran it.
func TestMigrationWithBackup(t *testing.T) {
	path := loadFixture(t, "testdata/v1.sql")
	next := withNext(t, "ALTER TABLE resources ADD COLUMN note TEXT NOT NULL DEFAULT '';")
	_, err := state.OpenReadOnlyWith(t.Context(), path, next)
	var schema *state.SchemaError
	if !errors.As(err, &schema) || *schema != (state.SchemaError{Have: 1, Want: newest(t) + 1}) || !strings.Contains(err.Error(), "run sync or run once") {
		t.Errorf("OpenReadOnly(older) = %v, want a *SchemaError of version 1 with the remedy", err)
	}
	db, err := state.OpenWith(t.Context(), state.Options{Path: path, Build: "v2.0.0"}, next)
	must(t, err)
	verifyFixture(t, db)
	must(t, db.Close())

	backup := path + ".v1.bak"
	info, err := os.Stat(backup)
	must(t, err)
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("mode of the backup = %o, want 600", got)
	}
	old := openDB(t, backup)
	verifyFixture(t, old)
	must(t, state.Check(t.Context(), backup))
	if err := state.Check(t.Context(), path); !errors.As(err, &schema) || schema.Have != newest(t)+1 {
		t.Errorf("Check(newer) = %v, want a *SchemaError", err)
	}
	raw, err := sql.Open("sqlite", path)
	must(t, err)
	defer raw.Close()
	var builds string
	must(t, raw.QueryRowContext(t.Context(), "SELECT group_concat(version || ' ' || build, ', ' ORDER BY version) FROM migrations").Scan(&builds))
	want := "1 v1.0.0"
	for v := range newest(t) {
		want += fmt.Sprintf(", %d v2.0.0", v+2)
	}
	if builds != want {
		t.Errorf("migrations = %s, want %s", builds, want)
	}
}

// A migration that fails leaves the version before it, also on the next try.
func TestMigrationFails(t *testing.T) {
	path := loadFixture(t, fmt.Sprintf("testdata/v%d.sql", newest(t)))
	before := schemaOf(t, path)
	bad := withNext(t, "CREATE TABLE half (x INTEGER) STRICT; SELEKT;")
	for range 2 {
		if _, err := state.OpenWith(t.Context(), state.Options{Path: path}, bad); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("schema version %d", newest(t)+1)) {
			t.Errorf("Open() = %v, want an error that names the schema version", err)
		}
	}
	if diff := cmp.Diff(before, schemaOf(t, path)); diff != "" {
		t.Errorf("schema (-before +after):\n%s", diff)
	}
	verifyFixture(t, openDB(t, path))
}

// A migration without a number in the row is refused before anything is done.
func TestMigrationNames(t *testing.T) {
	files := withNext(t, "")
	files["migrations/0999.sql"] = &fstest.MapFile{}
	path := statePath(t)
	if _, err := state.OpenWith(t.Context(), state.Options{Path: path}, files); err == nil || !strings.Contains(err.Error(), "0999") {
		t.Errorf("Open() = %v, want an error that names 0999.sql", err)
	}
}

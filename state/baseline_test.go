package state_test

import (
	"database/sql"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/state"
)

var update = flag.Bool("update", false, "write baseline.sql anew, for the migrations that state.BaselineVersion says")

// oneByOne are the first n migrations, with a comment more, so that none is left out
// for the baseline.
func oneByOne(t *testing.T, n int) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	for i := range n {
		name := fmt.Sprintf("migrations/%04d.sql", i+1)
		text, err := fs.ReadFile(state.Migrations(), name)
		must(t, err)
		files[name] = &fstest.MapFile{Data: append(text, "-- alone\n"...)}
	}
	return files
}

// dump is all of a file, but for the times of its migrations.
func dump(t *testing.T, path string) []string {
	t.Helper()
	all := schemaOf(t, path)
	raw, err := sql.Open("sqlite", path)
	must(t, err)
	defer raw.Close()
	text := func(query string) string {
		var s string
		must(t, raw.QueryRowContext(t.Context(), query).Scan(&s))
		return s
	}
	for _, pragma := range []string{"application_id", "user_version", "page_size", "auto_vacuum", "encoding", "journal_mode"} {
		all = append(all, pragma+" "+text("PRAGMA "+pragma))
	}
	all = append(all, text("SELECT group_concat(version || ' ' || build, ', ' ORDER BY version) FROM migrations"))
	tables := strings.Fields(text("SELECT group_concat(name, ' ' ORDER BY name) FROM sqlite_schema WHERE type = 'table' AND name <> 'migrations'"))
	for _, table := range tables {
		if !strings.HasPrefix(table, "sqlite_") { // SQLite's own counters begin when they are needed
			all = append(all, rowsOf(t, raw, table)...)
		}
	}
	return all
}

func rowsOf(t *testing.T, raw *sql.DB, table string) (all []string) {
	t.Helper()
	rows, err := raw.QueryContext(t.Context(), "SELECT * FROM "+table+" ORDER BY 1")
	must(t, err)
	defer rows.Close()
	columns, err := rows.Columns()
	must(t, err)
	for rows.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		must(t, rows.Scan(values...))
		line := table + ":"
		for i, name := range columns {
			line += fmt.Sprintf(" %s=%v", name, *values[i].(*any))
		}
		all = append(all, line)
	}
	must(t, rows.Err())
	return all
}

// TestBaseline: a new file is what all migrations make of nothing, one by one.
func TestBaseline(t *testing.T) {
	alone := statePath(t)
	db, err := state.OpenWith(t.Context(), state.Options{Path: alone, Build: "v1.2.3"}, oneByOne(t, newest(t)))
	must(t, err)
	must(t, db.Close())
	if *update {
		writeBaseline(t)
		return
	}
	fresh := statePath(t)
	must(t, openDB(t, fresh).Close())
	want, got := dump(t, alone), dump(t, fresh)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("a new file (-by migrations +got):\n%s", diff)
	}
}

// writeBaseline writes down what the first migrations make.
func writeBaseline(t *testing.T) {
	t.Helper()
	path := statePath(t)
	db, err := state.OpenWith(t.Context(), state.Options{Path: path}, oneByOne(t, state.BaselineVersion))
	must(t, err)
	must(t, db.Close())
	raw, err := sql.Open("sqlite", path)
	must(t, err)
	defer raw.Close()
	var text string
	must(t, raw.QueryRowContext(t.Context(), `SELECT group_concat(sql || ';', char(10, 10) ORDER BY rowid)
		FROM sqlite_schema WHERE sql <> '' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'`).Scan(&text))
	head := fmt.Sprintf("-- What the migrations 1 to %d make of an empty file.\n-- Written by: go test ./state -run TestBaseline -update\n\n", state.BaselineVersion)
	must(t, os.WriteFile("baseline.sql", []byte(head+text+"\n\nINSERT INTO generation (id, value) VALUES (1, 0);\n"), 0o644))
}

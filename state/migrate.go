package state

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"
)

// applicationID marks the file as ours: "OWA1", in SQLite's header
// (https://sqlite.org/pragma.html#pragma_application_id).
const applicationID = 0x4F574131

//go:embed migrations
var embedded embed.FS

// baseline makes at once what the first migrations make of nothing, for new files: they
// mend each other's tables, which is most of the work. Later migrations go on from there.
//
//go:embed baseline.sql
var baseline string

// baselineVersion is the number of the last migration that baseline stands for.
const baselineVersion = 11

// schema returns the migrations in order; the first makes version 1.
func schema(files fs.FS) ([]string, error) {
	names, err := fs.Glob(files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	var texts []string
	for i, name := range names {
		if want := fmt.Sprintf("migrations/%04d.sql", i+1); name != want {
			return nil, fmt.Errorf("migration %s found where %s belongs", name, want)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		texts = append(texts, string(text))
	}
	return texts, nil
}

// buildSchema makes the newest schema in an empty file.
func buildSchema(ctx context.Context, conn *sql.Conn, migrations []string, build string, now time.Time) error {
	ours, err := schema(embedded)
	if err != nil {
		return err
	}
	have := 0
	if len(migrations) >= baselineVersion && slices.Equal(migrations[:baselineVersion], ours[:baselineVersion]) {
		have = baselineVersion
		if err := migrateOver(ctx, conn, baseline, 1, have, build, now); err != nil {
			return fmt.Errorf("baseline of schema version %d: %w", have, err)
		}
	}
	return migrate(ctx, conn, migrations, have, build, now)
}

// migrate brings the file from version have to the last one, one transaction
// for each migration: a file is never between two versions.
func migrate(ctx context.Context, conn *sql.Conn, migrations []string, have int, build string, now time.Time) error {
	for i := have; i < len(migrations); i++ {
		if err := migrateOver(ctx, conn, migrations[i], i+1, i+1, build, now); err != nil {
			return fmt.Errorf("migration to schema version %d: %w", i+1, err)
		}
	}
	return nil
}

// migrateOver runs the text that makes version last, and stands for the migrations from
// first on.
func migrateOver(ctx context.Context, conn *sql.Conn, text string, first, last int, build string, now time.Time) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, text)
	for version := first; version <= last && err == nil; version++ {
		_, err = tx.ExecContext(ctx, "INSERT INTO migrations (version, build, applied_at) VALUES (?, ?, ?)",
			version, build, now.UnixMilli())
	}
	if err == nil {
		_, err = tx.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, last))
	}
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

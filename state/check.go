package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Check opens the state for reading and looks for damage in all of it: every
// page, every index against its table, foreign keys, the mark of this program
// and the schema version. Nil means sound.
//
// Errors: ErrNotExist, *NotOursError, *SchemaError, *CorruptError.
func Check(ctx context.Context, path string) error {
	db, err := OpenReadOnly(ctx, path)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.fail("integrity check", findDamage(ctx, db.reader, db.path, "PRAGMA integrity_check(5)", "PRAGMA foreign_key_check"))
}

// identify tells whose file it is and returns its schema version.
func identify(ctx context.Context, pool *sql.DB, path string) (version int, err error) {
	var id int
	err = pool.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT user_version FROM pragma_user_version)`).Scan(&id, &version)
	switch {
	case err != nil:
		return 0, err
	case id != applicationID:
		return 0, &NotOursError{Path: path, Reason: fmt.Sprintf("it is the SQLite database of another program (application_id %#x)", id)}
	}
	return version, nil
}

// findDamage runs checks that answer "ok" or nothing for a sound file.
func findDamage(ctx context.Context, pool *sql.DB, path string, pragmas ...string) error {
	for _, pragma := range pragmas {
		lines, err := firstColumn(ctx, pool, pragma)
		if err != nil {
			return err
		}
		if len(lines) > 0 && lines[0] != "ok" {
			return &CorruptError{Path: path, Detail: strings.ReplaceAll(strings.Join(lines, "; "), "\n", "; ")}
		}
	}
	return nil
}

// firstColumn returns the first column of at most five rows.
func firstColumn(ctx context.Context, pool *sql.DB, query string) ([]string, error) {
	rows, err := pool.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var first string
	row := make([]any, len(columns))
	row[0] = &first
	for i := range row[1:] {
		row[i+1] = new(any)
	}
	var out []string
	for len(out) < 5 && rows.Next() {
		if err := rows.Scan(row...); err != nil {
			return nil, err
		}
		out = append(out, first)
	}
	return out, rows.Err()
}

// smallest is the size of the smallest SQLite database: one page
// (https://sqlite.org/fileformat.html, section 1.3.2).
const smallest = 512

// plausible refuses what SQLite would take for an empty database and
// overwrite, and what is no file.
func plausible(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return &NotOursError{Path: path, Reason: "it is not a regular file"}
	case info.Size() == 0:
		return &CorruptError{Path: path, Detail: "it is empty, and this program never leaves it so"}
	case info.Size() < smallest:
		return &NotOursError{Path: path, Reason: fmt.Sprintf("%d bytes are no SQLite database", info.Size())}
	}
	return nil
}

// absolute is filepath.Abs: SQLite needs the path in a URI.
func absolute(path string) (string, error) {
	if path == "" {
		return "", errors.New("no path given")
	}
	return filepath.Abs(path)
}

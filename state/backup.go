package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
)

// Backup writes a consistent copy of the state to a new file (0600), also
// while a writer works. It never overwrites: an existing path is an error that
// is os.ErrExist. The copy appears under its name when it is complete.
func (db *DB) Backup(ctx context.Context, path string) error {
	path, err := absolute(path)
	if err != nil {
		return db.fail("backup", err)
	}
	// Claim the name, so that two backups cannot take the same one.
	f, err := create(path)
	if err != nil {
		return db.fail("backup", err)
	}
	f.Close()
	if err := copyTo(ctx, db.reader, path); err != nil {
		return db.fail("backup", errors.Join(err, os.Remove(path)))
	}
	return nil
}

// backupBefore keeps the file as it is before a migration. A backup that an
// earlier attempt left is replaced: nothing has changed since.
func backupBefore(ctx context.Context, pool *sql.DB, path string, version int) error {
	return copyTo(ctx, pool, fmt.Sprintf("%s.v%d.bak", path, version))
}

// copyTo writes the copy under another name and renames it over path, so that
// a kill leaves no half copy that looks whole.
func copyTo(ctx context.Context, pool *sql.DB, path string) error {
	partial := path + ".partial"
	if err := os.Remove(partial); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := create(partial)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := vacuumInto(ctx, pool, f); err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	if err := os.Rename(partial, path); err != nil {
		return writeError(err)
	}
	return syncFolder(path)
}

// vacuumInto fills an empty file and brings it to the disk.
func vacuumInto(ctx context.Context, pool *sql.DB, f *os.File) error {
	if _, err := pool.ExecContext(ctx, "VACUUM INTO ?", f.Name()); err != nil {
		return err
	}
	return writeError(f.Sync())
}

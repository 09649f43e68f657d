package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Backup writes a consistent copy of the state to a new file (0600), also
// while a writer works. It never overwrites: an existing path is an error that
// is os.ErrExist. The copy appears under its name when it is complete and on
// the disk; what a kill leaves ends in .partial.
func (db *DB) Backup(ctx context.Context, path string) error {
	return db.fail("backup", db.backup(ctx, path))
}

func (db *DB) backup(ctx context.Context, path string) error {
	if db.IsEmpty() {
		return ErrNotExist
	}
	if err := db.open(); err != nil {
		return err
	}
	path, err := absolute(path)
	if err != nil {
		return err
	}
	if err := vacant(path); err != nil {
		return err
	}
	// A name of its own: two backups to one path must not write one file.
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.partial")
	if err != nil {
		return writeError(err)
	}
	defer os.Remove(f.Name()) //nolint:errcheck // after a rename it is not there
	defer f.Close()
	if err := giveToFolderOwner(f); err != nil {
		return err
	}
	if err := vacuumInto(ctx, db.reader, f); err != nil {
		return err
	}
	if err := publish(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(path)
}

// publish gives a finished file its name, unless another process has taken it.
func publish(partial, path string) error {
	err := os.Link(partial, path)
	if !errors.Is(err, syscall.EPERM) && !errors.Is(err, errors.ErrUnsupported) {
		return writeError(err)
	}
	if err := vacant(path); err != nil { // a file system without hard links
		return err
	}
	return writeError(os.Rename(partial, path))
}

func vacant(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return &os.PathError{Op: "create", Path: path, Err: os.ErrExist}
	case errors.Is(err, os.ErrNotExist):
		return nil
	}
	return err
}

// backupBefore keeps the file as it is before a migration. A backup that an
// earlier attempt left is replaced: nothing has changed since.
func backupBefore(ctx context.Context, pool *sql.DB, path string, version int) error {
	backup := fmt.Sprintf("%s.v%d.bak", path, version)
	partial := backup + ".partial"
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
	if err := os.Rename(partial, backup); err != nil {
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

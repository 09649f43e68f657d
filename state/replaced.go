package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ReplacedError says that another file, or none, stands at the path by now: a person
// restored a backup, moved or removed the file while it was open. From then on nothing
// is read or written. What was written before is in the file that was open, wherever
// that is.
type ReplacedError struct {
	Path string
	Gone bool // nothing stands there
}

func (e *ReplacedError) Error() string {
	if e.Gone {
		return fmt.Sprintf("%s was moved or removed while it was in use", e.Path)
	}
	return fmt.Sprintf("%s was replaced by another file while it was in use", e.Path)
}

// identity tells the open file and its write-ahead log from others of the same names,
// by device and inode: SQLite goes on with the file that it has opened, and would leave
// its log for whatever file stands there next.
type identity struct{ file, wal fs.FileInfo }

// noteIdentity notes what is open now. A log that is not there yet is nil.
func (db *DB) noteIdentity() (err error) {
	if db.opened.file, err = os.Stat(db.path); err != nil {
		return err
	}
	if wal, err := os.Stat(db.path + "-wal"); err == nil {
		db.opened.wal = wal
	}
	return nil
}

// replaced is a *ReplacedError when the file at the path is not the open one. A path
// that cannot be looked at says nothing: the open file can still be used.
func (db *DB) replaced() error {
	if db.opened.file == nil {
		return nil
	}
	now, err := os.Stat(db.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &ReplacedError{Path: db.path, Gone: true}
	case err == nil && !os.SameFile(now, db.opened.file):
		return &ReplacedError{Path: db.path}
	}
	return nil
}

// part takes leave of a file that stands at the path no more: its log goes into it, and
// away from the path, where SQLite would apply it to the next file. A log that cannot be
// emptied is kept under another name. It runs when no change is under way.
func (db *DB) part() error {
	wal := db.path + "-wal"
	now, err := os.Stat(wal)
	if db.opened.wal == nil || err != nil || !os.SameFile(now, db.opened.wal) {
		return nil // it went along with its file
	}
	var busy, log, done int
	row := db.writer.conn.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
	if scanErr := row.Scan(&busy, &log, &done); scanErr == nil && busy == 0 {
		err = os.Remove(wal)
	} else {
		err = os.Rename(wal, filepath.Clean(wal)+".replaced")
	}
	return errors.Join(err, removeIfThere(db.path+"-shm"))
}

func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

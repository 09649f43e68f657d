package state

import (
	"context"
	"errors"
	"fmt"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// What a caller branches on.
var (
	// ErrNotExist says that there is no state file yet. It is not a fault: a
	// fresh machine has none, and its state is empty.
	ErrNotExist = errors.New("no state file")

	// ErrReadOnly says that the database was opened for reading, or that the
	// file or its folder cannot be written.
	ErrReadOnly = errors.New("read-only")

	// ErrDiskFull says that there was no room for a write. Nothing of that
	// write is in the file.
	ErrDiskFull = errors.New("disk full")

	// ErrClosed says that the database was closed before the call.
	ErrClosed = errors.New("state is closed")

	// ErrNoPerson says that nothing is known of a person.
	ErrNoPerson = errors.New("nothing is known of this person")

	// ErrNoEntry says that no pending journal entry has the id.
	ErrNoEntry = errors.New("no such pending journal entry")

	// ErrNoRun says that no run has the id.
	ErrNoRun = errors.New("no such run")

	// ErrNoHold says that no open hold has the id.
	ErrNoHold = errors.New("no such hold")
)

// LockedError says that another process has the state file open for writing.
type LockedError struct {
	PID     int       // 0: the holder has not written down yet who it is
	Command string    // Options.Holder of that process
	Since   time.Time // when it took the lock, by its own clock
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return "locked by another process"
	}
	return fmt.Sprintf("locked by process %d (%s) since %s", e.PID, e.Command, e.Since.UTC().Format(time.RFC3339))
}

// SchemaError says that the file has another schema version than this build.
type SchemaError struct {
	Have int // version of the file
	Want int // version of this build
}

func (e *SchemaError) Error() string {
	if e.Have > e.Want {
		return fmt.Sprintf("the file has schema version %d, this build knows versions up to %d: use the newer build, or the backup that it made before it migrated", e.Have, e.Want)
	}
	return fmt.Sprintf("the file has schema version %d, this build needs %d: run sync or run once, they migrate it", e.Have, e.Want)
}

// NotOursError says that the file is not a state file of this program.
type NotOursError struct {
	Path   string
	Reason string
}

func (e *NotOursError) Error() string {
	return fmt.Sprintf("%s is not a state file of this program: %s", e.Path, e.Reason)
}

// CorruptError says that the file is damaged. A backup has to take its place; or it is moved
// away together with its -wal: the next run then looks every user and group up and links
// what exists, but deactivates no person who was unassigned meanwhile.
type CorruptError struct {
	Path   string
	Detail string // what SQLite found, at most its first lines
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("%s is damaged (%s)", e.Path, e.Detail)
}

// code returns SQLite's extended result code, 0 for any other error. The
// primary code is its low byte (https://sqlite.org/rescode.html).
func code(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code()
}

// classify adds to an error of SQLite what a caller can branch on.
func classify(path string, err error) error {
	c := code(err)
	switch {
	case c == 0:
		return err
	case c&0xff == sqlite3.SQLITE_FULL, c == sqlite3.SQLITE_IOERR_SHMSIZE:
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	case c&0xff == sqlite3.SQLITE_READONLY:
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	case c&0xff == sqlite3.SQLITE_CORRUPT:
		return &CorruptError{Path: path, Detail: err.Error()}
	case c&0xff == sqlite3.SQLITE_NOTADB:
		return &NotOursError{Path: path, Reason: "it is not an SQLite database, or its first page is destroyed"}
	case c&0xff == sqlite3.SQLITE_INTERRUPT:
		return fmt.Errorf("%w: %w", context.Canceled, err)
	}
	return err
}

// fail names what was being done. It returns nil for nil.
func (db *DB) fail(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("state: %s: %w", what, classify(db.path, err))
}

package state

import (
	"errors"
	"fmt"
	"time"
)

// What a caller branches on.
var (
	// ErrNotExist says that there is no state file yet. It is not a fault: a
	// fresh machine has none, and its state is empty.
	ErrNotExist = errors.New("state: no state file")

	// ErrReadOnly says that the database was opened for reading, or that the
	// file or its folder cannot be written.
	ErrReadOnly = errors.New("state: read-only")

	// ErrDiskFull says that there was no room for a write. Nothing of that
	// write is in the file.
	ErrDiskFull = errors.New("state: disk full")

	// ErrClosed says that the database was closed before the call.
	ErrClosed = errors.New("state: closed")

	// ErrNoRecord says that the agent does not manage the resource.
	ErrNoRecord = errors.New("state: no such record")

	// ErrNoEntry says that no pending journal entry has the id.
	ErrNoEntry = errors.New("state: no such pending journal entry")

	// ErrNoHold says that no open hold has the id.
	ErrNoHold = errors.New("state: no such hold")
)

// LockedError says that another process has the state file open for writing.
type LockedError struct {
	PID     int       // 0: the holder has not written down who it is
	Command string    // Options.Holder of that process
	Since   time.Time // when it took the lock, by its own clock
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return "state: locked by another process"
	}
	return fmt.Sprintf("state: locked by process %d (%s) since %s", e.PID, e.Command, e.Since.Format(time.RFC3339))
}

// SchemaError says that the file has another schema version than this build.
type SchemaError struct {
	Have int // version of the file
	Want int // version of this build
}

func (e *SchemaError) Error() string {
	if e.Have > e.Want {
		return fmt.Sprintf("state: the file has schema version %d, newer than version %d of this build: use the newer build, or restore the backup it made before it migrated", e.Have, e.Want)
	}
	return fmt.Sprintf("state: the file has schema version %d, older than version %d of this build: run sync or run once, they migrate it", e.Have, e.Want)
}

// NotOursError says that the file is not a state file of this program.
type NotOursError struct {
	Path   string
	Reason string
}

func (e *NotOursError) Error() string {
	return fmt.Sprintf("state: %s is not a state file of this program: %s", e.Path, e.Reason)
}

// CorruptError says that the file is damaged.
type CorruptError struct {
	Path   string
	Detail string // what SQLite found, its first lines
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("state: %s is damaged (%s): restore a backup, or delete the file: the next run looks every user and group up and links what exists", e.Path, e.Detail)
}

package state

import (
	"context"
	"errors"
	"time"
)

// Options say where the state is and who opens it.
type Options struct {
	// Path of the SQLite file. Its folder is made when missing (0700), the
	// file too (0600).
	Path string

	// Build is the version of the program, recorded with each migration.
	Build string

	// Holder is shown to a second process that wants the lock, for example
	// "okta-walkme-agent sync".
	Holder string

	// Now stamps what is written. Nil: time.Now.
	Now func() time.Time
}

// DB is an open state file. Its methods may be called from many goroutines.
type DB struct{}

var errStub = errors.ErrUnsupported

// Open opens the state for writing, and creates or migrates it as needed.
func Open(ctx context.Context, o Options) (*DB, error) { return nil, errStub }

// OpenReadOnly opens the state for reading, also while another process writes.
func OpenReadOnly(ctx context.Context, path string) (*DB, error) { return nil, errStub }

// Close waits for changes under way and gives the lock back.
func (db *DB) Close() error { return errStub }

// Backup writes a consistent copy.
func (db *DB) Backup(ctx context.Context, path string) error { return errStub }

// Check looks for damage.
func Check(ctx context.Context, path string) error { return errStub }

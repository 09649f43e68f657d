package state

import (
	"context"
	"encoding/json"
	"time"
)

// Hold is a set of changes above a limit that waits for a person.
type Hold struct {
	ID         string
	Kind       string // which limit, for example "deactivations"
	Digest     string // of the set: another set is another hold
	Count      int
	Items      json.RawMessage // what is held, for people
	CreatedAt  time.Time       // zero: now
	ReleasedAt time.Time       // zero: still waits
	ReleasedBy string
}

// PutHolds makes the open holds be exactly these.
func (db *DB) PutHolds(ctx context.Context, holds []Hold) error { return errStub }

// Holds returns the open holds, oldest first.
func (db *DB) Holds(ctx context.Context) ([]Hold, error) { return nil, errStub }

// Release records the approval of an open hold, or returns ErrNoHold.
func (db *DB) Release(ctx context.Context, id, by string) error { return errStub }

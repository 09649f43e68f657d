package state

import (
	"context"
	"time"

	"okta-walkme-agent/internal/scim"
)

// Origin says how a resource came under the agent's management.
type Origin string

// The two origins.
const (
	Created Origin = "created" // the agent made it in WalkMe
	Linked  Origin = "linked"  // it was in WalkMe before
)

// Record is one row of the ownership register: a resource as WalkMe last
// acknowledged it. An ID of "" means that it never landed.
type Record struct {
	scim.Resource

	// Name is userName or displayName in the server's case as last
	// acknowledged, or the wanted name while the resource never landed.
	Name string

	Origin        Origin // "" while the resource never landed
	SourceDigest  string // of what Okta said when it was last acknowledged
	MappingDigest string // of the mapping that made its values, see DB.Mapping

	Attempts   int       // failures in a row; 0: healthy
	NextTry    time.Time // zero: at the next run
	LastError  string
	LastStatus int // HTTP status of the last failure, 0: no answer

	Partial   bool      // group: not all membership batches are acknowledged yet
	UpdatedAt time.Time // last acknowledgement, zero: none
}

// Records returns all records, sorted by scim.Compare.
func (db *DB) Records(ctx context.Context) ([]Record, error) { return nil, errStub }

// Record returns one record, ErrNoRecord when the agent does not manage it.
func (db *DB) Record(ctx context.Context, t scim.Type, sourceID string) (Record, error) {
	return Record{}, errStub
}

// RecordByTarget returns the record of a WalkMe id, or ErrNoRecord.
func (db *DB) RecordByTarget(ctx context.Context, t scim.Type, id string) (Record, error) {
	return Record{}, errStub
}

// PutRecords writes records outside of a change, in one transaction.
func (db *DB) PutRecords(ctx context.Context, recs ...Record) error { return errStub }

// Generation moves with every change of a record.
func (db *DB) Generation(ctx context.Context) (int64, error) { return 0, errStub }

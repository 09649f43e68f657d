package state

import (
	"context"
	"encoding/json"
	"time"

	"okta-walkme-agent/internal/scim"
)

// EntryState says how far a journal entry is.
type EntryState string

// Pending is the one state that is not settled.
const (
	Pending   EntryState = "pending"   // begun, outcome not known yet
	Applied   EntryState = "applied"   // acknowledged by WalkMe
	Failed    EntryState = "failed"    // refused or unanswered
	Abandoned EntryState = "abandoned" // begun by a run that was cut off, and not in WalkMe
	Held      EntryState = "held"      // kept back by a limit
	Skipped   EntryState = "skipped"   // not sent, for the reason in Reason
)

// Entry is one change of one resource in the journal.
type Entry struct {
	ID         int64  // given by Begin, ascending, never used again
	RunID      string // Run.ID
	Seq        int    // place in the plan
	Type       scim.Type
	SourceID   string
	TargetID   string // WalkMe id, "" while unknown
	Name       string
	Action     string
	Cause      string
	Reason     string
	Change     json.RawMessage // attributes old and new, members added and removed; nil: none
	State      EntryState
	HTTPStatus int // of the deciding answer, 0: none
	Error      string
	StartedAt  time.Time
	FinishedAt time.Time // zero while pending
}

// Outcome is how a change ended.
type Outcome struct {
	State      EntryState
	TargetID   string // "": as begun
	HTTPStatus int
	Error      string
	Change     json.RawMessage // nil: as begun
}

// Filter selects journal entries; zero fields select everything.
type Filter struct {
	Type         scim.Type
	SourceID     string
	Name         string // ASCII letters in any case
	RunID        string
	Since, Until time.Time // of StartedAt, both inclusive
	Limit        int       // 0: no limit
}

// Begin writes an entry before the first request of its change leaves.
func (db *DB) Begin(ctx context.Context, e Entry) (int64, error) { return 0, errStub }

// Progress saves what a part of a pending change acknowledged.
func (db *DB) Progress(ctx context.Context, id int64, recs ...Record) error { return errStub }

// Finish settles a pending entry and writes the records it changed.
func (db *DB) Finish(ctx context.Context, id int64, out Outcome, recs ...Record) error {
	return errStub
}

// FinishAndForget settles a pending entry and removes the record.
func (db *DB) FinishAndForget(ctx context.Context, id int64, out Outcome, t scim.Type, sourceID string) error {
	return errStub
}

// Pending returns the pending entries by ascending id.
func (db *DB) Pending(ctx context.Context) ([]Entry, error) { return nil, errStub }

// History returns entries, newest first.
func (db *DB) History(ctx context.Context, f Filter) ([]Entry, error) { return nil, errStub }

// Applied counts the applied entries of an action since a time.
func (db *DB) Applied(ctx context.Context, action string, since time.Time) (int, error) {
	return 0, errStub
}

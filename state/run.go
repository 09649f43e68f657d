package state

import (
	"context"
	"time"
)

// Outcomes that the state itself gives to a run without a FinishRun.
const (
	Running     = "running"     // its process is alive
	Interrupted = "interrupted" // its process ended without FinishRun
)

// Run is one pass of the agent.
type Run struct {
	ID         string
	Trigger    string // what started it, for example "schedule" or "sync"
	StartedAt  time.Time
	FinishedAt time.Time // zero while it runs and when it was interrupted
	Outcome    string

	Planned, Applied, Failed, Held, Rejected, Skipped int // changes

	Error        string // why the run failed, "" when it did not
	Health       string // health verdict as JSON
	SourceDigest string // of the snapshot
	OktaRequests int
	SCIMRequests int
}

// BeginRun records that a run starts.
func (db *DB) BeginRun(ctx context.Context, r Run) error { return errStub }

// FinishRun records how a run ended.
func (db *DB) FinishRun(ctx context.Context, r Run) error { return errStub }

// Runs returns the last runs, newest first.
func (db *DB) Runs(ctx context.Context, limit int) ([]Run, error) { return nil, errStub }

// Prune removes old history.
func (db *DB) Prune(ctx context.Context, before time.Time) (int, error) { return 0, errStub }

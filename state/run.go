package state

import (
	"context"
	"time"
)

// Outcomes of a run that has no FinishRun. All others are the caller's words.
const (
	Running     = "running"     // its process is alive
	Interrupted = "interrupted" // its process ended without FinishRun
)

// Run is one pass of the agent.
type Run struct {
	ID         string
	Trigger    string    // what started it, for example "schedule" or "sync"
	StartedAt  time.Time // stamped by BeginRun when zero
	FinishedAt time.Time // stamped by FinishRun when zero; zero while it runs, and for ever when it was interrupted
	Outcome    string

	// Changes by what became of them.
	Planned, Applied, Failed, Held, Rejected, Skipped int

	Error        string // why the run failed; "" when it did not
	Health       string // health verdict as JSON; "" when there is none
	SourceDigest string // of the snapshot; "" when there is none
	OktaRequests int
}

const runColumns = `id, trigger, started_at, finished_at, outcome, planned, applied, failed, held, rejected, skipped,
	error, health, source_digest, okta_requests`

// BeginRun records that a run starts. FinishedAt and Outcome are ignored.
func (db *DB) BeginRun(ctx context.Context, r Run) error {
	return db.write(ctx, "begin run "+r.ID, func(t *tx) error {
		if r.StartedAt.IsZero() {
			r.StartedAt = time.UnixMilli(t.now)
		}
		_, err := t.exec(`INSERT INTO runs (`+runColumns+`, scim_requests) VALUES (?, ?, ?, NULL, '', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
			r.ID, r.Trigger, millis(r.StartedAt), r.Planned, r.Applied, r.Failed, r.Held, r.Rejected, r.Skipped,
			r.Error, r.Health, r.SourceDigest, r.OktaRequests)
		return err
	})
}

// FinishRun records how a run ended. Trigger and StartedAt stay as they were
// begun. A run that was not begun is ErrNoRun.
func (db *DB) FinishRun(ctx context.Context, r Run) error {
	return db.write(ctx, "finish run "+r.ID, func(t *tx) error {
		if r.FinishedAt.IsZero() {
			r.FinishedAt = time.UnixMilli(t.now)
		}
		return t.change(ErrNoRun, `UPDATE runs SET finished_at = ?, outcome = ?, planned = ?, applied = ?, failed = ?, held = ?,
			rejected = ?, skipped = ?, error = ?, health = ?, source_digest = ?, okta_requests = ? WHERE id = ?`,
			millis(r.FinishedAt), r.Outcome, r.Planned, r.Applied, r.Failed, r.Held, r.Rejected, r.Skipped,
			r.Error, r.Health, r.SourceDigest, r.OktaRequests, r.ID)
	})
}

// DropRun takes back a run that was begun and has ended before it did anything. One that
// has finished, or has changes in the journal, stays.
func (db *DB) DropRun(ctx context.Context, id string) error {
	return db.write(ctx, "take back run "+id, func(t *tx) error {
		_, err := t.exec(`DELETE FROM runs WHERE id = ? AND outcome = '' AND NOT EXISTS (SELECT 1 FROM journal WHERE run_id = runs.id)`, id)
		return err
	})
}

// Runs returns the last runs, newest first; all of them when limit is 0. An
// open run is Running while a process has the state open for writing, and
// Interrupted otherwise.
func (db *DB) Runs(ctx context.Context, limit int) ([]Run, error) {
	if limit <= 0 {
		limit = -1 // SQLite: no limit
	}
	return list(ctx, db, "read runs", scanRun, "SELECT "+runShown+" FROM runs ORDER BY seq DESC LIMIT ?", db.openOutcome(), limit)
}

// runShown is runColumns with the outcome of an open run, the first argument.
const runShown = `id, trigger, started_at, finished_at,
	iif(outcome = '' AND finished_at IS NULL, ?, outcome), planned, applied, failed, held, rejected, skipped,
	error, health, source_digest, okta_requests`

// openOutcome is the outcome of a run that has not ended.
func (db *DB) openOutcome() string {
	if db.writer == nil && !locked(db.path) {
		return Interrupted
	}
	return Running
}

func scanRun(row scanner) (Run, error) {
	var r Run
	err := row.Scan(&r.ID, &r.Trigger, instant{&r.StartedAt}, instant{&r.FinishedAt}, &r.Outcome, &r.Planned, &r.Applied,
		&r.Failed, &r.Held, &r.Rejected, &r.Skipped, &r.Error, &r.Health, &r.SourceDigest, &r.OktaRequests)
	return r, err
}

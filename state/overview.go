package state

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"okta-walkme-agent/internal/scim"
)

// Managed counts the active users and groups that WalkMe has acknowledged.
func (db *DB) Managed(ctx context.Context) (users, groups int, err error) {
	const query = "SELECT count(*) FROM resources WHERE active = 1 AND target_id <> '' AND type = ?"
	if err = db.total(ctx, query, []any{string(scim.User)}, &users); err == nil {
		err = db.total(ctx, query, []any{string(scim.Group)}, &groups)
	}
	return users, groups, db.fail("count records", err)
}

// Standing counts the records of one type: the active ones that WalkMe has, and those that
// failed last.
type Standing struct{ Managed, Failing int }

// Standing counts the records of each type; one that has none is not in the map.
func (db *DB) Standing(ctx context.Context) (map[scim.Type]Standing, error) {
	out := map[scim.Type]Standing{}
	err := db.each(ctx, `SELECT type, sum(active = 1 AND target_id <> ''), sum(attempts > 0) FROM resources GROUP BY type`, nil, func(row scanner) error {
		var t scim.Type
		var n Standing
		err := row.Scan(&t, &n.Managed, &n.Failing)
		out[t] = n
		return err
	})
	return out, db.fail("count records", err)
}

// AccountIDs returns WalkMe's ids of all people who have a record, in no order.
func (db *DB) AccountIDs(ctx context.Context) ([]string, error) {
	return list(ctx, db, "read records", scanText, "SELECT target_id FROM resources WHERE type = 'User' AND target_id <> ''")
}

// Failing returns the records whose last attempt failed, sorted by scim.Compare, at
// most limit, all below 0, and how many there are.
func (db *DB) Failing(ctx context.Context, limit int) (recs []Record, n int, err error) {
	const what = "read failing records"
	if err := db.total(ctx, "SELECT count(*) FROM resources WHERE attempts > 0", nil, &n); err != nil {
		return nil, 0, db.fail(what, err)
	}
	recs, err = list(ctx, db, what, scanRecord, "SELECT "+recordColumns+` FROM resources
		WHERE attempts > 0 ORDER BY type DESC, source_id LIMIT ?`, limit)
	return recs, n, err
}

func scanRecord(row scanner) (r Record, err error) { return r, newLoader().scan(row, &r) }

// RunDay is what the runs of a day came to.
type RunDay struct {
	Day     time.Time // midnight, UTC
	Runs    int
	Failed  int // runs that failed as a whole
	Applied int // changes, like the next three
	Failing int
	Held    int // in the run that held most
	Longest time.Duration
}

// RunDays adds the runs since a time up by the day, oldest first. Days without a run
// are left out.
func (db *DB) RunDays(ctx context.Context, since time.Time) ([]RunDay, error) {
	return list(ctx, db, "read runs by the day", func(row scanner) (d RunDay, err error) {
		var day, longest int64
		err = row.Scan(&day, &d.Runs, &d.Failed, &d.Applied, &d.Failing, &d.Held, &longest)
		d.Day, d.Longest = dayOf(day), time.Duration(longest)*time.Millisecond
		return d, err
	}, `SELECT started_at / 86400000 AS day, count(*), sum(outcome = 'failed'), sum(applied), sum(failed), max(held),
		max(0, max(coalesce(finished_at, started_at) - started_at)) FROM runs WHERE started_at >= ? GROUP BY day ORDER BY day`, since.UnixMilli())
}

// ChangeDay counts the changes of one kind that WalkMe acknowledged on a day.
type ChangeDay struct {
	Day    time.Time // midnight, UTC
	Action string
	Count  int
}

// ChangeDays counts acknowledged changes by day and action, from a day to before
// another, both at midnight UTC, oldest first. It looks at each of them.
func (db *DB) ChangeDays(ctx context.Context, from, to time.Time) ([]ChangeDay, error) {
	return list(ctx, db, "read changes by the day", func(row scanner) (d ChangeDay, err error) {
		var day int64
		err = row.Scan(&d.Action, &day, &d.Count)
		d.Day = dayOf(day)
		return d, err
	}, `SELECT action, finished_at / 86400000 AS day, count(*) FROM journal WHERE state = 'applied' AND finished_at >= ?
		AND finished_at < ? GROUP BY action, day ORDER BY day, action`, from.UnixMilli(), to.UnixMilli())
}

// EntryMark names an entry, so that one can tell whether a file still is the one that it was
// read from: another one was put into its place, or an earlier one restored. The zero mark
// stands in every file.
type EntryMark struct {
	ID    int64
	RunID string
}

// NewestEntry names the newest entry of the journal.
func (db *DB) NewestEntry(ctx context.Context) (m EntryMark, err error) {
	err = db.one(ctx, "SELECT id, run_id FROM journal ORDER BY id DESC LIMIT 1", nil, &m.ID, &m.RunID)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return m, db.fail("read the newest entry", err)
}

// HasEntry says whether the journal has an entry.
func (db *DB) HasEntry(ctx context.Context, m EntryMark) (bool, error) {
	if m == (EntryMark{}) {
		return true, nil
	}
	var there int
	err := db.one(ctx, "SELECT 1 FROM journal WHERE id = ? AND run_id = ?", []any{m.ID, m.RunID}, &there)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, db.fail("read an entry", err)
}

func dayOf(n int64) time.Time { return time.UnixMilli(n * 86400000).UTC() }

// RunsBefore returns the runs before one, newest first, at most limit; with an id of
// "" the newest. An open run is shown as in Runs.
func (db *DB) RunsBefore(ctx context.Context, id string, limit int) ([]Run, error) {
	return list(ctx, db, "read runs", scanRun, `SELECT `+runShown+` FROM runs
		WHERE ? = '' OR seq < (SELECT seq FROM runs WHERE id = ?) ORDER BY seq DESC LIMIT ?`, db.openOutcome(), id, id, limit)
}

// RunsAround returns the newest run that had begun at a time, and had not ended before
// it; none when that is not on record.
func (db *DB) RunsAround(ctx context.Context, at time.Time) ([]Run, error) {
	return list(ctx, db, "read runs", scanRun, "SELECT "+runShown+` FROM runs
		WHERE started_at <= ?2 AND (finished_at IS NULL OR finished_at >= ?2) ORDER BY started_at DESC LIMIT 1`, db.openOutcome(), at.UnixMilli())
}

// RunByID returns one run, or ErrNoRun.
func (db *DB) RunByID(ctx context.Context, id string) (Run, error) {
	runs, err := list(ctx, db, "read run", scanRun, "SELECT "+runShown+" FROM runs WHERE id = ?", db.openOutcome(), id)
	if err == nil && len(runs) == 0 {
		err = ErrNoRun
	}
	if err != nil {
		return Run{}, err
	}
	return runs[0], nil
}

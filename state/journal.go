package state

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"okta-walkme-agent/internal/scim"
)

// EntryState says how far a journal entry is.
type EntryState string

// All but Pending are final.
const (
	Pending   EntryState = "pending"   // begun, outcome not known yet
	Applied   EntryState = "applied"   // acknowledged by WalkMe
	Failed    EntryState = "failed"    // refused or unanswered
	Abandoned EntryState = "abandoned" // begun by a run that ended before it was sent, or that was cut off, and not in WalkMe
)

// Entry is one change of one resource in the journal.
type Entry struct {
	ID         int64  // given by Begin, ascending, never used again
	RunID      string // Run.ID
	Seq        int    // place in the run's plan
	Type       scim.Type
	SourceID   string // id in Okta
	TargetID   string // id in WalkMe; "" while unknown
	Name       string // userName or displayName
	Action     string // as in the plan, like Cause and Reason
	Cause      string
	Reason     string
	Change     json.RawMessage // attributes old and new, members added and removed; nil: none
	State      EntryState
	HTTPStatus int       // of the deciding answer; 0: none
	Error      string    // "" when none
	StartedAt  time.Time // stamped by Begin when zero
	FinishedAt time.Time // stamped by Finish; zero while pending

	// Decision is the id of the approval that let the change through, 0 for none.
	// ApprovedBy, ApprovedAt and ApprovalReason say what is known of it; they are read,
	// never written.
	Decision       int64
	ApprovedBy     string
	ApprovedAt     time.Time
	ApprovalReason string
}

// Outcome is how a change ended.
type Outcome struct {
	State      EntryState      // any but Pending
	TargetID   string          // "": as begun
	HTTPStatus int             // of the deciding answer; 0: none
	Error      string          // "" when none
	Change     json.RawMessage // nil: as begun
}

// Filter selects journal entries. Zero fields select everything.
type Filter struct {
	Type     scim.Type
	SourceID string
	Name     string // or the same by scim.SameName
	RunID    string
	Since    time.Time // of StartedAt, inclusive
	Until    time.Time // of StartedAt, inclusive
	Limit    int       // 0: no limit
}

const entryColumns = `run_id, seq, type, source_id, target_id, name, action, cause, reason, change,
	state, http_status, error, started_at, finished_at`

// selectEntries reads the journal together with the approvals of its entries.
const selectEntries = `SELECT j.id, run_id, j.seq, type, source_id, target_id, name, action, cause, j.reason, change,
	state, http_status, error, started_at, finished_at, coalesce(decision, 0), coalesce(decided_by, ''), decided_at, coalesce(d.reason, '')
	FROM journal AS j LEFT JOIN decisions AS d ON d.seq = j.decision`

// Begin writes an entry and returns its id. It is on the disk when Begin
// returns, so that the first request may leave. ID is ignored. An empty State
// is Pending; an entry that is finished from the start needs no
// Finish.
func (db *DB) Begin(ctx context.Context, e Entry) (int64, error) {
	e.State = cmp.Or(e.State, Pending)
	row := []any{e.RunID, e.Seq, string(e.Type), e.SourceID, e.TargetID, e.Name, e.Action, e.Cause, e.Reason, text(e.Change),
		string(e.State), e.HTTPStatus, e.Error, millis(e.StartedAt), millis(e.FinishedAt), string(Pending), e.Decision}
	var id int64
	err := db.write(ctx, "begin change of "+e.SourceID, func(t *tx) error {
		res, err := t.exec(`INSERT INTO journal (`+entryColumns+`, decision) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,
			?11, ?12, ?13, coalesce(?14, ?18), iif(?11 = ?16, NULL, coalesce(?15, ?18)), nullif(?17, 0))`, append(row, t.now)...)
		if err != nil {
			return err
		}
		id, err = res.LastInsertId()
		return err
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

// Finish ends a pending entry and writes the records it changed, in one
// transaction. When the outcome is Applied UpdatedAt of the records is
// stamped, otherwise stored as given. An id that is not pending is ErrNoEntry,
// and then no record is written.
func (db *DB) Finish(ctx context.Context, id int64, out Outcome, recs ...Record) error {
	return db.finish(ctx, id, out, recs, nil)
}

// FinishAndForget ends a pending entry and removes a record, in one
// transaction: the agent no longer manages the resource.
func (db *DB) FinishAndForget(ctx context.Context, id int64, out Outcome, t scim.Type, sourceID string) error {
	return db.finish(ctx, id, out, nil, func(x *tx) error { return x.forget(t, sourceID) })
}

func (db *DB) finish(ctx context.Context, id int64, out Outcome, recs []Record, also func(*tx) error) error {
	what := fmt.Sprintf("finish journal entry %d", id)
	rows, err := recordRows(recs)
	if err != nil {
		return db.fail(what, err)
	}
	change := text(out.Change)
	return db.write(ctx, what, func(t *tx) error {
		err := t.change(ErrNoEntry, `UPDATE journal SET state = ?2, target_id = iif(?3 = '', target_id, ?3),
			http_status = ?4, error = ?5, finished_at = iif(?2 = 'pending', NULL, ?6)
			WHERE id = ?1 AND state = 'pending'`, id, string(out.State), out.TargetID, out.HTTPStatus, out.Error, t.now)
		if err == nil && out.Change != nil {
			_, err = t.exec("UPDATE journal SET change = ?2 WHERE id = ?1", id, change)
		}
		if err != nil {
			return err
		}
		if also != nil {
			return also(t)
		}
		return t.putRecords(acknowledged(rows, out.State, t.now))
	})
}

// acknowledged stamps rows that WalkMe acknowledged.
func acknowledged(rows []recordRow, s EntryState, now int64) []recordRow {
	if s != Applied && s != Pending {
		return rows
	}
	out := make([]recordRow, len(rows))
	for i, r := range rows {
		out[i] = r.acknowledged(now)
	}
	return out
}

// Pending returns the pending entries by ascending id: what the runs that were
// cut off left behind, and what is under way.
func (db *DB) Pending(ctx context.Context) ([]Entry, error) {
	return list(ctx, db, "read pending journal entries", scanEntry,
		selectEntries+" WHERE state = 'pending' ORDER BY j.id")
}

// History returns the entries that a filter selects, newest first.
func (db *DB) History(ctx context.Context, f Filter) ([]Entry, error) {
	names, err := db.namesOf(ctx, f.Name)
	if err != nil {
		return nil, err
	}
	where, args := f.where(names)
	return list(ctx, db, "read history", scanEntry,
		selectEntries+where+" ORDER BY j.id DESC"+f.limit(), args...)
}

func (f Filter) where(names []string) (string, []any) {
	var terms []string
	var args []any
	add := func(term string, arg any, given bool) {
		if given {
			terms, args = append(terms, term), append(args, arg)
		}
	}
	add("type = ?", string(f.Type), f.Type != "")
	add("source_id = ?", f.SourceID, f.SourceID != "")
	if f.Name != "" {
		terms = append(terms, "name COLLATE NOCASE IN (?"+strings.Repeat(", ?", len(names)-1)+")")
		for _, name := range names {
			args = append(args, name)
		}
	}
	add("run_id = ?", f.RunID, f.RunID != "")
	add("started_at >= ?", millis(f.Since), !f.Since.IsZero())
	add("started_at <= ?", millis(f.Until), !f.Until.IsZero())
	if len(terms) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(terms, " AND "), args
}

// namesOf are the names in the journal that are the same as name, and name itself.
// NOCASE knows the case of ASCII letters alone, which is all that it takes for a name
// of such letters: no other name is the same.
func (db *DB) namesOf(ctx context.Context, name string) ([]string, error) {
	names := []string{name}
	if !strings.ContainsFunc(name, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return names, nil
	}
	known, err := list(ctx, db, "read the names of the journal", func(row scanner) (s string, err error) {
		return s, row.Scan(&s)
	}, "SELECT DISTINCT name COLLATE NOCASE FROM journal")
	for _, other := range known {
		if other != name && scim.SameName(other, name) {
			names = append(names, other)
		}
	}
	return names, err
}

func (f Filter) limit() string {
	if f.Limit <= 0 {
		return ""
	}
	return fmt.Sprintf(" LIMIT %d", f.Limit)
}

func scanEntry(row scanner) (Entry, error) {
	var e Entry
	err := row.Scan(&e.ID, &e.RunID, &e.Seq, &e.Type, &e.SourceID, &e.TargetID, &e.Name, &e.Action, &e.Cause, &e.Reason,
		(*[]byte)(&e.Change), &e.State, &e.HTTPStatus, &e.Error, instant{&e.StartedAt}, instant{&e.FinishedAt},
		&e.Decision, &e.ApprovedBy, instant{&e.ApprovedAt}, &e.ApprovalReason)
	return e, err
}

// Window is a time that limits look back over.
type Window struct {
	Since time.Time
	Now   time.Time
}

// recent selects the applied entries of a window, but for what a person has approved.
// An entry that lies in the future (the clock was wrong) has no time that is believed:
// it is recent until a later run has begun before the window.
const recent = ` WHERE state = 'applied' AND decision IS NULL AND finished_at >= ?1 AND (finished_at <= ?2 OR NOT EXISTS (
	SELECT 1 FROM runs AS later JOIN runs AS own ON own.id = run_id WHERE later.seq > own.seq AND later.started_at < ?1))`

func (db *DB) recently(ctx context.Context, what, query string, w Window, args ...any) (n int, err error) {
	err = db.total(ctx, query, append([]any{w.Since.UnixMilli(), w.Now.UnixMilli()}, args...), &n)
	return n, db.fail(what, err)
}

// Applied counts the applied entries of an action, for limits over a sliding window.
func (db *DB) Applied(ctx context.Context, action string, w Window) (int, error) {
	return db.recently(ctx, "count applied changes", "SELECT count(*) FROM journal"+recent+" AND action = ?3", w, action)
}

// AppliedEmptied is Applied for a limit on emptied values: it counts the people whose
// value of an attribute was taken away.
func (db *DB) AppliedEmptied(ctx context.Context, w Window) (int, error) {
	return db.recently(ctx, "count emptied values", `SELECT count(DISTINCT source_id) FROM journal`+recent+`
		AND action IN ('link', 'reactivate', 'update') AND EXISTS (SELECT 1 FROM json_each(change, '$.attributes') AS a
			WHERE coalesce(a.value ->> '$.new', '') IN ('', '[]') AND coalesce(a.value ->> '$.old', '') NOT IN ('', '[]'))`, w)
}

// AppliedRemovals is Applied for a limit on removed members: it adds up the
// lengths of members.remove in the entries' Change.
func (db *DB) AppliedRemovals(ctx context.Context, action string, w Window) (int, error) {
	return db.recently(ctx, "count removed members",
		`SELECT coalesce(sum(json_array_length(change, '$.members.remove')), 0) FROM journal`+recent+" AND action = ?3", w, action)
}

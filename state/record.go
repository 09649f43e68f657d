package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"okta-walkme-agent/internal/scim"
)

// Origin says how a resource came under the agent's management.
type Origin string

// The two origins. It is "" while the resource never landed.
const (
	Created Origin = "created" // the agent made it in WalkMe
	Linked  Origin = "linked"  // it was in WalkMe before
)

// Missing says how WalkMe was last seen not to have an account that has a record.
type Missing string

// The ways; "" is not at all.
const (
	MissingInRefresh Missing = "refresh" // a look at the whole tenant has not found it
	MissingInWrite   Missing = "write"   // a change that needed it has not found it
)

// Record is one row of the table resources: a resource as WalkMe last
// acknowledged it. An ID of "" means that it never landed.
type Record struct {
	scim.Resource

	// Name is userName or displayName in the server's case as last
	// acknowledged, or the wanted name while the resource never landed.
	Name string

	Origin        Origin
	SourceDigest  string // of what Okta said at the last acknowledgement
	MappingDigest string // of the mapping that made the attributes, see DB.Mapping

	Attempts   int       // failures in a row; 0: healthy
	NextTry    time.Time // zero: at the next run
	LastError  string    // "" when healthy
	LastStatus int       // HTTP status of the last failure; 0: no answer

	// FailedChange identifies the change that failed, so that its pause does
	// not delay another one. It is "" when healthy.
	FailedChange string

	Missing Missing // of a person; "" when there, or not known

	Unread    int       // group: how many members it has whose ids were left in the state; Members is nil, and the record cannot be written
	Partial   bool      // group: not all membership batches are acknowledged yet
	Doubtful  []string  // group: Okta ids of people whom WalkMe took and does not show; not among Members, and maybe in it
	UpdatedAt time.Time // last acknowledgement; zero: none. See DB.Finish
}

// ClearFailure makes the record that of a healthy resource.
func (r *Record) ClearFailure() {
	r.Attempts, r.NextTry, r.LastError, r.LastStatus, r.FailedChange, r.Missing = 0, time.Time{}, "", 0, "", ""
}

const recordColumns = `type, source_id, target_id, active, name, origin, source_digest, mapping_digest,
	attempts, next_try, last_error, last_status, failed_change, missing, partial, updated_at, attributes, members, doubtful`

// updatedAt is the place of updated_at in recordColumns.
const updatedAt = 15

// Records returns all records, sorted by scim.Compare. The caller owns them.
func (db *DB) Records(ctx context.Context) ([]Record, error) {
	const what = "read records"
	var n int
	if err := db.total(ctx, "SELECT count(*) FROM resources", nil, &n); err != nil {
		return nil, db.fail(what, err)
	}
	out, err := db.records(ctx, make([]Record, 0, n), newLoader(), "ORDER BY type DESC, source_id")
	return out, db.fail(what, err)
}

// records appends the records that a clause chooses.
func (db *DB) records(ctx context.Context, out []Record, l *loader, clause string, args ...any) ([]Record, error) {
	err := db.each(ctx, "SELECT "+recordColumns+" FROM resources "+clause, args, func(row scanner) error {
		out = append(out, Record{})
		return l.scan(row, &out[len(out)-1])
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// NewestAccounts returns records of people with an active account that was not missed
// before, at most so many, newest first, and how many there are. Of the same minute,
// which is often the same run, the Okta id decides. What WalkMe has acknowledged after a
// time is left out, unless that is zero.
func (db *DB) NewestAccounts(ctx context.Context, most int, until time.Time) (newest []Record, all int, err error) {
	const which = "WHERE type = 'User' AND active = 1 AND target_id <> '' AND missing = '' AND updated_at <= ?"
	last := int64(math.MaxInt64)
	if !until.IsZero() {
		last = until.UnixMilli()
	}
	if err := db.total(ctx, "SELECT count(*) FROM resources "+which, []any{last}, &all); err != nil {
		return nil, 0, db.fail("read records", err)
	}
	newest, err = db.records(ctx, nil, newLoader(), which+" ORDER BY updated_at / 60000 DESC, source_id LIMIT ?", last, most)
	return newest, all, db.fail("read records", err)
}

// UsersOf returns the Okta ids of the people on whose record an account is: of more than
// one when it has passed on.
func (db *DB) UsersOf(ctx context.Context, targetID string) ([]string, error) {
	return list(ctx, db, "read owners", scanText, "SELECT source_id FROM resources WHERE type = 'User' AND target_id = ? AND target_id <> '' ORDER BY source_id", targetID)
}

// UserNames returns the userNames that WalkMe has acknowledged of these people, as they
// were sent, by Okta id.
func (db *DB) UserNames(ctx context.Context, ids []string) (map[string]string, error) {
	out := make(map[string]string, len(ids))
	for part := range slices.Chunk(ids, chunk) {
		list, err := idList(part)
		if err == nil {
			err = db.each(ctx, `SELECT source_id, coalesce(attributes ->> '$.userName', name) FROM resources
				WHERE type = 'User' AND source_id IN (SELECT value FROM json_each(?))`, []any{list}, func(row scanner) error {
				var id, name string
				err := row.Scan(&id, &name)
				out[id] = name
				return err
			})
		}
		if err != nil {
			return nil, db.fail("read names", err)
		}
	}
	return out, nil
}

// PushedRecords returns the records of all groups, sorted by Okta id. The caller owns
// them.
func (db *DB) PushedRecords(ctx context.Context) ([]Record, error) {
	const what, which = "read records", "WHERE type = 'Group' "
	var n int
	if err := db.total(ctx, "SELECT count(*) FROM resources "+which, nil, &n); err != nil {
		return nil, db.fail(what, err)
	}
	out, err := db.records(ctx, make([]Record, 0, n), newLoader(), which+"ORDER BY source_id")
	return out, db.fail(what, err)
}

// EachRecorded calls fn with the Okta id of each person who has a record, in their order,
// and ends at its first error. The id is valid until fn returns.
func (db *DB) EachRecorded(ctx context.Context, fn func(id []byte) error) error {
	err := db.each(ctx, "SELECT source_id FROM resources WHERE type = 'User' ORDER BY source_id", nil, func(row scanner) error {
		var id sql.RawBytes
		if err := row.Scan(&id); err != nil {
			return err
		}
		return fn(id)
	})
	return db.fail("read records", err)
}

// EachName calls fn with the Okta id and the name of each record of a type, by id, and ends
// at its first error.
func (db *DB) EachName(ctx context.Context, t scim.Type, fn func(sourceID, name string) error) error {
	err := db.each(ctx, "SELECT source_id, name FROM resources WHERE type = ? ORDER BY source_id", []any{string(t)}, func(row scanner) error {
		var id, name string
		if err := row.Scan(&id, &name); err != nil {
			return err
		}
		return fn(id, name)
	})
	return db.fail("read names", err)
}

// CountRecorded is how many people have a record.
func (db *DB) CountRecorded(ctx context.Context) (n int, err error) {
	err = db.total(ctx, "SELECT count(*) FROM resources WHERE type = 'User'", nil, &n)
	return n, db.fail("count records", err)
}

// PutRecords writes records outside of a change, as they are given, all or
// none: failures without a request, digests that moved without a difference.
func (db *DB) PutRecords(ctx context.Context, recs ...Record) error {
	rows, err := recordRows(recs)
	if err != nil {
		return db.fail("write records", err)
	}
	return db.write(ctx, "write records", func(t *tx) error { return t.putRecords(rows) })
}

// Forget removes a record outside of a change: the agent no longer manages the
// resource. That there is none is no error.
func (db *DB) Forget(ctx context.Context, t scim.Type, sourceID string) error {
	return db.write(ctx, "forget "+sourceID, func(x *tx) error { return x.forget(t, sourceID) })
}

// Generation moves with every change of a record. Two equal values mean that
// no record was written in between.
func (db *DB) Generation(ctx context.Context) (int64, error) {
	var n int64
	err := db.total(ctx, "SELECT value FROM generation", nil, &n)
	return n, db.fail("read generation", err)
}

// recordRow holds the values of recordColumns, in their order.
type recordRow []any

// acknowledged returns the row with UpdatedAt set to now.
func (r recordRow) acknowledged(now int64) recordRow {
	r = slices.Clone(r)
	r[updatedAt] = now
	return r
}

// recordRows encodes records, so that the caller may change the records afterwards.
func recordRows(recs []Record) ([]recordRow, error) {
	rows := make([]recordRow, len(recs))
	for i, r := range recs {
		attributes, err := r.Attributes.MarshalJSON()
		if err != nil {
			return nil, fmt.Errorf("record %s: %w", r.SourceID, err)
		}
		members, err := joinIDs(r.Members)
		if err == nil && r.Unread > 0 {
			err = errUnread
		}
		if err != nil {
			return nil, fmt.Errorf("record %s: members: %w", r.SourceID, err)
		}
		doubtful, err := joinIDs(r.Doubtful)
		if err != nil {
			return nil, fmt.Errorf("record %s: doubtful members: %w", r.SourceID, err)
		}
		rows[i] = recordRow{string(r.Type), r.SourceID, r.ID, r.Active, r.Name, string(r.Origin), r.SourceDigest, r.MappingDigest,
			r.Attempts, millis(r.NextTry), r.LastError, r.LastStatus, r.FailedChange, string(r.Missing), r.Partial, millis(r.UpdatedAt), string(attributes), members, doubtful}
	}
	return rows, nil
}

func (t *tx) putRecords(rows []recordRow) error {
	for _, row := range rows {
		_, err := t.exec(`INSERT INTO resources (`+recordColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (type, source_id) DO UPDATE SET target_id = excluded.target_id, active = excluded.active,
			name = excluded.name, origin = excluded.origin, source_digest = excluded.source_digest,
			mapping_digest = excluded.mapping_digest, attempts = excluded.attempts, next_try = excluded.next_try,
			last_error = excluded.last_error, last_status = excluded.last_status,
			failed_change = excluded.failed_change, missing = excluded.missing, partial = excluded.partial, updated_at = excluded.updated_at,
			attributes = excluded.attributes, members = excluded.members, doubtful = excluded.doubtful`, row...)
		if err != nil {
			return fmt.Errorf("record %s: %w", row[1], err)
		}
	}
	return nil
}

func (t *tx) forget(typ scim.Type, sourceID string) error {
	_, err := t.exec("DELETE FROM resources WHERE type = ? AND source_id = ?", string(typ), sourceID)
	return err
}

// joinIDs writes ids one a line, in their order.
func joinIDs(ids []string) (string, error) {
	for _, id := range ids {
		if id == "" || strings.Contains(id, "\n") {
			return "", errors.New("an id is empty or has a line break")
		}
	}
	return strings.Join(ids, "\n"), nil
}

// splitIDs reads what joinIDs wrote, nil for "".
func splitIDs(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}

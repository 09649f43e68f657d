package state

import (
	"context"
	"encoding/json"
	"time"
)

// Hold is a set of changes above a limit that waits for a person.
type Hold struct {
	ID         string
	Kind       string          // which limit, for example "deactivations"
	Digest     string          // of the set: another set is another hold
	Count      int             // changes in the set
	Items      json.RawMessage // what is held, for people; nil: none
	CreatedAt  time.Time       // stamped by PutHolds when zero
	ReleasedAt time.Time       // approval; zero: waits
	ReleasedBy string
}

// PutHolds makes the open holds be exactly these: new ones are opened, missing
// ones closed. One that is open already keeps its creation and its approval if
// its digest is the same; ReleasedAt and ReleasedBy of the arguments are
// ignored, only Release approves.
func (db *DB) PutHolds(ctx context.Context, holds []Hold) error {
	ids := make([]string, len(holds))
	rows := make([][]any, len(holds))
	for i, h := range holds {
		ids[i] = h.ID
		rows[i] = []any{h.ID, h.Kind, h.Digest, h.Count, text(h.Items), millis(h.CreatedAt)}
	}
	open, err := json.Marshal(ids)
	if err != nil {
		return db.fail("write holds", err)
	}
	return db.write(ctx, "write holds", func(t *tx) error {
		_, err := t.exec(`UPDATE holds SET closed_at = ? WHERE closed_at IS NULL
			AND id NOT IN (SELECT value FROM json_each(?))`, t.now, string(open))
		for i := 0; err == nil && i < len(rows); i++ {
			err = t.putHold(rows[i])
		}
		return err
	})
}

// putHold opens a hold, or refreshes one that is open with the same digest.
func (t *tx) putHold(row []any) error {
	_, err := t.exec(`INSERT INTO holds (id, kind, digest, count, items, created_at, released_at, released_by, closed_at)
		VALUES (?1, ?2, ?3, ?4, ?5, coalesce(?6, ?7), NULL, '', NULL)
		ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, count = excluded.count, items = excluded.items,
		created_at = iif(closed_at IS NULL AND digest = excluded.digest, created_at, excluded.created_at),
		released_at = iif(closed_at IS NULL AND digest = excluded.digest, released_at, NULL),
		released_by = iif(closed_at IS NULL AND digest = excluded.digest, released_by, ''),
		digest = excluded.digest, closed_at = NULL`, append(row[:6:6], t.now)...)
	return err
}

// Holds returns the open holds in the order in which they were opened first.
func (db *DB) Holds(ctx context.Context) ([]Hold, error) {
	return list(ctx, db, "read holds", scanHold, `SELECT id, kind, digest, count, items, created_at, released_at, released_by
		FROM holds WHERE closed_at IS NULL ORDER BY seq`)
}

func scanHold(row scanner) (Hold, error) {
	var h Hold
	err := row.Scan(&h.ID, &h.Kind, &h.Digest, &h.Count, (*[]byte)(&h.Items), instant{&h.CreatedAt}, instant{&h.ReleasedAt}, &h.ReleasedBy)
	return h, err
}

// Release records who approved an open hold, and when. A second approval
// leaves the first as it is. Without such a hold it returns ErrNoHold.
func (db *DB) Release(ctx context.Context, id, by string) error {
	return db.write(ctx, "release hold "+id, func(t *tx) error {
		return t.change(ErrNoHold, `UPDATE holds SET released_by = iif(released_at IS NULL, ?2, released_by),
			released_at = coalesce(released_at, ?3) WHERE id = ?1 AND closed_at IS NULL`, id, by, t.now)
	})
}

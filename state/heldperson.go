package state

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
)

// HoldsOn returns the ids of the holds that are about a person, or a membership of the
// person: those that wait, then those of decisions in force, in their order.
func (db *DB) HoldsOn(ctx context.Context, sourceID string) ([]string, error) {
	const what = "read holds on a person"
	quoted, err := json.Marshal(sourceID)
	if err != nil {
		return nil, db.fail(what, err)
	}
	var out []string
	err = db.each(ctx, "SELECT id, CAST(items AS BLOB) FROM holds WHERE closed_at IS NULL AND items IS NOT NULL ORDER BY seq", nil, func(row scanner) error {
		var id string
		var items sql.RawBytes
		if err := row.Scan(&id, &items); err != nil {
			return err
		}
		if bytes.Contains(items, append([]byte(`"okta_id":`), quoted...)) || bytes.Contains(items, append([]byte(`"member_id":`), quoted...)) {
			out = append(out, id)
		}
		return nil
	})
	if err != nil {
		return nil, db.fail(what, err)
	}
	decided, err := list(ctx, db, what, scanText, `SELECT hold_id FROM decisions AS d WHERE ended_at IS NULL AND EXISTS (
			SELECT 1 FROM decided_items WHERE decision = d.seq AND ended_at IS NULL AND instr(item, ?1) > 0
			AND ?1 IN (detail ->> '$.okta_id', detail ->> '$.member_id')) ORDER BY seq`, sourceID)
	return append(out, decided...), err
}

// HoldHead is a hold, or a decision, with the first of its items alone.
type HoldHead struct {
	Decision // of a hold that waits only the Hold
	Waits    bool
	Left     int // items in force
}

// headSize is how much of a list of items is read for the first of them.
const headSize = 32 << 10

// HoldHeads returns the holds that wait, and then the decisions in force, as Holds and
// Decisions do, with at most n items of each.
func (db *DB) HoldHeads(ctx context.Context, n int) ([]HoldHead, error) {
	const what = "read holds"
	waiting, err := list(ctx, db, what, func(row scanner) (h HoldHead, err error) {
		var items []byte
		err = row.Scan(&h.Hold.ID, &h.Hold.Kind, &h.Hold.Digest, &h.Hold.Scope, &h.Hold.Limit, &h.Hold.Reason, &h.Hold.Forced, &h.Hold.Count, &items, instant{&h.Hold.CreatedAt})
		h.Waits, h.Left = true, h.Hold.Count
		if err == nil {
			h.Hold.Items, err = firstItems(items, n)
		}
		return h, err
	}, "SELECT id, kind, digest, scope, threshold, reason, forced, count, substr(CAST(items AS BLOB), 1, ?), created_at FROM holds WHERE closed_at IS NULL ORDER BY seq", headSize)
	if err != nil {
		return nil, err
	}
	decided, err := list(ctx, db, what, func(row scanner) (h HoldHead, err error) {
		var items []byte
		err = row.Scan(&h.ID, &h.Hold.ID, &h.Hold.Kind, &h.Hold.Digest, &h.Hold.Scope, &h.Hold.Limit, &h.Hold.Reason, &h.Hold.Forced,
			instant{&h.Hold.CreatedAt}, &h.Verdict, &h.By, &h.Reason, instant{&h.At}, instant{&h.EndedAt}, &h.Hold.Count, &h.Left, &items)
		if err == nil {
			err = json.Unmarshal(items, &h.Hold.Items)
		}
		return h, err
	}, `SELECT seq, hold_id, kind, digest, scope, threshold, hold_reason, forced, held_at, verdict, decided_by, reason, decided_at, ended_at,
		(SELECT count(*) FROM decided_items AS i WHERE i.decision = d.seq),
		(SELECT count(*) FROM decided_items AS i WHERE i.decision = d.seq AND i.ended_at IS NULL),
		(SELECT json_group_array(json(detail)) FROM (SELECT detail FROM decided_items AS i WHERE i.decision = d.seq AND i.ended_at IS NULL LIMIT ?))
		FROM decisions AS d WHERE ended_at IS NULL ORDER BY seq`, n)
	return append(waiting, decided...), err
}

// firstItems reads the first items of a list that may be cut off.
func firstItems(head []byte, n int) ([]HeldItem, error) {
	var out []HeldItem
	d := json.NewDecoder(bytes.NewReader(head))
	if _, err := d.Token(); err != nil {
		return nil, nil // there is no list
	}
	for len(out) < n && d.More() {
		var item HeldItem
		err := d.Decode(&item)
		if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			break // cut off, or behind a comma
		}
		if err != nil {
			return nil, err
		}
		out = append(out, item)
	}
	return out, nil
}

// Hold returns a hold that waits; ErrNoHold when there is none under the id.
func (db *DB) Hold(ctx context.Context, id string) (Hold, error) {
	holds, err := list(ctx, db, "read hold "+id, scanHold, "SELECT "+holdColumns+" FROM holds WHERE id = ? AND closed_at IS NULL", id)
	if err == nil && len(holds) == 0 {
		err = ErrNoHold
	}
	if err != nil {
		return Hold{}, err
	}
	return holds[0], nil
}

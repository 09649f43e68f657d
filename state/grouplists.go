package state

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrNoGroup says that a group is not stored, or not any more.
var ErrNoGroup = errors.New("no such group")

var errUnread = errors.New("they were left in the state")

// SourceGroupHeads returns the groups of the last healthy snapshot, sorted by id, without the
// ids of their members: Unread is how many there are.
func (db *DB) SourceGroupHeads(ctx context.Context) ([]SourceGroup, error) {
	return list(ctx, db, "read source groups", func(row scanner) (g SourceGroup, err error) {
		var id string
		var body []byte
		var members sql.RawBytes
		if err := row.Scan(&id, &body, &members); err != nil {
			return g, err
		}
		if err := json.Unmarshal(body, &g); err != nil {
			return g, fmt.Errorf("group %s: %w", id, err)
		}
		g.ID, g.Unread = id, countIDs(members)
		return g, nil
	}, "SELECT id, body, CAST(members AS BLOB) FROM source_groups ORDER BY id")
}

// PushedHeads returns the records of all groups, sorted by Okta id, without the ids of their
// members: Unread is how many there are.
func (db *DB) PushedHeads(ctx context.Context) ([]Record, error) {
	l := newLoader()
	return list(ctx, db, "read records", func(row scanner) (r Record, err error) {
		var members sql.RawBytes
		err = l.scanInto(row, &r, &members)
		r.Unread = countIDs(members)
		return r, err
	}, "SELECT "+recordColumns+" FROM resources WHERE type = 'Group' ORDER BY source_id")
}

// countIDs counts what joinIDs wrote.
func countIDs(text []byte) int {
	if len(text) == 0 {
		return 0
	}
	return bytes.Count(text, []byte("\n")) + 1
}

// SourceMembers returns the members of a group of the last healthy snapshot, sorted. The
// error is ErrNoGroup when there is none of this id.
func (db *DB) SourceMembers(ctx context.Context, id string) ([]string, error) {
	return db.membersOf(ctx, "SELECT members FROM source_groups WHERE id = ?", id)
}

// PushedMembers returns the members of a group as WalkMe has acknowledged them, sorted. The
// error is ErrNoGroup when there is no record of this id.
func (db *DB) PushedMembers(ctx context.Context, id string) ([]string, error) {
	return db.membersOf(ctx, "SELECT members FROM resources WHERE type = 'Group' AND source_id = ?", id)
}

func (db *DB) membersOf(ctx context.Context, query, id string) ([]string, error) {
	var text string
	err := db.one(ctx, query, []any{id}, &text)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoGroup
	}
	return splitIDs(text), db.fail("read members of group "+id, err)
}

package state

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// SourceGroup is a push group as the last healthy snapshot held it.
type SourceGroup struct {
	ID                    string   `json:"-"` // id in Okta
	Name                  string   `json:"name"`
	Description           string   `json:"description"`
	LastUpdated           string   `json:"lastUpdated"`           // as Okta wrote it
	LastMembershipUpdated string   `json:"lastMembershipUpdated"` // as Okta wrote it
	Link                  string   `json:"link"`                  // existing WalkMe group to link to; "": none
	Sources               []string `json:"sources"`               // which entries of the configuration name it
	Paused                bool     `json:"paused"`                // known, but not pushed for the time being
	PausedBy              string   `json:"pausedBy,omitempty"`    // the entry of the configuration that says paused; "": none
	Unreadable            string   `json:"unreadable,omitempty"`  // why Okta did not give it; the rest is then as it was before
	Members               []string `json:"-"`                     // Okta user ids, sorted
	Unread                int      `json:"-"`                     // how many members it has whose ids were left in the state; Members is nil
}

// groupRow is a group as it is stored. Its members are joined when they are written: of
// most groups nothing differs.
type groupRow struct {
	id, body string
	members  []string
	unread   bool   // the members are those that are stored
	digest   []byte // nil of one that is unread
}

// storedGroup is what tells whether a stored group differs.
type storedGroup struct {
	digest []byte
	body   string
}

// SaveSourceGroups makes the stored groups be exactly these and stores values
// of meta with them, in one transaction. It writes only what differs. The members must not
// be changed any more; those of a group that is Unread stay as they are stored.
func (db *DB) SaveSourceGroups(ctx context.Context, groups []SourceGroup, meta map[string]string) error {
	const what = "write source groups"
	rows, err := groupRows(groups)
	if err != nil {
		return db.fail(what, err)
	}
	meta = maps.Clone(meta)
	return db.write(ctx, what, func(t *tx) error {
		stored, err := t.storedGroups()
		if err != nil {
			return err
		}
		if err := t.putGroups(rows, stored); err != nil {
			return err
		}
		return t.setMeta(meta)
	})
}

func groupRows(groups []SourceGroup) ([]groupRow, error) {
	rows := make([]groupRow, len(groups))
	for i, g := range groups {
		body, err := json.Marshal(g)
		if err != nil {
			return nil, err
		}
		members, err := joinIDs(g.Members)
		if err != nil {
			return nil, fmt.Errorf("group %s: members: %w", g.ID, err)
		}
		rows[i] = groupRow{id: g.ID, body: string(body), members: g.Members, unread: g.Unread > 0}
		if !rows[i].unread {
			rows[i].digest = digest(rows[i].body, members)
		}
	}
	slices.SortFunc(rows, func(a, b groupRow) int { return strings.Compare(a.id, b.id) })
	for i := range rows {
		if rows[i].id == "" || i > 0 && rows[i].id == rows[i-1].id {
			return nil, fmt.Errorf("group %q: %w", rows[i].id, errors.New("its id is empty or occurs twice"))
		}
	}
	return rows, nil
}

// putGroups writes the rows that differ from what is stored and deletes what
// is stored and not among them.
func (t *tx) putGroups(rows []groupRow, stored map[string]storedGroup) error {
	for _, r := range rows {
		before := stored[r.id]
		delete(stored, r.id)
		var err error
		switch {
		case r.unread && before.body != r.body:
			err = t.putGroupHead(r)
		case !r.unread && !bytes.Equal(before.digest, r.digest):
			err = t.putGroup(r)
		}
		if err != nil {
			return fmt.Errorf("group %s: %w", r.id, err)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(stored)) {
		if _, err := t.exec("DELETE FROM source_groups WHERE id = ?", id); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) putGroup(r groupRow) error {
	members, err := joinIDs(r.members)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO source_groups (id, digest, body, members) VALUES (?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, body = excluded.body, members = excluded.members`,
		r.id, r.digest, r.body, members)
	return err
}

// putGroupHead leaves the members as they are.
func (t *tx) putGroupHead(r groupRow) error {
	var members string
	row, err := t.one("SELECT members FROM source_groups WHERE id = ?", r.id)
	if err == nil {
		err = row.Scan(&members)
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNoGroup
	}
	if err != nil {
		return err
	}
	_, err = t.exec("UPDATE source_groups SET digest = ?, body = ? WHERE id = ?", digest(r.body, members), r.body, r.id)
	return err
}

// storedGroups are the stored groups by id.
func (t *tx) storedGroups() (map[string]storedGroup, error) {
	s, err := t.stmt("SELECT id, digest, body FROM source_groups")
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(context.Background())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make(map[string]storedGroup)
	for rows.Next() {
		var id string
		var g storedGroup
		if err := rows.Scan(&id, &g.digest, &g.body); err != nil {
			return nil, err
		}
		out[id] = g
	}
	return out, rows.Err()
}

// digest is short: it tells two versions of one object apart, not an attacker.
func digest(texts ...string) []byte {
	h := sha256.New()
	for _, s := range texts {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return h.Sum(nil)[:16]
}

// SourceGroups returns the groups of the last healthy snapshot, sorted by id.
// The caller owns them.
func (db *DB) SourceGroups(ctx context.Context) ([]SourceGroup, error) {
	return list(ctx, db, "read source groups", newLoader().group, "SELECT id, body, members FROM source_groups ORDER BY id")
}

// group reads a row of a group.
func (l *loader) group(row scanner) (SourceGroup, error) {
	var g SourceGroup
	var id, members string
	var body sql.RawBytes
	if err := row.Scan(&id, &body, &members); err != nil {
		return g, err
	}
	if err := json.Unmarshal(body, &g); err != nil {
		return g, fmt.Errorf("group %s: %w", id, err)
	}
	g.ID, g.Members = id, l.members(members)
	return g, nil
}

package state

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"okta-walkme-agent/internal/scim"
)

// Hold is a set of changes that waits for a person.
type Hold struct {
	ID     string
	Kind   string // which limit, for example "deactivations"
	Digest string // of the set: see HoldDigest

	// Scope is what a decision is about beyond the items of the set, for example
	// an expression that is doubted. "": the items alone.
	Scope string

	Limit     string // in words
	Reason    string // how it is exceeded, in words
	Forced    bool   // of a resync: no other run closes it
	Count     int    // changes in the set
	Items     []HeldItem
	CreatedAt time.Time // stamped by PutHolds when zero
}

// HeldItem is one thing that a hold keeps from being done.
type HeldItem struct {
	Key      string    `json:"key"` // Okta id; GROUP/PERSON for a membership, PERSON/PATH for a value
	Type     scim.Type `json:"type"`
	Action   string    `json:"action"`
	OktaID   string    `json:"okta_id"`
	Name     string    `json:"name"`
	MemberID string    `json:"member_id,omitempty"` // who is taken out of the group
	Member   string    `json:"member,omitempty"`

	Attribute string `json:"attribute,omitempty"` // whose value would be emptied
}

// HoldDigest identifies a set of items of one kind, in hexadecimal digits. The
// order of the keys does not matter.
func HoldDigest(kind string, keys []string) string {
	sorted := slices.Clone(keys)
	slices.Sort(sorted)
	sum := sha256.Sum256([]byte(kind + "\n" + strings.Join(sorted, "\n")))
	return hex.EncodeToString(sum[:])
}

// Replace says which open holds PutHolds closes when they are not put again.
type Replace int

// A run over everything knows all holds but those of a resync; a resync knows its
// own; a run that looks at a few people knows none.
const (
	ReplaceNone Replace = iota
	ReplacePlanned
	ReplaceForced
)

// PutHolds opens holds, or refreshes those that are open already, which keep their
// creation, and closes others. One that a decision in force is about, with the same
// digest, does not open again.
func (db *DB) PutHolds(ctx context.Context, replace Replace, holds []Hold) error {
	ids := make([]string, len(holds))
	rows := make([][]any, len(holds))
	for i, h := range holds {
		items, err := json.Marshal(h.Items)
		if err != nil {
			return db.fail("write holds", err)
		}
		ids[i] = h.ID
		rows[i] = []any{h.ID, h.Kind, h.Digest, h.Scope, h.Limit, h.Reason, h.Forced, h.Count, text(items), millis(h.CreatedAt)}
	}
	open, err := json.Marshal(ids)
	if err != nil {
		return db.fail("write holds", err)
	}
	return db.write(ctx, "write holds", func(t *tx) (err error) {
		if replace != ReplaceNone {
			_, err = t.exec(`UPDATE holds SET closed_at = ? WHERE closed_at IS NULL AND forced = ?
				AND id NOT IN (SELECT value FROM json_each(?))`, t.now, replace == ReplaceForced, string(open))
		}
		for i := 0; err == nil && i < len(rows); i++ {
			err = t.putHold(rows[i])
		}
		return err
	})
}

// putHold opens a hold, or refreshes one that is open.
func (t *tx) putHold(row []any) error {
	_, err := t.exec(`INSERT INTO holds (id, kind, digest, scope, threshold, reason, forced, count, items, created_at, closed_at)
		SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, coalesce(?10, ?11), NULL
		WHERE NOT EXISTS (SELECT 1 FROM decisions WHERE ended_at IS NULL AND hold_id = ?1 AND (digest = ?3 OR scope <> ''))
		ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, digest = excluded.digest, scope = excluded.scope,
		threshold = excluded.threshold, reason = excluded.reason, forced = excluded.forced, count = excluded.count, items = excluded.items,
		created_at = iif(closed_at IS NULL AND created_at <= ?11, created_at, excluded.created_at), closed_at = NULL`, append(row[:10:10], t.now)...)
	return err
}

const holdColumns = "id, kind, digest, scope, threshold, reason, forced, count, items, created_at"

// Holds returns the holds that wait, in the order in which they were opened first.
func (db *DB) Holds(ctx context.Context) ([]Hold, error) {
	return list(ctx, db, "read holds", scanHold, "SELECT "+holdColumns+" FROM holds WHERE closed_at IS NULL ORDER BY seq")
}

func scanHold(row scanner) (Hold, error) {
	var h Hold
	var items []byte
	err := row.Scan(&h.ID, &h.Kind, &h.Digest, &h.Scope, &h.Limit, &h.Reason, &h.Forced, &h.Count, &items, instant{&h.CreatedAt})
	if err == nil && items != nil {
		err = json.Unmarshal(items, &h.Items)
	}
	return h, err
}

package state

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
)

// SaveLeftovers keeps what a run has left undone, as JSON of the caller's. Runs with the
// same share it. A run that was not begun is ErrNoRun.
func (db *DB) SaveLeftovers(ctx context.Context, runID string, body json.RawMessage) error {
	sum := sha256.Sum256(body)
	digest := hex.EncodeToString(sum[:16])
	return db.write(ctx, "write what run "+runID+" left undone", func(t *tx) error {
		if _, err := t.exec("INSERT INTO leftovers (digest, body) VALUES (?, ?) ON CONFLICT DO NOTHING", digest, text(body)); err != nil {
			return err
		}
		return t.change(ErrNoRun, "UPDATE runs SET leftovers = ? WHERE id = ?", digest, runID)
	})
}

// Leftovers returns what a run has left undone; nil when that is nothing, or not known.
func (db *DB) Leftovers(ctx context.Context, runID string) (json.RawMessage, error) {
	var body string
	err := db.one(ctx, "SELECT body FROM leftovers WHERE digest = (SELECT leftovers FROM runs WHERE id = ?)", []any{runID}, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return json.RawMessage(body), db.fail("read what a run left undone", err)
}

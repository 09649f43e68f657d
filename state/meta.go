package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"slices"
)

// Meta returns a stored value, "" when there is none.
func (db *DB) Meta(ctx context.Context, key string) (string, error) {
	var value string
	err := db.one(ctx, "SELECT value FROM meta WHERE key = ?", []any{key}, &value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, db.fail("read meta "+key, err)
}

// SetMeta stores a value under a key; "" is the same as none.
func (db *DB) SetMeta(ctx context.Context, key, value string) error {
	return db.write(ctx, "write meta "+key, func(t *tx) error { return t.setMeta(map[string]string{key: value}) })
}

// setMeta writes only what differs.
func (t *tx) setMeta(values map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		_, err := t.exec(`INSERT INTO meta (key, value) VALUES (?, ?)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value`, key, values[key])
		if err != nil {
			return err
		}
	}
	return nil
}

// SaveMapping stores the expressions behind a mapping digest: SCIM path to
// expression text. A digest that is known already is left as it is.
func (db *DB) SaveMapping(ctx context.Context, digest string, m map[string]string) error {
	if m == nil {
		m = map[string]string{} // nil is what an unknown digest reads as
	}
	expressions, err := json.Marshal(m)
	if err != nil {
		return db.fail("write mapping", err)
	}
	return db.write(ctx, "write mapping", func(t *tx) error {
		_, err := t.exec("INSERT INTO mappings (digest, expressions, saved_at) VALUES (?, ?, ?) ON CONFLICT (digest) DO NOTHING",
			digest, string(expressions), t.now)
		return err
	})
}

// Mapping returns the expressions behind a digest, SCIM path to expression
// text, nil when the digest is unknown. The caller owns the map.
func (db *DB) Mapping(ctx context.Context, digest string) (map[string]string, error) {
	var expressions []byte
	err := db.one(ctx, "SELECT expressions FROM mappings WHERE digest = ?", []any{digest}, &expressions)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	var m map[string]string
	if err == nil {
		err = json.Unmarshal(expressions, &m)
	}
	return m, db.fail("read mapping", err)
}

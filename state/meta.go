package state

import "context"

// Meta returns a stored value, "" when there is none.
func (db *DB) Meta(ctx context.Context, key string) (string, error) { return "", errStub }

// SetMeta stores a value under a key.
func (db *DB) SetMeta(ctx context.Context, key, value string) error { return errStub }

// SaveMapping stores the expressions behind a mapping digest.
func (db *DB) SaveMapping(ctx context.Context, digest string, m map[string]string) error {
	return errStub
}

// Mapping returns the expressions behind a digest by SCIM path, nil when unknown.
func (db *DB) Mapping(ctx context.Context, digest string) (map[string]string, error) {
	return nil, errStub
}

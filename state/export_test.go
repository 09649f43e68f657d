package state

import (
	"context"
	"io/fs"

	"okta-walkme-agent/internal/scim"
)

// OpenWith is Open with other migrations.
func OpenWith(ctx context.Context, o Options, migrations fs.FS) (*DB, error) {
	return open(ctx, o, migrations)
}

// OpenReadOnlyWith is OpenReadOnly with other migrations.
func OpenReadOnlyWith(ctx context.Context, path string, migrations fs.FS) (*DB, error) {
	return openReadOnly(ctx, path, migrations)
}

// Migrations are the embedded ones.
func Migrations() fs.FS { return embedded }

// Do runs a change that calls exec.
func (db *DB) Do(ctx context.Context, do func(exec func(query string) error) error) error {
	return db.write(ctx, "test", func(t *tx) error {
		return do(func(query string) error {
			_, err := t.exec(query)
			return err
		})
	})
}

// DecodeAttributes reads attributes as Records does.
func DecodeAttributes(text string) (scim.Attributes, error) {
	return newLoader().attributes(text)
}

// WriteError names the reason for which a file cannot be written.
func WriteError(err error) error { return writeError(err) }

// BaselineVersion is the schema version that a new file begins with.
const BaselineVersion = baselineVersion

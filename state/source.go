package state

import "context"

// SourceGroup is a push group as the last healthy snapshot held it.
type SourceGroup struct {
	ID                    string
	Name                  string
	Description           string
	LastUpdated           string // as Okta wrote it
	LastMembershipUpdated string // as Okta wrote it
	Link                  string // existing WalkMe group to link to, "": none
	Sources               []string
	Paused                bool
	Members               []string // Okta user ids, sorted
}

// SaveSourceGroups replaces the set of groups, and stores meta values with it.
func (db *DB) SaveSourceGroups(ctx context.Context, groups []SourceGroup, meta map[string]string) error {
	return errStub
}

// SourceGroups returns the groups of the last healthy snapshot, sorted by id.
func (db *DB) SourceGroups(ctx context.Context) ([]SourceGroup, error) { return nil, errStub }

// UserWriter replaces the stored users by those it is given.
type UserWriter struct{}

// SaveSourceUsers begins to replace the stored users.
func (db *DB) SaveSourceUsers(ctx context.Context) (*UserWriter, error) { return nil, errStub }

// Add gives the writer one user.
func (w *UserWriter) Add(id string, body []byte) error { return errStub }

// Commit makes the users given the stored ones, all at once.
func (w *UserWriter) Commit() error { return errStub }

// Rollback leaves the stored users as they were; after Commit it does nothing.
func (w *UserWriter) Rollback() error { return errStub }

// EachSourceUser calls fn for each stored user by ascending id.
func (db *DB) EachSourceUser(ctx context.Context, fn func(id string, body []byte) error) error {
	return errStub
}

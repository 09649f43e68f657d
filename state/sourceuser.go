package state

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
)

// How much a UserWriter gathers before it writes.
const (
	stageUsers = 256
	stageBytes = 1 << 20
)

// errSaved answers calls that come after Commit or Rollback.
var errSaved = errors.New("source users are committed or rolled back")

// UserWriter replaces the stored assignments by those it is given, all at once
// at Commit. It writes only what differs, beside the stored ones, so that a
// snapshot of any size needs little memory and other changes need not wait for
// its end. It is for one goroutine.
type UserWriter struct {
	ctx    context.Context // of SaveSourceUsers, for all calls, as in sql.Tx
	db     *DB
	users  map[string]*storedUser
	queue  []stagedUser
	bytes  int
	staged int
	done   bool
}

// storedUser is what the writer knows of an id.
type storedUser struct {
	digest [16]byte
	seen   bool // given to Add
	staged bool // written beside the stored ones
}

type stagedUser struct {
	id, body string
	digest   [16]byte
}

// SaveSourceUsers begins to replace the stored assignments. The caller ends it
// with Commit or Rollback; until then a second one is refused.
func (db *DB) SaveSourceUsers(ctx context.Context) (*UserWriter, error) {
	if db.writer == nil {
		return nil, db.fail(writeUsers, ErrReadOnly)
	}
	select {
	case db.saving <- struct{}{}:
	default:
		return nil, db.fail(writeUsers, errors.New("already under way"))
	}
	w := &UserWriter{ctx: ctx, db: db, users: make(map[string]*storedUser)}
	if err := w.load(); err != nil {
		<-db.saving
		return nil, db.fail(writeUsers, err)
	}
	return w, nil
}

const writeUsers = "write source users"

// load reads the ids and digests of the stored assignments.
func (w *UserWriter) load() error {
	return w.db.each(w.ctx, "SELECT id, digest FROM source_users ORDER BY id, digest", nil, func(row scanner) error {
		var id string
		var sum sql.RawBytes
		if err := row.Scan(&id, &sum); err != nil {
			return err
		}
		u := &storedUser{}
		copy(u.digest[:], sum)
		w.users[id] = u
		return nil
	})
}

// Add gives the writer one assignment: Okta's user id and JSON. Of an id that
// is given twice the last one stays. It keeps no reference to body.
func (w *UserWriter) Add(id string, body []byte) error {
	if w.done {
		return w.db.fail(writeUsers, errSaved)
	}
	if id == "" {
		return w.db.fail(writeUsers, errors.New("an id is empty"))
	}
	sum := sha256.Sum256(body)
	u := w.users[id]
	if u == nil {
		u = &storedUser{}
		w.users[id] = u
	}
	known := u.digest != [16]byte{} && [16]byte(sum[:16]) == u.digest
	u.seen = true
	if known && !u.staged {
		return nil
	}
	u.staged = true
	w.queue = append(w.queue, stagedUser{id: id, body: string(body), digest: [16]byte(sum[:16])})
	w.bytes += len(body)
	if len(w.queue) < stageUsers && w.bytes < stageBytes {
		return nil
	}
	return w.flush()
}

// flush writes what was gathered beside the stored assignments.
func (w *UserWriter) flush() error {
	queue := w.queue
	if len(queue) == 0 {
		return nil
	}
	w.queue, w.bytes, w.staged = nil, 0, w.staged+len(queue)
	return w.db.write(w.ctx, writeUsers, func(t *tx) error {
		for _, u := range queue {
			_, err := t.exec("INSERT OR REPLACE INTO source_users_staged (id, digest, body) VALUES (?, ?, ?)", u.id, u.digest[:], u.body)
			if err != nil {
				return fmt.Errorf("user %s: %w", u.id, err)
			}
		}
		return nil
	})
}

// Commit makes the assignments given the stored ones, in one transaction, and
// ends the writer. When it fails the stored ones are as they were; when the
// context ends during the call they are either.
func (w *UserWriter) Commit() error {
	if w.done {
		return w.db.fail(writeUsers, errSaved)
	}
	if err := w.flush(); err != nil {
		return errors.Join(err, w.Rollback())
	}
	gone := w.gone()
	if w.staged == 0 && len(gone) == 0 {
		w.end()
		return nil
	}
	err := w.db.write(w.ctx, writeUsers, func(t *tx) error { return t.replaceUsers(gone) })
	if err != nil {
		return errors.Join(err, w.Rollback())
	}
	w.end()
	return nil
}

// gone returns the stored ids that were not given, sorted.
func (w *UserWriter) gone() []string {
	var ids []string
	for id, u := range w.users {
		if !u.seen {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (t *tx) replaceUsers(gone []string) error {
	for _, id := range gone {
		if _, err := t.exec("DELETE FROM source_users WHERE id = ?", id); err != nil {
			return err
		}
	}
	_, err := t.exec(`INSERT INTO source_users (id, digest, body) SELECT id, digest, body FROM source_users_staged WHERE true ORDER BY id
		ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, body = excluded.body`)
	if err != nil {
		return err
	}
	_, err = t.exec("DELETE FROM source_users_staged")
	return err
}

// Rollback leaves the stored assignments as they were and ends the writer.
// After Commit it does nothing, so that it can be deferred.
func (w *UserWriter) Rollback() error {
	if w.done {
		return nil
	}
	var err error
	if w.staged > 0 {
		// The context may be why; Open would delete them, too.
		err = w.db.write(context.WithoutCancel(w.ctx), writeUsers, func(t *tx) error {
			_, err := t.exec("DELETE FROM source_users_staged")
			return err
		})
	}
	w.end()
	return err
}

func (w *UserWriter) end() {
	w.done, w.users, w.queue = true, nil, nil
	<-w.db.saving
}

// EachSourceUser calls fn for each stored assignment by ascending id, and ends
// at its first error. The body is valid until fn returns.
func (db *DB) EachSourceUser(ctx context.Context, fn func(id string, body []byte) error) error {
	err := db.each(ctx, "SELECT id, body FROM source_users ORDER BY id", nil, func(row scanner) error {
		var id string
		var body sql.RawBytes
		if err := row.Scan(&id, &body); err != nil {
			return err
		}
		return fn(id, body)
	})
	return db.fail("read source users", err)
}

package state

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
)

// stageMarks is how many marks a UserWriter gathers before it writes them.
const stageMarks = 5000

// errSaved answers calls that come after Commit or Rollback.
var errSaved = errors.New("source users are committed or rolled back")

// UserWriter replaces the stored assignments by those it is given, all at once
// at Commit. It writes only what differs, and keeps that beside the state until
// then, so that a snapshot of any size needs little memory and other changes need
// not wait for its end. It is for one goroutine.
type UserWriter struct {
	ctx    context.Context // of SaveSourceUsers, for all calls, as in sql.Tx
	db     *DB
	index  *UserIndex
	given  RowSet // of the stored assignments
	staged stagedUsers
	words  []byte // scratch
	marks  []stagedMark
	done   bool
}

type stagedMark struct {
	id   string
	mark []byte
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
	return &UserWriter{ctx: ctx, db: db, index: db.UserIndex(), staged: newStagedUsers(db.path)}, nil
}

const writeUsers = "write source users"

// Index is what the writer looks ids up in. A caller who loads a page of ids that are
// about to be given spares it a look-up of each.
func (w *UserWriter) Index() *UserIndex { return w.index }

// Keep gives the writer an assignment of the page that is stored as it is.
func (w *UserWriter) Keep(id string) {
	if u, stored := w.index.Get(id); stored {
		w.given.Add(u.Row)
	}
}

// Add gives the writer one assignment: Okta's user id and JSON. Of an id that
// is given twice the last one stays. It keeps no reference to body.
func (w *UserWriter) Add(id string, body []byte) error { return w.add(id, body, nil) }

// AddNamed is Add for a caller who knows by what the person is found, which spares the
// state a look into the body.
func (w *UserWriter) AddNamed(id string, body []byte, n Names) error { return w.add(id, body, &n) }

func (w *UserWriter) add(id string, body []byte, names *Names) error {
	if w.done {
		return w.db.fail(writeUsers, errSaved)
	}
	if id == "" {
		return w.db.fail(writeUsers, errors.New("an id is empty"))
	}
	u, err := w.lookUp(id)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	same := u.Row != 0 && [16]byte(sum[:16]) == u.Digest
	fresh := u.Row == 0 || w.given.Add(u.Row)
	u.added = [16]byte(sum[:16])
	w.index.page[id] = u
	if same && fresh {
		return nil
	}
	w.words = w.words[:0]
	if names != nil {
		w.words = names.appendWords(w.words, id)
	}
	return w.db.fail(writeUsers, w.staged.add(id, u.added, w.words, body))
}

func (w *UserWriter) lookUp(id string) (StoredUser, error) {
	if u, ok := w.index.page[id]; ok || w.index.covers(id) {
		return u, nil
	}
	err := w.index.load(w.ctx, []string{id})
	return w.index.page[id], w.db.fail(writeUsers, err)
}

// Mark notes that a person whose assignment was given last, and is of the page, is in
// step. It counts from Commit on.
func (w *UserWriter) Mark(id string, m Mark) error {
	u, ok := w.index.page[id]
	if w.done || !ok || u.added == [16]byte{} {
		return w.db.fail(writeUsers, errors.New("a mark without an assignment"))
	}
	if u.Marked && u.Mark == m && u.added == u.Digest {
		return nil
	}
	w.marks = append(w.marks, stagedMark{id: id, mark: m.encode(u.added)})
	if len(w.marks) < stageMarks {
		return nil
	}
	return w.flush()
}

// flush writes the marks that were gathered. They count with the bodies that are stored at
// Commit.
func (w *UserWriter) flush() error {
	marks := w.marks
	if len(marks) == 0 {
		return nil
	}
	w.marks = nil
	return w.db.write(w.ctx, writeUsers, func(t *tx) error {
		for _, m := range marks {
			if _, err := t.exec("INSERT OR REPLACE INTO in_step (id, mark) VALUES (?, ?)", m.id, m.mark); err != nil {
				return fmt.Errorf("mark of %s: %w", m.id, err)
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
	gone, err := w.gone()
	if err != nil {
		return errors.Join(w.db.fail(writeUsers, err), w.Rollback())
	}
	if w.staged.n > 0 || len(gone) > 0 {
		if err := w.replace(gone); err != nil {
			return errors.Join(err, w.Rollback())
		}
	}
	return w.end()
}

// replace stores what is staged. When the context ends it waits for the transaction, which
// reads that, to give up.
func (w *UserWriter) replace(gone []string) error {
	return w.db.write(context.WithoutCancel(w.ctx), writeUsers, func(t *tx) error {
		if err := t.removeUsers(gone); err != nil {
			return err
		}
		return w.staged.each(func(u stagedUser) error {
			if err := w.ctx.Err(); err != nil {
				return err
			}
			return t.putUser(u)
		})
	})
}

// gone returns the stored ids that were not given, sorted.
func (w *UserWriter) gone() ([]string, error) {
	var stored int
	if err := w.db.one(w.ctx, "SELECT count(*) FROM source_users", nil, &stored); err != nil || stored == w.given.n {
		return nil, err
	}
	var ids []string
	err := w.db.each(w.ctx, "SELECT rowid, id FROM source_users ORDER BY id, digest", nil, func(row scanner) error {
		var at int64
		var id sql.RawBytes
		if err := row.Scan(&at, &id); err != nil {
			return err
		}
		if !w.given.Has(at) {
			ids = append(ids, string(id))
		}
		return nil
	})
	return ids, err
}

func (t *tx) removeUsers(ids []string) error {
	for _, id := range ids {
		for _, from := range []string{"DELETE FROM source_users WHERE id = ?", "DELETE FROM in_step WHERE id = ?"} {
			if _, err := t.exec(from, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// putUser stores an assignment, and by what the person is found.
func (t *tx) putUser(u stagedUser) error {
	_, err := t.exec(`INSERT INTO source_users (id, digest, body) VALUES (?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, body = excluded.body`, u.id, u.digest[:], u.body)
	if err == nil {
		err = t.putWords(u.id, u.words)
	}
	if err != nil {
		return fmt.Errorf("user %s: %w", u.id, err)
	}
	return nil
}

// Rollback leaves the stored assignments as they were and ends the writer.
// After Commit it does nothing, so that it can be deferred.
func (w *UserWriter) Rollback() error {
	if w.done {
		return nil
	}
	return w.end()
}

func (w *UserWriter) end() error {
	w.done, w.index, w.marks = true, nil, nil
	err := w.staged.close()
	<-w.db.saving
	return w.db.fail(writeUsers, err)
}

// SourceUser returns the stored assignment of a person.
func (db *DB) SourceUser(ctx context.Context, id string) ([]byte, error) {
	var body []byte
	err := db.one(ctx, "SELECT body FROM source_users WHERE id = ?", []any{id}, &body)
	return body, db.fail("read source user", err)
}

// EachStoredUser calls fn for each stored assignment by ascending id, with the marks or
// without, and ends at its first error. The body is valid until fn returns.
func (db *DB) EachStoredUser(ctx context.Context, marks bool, fn func(u *StoredUser, body []byte) error) error {
	query := "SELECT rowid, id, digest, NULL, body FROM source_users ORDER BY id"
	if marks {
		query = "SELECT s.rowid, s.id, s.digest, m.mark, s.body FROM source_users AS s LEFT JOIN in_step AS m ON m.id = s.id ORDER BY s.id"
	}
	return db.eachStored(ctx, query, nil, fn)
}

// StoredUsers is EachStoredUser for these ids alone, with the marks.
func (db *DB) StoredUsers(ctx context.Context, ids []string, fn func(u *StoredUser, body []byte) error) error {
	list, err := idList(ids)
	if err != nil {
		return db.fail("read source users", err)
	}
	return db.eachStored(ctx, `SELECT s.rowid, s.id, s.digest, m.mark, s.body FROM source_users AS s LEFT JOIN in_step AS m ON m.id = s.id
		WHERE s.id IN (SELECT value FROM json_each(?)) ORDER BY s.id`, []any{list}, fn)
}

// EachMark is EachStoredUser without the bodies.
func (db *DB) EachMark(ctx context.Context, fn func(u *StoredUser) error) error {
	return db.eachStored(ctx, "SELECT s.rowid, s.id, s.digest, m.mark, NULL FROM source_users AS s LEFT JOIN in_step AS m ON m.id = s.id ORDER BY s.id", nil,
		func(u *StoredUser, _ []byte) error { return fn(u) })
}

func (db *DB) eachStored(ctx context.Context, query string, args []any, fn func(u *StoredUser, body []byte) error) error {
	err := db.each(ctx, query, args, func(row scanner) error {
		var u StoredUser
		var digest, mark, body sql.RawBytes
		if err := row.Scan(&u.Row, &u.ID, &digest, &mark, &body); err != nil {
			return err
		}
		copy(u.Digest[:], digest)
		u.Marked = u.Mark.decode(mark, u.Digest)
		return fn(&u, body)
	})
	return db.fail("read source users", err)
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

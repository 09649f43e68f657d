package state

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"slices"
)

// Mark says that a person was found in step: the assignment and the record of them
// differ in nothing. A change of the record takes it away; a changed assignment, another
// body that is stored of it, or another basis, makes it void.
type Mark struct {
	Basis  [8]byte  // what else the judgement rests on: mapping, app, policy
	Wire   [16]byte // digest of the assignment as Okta sent it
	Source [16]byte // digest of what the mapping reads of it
	Name   uint64   // hash of the userName, so that two people of one name are noticed
}

// markSize is that of a mark with the digest of the stored body.
const markSize = 8 + 16 + 16 + 8 + 16

// encode writes a mark and the digest of the body that is stored with it.
func (m *Mark) encode(body [16]byte) []byte {
	out := make([]byte, 0, markSize)
	out = append(append(append(out, m.Basis[:]...), m.Wire[:]...), m.Source[:]...)
	out = binary.BigEndian.AppendUint64(out, m.Name)
	return append(out, body[:]...)
}

// decode reads what encode wrote, and says whether it is of the body.
func (m *Mark) decode(b []byte, body [16]byte) bool {
	if len(b) != markSize || [16]byte(b[48:]) != body {
		return false
	}
	m.Basis, m.Wire, m.Source = [8]byte(b), [16]byte(b[8:]), [16]byte(b[24:])
	m.Name = binary.BigEndian.Uint64(b[40:])
	return true
}

// StoredUser is what the state knows of an assignment, but for its body.
type StoredUser struct {
	ID     string   // Okta's
	Digest [16]byte // of the body
	Marked bool     // Mark is there, and of this body
	Mark   Mark

	Row   int64    // 0: nothing is stored
	added [16]byte // digest of what a writer was given
}

// UserIndex looks stored assignments up, a page at a time. It is for one goroutine.
type UserIndex struct {
	db   *DB
	ids  []string // of the page
	page map[string]StoredUser
}

// UserIndex returns an index in which nothing is loaded.
func (db *DB) UserIndex() *UserIndex { return &UserIndex{db: db, page: map[string]StoredUser{}} }

// rangeFactor is how many times as many rows as were asked for may lie between the
// least and the greatest id before each is looked up by itself.
const rangeFactor = 4

const selectUsers = `SELECT s.rowid, s.id, s.digest, m.mark FROM source_users AS s LEFT JOIN in_step AS m ON m.id = s.id `

// Load looks a page of ids up, and forgets the page before.
func (x *UserIndex) Load(ctx context.Context, ids []string) error {
	clear(x.page)
	x.ids = slices.Sorted(slices.Values(ids))
	return x.db.fail("look up source users", x.load(ctx, x.ids))
}

// load adds ids, which are sorted, to the page.
func (x *UserIndex) load(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	limit := rangeFactor*len(ids) + 1
	n := 0
	err := x.db.each(ctx, selectUsers+"WHERE s.id BETWEEN ? AND ? ORDER BY s.id LIMIT ?", []any{ids[0], ids[len(ids)-1], limit}, func(row scanner) error {
		n++
		return x.scan(row)
	})
	if err == nil && n == limit { // the page is no stretch of the whole: rows are missing
		var list string
		if list, err = idList(ids); err == nil {
			err = x.db.each(ctx, selectUsers+"WHERE s.id IN (SELECT value FROM json_each(?))", []any{list}, x.scan)
		}
	}
	return err
}

func idList(ids []string) (string, error) {
	text, err := json.Marshal(ids)
	return string(text), err
}

func (x *UserIndex) scan(row scanner) error {
	var u StoredUser
	var digest, mark sql.RawBytes
	if err := row.Scan(&u.Row, &u.ID, &digest, &mark); err != nil {
		return err
	}
	copy(u.Digest[:], digest)
	u.Marked = u.Mark.decode(mark, u.Digest)
	x.page[u.ID] = u
	return nil
}

// covers says whether an id was asked for.
func (x *UserIndex) covers(id string) bool {
	_, asked := slices.BinarySearch(x.ids, id)
	return asked
}

// Get returns what is stored of an id of the page.
func (x *UserIndex) Get(id string) (StoredUser, bool) {
	u := x.page[id]
	return u, u.Row != 0
}

// RowSet is a set of rows, which lie close together.
type RowSet struct {
	words map[int64]uint64
	n     int
}

// Add says whether the row is new.
func (s *RowSet) Add(row int64) bool {
	if s.Has(row) {
		return false
	}
	if s.words == nil {
		s.words = map[int64]uint64{}
	}
	s.words[row>>6] |= 1 << (row & 63)
	s.n++
	return true
}

// Len is how many rows there are.
func (s *RowSet) Len() int { return s.n }

// Has says whether the row was added.
func (s *RowSet) Has(row int64) bool { return s.words[row>>6]&(1<<(row&63)) != 0 }

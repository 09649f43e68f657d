package state

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"hash/maphash"
	"slices"
)

// What a list of members is of.
const (
	ofOkta    = "okta"    // a group of the last snapshot
	ofWalkMe  = "walkme"  // a group as WalkMe was told of it
	ofJournal = "journal" // a change of a group
)

// recentGroupEntries is how far back changes of memberships are looked for.
const recentGroupEntries = 1000

// memberList is one list, without its members. Where the key is the same, they are.
type memberList struct{ of, id, key string }

// memberLists are all lists there are. It reads none of them: what stands before a long
// value in a row costs nothing.
func (db *DB) memberLists(ctx context.Context) ([]memberList, error) {
	return list(ctx, db, "read lists of members", func(row scanner) (l memberList, err error) {
		return l, row.Scan(&l.of, &l.id, &l.key)
	}, `SELECT 'okta', id, hex(digest) FROM source_groups
		UNION ALL SELECT 'walkme', source_id, rowid || ' ' || target_id || ' ' || attempts || ' ' || partial || ' ' || coalesce(updated_at, 0) || ' ' || octet_length(members)
		FROM resources WHERE type = 'Group'
		UNION ALL SELECT * FROM (SELECT 'journal', id, run_id || ' ' || seq || ' ' || source_id FROM journal WHERE type = 'Group' ORDER BY id DESC LIMIT ?)`, recentGroupEntries)
}

// readMembers hands each member of a list on. What was removed since is empty.
func (db *DB) readMembers(ctx context.Context, l memberList, fn func(id []byte)) error {
	query := map[string]string{
		ofOkta:    "SELECT CAST(members AS BLOB) FROM source_groups WHERE id = ?",
		ofWalkMe:  "SELECT CAST(members AS BLOB) FROM resources WHERE type = 'Group' AND source_id = ?",
		ofJournal: "SELECT CAST(change AS BLOB) FROM journal WHERE id = ?",
	}[l.of]
	return db.each(ctx, query, []any{l.id}, func(row scanner) error {
		var body sql.RawBytes
		if err := row.Scan(&body); err != nil || len(body) == 0 {
			return err
		}
		if l.of != ofJournal {
			for line := range bytes.SplitSeq(body, []byte("\n")) {
				fn(line)
			}
			return nil
		}
		var change struct {
			Members struct{ Add, Remove []string }
		}
		if err := json.Unmarshal(body, &change); err != nil {
			return err
		}
		for _, id := range slices.Concat(change.Members.Add, change.Members.Remove) {
			fn([]byte(id))
		}
		return nil
	})
}

// filter tells of a member whether it is certainly not in a list (Bloom, 1970): ten
// bits for each member, of which seven are set, let one in a hundred others through.
type filter []uint64

const (
	bitsOfMember = 10
	setOfMember  = 7
)

func newFilter(members int) filter { return make(filter, (members*bitsOfMember+63)/64+1) }

func (f filter) each(hash uint64, fn func(word *uint64, bit uint64) bool) bool {
	step := hash>>32 | 1
	for range setOfMember {
		at := hash % uint64(len(f)*64)
		if !fn(&f[at/64], 1<<(at%64)) {
			return false
		}
		hash += step
	}
	return true
}

func (f filter) add(hash uint64) {
	f.each(hash, func(word *uint64, bit uint64) bool { *word |= bit; return true })
}

func (f filter) mayHold(hash uint64) bool {
	return f.each(hash, func(word *uint64, bit uint64) bool { return *word&bit != 0 })
}

// filterOf reads a list.
func (db *DB) filterOf(ctx context.Context, seed maphash.Seed, l memberList) (filter, error) {
	var hashes []uint64
	if err := db.readMembers(ctx, l, func(id []byte) { hashes = append(hashes, maphash.Bytes(seed, id)) }); err != nil {
		return nil, err
	}
	f := newFilter(len(hashes))
	for _, h := range hashes {
		f.add(h)
	}
	return f, nil
}

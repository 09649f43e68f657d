package state

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"okta-walkme-agent/internal/scim"
)

// Object is what the state has of an account or group in WalkMe, but for its values.
type Object struct {
	SourceID string // id in Okta
	TargetID string // id in WalkMe
	Name     string
}

// EachObject calls fn for each active account, or group, on record by ascending Okta id,
// and ends at its first error.
func (db *DB) EachObject(ctx context.Context, t scim.Type, fn func(Object) error) error {
	err := db.each(ctx, "SELECT source_id, target_id, name FROM resources WHERE type = ? AND active = 1 AND target_id <> '' ORDER BY source_id", []any{string(t)}, func(row scanner) error {
		var o Object
		if err := row.Scan(&o.SourceID, &o.TargetID, &o.Name); err != nil {
			return err
		}
		return fn(o)
	})
	return db.fail("read records", err)
}

// EachOwner calls fn with the Okta id of each person who has an account on record, active or
// not, in their order, with the row of the record, and ends at its first error.
func (db *DB) EachOwner(ctx context.Context, fn func(row int64, sourceID string) error) error {
	err := db.each(ctx, "SELECT rowid, source_id FROM resources WHERE type = 'User' AND target_id <> '' ORDER BY source_id", nil, func(row scanner) error {
		var at int64
		var id string
		if err := row.Scan(&at, &id); err != nil {
			return err
		}
		return fn(at, id)
	})
	return db.fail("read records", err)
}

// Owner is a person who has an account on record.
type Owner struct {
	SourceID, TargetID string
	Row                int64 // of the record, see RowSet
}

// AccountOwners returns the people who have accounts with these WalkMe ids on record, in no
// order.
func (db *DB) AccountOwners(ctx context.Context, targetIDs []string) ([]Owner, error) {
	if len(targetIDs) == 0 {
		return nil, nil
	}
	ids, err := idList(targetIDs)
	if err != nil {
		return nil, db.fail("read owners", err)
	}
	return list(ctx, db, "read owners", func(row scanner) (o Owner, err error) {
		return o, row.Scan(&o.Row, &o.SourceID, &o.TargetID)
	}, `SELECT rowid, source_id, target_id FROM resources
		WHERE type = 'User' AND target_id <> '' AND target_id IN (SELECT value FROM json_each(?))`, ids)
}

// IDsOf returns the Okta ids of the objects of a type on record that have a name, as
// scim.SameName has it, or that have it as their id.
func (db *DB) IDsOf(ctx context.Context, t scim.Type, name string) (ids []string, err error) {
	if isASCII(name) { // then so are all names that are the same, and the index has their case
		return list(ctx, db, "find records", scanText, `SELECT source_id FROM resources WHERE type = ?1 AND name = ?2 COLLATE NOCASE
			UNION SELECT source_id FROM resources WHERE type = ?1 AND source_id = ?2`, string(t), name)
	}
	err = db.EachName(ctx, t, func(id, recorded string) error {
		if id == name || scim.SameName(recorded, name) {
			ids = append(ids, id)
		}
		return nil
	})
	return ids, err
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}

// EditRecords writes the records of these people and groups, by Okta id, as edit leaves
// them: all or none, and few of them in memory at a time. Nothing else may write records
// meanwhile; edit may see one twice.
func (db *DB) EditRecords(ctx context.Context, people, groups []string, edit func(*Record)) error {
	return db.write(ctx, "write records", func(t *tx) error {
		for part := range slices.Chunk(people, chunk) {
			recs, err := db.UserRecords(ctx, part)
			if err == nil {
				err = t.putEdited(recs, edit)
			}
			if err != nil {
				return err
			}
		}
		for _, id := range groups {
			rec, err := db.GroupRecord(ctx, id)
			if err == nil && rec != nil {
				err = t.putEdited([]Record{*rec}, edit)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) putEdited(recs []Record, edit func(*Record)) error {
	for i := range recs {
		edit(&recs[i])
	}
	rows, err := recordRows(recs)
	if err != nil {
		return err
	}
	return t.putRecords(rows)
}

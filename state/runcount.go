package state

import (
	"context"
	"math"
)

// Counted is what is known of a run that is counted again and again while it goes on: its
// entries up to one, of people, which do not change any more. The zero value knows nothing.
type Counted struct {
	UpTo            int64
	Applied, Failed int
}

// CountSoFar sets how many changes were applied, and failed, as the journal says, for a
// run that has not ended, or never did. What is known already is not counted again; nil
// knows nothing, and remembers nothing.
func (db *DB) CountSoFar(ctx context.Context, r *Run, known *Counted) error {
	if known == nil {
		known = &Counted{}
	}
	if known.UpTo > 0 {
		same, err := db.HasEntry(ctx, EntryMark{known.UpTo, r.ID})
		if err != nil {
			return err
		}
		if !same {
			*known = Counted{}
		}
	}
	r.Applied, r.Failed = 0, 0
	err := db.countPeople(ctx, r, known)
	if err == nil {
		err = db.countGroups(ctx, r)
	}
	return db.fail("count changes so far", err)
}

// countPeople counts changes of people: each is one entry.
func (db *DB) countPeople(ctx context.Context, r *Run, known *Counted) error {
	of := "run_id" // by its index
	if known.UpTo > 0 {
		of = "+run_id" // by the end of the journal
	}
	more, rest := *known, Counted{}
	err := db.each(ctx, `SELECT state, id < coalesce((SELECT min(id) FROM journal WHERE state = 'pending' AND run_id = ?1), ?3), count(*), max(id)
		FROM journal WHERE `+of+" = ?1 AND id > ?2"+ofPeople+" GROUP BY 1, 2", []any{r.ID, known.UpTo, math.MaxInt64},
		func(row scanner) error {
			var state EntryState
			var final bool
			var n int
			var last int64
			if err := row.Scan(&state, &final, &n, &last); err != nil {
				return err
			}
			into := &rest
			if final {
				into, more.UpTo = &more, max(more.UpTo, last)
			}
			switch state {
			case Applied:
				into.Applied += n
			case Failed:
				into.Failed += n
			}
			return nil
		})
	if err == nil {
		*known, r.Applied, r.Failed = more, more.Applied+rest.Applied, more.Failed+rest.Failed
	}
	return err
}

// countGroups adds the changes of groups: each may have several entries, and one that
// failed makes it fail.
func (db *DB) countGroups(ctx context.Context, r *Run) error {
	return db.each(ctx, `SELECT max(state = 'failed'), max(state <> 'applied') FROM journal WHERE run_id = ?`+ofGroups+` GROUP BY seq`, []any{r.ID}, func(row scanner) error {
		var failed, open bool
		err := row.Scan(&failed, &open)
		switch {
		case failed:
			r.Failed++
		case !open:
			r.Applied++
		}
		return err
	})
}

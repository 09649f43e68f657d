package state

import (
	"context"
	"strings"
)

// RunFilter selects entries of one run. Zero fields select everything.
type RunFilter struct {
	RunID  string
	Text   string // part of a name or id, in any case
	Action string
	State  EntryState
}

// ActionCount counts entries of one action.
type ActionCount struct {
	Action string
	Count  int
}

// RunActions counts the entries of a run by their action, sorted by it.
func (db *DB) RunActions(ctx context.Context, runID string) ([]ActionCount, error) {
	return list(ctx, db, "count journal entries", func(row scanner) (c ActionCount, err error) {
		return c, row.Scan(&c.Action, &c.Count)
	}, "SELECT action, count(*) FROM journal WHERE run_id = ? GROUP BY action ORDER BY action", runID)
}

// CountRunEntries counts what a filter selects.
func (db *DB) CountRunEntries(ctx context.Context, f RunFilter) (n int, err error) {
	where, args := f.where()
	err = db.total(ctx, "SELECT count(*) FROM journal AS j WHERE "+where, args, &n)
	return n, db.fail("count journal entries", err)
}

// RunEntries returns what a filter selects, in the order of the run, after the entry
// with an id, at most limit.
func (db *DB) RunEntries(ctx context.Context, f RunFilter, after int64, limit int) ([]Entry, error) {
	where, args := f.where()
	return list(ctx, db, "read entries of a run", scanEntry, selectEntries+" WHERE "+where+
		" AND j.id > ? ORDER BY j.id LIMIT ?", append(args, after, limit)...)
}

func (f RunFilter) where() (string, []any) {
	query, args := "j.run_id = ?", []any{f.RunID}
	if f.Action != "" {
		query, args = query+" AND j.action = ?", append(args, f.Action)
	}
	if f.State != "" {
		query, args = query+" AND j.state = ?", append(args, string(f.State))
	}
	for _, w := range strings.Fields(f.Text) {
		query += " AND (j.name LIKE ? ESCAPE '\\' OR j.name LIKE ? ESCAPE '\\' OR j.name LIKE ? ESCAPE '\\' OR j.source_id = ?)"
		for _, form := range []string{strings.ToLower(w), strings.ToUpper(w), capital(w)} {
			args = append(args, "%"+escapeLike(form)+"%")
		}
		args = append(args, w)
	}
	return query, args
}

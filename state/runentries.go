package state

import (
	"context"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
)

// RunFilter selects entries of one run. Zero fields select everything.
type RunFilter struct {
	RunID  string
	Text   string // parts of a name, in any case
	Action string
	State  EntryState
}

// ActionCount counts changes of one action.
type ActionCount struct {
	Action string
	Count  int
}

// OfGroups says whether the action is one on groups.
func (c ActionCount) OfGroups() bool { return strings.HasPrefix(c.Action, "group") }

// The actions of people, and those of groups.
const (
	ofPeople = " AND (action < 'group' OR action >= 'grouq')"
	ofGroups = " AND action >= 'group' AND action < 'grouq'"
)

// RunActions counts the changes of a run by their action, sorted by it. A change of a
// group may have several entries, one for each batch of members; one of a person has one.
func (db *DB) RunActions(ctx context.Context, runID string) ([]ActionCount, error) {
	return list(ctx, db, "count journal entries", func(row scanner) (c ActionCount, err error) {
		return c, row.Scan(&c.Action, &c.Count)
	}, "SELECT action, count(*) FROM journal WHERE run_id = ?1"+ofPeople+` GROUP BY action
		UNION ALL SELECT action, count(DISTINCT seq) FROM journal WHERE run_id = ?1`+ofGroups+" GROUP BY action ORDER BY action", runID)
}

// EntryPlace is the place of an entry among those of its run.
type EntryPlace struct {
	Action, Name string
	ID           int64
}

// RunEntries returns what a filter selects, by action and name, after a place, at most
// limit.
func (db *DB) RunEntries(ctx context.Context, f RunFilter, after EntryPlace, limit int) ([]Entry, error) {
	where, args := f.where()
	args = append(args, after.Action, after.Name, after.ID, limit)
	return list(ctx, db, "read entries of a run", scanEntry, selectEntries+where+
		" AND (j.action, j.name, j.id) > (?, ?, ?) ORDER BY j.action, j.name, j.id LIMIT ?", args...)
}

// EachApplied calls fn with the type and the Okta id of whatever a run has changed in
// WalkMe, of some more than once, and ends at its first error.
func (db *DB) EachApplied(ctx context.Context, runID string, fn func(t scim.Type, sourceID string) error) error {
	err := db.each(ctx, "SELECT type, source_id FROM journal WHERE run_id = ? AND state = 'applied'", []any{runID}, func(row scanner) error {
		var t, id string
		if err := row.Scan(&t, &id); err != nil {
			return err
		}
		return fn(scim.Type(t), id)
	})
	return db.fail("read entries of a run", err)
}

// CountRunChanges counts the changes of which a filter selects an entry.
func (db *DB) CountRunChanges(ctx context.Context, f RunFilter) (n int, err error) {
	where, args := f.where()
	query := "SELECT (SELECT count(*) FROM journal AS j" + where + ofPeople + ") + (SELECT count(DISTINCT seq) FROM journal AS j" + where + ofGroups + ")"
	err = db.total(ctx, query, append(slices.Clone(args), args...), &n)
	return n, db.fail("count changes of a run", err)
}

func (f RunFilter) where() (string, []any) {
	query, args := " WHERE j.run_id = ?", []any{f.RunID}
	if f.Action != "" {
		query, args = query+" AND j.action = ?", append(args, f.Action)
	}
	switch f.State {
	case "":
	case Failed:
		query += " AND j.state = 'failed'" // as its index has it
	default:
		query, args = query+" AND j.state = ?", append(args, string(f.State))
	}
	for _, w := range strings.Fields(f.Text) {
		term, forms := holds("lower(j.name)", w)
		query, args = query+" AND "+term, append(args, forms...)
	}
	return query, args
}

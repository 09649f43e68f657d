package state

import (
	"context"
	"slices"
	"strings"
	"time"

	"okta-walkme-agent/internal/scim"
)

// chunk is how many ids are looked up at a time.
const chunk = 1000

// stretchFrom is from how many ids on a look at what lies between them pays.
const stretchFrom = 50

// Most people are healthy, and a column costs as much as a row. Of a healthy person
// these say everything.
const (
	healthyColumns = `source_id, target_id, active, name, origin, source_digest, mapping_digest, updated_at, attributes`
	healthy        = `attempts = 0 AND next_try IS NULL AND last_error = '' AND last_status = 0 AND failed_change = '' AND missing = ''
		AND partial = 0 AND members = '' AND doubtful = ''`
)

// UserRecords returns the records that these people have, sorted by Okta id. The caller
// owns them.
func (db *DB) UserRecords(ctx context.Context, ids []string) ([]Record, error) {
	ids = slices.Sorted(slices.Values(ids))
	out := make([]Record, 0, len(ids))
	l := newLoader()
	for part := range slices.Chunk(slices.Compact(ids), chunk) {
		var err error
		if out, err = db.userRecords(ctx, out, l, part); err != nil {
			return nil, db.fail("read records", err)
		}
	}
	return out, nil
}

// userRecords appends the records of some people, whose ids are sorted.
func (db *DB) userRecords(ctx context.Context, out []Record, l *loader, ids []string) ([]Record, error) {
	among, args, err := db.amongUsers(ctx, ids)
	if err != nil {
		return nil, err
	}
	var odd []string
	next := 0
	err = db.each(ctx, "SELECT "+healthyColumns+", "+healthy+" FROM resources WHERE type = 'User' AND source_id "+among+" ORDER BY source_id", args, func(row scanner) error {
		var updated time.Time
		whole, err := l.scanHealthy(row, &updated)
		if err != nil {
			return err
		}
		id := l.row.sourceID
		for next < len(ids) && ids[next] < id {
			next++
		}
		switch {
		case next == len(ids) || ids[next] != id: // nobody of these
		case whole:
			out = append(out, Record{Resource: scim.Resource{Type: scim.User}, UpdatedAt: updated})
			err = l.common(&out[len(out)-1])
		default:
			odd = append(odd, id)
		}
		return err
	})
	if err != nil || len(odd) == 0 {
		return out, err
	}
	list, err := idList(odd)
	if err != nil {
		return nil, err
	}
	out, err = db.records(ctx, out, l, "WHERE type = 'User' AND source_id IN (SELECT value FROM json_each(?))", list)
	slices.SortFunc(out, func(a, b Record) int { return strings.Compare(a.SourceID, b.SourceID) })
	return out, err
}

// amongUsers is the end of a term that is true of all these ids, which are sorted: of the
// stretch from the first to the last, which is read in one go, where most people in it
// are asked for; else of each.
func (db *DB) amongUsers(ctx context.Context, ids []string) (term string, args []any, err error) {
	if len(ids) >= stretchFrom {
		var between int
		first, last := ids[0], ids[len(ids)-1]
		err := db.total(ctx, "SELECT count(*) FROM (SELECT 1 FROM resources WHERE type = 'User' AND source_id BETWEEN ? AND ? LIMIT ?)",
			[]any{first, last, 2*len(ids) + 1}, &between)
		if err != nil || between <= 2*len(ids) {
			return "BETWEEN ? AND ?", []any{first, last}, err
		}
	}
	list, err := idList(ids)
	return "IN (SELECT value FROM json_each(?))", []any{list}, err
}

// scanHealthy reads one row of healthyColumns, and whether they say everything.
func (l *loader) scanHealthy(row scanner, updated *time.Time) (whole bool, err error) {
	t := &l.row
	err = row.Scan(&t.sourceID, &t.targetID, &t.active, &t.name, &t.origin, &t.sourceDigest, &t.mappingDigest, instant{updated}, &t.attributes, &whole)
	return whole, err
}

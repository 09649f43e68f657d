package state

import (
	"context"
	"database/sql"
	"time"
)

// keptRuns is how many runs stay whatever their age.
const keptRuns = 50

// Prune removes finished journal entries, runs, closed holds and decisions that
// ended before a time, and returns how many. It never removes a pending entry nor
// one of the last 50 runs. Mappings of that age go too when no record was made
// by them.
func (db *DB) Prune(ctx context.Context, before time.Time) (int, error) {
	limit := before.UnixMilli()
	var removed int64
	err := db.write(ctx, "prune history", func(t *tx) (err error) {
		removed, err = t.prune(limit)
		return err
	})
	if err != nil {
		return 0, err
	}
	return int(removed), nil
}

func (t *tx) prune(limit int64) (removed int64, err error) {
	add := func(res sql.Result, failed error) {
		if err = failed; err != nil {
			return
		}
		var n int64
		n, err = res.RowsAffected()
		removed += n
	}
	add(t.exec("DELETE FROM journal WHERE state <> 'pending' AND finished_at < ?", limit))
	if err == nil {
		add(t.exec(`DELETE FROM runs WHERE coalesce(finished_at, started_at) < ?
			AND seq NOT IN (SELECT seq FROM runs ORDER BY seq DESC LIMIT ?)`, limit, keptRuns))
	}
	if err == nil && removed > 0 {
		_, err = t.exec("DELETE FROM leftovers WHERE digest NOT IN (SELECT leftovers FROM runs)")
	}
	if err == nil {
		add(t.exec("DELETE FROM holds WHERE closed_at < ?", limit))
	}
	if err == nil {
		add(t.exec(`DELETE FROM decisions WHERE ended_at < ? AND seq NOT IN (SELECT decision FROM journal WHERE decision IS NOT NULL)`, limit))
	}
	if err == nil {
		_, err = t.exec("DELETE FROM mappings WHERE saved_at < ? AND digest NOT IN (SELECT mapping_digest FROM resources)", limit)
	}
	return removed, err
}

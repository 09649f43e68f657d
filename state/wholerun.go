package state

import (
	"context"
	"encoding/json"
)

// LastRunExcept returns the newest run that none of these triggers started, ErrNoRun when
// there is none. An open run is shown as in Runs.
func (db *DB) LastRunExcept(ctx context.Context, triggers ...string) (Run, error) {
	const what = "read the last run"
	except, err := json.Marshal(triggers)
	if err != nil {
		return Run{}, db.fail(what, err)
	}
	runs, err := list(ctx, db, what, scanRun, "SELECT "+runShown+` FROM runs
		WHERE trigger NOT IN (SELECT value FROM json_each(?)) ORDER BY seq DESC LIMIT 1`, db.openOutcome(), string(except))
	if err == nil && len(runs) == 0 {
		err = ErrNoRun
	}
	if err != nil {
		return Run{}, err
	}
	return runs[0], nil
}

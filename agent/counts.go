package agent

import (
	"context"

	"okta-walkme-agent/state"
)

// compareCounts lays the comparison with the last snapshots over the verdict.
func compareCounts(ctx context.Context, db *state.DB, v *view) error {
	before, err := listLengths.Load(ctx, db)
	if err != nil {
		return err
	}
	v.counts = v.health.Compare(before, v.listed(), len(v.snap.Groups))
	return nil
}

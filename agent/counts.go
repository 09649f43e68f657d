package agent

import "context"

// compareCounts lays the comparison with the last snapshots over the verdict.
func (a *Agent) compareCounts(ctx context.Context, v *view) error {
	before, err := listLengths.Load(ctx, a.State)
	if err != nil {
		return err
	}
	v.counts = v.health.Compare(before, v.listed(), len(v.snap.Groups))
	return nil
}

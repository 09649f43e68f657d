package agent

import (
	"context"
	"encoding/json"
	"fmt"

	"okta-walkme-agent/agent/plan"
)

// metaCounts is how many people and groups the last snapshots held, as JSON.
const metaCounts = "snapshot_counts"

// compareCounts lays the comparison with the last snapshots over the verdict.
func (a *Agent) compareCounts(ctx context.Context, v *view) error {
	if a.State == nil {
		return nil
	}
	text, err := a.State.Meta(ctx, metaCounts)
	if err != nil {
		return fmt.Errorf("counts of the last snapshot: %w", err)
	}
	var before plan.ListLengths
	if text != "" {
		if err := json.Unmarshal([]byte(text), &before); err != nil {
			return fmt.Errorf("counts of the last snapshot: %w", err)
		}
	}
	v.counts = v.health.Compare(before, len(v.snap.Users), len(v.snap.Groups))
	return nil
}

func (a *Agent) saveCounts(ctx context.Context, v *view) error {
	text, err := json.Marshal(v.counts)
	if err != nil {
		return err
	}
	return a.State.SetMeta(ctx, metaCounts, string(text))
}

package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// metaAbsent holds when each absent person was first seen to be absent, as JSON:
// Okta id to RFC 3339.
const metaAbsent = "absent_since"

func (a *Agent) absentSince(ctx context.Context) (map[string]time.Time, error) {
	since := map[string]time.Time{}
	if a.State == nil || a.Config.Grace <= 0 {
		return since, nil
	}
	text, err := a.State.Meta(ctx, metaAbsent)
	if err != nil || text == "" {
		return since, err
	}
	if err := json.Unmarshal([]byte(text), &since); err != nil {
		return nil, fmt.Errorf("people absent since: %w", err)
	}
	return since, nil
}

func (a *Agent) saveAbsent(ctx context.Context, since map[string]time.Time) error {
	if since == nil {
		return nil
	}
	text, err := json.Marshal(since)
	if err != nil {
		return err
	}
	return a.State.SetMeta(ctx, metaAbsent, string(text))
}

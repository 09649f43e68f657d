package agent

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"okta-walkme-agent/internal/scim"
)

// metaAbsent holds when each absent person was first seen to be absent, as JSON:
// Okta id to RFC 3339.
const metaAbsent = "absent_since"

// waitForGrace lets deactivations wait until the person has been absent for the
// configured time. Somebody who comes back meanwhile starts anew. The result is
// what has to be remembered for the next run: it speaks of everybody, also where the
// plan is about a few.
func (a *Agent) waitForGrace(ctx context.Context, plan *Plan, v *view) (map[string]time.Time, error) {
	grace := a.Config.Grace
	if grace <= 0 {
		return nil, nil
	}
	before, err := a.absentSince(ctx)
	if err != nil {
		return nil, err
	}
	now := a.now().UTC().Truncate(time.Second)
	since := map[string]time.Time{}
	for i := range v.recorded {
		r := &v.recorded[i]
		if r.Type != scim.User || r.ID == "" || !r.Active || !v.desired.absent(r.SourceID) {
			continue
		}
		since[r.SourceID] = now
		if first, known := before[r.SourceID]; known {
			since[r.SourceID] = first
		}
	}
	for _, c := range plan.Changes {
		if c.Action != Deactivate || c.Blocked() {
			continue
		}
		if until := since[c.OktaID].Add(grace); until.After(now) {
			c.WaitUntil = &until
			c.Reason += "; waits out limits.grace"
		}
	}
	return since, nil
}

func (a *Agent) absentSince(ctx context.Context) (map[string]time.Time, error) {
	since := map[string]time.Time{}
	if a.State == nil {
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

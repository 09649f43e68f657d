package agent

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
)

// metaCounts is how many people and groups the last snapshots held, as JSON.
const metaCounts = "snapshot_counts"

// A list is sharply shorter than before when it lacks this many and this share.
const (
	fallFrom  = 5
	fallShare = 20 // percent
)

// snapshotCounts is what a snapshot is compared with.
type snapshotCounts struct {
	Users  seen `json:"users"`
	Groups seen `json:"groups"`
}

// seen is how long one of Okta's lists was.
type seen struct {
	Trusted int  `json:"trusted"`           // in the last snapshot that was believed
	Doubted *int `json:"doubted,omitempty"` // in a later one that was not; nil: none
}

// next compares a list with the one before. A sharp fall is doubted once: when the
// next snapshot shows it again, that is how it is.
func (s seen) next(now int) (_ seen, doubted bool) {
	fell := func(before int) bool { return before-now >= fallFrom && (before-now)*100 > fallShare*before }
	if !fell(s.Trusted) || s.Doubted != nil && !fell(*s.Doubted) {
		return seen{Trusted: now}, false
	}
	return seen{Trusted: s.Trusted, Doubted: &now}, true
}

// compare doubts removals where a list of Okta is sharply shorter than before. An
// empty list of people is doubted anyway, and teaches nothing.
func (h *Health) compare(before snapshotCounts, users, groups int) snapshotCounts {
	now := before
	var doubted bool
	doubt := func(why *string, what string, before, now int) {
		text := fmt.Sprintf("Okta lists %d %s after %d the last time: removals wait until the next read shows the same", now, what, before)
		h.Verdict, h.Reasons, *why = Degraded, append(h.Reasons, text), cmp.Or(*why, text)
	}
	if h.DoubtUsers == "" {
		if now.Users, doubted = before.Users.next(users); doubted {
			doubt(&h.DoubtUsers, "people", before.Users.Trusted, users)
		}
	}
	if now.Groups, doubted = before.Groups.next(groups); doubted {
		doubt(&h.DoubtGroups, "groups to push", before.Groups.Trusted, groups)
	}
	return now
}

// compareCounts lays the comparison with the last snapshots over the verdict.
func (a *Agent) compareCounts(ctx context.Context, v *view) error {
	if a.State == nil {
		return nil
	}
	text, err := a.State.Meta(ctx, metaCounts)
	if err != nil {
		return fmt.Errorf("counts of the last snapshot: %w", err)
	}
	var before snapshotCounts
	if text != "" {
		if err := json.Unmarshal([]byte(text), &before); err != nil {
			return fmt.Errorf("counts of the last snapshot: %w", err)
		}
	}
	v.counts = v.health.compare(before, len(v.snap.Users), len(v.snap.Groups))
	return nil
}

func (a *Agent) saveCounts(ctx context.Context, v *view) error {
	text, err := json.Marshal(v.counts)
	if err != nil {
		return err
	}
	return a.State.SetMeta(ctx, metaCounts, string(text))
}

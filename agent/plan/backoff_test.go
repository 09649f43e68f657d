package plan_test

import (
	"testing"
	"time"

	"okta-walkme-agent/agent/plan"
)

func TestBackoff(t *testing.T) {
	for failures, want := range map[int]time.Duration{
		-1: 0, 0: 0, 1: 10 * time.Minute, 2: 20 * time.Minute, 8: 1280 * time.Minute, 9: 24 * time.Hour, 1000: 24 * time.Hour,
	} {
		if got := plan.RetryPause(failures); got != want {
			t.Errorf("RetryPause(%d) = %v, want %v", failures, got, want)
		}
	}
	if got := plan.Backoff(3, time.Minute, 4*time.Minute); got != 4*time.Minute {
		t.Errorf("Backoff(3) = %v, want the longest", got)
	}
	if got := plan.Backoff(3, 2*time.Minute, 7*time.Minute); got != 7*time.Minute {
		t.Errorf("Backoff(3) = %v, want the longest, which the third pause exceeds", got)
	}
}

func TestPauseEnd(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		recorded, want time.Time
	}{
		"none":                    {time.Time{}, time.Time{}},
		"over":                    {now.Add(-time.Minute), now.Add(-time.Minute)},
		"in the longest pause":    {now.Add(24 * time.Hour), now.Add(24 * time.Hour)},
		"by a clock that was off": {now.Add(24*time.Hour + time.Second), time.Time{}},
	} {
		if got := plan.PauseEnd(tt.recorded, now); !got.Equal(tt.want) {
			t.Errorf("%s: PauseEnd() = %v, want %v", name, got, tt.want)
		}
	}
}

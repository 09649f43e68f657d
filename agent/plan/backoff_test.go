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

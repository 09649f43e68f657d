package main

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// The two sides that the program speaks with.
const (
	oktaSide   = "okta"
	walkmeSide = "walkme"
)

// observedTransport counts what leaves, and tells the pulse of it. Without a pulse, it
// counts what is no progress of a run.
type observedTransport struct {
	side    string
	next    http.RoundTripper
	metrics *metrics
	pulse   *pulse        // nil: none
	silence time.Duration // in order between two beats

	refusals atomic.Int32 // 429 in a row
}

// RoundTrip passes everything on as it is.
func (t *observedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.beat(t.silence)
	resp, err := t.next.RoundTrip(req)
	t.beat(t.silence + t.pause(resp))
	t.metrics.exchanged(t.side, req, resp)
	return resp, err
}

func (t *observedTransport) beat(silence time.Duration) {
	if t.pulse != nil {
		t.pulse.beat(silence)
	}
}

// The wait after a 429 is Retry-After, else five minutes, doubled with each further
// one, a day at most. See the WalkMe client; the Okta client waits less.
const (
	refusedPause        = 5 * time.Minute
	longestRefusedPause = 24 * time.Hour
)

// pause is how long the client may be silent after this answer because it was asked
// to wait.
func (t *observedTransport) pause(resp *http.Response) time.Duration {
	if resp == nil || resp.StatusCode != http.StatusTooManyRequests {
		t.refusals.Store(0)
		return 0
	}
	pause := refusedPause
	for range t.refusals.Add(1) - 1 {
		if pause *= 2; pause >= longestRefusedPause {
			return longestRefusedPause
		}
	}
	text := resp.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		pause = max(pause, time.Duration(min(seconds, int(longestRefusedPause/time.Second)))*time.Second)
	} else if at, err := http.ParseTime(text); err == nil {
		pause = max(pause, time.Until(at))
	}
	return min(pause, longestRefusedPause)
}

// bucket names the rate limit that a request to Okta counts against: its path, with
// the ids replaced. What does not look like one of the paths that are used is "other",
// so that the number of buckets is bounded.
func bucket(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if len(parts) < 3 || parts[0] != "api" || parts[1] != "v1" || len(parts) > 6 {
		return "other"
	}
	for i := 2; i < len(parts); i++ {
		switch {
		case isBucketWord(parts[i]):
		case i%2 == 0:
			return "other"
		default:
			parts[i] = "{id}"
		}
	}
	return "/" + strings.Join(parts, "/")
}

func isBucketWord(s string) bool {
	switch s {
	case "apps", "groups", "users", "logs", "group-push", "mappings":
		return true
	}
	return false
}

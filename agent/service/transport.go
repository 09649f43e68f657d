package service

import (
	"net/http"
	"strings"
	"time"
)

// Side is one of the two that the service speaks with.
type Side string

// The two sides.
const (
	Okta   Side = "okta"
	WalkMe Side = "walkme"
)

// Observer sees what the clients of a setup send and wait for, so that the service
// knows whether a run gets on, and counts it.
type Observer struct {
	pulse   *pulse
	metrics *metrics
}

// Transport counts each request to a side and its answer; both are progress of a run
// with this configuration.
func (o *Observer) Transport(side Side, cfg Config, next http.RoundTripper) http.RoundTripper {
	return &observedTransport{side: side, next: next, metrics: o.metrics, pulse: o.pulse, silence: cfg.silence()}
}

// LogTransport counts what is sent to follow Okta's log, which is no progress of a run.
func (o *Observer) LogTransport(next http.RoundTripper) http.RoundTripper {
	return &observedTransport{side: Okta, next: next, metrics: o.metrics}
}

// Waiting hears that a side has asked to be left alone until then: silence is in order.
func (o *Observer) Waiting(until time.Time) { o.pulse.wait(until) }

// observedTransport counts what leaves, and tells the pulse of it.
type observedTransport struct {
	side    Side
	next    http.RoundTripper
	metrics *metrics
	pulse   *pulse        // nil: none
	silence time.Duration // in order between two beats
}

// RoundTrip passes everything on as it is.
func (t *observedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.beat()
	resp, err := t.next.RoundTrip(req)
	t.beat()
	t.metrics.exchanged(t.side, req, resp)
	return resp, err
}

func (t *observedTransport) beat() {
	if t.pulse != nil {
		t.pulse.beat(t.silence)
	}
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

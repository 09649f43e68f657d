package service

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Traffic is what this process has asked both sides lately, and what they said of their
// limits: for those who look, not for what paces.
type Traffic struct {
	now func() time.Time

	mu     sync.Mutex
	limits map[string]RateLimit // of Okta, by bucket
	sides  map[Side]*SideTraffic
}

// RateLimit is what Okta's last answer said of one of its windows.
type RateLimit struct {
	Bucket    string // path with the ids replaced
	Limit     int
	Remaining int
	SaidAt    time.Time
	Reset     time.Time // when the window ends, by Okta's clock; zero: not said
}

// SideTraffic is what one side was asked since the process began.
type SideTraffic struct {
	Requests  int
	Refused   int       // answers 429
	RefusedAt time.Time // of the latest of them; zero: none
	LastAt    time.Time // of the latest answer; zero: none
	Until     time.Time // until when the side has asked to be left alone; zero: never
}

// NewTraffic returns an empty one.
func NewTraffic(now func() time.Time) *Traffic {
	return &Traffic{now: now, limits: map[string]RateLimit{}, sides: map[Side]*SideTraffic{Okta: {}, WalkMe: {}}}
}

// Transport notes each request to a side, and its answer.
func (t *Traffic) Transport(side Side, next http.RoundTripper) http.RoundTripper {
	return &notedTransport{t, side, next}
}

type notedTransport struct {
	traffic *Traffic
	side    Side
	next    http.RoundTripper
}

// RoundTrip passes everything on as it is.
func (t *notedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	t.traffic.note(t.side, req, resp)
	return resp, err
}

// Waiting hears until when a side wants to be left alone.
func (t *Traffic) Waiting(side Side, until time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sides[side].Until = until
}

// Side is what is known of a side.
func (t *Traffic) Side(side Side) SideTraffic {
	t.mu.Lock()
	defer t.mu.Unlock()
	return *t.sides[side]
}

// RateLimits are Okta's, the one of which least is left first.
func (t *Traffic) RateLimits() []RateLimit {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]RateLimit, 0, len(t.limits))
	for _, l := range t.limits {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b RateLimit) int {
		return cmp.Or(cmp.Compare(a.Remaining*b.Limit, b.Remaining*a.Limit), cmp.Compare(a.Bucket, b.Bucket))
	})
	return out
}

func (t *Traffic) note(side Side, req *http.Request, resp *http.Response) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s, now := t.sides[side], t.now()
	s.Requests++
	if resp == nil {
		return
	}
	s.LastAt = now
	if resp.StatusCode == http.StatusTooManyRequests {
		s.Refused++
		s.RefusedAt = now
	}
	if side != Okta {
		return
	}
	if limit, remaining, ok := rateLimit(resp.Header); ok {
		l := RateLimit{Bucket: bucket(req.URL.EscapedPath()), Limit: limit, Remaining: remaining, SaidAt: now}
		if end, err := strconv.ParseInt(resp.Header.Get("X-Rate-Limit-Reset"), 10, 64); err == nil {
			l.Reset = time.Unix(end, 0)
		}
		t.limits[l.Bucket] = l
	}
}

// rateLimit is what an answer of Okta says of its window. A limit of 0 is the limit of
// concurrent requests, another matter.
func rateLimit(h http.Header) (limit, remaining int, ok bool) {
	limit, err1 := strconv.Atoi(h.Get("X-Rate-Limit-Limit"))
	remaining, err2 := strconv.Atoi(h.Get("X-Rate-Limit-Remaining"))
	return limit, remaining, err1 == nil && err2 == nil && limit > 0
}

package okta_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// inBubble runs test in a bubble of fake time, with a client that reaches org
// without a socket. The client is made outside: the SDK starts a goroutine that
// lives as long as its client.
func inBubble(t *testing.T, org *oktatest.Org, edit func(*okta.Config), test func(t *testing.T, c *okta.Client)) {
	t.Helper()
	c := newClient(t, org, func(cfg *okta.Config) {
		cfg.Transport = org.Transport()
		cfg.RetryWait = 0
		if edit != nil {
			edit(cfg)
		}
	})
	synctest.Test(t, func(t *testing.T) { test(t, c) })
}

const appTemplate = "/api/v1/apps/{id}"

// A 429 makes all callers wait until the reset, by Okta's clock.
func TestRateLimitHoldsEverybody(t *testing.T) {
	// Okta's clock is an hour ahead of ours: only differences count.
	now := func() time.Time { return time.Now().Add(time.Hour) }
	org := startOrg(t, oktatest.Options{RateLimits: map[string]int{appTemplate: 2}, Now: now})
	var log logText
	inBubble(t, org, func(cfg *okta.Config) { cfg.RateLimitShare, cfg.Logger = 1, log.logger(slog.LevelInfo) }, func(t *testing.T, c *okta.Client) {
		org.Fault(func(*http.Request) *oktatest.Fault { // hide the limit until it is exceeded
			return &oktatest.Fault{Rewrite: func(h http.Header, b []byte) []byte {
				if !strings.Contains(string(b), "E0000047") {
					h.Del("X-Rate-Limit-Limit")
				}
				return b
			}}
		})
		start := time.Now()
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := c.App(t.Context()); err != nil {
					t.Errorf("App() = %v, want no error", err)
				}
			})
		}
		wg.Wait()
		if d := time.Since(start); d < time.Minute || d > time.Minute+5*time.Second {
			t.Errorf("four calls with two a minute took %v, want a minute", d)
		}
	})
	if got := len(org.Requests()); got > 6 {
		t.Errorf("requests = %d, want at most 6: nobody asks while the window is closed", got)
	}
	if !strings.Contains(log.String(), `"okta asks to wait"`) || !strings.Contains(log.String(), appTemplate) {
		t.Errorf("log = %q, want the wait at level info", log.String())
	}
}

// The share of a window that is not ours is left to others.
func TestPaceLeavesTheOthersTheirShare(t *testing.T) {
	for _, tc := range []struct {
		share       float64
		limit       int
		calls       int
		wantMinutes int
	}{
		{0.5, 10, 5, 0},
		{0.5, 10, 6, 1},
		{0.5, 10, 11, 2},
		{0.1, 100, 11, 1},
		{1, 10, 10, 0},
		{1, 10, 11, 1},
	} {
		t.Run(fmt.Sprintf("%v of %d, %d calls", tc.share, tc.limit, tc.calls), func(t *testing.T) {
			org := startOrg(t, oktatest.Options{RateLimits: map[string]int{appTemplate: tc.limit}})
			inBubble(t, org, func(cfg *okta.Config) { cfg.RateLimitShare = tc.share }, func(t *testing.T, c *okta.Client) {
				start := time.Now()
				for range tc.calls {
					if _, err := c.App(t.Context()); err != nil {
						t.Fatalf("App() = %v, want no error", err)
					}
				}
				if got := int(time.Since(start).Minutes()); got != tc.wantMinutes {
					t.Errorf("time = %v, want %d windows", time.Since(start), tc.wantMinutes)
				}
			})
			for _, r := range org.Requests() {
				if r.Status != 200 {
					t.Errorf("status = %d, want no request above the share", r.Status)
				}
			}
		})
	}
}

// What others use makes this client slower and never stops it: its share is of what
// they leave.
func TestPaceBesideOthers(t *testing.T) {
	for _, tc := range []struct {
		name        string
		others      int // of 100 a minute
		share       float64
		calls       int
		wantMinutes int
	}{
		{"nobody", 0, 0.5, 50, 0},
		{"half of it", 52, 0.5, 24, 0},
		{"half of it, one more", 52, 0.5, 25, 1},
		{"nearly all", 98, 0.5, 3, 2},
		{"all but a little, a small share", 95, 0.1, 2, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{RateLimits: map[string]int{appTemplate: 100}})
			inBubble(t, org, func(cfg *okta.Config) { cfg.RateLimitShare = tc.share }, func(t *testing.T, c *okta.Client) {
				org.Fault(func(*http.Request) *oktatest.Fault {
					return &oktatest.Fault{Rewrite: func(h http.Header, b []byte) []byte {
						left, _ := strconv.Atoi(h.Get("X-Rate-Limit-Remaining"))
						h.Set("X-Rate-Limit-Remaining", strconv.Itoa(left-tc.others))
						return b
					}}
				})
				start := time.Now()
				for range tc.calls {
					if _, err := c.App(t.Context()); err != nil {
						t.Fatalf("App() = %v, want no error", err)
					}
				}
				if got := int(time.Since(start).Minutes()); got != tc.wantMinutes {
					t.Errorf("time = %v, want %d windows", time.Since(start), tc.wantMinutes)
				}
			})
		})
	}
}

// A busy org, always with less than half of its window left, is read all the same.
func TestPaceNeverStarves(t *testing.T) {
	org := startOrg(t, oktatest.Options{RateLimits: map[string]int{appTemplate: 100}})
	inBubble(t, org, func(cfg *okta.Config) { cfg.RateLimitShare = 0.5 }, func(t *testing.T, c *okta.Client) {
		org.Fault(func(*http.Request) *oktatest.Fault {
			return &oktatest.Fault{Rewrite: func(h http.Header, b []byte) []byte {
				h.Set("X-Rate-Limit-Remaining", "40")
				return b
			}}
		})
		start := time.Now()
		for range 30 {
			if _, err := c.App(t.Context()); err != nil {
				t.Fatalf("App() = %v, want no error", err)
			}
		}
		if d := time.Since(start); d > time.Second {
			t.Errorf("30 calls beside 40 that remain took %v, want no pause", d)
		}
	})
}

// An answer may take as long as Config.Timeout says, however long that is.
func TestTransportBoundsNoAnswer(t *testing.T) {
	if d := okta.NewTransport().ResponseHeaderTimeout; d != 0 {
		t.Errorf("ResponseHeaderTimeout = %v, want none beside Config.Timeout", d)
	}
}

// The limit on concurrent requests concerns one request, and briefly.
func TestConcurrencyLimit(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	inBubble(t, org, nil, func(t *testing.T, c *okta.Client) {
		org.Fault(times(3, "", oktatest.Fault{Status: 429, Header: http.Header{
			"X-Rate-Limit-Limit": {"0"}, "X-Rate-Limit-Remaining": {"0"},
			"X-Rate-Limit-Reset": {fmt.Sprint(time.Now().Add(time.Minute).Unix())},
		}}))
		start := time.Now()
		if _, err := c.App(t.Context()); err != nil {
			t.Fatalf("App() = %v, want no error", err)
		}
		if d := time.Since(start); d < 7*time.Second || d > 11*time.Second {
			t.Errorf("three concurrency 429s took %v, want 1+2+4 s and jitter", d)
		}
	})
}

func TestRateLimitWithoutReset(t *testing.T) {
	for name, header := range map[string]http.Header{
		"none": {"X-Rate-Limit-Reset": nil}, "garbage": {"X-Rate-Limit-Reset": {"soon"}}, "past": {"X-Rate-Limit-Reset": {"1"}},
		"Retry-After": {"X-Rate-Limit-Reset": nil, "Retry-After": {"5"}},
	} {
		t.Run(name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{})
			inBubble(t, org, nil, func(t *testing.T, c *okta.Client) {
				org.Fault(times(1, "", oktatest.Fault{Status: 429, Header: header}))
				start := time.Now()
				if _, err := c.App(t.Context()); err != nil {
					t.Fatalf("App() = %v, want no error", err)
				}
				if d := time.Since(start); d < 6*time.Second || d > 7*time.Second {
					t.Errorf("time = %v, want 6 s: a 429 is never asked again without a pause", d)
				}
			})
		})
	}
}

// Retries are bounded, and end with Okta's last answer.
func TestRetriesAreBounded(t *testing.T) {
	for _, tc := range []struct {
		name     string
		fault    oktatest.Fault
		requests int
		least    time.Duration
		check    func(error) bool
	}{
		{"503", oktatest.Fault{Status: 503, Body: "<html>"}, 6, 15 * time.Second, hasStatus(503)},
		{"503 with Retry-After 0", oktatest.Fault{Status: 503, Header: http.Header{"Retry-After": {"0"}}}, 6, 15 * time.Second, hasStatus(503)},
		{"503 with a past Retry-After", oktatest.Fault{Status: 503, Header: http.Header{"Retry-After": {"Mon, 02 Jan 2006 15:04:05 GMT"}}}, 6, 15 * time.Second, hasStatus(503)},
		{"429", oktatest.Fault{Status: 429, Body: `{"errorCode":"E0000047"}`}, 6, 5 * time.Second, hasStatus(429)},
		{"dropped", oktatest.Fault{Drop: true}, 6, 15 * time.Second, func(error) bool { return true }},
		{"400", oktatest.Fault{Status: 400}, 1, 0, hasStatus(400)},
		{"cut", oktatest.Fault{CutAfter: 10}, 3, time.Second, func(err error) bool { return errors.Is(err, okta.ErrIncomplete) }},
		{"too slow", oktatest.Fault{Delay: time.Hour}, 6, 6 * time.Minute, func(err error) bool {
			return errors.Is(err, okta.ErrTimeout) && !errors.Is(err, context.DeadlineExceeded)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{})
			inBubble(t, org, nil, func(t *testing.T, c *okta.Client) {
				org.Fault(always("", tc.fault))
				start := time.Now()
				_, err := c.App(t.Context())
				if err == nil || !tc.check(err) {
					t.Errorf("App() = %v, want an error that keeps what happened", err)
				}
				if d := time.Since(start); d < tc.least || d > tc.least+10*time.Minute {
					t.Errorf("time = %v, want at least %v", d, tc.least)
				}
			})
			if got := len(org.Requests()); got != tc.requests {
				t.Errorf("requests = %d, want %d", got, tc.requests)
			}
		})
	}
}

func hasStatus(status int) func(error) bool {
	return func(err error) bool {
		var refused *okta.APIError
		return errors.As(err, &refused) && refused.Status == status
	}
}

func TestRetriesHeal(t *testing.T) {
	for name, f := range map[string]oktatest.Fault{"500": {Status: 500}, "dropped": {Drop: true}, "slow": {Delay: 2 * time.Minute}} {
		t.Run(name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{})
			inBubble(t, org, nil, func(t *testing.T, c *okta.Client) {
				org.Fault(times(3, "", f))
				if _, err := c.App(t.Context()); err != nil {
					t.Errorf("App() = %v, want no error after three failures", err)
				}
			})
		})
	}
}

// Every wait ends with its context.
func TestWaitsObeyTheContext(t *testing.T) {
	for name, f := range map[string]oktatest.Fault{
		"retry":       {Status: 503, Header: http.Header{"Retry-After": {"60"}}},
		"rate limit":  {Status: 429, Header: http.Header{"Retry-After": {"60"}, "X-Rate-Limit-Reset": nil}},
		"answer":      {Delay: time.Hour},
		"concurrency": {Status: 429, Header: http.Header{"X-Rate-Limit-Limit": {"0"}}},
	} {
		t.Run(name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{})
			inBubble(t, org, nil, func(t *testing.T, c *okta.Client) {
				org.Fault(always("", f))
				ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
				defer cancel()
				start := time.Now()
				_, err := c.Snapshot(ctx, okta.SnapshotRequest{})
				if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > time.Second {
					t.Errorf("Snapshot() = %v after %v, want the context's error at once", err, time.Since(start))
				}
			})
		})
	}
}

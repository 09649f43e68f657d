package walkme_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

const target = "https://walkme.example.com/scim/v2"

// answers is a handler that gives its answers one after the other, the last one
// for ever, and notes when each request came.
type answers struct {
	mu    sync.Mutex
	list  []func(http.ResponseWriter)
	start time.Time
	times []time.Duration
}

func (a *answers) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.times = append(a.times, time.Since(a.start))
	next := a.list[0]
	if len(a.list) > 1 {
		a.list = a.list[1:]
	}
	next(w)
}

func limited(retryAfter ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for _, v := range retryAfter {
			w.Header().Set("Retry-After", v)
		}
		w.WriteHeader(http.StatusTooManyRequests)
	}
}

func status(code int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code) }
}

// Okta's rule: Retry-After in seconds exactly; a missing or unusable one is five
// minutes; each further 429 doubles the wait before it.
func TestRateLimitWaits(t *testing.T) {
	date := func(w http.ResponseWriter) {
		w.Header().Set("Date", "Mon, 23 Nov 2026 12:00:00 GMT")
		w.Header().Set("Retry-After", "Mon, 23 Nov 2026 12:00:30 GMT")
		w.WriteHeader(http.StatusTooManyRequests)
	}
	due := func(w http.ResponseWriter) {
		w.Header().Set("Date", "Mon, 23 Nov 2026 12:00:00 GMT")
		w.Header().Set("Retry-After", "Mon, 23 Nov 2026 12:00:00 GMT")
		w.WriteHeader(http.StatusTooManyRequests)
	}
	for _, tt := range []struct {
		name string
		list []func(http.ResponseWriter)
		want []time.Duration // when each attempt came
	}{
		{"two minutes", []func(http.ResponseWriter){limited("120"), status(204)}, []time.Duration{0, 2 * time.Minute}},
		{"missing", []func(http.ResponseWriter){limited(), status(204)}, []time.Duration{0, 5 * time.Minute}},
		{"not an integer", []func(http.ResponseWriter){limited("1.5"), status(204)}, []time.Duration{0, 5 * time.Minute}},
		{"negative", []func(http.ResponseWriter){limited("-1"), status(204)}, []time.Duration{0, 5 * time.Minute}},
		{"a date, against the server's clock", []func(http.ResponseWriter){date, status(204)}, []time.Duration{0, 30 * time.Second}},
		{"a date that has come", []func(http.ResponseWriter){due, status(204)}, []time.Duration{0, 5 * time.Minute}},
		{"doubling", []func(http.ResponseWriter){limited("10"), limited("10"), limited(), status(204)},
			[]time.Duration{0, 10 * time.Second, 30 * time.Second, 330 * time.Second}},
		{"at once", []func(http.ResponseWriter){limited("0"), status(204)}, []time.Duration{0, 0}},
		{"absurd", []func(http.ResponseWriter){limited("99999999"), status(204)}, []time.Duration{0, 24 * time.Hour}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &answers{list: tt.list, start: time.Now()}
				c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{server}})
				if err := c.SetActive(t.Context(), "42", false); err != nil {
					t.Errorf("SetActive() = %v", err)
				}
				if got := server.times; !equal(got, tt.want) {
					t.Errorf("attempts at %v, want %v", got, tt.want)
				}
			})
		})
	}
}

func equal(a, b []time.Duration) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestRateLimitGivesUpAfterTenAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &answers{list: []func(http.ResponseWriter){limited("1")}, start: time.Now()}
		var log bytes.Buffer
		c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{server}, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		_, err := c.CreateUser(t.Context(), person("00u1", scim.Attribute{Path: "userName", Value: "ann@example.com"}))
		if !errors.Is(err, walkme.ErrRateLimited) || walkme.Outcome(err) != walkme.Refused {
			t.Errorf("CreateUser() = %v (%s), want ErrRateLimited, refused", err, walkme.Outcome(err))
		}
		if len(server.times) != 10 || server.times[9] != 511*time.Second {
			t.Errorf("%d attempts, the last at %v, want 10 and 8m31s", len(server.times), server.times[len(server.times)-1])
		}
		if strings.Contains(log.String(), "s3cret") || !strings.Contains(log.String(), "limits the rate") {
			t.Errorf("log:\n%s", log.String())
		}
	})
}

// While one request waits, all others do, even those that waited for its slot.
func TestRateLimitPausesEveryRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(w http.ResponseWriter) {
			time.Sleep(time.Second)
			limited("60")(w)
		}
		server := &answers{list: []func(http.ResponseWriter){slow, status(204)}, start: time.Now()}
		c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{server}, MaxInFlight: 1})
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				if err := c.SetActive(t.Context(), "42", false); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(server.times) != 6 {
			t.Fatalf("%d requests, want 6", len(server.times))
		}
		for _, at := range server.times[1:] {
			if at != 61*time.Second {
				t.Errorf("requests at %v, want all but the first at 1m1s", server.times)
				break
			}
		}
	})
}

// A run that is stopped while it waits has written nothing.
func TestCancelDuringPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &answers{list: []func(http.ResponseWriter){limited("3600")}, start: time.Now()}
		c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{server}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for range 2 { // waiting for its own pause, then for that of another
			err := c.SetActive(ctx, "42", false)
			if walkme.Outcome(err) != walkme.NotSent || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("SetActive() = %v (%s), want deadline exceeded, not sent", err, walkme.Outcome(err))
			}
		}
		if len(server.times) != 1 {
			t.Errorf("%d requests, want 1", len(server.times))
		}
	})
}

// Who is in a hurry sits out no pause once told to stop, one's own or another's, but hears
// the answer to what has left.
func TestHurryEndsPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(w http.ResponseWriter) {
			time.Sleep(10 * time.Second)
			w.WriteHeader(http.StatusNoContent)
		}
		server := &answers{list: []func(http.ResponseWriter){slow, limited("3600")}, start: time.Now()}
		c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{server}})
		stop, cancel := context.WithCancel(t.Context())
		ctx := walkme.Hurry(t.Context(), stop)
		time.AfterFunc(5*time.Second, cancel)
		if err := c.SetActive(ctx, "42", false); err != nil {
			t.Errorf("SetActive() = %v, want the answer", err)
		}
		for range 2 { // waiting for its own pause, then for that of another
			began := time.Now()
			err := c.SetActive(ctx, "42", false)
			if walkme.Outcome(err) != walkme.NotSent || !errors.Is(err, context.Canceled) || time.Since(began) != 0 {
				t.Errorf("SetActive() = %v (%s) after %s, want cancelled, not sent, at once", err, walkme.Outcome(err), time.Since(began))
			}
		}
		if len(server.times) != 2 {
			t.Errorf("%d requests, want 2", len(server.times))
		}
	})
}

// TestCancelBesideA429: a caller who gives up while a 429 is on its way hears of that, not
// of a rate limit that was never waited for.
func TestCancelBesideA429(t *testing.T) {
	gaveUp := errors.New("gave up")
	ctx, cancel := context.WithCancelCause(t.Context())
	c := client(t, walkme.Config{BaseURL: "https://walkme.example.com", Transport: roundTripper(func(req *http.Request) (*http.Response, error) {
		cancel(gaveUp)
		return &http.Response{StatusCode: http.StatusTooManyRequests, Header: http.Header{}, Body: http.NoBody, Request: req}, nil
	})})
	_, err := c.CreateUser(ctx, ann)
	if !errors.Is(err, gaveUp) || errors.Is(err, walkme.ErrRateLimited) || walkme.Outcome(err) != walkme.NotSent {
		t.Errorf("CreateUser() = %v, want not sent, because the caller gave up", err)
	}
}

// leaving is a log that ends a context when it is told of a pause.
type leaving struct {
	slog.Handler
	leave func()
}

func (l leaving) Enabled(context.Context, slog.Level) bool  { return true }
func (l leaving) Handle(context.Context, slog.Record) error { l.leave(); return nil }

// A write whose caller gives up as the pause begins has not been sent again. Which of the
// two comes first is left to chance, many times.
func TestCancelAsThePauseBegins(t *testing.T) {
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{answering(429, "")},
			Logger: slog.New(leaving{slog.DiscardHandler, cancel})})
		if _, err := c.CreateUser(ctx, ann); walkme.Outcome(err) != walkme.NotSent || !errors.Is(err, context.Canceled) {
			t.Fatalf("CreateUser() = %v (%s), want cancelled, not sent", err, walkme.Outcome(err))
		}
	}
}

// Only reads are repeated, and only what may do better at once.
func TestRepeats(t *testing.T) {
	for _, tt := range []struct {
		name     string
		answer   func(http.ResponseWriter)
		read     bool
		requests int
	}{
		{"read, 502", status(502), true, 3},
		{"read, 503", status(503), true, 3},
		{"read, 504", status(504), true, 3},
		{"read, 500", status(500), true, 1},
		{"read, 404", func(w http.ResponseWriter) { answering(404, notFound).ServeHTTP(w, nil) }, true, 1},
		{"write, 503", status(503), false, 1},
		{"write, 400", status(400), false, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				server := &answers{list: []func(http.ResponseWriter){tt.answer}, start: time.Now()}
				c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{server}})
				var err error
				if tt.read {
					_, err = c.User(t.Context(), "42")
				} else {
					_, err = c.CreateUser(t.Context(), person("00u1", scim.Attribute{Path: "userName", Value: "ann@example.com"}))
				}
				if err == nil || len(server.times) != tt.requests {
					t.Errorf("%d requests (%v), want %d", len(server.times), err, tt.requests)
				}
			})
		})
	}
}

func TestReadSurvivesTwoBrokenConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		c := client(t, walkme.Config{BaseURL: target, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			switch n.Add(1) {
			case 1:
				return nil, io.ErrUnexpectedEOF
			case 2: // cut off in the middle
				body := io.NopCloser(io.MultiReader(strings.NewReader(`{"id":`), brokenReader{}))
				return &http.Response{StatusCode: 200, Body: body, Header: http.Header{}, Request: r}, nil
			}
			body := io.NopCloser(strings.NewReader(userJSON("42", "ann@example.com", "")))
			return &http.Response{StatusCode: 200, Body: body, Header: http.Header{}, Request: r}, nil
		})})
		began := time.Now()
		if u, err := c.User(t.Context(), "42"); err != nil || u.UserName != "ann@example.com" {
			t.Errorf("User() = %+v, %v", u, err)
		}
		if waited := time.Since(began); waited != 1500*time.Millisecond {
			t.Errorf("waited %s, want half a second and a whole one", waited)
		}
	})
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// The time-out is of one attempt; a write that runs into it may have happened.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int32
		c := client(t, walkme.Config{BaseURL: target, Timeout: 7 * time.Second, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			n.Add(1)
			<-r.Context().Done()
			return nil, r.Context().Err()
		})})
		start := time.Now()
		err := c.SetActive(t.Context(), "42", false)
		if walkme.Outcome(err) != walkme.Unknown || !strings.Contains(err.Error(), "no answer within 7s") || time.Since(start) != 7*time.Second {
			t.Errorf("SetActive() = %v (%s) after %v", err, walkme.Outcome(err), time.Since(start))
		}
		if _, err := c.User(t.Context(), "42"); walkme.Outcome(err) != walkme.NotSent {
			t.Errorf("User() = %v (%s), want not sent", err, walkme.Outcome(err))
		}
		if n.Load() != 2 {
			t.Errorf("%d requests, want 2: a time-out is final", n.Load())
		}
	})
}

// Requests on the wire are counted until the last byte of the answer.
func TestMaxInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		c := client(t, walkme.Config{BaseURL: target, MaxInFlight: 3, Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			return &http.Response{StatusCode: 204, Header: http.Header{}, Request: r, Body: slowBody{&now}}, nil
		})})
		var wg sync.WaitGroup
		start := time.Now()
		for range 12 {
			wg.Go(func() { _ = c.SetActive(t.Context(), "42", true) })
		}
		wg.Wait()
		if most.Load() != 3 || time.Since(start) != 4*time.Second {
			t.Errorf("%d in flight for %v, want 3 for 4s", most.Load(), time.Since(start))
		}
	})
}

type slowBody struct{ inFlight *atomic.Int32 }

func (b slowBody) Read([]byte) (int, error) { return 0, io.EOF }

func (b slowBody) Close() error {
	time.Sleep(time.Second)
	b.inFlight.Add(-1)
	return nil
}

func TestRequestsPerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &answers{list: []func(http.ResponseWriter){status(204)}, start: time.Now()}
		c := client(t, walkme.Config{BaseURL: target, RequestsPerSecond: 2, Transport: handlerTransport{server}})
		for range 5 {
			if err := c.SetActive(t.Context(), "42", true); err != nil {
				t.Fatal(err)
			}
		}
		if last := server.times[4]; last != 2*time.Second {
			t.Errorf("the fifth request came at %v, want 2s", last)
		}
	})
}

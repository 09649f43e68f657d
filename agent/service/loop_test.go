package service_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/service"
	"okta-walkme-agent/state"
)

// every is a schedule by elapsed time: each multiple of it since midnight UTC.
type every time.Duration

func (e every) Next(after time.Time) time.Time {
	return after.Truncate(time.Duration(e)).Add(time.Duration(e))
}

// sequence is a schedule that a function gives.
type sequence func(after time.Time) time.Time

func (f sequence) Next(after time.Time) time.Time { return f(after) }

// serve runs a service until the bubble's clock has moved on by span, and returns
// what Serve returned.
func serve(t *testing.T, s *service.Loop, past service.Past, span time.Duration) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), span)
	defer cancel()
	return s.Serve(ctx, past)
}

// TestServeStarts: a first start, a missed tick and a last run in the future run
// at once; else the next tick is awaited.
func TestServeStarts(t *testing.T) {
	tests := []struct {
		name string
		last time.Duration // before now; 0: never
		want time.Duration // after now
	}{
		{"first start", 0, 0},
		{"a tick was missed", 20 * time.Minute, 0},
		{"many were missed", 1000 * time.Hour, 0},
		{"none was missed", 5 * time.Minute, 10 * time.Minute},
		{"the last run lies in the future", -1000 * time.Hour, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(5 * time.Minute) // from midnight to 00:05
				begin, past := time.Now(), service.Past{}
				if tt.last != 0 {
					past.Begun = begin.Add(-tt.last)
				}
				var got []time.Duration
				s := &service.Loop{Schedule: every(15 * time.Minute), Jitter: 0, Run: func(context.Context, string) error {
					got = append(got, time.Since(begin))
					return nil
				}}
				if err := serve(t, s, past, 24*time.Minute); err != nil {
					t.Fatal(err)
				}
				if len(got) == 0 || got[0] != tt.want {
					t.Fatalf("runs after %v, want the first after %v", got, tt.want)
				}
				if slices.ContainsFunc(got[1:], func(d time.Duration) bool { return d%(5*time.Minute) != 0 || d == 0 }) || len(got) > 3 {
					t.Errorf("runs after %v, want one at once and then the ticks", got)
				}
			})
		})
	}
}

// TestServeOverrun: a run that outlasts its interval is reported, never doubled,
// and the next one starts at the next tick.
func TestServeOverrun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var log bytes.Buffer
		var got []time.Duration
		running := false
		s := &service.Loop{
			Schedule: every(15 * time.Minute), Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Run: func(context.Context, string) error {
				if running {
					t.Error("two runs at once")
				}
				running = true
				got = append(got, time.Since(begin))
				if len(got) == 2 {
					time.Sleep(40 * time.Minute)
				}
				running = false
				return nil
			},
		}
		if err := serve(t, s, service.Past{}, 80*time.Minute); err != nil {
			t.Fatal(err)
		}
		want := []time.Duration{0, 15 * time.Minute, 60 * time.Minute, 75 * time.Minute}
		if !slices.Equal(got, want) {
			t.Errorf("runs after %v, want %v", got, want)
		}
		if n := strings.Count(log.String(), "took=40m0s"); n != 1 || strings.Count(log.String(), "level=WARN") != 1 {
			t.Errorf("the log warns of the overrun %d times, want once:\n%s", n, log.String())
		}
	})
}

// jumpingClock is the bubble's clock plus whatever it was set forward or back.
type jumpingClock struct{ by time.Duration }

func (c *jumpingClock) now() time.Time { return time.Now().Add(c.by) }

// TestServeClockJumps: the schedule follows the clock, at most a quarter of a
// minute after it was set, and by one run whatever it skipped.
func TestServeClockJumps(t *testing.T) {
	tests := []struct {
		name   string
		jump   time.Duration
		inRun  bool // else at 00:05, in a wait
		want   []string
		within time.Duration // of real time
	}{
		{"forward, in a wait", 72 * time.Hour, false, []string{"01 00:00:00", "04 00:05:00", "04 00:15:00"}, 20 * time.Minute},
		{"back, in a wait", -72 * time.Hour, false, []string{"01 00:00:00", "29 00:15:00", "29 00:30:00"}, 31 * time.Minute},
		{"a little back, in a wait", -10 * time.Second, false, []string{"01 00:00:00", "01 00:15:00", "01 00:30:00"}, 31 * time.Minute},
		{"back, in a run", -72 * time.Hour, true, []string{"01 00:00:00", "29 00:15:00", "29 00:30:00"}, 31 * time.Minute},
		{"forward, in a run", 72 * time.Hour, true, []string{"01 00:00:00", "04 00:15:00", "04 00:30:00"}, 31 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				clock := &jumpingClock{}
				var got []string
				s := &service.Loop{
					Schedule: every(15 * time.Minute), Now: clock.now,
					Run: func(context.Context, string) error {
						got = append(got, clock.now().UTC().Format("02 15:04:05"))
						if tt.inRun && len(got) == 1 {
							clock.by = tt.jump
						}
						return nil
					},
					Alive: func() {
						if !tt.inRun && clock.by == 0 && clock.now().Minute() == 5 {
							clock.by = tt.jump
						}
					},
				}
				if err := serve(t, s, service.Past{}, tt.within); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("runs at %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// TestServeUsesTheWallClock: a monotonic reading would make a machine that slept
// sleep on. The clock of a bubble has none, so this one is real; nothing waits.
func TestServeUsesTheWallClock(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	asked := 0
	s := &service.Loop{Run: func(context.Context, string) error { return nil }}
	s.Schedule = sequence(func(after time.Time) time.Time {
		asked++
		if strings.Contains(after.String(), "m=") {
			t.Errorf("Next(%v): a monotonic reading", after)
		}
		cancel()
		return after.Add(time.Hour)
	})
	if err := s.Serve(ctx, service.Past{}); err != nil || asked != 1 {
		t.Errorf("Serve() = %v after %d questions, want nil, 1", err, asked)
	}
}

// TestServeNever: a schedule that never comes leaves runs to whoever wakes the
// service.
func TestServeNever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		wake := make(chan string, 1)
		var got []string
		var idle []time.Time
		var log bytes.Buffer
		s := &service.Loop{
			Logger:   slog.New(slog.NewTextHandler(&log, nil)),
			Schedule: sequence(func(time.Time) time.Time { return time.Time{} }), Wake: wake, Jitter: time.Minute,
			Idle: func(next time.Time) { idle = append(idle, next) },
			Run:  func(_ context.Context, trigger string) error { got = append(got, trigger); return nil },
		}
		time.AfterFunc(time.Hour, func() { wake <- "sync" })
		if err := serve(t, s, service.Past{}, 100*time.Hour); err != nil {
			t.Fatal(err)
		}
		if want := []string{agent.TriggerSchedule, "sync"}; !slices.Equal(got, want) {
			t.Errorf("runs = %q, want %q", got, want)
		}
		if len(idle) != 3 || !idle[1].IsZero() || !idle[2].IsZero() {
			t.Errorf("Idle heard %v, want the start and twice never", idle)
		}
		if log.Len() > 0 {
			t.Errorf("the log says %s, want nothing", log.String())
		}
	})
}

// TestServeJitter: a run starts after its tick and before the jitter ends; what
// is late already is not delayed further.
func TestServeJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const jitter = 5 * time.Minute
		begin := time.Now()
		seen := map[time.Duration]bool{}
		runs := 0
		var next time.Time
		s := &service.Loop{
			Schedule: every(15 * time.Minute), Jitter: jitter,
			Idle: func(due time.Time) { next = due },
			Run: func(context.Context, string) error {
				late := time.Since(begin) % (15 * time.Minute)
				if runs == 0 && late != 0 || late >= jitter || !time.Now().Equal(next) {
					t.Errorf("run %d starts %v after its tick, Idle said %v", runs, late, next)
				}
				seen[late] = true
				runs++
				return nil
			},
		}
		if err := serve(t, s, service.Past{}, 50*time.Hour-time.Minute); err != nil {
			t.Fatal(err)
		}
		if runs < 199 || runs > 200 || len(seen) < 100 {
			t.Errorf("%d runs with %d different delays, want one a tick and many delays", runs, len(seen))
		}
	})
}

// TestServeCancel: the service ends without an error while it waits, in mid-run
// when the run has ended, and before a run that is due.
func TestServeCancel(t *testing.T) {
	for _, tt := range []struct {
		name string
		at   time.Duration // of the end
		runs int
		took time.Duration
	}{
		{"before the first run", 0, 0, 0},
		{"in mid-run", 30 * time.Second, 1, time.Minute},
		{"in a wait", 7 * time.Minute, 1, 7 * time.Minute},
		{"in a later run", 30*time.Minute + time.Second, 3, 31 * time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.at == 0 {
					cancel()
				}
				time.AfterFunc(tt.at, cancel)
				runs := 0
				s := &service.Loop{Schedule: every(15 * time.Minute), Run: func(ctx context.Context, _ string) error {
					runs++
					time.Sleep(time.Minute) // a run finishes what has left
					return ctx.Err()
				}}
				if err := s.Serve(ctx, service.Past{}); err != nil {
					t.Errorf("Serve() = %v, want nil", err)
				}
				if took := time.Since(begin); took != tt.took || runs != tt.runs {
					t.Errorf("%d runs in %v, want %d in %v", runs, took, tt.runs, tt.took)
				}
			})
		})
	}
}

// TestServeErrors: a failed run does not end the service, unless no later one can
// do better.
func TestServeErrors(t *testing.T) {
	corrupt := &state.CorruptError{Path: "state.db"}
	tests := []struct {
		name string
		err  error
		runs int
		want error
	}{
		{"a failed run", errors.New("Okta is down"), 3, nil},
		{"damaged state", fmt.Errorf("records: %w", corrupt), 1, corrupt},
		{"state of another program", &state.NotOursError{}, 1, &state.NotOursError{}},
		{"state of a newer version", &state.SchemaError{Have: 9, Want: 1}, 1, &state.SchemaError{}},
		{"state of another tenant", &agent.BindingError{}, 1, &agent.BindingError{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				runs := 0
				s := &service.Loop{
					Schedule: every(15 * time.Minute), Logger: slog.New(slog.NewTextHandler(&log, nil)),
					Run: func(context.Context, string) error { runs++; return tt.err },
				}
				err := serve(t, s, service.Past{}, 40*time.Minute)
				if (err != nil) != (tt.want != nil) || tt.want != nil && !errors.Is(err, tt.err) || runs != tt.runs {
					t.Errorf("Serve() = %v after %d runs, want %v after %d", err, runs, tt.want, tt.runs)
				}
				if service.Fatal(tt.err) != (tt.want != nil) {
					t.Errorf("Fatal(%v) = %t", tt.err, service.Fatal(tt.err))
				}
				if n := strings.Count(log.String(), "run failed"); tt.want == nil && n != tt.runs {
					t.Errorf("the log tells of %d failed runs, want %d", n, tt.runs)
				}
			})
		})
	}
}

// TestServeWake: whoever asks gets a run at once, in turn, and the schedule goes
// on from there.
func TestServeWake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		wake := make(chan string)
		var got []string
		s := &service.Loop{Schedule: every(15 * time.Minute), Wake: wake, Run: func(_ context.Context, trigger string) error {
			got = append(got, fmt.Sprintf("%s %v", trigger, time.Since(begin)))
			time.Sleep(2 * time.Minute)
			return nil
		}}
		go func() {
			time.Sleep(time.Minute)
			wake <- "sync" // in the first run: waits for its end
			time.Sleep(4 * time.Minute)
			wake <- "resync"
		}()
		if err := serve(t, s, service.Past{}, 31*time.Minute); err != nil {
			t.Fatal(err)
		}
		want := []string{"schedule 0s", "sync 2m0s", "resync 6m0s", "schedule 15m0s", "schedule 30m0s"}
		if !slices.Equal(got, want) {
			t.Errorf("runs = %q, want %q", got, want)
		}
	})
}

// TestServeIsAlive: a service that waits says so at least every quarter of a
// minute.
func TestServeIsAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		last, longest := time.Now(), time.Duration(0)
		s := &service.Loop{
			Schedule: every(time.Hour), Run: func(context.Context, string) error { return nil },
			Alive: func() { longest, last = max(longest, time.Since(last)), time.Now() },
		}
		if err := serve(t, s, service.Past{}, 3*time.Hour); err != nil {
			t.Fatal(err)
		}
		if longest > 15*time.Second || longest == 0 {
			t.Errorf("silent for %v, want at most 15s", longest)
		}
	})
}

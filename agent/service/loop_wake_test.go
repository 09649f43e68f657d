package service_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/service"
)

// TestWakeLeavesTheTickAlone: a run that somebody asks for is one more; the tick that
// the service waits for stays due at the moment that it was given.
func TestWakeLeavesTheTickAlone(t *testing.T) {
	tests := []struct {
		name  string
		wake  func(tick, due time.Time) time.Time
		takes time.Duration
		late  bool // the woken run ends after the tick is due
	}{
		{"before the tick", func(tick, _ time.Time) time.Time { return tick.Add(-5 * time.Minute) }, time.Second, false},
		{"between the tick and its jitter", func(tick, due time.Time) time.Time { return tick.Add(due.Sub(tick) / 2) }, 0, false},
		{"and works past the tick", func(tick, _ time.Time) time.Time { return tick.Add(-time.Minute) }, 10 * time.Minute, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				var due, ended time.Time
				var got []string
				wake := make(chan string, 1)
				s := &service.Loop{
					Schedule: every(15 * time.Minute), Jitter: 5 * time.Minute, Wake: wake, Logger: slog.New(slog.NewTextHandler(&log, nil)),
					Idle: func(next time.Time) {
						if due.IsZero() && next.After(time.Now()) {
							due = next
							time.AfterFunc(time.Until(tt.wake(next.Truncate(15*time.Minute), next)), func() { wake <- "watch" })
						}
					},
				}
				s.Run = func(_ context.Context, trigger string) error {
					got = append(got, trigger)
					if trigger == "watch" {
						time.Sleep(tt.takes)
						ended = time.Now()
						return nil
					}
					want := due
					if tt.late {
						want = ended
					}
					if len(got) == 3 && !time.Now().Equal(want) {
						t.Errorf("the tick's run starts at %v, want %v", time.Now(), want)
					}
					return nil
				}
				if err := serve(t, s, service.Past{}, 29*time.Minute); err != nil {
					t.Fatal(err)
				}
				if want := []string{agent.TriggerSchedule, "watch", agent.TriggerSchedule}; !slices.Equal(got, want) {
					t.Errorf("runs = %q, want %q", got, want)
				}
				if log.Len() > 0 {
					t.Errorf("the log says %s, want nothing", log.String())
				}
			})
		})
	}
}

// TestWakesAllDay: however often somebody asks, each tick has its one run, within its
// jitter.
func TestWakesAllDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const interval, jitter = 15 * time.Minute, 5 * time.Minute
		ctx, cancel := context.WithTimeout(t.Context(), 24*time.Hour-time.Second)
		defer cancel()
		begin, ticks, woken := time.Now(), 0, 0
		wake := make(chan string, 1)
		s := &service.Loop{Schedule: every(interval), Jitter: jitter, Wake: wake, Run: func(_ context.Context, trigger string) error {
			defer time.Sleep(7 * time.Second)
			if trigger != agent.TriggerSchedule {
				woken++
				return nil
			}
			since := time.Since(begin)
			if n, late := int(since/interval), since%interval; n != ticks || late > jitter+7*time.Second {
				t.Errorf("run of tick %d starts %v after tick %d", ticks, late, n)
			}
			ticks++
			return nil
		}}
		go func() {
			for ctx.Err() == nil {
				time.Sleep(20 * time.Second)
				select {
				case wake <- "watch":
				default:
				}
			}
		}()
		if err := s.Serve(ctx, service.Past{}); err != nil {
			t.Fatal(err)
		}
		if ticks != 96 || woken < 4000 {
			t.Errorf("%d scheduled runs and %d others in a day, want 96 and about 4300", ticks, woken)
		}
		time.Sleep(time.Minute) // for whoever wakes to end
	})
}

// TestWakeWaitsInQuarantine: what has slowed down is not woken, and is when the pause
// has ended.
func TestWakeWaitsInQuarantine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var got []string
		wake := make(chan string, 1)
		s := &service.Loop{
			Schedule: every(time.Hour), Wake: wake,
			Run: func(_ context.Context, trigger string) error {
				got = append(got, fmt.Sprint(trigger, " ", time.Since(begin)))
				return nil
			},
			Slow: func() time.Duration {
				if len(got) == 1 {
					return 30 * time.Minute
				}
				return 0
			},
		}
		time.AfterFunc(time.Second, func() { wake <- "watch" })
		if err := serve(t, s, service.Past{}, 90*time.Minute); err != nil {
			t.Fatal(err)
		}
		if want := []string{"schedule 0s", "watch 30m0s", "schedule 1h0m0s"}; !slices.Equal(got, want) {
			t.Errorf("runs = %q, want %q", got, want)
		}
	})
}

// TestQuarantineIsLiftedByHand: a good run by another process ends the pause, and the
// schedule goes on from there.
func TestQuarantineIsLiftedByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var got, due []time.Duration
		s := &service.Loop{
			Schedule: every(15 * time.Minute),
			Run:      func(context.Context, string) error { got = append(got, time.Since(begin)); return nil },
			Slow: func() time.Duration {
				if time.Since(begin) < 20*time.Minute {
					return 24 * time.Hour
				}
				return 0
			},
			Idle: func(next time.Time) { due = append(due, next.Sub(begin)) },
		}
		if err := serve(t, s, service.Past{}, 50*time.Minute); err != nil {
			t.Fatal(err)
		}
		if want := []time.Duration{0, 24 * time.Hour, 30 * time.Minute, 45 * time.Minute, time.Hour}; !slices.Equal(due, want) {
			t.Errorf("runs are due after %v, want %v", due, want)
		}
		if want := []time.Duration{0, 30 * time.Minute, 45 * time.Minute}; !slices.Equal(got, want) {
			t.Errorf("runs after %v, want %v", got, want)
		}
	})
}

// TestServeStartsInQuarantine: whoever starts the service may have mended what
// failed, so it tries once, but not again and again when it does not stay up.
func TestServeStartsInQuarantine(t *testing.T) {
	tests := []struct {
		name  string
		tried time.Duration // before the start
		want  time.Duration // after it
	}{
		{"hours after the last try", 5 * time.Hour, 0},
		{"a minute after it", time.Minute, 0},
		{"moments after it", 10 * time.Second, 50 * time.Second},
		{"the last try lies in the future", -time.Hour, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				var got []time.Duration
				s := &service.Loop{
					Schedule: every(15 * time.Minute), Jitter: 5 * time.Minute,
					Run:  func(context.Context, string) error { got = append(got, time.Since(begin)); return nil },
					Slow: func() time.Duration { return 8 * time.Hour },
				}
				tried := begin.Add(-tt.tried)
				if err := serve(t, s, service.Past{Begun: tried, Tried: tried}, 7*time.Hour); err != nil {
					t.Fatal(err)
				}
				if want := []time.Duration{tt.want}; !slices.Equal(got, want) {
					t.Errorf("runs after %v, want one after %v and the next after the pause", got, tt.want)
				}
			})
		})
	}
}

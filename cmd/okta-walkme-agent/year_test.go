package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // the zones of the tests, on hosts without the database

	"okta-walkme-agent/agent/service"
	"okta-walkme-agent/configs"
)

// scheduleFor is a schedule as the configuration file has it.
func scheduleFor(t *testing.T, spec, zone string) configs.Schedule {
	t.Helper()
	dir := t.TempDir()
	text := fmt.Sprintf(`okta: {org_url: https://acme.okta.com, app_id: 0oa1, auth: {api_token: file:token}}
walkme: {region: us, auth: {token: file:token}}
state: {path: state.db}
schedule: %q
time_zone: %s
`, spec, zone)
	for name, content := range map[string]string{"agent.yaml": text, "token": "t"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := configs.Load(filepath.Join(dir, "agent.yaml"), configs.Env{Getenv: os.Getenv})
	if err != nil {
		t.Fatal(err)
	}
	return cfg.Schedule
}

// elapsed lists each multiple of a span in 2026 of the zone, by the clock that nobody
// changes.
func elapsed(span time.Duration) func(*time.Location) []time.Time {
	return func(zone *time.Location) (ticks []time.Time) {
		end := time.Date(2027, 1, 1, 0, 0, 0, 0, zone)
		for at := time.Date(2026, 1, 1, 0, 0, 0, 0, zone); at.Before(end); at = at.Add(span) {
			ticks = append(ticks, at)
		}
		return ticks
	}
}

// halfPastTwo lists 02:30 of each day, the first one where it comes twice, and 03:00 of
// the day on which the clock goes from 2 to 3.
func halfPastTwo(zone *time.Location) (ticks []time.Time) {
	for day := 1; day <= 365; day++ {
		midnight := time.Date(2026, 1, day, 0, 0, 0, 0, zone)
		for at := midnight.Add(time.Hour); ; at = at.Add(30 * time.Minute) {
			if clock := at.Format("15:04"); clock == "02:30" || clock == "03:00" {
				ticks = append(ticks, at)
				break
			}
		}
	}
	return ticks
}

// year is a service that lives through 2026 on a machine that sleeps: whenever it
// waits, the clock is set to moments before the next run, as a machine finds it that
// wakes up.
type year struct {
	t       *testing.T
	zone    *time.Location
	service service.Loop
	ahead   time.Duration // of the bubble's clock
	due     time.Time
	running bool
	runs    []time.Time
}

func (y *year) now() time.Time { return time.Now().Add(y.ahead).In(y.zone) }

// live runs the service from New Year to New Year.
func (y *year) live() {
	y.t.Helper()
	begin, end := time.Date(2026, 1, 1, 0, 0, 0, 0, y.zone), time.Date(2027, 1, 1, 0, 0, 0, 0, y.zone)
	y.ahead = time.Until(begin.Add(-time.Second))
	ctx, stop := context.WithCancel(y.t.Context())
	defer stop()
	y.service.Now = y.now
	y.service.Idle = func(due time.Time) { y.due = due }
	y.service.Alive = func() {
		if left := y.due.Sub(y.now()); left > 10*time.Second {
			y.ahead += left - 5*time.Second
		}
		if !y.now().Before(end.Add(-30 * time.Second)) {
			stop()
		}
	}
	y.service.Run = func(context.Context, string) error {
		if y.running {
			y.t.Errorf("two runs at once at %v", y.now())
		}
		y.running = true
		y.runs = append(y.runs, y.now())
		time.Sleep(5 * time.Second)
		y.running = false
		return nil
	}
	started := y.now()
	if err := y.service.Serve(ctx, service.Past{Begun: started, Tried: started}); err != nil {
		y.t.Fatal(err)
	}
}

// TestScheduleForAYear: in both halves of the world, with both changes of the clock, no
// tick is lost and none is made twice, and each comes in time.
func TestScheduleForAYear(t *testing.T) {
	specs := []struct {
		spec   string
		jitter time.Duration
		ticks  func(*time.Location) []time.Time
	}{
		{"0 * * * *", 0, elapsed(time.Hour)},
		{"0 * * * *", 10 * time.Minute, elapsed(time.Hour)},
		{"*/15 * * * *", 0, elapsed(15 * time.Minute)},
		{"30 2 * * *", 0, halfPastTwo},
		{"30 2 * * *", 10 * time.Minute, halfPastTwo},
	}
	for _, zone := range []string{"Europe/Berlin", "Australia/Sydney"} {
		location, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range specs {
			t.Run(fmt.Sprint(zone, " ", tt.spec, " ", tt.jitter), func(t *testing.T) {
				schedule, want := scheduleFor(t, tt.spec, zone), tt.ticks(location)
				synctest.Test(t, func(t *testing.T) {
					y := &year{t: t, zone: location, service: service.Loop{Schedule: schedule, Jitter: tt.jitter}}
					y.live()
					y.compare(want, tt.jitter)
				})
			})
		}
	}
}

// compare holds the runs against the ticks.
func (y *year) compare(ticks []time.Time, jitter time.Duration) {
	y.t.Helper()
	if len(y.runs) != len(ticks) {
		y.t.Errorf("%d runs in the year, want %d", len(y.runs), len(ticks))
	}
	late := map[time.Duration]bool{}
	for i := range min(len(y.runs), len(ticks)) {
		by := y.runs[i].Sub(ticks[i])
		if by < 0 || by > max(0, jitter-1) {
			y.t.Fatalf("run %d at %v, want it at %v, at most %v later", i, y.runs[i], ticks[i], jitter)
		}
		late[by] = true
	}
	if jitter > 0 && len(late) < 300 {
		y.t.Errorf("%d different delays, want them at random", len(late))
	}
}

// TestSleepThroughTicks: what a machine has slept through is one run, at once, and the
// next tick comes as always; on the days of the clock changes, too.
func TestSleepThroughTicks(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	schedule := scheduleFor(t, "*/15 * * * *", "Europe/Berlin")
	for _, tt := range []struct{ asleep, awake string }{
		{"2026-03-29T01:20:00+01:00", "2026-03-29T03:40:00+02:00"}, // over the hour that is left out
		{"2026-10-25T02:20:00+02:00", "2026-10-25T02:20:00+01:00"}, // and over the one that comes twice
		{"2026-07-01T12:20:00+02:00", "2026-07-15T12:20:00+02:00"},
	} {
		t.Run(tt.asleep, func(t *testing.T) {
			asleep, err1 := time.Parse(time.RFC3339, tt.asleep)
			awake, err2 := time.Parse(time.RFC3339, tt.awake)
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				ahead, slept := time.Until(asleep.Add(-10*time.Minute)), false
				now := func() time.Time { return time.Now().Add(ahead).In(berlin) }
				ctx, stop := context.WithCancel(t.Context())
				var got []time.Time
				s := &service.Loop{
					Schedule: schedule, Now: now, Logger: slog.New(slog.NewTextHandler(&log, nil)),
					Alive: func() {
						if !slept && !now().Before(asleep) {
							ahead, slept = ahead+awake.Sub(asleep), true
						}
					},
				}
				s.Run = func(context.Context, string) error {
					if got = append(got, now()); len(got) == 3 {
						stop()
					}
					return nil
				}
				if err := s.Serve(ctx, service.Past{Begun: now(), Tried: now()}); err != nil {
					t.Fatal(err)
				}
				want := []time.Time{asleep.Add(-5 * time.Minute), awake, schedule.Next(awake)}
				for i := range got {
					if !got[i].Equal(want[i]) {
						t.Errorf("run %d at %v, want %v", i, got[i], want[i])
					}
				}
				if log.Len() > 0 {
					t.Errorf("the log says %s, want nothing: no run was too long", log.String())
				}
			})
		})
	}
}

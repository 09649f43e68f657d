package configs_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/configs"
)

// noon is a day without anything particular.
var noon = time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC)

func scheduled(t *testing.T, spec, zone string) *configs.Config {
	t.Helper()
	return parse(t, minimal+fmt.Sprintf("schedule: %q\ntime_zone: %s\n", spec, zone), configs.Env{})
}

// Times are those on the wall of the zone.
func TestScheduleNext(t *testing.T) {
	const layout = "2006-01-02 15:04:05 -0700"
	tests := []struct {
		name, spec, zone, from string
		want                   []string
	}{
		{"every quarter of an hour", "*/15 * * * *", "UTC", "2026-05-06 12:01:07 +0000",
			[]string{"2026-05-06 12:15:00 +0000", "2026-05-06 12:30:00 +0000"}},
		{"in the zone", "0 6 * * *", "America/New_York", "2026-05-06 12:00:00 +0000",
			[]string{"2026-05-07 06:00:00 -0400"}},
		{"by a word", "@hourly", "Asia/Kolkata", "2026-05-06 12:00:00 +0000",
			[]string{"2026-05-06 18:00:00 +0530"}},
		{"by a pause", "@every 90s", "Europe/Berlin", "2026-05-06 12:00:00 +0000",
			[]string{"2026-05-06 14:01:30 +0200", "2026-05-06 14:03:00 +0200"}},
		{"a skipped time comes right after the gap", "30 2 * * *", "Europe/Berlin", "2026-03-28 12:00:00 +0100",
			[]string{"2026-03-29 03:00:00 +0200", "2026-03-30 02:30:00 +0200"}},
		{"two skipped times come once", "0,30 2 * * *", "Europe/Berlin", "2026-03-28 12:00:00 +0100",
			[]string{"2026-03-29 03:00:00 +0200", "2026-03-30 02:00:00 +0200"}},
		{"a skipped midnight", "0 0 * * *", "America/Santiago", "2026-09-05 12:00:00 -0400",
			[]string{"2026-09-06 01:00:00 -0300", "2026-09-07 00:00:00 -0300"}},
		{"a gap of half an hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03 12:00:00 +1030",
			[]string{"2026-10-04 02:30:00 +1100", "2026-10-05 02:15:00 +1100"}},
		{"a time that comes twice runs once", "30 2 * * *", "Europe/Berlin", "2026-10-24 12:00:00 +0200",
			[]string{"2026-10-25 02:30:00 +0200", "2026-10-26 02:30:00 +0100"}},
		{"from within the second of two hours", "30 2 * * *", "Europe/Berlin", "2026-10-25 02:10:00 +0100",
			[]string{"2026-10-26 02:30:00 +0100"}},
		{"a repeated half hour", "45 1 * * *", "Australia/Lord_Howe", "2026-04-04 12:00:00 +1100",
			[]string{"2026-04-05 01:45:00 +1100", "2026-04-06 01:45:00 +1030"}},
		{"every hour goes on through the gap", "30 * * * *", "Europe/Berlin", "2026-03-29 00:45:00 +0100",
			[]string{"2026-03-29 01:30:00 +0100", "2026-03-29 03:30:00 +0200"}},
		{"every hour goes on through both hours", "30 * * * *", "Europe/Berlin", "2026-10-25 01:45:00 +0200",
			[]string{"2026-10-25 02:30:00 +0200", "2026-10-25 02:30:00 +0100", "2026-10-25 03:30:00 +0100"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := scheduled(t, tt.spec, tt.zone)
			at, err := time.Parse(layout, tt.from)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for range tt.want {
				at = c.Schedule.Next(at)
				got = append(got, at.Format(layout))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Next of %q in %s from %s = %s, want %s", tt.spec, tt.zone, tt.from, strings.Join(got, ", "), strings.Join(tt.want, ", "))
			}
		})
	}
}

// In a year with both clock changes a daily schedule runs once on each day, and
// one of four times an hour never pauses longer than a quarter of an hour.
func TestScheduleOverAYear(t *testing.T) {
	for _, zone := range []string{"UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Lord_Howe", "Africa/Casablanca", "Pacific/Apia"} {
		for _, spec := range []string{"0 0 * * *", "30 1 * * *", "30 2 * * *", "0 3 * * *", "*/15 * * * *"} {
			t.Run(zone+" "+spec, func(t *testing.T) {
				c := scheduled(t, spec, zone)
				location, _ := time.LoadLocation(zone)
				at := time.Date(2025, 12, 31, 23, 59, 59, 0, location)
				end := time.Date(2027, 1, 1, 0, 0, 0, 0, location)
				runs := map[string]int{}
				for {
					next := c.Schedule.Next(at)
					if !next.After(at) {
						t.Fatalf("Next(%v) = %v, want a later time", at, next)
					}
					if strings.HasPrefix(spec, "*") && next.Sub(at) > 15*time.Minute {
						t.Errorf("Next(%v) = %v, want within 15m", at, next)
					}
					if at = next; !at.Before(end) {
						break
					}
					runs[at.Format(time.DateOnly)]++
				}
				for day := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC); day.Year() == 2026; day = day.AddDate(0, 0, 1) {
					if n := runs[day.Format(time.DateOnly)]; n != 1 && !strings.HasPrefix(spec, "*") {
						t.Errorf("%d runs on %s, want 1", n, day.Format(time.DateOnly))
					}
				}
			})
		}
	}
}

func TestZeroScheduleIsNever(t *testing.T) {
	if got := (configs.Schedule{}).Next(noon); !got.IsZero() {
		t.Errorf("Next = %v, want the zero time", got)
	}
}

// A log in JSON names the schedule, too.
func TestScheduleInALog(t *testing.T) {
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("started", "schedule", scheduled(t, "*/15 * * * *", "UTC").Schedule)
	if want := `"schedule":"*/15 * * * *"`; !strings.Contains(b.String(), want) {
		t.Errorf("log = %s, want %s", &b, want)
	}
}

func TestParseSchedule(t *testing.T) {
	s, err := configs.ParseSchedule("@daily")
	if err != nil || s.String() != "@daily" || !s.Next(noon).Equal(time.Date(2026, 5, 7, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("ParseSchedule(@daily) = %v, %v, next %v", s, err, s.Next(noon))
	}
	for _, spec := range []string{"", "TZ=UTC", "CRON_TZ=", "* * * *", "@every", "60 * * * *", "*/0 * * * *", "@reboot", strings.Repeat("1,", 300)} {
		if _, err := configs.ParseSchedule(spec); err == nil {
			t.Errorf("ParseSchedule(%q) succeeded", spec)
		}
	}
}

func TestReadyMaxAge(t *testing.T) {
	tests := []struct {
		text string
		want time.Duration
	}{
		{"", 30 * time.Minute},
		{"jitter: 1m\n", 32 * time.Minute},
		{"jitter: 999999h\n", 60 * time.Minute},
		{"http: {max_age: 7m}\n", 7 * time.Minute},
		{"schedule: '@daily'\n", 48 * time.Hour},
		{"schedule: '*/30 8-17 * * MON-FRI'\n", 2 * (62*time.Hour + 30*time.Minute)},
		{"schedule: '@every 1s'\n", 2 * time.Second},
	}
	for _, tt := range tests {
		if got := parse(t, minimal+tt.text, configs.Env{}).ReadyMaxAge(noon); got != tt.want {
			t.Errorf("ReadyMaxAge with %q = %v, want %v", tt.text, got, tt.want)
		}
	}
}

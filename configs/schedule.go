package configs

import (
	"fmt"
	"log/slog"
	"strings"
	"time"
	_ "time/tzdata" // zone names work on hosts without the tz database

	"github.com/robfig/cron/v3"
)

// Schedule says when the service runs. Its zero value is never.
//
// It takes what robfig/cron's standard parser takes: five fields (minute, hour,
// day of month, month, day of week), @hourly and the like, and @every 30s, which
// counts from the moment that [Schedule.Next] is given.
//
// When clocks change, a schedule that names hours keeps to the clock on the
// wall: a time that the clock skips becomes the first moment after the gap, and
// of a time that comes twice only the first counts. A schedule that runs in every
// hour goes on by elapsed time, as cron(8) of Debian does.
type Schedule struct {
	spec   string
	parsed cron.Schedule
	zone   TimeZone
}

// ParseSchedule reads a schedule, to be kept in UTC.
func ParseSchedule(spec string) (Schedule, error) {
	var s Schedule
	if f := s.parseText(spec); f != nil {
		return Schedule{}, f
	}
	return s, nil
}

// String is the schedule as it was written.
func (s Schedule) String() string { return s.spec }

// LogValue is the text, in JSON, too.
func (s Schedule) LogValue() slog.Value { return slog.StringValue(s.spec) }

// parseText implements the reading from the file.
func (s *Schedule) parseText(text string) *fault {
	const hint = `write five fields as in "*/15 * * * *", or @hourly, @daily, @every 15m`
	if strings.Contains(text, "TZ=") {
		return &fault{quote(text) + " sets a time zone", "time_zone is the key for that"}
	}
	if len(text) > 256 {
		return &fault{"is too long for a schedule", hint}
	}
	parsed, err := cron.ParseStandard(text)
	if err != nil {
		return &fault{quote(text) + " is not a schedule: " + err.Error(), hint}
	}
	if after, ok := strings.CutPrefix(text, "@every "); ok {
		if d, err := time.ParseDuration(after); err == nil && d < time.Second {
			return &fault{quote(text) + " is too often", "@every 1s is the shortest"}
		}
	}
	if parsed.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return &fault{quote(text) + " never comes", "check the day against the month"}
	}
	*s = Schedule{spec: text, parsed: parsed}
	return nil
}

// Next returns the first time of the schedule after t, in the time zone of the
// configuration; the zero time when there is none.
func (s Schedule) Next(t time.Time) time.Time {
	if s.parsed == nil {
		return time.Time{}
	}
	t = t.In(s.zone.Location())
	if !s.namesHours() {
		return s.parsed.Next(t)
	}
	return s.nextOnWall(t)
}

// namesHours tells a schedule for certain hours from one for every hour.
func (s Schedule) namesHours() bool {
	const everyHour = 1<<24 - 1
	spec, ok := s.parsed.(*cron.SpecSchedule)
	return ok && spec.Hour&everyHour != everyHour
}

// nextOnWall looks for the next time in a calendar without clock changes, and
// then where that time is in the zone's. Wall times whose moment is not after t
// (the second half of an hour that comes twice) are passed over.
func (s Schedule) nextOnWall(t time.Time) time.Time {
	wall := onWall(t, time.UTC)
	for {
		if wall = s.parsed.Next(wall); wall.IsZero() {
			return time.Time{}
		}
		if at := firstMoment(wall, t.Location()); at.After(t) {
			return at
		}
	}
}

// onWall is the moment at which a clock in the zone shows what t's clock shows.
func onWall(t time.Time, zone *time.Location) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone)
}

// firstMoment is the first moment at which the zone's clock shows the wall time,
// or, where the clock skips that time, the moment of the skip.
func firstMoment(wall time.Time, zone *time.Location) time.Time {
	at := onWall(wall, zone)
	if onWall(at, time.UTC).Equal(wall) {
		// Of a time that comes twice, time.Date promises neither: look for the earlier.
		start, _ := at.ZoneBounds()
		if start.IsZero() {
			return at
		}
		_, before := start.Add(-time.Second).Zone()
		_, after := at.Zone()
		if earlier := at.Add(-time.Duration(before-after) * time.Second); before > after && earlier.Before(start) {
			return earlier
		}
		return at
	}
	// time.Date used the offset of one side of the gap, so that at is near it.
	if start, end := at.ZoneBounds(); !end.IsZero() && end.Sub(at) < at.Sub(start) {
		return end.In(zone)
	} else {
		return start.In(zone)
	}
}

// longestPause is the longest time between two runs in the span after t; at least
// one pause is looked at.
func (s Schedule) longestPause(t time.Time, span time.Duration) time.Duration {
	const most = 10_000 // runs looked at: a week of one a minute
	var longest time.Duration
	end := t.Add(span)
	for range most {
		from := s.Next(t)
		if from.IsZero() {
			return longest
		}
		longest = max(longest, from.Sub(t))
		if t = from; t.After(end) {
			return longest
		}
	}
	return longest
}

// TimeZone is a zone by its IANA name. Its zero value is UTC.
type TimeZone struct{ location *time.Location }

// Location is never nil.
func (z TimeZone) Location() *time.Location {
	if z.location == nil {
		return time.UTC
	}
	return z.location
}

// String is the zone's name, such as Europe/Berlin.
func (z TimeZone) String() string { return z.Location().String() }

func (z *TimeZone) parseText(text string) *fault {
	const hint = "write UTC or an IANA name such as Europe/Berlin"
	if text == "" {
		return &fault{"is empty", hint}
	}
	location, err := time.LoadLocation(text)
	if err != nil {
		return &fault{fmt.Sprintf("%s is not a time zone", quote(text)), hint}
	}
	if location == time.UTC {
		location = nil
	}
	z.location = location
	return nil
}

package service

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/state"
)

// Schedule tells when a run is due. robfig/cron's schedules satisfy it.
type Schedule interface {
	Next(after time.Time) time.Time
}

// Loop makes runs on a schedule, one at a time.
type Loop struct {
	Schedule Schedule
	Jitter   time.Duration    // each run starts up to this much later, so that many agents do not meet
	Now      func() time.Time // nil: time.Now
	Logger   *slog.Logger     // nil: silent

	// Run makes one run. Its error is logged; only a state that cannot be used
	// any more ends the service.
	Run func(ctx context.Context, trigger string) error

	// Slow, if set, is the least pause between the beginnings of two runs. It is
	// asked after each run, and again and again in a pause that it has made, which
	// ends when it says zero.
	Slow func() time.Duration

	// Idle, if set, hears before each wait when the next run is due.
	Idle func(next time.Time)

	// Alive, if set, is called at least every wakeInterval while the service
	// waits: the loop is not stuck.
	Alive func()

	// Wake, if set, asks for a run now; the value is its trigger. Such a run takes
	// the place of no tick, and waits for the end of a pause that Slow has made.
	Wake <-chan string
}

// Past is what an earlier process, or configuration, leaves to the service. The
// zero value is nothing.
type Past struct {
	Begun time.Time // when the latest scheduled run began that came to its end; zero: none, or it was cut off
	Tried time.Time // when the latest run of any kind began
}

// wakeInterval is how often a wait looks at the wall clock. Timers stand still
// while a machine sleeps, the wall clock does not.
const wakeInterval = 15 * time.Second

// startPause is the least pause between a run and the try of a service that starts
// in quarantine.
const startPause = time.Minute

// slot is when the next scheduled run is due.
type slot struct {
	tick time.Time // by the schedule; zero: never
	due  time.Time // the tick and its jitter
	free time.Time // no run of any kind begins before it; zero: the service has not slowed down
}

// Serve waits and runs until the context ends, which is no error. A tick that was
// missed since the latest run, while the service was down or the machine slept, is
// made up for by one run at once. So is a first start, and a past that lies in the
// future: the clock was wrong then.
func (l *Loop) Serve(ctx context.Context, past Past) error {
	next := l.first(past)
	for {
		trigger, ok := l.wait(ctx, &next)
		if !ok {
			return nil
		}
		started := l.now()
		if err := l.run(ctx, trigger); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		next = l.following(next, started, trigger)
	}
}

// first returns the slot that a service begins with. One that has slowed down tries
// once, because the person who starts it may have mended what failed; one that is started
// again and again tries no more than once a minute.
func (l *Loop) first(past Past) slot {
	now := l.now()
	if past.Tried.After(now) || past.Begun.After(now) {
		return slot{tick: now, due: now}
	}
	if l.slow() > 0 {
		at := past.Tried.Add(startPause)
		if at.Before(now) {
			at = now
		}
		return slot{tick: at, due: at, free: at}
	}
	if !past.Begun.IsZero() {
		if tick := l.Schedule.Next(past.Begun); tick.IsZero() || tick.After(now) {
			return l.at(tick)
		}
	}
	return slot{tick: now, due: now}
}

// following returns the slot after a run that took pending, or that a person asked
// for, and reports the ticks that it has slept through.
func (l *Loop) following(pending slot, started time.Time, trigger string) slot {
	now := l.now()
	wasBack := started.After(now) // the clock was set back during the run
	if wasBack {
		started = now
	}
	next := l.from(started)
	switch {
	case next.free.IsZero() && trigger != agent.TriggerSchedule && !wasBack:
		return slot{tick: pending.tick, due: pending.due}
	case next.tick.IsZero(), next.tick.After(now):
		return next
	}
	l.log().Warn("the run took longer than the schedule's interval; it starts again at the next tick",
		"took", now.Sub(started).Round(time.Second), "missed", next.tick)
	return l.from(now)
}

// from returns the first slot after a time, or after the pause that begins with it.
func (l *Loop) from(after time.Time) slot {
	pause := l.slow()
	if pause <= 0 {
		return l.at(l.Schedule.Next(after))
	}
	free := after.Add(pause)
	next := l.at(l.Schedule.Next(free.Add(-time.Second)))
	next.free = free
	return next
}

// at gives a tick its jitter, which never reaches the tick after it.
func (l *Loop) at(tick time.Time) slot {
	next := slot{tick: tick, due: tick}
	if l.Jitter <= 0 || tick.IsZero() {
		return next
	}
	jitter := l.Jitter
	if after := l.Schedule.Next(tick); !after.IsZero() {
		jitter = min(jitter, after.Sub(tick))
	}
	next.due = tick.Add(rand.N(jitter))
	return next
}

func (l *Loop) slow() time.Duration {
	if l.Slow == nil {
		return 0
	}
	return l.Slow()
}

func (l *Loop) run(ctx context.Context, trigger string) error {
	err := l.Run(ctx, trigger)
	switch {
	case err == nil:
		return nil
	case Fatal(err):
		return err
	case ctx.Err() != nil:
		return nil // told to stop: the run has recorded itself
	}
	l.log().Error("run failed", "err", err)
	return nil
}

// Fatal says whether an error means that no later run can do better: the state
// cannot be used, or not with this configuration. One of an older release can: the next
// command that writes migrates it, which is all that a dry run waits for.
func Fatal(err error) bool {
	var corrupt *state.CorruptError
	var foreign *state.NotOursError
	var schema *state.SchemaError
	var binding *agent.BindingError
	return errors.As(err, &binding) || errors.As(err, &corrupt) || errors.As(err, &foreign) ||
		errors.As(err, &schema) && schema.Have > schema.Want
}

// wait returns the trigger of the next run, or false when the context ended. It
// changes the slot when the clock was set back, because what is due may then be far
// away, and when the pause that the slot waits for has ended.
func (l *Loop) wait(ctx context.Context, next *slot) (string, bool) {
	l.idle(*next)
	seen := l.now()
	for {
		if l.Alive != nil {
			l.Alive()
		}
		now := l.now()
		if now.Before(seen.Add(-wakeInterval)) || next.free.After(now) && l.slow() <= 0 {
			*next = l.from(now)
			l.idle(*next)
		}
		seen = now
		left := wakeInterval
		if !next.due.IsZero() {
			left = min(left, next.due.Sub(now))
		}
		if left <= 0 && ctx.Err() == nil {
			return agent.TriggerSchedule, true
		}
		wake := l.Wake
		if next.free.After(now) {
			wake = nil
		}
		timer := time.NewTimer(left)
		select {
		case <-ctx.Done():
			timer.Stop()
			return "", false
		case trigger := <-wake:
			timer.Stop()
			return trigger, true
		case <-timer.C:
		}
	}
}

func (l *Loop) idle(next slot) {
	if l.Idle != nil {
		l.Idle(next.due)
	}
}

// now is the time on the wall clock. Without Round, times would be compared by
// the monotonic clock, which stands still while the machine sleeps.
func (l *Loop) now() time.Time {
	if l.Now == nil {
		return time.Now().Round(0)
	}
	return l.Now().Round(0)
}

func (l *Loop) log() *slog.Logger {
	if l.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l.Logger
}

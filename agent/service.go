package agent

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"okta-walkme-agent/state"
)

// Schedule tells when a run is due. robfig/cron's schedules satisfy it.
type Schedule interface {
	Next(after time.Time) time.Time
}

// Service makes runs on a schedule, one at a time.
type Service struct {
	Schedule Schedule
	Jitter   time.Duration    // each run starts up to this much later, so that many agents do not meet
	Now      func() time.Time // nil: time.Now
	Logger   *slog.Logger     // nil: silent

	// Run makes one run. Its error is logged; only a state that cannot be used
	// any more ends the service.
	Run func(ctx context.Context, trigger string) error

	// Slow, if set, is the least pause between the beginnings of two runs. It
	// is asked after each run.
	Slow func() time.Duration

	// Idle, if set, hears before each wait when the next run is due.
	Idle func(next time.Time)

	// Alive, if set, is called at least every wakeInterval while the service
	// waits: the loop is not stuck.
	Alive func()

	// Wake, if set, asks for a run now; the value is its trigger.
	Wake <-chan string
}

// wakeInterval is how often a wait looks at the wall clock. Timers stand still
// while a machine sleeps, the wall clock does not.
const wakeInterval = 15 * time.Second

// TriggerSchedule is the trigger of a scheduled run.
const TriggerSchedule = "schedule"

// Serve waits and runs until the context ends, which is no error. last is when
// the latest run of an earlier process began; a tick that was missed since, while
// the service was down or the machine slept, is made up for by one run at once. A
// zero last is one, too, and so is one in the future: the clock was wrong then.
func (s *Service) Serve(ctx context.Context, last time.Time) error {
	due := s.now()
	if !last.IsZero() && !last.After(due) {
		due = s.Schedule.Next(last.Add(s.slow()))
	}
	for {
		trigger, ok := s.wait(ctx, due)
		if !ok {
			return nil
		}
		started := s.now()
		if err := s.run(ctx, trigger); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		due = s.following(started)
	}
}

// following returns the first tick after the run, and reports the ticks that the
// run has slept through.
func (s *Service) following(started time.Time) time.Time {
	now := s.now()
	if started.After(now) {
		started = now // the clock was set back during the run
	}
	if earliest := started.Add(s.slow()); earliest.After(now) {
		return s.Schedule.Next(earliest.Add(-time.Second))
	}
	next := s.Schedule.Next(started)
	if next.After(now) || next.IsZero() {
		return next
	}
	s.log().Warn("the run took longer than the schedule's interval; it starts again at the next tick",
		"took", now.Sub(started).Round(time.Second), "missed", next)
	return s.Schedule.Next(now)
}

func (s *Service) slow() time.Duration {
	if s.Slow == nil {
		return 0
	}
	return s.Slow()
}

func (s *Service) run(ctx context.Context, trigger string) error {
	err := s.Run(ctx, trigger)
	switch {
	case err == nil:
		return nil
	case Fatal(err):
		return err
	case ctx.Err() != nil:
		return nil // told to stop: the run has recorded itself
	}
	s.log().Error("run failed", "err", err)
	return nil
}

// Fatal says whether an error means that no later run can do better: the state
// cannot be used.
func Fatal(err error) bool {
	var corrupt *state.CorruptError
	var foreign *state.NotOursError
	var schema *state.SchemaError
	return errors.As(err, &corrupt) || errors.As(err, &foreign) || errors.As(err, &schema)
}

// wait returns the trigger of the next run, or false when the context ended. A
// due of zero never comes. When the clock is set back, due may be far away by the
// new one, and the schedule is asked again.
func (s *Service) wait(ctx context.Context, due time.Time) (string, bool) {
	if s.Jitter > 0 && due.After(s.now()) {
		due = due.Add(rand.N(s.Jitter))
	}
	if s.Idle != nil {
		s.Idle(due)
	}
	seen := s.now()
	for {
		if s.Alive != nil {
			s.Alive()
		}
		now := s.now()
		if now.Before(seen.Add(-wakeInterval)) {
			due = s.Schedule.Next(now)
		}
		seen = now
		left := wakeInterval
		if !due.IsZero() {
			left = min(left, due.Sub(now))
		}
		if left <= 0 && ctx.Err() == nil {
			return TriggerSchedule, true
		}
		timer := time.NewTimer(left)
		select {
		case <-ctx.Done():
			timer.Stop()
			return "", false
		case trigger := <-s.Wake:
			timer.Stop()
			return trigger, true
		case <-timer.C:
		}
	}
}

// now is the time on the wall clock. Without Round, times would be compared by
// the monotonic clock, which stands still while the machine sleeps.
func (s *Service) now() time.Time {
	if s.Now == nil {
		return time.Now().Round(0)
	}
	return s.Now().Round(0)
}

func (s *Service) log() *slog.Logger {
	if s.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Logger
}

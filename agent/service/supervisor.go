package service

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	systemd "github.com/coreos/go-systemd/v22/daemon"
)

// supervisor tells systemd how the service is (sd_notify(3)). Where nothing
// listens, because the program was not started by systemd, all of it does
// nothing.
type supervisor struct {
	once    sync.Once
	started func() // ends the asking for more time
}

func (*supervisor) send(state string) {
	_, _ = systemd.SdNotify(false, state) // there is no other place to tell it
}

// A start may take long when the state is migrated. systemd waits as long as it
// is asked to, again and again, up to startPatience.
const (
	startBeat     = 5 * time.Second
	startExtent   = 30 * time.Second
	startPatience = time.Hour
)

// starting asks for more time until the service is ready.
func (s *supervisor) starting(ctx context.Context) {
	ctx, s.started = context.WithTimeout(ctx, startPatience)
	go func() {
		tick := time.NewTicker(startBeat)
		defer tick.Stop()
		for {
			s.send(fmt.Sprintf("EXTEND_TIMEOUT_USEC=%d", startExtent.Microseconds()))
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}()
}

// ready says once that the service is up.
func (s *supervisor) ready() {
	s.once.Do(func() {
		s.started()
		s.send(systemd.SdNotifyReady)
	})
}

func (s *supervisor) status(format string, args ...any) {
	s.send("STATUS=" + fmt.Sprintf(format, args...))
}

// reloading brackets a reload. systemd 253 and newer want the time, so that they
// can tell the answer to this reload from one to an earlier one.
func (s *supervisor) reloading() (reloaded func()) {
	s.send(systemd.SdNotifyReloading + "\n" + systemd.SdNotifyMonotonicUsec())
	return func() { s.send(systemd.SdNotifyReady) }
}

func (s *supervisor) stopping() {
	s.send(systemd.SdNotifyStopping + "\nSTATUS=finishing what is under way")
}

// watch pings systemd's watchdog as long as the pulse beats. A process that hangs
// does not ping, and one whose loop is stuck must not.
func (s *supervisor) watch(ctx context.Context, p *pulse, log *slog.Logger) {
	interval, err := systemd.SdWatchdogEnabled(false)
	if err != nil || interval <= 0 {
		return
	}
	tick := time.NewTicker(interval / 3)
	defer tick.Stop()
	silent := false
	for {
		still, ok := p.beats(time.Now())
		switch {
		case ok:
			s.send(systemd.SdNotifyWatchdog)
		case !silent:
			log.Error("no progress; the watchdog is going to restart the service", "since", still.Round(time.Second))
		}
		silent = !ok
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

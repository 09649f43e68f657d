package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

const (

	// watchedPeople is how many people a run looks at one by one. For more of
	// them the whole list is cheaper.
	watchedPeople = 40

	// longestWatchPause bounds the pauses after polls, and runs, that fail.
	longestWatchPause = time.Hour
)

// watcher polls Okta's System Log between the scheduled runs and asks for a run
// when it names a person. The log is a hint: the scheduled run stays the truth.
type watcher struct {
	okta     *okta.Client
	interval time.Duration
	log      *slog.Logger
	wake     chan string

	mu     sync.Mutex
	cursor string // of the last poll whose events were dealt with, or are in named
	named  okta.Events
	failed int       // runs in a row
	quiet  time.Time // no run is asked for before it
}

// watch polls until the context ends, or Okta says that the credentials may not
// read the log: then it says so once and leaves it to the schedule.
func (w *watcher) watch(ctx context.Context) {
	for failed := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-time.After(w.pause(failed)):
		}
		err := w.poll(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			failed = 0
		case errors.Is(err, okta.ErrForbidden):
			w.log.Warn("watch is off: the credentials may not read Okta's log; grant okta.logs.read, or remove watch.interval", "err", err)
			return
		default:
			failed++
			w.log.Warn("Okta's log cannot be read now", "err", err, "again_in", w.pause(failed))
		}
	}
}

// pause is the interval, doubled with each failure in a row.
func (w *watcher) pause(failed int) time.Duration {
	return plan.Backoff(failed+1, w.interval, max(w.interval, longestWatchPause))
}

func (w *watcher) poll(ctx context.Context) error {
	w.mu.Lock()
	cursor := w.cursor
	w.mu.Unlock()
	events, err := w.okta.Events(ctx, cursor, time.Time{})
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cursor = events.Next
	w.name(events)
	if namesNothing(w.named) || time.Now().Before(w.quiet) {
		return nil
	}
	select {
	case w.wake <- agent.TriggerWatch:
	default: // a run is asked for already
	}
	return nil
}

func (w *watcher) name(events okta.Events) {
	w.named.UserIDs = append(w.named.UserIDs, events.UserIDs...)
	w.named.GroupIDs = append(w.named.GroupIDs, events.GroupIDs...)
	w.named.App = w.named.App || events.App
}

func namesNothing(e okta.Events) bool { return !e.App && len(e.UserIDs)+len(e.GroupIDs) == 0 }

// take returns what the log has named since the last time.
func (w *watcher) take() (events okta.Events, cursor string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	events, w.named = w.named, okta.Events{}
	return events, w.cursor
}

// ended hears how a run went that dealt with what take returned. What a failed one has
// not dealt with is for the next, after a pause.
func (w *watcher) ended(events okta.Events, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		w.failed, w.quiet = 0, time.Time{}
		return
	}
	w.failed++
	w.quiet = time.Now().Add(w.pause(w.failed))
	w.name(events)
}

// startWatch starts the watcher where the configuration wants one, and lets it
// wake the loop.
func (d *daemon) startWatch(ctx context.Context, wait *sync.WaitGroup, loop *Loop) error {
	d.watcher = nil
	if d.setup.Follow == nil {
		return nil
	}
	d.watcher = &watcher{okta: d.setup.Follow, interval: d.setup.Config.Watch, log: d.log, wake: make(chan string, 1)}
	err := d.read(ctx, func(db *state.DB) (err error) {
		d.watcher.cursor, err = agent.LogCursor.Load(ctx, db)
		return err
	})
	if err != nil {
		return err
	}
	loop.Wake = d.watcher.wake
	wait.Go(func() { d.watcher.watch(ctx) })
	return nil
}

// sync makes a run: of the people that Okta's log names when it asked for the run and
// they are few, else of everything. Both deal with what the log has named so far.
func (d *daemon) sync(ctx context.Context, db *state.DB, opts agent.Options) (r *agent.Report, err error) {
	if d.watcher == nil {
		return d.setup.Agent.Sync(ctx, opts)
	}
	events, cursor := d.watcher.take()
	switch {
	case opts.Trigger != agent.TriggerWatch, events.App, len(events.GroupIDs) > 0, len(events.UserIDs) > watchedPeople:
		r, err = d.setup.Agent.Sync(ctx, opts)
	default:
		r, err = d.setup.Agent.SyncPeople(ctx, events.UserIDs, opts)
	}
	d.watcher.ended(events, err)
	if err != nil && opts.Trigger == agent.TriggerWatch {
		return r, fmt.Errorf("run for Okta's log: %w", err)
	}
	if err != nil {
		return r, err
	}
	return r, agent.LogCursor.Save(context.WithoutCancel(ctx), db, cursor)
}

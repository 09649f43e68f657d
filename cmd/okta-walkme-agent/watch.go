package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

const (
	// triggerWatch is the trigger of a run that Okta's log asked for.
	triggerWatch = "watch"

	// metaLogCursor is where the next poll of the log goes on.
	metaLogCursor = "log_cursor"

	// watchedPeople is how many people a run looks at one by one. For more of
	// them the whole list is cheaper.
	watchedPeople = 40
)

// watcher polls Okta's System Log between the scheduled runs and asks for a run
// when it names somebody. The log is a hint: the scheduled run stays the truth.
type watcher struct {
	okta     *okta.Client
	interval time.Duration
	log      *slog.Logger
	wake     chan string

	mu     sync.Mutex
	cursor string // of the last poll whose events were dealt with, or are in named
	named  okta.Events
}

// watch polls until the context ends, or Okta says that the credentials may not
// read the log: then it says so once and leaves it to the schedule.
func (w *watcher) watch(ctx context.Context) {
	tick := time.NewTicker(w.interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		err := w.poll(ctx)
		switch {
		case err == nil, ctx.Err() != nil:
		case errors.Is(err, okta.ErrForbidden):
			w.log.Warn("watch is off: the credentials may not read Okta's log; grant okta.logs.read, or remove watch.interval", "err", err)
			return
		default:
			w.log.Warn("Okta's log cannot be read now", "err", err)
		}
	}
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
	w.cursor = events.Next
	w.named.UserIDs = append(w.named.UserIDs, events.UserIDs...)
	w.named.GroupIDs = append(w.named.GroupIDs, events.GroupIDs...)
	w.named.App = w.named.App || events.App
	something := w.named.App || len(w.named.UserIDs)+len(w.named.GroupIDs) > 0
	w.mu.Unlock()
	if something {
		select {
		case w.wake <- triggerWatch:
		default: // a run is asked for already
		}
	}
	return nil
}

// take returns what the log has named since the last time.
func (w *watcher) take() (events okta.Events, cursor string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	events, w.named = w.named, okta.Events{}
	return events, w.cursor
}

// giveBack keeps what a failed run has not dealt with.
func (w *watcher) giveBack(events okta.Events) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.named.UserIDs = append(w.named.UserIDs, events.UserIDs...)
	w.named.GroupIDs = append(w.named.GroupIDs, events.GroupIDs...)
	w.named.App = w.named.App || events.App
}

// startWatch starts the watcher where the configuration wants one, and lets it
// wake the loop.
func (d *service) startWatch(ctx context.Context, wait *sync.WaitGroup, loop *agent.Service) error {
	cfg := d.session.config
	d.watcher = nil
	if cfg.Watch.Interval <= 0 || cfg.DryRun {
		return nil
	}
	d.watcher = &watcher{okta: d.session.agent.Okta, interval: cfg.Watch.Interval, log: d.log, wake: make(chan string, 1)}
	err := d.read(ctx, func(db *state.DB) (err error) {
		if db != nil {
			d.watcher.cursor, err = db.Meta(ctx, metaLogCursor)
		}
		return err
	})
	if err != nil {
		return err
	}
	loop.Wake = d.watcher.wake
	wait.Go(func() { d.watcher.watch(ctx) })
	return nil
}

// watched makes the run that the log has asked for: of the people that it names
// when they are few, of everything when groups or the app are concerned.
func (d *service) watched(ctx context.Context, db *state.DB) (r *agent.Report, err error) {
	events, cursor := d.watcher.take()
	opts := agent.Options{Trigger: triggerWatch, Patient: true}
	if events.App || len(events.GroupIDs) > 0 || len(events.UserIDs) > watchedPeople {
		r, err = d.session.agent.Sync(ctx, opts)
	} else {
		r, err = d.session.agent.SyncPeople(ctx, events.UserIDs, opts)
	}
	if err != nil {
		d.watcher.giveBack(events)
		return r, fmt.Errorf("run for Okta's log: %w", err)
	}
	return r, db.SetMeta(ctx, metaLogCursor, cursor)
}

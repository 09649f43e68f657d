package walkme

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// admission lets requests onto the wire: not while WalkMe has asked for a pause,
// not faster than the rate, not more at once than the slots. A request holds its
// slot until the last byte of its answer is read; waiting holds none. The
// time-out is of one attempt and covers no waiting.
type admission struct {
	base    http.RoundTripper
	slots   chan struct{}
	rate    *rate.Limiter // nil: no limit
	pause   *pause
	timeout time.Duration
	secrets []string // kept out of errors
}

// RoundTrip implements http.RoundTripper. The body of its answer is in memory.
func (a *admission) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := a.enter(req.Context()); err != nil {
		return nil, &NotSentError{err}
	}
	defer a.leave()
	ctx, cancel := context.WithTimeout(req.Context(), a.timeout)
	defer cancel()
	resp, err := a.base.RoundTrip(req.WithContext(ctx))
	if err == nil {
		err = readIntoMemory(req, resp)
	}
	if err != nil && ctx.Err() != nil && req.Context().Err() == nil {
		return nil, &timeoutError{a.timeout}
	}
	if err != nil {
		return nil, concealError(err, a.secrets)
	}
	if resp.StatusCode == http.StatusTooManyRequests { // before the slot is free for another request
		a.pause.extend(time.Now().Add(askedPause(resp.Header)))
	}
	resp.Request = req
	return resp, nil
}

// enter waits for its turn. The pause is looked at again after the slot is
// taken, because it may have begun meanwhile.
func (a *admission) enter(ctx context.Context) error {
	for {
		if err := a.pause.wait(ctx); err != nil {
			return fmt.Errorf("wait for WalkMe: %w", err)
		}
		if a.rate != nil {
			if err := a.rate.Wait(ctx); err != nil {
				return fmt.Errorf("wait for the rate limit: %w", err)
			}
		}
		select {
		case a.slots <- struct{}{}:
		case <-ctx.Done():
			return fmt.Errorf("wait for a free connection: %w", context.Cause(ctx))
		}
		if !a.pause.active() {
			return nil
		}
		a.leave()
	}
}

func (a *admission) leave() { <-a.slots }

// timeoutError says that one attempt took too long.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("no answer within %s", e.after) }
func (e *timeoutError) Timeout() bool { return true }
func (e *timeoutError) Is(target error) bool {
	return target == context.DeadlineExceeded
}

// pause is the time until which no request of the client may leave. The zero
// value is no pause.
type pause struct {
	told func(Wait) // nil, or hears when the pause begins and when it is extended

	mu           sync.Mutex
	since, until time.Time
}

// extend makes the pause last at least until t.
func (p *pause) extend(t time.Time) {
	if w, longer := p.extended(t); longer && p.told != nil {
		p.told(w)
	}
}

func (p *pause) extended(t time.Time) (w Wait, longer bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !t.After(p.until) {
		return w, false
	}
	if now := time.Now(); now.After(p.until) {
		p.since = now
	}
	p.until = t
	return Wait{p.since, p.until}, true
}

func (p *pause) left() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Until(p.until)
}

func (p *pause) active() bool { return p.left() > 0 }

// stopKey is that of Hurry in a context.
type stopKey struct{}

// Hurry returns a context whose requests sit out no pause of WalkMe's any more once stop
// is done: nothing is under way then. A request that has left is answered all the same.
func Hurry(ctx, stop context.Context) context.Context {
	return context.WithValue(ctx, stopKey{}, stop)
}

// wait returns when the pause is over, including what it was extended by
// meanwhile.
func (p *pause) wait(ctx context.Context) error {
	stop, hurried := ctx.Value(stopKey{}).(context.Context)
	if !hurried {
		stop = ctx
	}
	for {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		left := p.left()
		switch {
		case left <= 0:
			return nil
		case stop.Err() != nil:
			return context.Cause(stop)
		}
		timer := time.NewTimer(left)
		select {
		case <-timer.C:
		case <-stop.Done():
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

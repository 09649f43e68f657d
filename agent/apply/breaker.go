package apply

import (
	"context"
	"errors"
	"fmt"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// maxInARow is how many changes of one action in a row may get no usable answer, or
// 403, before the action is given up, and the run looks whether WalkMe is there.
const maxInARow = 24

// StoppedError ends a run in the middle: to go on would only fail again.
type StoppedError struct {
	Why string
	Err error
}

func (e *StoppedError) Error() string { return e.Why + ": " + e.Err.Error() }
func (e *StoppedError) Unwrap() error { return e.Err }

// breaker ends a run, or an action, in which to go on would only fail again. It is guarded by runner.mu.
type breaker struct {
	stopped error                  // why no further change may begin
	inARow  map[plan.Action]int    // changes without a usable answer, or with 403
	givenUp map[plan.Action]string // why no further change of the action may begin
	allowed bool                   // WalkMe has confirmed the credentials after a 403
}

func newBreaker() breaker {
	return breaker{inARow: map[plan.Action]int{}, givenUp: map[plan.Action]string{}}
}

func (r *runner) stopReason(action plan.Action) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.stopped != nil:
		return "not tried: " + r.stopped.Error()
	case r.turns.ended.Err() != nil:
		return "the run was told to stop before its turn"
	}
	return r.givenUp[action]
}

// whyNotSent is why nothing was sent, or nothing more, of a change that was begun.
func (r *runner) whyNotSent(c *job) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case c.partSent && r.stopped != nil:
		return "interrupted before the rest was sent: " + r.stopped.Error()
	case c.partSent:
		return "interrupted before the rest was sent"
	case r.stopped != nil:
		return "not tried: " + r.stopped.Error()
	case r.turns.ended.Err() == nil && c.turn != nil && r.givenUp[c.turn.action] != "":
		return r.givenUp[c.turn.action]
	}
	return "interrupted before anything was sent"
}

// judge decides whether an outcome ends the run: refused credentials, a state
// that cannot be written, 429 again and again, a WalkMe that is not there, or another tenant.
func (r *runner) judge(ctx context.Context, action plan.Action, err error) {
	var lost *stateError
	switch {
	case err == nil:
		r.answered(action)
	case errors.Is(err, ErrAnotherTenant):
		r.stop("nothing more is sent", err)
	case errors.As(err, &lost):
		r.stop("the state cannot be written", err)
	case errors.Is(err, scim.ErrUnauthorized):
		r.stop("WalkMe refuses the credentials", err)
	case errors.Is(err, scim.ErrForbidden):
		r.forbidden(ctx, action, err)
	case errors.Is(err, walkme.ErrRateLimited):
		r.stop("WalkMe keeps answering 429", err)
	case effectOf(err) == walkme.Refused:
		r.answered(action)
	default:
		r.fruitless(ctx, action, "WalkMe gave no usable answer", err)
	}
}

func (r *runner) answered(action plan.Action) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inARow[action] = 0
}

// forbidden tells credentials that lack the right from one object that WalkMe
// keeps for itself, which is no reason to leave the others.
func (r *runner) forbidden(ctx context.Context, action plan.Action, err error) {
	r.mu.Lock()
	known := r.allowed || r.stopped != nil
	r.mu.Unlock()
	if !known && r.a.WalkMe.TestCredentials(ctx, false) != nil {
		r.stop("WalkMe refuses the credentials", err)
		return
	}
	r.mu.Lock()
	r.allowed = true
	r.mu.Unlock()
	r.fruitless(ctx, action, "WalkMe answered 403", err)
}

// fruitless counts a change that came to nothing. After many in a row the run ends
// when WalkMe answers nothing else either; when it does, other actions go on.
func (r *runner) fruitless(ctx context.Context, action plan.Action, why string, err error) {
	r.mu.Lock()
	r.inARow[action]++
	n := r.inARow[action]
	r.mu.Unlock()
	if n != maxInARow { // one look, by the change that was the last straw
		return
	}
	why = fmt.Sprintf("%s %d times in a row", why, n)
	if r.a.WalkMe.TestCredentials(ctx, false) != nil {
		r.stop(why, err)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.givenUp[action] = "not tried: " + why + ": " + err.Error()
}

// stop ends the run; the first reason stays.
func (r *runner) stop(why string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped == nil {
		r.stopped = &StoppedError{why, err}
	}
	r.turns.end()
}

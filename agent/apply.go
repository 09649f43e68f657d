package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

const (
	// finishGrace is how long a change that is under way may still take after
	// the run was told to stop. What takes longer stays pending in the journal,
	// and the next run settles it.
	finishGrace = 30 * time.Second

	// maxUnanswered is how many changes in a row may get no answer before the
	// run takes WalkMe for unreachable.
	maxUnanswered = 24
)

// StoppedError ends a run in the middle: to go on would only fail again.
type StoppedError struct {
	Why string
	Err error
}

func (e *StoppedError) Error() string { return e.Why + ": " + e.Err.Error() }
func (e *StoppedError) Unwrap() error { return e.Err }

// runner carries out the changes of one plan.
type runner struct {
	a      *Agent
	report *Report

	*registry

	mu         sync.Mutex
	renamed    map[string]bool // groups whose name was sent in this run
	stopped    error           // why no further change may begin
	unanswered int             // changes in a row without an answer
	done       int

	// regroup is held while groups are recorded anew because an account passes
	// on, or comes back; never while a request is under way.
	regroup sync.Mutex
}

// apply carries out the plan in its order. Changes of one phase run side by
// side, the changes of one group one after the other.
func (a *Agent) apply(ctx context.Context, report *Report, v *view) error {
	r := &runner{a: a, report: report, registry: newRegistry(v.recorded), renamed: map[string]bool{}}
	for _, unit := range units(report.Changes) {
		r.each(ctx, unit)
	}
	if r.stopped == nil && ctx.Err() != nil {
		r.stopped = &StoppedError{"the run was told to stop", context.Cause(ctx)}
	}
	return r.stopped
}

// units cuts the changes, which are in order, into phases of sequences. The
// sequences of one phase may run side by side.
func units(changes []*Change) [][][]*Change {
	const userPhases, groupPhase, deletePhase, phases = 4, 4, 5, 6
	out := make([][][]*Change, phases)
	groups := map[string]int{}
	for _, c := range changes {
		switch p := c.phase(); {
		case p < userPhases:
			out[p] = append(out[p], []*Change{c})
		case p == 6:
			out[deletePhase] = append(out[deletePhase], []*Change{c})
		default:
			i, ok := groups[c.OktaID]
			if !ok {
				i = len(out[groupPhase])
				groups[c.OktaID] = i
				out[groupPhase] = append(out[groupPhase], nil)
			}
			out[groupPhase][i] = append(out[groupPhase][i], c)
		}
	}
	return out
}

func (r *runner) each(ctx context.Context, sequences [][]*Change) {
	var g errgroup.Group
	g.SetLimit(r.a.workers())
	for _, sequence := range sequences {
		g.Go(func() error {
			for _, c := range sequence {
				r.one(ctx, c)
			}
			return nil
		})
	}
	_ = g.Wait() // the outcomes are in the changes
}

// one carries out one change and notes its outcome.
func (r *runner) one(ctx context.Context, c *Change) {
	switch {
	case c.Held:
		c.Outcome = Held
		r.ended(c)
		return
	case c.Blocked():
		c.Outcome = Skipped
		r.ended(c)
		return
	case r.stopReason(ctx) != "":
		c.Outcome, c.Error = Skipped, r.stopReason(ctx)
		r.ended(c)
		return
	}
	work, release := finishing(ctx)
	defer release()
	err := r.perform(work, c)
	switch {
	case err == nil:
		c.Outcome, c.Error = Applied, ""
	case errors.Is(err, errNobodyYet):
		c.Outcome, c.Error = Skipped, err.Error()
		r.ended(c)
		return
	default:
		c.Outcome, c.Error, c.failure = Failed, err.Error(), err
		var answer *scim.Error
		if errors.As(err, &answer) {
			c.HTTPStatus = answer.Status
		}
		if !c.journalled {
			r.journalFailure(work, c, err)
		}
	}
	r.judge(err)
	r.ended(c)
}

// finishing returns a context that outlives ctx by finishGrace: a request that
// has left is better answered than forgotten.
func finishing(ctx context.Context) (context.Context, func()) {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var timer *time.Timer
	var mu sync.Mutex
	stop := context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		timer = time.AfterFunc(finishGrace, cancel)
	})
	return work, func() {
		stop()
		cancel()
		mu.Lock()
		defer mu.Unlock()
		if timer != nil {
			timer.Stop()
		}
	}
}

func (r *runner) stopReason(ctx context.Context) string {
	if ctx.Err() != nil {
		return "the run was told to stop before its turn"
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stopped != nil {
		return "not tried: " + r.stopped.Error()
	}
	return ""
}

// judge decides whether an outcome ends the run: refused credentials, a state
// that cannot be written, exhausted patience with 429, or silence.
func (r *runner) judge(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var lost *stateError
	switch {
	case err == nil:
		r.unanswered = 0
	case errors.As(err, &lost):
		r.stop("the state cannot be written", err)
	case errors.Is(err, scim.ErrUnauthorized), errors.Is(err, scim.ErrForbidden):
		r.stop("WalkMe refuses the credentials", err)
	case errors.Is(err, walkme.ErrRateLimited):
		r.stop("WalkMe keeps answering 429", err)
	case effectOf(err) == walkme.Refused:
		r.unanswered = 0
	default:
		if r.unanswered++; r.unanswered >= maxUnanswered {
			r.stop(fmt.Sprintf("WalkMe gave no usable answer %d times in a row", r.unanswered), err)
		}
	}
}

func (r *runner) stop(why string, err error) {
	if r.stopped == nil {
		r.stopped = &StoppedError{why, err}
	}
}

func (r *runner) ended(c *Change) {
	r.mu.Lock()
	r.done++
	done := r.done
	r.mu.Unlock()
	attrs := []any{"run", r.report.Run.ID, "action", c.Action, "okta_id", c.OktaID, "walkme_id", c.WalkMeID, "cause", c.Cause}
	switch c.Outcome {
	case Applied:
		r.a.log().Info("applied", attrs...)
	case Failed:
		r.a.log().Warn("failed", append(attrs, "err", c.Error)...)
	default:
		r.a.log().Debug("not sent", append(attrs, "outcome", c.Outcome)...)
	}
	if r.a.Progress != nil {
		r.a.Progress(done, len(r.report.Changes), c)
	}
}

// perform sends what the change needs. It may turn a create into a link.
func (r *runner) perform(ctx context.Context, c *Change) error {
	switch c.Action {
	case Create, Link:
		return r.createUser(ctx, c)
	case Update:
		return r.updateUser(ctx, c)
	case Deactivate:
		return r.deactivateUser(ctx, c)
	case Reactivate:
		return r.reactivateUser(ctx, c)
	case GroupCreate, GroupLink:
		return r.createGroup(ctx, c)
	case GroupRename:
		return r.renameGroup(ctx, c)
	case GroupMembers:
		return r.updateMembers(ctx, c)
	case GroupDelete:
		return r.deleteGroup(ctx, c)
	case GroupUnlink:
		return r.unlinkGroup(ctx, c)
	}
	return fmt.Errorf("unknown action %q", c.Action)
}

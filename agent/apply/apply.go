package apply

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// Applier makes in WalkMe what a plan says, one change at a time.
type Applier struct {
	WalkMe        *walkme.Client
	State         *state.DB
	Policy        plan.Policy
	MappingDigest string           // of the mapping that made the plan's values
	Workers       int              // changes that talk to WalkMe at once
	Logger        *slog.Logger     // required
	Now           func() time.Time // required
	// SameTenant asks whether WalkMe is still the tenant of the state: ErrAnotherTenant says
	// that it is not, any other error that this is not known. It is asked at most once,
	// before anything is taken for gone. Required.
	SameTenant func(context.Context) error
	// Progress, if set, hears of each change that ended, from many goroutines.
	Progress func(done, total int, c *plan.Change)
	// Stopping, if set, hears how many changes are under way when a run is told to stop.
	Stopping func(underWay int)

	tenant tenant
}

// Work is what one run has to carry out.
type Work struct {
	RunID    string
	Plan     *plan.Plan       // the outcomes are noted in its changes
	Recorded []state.Record   // taken over; the caller must not change them any more
	Lists    plan.MemberLists // of those that are Unread
	InStep   *plan.InStep     // people whose records are in the state, and not in Recorded
	Settled  []Settlement     // objects of those that are open are left alone

	// Everybody says that the run is about all people: a first sync, a resync of all.
	Everybody bool

	// Shown is what WalkMe has shown so far; what it shows in this run is added. Required.
	Shown *plan.Shown
}

// Failures are the errors of changes that failed, for a caller who tells causes apart.
type Failures map[*plan.Change]error

// runner carries out the changes of one plan.
type runner struct {
	a     *Applier
	runID string
	plan  *plan.Plan
	jobs  []*job // of the changes in memory; the same all through the run
	kept  []*job // of those that came back into memory

	*owners

	accounts func() *walkme.Accounts // read once, when the first change needs it

	mu      sync.Mutex
	renamed map[string]bool // groups whose name was sent in this run
	shown   *plan.Shown
	breaker
	turns    turns
	done     int
	underWay int
}

// Apply carries out the plan in its order. Changes of one phase run side by side, the
// changes of one group one after the other. The error is a *StoppedError.
func (a *Applier) Apply(ctx context.Context, w Work) (Failures, error) {
	r := &runner{
		a: a, runID: w.RunID, plan: w.Plan, jobs: jobsOf(w.Plan.Changes), owners: newOwners(w.Recorded, a.inState(ctx, w.InStep)),
		renamed: map[string]bool{}, shown: w.Shown, breaker: newBreaker(), turns: newTurns(ctx, a.Workers),
	}
	defer r.turns.end()
	r.leaveLists(w.Lists)
	if err := r.loadMembers(); err != nil {
		return nil, &StoppedError{"the state cannot be read", err}
	}
	r.accounts = sync.OnceValue(func() *walkme.Accounts {
		return a.WalkMe.Accounts(ctx, walkme.Wanted{UserNames: r.lookedUp(), Everybody: w.Everybody})
	})
	defer context.AfterFunc(ctx, r.sayStopping)()
	work, release := finishing(ctx)
	defer release()
	for _, s := range w.Settled {
		if s.Open() {
			r.reserve(s.Type, s.OktaID, s.target)
		}
	}
	for phase, unit := range units(r.leastFailedFirst(r.jobs)) {
		r.each(work, r.inOrder(plan.Phase(phase), unit))
	}
	r.jobs = append(r.jobs, r.kept...)
	if err := r.plan.EndRun(r.shown); err != nil {
		r.stop("what became of the changes cannot be stored", err)
	}
	if r.stopped == nil && ctx.Err() != nil {
		r.stopped = &StoppedError{"the run was told to stop", context.Cause(ctx)}
	}
	r.sayNotShown()
	failures := Failures{}
	for _, j := range r.jobs {
		if j.failure != nil {
			failures[j.Change] = j.failure
		}
	}
	return failures, r.stopped
}

// leaveLists leaves members in the state until somebody may be among them.
func (r *runner) leaveLists(lists plan.MemberLists) {
	r.lists, r.planned = lists, map[string]bool{}
	for _, j := range r.jobs {
		r.planned[j.OktaID] = r.records[j.Type][j.OktaID] != nil
	}
}

// lookedUp are the userNames by which the run will look for accounts.
func (r *runner) lookedUp() []string {
	var names []string
	for _, j := range r.jobs {
		if j.LooksUp() {
			names = append(names, j.Name)
		}
	}
	return slices.AppendSeq(names, r.plan.StoredNames())
}

// each carries out the sequences of a phase side by side. Its goroutines last for all of them:
// a new one would grow its stack anew.
func (r *runner) each(ctx context.Context, sequences iter.Seq[[]*job]) {
	var g sync.WaitGroup
	next := make(chan []*job)
	for range r.turns.begun() {
		g.Go(func() {
			for sequence := range next {
				for _, c := range sequence {
					r.applyOne(ctx, c)
					r.turns.give(c.turn)
					r.endStored(c)
				}
			}
		})
	}
	for sequence := range sequences {
		next <- sequence
	}
	close(next)
	g.Wait()
}

// applyOne carries out one change and notes its outcome. A request that has left is
// answered, also when the run is told to stop, for as long as ctx lasts.
func (r *runner) applyOne(ctx context.Context, c *job) {
	switch {
	case c.Block.IsHeld():
		c.Outcome = plan.Held
		r.ended(c)
		return
	case c.Blocked():
		c.Outcome = plan.Skipped
		r.ended(c)
		return
	}
	c.turn = &turn{action: c.Action}
	_ = r.turns.take(c.turn) // else the run has ended, which stopReason says
	if why := r.stopReason(c.Action); why != "" {
		c.Outcome, c.Error = plan.Skipped, why
		r.ended(c)
		return
	}
	c.Tried()
	action := c.Action // as planned: a create may turn into a link
	r.count(1)
	err := r.perform(ctx, c)
	r.count(-1)
	switch {
	case err == nil:
		c.Outcome, c.Error = plan.Applied, ""
	case errors.Is(err, errNobodyYet):
		c.Outcome, c.Error = plan.Skipped, err.Error()
		r.ended(c)
		return
	case hasOnlyWaited(err):
		c.Outcome, c.Error = plan.Skipped, r.whyNotSent(c)
		r.ended(c)
		return
	default:
		if other := r.a.otherTenant(); other != nil {
			err = other // a 404 of that tenant says nothing of the object
		}
		c.Outcome, c.Error, c.failure = plan.Failed, err.Error(), err
		var answer *scim.Error
		if errors.As(err, &answer) {
			c.HTTPStatus = answer.Status
		}
		if !c.journalled {
			r.journalFailure(ctx, c, err)
		}
	}
	r.judge(ctx, action, err)
	r.ended(c)
}

// hasOnlyWaited says of a change that was told to stop that nothing of it was sent. That
// is no failure.
func hasOnlyWaited(err error) bool {
	return errors.Is(err, context.Canceled) && effectOf(err) == walkme.NotSent
}

// count counts the changes under way.
func (r *runner) count(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.underWay += n
}

func (r *runner) ended(c *job) {
	r.mu.Lock()
	r.done++
	done := r.done
	r.mu.Unlock()
	attrs := []any{"run", r.runID, "action", c.Action, "okta_id", c.OktaID, "walkme_id", c.WalkMeID, "cause", c.Cause}
	switch c.Outcome {
	case plan.Applied:
		r.a.Logger.Info("applied", attrs...)
	case plan.Failed:
		r.a.Logger.Warn("failed", append(attrs, "err", c.Error)...)
	default:
		r.a.Logger.Debug("not sent", append(attrs, "outcome", c.Outcome)...)
	}
	if r.a.Progress != nil {
		r.a.Progress(done, r.plan.Len(), c.Change)
	}
}

// perform sends what the change needs. It may turn a create into a link.
func (r *runner) perform(ctx context.Context, c *job) error {
	switch c.Action {
	case plan.Create, plan.Link:
		return r.createUser(ctx, c)
	case plan.Update:
		return r.updateUser(ctx, c)
	case plan.Deactivate:
		return r.deactivateUser(ctx, c)
	case plan.Reactivate:
		return r.reactivateUser(ctx, c)
	case plan.GroupLink:
		if c.From != "" {
			return r.passGroup(ctx, c)
		}
		return r.createGroup(ctx, c)
	case plan.GroupCreate:
		return r.createGroup(ctx, c)
	case plan.GroupRename:
		return r.renameGroup(ctx, c)
	case plan.GroupMembers:
		return r.updateMembers(ctx, c)
	case plan.GroupDelete:
		return r.deleteGroup(ctx, c)
	case plan.GroupUnlink:
		return r.unlinkGroup(ctx, c)
	}
	return fmt.Errorf("unknown action %q", c.Action)
}

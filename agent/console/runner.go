package console

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
)

// TriggerConsole is the trigger of a run that was started here.
const TriggerConsole = "console"

var (
	errMayNot = errors.New("this visitor decides nothing")
	errBusy   = errors.New("another run is under way")
	errNoRuns = errors.New("this program starts no run")
)

// mayRun says whether this visitor may start runs, and the program can.
func (s *Server) mayRun(ctx context.Context) bool {
	return s.current().Sync != nil && !visitorOf(ctx).ViewOnly
}

// decider lets no one act who may only look.
func (s *Server) decider(act func(*http.Request) (*view, error)) func(*http.Request) (*view, error) {
	return func(r *http.Request) (*view, error) {
		v := visitorOf(r.Context())
		if v.ViewOnly {
			return nil, errMayNot
		}
		if s.signIns != nil {
			if err := s.signIns.stillDecides(r.Context(), v.proof); err != nil {
				s.log.Warn("decision refused", "err", err)
				return nil, err
			}
		}
		return act(r)
	}
}

func (s *Server) sync(r *http.Request) (*view, error) { return s.start(r, false) }

func (s *Server) retry(r *http.Request) (*view, error) { return s.start(r, true) }

// start makes a run, and leads to its page as soon as it has begun.
func (s *Server) start(r *http.Request, retry bool) (*view, error) {
	p, who := s.current(), visitorOf(r.Context())
	if p.Sync == nil {
		return nil, errNoRuns
	}
	if p.DryRun {
		id, err := s.runner.plan(p)
		return &view{to: addressOf("runs", id)}, err
	}
	id, err := s.runner.run(r.Context(), p, RunOptions{By: who.Name, Retry: retry, Trigger: TriggerConsole})
	return &view{to: addressOf("runs", id)}, err
}

// keptPlans is how many dry runs of the console are remembered.
const keptPlans = 20

// dryRun is a plan that was asked for here while nothing may be sent.
type dryRun struct {
	run  state.Run
	seen *seenPlan // nil: not made yet, or failed
}

// seenPlan is as much of a plan as its page shows.
type seenPlan struct {
	health  plan.Health
	left    agent.Leftovers
	changes []*plan.Change    // the first of those that would be sent
	people  map[string]string // names of the Okta ids under their members
}

// runner makes the runs that are asked for here, one at a time. They outlive the
// request, and end with the console.
type runner struct {
	s      *Server
	ctx    context.Context
	cancel context.CancelFunc
	busy   chan struct{}
	group  sync.WaitGroup

	mu    sync.Mutex
	plans []*dryRun // newest first
}

func newRunner(s *Server) *runner {
	ctx, cancel := context.WithCancel(context.Background())
	return &runner{s: s, ctx: ctx, cancel: cancel, busy: make(chan struct{}, 1)}
}

func (n *runner) wait() {
	n.cancel()
	n.group.Wait()
}

// background runs do, unless something is under way.
func (n *runner) background(do func(context.Context)) bool {
	select {
	case n.busy <- struct{}{}:
	default:
		return false
	}
	n.group.Go(func() {
		defer func() { <-n.busy }()
		do(n.ctx)
	})
	return true
}

const (
	beginWait = 10 * time.Second // for the begin of a run to show in the state
	beginLook = 25 * time.Millisecond
)

// run starts a run and waits until its begin is on record.
func (n *runner) run(ctx context.Context, p Program, o RunOptions) (id string, err error) {
	before, err := n.newest(ctx)
	if err != nil {
		return "", err
	}
	ended := make(chan error, 1)
	if !n.background(func(ctx context.Context) { ended <- p.Sync(ctx, o) }) {
		return "", errBusy
	}
	ctx, cancel := context.WithTimeout(ctx, beginWait)
	defer cancel()
	for done := false; ; {
		if id, err = n.newest(ctx); err == nil && id != before {
			return id, nil
		}
		var schema *state.SchemaError
		if err != nil && !errors.As(err, &schema) || done {
			return "", errors.Join(err, errBusy)
		}
		select {
		case err := <-ended:
			var locked *state.LockedError
			if errors.As(err, &locked) {
				return "", errBusy
			}
			if done = true; err != nil {
				n.s.log.Warn("run of the console failed", "err", err)
			}
		case <-time.After(beginLook):
		case <-ctx.Done():
			return "", errBusy
		}
	}
}

// newest is the id of the latest run, "" without one.
func (n *runner) newest(ctx context.Context) (id string, err error) {
	err = n.s.read(ctx, func(db *state.DB) error {
		if db.IsEmpty() {
			return nil
		}
		runs, err := db.RunsBefore(ctx, "", 1)
		if len(runs) > 0 {
			id = runs[0].ID
		}
		return err
	})
	return id, err
}

// plan makes a plan in place of a run, and says at once under which id it will be.
func (n *runner) plan(p Program) (id string, err error) {
	began := n.s.now().UTC()
	id = "dry-console-" + began.Format("20060102T150405.000Z")
	d := &dryRun{run: state.Run{
		ID: id, Trigger: TriggerConsole, StartedAt: began, Outcome: state.Running,
	}}
	n.mu.Lock()
	n.plans = append([]*dryRun{d}, n.plans[:min(len(n.plans), keptPlans-1)]...)
	n.mu.Unlock()
	done := d.run
	ok := n.background(func(ctx context.Context) {
		var seen *seenPlan
		err := p.Plan(ctx, func(made *plan.Plan) (err error) {
			done.Planned, done.Held, done.Rejected = made.Pending(), made.Summary.Held, made.Summary.Rejected
			seen, err = see(made)
			return err
		})
		if done.Outcome = planned; err != nil {
			seen, done.Outcome, done.Error = nil, agent.RunFailed, err.Error()
		}
		done.FinishedAt = n.s.now().UTC()
		n.mu.Lock()
		defer n.mu.Unlock()
		d.run, d.seen = done, seen
	})
	if !ok {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.plans = n.plans[1:]
		return "", errBusy
	}
	return id, nil
}

// see takes out of a plan what its page shows.
func see(made *plan.Plan) (*seenPlan, error) {
	left, err := agent.LeftoversOf(made)
	if err != nil {
		return nil, err
	}
	seen := &seenPlan{health: made.Health, left: left, people: map[string]string{}}
	for c, err := range made.All() {
		if err != nil {
			return nil, err
		}
		if c.Blocked() {
			continue
		}
		if len(seen.changes) == changesOnPage {
			break
		}
		seen.changes = append(seen.changes, c)
		for _, id := range slices.Concat(c.Members.Add, c.Members.Remove) {
			seen.people[id] = made.People[id]
		}
	}
	return seen, nil
}

// planned is the outcome of a run that sends nothing.
const planned = "planned"

// dry returns a dry run by its id; its plan is known where it was asked for here.
func (s *Server) dry(id string) (dryRun, bool) {
	if d, ok := s.runner.dry(id); ok {
		return d, true
	}
	notes, err := s.dryRuns()
	if err != nil {
		return dryRun{}, false // as if it was not on record
	}
	if i := slices.IndexFunc(notes, func(r state.Run) bool { return r.ID == id }); i >= 0 {
		return dryRun{run: notes[i]}, true
	}
	return dryRun{}, false
}

func (n *runner) dry(id string) (dryRun, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, d := range n.plans {
		if d.run.ID == id {
			return *d, true
		}
	}
	return dryRun{}, false
}

// dryRuns are the runs that planned and sent nothing, here and by the schedule, newest
// first.
func (s *Server) dryRuns() ([]state.Run, error) {
	var out []state.Run
	if notes := s.current().DryRuns; notes != nil {
		var err error
		if out, err = notes(); err != nil {
			return nil, err
		}
	}
	s.runner.mu.Lock()
	defer s.runner.mu.Unlock()
	for _, d := range s.runner.plans {
		out = append(out, d.run)
	}
	slices.SortStableFunc(out, newestFirst)
	return out, nil
}

func newestFirst(a, b state.Run) int { return b.StartedAt.Compare(a.StartedAt) }

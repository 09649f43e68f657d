package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"okta-walkme-agent/walkme"
)

// ErrInterrupted is the error of a run whose context was cancelled. Its report holds
// what was found until then, and its clean-up was made.
var ErrInterrupted = errors.New("interrupted")

// IncompleteError is the error of a run that ended before its last check for another
// reason: out of time, limited by the server. Its report holds what was found.
type IncompleteError struct{ Reason string }

// Error implements error.
func (e *IncompleteError) Error() string { return "the run is not complete: " + e.Reason }

const (
	cleanupTime = 5 * time.Minute
	hurriedTime = 16 * time.Second // of the clean-up of an interrupted run; with writeGrace before and after it within 25 s
)

// Run runs the checks and removes what they made. Without a report the error says
// why it could not begin: a *SelectionError, an unusable address or credential, or a
// server that cannot be reached. With a report the error is nil, ErrInterrupted or an
// *IncompleteError.
func Run(ctx context.Context, o Options) (*Report, error) {
	o = o.withDefaults()
	s, err := newSession(o)
	if err != nil {
		return nil, err
	}
	all := Catalogue(o.Dialects)
	chosen, err := choose(all, o.Suites, o.Only, o.Skip)
	if err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	first := all[0] // of the credentials
	verdict, err := s.begin(bounded, &first)
	if err != nil {
		return nil, err
	}
	r := &Report{Schema: Schema, Target: s.target, Dialect: o.dialect(), Checks: []Result{}, Left: []Leftover{}}
	selected := slices.ContainsFunc(chosen, func(c Check) bool { return c.ID == first.ID })
	if selected || verdict.Outcome != Passed {
		r.Checks = append(r.Checks, verdict)
	}
	chosen = slices.DeleteFunc(chosen, func(c Check) bool { return c.ID == first.ID })
	if verdict.Outcome == Passed {
		s.conduit.trusted.Store(true)
		s.seed(bounded)
	}
	s.runAll(bounded, r, chosen, verdict)
	s.finish(ctx, r)
	if verdict.Outcome == Passed {
		r.Configuration = s.advice.yaml(s, r)
	}
	r.arrange()
	return r, s.ending(ctx, r)
}

// runAll runs the checks in their order, those about the run as a whole last.
func (s *session) runAll(ctx context.Context, r *Report, checks []Check, credentials Result) {
	results := make([]Result, len(checks))
	done := 0
	for _, late := range []bool{false, true} {
		for i := range checks {
			if checks[i].late != late {
				continue
			}
			if s.options.Progress != nil {
				s.options.Progress(done, len(checks), checks[i].ID)
			}
			results[i] = s.one(ctx, &checks[i], credentials)
			done++
		}
	}
	r.Checks = append(r.Checks, results...)
}

// one runs one check, or skips it.
func (s *session) one(ctx context.Context, c *Check, credentials Result) Result {
	t := s.trial(ctx, c)
	switch {
	case credentials.Outcome != Passed:
		t.skip("see %s", credentials.ID)
	case c.Writes && !s.options.AllowWrites:
		t.skip("it writes: --allow-writes runs it")
	case s.skipHalted(ctx, t):
	default:
		c.run(t)
		if !c.late {
			s.skipHalted(ctx, t)
		}
	}
	return t.result()
}

// skipHalted skips a check that cannot run, or could not come to its end.
func (s *session) skipHalted(ctx context.Context, t *trial) bool {
	why := s.halted(ctx)
	if why == "" {
		return false
	}
	s.outOfTime = s.outOfTime || errors.Is(ctx.Err(), context.DeadlineExceeded)
	t.skip("%s", why)
	return true
}

// halted is why no further check can run, empty if one can.
func (s *session) halted(ctx context.Context) string {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "the time was up (--timeout)"
	case ctx.Err() != nil:
		return "interrupted"
	}
	return s.conduit.reason()
}

// begin asks what Okta's "Test API Credentials" asks. Its error means that nothing
// answers at the address.
func (s *session) begin(ctx context.Context, c *Check) (Result, error) {
	t := s.trial(ctx, c)
	c.run(t)
	x := t.last()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Result{}, fmt.Errorf("probe %s: %w", s.target, &IncompleteError{s.conduit.timeUp(s.options.Timeout)})
	case x == nil, x.Err != nil:
		err := t.failure
		if err == nil && x != nil {
			err = x.Err
		}
		return Result{}, fmt.Errorf("probe %s: %w", s.target, err)
	case ctx.Err() != nil:
		return Result{}, fmt.Errorf("probe %s: %w", s.target, context.Cause(ctx))
	case s.conduit.reason() != "":
		return Result{}, fmt.Errorf("probe %s: %w", s.target, &IncompleteError{s.conceal(s.conduit.reason())})
	}
	return t.result(), nil
}

// finish removes what the run made.
func (s *session) finish(ctx context.Context, r *Report) {
	limit := cleanupTime
	if ctx.Err() != nil {
		limit = hurriedTime
		s.conduit.hurry()
	}
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { // Ctrl-C during the clean-up
		s.conduit.hurry()
		time.AfterFunc(hurriedTime, cancel)
	})
	defer stop()
	r.Incomplete = s.conceal(s.conduit.reason())
	s.conduit.reopen()
	for _, l := range s.cleanUp(clean) {
		l.Name, l.State = s.conceal(l.Name), s.conceal(l.State)
		r.Left = append(r.Left, l)
	}
}

// ending says how the run ended.
func (s *session) ending(ctx context.Context, r *Report) error {
	switch {
	case ctx.Err() != nil:
		r.Incomplete = ErrInterrupted.Error()
		return ErrInterrupted
	case r.Incomplete != "":
	case s.outOfTime:
		r.Incomplete = s.conduit.timeUp(s.options.Timeout)
	}
	if r.Incomplete != "" {
		return &IncompleteError{r.Incomplete}
	}
	return nil
}

// newSession checks the options; it makes no request.
func newSession(o Options) (*session, error) {
	s := &session{options: o, clients: map[walkme.Profile]*walkme.Client{}}
	if err := s.connect(); err != nil {
		return nil, err
	}
	return s, nil
}

package console

import (
	"context"
	"net/http"
	"slices"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

const (
	shownFailures = 20
	shownRuns     = 8
	shownNames    = 5
)

// overviewPage is what an admin sees first.
type overviewPage struct {
	Verdict   verdict
	Notes     []note
	Next      *moment // nil: none is due
	Fresh     bool    // there was no run yet
	CanRun    bool
	DryRun    bool
	MayDecide bool

	Holds    []holdLine
	Failures []failureLine
	MoreBad  int // failures that are not listed
	Runs     []runLine
	Facts    []fact
	Budgets  []budgetLine

	People, Groups int
	Days           []day
	Lanes          []lane
}

// Waiting counts the holds that wait for a decision.
func (p *overviewPage) Waiting() (n int) {
	for _, h := range p.Holds {
		if h.Waiting() {
			n++
		}
	}
	return n
}

type fact struct{ Name, Value string }

// failureLine is a person or group that failed at the last attempt.
type failureLine struct {
	Type, OktaID, Name, Link string
	Error                    string
	HTTP                     int
	Advice                   *report.Advice
	Attempts                 int
	Next                     *moment // nil: in the next run
}

func (s *Server) overview(r *http.Request) (*view, error) {
	ctx, p := r.Context(), s.current()
	page := &overviewPage{CanRun: s.mayRun(ctx), DryRun: p.DryRun, MayDecide: !visitorOf(ctx).ViewOnly}
	dry, err := s.dryRuns()
	if err != nil {
		return nil, err
	}
	err = s.read(ctx, func(db *state.DB) error {
		if p.NextRun != nil {
			next, err := p.NextRun(ctx, db)
			if err != nil {
				return err
			}
			page.Next = s.at(next)
		}
		l, err := s.readLatest(ctx, db)
		if err != nil {
			return err
		}
		return s.fillOverview(ctx, db, page, l, dry)
	})
	return &view{page: "overview", title: "Overview", data: page}, err
}

// fillOverview reads what the page shows.
func (s *Server) fillOverview(ctx context.Context, db *state.DB, page *overviewPage, l latest, dry []state.Run) (err error) {
	if !db.IsEmpty() {
		if err := s.fillState(ctx, db, page); err != nil {
			return err
		}
	}
	l.Runs = append(l.Runs, dry...)
	slices.SortStableFunc(l.Runs, newestFirst)
	page.Fresh = len(l.Runs) == 0
	requests := 0
	for i := range l.Runs[:min(len(l.Runs), shownRuns)] {
		page.Runs = append(page.Runs, s.runLine(&l.Runs[i]))
		requests = l.Runs[0].OktaRequests
	}
	page.Verdict = s.verdict(page, l)
	p := s.current()
	page.Facts, page.Budgets = overviewFacts(p, l), s.budgetLines(p, requests)
	page.Notes, err = s.notes(ctx, db, page, l)
	return err
}

func (s *Server) fillState(ctx context.Context, db *state.DB, page *overviewPage) (err error) {
	if page.People, page.Groups, err = db.Managed(ctx); err != nil {
		return err
	}
	if page.Holds, err = s.openHolds(ctx, db); err != nil {
		return err
	}
	failing, n, err := db.Failing(ctx, shownFailures)
	if err != nil {
		return err
	}
	for i := range failing {
		page.Failures = append(page.Failures, s.failureLine(&failing[i]))
	}
	page.MoreBad = n - len(failing)
	today := s.now().UTC().Truncate(24 * time.Hour)
	runs, err := db.RunDays(ctx, today.AddDate(0, 0, 1-shownDays))
	if err != nil {
		return err
	}
	changes, err := s.past.changes(ctx, db)
	if err != nil {
		return err
	}
	page.Days = daysOf(today, runs, changes, page.People, page.Groups)
	page.Lanes = lanesOf(page.Days)
	return nil
}

func (s *Server) failureLine(r *state.Record) failureLine {
	return failureLine{
		Type: string(r.Type), OktaID: r.SourceID, Name: r.Name, Link: objectLink(r.Type, r.SourceID), Error: r.LastError, HTTP: r.LastStatus,
		Attempts: r.Attempts, Next: s.at(plan.PauseEnd(r.NextTry, s.now())), Advice: s.advise(r.Type, r.LastStatus, r.LastError),
	}
}

// advise tells what a failure usually comes from, nil where that is not known.
func (s *Server) advise(t scim.Type, status int, text string) *report.Advice {
	advise := s.current().Advise
	if advise == nil {
		return nil
	}
	if a, ok := advise(t, status, text); ok {
		return &a
	}
	return nil
}

func objectLink(t scim.Type, oktaID string) string {
	if t == scim.Group {
		return addressOf("groups", oktaID)
	}
	return addressOf("people", oktaID)
}

// overviewFacts are the lines that say what the numbers rest on.
func overviewFacts(p Program, l latest) []fact {
	var out []fact
	add := func(name, value string) {
		if value != "" {
			out = append(out, fact{name, value})
		}
	}
	add("Okta", joined(p.Okta, l.Health.Verdict))
	add("WalkMe", joined(p.Agent.Target, "wire profile "+p.Agent.WireProfile))
	add("Schedule", p.Schedule)
	return out
}

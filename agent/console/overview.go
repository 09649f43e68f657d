package console

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"okta-walkme-agent/agent"
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
	Next      *moment // nil: none is due
	Fresh     bool    // there was no run yet
	CanRun    bool
	MayDecide bool

	Holds    []holdLine
	Failures []failureLine
	MoreBad  int // failures that are not listed
	Runs     []runLine
	Facts    []fact

	People, Groups int
	Days           []day
	Changes        picture
	Durations      picture
	Managed        picture
}

type fact struct{ Name, Value string }

// failureLine is a person or group that failed at the last attempt.
type failureLine struct {
	Type, OktaID, Name, Link string
	Error                    string
	Advice                   *report.Advice
	Attempts                 int
	Next                     *moment // nil: in the next run
}

func (s *Server) overview(r *http.Request) (*view, error) {
	ctx, p := r.Context(), s.current()
	page := &overviewPage{Fresh: true, CanRun: s.mayRun(ctx), MayDecide: !visitorOf(ctx).ViewOnly}
	var l latest
	quarantine := agent.Quarantine{}
	err := s.read(ctx, func(db *state.DB) (err error) {
		if p.NextRun != nil {
			next, err := p.NextRun(ctx, db)
			if err != nil {
				return err
			}
			page.Next = s.at(next)
		}
		if db.IsEmpty() {
			return nil
		}
		if l, err = readLatest(ctx, db); err != nil {
			return err
		}
		if quarantine, err = agent.SlowDown.Load(ctx, db); err != nil {
			return err
		}
		return s.fillOverview(ctx, db, page)
	})
	if err != nil {
		return nil, err
	}
	dry, err := s.dryRuns()
	if err != nil {
		return nil, err
	}
	l.Runs = append(l.Runs, dry...)
	slices.SortStableFunc(l.Runs, newestFirst)
	page.Fresh = len(l.Runs) == 0
	for i := range l.Runs[:min(len(l.Runs), shownRuns)] {
		page.Runs = append(page.Runs, s.runLine(&l.Runs[i]))
	}
	page.Verdict = s.verdict(page, l, quarantine)
	page.Facts = overviewFacts(p, l)
	return &view{page: "overview", title: "Overview", data: page}, nil
}

func (s *Server) fillOverview(ctx context.Context, db *state.DB, page *overviewPage) (err error) {
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
	page.Changes, page.Durations, page.Managed = changesPicture(page.Days), durationPicture(page.Days), managedPicture(page.Days)
	return nil
}

func (s *Server) failureLine(r *state.Record) failureLine {
	f := failureLine{
		Type: string(r.Type), OktaID: r.SourceID, Name: r.Name, Link: objectLink(r.Type, r.SourceID),
		Error: r.LastError, Attempts: r.Attempts, Next: s.at(r.NextTry),
	}
	if advise := s.current().Advise; advise != nil {
		if a, ok := advise(r.Type, r.LastStatus, r.LastError); ok {
			f.Advice = &a
		}
	}
	return f
}

func objectLink(t scim.Type, oktaID string) string {
	if t == scim.Group {
		return "/groups/" + oktaID
	}
	return "/people/" + oktaID
}

// verdict is how things are, in one sentence, and why.
type verdict struct {
	Tone   string // good | busy | look | bad
	Text   string
	Detail string
	Link   string
	More   []string // reasons
}

// verdict looks for the worst first.
func (s *Server) verdict(p *overviewPage, l latest, q agent.Quarantine) verdict {
	if p.Fresh {
		return verdict{Tone: "look", Text: "There was no run yet.", Detail: "The first run reads Okta, links the accounts that WalkMe has already, and makes the others."}
	}
	last := &l.Runs[0]
	since := report.Distance(last.StartedAt, s.now())
	switch {
	case q.Level > 0 && strings.HasPrefix(q.Reason, "credentials are refused"):
		return verdict{Tone: "bad", Text: "Credentials are refused since " + absolute(q.Since) + ".", Detail: q.Reason, Link: "/runs/" + last.ID}
	case last.Outcome == agent.RunFailed:
		return verdict{Tone: "bad", Text: "The last run failed, " + since + ".", Detail: last.Error, Link: "/runs/" + last.ID}
	case last.Outcome == planned && p.waiting() == 0:
		return dryVerdict(last, since)
	case last.Outcome == state.Running:
		return verdict{Tone: "busy", Text: "A run is under way, begun " + since + ".", Link: "/runs/" + last.ID}
	}
	if n := p.waiting(); n > 0 {
		return verdict{Tone: "look", Text: count(n, "change") + " " + is(n) + " held and " + wait(n) + " for a decision.", Link: p.Holds[0].Link}
	}
	if n := len(p.Failures) + p.MoreBad; n > 0 {
		return verdict{Tone: "bad", Text: failing(n) + " at the last attempt.", Detail: "Everything else is in step."}
	}
	switch {
	case l.Health.Verdict != "" && l.Health.Verdict != plan.Healthy:
		return verdict{Tone: "look", Text: "Okta's answers are " + l.Health.Verdict + ": not everything is trusted.", More: l.Health.Reasons}
	case last.Rejected > 0:
		return verdict{Tone: "look", Text: rejected(last.Rejected) + " in the last run.", Detail: "Their values cannot be mapped, or two share a user name. They are left in WalkMe as they are.", Link: "/runs/" + last.ID}
	case last.Outcome == state.Interrupted:
		return verdict{Tone: "look", Text: "The last run was cut off, " + since + ".", Detail: "The next run settles what it left.", Link: "/runs/" + last.ID}
	case last.Outcome == agent.RunStopped:
		return verdict{Tone: "look", Text: "The last run was stopped, " + since + ".", Detail: "The next one goes on where it ended.", Link: "/runs/" + last.ID}
	}
	if age := s.now().Sub(last.StartedAt); s.current().MaxAge > 0 && age > s.current().MaxAge {
		return verdict{Tone: "bad", Text: "No run since " + absolute(last.StartedAt) + ".", Detail: "That is longer than the schedule lets pass. What was in step then may not be so now.", Link: "/runs/" + last.ID}
	}
	return verdict{Tone: "good", Text: "All in step.", Detail: fmt.Sprintf("The last run was done %s; %s and %s are managed.", since, count(p.People, "person"), count(p.Groups, "group"))}
}

// waiting counts the changes that wait for a decision.
func (p *overviewPage) waiting() (n int) {
	for _, h := range p.Holds {
		if h.Waiting() {
			n += h.Count
		}
	}
	return n
}

// dryVerdict says what the latest plan of a service came to that sends nothing.
func dryVerdict(last *state.Run, since string) verdict {
	v := verdict{Tone: "look", Text: count(last.Planned, "change") + " would be made.", Detail: "Planned " + since + "; nothing was sent.", Link: "/runs/" + last.ID}
	if last.Planned == 0 && last.Held == 0 && last.Rejected == 0 {
		v.Tone, v.Text = "good", "Nothing would be changed."
	}
	if last.Held > 0 {
		v.Detail += " " + count(last.Held, "change") + " would be held."
	}
	if last.Rejected > 0 {
		v.Detail += " " + rejected(last.Rejected) + "."
	}
	return v
}

func is(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func wait(n int) string {
	if n == 1 {
		return "waits"
	}
	return "wait"
}

func failing(n int) string { return count(n, "person or group") + " failed" }

func rejected(n int) string { return count(n, "person or group") + " " + was(n) + " rejected" }

func was(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
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
	if len(l.Runs) > 0 {
		add("Okta's limits", fmt.Sprintf("%s in the last run; at most %.0f %% of what is left for the org is used", count(l.Runs[0].OktaRequests, "request"), 100*p.RateLimitShare))
	}
	if p.RequestsPerSecond > 0 {
		add("WalkMe's limits", fmt.Sprintf("at most %g requests a second", p.RequestsPerSecond))
	}
	return out
}

func joined(parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, ", ")
}

func nameOr(names map[string]string, id string) string {
	if n := names[id]; n != "" {
		return n
	}
	return id
}

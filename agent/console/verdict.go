package console

import (
	"fmt"
	"slices"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/state"
)

// verdict is how things are, in one sentence, and why.
type verdict struct {
	Tone   string // good | busy | look | bad
	Text   string
	Detail string
	Hint   string // what helps
	Link   string
	See    string   // what the link says
	More   []string // reasons
}

// checkHint is for failures of a whole run, of which the record has the error alone.
const checkHint = "okta-walkme-agent check tries both ends, and says what helps."

// verdict looks for the worst first.
func (s *Server) verdict(p *overviewPage, l latest) verdict {
	if p.Fresh {
		return verdict{Tone: "look", Text: "There was no run yet.", Detail: "The first run reads Okta, links the accounts that WalkMe has already, and makes the others."}
	}
	last := &l.Runs[0]
	since := report.Distance(last.StartedAt, s.now())
	switch {
	case l.Slow.Refused:
		return verdict{Tone: "bad", Text: "Credentials are refused since " + absolute(l.Slow.Since) + ".", Detail: last.Error, Hint: checkHint, Link: addressOf("runs", last.ID)}
	case last.Outcome == agent.RunFailed:
		return verdict{Tone: "bad", Text: "The last run failed, " + since + ".", Detail: last.Error, Hint: checkHint, Link: addressOf("runs", last.ID)}
	case last.Outcome == planned && p.waiting() == 0:
		return dryVerdict(last, since)
	case last.Outcome == state.Running:
		return verdict{Tone: "busy", Text: "A run is under way, begun " + since + ".", Link: addressOf("runs", last.ID), See: "Follow it"}
	case l.Whole.Outcome == agent.RunFailed:
		return verdict{Tone: "bad", Text: "The last run over everything failed, " + report.Distance(l.Whole.StartedAt, s.now()) + ".",
			Detail: l.Whole.Error, Hint: checkHint, Link: addressOf("runs", l.Whole.ID), See: "See that run"}
	}
	if n := p.waiting(); n > 0 {
		return verdict{Tone: "look", Text: count(n, "change") + " " + is(n) + " held and " + wait(n) + " for a decision.", Link: p.firstWaiting().Link, See: "See whom it concerns",
			Detail: joinedBy(" ", p.failed(), rejectedLast(l))}
	}
	if text := p.failed(); text != "" {
		return verdict{Tone: "bad", Text: text, Detail: joinedBy(" ", "Cause, remedy and the next try stand below.", rejectedLast(l))}
	}
	switch {
	case l.Doubt != "":
		return verdict{Tone: "look", Text: doubtText, More: []string{sentence(l.Doubt)}}
	case l.degraded():
		return verdict{Tone: "look", Text: degradedText(l), More: l.Health.Reasons}
	case l.Whole.Rejected > 0:
		return verdict{Tone: "look", Text: rejectedLast(l), Detail: "Their values cannot be mapped, or two share a user name. They are left in WalkMe as they are.",
			Link: addressOf("runs", l.Whole.ID) + "?state=rejected", See: "See whom it concerns"}
	case last.Outcome == state.Interrupted:
		return verdict{Tone: "look", Text: "The last run was cut off, " + since + ".", Detail: "The next run settles what it left.", Link: addressOf("runs", last.ID)}
	case last.Outcome == agent.RunStopped:
		return verdict{Tone: "look", Text: "The last run was stopped, " + since + ".", Detail: "The next one goes on where it ended.", Link: addressOf("runs", last.ID)}
	}
	return s.inStep(p, l)
}

// failed says how many failed at the last attempt; "" when none did.
func (p *overviewPage) failed() string {
	if n := len(p.Failures) + p.MoreBad; n > 0 {
		return failing(n) + " at the last attempt."
	}
	return ""
}

// rejectedLast says how many the last run over everything rejected; "" when none.
func rejectedLast(l latest) string {
	if l.Whole.Rejected == 0 {
		return ""
	}
	return rejected(l.Whole.Rejected) + " in the last run."
}

// inStep is what may be said when nothing speaks against it.
func (s *Server) inStep(p *overviewPage, l latest) verdict {
	last := &l.Runs[0]
	if !l.Whole.StartedAt.IsZero() {
		last = &l.Whole
	}
	since := report.Distance(last.StartedAt, s.now())
	if age := s.now().Sub(last.StartedAt); s.current().MaxAge > 0 && age > s.current().MaxAge {
		return verdict{Tone: "bad", Text: "No run since " + absolute(last.StartedAt) + ".", Detail: "That is longer than the schedule lets pass. What was in step then may not be so now.", Link: addressOf("runs", last.ID)}
	}
	if n := p.decided(agent.HoldApproved); n > 0 {
		return verdict{Tone: "look", Text: count(n, "approved change") + " " + wait(n) + " for the next run.", Detail: "Everything else was in step " + since + "."}
	}
	if n := p.decided(agent.HoldRejected); n > 0 {
		return verdict{Tone: "good", Text: "In step, but for " + count(n, "change") + " that a person left undone.", Detail: "The last run was done " + since + "."}
	}
	if l.Unshown.Count != (plan.NotShown{}) {
		return verdict{Tone: "look", Text: "In step, as far as WalkMe shows.", Detail: "The last run was done " + since + "."}
	}
	return verdict{Tone: "good", Text: "All in step.", Detail: fmt.Sprintf("The last run was done %s; %s and %s are managed.", since, count(p.People, "person"), count(p.Groups, "group"))}
}

// firstWaiting is the first hold that waits for a decision, or the zero line.
func (p *overviewPage) firstWaiting() (h holdLine) {
	if i := slices.IndexFunc(p.Holds, func(h holdLine) bool { return h.Waiting() }); i >= 0 {
		h = p.Holds[i]
	}
	return h
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

// decided counts the changes of which a decision is in force.
func (p *overviewPage) decided(as string) (n int) {
	for _, h := range p.Holds {
		if h.State == as {
			n += h.InForce
		}
	}
	return n
}

// dryVerdict says what the latest plan of a service came to that sends nothing.
func dryVerdict(last *state.Run, since string) verdict {
	v := verdict{Tone: "look", Text: count(last.Planned, "change") + " would be made.", Detail: "Planned " + since + "; nothing was sent.", Link: addressOf("runs", last.ID)}
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

func failing(n int) string { return peopleOrGroups(n) + " failed" }

func rejected(n int) string { return peopleOrGroups(n) + " " + was(n) + " rejected" }

func peopleOrGroups(n int) string {
	if n == 1 {
		return "1 person or group"
	}
	return number(n) + " people or groups"
}

func was(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

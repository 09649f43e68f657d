package console

import (
	"fmt"
	"time"
)

// Budgets are what this process has asked of both sides, and what they said of their
// limits.
type Budgets struct {
	Okta, WalkMe Budget
	Windows      []Window // Okta's, the one of which least is left first
}

// Budget is what one side was asked since the process began.
type Budget struct {
	Requests  int
	Refused   int       // answers 429
	RefusedAt time.Time // of the latest of them; zero: none
	Until     time.Time // until when the side has asked to be left alone; zero: never
}

// Window is what Okta's last answer said of one of its rate limits, which the whole org
// shares.
type Window struct {
	Path        string // with the ids replaced
	Limit, Left int
	SaidAt      time.Time
	Reset       time.Time // when it begins anew; zero: not said
}

// budgetLine is a limit as the overview shows it.
type budgetLine struct {
	Side, Path string
	Left       string
	Share      int // percent that is left; -1: not known
	When       string
	Tone       string
}

// lowShare is from how little on of a window a person should look, in percent.
const lowShare = 20

// budgetLines are the limits that hold now. What Okta said of a window that has ended
// is not shown as what is left.
func (s *Server) budgetLines(p Program, oktaRequests int) []budgetLine {
	if p.Budgets == nil {
		return nil
	}
	b, now := p.Budgets(), s.now()
	used := fmt.Sprintf("at most %.0f %% of what is left for the org is used", 100*p.RateLimitShare)
	if oktaRequests > 0 {
		used += "; the last run made " + count(oktaRequests, "request")
	}
	out := []budgetLine{s.sideLine("Okta", b.Okta, used)}
	for _, w := range b.Windows {
		line := budgetLine{Side: "Okta", Path: w.Path, Share: -1, When: "said " + s.at(w.SaidAt).Distance()}
		switch {
		case !w.Reset.IsZero() && now.After(w.Reset):
			line.Left = "the window of " + number(w.Limit) + " has begun anew since"
		default:
			line.Left, line.Share = number(w.Left)+" of "+number(w.Limit)+" left", w.Left*100/w.Limit
			if !w.Reset.IsZero() {
				line.When += ", anew " + s.at(w.Reset).Distance()
			}
		}
		if line.Share >= 0 && line.Share < lowShare {
			line.Tone = "mod"
		}
		out = append(out, line)
	}
	limit := "no limit of our own"
	if p.RequestsPerSecond > 0 {
		limit = fmt.Sprintf("at most %g requests a second", p.RequestsPerSecond)
	}
	return append(out, s.sideLine("WalkMe", b.WalkMe, limit+"; WalkMe publishes no figure of its own"))
}

// sideLine is how much a side was asked, and whether it has complained.
func (s *Server) sideLine(name string, b Budget, limit string) budgetLine {
	line := budgetLine{Side: name, Path: "all requests", Left: count(b.Requests, "request") + " since the start", Share: -1, When: limit}
	if b.Refused > 0 {
		line.Tone = "mod"
		line.Left += ", " + number(b.Refused) + " refused for the limit (429), the latest " + s.at(b.RefusedAt).Distance()
	}
	if b.Until.After(s.now()) {
		line.Tone = "mod"
		line.Left += "; it has asked to be left alone until " + absolute(b.Until)
	}
	return line
}

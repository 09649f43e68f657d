package report

import (
	"time"

	"okta-walkme-agent/agent/plan"
)

// Options say how text is laid out. The zero value is plain text of any width,
// with long lists folded and times in UTC.
type Options struct {
	Color bool      // ANSI colours; the caller decides by terminal and NO_COLOR
	ASCII bool      // no signs of our own beyond ASCII; names stay as they are
	Width int       // columns; longer lines are wrapped. 0: never
	Full  bool      // unfold long lists and long values
	Now   time.Time // for "in 5 min" beside a time; zero: the time alone

	// Advise, if set, tells what a failure usually comes from and what to do.
	Advise func(failed *plan.Change) (Advice, bool)
}

// Advice is what a failure usually comes from, and what to do.
type Advice struct{ Cause, Remedy string }

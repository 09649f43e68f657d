package walkme

import (
	"errors"
	"fmt"
	"strings"

	"okta-walkme-agent/internal/scim"
)

// Errors of a call are one of these, *scim.Error for an answer that refuses, or
// wrap one of them. errors.Is(err, scim.ErrNotFound) also tells a look-up
// without a hit.
var (
	// ErrRateLimited: the request was answered 429 ten times, the last
	// number of attempts that Okta makes. Nothing was changed.
	ErrRateLimited = errors.New("rate limited")

	// ErrNotSent is for transports: one that refuses a request before any of
	// it has left returns an error that wraps ErrNotSent.
	ErrNotSent = errors.New("not sent")
)

// NotSentError says that nothing can have been changed, because no write left:
// the context had ended, the host could not be reached, or a read that comes
// before the write got no answer.
type NotSentError struct{ Err error }

// Error implements error.
func (e *NotSentError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *NotSentError) Unwrap() error { return e.Err }

// UnansweredError says that a write left and what became of it is unknown: the
// connection broke, the time was up, or the answer was a 5xx or not SCIM. Err
// may be a *scim.Error. Read before deciding; never just repeat.
type UnansweredError struct{ Err error }

// Error implements error.
func (e *UnansweredError) Error() string { return "outcome unknown: " + e.Err.Error() }

// Unwrap returns Err.
func (e *UnansweredError) Unwrap() error { return e.Err }

// AnswerError says that an answer with a good status is not what SCIM promises.
type AnswerError struct{ Reason string }

// Error implements error.
func (e *AnswerError) Error() string { return "unusable answer: " + e.Reason }

// TextCounterError says that a list has a text in place of a number, which Okta does not
// take (Wire.ExactNumbers). An AnswerError would say that the server speaks no SCIM.
type TextCounterError struct{ Counter string }

// Error implements error.
func (e *TextCounterError) Error() string {
	return "unusable answer: " + e.Counter + " is a text, and Okta takes a number alone"
}

// UnconfirmedError says that a create was answered with success but without an
// id, so that the object may exist. Look it up once.
type UnconfirmedError struct {
	Status int // of the answer
	Reason string
}

// Error implements error.
func (e *UnconfirmedError) Error() string {
	return fmt.Sprintf("create not confirmed (HTTP %d): %s", e.Status, e.Reason)
}

// NotAppliedError says that a write was answered with success, and a read
// afterwards shows that it had no effect.
type NotAppliedError struct{ What string }

// Error implements error.
func (e *NotAppliedError) Error() string { return "accepted, not applied: " + e.What }

// AmbiguousError says that a look-up had several hits that all match. Choosing
// one could change a stranger's account.
type AmbiguousError struct {
	Hits []string // their ids, sorted
}

// Error implements error.
func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("%d objects match: ids %s", len(e.Hits), strings.Join(e.Hits, ", "))
}

// UnseenMembersError says that the whole list of members was not written to a group
// that was there before us, because the server shows no member of any group:
// the members of that one would have been thrown out.
type UnseenMembersError struct{}

// Error implements error.
func (e *UnseenMembersError) Error() string {
	return "the group was in WalkMe before, and WalkMe shows no member of any group: to write its list of members could throw out " +
		"whoever is in it; use wire_profile oin with membership_updates delta, or show that there are members to see by putting one into a group"
}

// IncompleteListError says that the whole list of members was not written to a group,
// because WalkMe does not show all of those whom it has acknowledged: it may show no
// more than a part, and the group's other members would have been thrown out.
type IncompleteListError struct {
	Shown, Missing int // members that are shown; members that should be and are not

	shown      *Group
	missing    []Member // to be sent once more
	mayBeWhole bool     // nothing but its length speaks against the list
}

// Error implements error.
func (e *IncompleteListError) Error() string {
	why := "which is where servers cut lists"
	if e.Missing > 0 {
		why = fmt.Sprintf("and not %d whom it had taken", e.Missing)
	}
	return fmt.Sprintf("WalkMe shows %d members of the group, %s: to write the whole list could throw out members who are not shown; "+
		"use wire_profile oin with membership_updates delta", e.Shown, why)
}

// NameSentError says that a membership change failed at the name which Okta sends along
// (Wire.RenameWithMembers), before any member was sent.
type NameSentError struct{ Err error }

// Error implements error.
func (e *NameSentError) Error() string { return "send the name: " + e.Err.Error() }

// Unwrap returns Err.
func (e *NameSentError) Unwrap() error { return e.Err }

// PartialError says that of the writes of one call the first ones were applied
// and then one failed. Err is that one's.
type PartialError struct {
	Done string // what was applied
	Err  error
}

// Error implements error.
func (e *PartialError) Error() string { return e.Done + " was applied, then: " + e.Err.Error() }

// Unwrap returns Err.
func (e *PartialError) Unwrap() error { return e.Err }

// Effect is what a failed call did to WalkMe.
type Effect string

// The effects.
const (
	Done    Effect = "done"     // no error
	NotSent Effect = "not_sent" // nothing was written, WalkMe did not refuse anything
	Refused Effect = "refused"  // WalkMe said no, or demonstrably did nothing
	Unknown Effect = "unknown"  // all, part or nothing of it was applied: read before deciding
)

// Outcome tells the effect of a call by its error. An error that is none of this
// package's is Unknown.
func Outcome(err error) Effect {
	switch {
	case err == nil:
		return Done
	case is[*PartialError](err), is[*UnansweredError](err), is[*UnconfirmedError](err):
		return Unknown
	case is[*NotSentError](err), is[*AnswerError](err), errors.Is(err, ErrNotSent):
		return NotSent
	case is[*scim.Error](err), is[*NotAppliedError](err), is[*AmbiguousError](err), is[*UnseenMembersError](err), is[*IncompleteListError](err), is[*AnotherOwnerError](err),
		errors.Is(err, ErrRateLimited), errors.Is(err, scim.ErrNotFound):
		return Refused
	}
	return Unknown
}

// is tells whether an error of type E is in the chain.
func is[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

package report

import (
	"time"

	"okta-walkme-agent/agent/plan"
)

// What pages around the reports share with them: style and words.

// Style is the style sheet of the HTML reports.
func Style() string { return pageStyle }

// HashSource allows exactly one inline text in a content security policy.
func HashSource(text string) string { return hashSource(text) }

// Number writes n with a comma between thousands.
func Number(n int) string { return number(n) }

// Count writes how many there are: "1 change", "3 changes", "2 people" for "person".
func Count(n int, noun string) string { return plural(n, noun) }

// Elapsed writes how long something took: "0.4 s", "12 s", "3m10s".
func Elapsed(d time.Duration) string { return elapsed(d) }

// HoldWords says what a hold of a kind holds: "3 deactivations".
func HoldWords(kind string, n int) string { return holdKind(kind, n) }

// Actions lists the actions in the order of a report: that of a run, people before groups.
func Actions() []plan.Action { return actions() }

// ActionLabel names an action in a list of many.
func ActionLabel(a plan.Action) string { return words(a).label }

// ActionSign is the one character that stands for an action.
func ActionSign(a plan.Action) string { return words(a).sign }

// ActionTone is the class of its colour: new, bad, tie or mod.
func ActionTone(a plan.Action) string { return tone(a) }

// Value writes an attribute's value for the eye.
func Value(v any) string { return Escape(value(v)) }

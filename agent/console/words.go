package console

import (
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
)

func number(n int) string             { return report.Number(n) }
func count(n int, noun string) string { return report.Count(n, noun) }
func elapsed(d time.Duration) string  { return report.Elapsed(d) }

// words are what the templates say things with: the reports' own words.
func words() template.FuncMap {
	return template.FuncMap{
		"number": number,
		"count":  count,
		"eye":    report.Escape,
		"value":  report.Value,
		"time":   absolute,
		"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"day":    func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
		"label":  report.ActionLabel,
		"took":   elapsed,
		"blank":  func(s string) bool { return strings.TrimSpace(s) == "" },
		"figure": func(label string, n int) figure { return figure{label, n} },
		"status": func(active *bool) bool { return active != nil && *active },
	}
}

// figure is a number in a table, with what it counts.
type figure struct {
	Label string
	N     int
}

func absolute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// moment is a time for the eye, with how far it is from now.
type moment struct {
	At  time.Time
	Now time.Time
}

func (s *Server) at(t time.Time) *moment {
	if t.IsZero() {
		return nil
	}
	return &moment{t, s.now()}
}

// Distance is "in 12 min", or "3 h ago".
func (m *moment) Distance() string { return report.Distance(m.At, m.Now) }

// verb says what an action has done, or would do.
func verb(a plan.Action) string { return report.ActionLabel(a) }

// outcomeWords says how a run ended.
func outcomeWords(outcome string) (words, tone string) {
	switch outcome {
	case agent.RunDone:
		return "done", "new"
	case agent.RunProblems:
		return "done, with problems", "mod"
	case agent.RunHeld:
		return "done, changes held", "mod"
	case agent.RunStopped:
		return "stopped", "mod"
	case agent.RunFailed:
		return "failed", "bad"
	case "running":
		return "under way", "tie"
	case planned:
		return "planned, nothing was sent", "tie"
	case "interrupted":
		return "cut off", "bad"
	}
	return outcome, ""
}

func display(v any) string { return report.Value(v) }

func joined(parts ...string) string { return joinedBy(", ", parts...) }

// joinedBy joins those parts that are not empty.
func joinedBy(separator string, parts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return p == "" }), separator)
}

func nameOr(names map[string]string, id string) string {
	if n := names[id]; n != "" {
		return n
	}
	return id
}

// addressOf is where the page of something is, whatever its id is made of.
func addressOf(kind, id string) string { return "/" + kind + "/" + url.PathEscape(id) }

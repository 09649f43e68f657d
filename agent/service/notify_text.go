package service

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"okta-walkme-agent/agent/report"
)

// message is what people are told. Nothing but names tells who a person is.
type message struct {
	topic Topic
	title string // ASCII, one line
	lines []string

	// For those who want details: names of people whom it concerns, and lines that may
	// name others.
	names   []string
	details []string
}

// shownNames is how many names a message has at most.
const shownNames = 20

// text is the whole message, its title first: not every service shows one apart.
func (m message) text(details bool) string {
	lines := append([]string{program + ": " + m.title + "."}, m.lines...)
	if details {
		lines = append(lines, m.details...)
	}
	if details && len(m.names) > 0 {
		names := slices.Sorted(slices.Values(m.names))
		rest := ""
		if n := len(names) - shownNames; n > 0 {
			names, rest = names[:shownNames], fmt.Sprintf(" and %d more", n)
		}
		lines = append(lines, "Concerns "+strings.Join(names, ", ")+rest+".")
	}
	for i, line := range lines {
		lines[i] = report.Escape(line)
	}
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), "\n")
}

// testMessage shows that a message arrives.
var testMessage = message{title: "this is a test", lines: []string{"A person has called " + program + " notify test. Nothing has happened."}}

// on says where something happens.
func on(f facts) string { return "On " + f.where + "." }

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }

// set says how many changes of a kind of hold there are.
func set(kind string, n int) string {
	one, many := strings.ReplaceAll(kind, "_", " "), strings.ReplaceAll(kind, "_", " ")
	switch kind {
	case "deactivations":
		one, many = "deactivation", "deactivations"
	case "member_removals":
		one, many = "removal from a group", "removals from groups"
	case "group_deletes":
		one, many = "deletion of a group", "deletions of groups"
	case "emptied_values":
		one, many = "change that empties values", "changes that empty values"
	default:
		many = "changes (" + many + ")"
		one = "change (" + one + ")"
	}
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func holdMessage(holds []held, again bool, f facts) message {
	m := message{topic: TopicHold}
	count, since := 0, holds[0].since
	for _, h := range holds {
		count += h.count
		since = firstOf(since, h.since)
		m.names = append(m.names, h.names...)
	}
	verb, still := "wait", ""
	if count == 1 {
		verb = "waits"
	}
	if again {
		still = "still "
	}
	m.title = fmt.Sprintf("%s %s%s for a decision", set(holds[0].kind, count), still, verb)
	m.lines = []string{on(f), "Since " + moment(since) + ". Everything else goes on."}
	for _, h := range holds {
		m.lines = append(m.lines, sentence(h.reason),
			fmt.Sprintf("See whom it concerns: %s holds show %s", program, h.id),
			fmt.Sprintf("Decide: %s holds approve %s, or %s holds reject %s", program, h.id, program, h.id))
	}
	return m
}

// sentence ends a text with a full stop.
func sentence(text string) string {
	if text == "" || strings.HasSuffix(text, ".") {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:] + "."
}

func failingMessage(since time.Time, f facts) message {
	m := message{topic: TopicFailing, lines: []string{on(f)}}
	if f.failed > 0 {
		m.title = fmt.Sprintf("%d runs in a row have failed", f.failed)
		if f.failed == 1 {
			m.title = "the latest run has failed"
		}
		m.lines = append(m.lines, "Since "+moment(since)+". "+causeOf(f.err))
	} else {
		m.title = "runs go badly, and the service has slowed down"
		m.lines = append(m.lines, fmt.Sprintf("Since %s. In the latest run %d of %d changes failed.", moment(since), f.run.Failed, f.run.Applied+f.run.Failed))
	}
	if pause := f.slow.Pause(); pause > 0 {
		m.lines = append(m.lines, fmt.Sprintf("The service waits %s between two runs until one succeeds.", pause))
	}
	m.lines = append(m.lines, "See: "+program+" status, and "+program+" check")
	return m
}

func recoveredMessage(since time.Time, f facts) message {
	return message{topic: TopicRecovered, title: "runs succeed again",
		lines: []string{on(f), "They had not since " + moment(since) + "."}}
}

func emptiedMessage(emptied map[string][]string, f facts) message {
	m := message{topic: TopicEmptied}
	people := map[string]bool{}
	m.lines = append(m.lines, on(f))
	for _, path := range slices.Sorted(maps.Keys(emptied)) {
		m.lines = append(m.lines, fmt.Sprintf("%s: of %s", path, persons(len(emptied[path]))))
		for _, name := range emptied[path] {
			people[name] = true
		}
	}
	m.names = slices.Collect(maps.Keys(people))
	m.title = "values were emptied in WalkMe, of " + persons(len(people))
	m.lines = append(m.lines, "See: "+program+" history --run "+f.run.ID)
	return m
}

func persons(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}

func decidedMessage(d decision, f facts) message {
	verb := "was"
	if d.count != 1 {
		verb = "were"
	}
	m := message{topic: TopicDecided, title: fmt.Sprintf("%s %s %s", set(d.kind, d.count), verb, d.verdict),
		lines: []string{on(f), "At " + moment(d.at) + "."}}
	m.details = []string{"By " + d.by + "."}
	if d.reason != "" {
		m.details = append(m.details, "Reason: "+d.reason)
	}
	return m
}

package report

import (
	"fmt"
	"strings"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
)

// tally counts a document's changes by where they are shown.
type tally struct {
	actions   map[plan.Action]int
	held      int
	undone    int
	waiting   int
	doubted   int
	disabled  int
	untried   int
	failed    int
	rejected  int
	unchanged int
}

func count(byPlace map[place][]*plan.Change, p *plan.Plan) tally {
	t := tally{actions: map[plan.Action]int{}, rejected: len(p.Rejected), unchanged: p.Summary.Unchanged}
	for at, changes := range byPlace {
		n := len(changes)
		switch at.kind {
		case kindHeld:
			t.held += n
		case kindUndone:
			t.undone += n
		case kindWaiting:
			t.waiting += n
		case kindUnconfirmed:
			t.doubted += n
		case kindDisabled, kindPaused:
			t.disabled += n
		case kindUntried:
			t.untried += n
		case kindFailed:
			t.failed += n
		default:
			t.actions[plan.Action(at.kind)] += n
		}
	}
	return t
}

// changes lists the counts of what is or was sent: "3 to create, 1 to link;
// groups: 1 to create". It is empty when that is nothing.
func (t tally) changes(word func(plan.Action) string) string {
	var users, groups []string
	group := false
	for _, a := range actions() {
		group = group || a == plan.GroupCreate
		n := t.actions[a]
		switch {
		case n == 0:
		case group:
			groups = append(groups, number(n)+" "+word(a))
		default:
			users = append(users, number(n)+" "+word(a))
		}
	}
	var parts []string
	if len(users) > 0 {
		parts = append(parts, strings.Join(users, ", "))
	}
	if len(groups) > 0 {
		parts = append(parts, "groups: "+strings.Join(groups, ", "))
	}
	return strings.Join(parts, "; ")
}

// rest lists the counts of what is not sent.
func (t tally) rest() []string {
	var parts []string
	for _, c := range []struct {
		n    int
		word string
	}{
		{t.failed, "failed"}, {t.held, "held"}, {t.undone, "left undone"}, {t.untried, "not tried"}, {t.waiting, "waiting"},
		{t.doubted, "not confirmed"}, {t.disabled, "disabled"}, {t.rejected, "rejected"},
	} {
		if c.n > 0 {
			parts = append(parts, number(c.n)+" "+c.word)
		}
	}
	return parts
}

// closing is the last line of a report. Why a run failed stands above it already.
func (d *document) closing() string {
	if d.run == nil {
		return d.summary()
	}
	return d.runSummary("")
}

// summary says all in one line, for those who see nothing else.
func (d *document) summary() string {
	if d.run != nil {
		return d.runSummary(strings.TrimSuffix(d.withoutFailure(d.run.Error), "."))
	}
	parts := d.tally.rest()
	if d.plan.Len() == 0 {
		line := "No changes. " + d.inStep()
		if len(parts) == 0 {
			return line + "."
		}
		return line + "; " + strings.Join(parts, "; ") + "."
	}
	changes := d.tally.changes(func(a plan.Action) string { return words(a).todo })
	if changes == "" {
		changes = "nothing to send"
	}
	parts = append([]string{changes}, parts...)
	if n := d.tally.unchanged; n > 0 {
		parts = append(parts, number(n)+" unchanged")
	}
	return "Plan: " + strings.Join(parts, "; ") + "."
}

// inStep counts what needs nothing. The plan counts users and groups together;
// they are told apart where everything that Okta listed is in step.
func (d *document) inStep() string {
	n, source := d.tally.unchanged, d.plan.Source
	if n == 0 && d.listsNobody() {
		return "Okta lists nobody"
	}
	if unseen := d.plan.Summary.NotShown; unseen != (plan.NotShown{}) {
		n = max(0, n-unseen.Members-unseen.Values)
		if n == 0 {
			return "not everything could be compared"
		}
	}
	if source.Users+source.Groups == n {
		return plural(source.Users, "user") + " and " + plural(source.Groups, "group") + " are in step"
	}
	if n == 1 {
		return "1 user or group is in step"
	}
	return number(n) + " users and groups are in step"
}

func (d *document) runSummary(why string) string {
	r := d.run
	took := elapsed(r.FinishedAt.Sub(r.StartedAt))
	head := fmt.Sprintf("Run %s done in %s", r.ID, took)
	switch r.Outcome {
	case agent.RunFailed, agent.RunStopped:
		head = fmt.Sprintf("Run %s %s after %s", r.ID, r.Outcome, took)
	}
	var parts []string
	if changes := d.tally.changes(func(a plan.Action) string { return words(a).done }); changes != "" {
		parts = append(parts, changes)
	}
	parts = append(parts, d.tally.rest()...)
	if why != "" {
		parts = append(parts, why)
	}
	switch {
	case len(parts) > 0:
	case r.Outcome == agent.RunDone:
		parts = append(parts, "no changes, "+d.inStep())
	default:
		parts = append(parts, "nothing was sent")
	}
	if n := len(d.settled) - d.stillOpen(); n > 0 {
		parts = append([]string{number(n) + " settled"}, parts...)
	}
	return head + ": " + strings.Join(parts, "; ") + "."
}

// SummaryLine says in one line, without a line break, how a run went: its id,
// its outcome, how long it took, what was done and what was not. It is fit for a
// log, and names no person beyond what the run's own error says.
func SummaryLine(r *agent.Report) string {
	line := arrangeRun(r, Options{}).summary()
	if unseen := notShown(&r.Plan); unseen != "" {
		line = strings.TrimSuffix(line, ".") + "; " + unseen + "."
	}
	return Escape(line)
}

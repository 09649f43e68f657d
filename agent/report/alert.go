package report

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
)

// alert collects what must not be missed: a run that ended early, what Okta
// failed to say, failures, rejections and holds.
func (d *document) alert() {
	if r := d.run; r != nil {
		switch r.Outcome {
		case agent.RunFailed:
			d.warn("The run failed: " + strings.TrimSuffix(d.withoutFailure(r.Error), ".") + ".")
		case agent.RunStopped:
			d.warn(stoppedText(r.Trigger))
		}
	}
	if on := d.plan.OwnProvisioning; len(on) > 0 {
		d.warn(plan.TwoEngines(on) + ".")
	}
	d.alertHealth()
	said := func(h plan.Hold) bool { return h.OfDoubtedState() }
	if why := d.plan.Health.DoubtState; why != "" && !slices.ContainsFunc(d.plan.Holds, said) {
		d.warn(sentence(why) + " Every removal waits once, until it is approved.")
	}
	if d.listsNobody() && d.plan.Health.DoubtUsers == "" {
		d.warn("Okta lists nobody: assign people to the app, or give the credentials an admin role (without one Okta answers an empty list).")
	}
	if n := d.stillOpen(); n > 0 {
		d.warn("WalkMe does not say what became of " + plural(n, "change") + " of an earlier run, see below.")
	}
	if n := d.tally.failed; n > 0 {
		d.warn(plural(n, "change") + " failed, see below.")
	}
	if n := len(d.plan.Rejected); n > 0 {
		d.warn(peopleAndGroups(d.plan.Rejected) + " " + is(n) + " rejected, see below.")
	}
	d.remark()
	for _, h := range d.plan.Holds {
		d.warn(holdKind(h.Kind, h.Count) + " " + is(h.Count) + " held: " + h.Reason + ".")
	}
}

// remark names the attributes that the mapping of a plan reads and no person has, unless a
// hold does.
func (d *document) remark() {
	for _, u := range d.plan.Unvalued {
		held := slices.ContainsFunc(d.plan.Holds, func(h plan.Hold) bool { return h.Concerns(u) })
		if d.run == nil && !held {
			d.warn(sentence(u.String()))
		}
	}
}

// sentence begins with a capital and ends with a stop.
func sentence(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if strings.HasSuffix(text, "?") {
		return text
	}
	return text + "."
}

// stoppedText says who goes on. A run on schedule knows nothing of a resync.
func stoppedText(trigger string) string {
	if trigger == agent.TriggerResync {
		return "The resync was stopped; resync --continue goes on where it ended."
	}
	return "The run was stopped; the next one goes on where it ended."
}

// listsNobody says that Okta has listed no person. A run for a few people does not ask for the
// list.
func (d *document) listsNobody() bool {
	return d.plan.ID != "" && d.plan.Source.Users == 0 && (d.run == nil || d.run.Trigger != agent.TriggerWatch)
}

// stillOpen counts the changes of an earlier run whose outcome is still unknown.
func (d *document) stillOpen() int {
	n := 0
	for _, s := range d.settled {
		if s.Open() {
			n++
		}
	}
	return n
}

func (d *document) warn(text string, details ...string) {
	d.alerts = append(d.alerts, alert{text: text, details: details})
}

// alertHealth says in what respect the answers of Okta are not trusted, and what
// follows from that.
func (d *document) alertHealth() {
	h := d.plan.Health
	if h.Verdict == plan.Healthy || h.Verdict == "" {
		return
	}
	follows := ""
	switch {
	case h.DoubtUsers != "" && h.DoubtGroups != "":
		follows = ": deactivations, and groups that are no longer pushed, are not trusted"
	case h.DoubtUsers != "":
		follows = ": deactivations are not trusted"
	case h.DoubtGroups != "":
		follows = ": groups that are no longer pushed are not trusted"
	}
	d.warn("Okta's answers are "+h.Verdict+follows+".", h.Reasons...)
}

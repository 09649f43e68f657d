package report

import "okta-walkme-agent/agent/plan"

// actionChoices offers the actions that occur in the document, in the order of a run.
func actionChoices(d *document) []choice {
	n := d.seen.actions
	var out []choice
	for _, a := range actions() {
		if n[a] > 0 {
			out = append(out, choice{string(a), words(a).label, number(n[a])})
		}
	}
	return out
}

// causeChoices offers the causes that occur in the document.
func causeChoices(d *document) []choice {
	n := d.seen.causes
	var out []choice
	for _, c := range []plan.Cause{plan.CauseOkta, plan.CauseMapping, plan.CauseDrift, plan.CauseFailed, plan.CauseForced} {
		if n[c] > 0 {
			out = append(out, choice{string(c), causeLabel(c), number(n[c])})
		}
	}
	return out
}

func causeLabel(c plan.Cause) string {
	switch c {
	case plan.CauseOkta:
		return "changed in Okta"
	case plan.CauseMapping:
		return "changed mapping"
	case plan.CauseDrift:
		return "changed in WalkMe"
	case plan.CauseFailed:
		return "failed before"
	case plan.CauseForced:
		return "resync"
	}
	return string(c)
}

// stateChoices offers the states that occur in the page, in its order.
func stateChoices(sections []pageSection, ran bool) []choice {
	n := map[string]int{}
	var order []string
	for _, s := range sections {
		if n[s.State] == 0 {
			order = append(order, s.State)
		}
		n[s.State] += s.Count
	}
	out := make([]choice, len(order))
	for i, state := range order {
		out[i] = choice{state, stateLabel(state, ran), number(n[state])}
	}
	return out
}

func stateLabel(state string, ran bool) string {
	switch state {
	case statePlanned:
		if ran {
			return "sent"
		}
		return "to be sent"
	case kindUnconfirmed:
		return "not confirmed"
	case kindDisabled, kindPaused:
		return "disabled by configuration"
	}
	return state
}

package report

import "okta-walkme-agent/agent"

// actionChoices offers the actions that occur in the plan, in the order of a run.
func actionChoices(p *agent.Plan) []choice {
	n := map[agent.Action]int{}
	for _, c := range p.Changes {
		n[c.Action]++
	}
	var out []choice
	for _, a := range actions() {
		if n[a] > 0 {
			out = append(out, choice{string(a), words(a).label, number(n[a])})
		}
	}
	return out
}

// causeChoices offers the causes that occur in the plan.
func causeChoices(p *agent.Plan) []choice {
	n := map[agent.Cause]int{}
	for _, c := range p.Changes {
		n[c.Cause]++
	}
	var out []choice
	for _, c := range []agent.Cause{agent.CauseOkta, agent.CauseMapping, agent.CauseDrift, agent.CauseFailed, agent.CauseForced} {
		if n[c] > 0 {
			out = append(out, choice{string(c), causeLabel(c), number(n[c])})
		}
	}
	return out
}

func causeLabel(c agent.Cause) string {
	switch c {
	case agent.CauseOkta:
		return "changed in Okta"
	case agent.CauseMapping:
		return "changed mapping"
	case agent.CauseDrift:
		return "changed in WalkMe"
	case agent.CauseFailed:
		return "failed before"
	case agent.CauseForced:
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
	case kindDisabled:
		return "disabled by configuration"
	}
	return state
}

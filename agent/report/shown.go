package report

import (
	"slices"
	"strings"

	"okta-walkme-agent/agent/plan"
)

// notShown says in one line what WalkMe accepted and does not show; "" if nothing.
func notShown(p *plan.Plan) string {
	var what []string
	if n := p.Summary.NotShown.Members; n > 0 {
		what = append(what, "members of "+plural(n, "group"))
	}
	paths := slices.DeleteFunc(slices.Clone(p.NotShown), func(path string) bool { return path == plan.PathMembers })
	if n := p.Summary.NotShown.Values; n > 0 {
		what = append(what, namesOf(paths)+" of "+plural(n, "person"))
	}
	if len(what) == 0 {
		return ""
	}
	return "accepted, not shown: " + strings.Join(what, ", ")
}

// strangersFact names members of a pushed group who are not the agent's.
func strangersFact(s plan.Strangers) fact {
	names := make([]string, len(s.Members))
	for i, m := range s.Members {
		names[i] = name(m.Name, m.WalkMeID)
	}
	return fact{"Kept", namesOf(names) + " in " + name(s.Name, s.WalkMeID), "not put there by the agent, left"}
}

// maxListed is how many names stand in a line.
const maxListed = 5

func namesOf(names []string) string {
	if left := len(names) - maxListed; left > 0 {
		return strings.Join(names[:maxListed], ", ") + " and " + number(left) + " more"
	}
	return strings.Join(names, ", ")
}

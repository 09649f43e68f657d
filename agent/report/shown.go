package report

import (
	"slices"
	"strings"

	"okta-walkme-agent/agent/plan"
)

// notShown says in one line what WalkMe accepted and does not show; "" if nothing.
func notShown(p *plan.Plan) string {
	if text := NotShownWords(p.Summary.NotShown, p.NotShown); text != "" {
		return "accepted, not shown: " + text
	}
	return ""
}

// NotShownWords says what is not shown: "members of 2 groups, title of 3 people". It is
// empty when that is nothing.
func NotShownWords(n plan.NotShown, paths []string) string {
	var what []string
	if n.Members > 0 {
		what = append(what, "members of "+plural(n.Members, "group"))
	}
	paths = slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return path == plan.PathMembers })
	if n.Values > 0 {
		what = append(what, namesOf(paths)+" of "+plural(n.Values, "person"))
	}
	return strings.Join(what, ", ")
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

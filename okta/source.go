package okta

import (
	"fmt"
	"strings"
)

// GroupSource names groups to push. Exactly one of Name, ID, Rule,
// AssignedGroups and OktaMappings is set.
type GroupSource struct {
	Name string     // the one group of exactly this name
	ID   string     // the group of this id, 00g…
	Rule *GroupRule // all groups of the org that match

	AssignedGroups bool // the groups assigned to the app
	OktaMappings   bool // the groups of the app's "Push Groups" tab

	Link string // name of an existing WalkMe group to link to; or ""

	// Paused marks the groups of this source, whatever other source names them, too:
	// see Group.PausedBy. It changes nothing about how they are read.
	Paused bool
}

// GroupRule matches groups by name and description. All parts that are not
// empty must hold; case matters.
type GroupRule struct {
	NameStartsWith, NameContains, NameEndsWith                      string
	DescriptionStartsWith, DescriptionContains, DescriptionEndsWith string
}

// String is the label of the source in reports, without its link. Sources that
// name different things have different labels.
func (s GroupSource) String() string {
	switch {
	case s.Name != "":
		return fmt.Sprintf("group %q", s.Name)
	case s.ID != "":
		return "group id " + s.ID
	case s.Rule != nil:
		return "rule " + s.Rule.String()
	case s.AssignedGroups:
		return "groups assigned to the app"
	case s.OktaMappings:
		return "group-push mappings of Okta"
	}
	return "no source"
}

// String writes the rule out: name starts with "walkme-" and ….
func (r GroupRule) String() string {
	var parts []string
	for _, p := range []struct{ what, value string }{
		{"name starts with", r.NameStartsWith},
		{"name contains", r.NameContains},
		{"name ends with", r.NameEndsWith},
		{"description starts with", r.DescriptionStartsWith},
		{"description contains", r.DescriptionContains},
		{"description ends with", r.DescriptionEndsWith},
	} {
		if p.value != "" {
			parts = append(parts, fmt.Sprintf("%s %q", p.what, p.value))
		}
	}
	return strings.Join(parts, " and ")
}

// Match reports whether a group of that name and description fits. A rule
// without any part matches nothing.
func (r GroupRule) Match(name, description string) bool {
	return r != GroupRule{} &&
		strings.HasPrefix(name, r.NameStartsWith) &&
		strings.Contains(name, r.NameContains) &&
		strings.HasSuffix(name, r.NameEndsWith) &&
		strings.HasPrefix(description, r.DescriptionStartsWith) &&
		strings.Contains(description, r.DescriptionContains) &&
		strings.HasSuffix(description, r.DescriptionEndsWith)
}

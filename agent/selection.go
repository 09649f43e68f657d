package agent

import (
	"slices"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// Selection is what a resync pushes again. The parts combine: a resource is
// selected when it matches every part that is set. The zero value selects
// everything.
type Selection struct {
	Users      []string // Okta ids, sorted
	Groups     []string // Okta ids, sorted
	Attributes []string // paths; only people whose value of one differs from what was acknowledged, unless Always
	Failed     bool     // only what failed at the last attempt
	Always     bool     // with Attributes: everybody
}

// wants says whether a resync forces an update of a person.
func (s *Selection) wants(r *state.Record, diff []scim.AttributeChange, want *Person) bool {
	if s == nil || len(s.Groups) > 0 && len(s.Users) == 0 {
		return false
	}
	if len(s.Users) > 0 && !contains(s.Users, want.SourceID) {
		return false
	}
	if s.Failed && r.Attempts == 0 {
		return false
	}
	if len(s.Attributes) == 0 || s.Always {
		return true
	}
	return slices.ContainsFunc(diff, func(d scim.AttributeChange) bool { return slices.Contains(s.Attributes, d.Path) })
}

// wantsGroup says whether a resync forces a full push of a group's members.
func (s *Selection) wantsGroup(r *state.Record) bool {
	if s == nil || (len(s.Users) > 0 || len(s.Attributes) > 0) && len(s.Groups) == 0 {
		return false
	}
	if len(s.Groups) > 0 && !contains(s.Groups, r.SourceID) {
		return false
	}
	return !s.Failed || r.Attempts > 0
}

func contains(sorted []string, id string) bool {
	_, ok := slices.BinarySearch(sorted, id)
	return ok
}

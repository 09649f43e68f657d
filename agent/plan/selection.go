package plan

import (
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/internal/near"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// Selection is what a resync pushes again, although nothing differs. Users and
// groups add up; the other parts narrow them down. The zero value selects
// everything. A run with a selection leaves everything else alone.
type Selection struct {
	Users      []string `json:"users,omitempty"`      // userName or Okta id
	Groups     []string `json:"groups,omitempty"`     // name in Okta or WalkMe, or Okta id
	Attributes []string `json:"attributes,omitempty"` // paths: people alone, for the sake of these
	Changed    bool     `json:"changed,omitempty"`    // only what differs from what was acknowledged; with Attributes: in one of these
	Failed     bool     `json:"failed,omitempty"`     // only what failed at its last attempt

	ids  map[string]bool // resolved; nil: everything
	done map[string]bool // object keys: what a resync that goes on has pushed already; nil: it begins
}

// Continued is the rest of a resync that was interrupted: all but what it has pushed, by
// object key. The map is taken over.
func (s Selection) Continued(pushed map[string]bool) Selection {
	s.done = pushed
	return s
}

// Continues says whether the resync goes on where one was interrupted.
func (s *Selection) Continues() bool { return s.done != nil }

// String names what is selected, in the flags of the command line, or as "everything":
// two selections of the same have the same.
func (s *Selection) String() string {
	if flags := s.Flags(); len(flags) > 0 {
		return strings.Join(flags, " ")
	}
	return "everything"
}

// Flags are those of the command line that select the same, quoted for a shell.
func (s *Selection) Flags() (parts []string) {
	for _, flag := range []struct {
		name   string
		values []string
	}{{"--user", s.Users}, {"--group", s.Groups}, {"--attribute", s.Attributes}} {
		values := slices.Clone(flag.values)
		slices.Sort(values)
		for _, v := range slices.Compact(values) {
			if strings.ContainsAny(v, " '\"\\$&;|<>()*?#`") {
				v = "'" + strings.ReplaceAll(v, "'", `'\''`) + "'"
			}
			parts = append(parts, flag.name+" "+v)
		}
	}
	if s.Changed {
		parts = append(parts, "--changed")
	}
	if s.Failed {
		parts = append(parts, "--failed")
	}
	return parts
}

// All says whether everything is selected.
func (s *Selection) All() bool {
	return s != nil && len(s.Users)+len(s.Groups)+len(s.Attributes) == 0 && !s.Failed && !s.Changed
}

// UnknownError says that a resync names a person or group that neither Okta
// nor the state knows.
type UnknownError struct {
	Names []string
	Near  string // the names that may have been meant, as a question; "" for none
}

func (e *UnknownError) Error() string {
	text := "neither assigned in Okta nor managed here: " + strings.Join(e.Names, ", ")
	if e.Near != "" {
		text += "; " + e.Near
	}
	return text
}

// NearName asks whether another person, or group, was meant; "" when no name is near.
func NearName(t scim.Type, name string, names []string) string {
	if t == scim.User {
		return near.LoginQuestion(name, names)
	}
	return near.Question(name, names)
}

// People are all that the names of people may stand for, see named. Nil is nobody.
func (s *Selection) People() (names []string) {
	if s == nil {
		return nil
	}
	for _, name := range s.Users {
		names = append(names, name)
		for part := range strings.SplitSeq(name, ",") {
			names = append(names, strings.TrimSpace(part))
		}
	}
	return scim.SortedSet(names)
}

// Resolve is the scope with the names of its selection turned into Okta ids. The error
// is an *UnknownError, which asks whether somebody else was meant: one of these, or of others,
// who are userNames of people in step.
func (s Scope) Resolve(desired Desired, groups []GroupWant, recorded []state.Record, others []string) (Scope, error) {
	if !s.Names() {
		return s, nil
	}
	resolved := *s.selection
	resolved.ids = map[string]bool{}
	known := map[string][]string{} // type and key of a name or id → object keys
	called := map[scim.Type][]string{scim.User: others}
	note := func(t scim.Type, oktaID string, names ...string) {
		called[t] = append(called[t], names...)
		for _, name := range append(names, oktaID) {
			key := ObjectKey(t, scim.NameKey(name))
			known[key] = append(known[key], ObjectKey(t, oktaID))
		}
	}
	for i := range desired.People {
		note(scim.User, desired.People[i].SourceID, desired.People[i].Name())
	}
	for i := range groups {
		note(scim.Group, groups[i].OktaID, groups[i].Name, groups[i].Group)
	}
	for i := range recorded {
		note(recorded[i].Type, recorded[i].SourceID, recorded[i].Name)
	}
	var unknown, meant []string
	for t, names := range map[scim.Type][]string{scim.User: resolved.Users, scim.Group: resolved.Groups} {
		for _, name := range names {
			keys, missing := named(name, func(name string) []string { return known[ObjectKey(t, scim.NameKey(name))] })
			for _, name := range missing {
				if question := NearName(t, name, called[t]); question != "" {
					meant = append(meant, question)
				}
				unknown = append(unknown, fmt.Sprintf("%s %q", strings.ToLower(string(t)), name))
			}
			for _, key := range keys {
				resolved.ids[key] = true
			}
		}
	}
	if len(unknown) > 0 {
		slices.Sort(unknown)
		slices.Sort(meant)
		return s, &UnknownError{unknown, strings.Join(meant, " ")}
	}
	s.selection = &resolved
	return s, nil
}

// named is what a name stands for, or, where nothing has it, what a list with commas
// does. Of a list with a known name those that are not known are missing.
func named(name string, find func(string) []string) (keys, missing []string) {
	if keys = find(name); len(keys) > 0 {
		return keys, nil
	}
	for part := range strings.SplitSeq(name, ",") {
		part = strings.TrimSpace(part)
		found := find(part)
		if part == "" || len(found) == 0 {
			missing = append(missing, part)
			continue
		}
		keys = append(keys, found...)
	}
	if len(keys) == 0 {
		missing = []string{name}
	}
	return keys, missing
}

func (s *Selection) names(t scim.Type, oktaID string) bool {
	return s.ids == nil || s.ids[ObjectKey(t, oktaID)]
}

// narrows says whether the record passes the parts that are about its past.
func (s *Selection) narrows(r *state.Record) bool {
	if s.Failed && (r == nil || r.Attempts == 0) {
		return false
	}
	return r == nil || r.Partial || !s.done[ObjectKey(r.Type, r.SourceID)]
}

// touches says whether what differs of a person is reason enough: without Changed,
// nothing needs to differ.
func (s *Selection) touches(diff []scim.AttributeChange) bool {
	return !s.Changed || len(s.Attributes) == 0 && len(diff) > 0 ||
		slices.ContainsFunc(diff, func(d scim.AttributeChange) bool { return slices.Contains(s.Attributes, d.Path) })
}

// wants says whether a resync forces an update of a managed person.
func (s *Selection) wants(r *state.Record, diff []scim.AttributeChange) bool {
	return s != nil && s.names(scim.User, r.SourceID) && s.narrows(r) && s.touches(diff)
}

// wantsGroup says whether a resync forces a full push of a managed group. What failed
// is merely tried again.
func (s *Selection) wantsGroup(r *state.Record) bool {
	return s != nil && !s.Failed && !s.Changed && s.names(scim.Group, r.SourceID) && s.narrows(r) && len(s.Attributes) == 0
}

// replaces says whether that push throws out the strangers in the group, as Okta's
// Push Now does. A linked group has members of its own: it has to be named.
func (s *Selection) replaces(r *state.Record) bool {
	return s.wantsGroup(r) && (r.Origin == state.Created || s.ids != nil)
}

// covers says whether a change belongs to the selection.
func (s *Selection) covers(c *Change, r *state.Record) bool {
	if s == nil {
		return true
	}
	if len(s.Attributes) > 0 && (c.Action != Update || !s.touches(c.Attributes)) {
		return false
	}
	return s.names(c.Type, c.OktaID) && s.narrows(r)
}

package agent

import (
	"maps"
	"slices"
	"strings"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// sights are what a refresh has seen of WalkMe's accounts, as far as the records say
// something else. Nil is no refresh: nothing is known.
type sights struct {
	otherwise map[string]sight    // how accounts are shown otherwise than they were taken, by Okta id
	gone      map[string]bool     // Okta ids of those whose account is not there
	unseen    map[string][]string // Okta ids of active accounts that do not show what was pushed, by path
	unmanaged map[string]string   // userNames of accounts that nobody on record has, by WalkMe id
	groups    map[string][]string // of accounts that show their groups, by WalkMe id
	shown     plan.Shown          // what WalkMe has ever shown

	texts map[string]string // paths and ids of groups, which most accounts have in common
}

// sight is what WalkMe shows of an account otherwise than it took it.
type sight struct {
	active *bool // nil: as on record
	values []scim.Attribute
}

func newSights(shown plan.Shown) *sights {
	return &sights{
		otherwise: map[string]sight{}, gone: map[string]bool{}, unseen: map[string][]string{},
		unmanaged: map[string]string{}, groups: map[string][]string{}, shown: shown, texts: map[string]string{},
	}
}

// share returns the one copy of a text.
func (s *sights) share(text string) string {
	if one, ok := s.texts[text]; ok {
		return one
	}
	text = strings.Clone(text)
	s.texts[text] = text
	return text
}

// concern says whether WalkMe does not show a person's account as the record has it.
func (s *sights) concern(oktaID string) bool {
	if s == nil {
		return false
	}
	_, otherwise := s.otherwise[oktaID]
	return otherwise || s.isGone(oktaID)
}

// isGone says whether a person's account is not there.
func (s *sights) isGone(oktaID string) bool { return s != nil && s.gone[oktaID] }

// areIn says whether a change says all that is shown otherwise: it is about each value, and of
// one that is gone it wants nothing else than was taken.
func (s *sights) areIn(c *plan.Change) bool {
	seen := s.otherwise[c.OktaID]
	for _, v := range seen.values {
		at := slices.IndexFunc(c.Attributes, func(a scim.AttributeChange) bool { return a.Path == v.Path })
		if at < 0 || v.Value == nil && !scim.Equal(c.Attributes[at].Old, c.Attributes[at].New) {
			return false
		}
	}
	return seen.active == nil
}

// overlay returns the record of a person as WalkMe shows the account: the same one where
// nothing differs.
func (s *sights) overlay(r *state.Record) *state.Record {
	if s == nil || r == nil {
		return r
	}
	seen, otherwise := s.otherwise[r.SourceID]
	if !otherwise {
		return r
	}
	out := *r
	if seen.active != nil {
		out.Active = *seen.active
	}
	out.Attributes = slices.Clone(r.Attributes)
	for i, a := range out.Attributes {
		if at := slices.IndexFunc(seen.values, func(v scim.Attribute) bool { return v.Path == a.Path }); at >= 0 {
			out.Attributes[i].Value = seen.values[at].Value
		}
	}
	return &out
}

// noteNotShown tells a plan what WalkMe accepted of people and does not show.
func (s *sights) noteNotShown(planned *plan.Plan) {
	if s == nil {
		return
	}
	for _, path := range slices.Sorted(maps.Keys(s.unseen)) {
		for _, oktaID := range s.unseen[path] {
			planned.NoteNotShown(scim.User, oktaID, path)
		}
	}
}

// missingValue is a value that an account does not show.
type missingValue struct {
	oktaID string
	active bool
}

// comparedAccounts compares accounts with their records, one after the other, and says at
// the end what follows.
type comparedAccounts struct {
	*sights
	missing map[string][]missingValue // by path
}

// compare looks at an account that a person has on record. A value of an attribute that
// WalkMe has never shown of any account is taken as it was pushed: silence is no evidence. Of
// one that it has shown, a missing value is gone. Which of the two it is the last account tells.
func (c comparedAccounts) compare(r *state.Record, u *walkme.User) {
	id := strings.Clone(r.SourceID) // the record's own texts lie among those of many others
	var seen sight
	active := r.Active
	if u.Active != nil && *u.Active != r.Active {
		seen.active, active = u.Active, *u.Active
	}
	for _, a := range r.Attributes {
		actual, _ := u.Attribute(a.Path)
		shown := !scim.Equal(actual, nil)
		if shown && !scim.Equal(a.Value, nil) && !c.shown.Has(a.Path) {
			c.shown.See(c.share(a.Path))
		}
		switch {
		case plan.SameValue(a.Path, actual, a.Value):
		case shown:
			seen.values = append(seen.values, scim.Attribute{Path: c.share(a.Path), Value: owned(actual)})
		default:
			path := c.share(a.Path)
			c.missing[path] = append(c.missing[path], missingValue{id, active})
		}
	}
	if seen.active != nil || len(seen.values) > 0 {
		c.otherwise[id] = seen
	}
}

// owned returns a value that holds nothing else of the answer it comes from.
func owned(value any) any {
	if text, ok := value.(string); ok {
		return strings.Clone(text)
	}
	return value
}

// conclude says of the values that are missing whether they are gone.
func (c comparedAccounts) conclude() {
	for path, missing := range c.missing {
		gone := c.shown.Has(path)
		for _, m := range missing {
			if gone {
				seen := c.otherwise[m.oktaID]
				seen.values = append(seen.values, scim.Attribute{Path: path})
				c.otherwise[m.oktaID] = seen
			} else if m.active {
				c.unseen[path] = append(c.unseen[path], m.oktaID)
			}
		}
		delete(c.missing, path)
	}
}

package plan

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// causeOf tells a change in Okta from a change of the mapping. Expressions are
// pure, so a value that differs under an unchanged expression can only come from
// a change in Okta.
func (p *planner) causeOf(diff []scim.AttributeChange, r *state.Record) (Cause, string) {
	earlier := p.in.Earlier[r.MappingDigest]
	current := p.in.Mapping.expressions
	var okta, mapping []string
	for _, d := range diff {
		if p.in.Pushed != nil && SameValue(d.Path, d.Old, d.New) {
			continue // acknowledged, and changed in WalkMe since
		}
		old, known := earlier[d.Path]
		if earlier == nil || known && old == current[d.Path] {
			okta = append(okta, d.Path)
		} else {
			mapping = append(mapping, d.Path)
		}
	}
	switch {
	case len(mapping)+len(okta) == 0 && p.in.Pushed != nil:
		return CauseDrift, "changed in WalkMe"
	case len(mapping) == 0:
		return CauseOkta, strings.Join(okta, ", ") + " changed in Okta"
	case len(okta) == 0:
		return CauseMapping, "mapping of " + strings.Join(mapping, ", ") + " changed"
	}
	return CauseOkta, fmt.Sprintf("%s changed in Okta, mapping of %s changed",
		strings.Join(okta, ", "), strings.Join(mapping, ", "))
}

// reject reports a person, and whether that comes from a change of the mapping.
func (p *planner) reject(rejection Rejection, r *state.Record) {
	if r != nil && r.ID != "" {
		earlier, mapped := p.in.Earlier[r.MappingDigest][rejection.Path]
		if mapped && earlier != p.in.Mapping.expressions[rejection.Path] {
			rejection.Cause = CauseMapping
		}
	}
	p.plan.Rejected = append(p.plan.Rejected, rejection)
}

// noteUnmapped counts the values of attributes that a new mapping does not have any more.
func (p *planner) noteUnmapped() {
	if !p.in.NewMapping {
		return
	}
	people := map[string]int{}
	if p.in.InStep != nil {
		maps.Copy(people, p.in.InStep.unmapped)
	}
	for _, r := range p.users {
		for path := range p.in.Mapping.unmapped(r) {
			people[path]++
		}
	}
	for _, path := range slices.Sorted(maps.Keys(people)) {
		if people[path] > 0 {
			p.plan.Unmapped = append(p.plan.Unmapped, Unmapped{path, people[path]})
		}
	}
}

// unmapped yields the paths of a managed person's values that the mapping does not have.
func (m Mapping) unmapped(r *state.Record) iter.Seq[string] {
	return func(yield func(string) bool) {
		if r.ID == "" || !r.Active {
			return
		}
		for _, a := range r.Attributes {
			if a.Value != nil && !m.has(a.Path) && !yield(a.Path) {
				return
			}
		}
	}
}

// has says whether a path is mapped.
func (m Mapping) has(path string) bool {
	_, found := slices.BinarySearchFunc(m.rules, path, func(r MappingRule, path string) int { return strings.Compare(r.Path, path) })
	return found
}

// withActual tells what was acknowledged from what WalkMe shows.
func (p *planner) withActual(diff []scim.AttributeChange, r *state.Record) []scim.AttributeChange {
	pushed, ok := p.in.Pushed[ObjectKey(scim.User, r.SourceID)]
	if !ok {
		return diff
	}
	for i := range diff {
		actual := diff[i].Old
		diff[i].Old = pushed.Attributes.Get(diff[i].Path)
		if !scim.Equal(actual, diff[i].Old) {
			diff[i].Actual = actual
		}
	}
	return diff
}

// AsShown returns what WalkMe has of an account before an update: what is recorded, but for
// the values that a refresh has seen otherwise.
func (c *Change) AsShown(recorded scim.Attributes) scim.Attributes {
	if c.Action != Update || c.Cause == CauseForced {
		return recorded
	}
	out := slices.Clone(recorded)
	for _, a := range c.Attributes {
		at := slices.IndexFunc(out, func(r scim.Attribute) bool { return r.Path == a.Path })
		if at >= 0 && (a.Actual != nil || scim.Equal(a.Old, a.New)) { // else it is as recorded
			out[at].Value = a.Actual
		}
	}
	return out
}

// drifted says whether WalkMe shows another status than it acknowledged.
func (p *planner) drifted(r *state.Record) bool {
	pushed, ok := p.in.Pushed[ObjectKey(r.Type, r.SourceID)]
	return ok && (pushed.Active != r.Active || pushed.ID != r.ID)
}

// SameValue compares a userName as SCIM does, without regard to case (see
// scim.SameName).
func SameValue(path string, a, b any) bool {
	if x, ok := a.(string); ok && path == scim.PathUserName {
		y, ok := b.(string)
		return ok && scim.SameName(x, y)
	}
	return scim.Equal(a, b)
}

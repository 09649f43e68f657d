package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"okta-walkme-agent/internal/el"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
)

// slipFrom is the number of people from which on it means something that none of them
// has an attribute.
const slipFrom = 5

// Unvalued is an attribute that an expression reads and that is empty for all people.
type Unvalued struct {
	Path       string `json:"path"` // of the mapping
	Expression string `json:"expression"`
	Attribute  string `json:"attribute"` // as the expression names it: user.title
	People     int    `json:"people"`    // none of whom has it

	// Slip says that it is most likely mistyped: Okta does not have it.
	Slip bool   `json:"slip"`
	Near string `json:"near,omitempty"` // what may be meant; "" when nothing is near
}

// scope names the path and the expression: what a decision about a slip is about.
func (u Unvalued) scope() string { return u.Path + " = " + u.Expression }

// hasScope says whether a path still has the expression that a scope names.
func (m Mapping) hasScope(scope string) bool {
	return slices.ContainsFunc(m.rules, func(r MappingRule) bool {
		return Unvalued{Path: r.Path, Expression: r.Expr.String()}.scope() == scope
	})
}

// Concerned says whether the plan would do something because of one of these
// attributes: empty a value, or create an account without it.
func (p *Plan) Concerned(unvalued []Unvalued) bool {
	return slices.ContainsFunc(unvalued, func(u Unvalued) bool { return p.plain.anyLacks(u.Path) || len(p.concerned(u)) > 0 })
}

// concerned lists the updates in which an expression empties a value, and the creates
// in which its result is empty.
func (p *Plan) concerned(u Unvalued) []*Change {
	var out []*Change
	for _, c := range p.Changes {
		empties := c.Profile() && slices.Contains(c.Emptied(), u.Path) && !c.passes[u.Path]
		creates := c.Action == Create && c.Want != nil && scim.Equal(c.Want.Attributes.Get(u.Path), nil)
		if !c.Blocked() && (empties || creates) {
			out = append(out, c)
		}
	}
	return out
}

// String says what is odd, in a sentence without a full stop.
func (u Unvalued) String() string {
	if !u.Slip {
		return fmt.Sprintf("nobody of %d people has a value of %s, so %s stays empty", u.People, u.Attribute, u.Path)
	}
	text := fmt.Sprintf("%s reads %s, which nobody of %d people has, and which Okta does not seem to have", u.Path, u.Attribute, u.People)
	if u.Near != "" {
		text += "; did you mean " + u.Near + "?"
	}
	return text
}

// Unvalued lists the attributes that expressions read and none of at least five
// people has, by path and attribute. schema, where it may be read, says which exist;
// without it an attribute is taken for a slip when a known one has nearly its name.
func (m Mapping) Unvalued(names okta.ProfileNames, schema *okta.Schema) []Unvalued {
	if names.People < slipFrom {
		return nil
	}
	var out []Unvalued
	for _, rule := range m.rules {
		for _, ref := range rule.Expr.References() {
			if u, ok := unvalued(ref, names, schema); ok {
				u.Path, u.Expression, u.People = rule.Path, rule.Expr.String(), names.People
				out = append(out, u)
			}
		}
	}
	slices.SortFunc(out, func(a, b Unvalued) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Attribute, b.Attribute))
	})
	return out
}

func unvalued(ref el.Reference, names okta.ProfileNames, schema *okta.Schema) (u Unvalued, ok bool) {
	var counts map[string]int
	var known []string
	switch ref.Root {
	case "user":
		counts, known = names.User, baseAttributes
		if schema != nil {
			known = schema.User
		}
	case "appuser":
		if ref.Name == "userName" { // Okta keeps it outside the profile
			return u, false
		}
		counts = names.AppUser
		if schema != nil {
			known = schema.AppUser
		}
	default:
		return u, false
	}
	n, occurs := counts[ref.Name]
	if n > 0 {
		return u, false
	}
	u.Attribute = ref.Root + "." + ref.Name
	if occurs || slices.Contains(known, ref.Name) {
		return u, true
	}
	candidates := slices.Concat(known, slices.Collect(maps.Keys(counts)))
	slices.Sort(candidates)
	if near := el.Nearest(ref.Name, slices.Compact(candidates)); near != "" {
		u.Near = ref.Root + "." + near
	}
	u.Slip = schema != nil || u.Near != ""
	return u, true
}

// baseAttributes are those that every Okta user profile has, with or without a value
// (Okta, "User type attributes", the default profile).
var baseAttributes = []string{
	"city", "costCenter", "countryCode", "department", "displayName", "division", "email", "employeeNumber", "firstName",
	"honorificPrefix", "honorificSuffix", "lastName", "locale", "login", "manager", "managerId", "middleName", "mobilePhone", "nickName",
	"organization", "postalAddress", "preferredLanguage", "primaryPhone", "profileUrl", "secondEmail", "state", "streetAddress",
	"timezone", "title", "userType", "zipCode",
}

package console

import (
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/el"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// mappedValue is one attribute: what it comes from, and what WalkMe took.
type mappedValue struct {
	Path, Expression string
	Sources          []sourceValue
	Value            string
	Error            string
	Acknowledged     string // "" when it is the value
}

// sourceValue is an attribute that an expression reads. Profile is what the Okta profile
// has under its name, where the assignment has another value: mapped, or overridden.
type sourceValue struct{ Name, Value, Profile string }

// mappedValues are the values that the mapping makes of a person, each with what it was
// made of.
func mappedValues(m plan.Mapping, app okta.App, u *okta.User, d *plan.Person, r *state.Record) []mappedValue {
	env, err := m.Env(u, plan.AppMembers(app))
	if err != nil {
		env = el.Env{} // a profile that is no object: the rejection says so
	}
	var out []mappedValue
	for _, rule := range m.Rules() {
		v := mappedValue{Path: rule.Path, Expression: rule.Expr.String()}
		for _, ref := range rule.Expr.References() {
			v.Sources = append(v.Sources, sourceOf(env, ref))
		}
		switch {
		case d.Rejection != nil && d.Rejection.Path == rule.Path:
			v.Error = d.Rejection.Error
		case d.Attributes != nil:
			v.Value = display(d.Attributes.Get(rule.Path))
		}
		if r != nil && r.ID != "" && (d.Attributes == nil || !scim.Equal(r.Attributes.Get(rule.Path), d.Attributes.Get(rule.Path))) {
			v.Acknowledged = display(r.Attributes.Get(rule.Path))
		}
		out = append(out, v)
	}
	return out
}

// sourceOf is what an expression reads under a reference.
func sourceOf(env el.Env, ref el.Reference) sourceValue {
	source := sourceValue{Name: ref.Root + "." + ref.Name}
	switch ref.Root {
	case "user":
		source.Value = display(env.User[ref.Name])
	case "app":
		source.Value = display(env.App[ref.Name])
	case "appuser":
		source.Value = display(env.AppUser[ref.Name])
		name := ref.Name
		if name == "userName" {
			name = "login"
		}
		if own, ok := env.User[name]; ok && display(own) != source.Value {
			source.Profile = "user." + name + " is " + display(own) + ": mapped or overridden at the assignment"
		}
	default:
		source.Name, source.Value = `user.getInternalProperty("`+ref.Name+`")`, display(env.Internal[ref.Name])
	}
	return source
}

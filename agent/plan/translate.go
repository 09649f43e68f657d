package plan

import (
	"bytes"
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"

	"okta-walkme-agent/internal/el"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
)

// Translator maps people one by one, without a look at those of others. It is for one
// goroutine.
type Translator struct {
	m        Mapping
	policy   DesirePolicy
	env      el.Env // filled anew for each person
	internal bool   // an expression reads what is outside the profiles
}

// Translator makes one. app is what expressions see of the app, see AppMembers.
func (m Mapping) Translator(app map[string]any, policy DesirePolicy) *Translator {
	return &Translator{
		m: m, policy: policy,
		env:      el.Env{User: map[string]any{}, AppUser: map[string]any{}, App: app},
		internal: slices.ContainsFunc(m.rules, readsInternal),
	}
}

func readsInternal(r MappingRule) bool {
	return slices.ContainsFunc(r.Expr.References(), func(ref el.Reference) bool { return ref.Root == "internal" })
}

// Person maps one assignment.
func (t *Translator) Person(u *okta.User) Person {
	p := Person{
		Resource:     scim.Resource{Type: scim.User, SourceID: u.ID},
		SourceDigest: digestUser(u),
	}
	if u.LastUpdated != "" {
		p.AssignedAt, _ = time.Parse(time.RFC3339, u.LastUpdated) // an odd time stamp is none
	}
	p.Presence, p.Why = PresenceOf(u, t.policy)
	if p.Presence == Absent {
		return p
	}
	attributes, err := t.attributes(u)
	if err == nil {
		p.Attributes = attributes
		err = checkUserName(attributes, t.policy)
	}
	if err != nil && p.Presence == Present { // of a person who is kept nothing would be sent
		p.Reject(u.UserName, err)
	}
	p.Active = p.Presence == Present
	return p
}

func (t *Translator) attributes(u *okta.User) (scim.Attributes, error) {
	if err := fill(&t.env, u); err != nil {
		return nil, err
	}
	t.env.Internal = nil
	if t.internal {
		t.env.Internal = internal(u)
	}
	return t.m.Attributes(t.env)
}

// Env is what the expressions see of a person. app is what they see of the app.
func (m Mapping) Env(u *okta.User, app map[string]any) (el.Env, error) {
	env := el.Env{User: map[string]any{}, AppUser: map[string]any{}, App: app, Internal: internal(u)}
	if err := fill(&env, u); err != nil {
		return el.Env{}, err
	}
	return env, nil
}

func internal(u *okta.User) map[string]any {
	return map[string]any{"id": u.ID, "status": u.AccountStatus}
}

// fill decodes the profiles of a person.
func fill(env *el.Env, u *okta.User) error {
	clear(env.User)
	clear(env.AppUser)
	if err := members(env.User, u.Profile); err != nil {
		return &MappingError{Path: "user", Msg: err.Error()}
	}
	if err := members(env.AppUser, u.AppProfile); err != nil {
		return &MappingError{Path: "appuser", Msg: err.Error()}
	}
	env.AppUser["userName"] = u.UserName // Okta keeps it outside the profile, in credentials
	return nil
}

// AppMembers returns what expressions see of the app.
func AppMembers(app okta.App) map[string]any {
	out := map[string]any{}
	if members(out, app.Settings) != nil {
		clear(out)
	}
	for name, value := range map[string]string{"id": app.ID, "name": app.Name, "label": app.Label} {
		if _, ok := out[name]; !ok {
			out[name] = value
		}
	}
	return out
}

// members adds the members of a JSON object to a map. Numbers keep their digits.
func members(out map[string]any, object json.RawMessage) error {
	if len(object) == 0 || string(object) == "{}" {
		return nil
	}
	plain := okta.EachMember(object, func(name, value []byte) bool {
		v, ok := memberValue(value)
		if ok = ok && isPlainText(name); ok {
			out[string(name)] = v
		}
		return ok
	})
	if plain {
		return nil
	}
	clear(out)
	return decode(object, &out)
}

// memberValue reads a value; false when that takes a look at the whole object. Nearly all
// are texts without escapes.
func memberValue(text []byte) (value any, ok bool) {
	switch string(text) {
	case "true", "false":
		return text[0] == 't', true
	case "null":
		return nil, true
	}
	if inside := len(text) - 1; text[0] == '"' && isPlainText(text[1:inside]) {
		return string(text[1:inside]), true
	}
	return value, json.Valid(text) && decode(text, &value) == nil
}

func decode(text []byte, to any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	return dec.Decode(to)
}

// isPlainText says whether a JSON text is read as it is written.
func isPlainText(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c == '\\' {
			return false
		}
	}
	return utf8.Valid(text)
}

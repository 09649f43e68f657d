package walkme

import (
	"slices"

	"okta-walkme-agent/internal/scim"
)

// User is a user as WalkMe shows it.
type User struct {
	ID         string
	UserName   string // in the case in which the server stores it
	ExternalID string // Okta's user id if the engine has pushed the profile once
	Active     *bool  // nil: the server did not say, which is not the same as false

	// Silent says that the server answered a write without a word about the user: what
	// is here is what was sent.
	Silent bool

	raw object

	listed bool // it comes from a list that may be old by now
}

// inactive tells whether the server says that the user is inactive.
func (u *User) inactive() bool { return u.Active != nil && !*u.Active }

func userOf(o object) *User {
	return &User{
		ID:         o.string("id"),
		UserName:   o.string("userName"),
		ExternalID: o.string("externalId"),
		Active:     o.boolean("active"),
		raw:        o,
	}
}

// Attribute returns the server's value under a SCIM path (see scim.ParsePath) in
// the types of scim.Attribute. It is false when the server does not show the
// attribute, or when the path is not one.
func (u *User) Attribute(path string) (any, bool) {
	p, err := scim.ParsePath(path)
	if err != nil {
		return nil, false
	}
	o := u.raw
	if p.Schema != "" {
		o = o.child(p.Schema)
	}
	key := p.Name
	switch {
	case p.FilterAttr != "":
		entries := parseObjects(o.get(p.Name))
		at := slices.IndexFunc(entries, func(e object) bool { return selects(p, e) })
		if at < 0 {
			return nil, false
		}
		o, key = entries[at], p.Sub
	case p.Sub != "":
		o, key = o.child(p.Name), p.Sub
	}
	text := o.get(key)
	return decode(text), text != nil
}

// Values returns the values of these paths, without those that the account does not
// show.
func (u *User) Values(paths []string) map[string]any {
	out := make(map[string]any, len(paths))
	for _, path := range paths {
		if value, ok := u.Attribute(path); ok {
			out[path] = value
		}
	}
	return out
}

package walkmetest

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// User is an account as a test sees it.
type User struct {
	// ID is the SCIM id. Empty in AddUser lets the tenant choose.
	ID string

	UserName   string
	GivenName  string
	FamilyName string
	ExternalID string
	Active     bool

	// Extra holds every other attribute by its name at the top level, as
	// encoding/json decodes it with UseNumber: accessRole, emails,
	// displayName, further parts of name, URNs of extensions.
	Extra map[string]any
}

// Group is a group as a test sees it.
type Group struct {
	ID          string
	DisplayName string

	// Members are user ids, sorted; UserNames the userNames of those that
	// exist, sorted.
	Members   []string
	UserNames []string

	// Extra holds every other attribute.
	Extra map[string]any
}

// AddUser creates an account by hand: no invitation is counted. It panics when
// the id is taken; userNames may be taken, as no rule binds an administrator's
// data of the past.
func (t *Tenant) AddUser(u User) (id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if u.ID != "" && !t.users.free(u.ID) {
		panic("walkmetest: the id " + u.ID + " is taken")
	}
	rec := &userRecord{doc: userDoc(u)}
	t.addUser(rec, u.ID)
	rec.pardon(1)
	return rec.id
}

// AddGroup creates a group by hand with members that need not exist.
func (t *Tenant) AddGroup(name string, memberIDs ...string) (id string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := &groupRecord{
		doc:     object{{"schemas", []any{schemaGroup}}, {"displayName", name}},
		members: slices.Clone(memberIDs),
	}
	t.addGroup(g)
	g.pardon(len(memberIDs) + 1)
	return g.id
}

// Users are all accounts, sorted by userName and id.
func (t *Tenant) Users() []User {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]User, 0, len(t.users.order))
	for _, u := range t.users.order {
		out = append(out, u.export())
	}
	slices.SortFunc(out, func(a, b User) int {
		return cmp.Or(strings.Compare(a.UserName, b.UserName), strings.Compare(a.ID, b.ID))
	})
	return out
}

// Groups are all groups, sorted by displayName and id.
func (t *Tenant) Groups() []Group {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := make([]Group, 0, len(t.groups.order))
	for _, g := range t.groups.order {
		out = append(out, t.exportGroup(g))
	}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(strings.Compare(a.DisplayName, b.DisplayName), strings.Compare(a.ID, b.ID))
	})
	return out
}

// User finds the account with a userName, without regard to case. Of several
// it is the oldest.
func (t *Tenant) User(userName string) (User, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if hits := t.users.named(userName, false); len(hits) > 0 {
		return hits[0].export(), true
	}
	return User{}, false
}

// Group finds the group with a displayName, without regard to case. Of several
// it is the oldest.
func (t *Tenant) Group(name string) (Group, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if hits := t.groups.named(name, false); len(hits) > 0 {
		return t.exportGroup(hits[0]), true
	}
	return Group{}, false
}

// SetUser edits an account by hand. A changed ID is ignored. It reports whether
// the account exists.
func (t *Tenant) SetUser(id string, edit func(*User)) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.users.byID[id]
	if u == nil {
		return false
	}
	outside := u.export()
	edit(&outside)
	t.users.unindex(u, u.label())
	u.doc = userDoc(outside)
	t.users.index(u)
	u.modified = t.opts.Now()
	u.pardon(1)
	return true
}

// DeleteUser deletes an account by hand, and its memberships unless
// Quirks.GhostMembers keeps them. It reports whether the account existed.
func (t *Tenant) DeleteUser(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.users.byID[id]
	if u != nil {
		t.removeUser(u)
	}
	return u != nil
}

// DeleteGroup deletes a group by hand. It reports whether the group existed.
func (t *Tenant) DeleteGroup(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.groups.byID[id]
	if g != nil {
		t.groups.remove(g)
	}
	return g != nil
}

// RenameGroup renames a group by hand. It reports whether the group exists.
func (t *Tenant) RenameGroup(id, name string) bool {
	return t.editGroup(id, func(g *groupRecord) {
		t.groups.unindex(g, g.label())
		g.doc.set("displayName", name)
		t.groups.index(g)
	})
}

// SetMembers replaces the members of a group by hand. It reports whether the
// group exists.
func (t *Tenant) SetMembers(id string, memberIDs ...string) bool {
	return t.editGroup(id, func(g *groupRecord) { g.members = slices.Clone(memberIDs) })
}

func (t *Tenant) editGroup(id string, edit func(*groupRecord)) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.groups.byID[id]
	if g == nil {
		return false
	}
	before := len(g.members)
	edit(g)
	g.nullMembers = g.nullMembers && len(g.members) == 0
	g.modified = t.opts.Now()
	g.pardon(max(before, len(g.members)) + 1)
	return true
}

// userDoc is the stored form of a test's account.
func userDoc(u User) object {
	doc := object{{"schemas", []any{schemaUser}}, {"userName", u.UserName}}
	name := object{}
	if parts, ok := u.Extra["name"]; ok {
		name, _ = fromGo(parts).(object)
	}
	for _, part := range []field{{"familyName", u.FamilyName}, {"givenName", u.GivenName}} {
		if part.value != "" {
			name.set(part.key, part.value)
		}
	}
	if len(name) > 0 {
		doc.set("name", name)
	}
	if u.ExternalID != "" {
		doc.set("externalId", u.ExternalID)
	}
	doc.set("active", u.Active)
	doc.set(roleKey, DefaultRole)
	for _, key := range slices.Sorted(maps.Keys(u.Extra)) {
		if key != "name" {
			doc.set(key, fromGo(u.Extra[key]))
		}
	}
	return doc
}

func (u *userRecord) export() User {
	name, _ := u.doc.get("name").(object)
	out := User{
		ID: u.id, UserName: u.label(), ExternalID: u.doc.text("externalId"), Active: u.active(),
		GivenName: name.text("givenName"), FamilyName: name.text("familyName"),
		Extra: make(map[string]any),
	}
	for _, f := range u.doc {
		switch f.key {
		case "schemas":
			if !equalValue(f.value, []any{schemaUser}) {
				out.Extra[f.key] = toGo(f.value)
			}
		case "userName", "externalId", "active":
		case "name":
			if rest := withoutKnownNames(name); len(rest) > 0 {
				out.Extra["name"] = toGo(rest)
			}
		default:
			out.Extra[f.key] = toGo(f.value)
		}
	}
	return out
}

func withoutKnownNames(name object) object {
	rest := name.clone()
	rest.delete("givenName")
	rest.delete("familyName")
	return rest
}

func (t *Tenant) exportGroup(g *groupRecord) Group {
	out := Group{ID: g.id, DisplayName: g.label(), Members: slices.Sorted(slices.Values(g.members)), Extra: make(map[string]any)}
	for _, id := range g.members {
		if u := t.users.byID[id]; u != nil {
			out.UserNames = append(out.UserNames, u.label())
		}
	}
	slices.Sort(out.UserNames)
	for _, f := range g.doc {
		if f.key != "schemas" && f.key != "displayName" {
			out.Extra[f.key] = toGo(f.value)
		}
	}
	return out
}

package walkmetest

import (
	"net/http"
	"strings"
)

const roleKey = "accessRole"

// userRecord is a stored user. doc holds what the client or the administrator
// set, without id, meta, groups and password.
type userRecord struct {
	stamp
	doc      object
	password string
	lost     bool // created, and its id was never told
	byClient bool // a POST made it
}

func (u *userRecord) label() string { return u.doc.text("userName") }

func (u *userRecord) active() bool { return u.doc.get("active") == true }

func (ex *exchange) serveUsers() answer {
	if ex.id == searchPath {
		return ex.search()
	}
	if ex.id == "" {
		switch ex.rec.Method {
		case http.MethodGet:
			return ex.listUsers()
		case http.MethodPost:
			return ex.createUser()
		}
		return ex.notAllowed(http.MethodGet, http.MethodPost)
	}
	if ex.q.ActiveNotWritable && ex.rec.Method == http.MethodPatch && strings.Contains(string(ex.rec.Body), `"active"`) {
		return ex.fail(http.StatusBadRequest, mutability, "active cannot be changed.")
	}
	u := ex.t.users.byID[ex.id]
	if u == nil || u.lost || ex.q.InactiveHidden && !u.active() {
		return ex.notFound()
	}
	if reply, ok := ex.stale(ex.userView(u)); ok {
		return reply
	}
	switch ex.rec.Method {
	case http.MethodGet:
		if ex.q.SingleGetReturnsList {
			return ex.succeed(http.StatusOK, ex.single(ex.userView(u)))
		}
		return ex.resource(http.StatusOK, ex.userView(u))
	case http.MethodPut:
		return ex.putUser(u)
	case http.MethodPatch:
		return ex.patchUser(u)
	case http.MethodDelete:
		return ex.deleteUser(u)
	}
	return ex.notAllowed(http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete)
}

func (ex *exchange) listUsers() answer {
	plain := func(u *userRecord) object { return ex.userView(u) }
	if ex.q.EmailFilterDrops && strings.HasPrefix(ex.query.Get("filter"), "emails") {
		return answer{drop: true}
	}
	var hits []*userRecord
	var bad *refusal
	if ex.q.FilterSearchesEmail && ex.query.Has("filter") && !ex.q.IgnoreFilter {
		hits, bad = ex.searchEmails()
	} else {
		hits, bad = selected(ex, &ex.t.users, "userName", plain)
	}
	if bad != nil {
		return ex.refused(bad)
	}
	if ex.q.InactiveHidden || ex.q.ConflictOnDeactivated409WithoutMatch {
		hits = keep(hits, (*userRecord).active)
	}
	return list(ex, keep(hits, func(u *userRecord) bool { return !u.lost }), plain)
}

// searchEmails is the look-up of FilterSearchesEmail.
func (ex *exchange) searchEmails() ([]*userRecord, *refusal) {
	f, bad := parseFilter(ex.query.Get("filter"), standardCollation)
	if bad != nil || !strings.EqualFold(f.attr, "userName") {
		return nil, bad
	}
	want := strings.ReplaceAll(f.value, "'", "")
	return keep(ex.t.users.order, func(u *userRecord) bool { return firstEmail(u.doc) == want }), nil
}

func firstEmail(doc object) string {
	for _, v := range resolve(doc, "emails.value") {
		s, _ := v.(string)
		return s
	}
	return ""
}

// userView is the user as an answer shows it.
func (ex *exchange) userView(u *userRecord) object {
	out := make(object, 0, len(u.doc)+4)
	for i, f := range u.doc {
		if !ex.q.AttributesHidden || contains([]string{"schemas", "userName", "externalId", "name", "active"}, f.key) {
			out = append(out, f)
		}
		if i == 0 {
			out = append(out, field{"id", u.id})
		}
	}
	if ex.q.ActiveAsString && out.has("active") {
		out.set("active", map[bool]string{true: "True", false: "False"}[u.active()])
	}
	if ex.q.ShowGroups {
		out.set("groups", ex.groupsOf(u.id))
	}
	if ex.q.EchoPassword && u.password != "" {
		out.set("password", u.password)
	}
	if !ex.q.NoMeta {
		out.set("meta", u.meta("User", ex.location("Users", u.id)))
	}
	return out
}

func (ex *exchange) deleteUser(u *userRecord) answer {
	ex.violate(RuleDeleteUser, "Okta never deletes a user")
	ex.policeProtected(u.protected)
	view := ex.userView(u)
	ex.t.removeUser(u)
	return ex.deleted(view)
}

// removeUser takes a user out of the tenant and of its groups.
func (t *Tenant) removeUser(u *userRecord) {
	t.users.remove(u)
	if t.quirks.GhostMembers {
		return
	}
	for _, g := range t.groups.order {
		g.members = keep(g.members, func(id string) bool { return id != u.id })
	}
}

package oktatest

import (
	"cmp"
	"net/http"
	"strings"
	"time"
)

type object = map[string]any

const (
	timeFormat    = "2006-01-02T15:04:05.000Z"
	mappingFormat = "2006-01-02T15:04:05Z" // group-push mappings have no milliseconds
)

func stamp(t time.Time) string { return t.UTC().Format(timeFormat) }

func (o *Org) href(path string) object { return object{"href": o.url + "/api/v1/" + path} }

func (o *Org) renderApp() object {
	features := []string{}
	if o.provisioning {
		features = []string{"PUSH_NEW_USERS", "PUSH_USER_DEACTIVATION", "PUSH_PROFILE_UPDATES", "GROUP_PUSH"}
	}
	settings := o.opts.Settings
	if settings == nil {
		settings = object{}
	}
	return object{
		"id": o.opts.AppID, "name": "walkme", "label": o.opts.AppLabel, "status": o.appStatus,
		"created": stamp(o.appUpdated), "lastUpdated": stamp(o.appUpdated), "features": features, "signOnMode": "SAML_2_0",
		"settings":    object{"app": settings, "notifications": object{}},
		"credentials": object{"userNameTemplate": object{"template": "${source.login}", "type": "BUILT_IN"}},
	}
}

func (o *Org) listAssignments(a *answer, r *http.Request) {
	p, ok := o.page(a, r, assignmentPages)
	if !ok {
		return
	}
	if o.opts.Generated > 0 && !o.noRole {
		o.listGenerated(a, r, p)
		return
	}
	expand := r.URL.Query().Get("expand") == "user"
	o.list(a, r, p, o.assignedIDs(), func(id string) any { return o.renderAssignment(o.people[id], expand) })
}

func (o *Org) assignedIDs() []string {
	var ids []string
	for _, id := range sortedKeys(o.people) {
		if o.people[id].assigned != nil {
			ids = append(ids, id)
		}
	}
	return ids
}

func (o *Org) getAssignment(a *answer, r *http.Request, userID string) {
	expand := r.URL.Query().Get("expand") == "user"
	if o.isGenerated(userID) && !o.gone[userID] {
		a.body = o.appendGenerated(nil, userID, expand)
		return
	}
	p := o.people[userID]
	if p == nil || p.assigned == nil || o.noRole {
		a.notFound(userID, "AppUser")
		return
	}
	a.json(o.renderAssignment(p, expand))
}

func (o *Org) renderAssignment(p *person, expand bool) object {
	s := p.assigned
	links := object{"app": o.href("apps/" + o.opts.AppID), "user": o.href("users/" + p.id)}
	if s.groupID != "" {
		links["group"] = object{"name": o.groups[s.groupID].name, "href": o.url + "/api/v1/groups/" + s.groupID}
	}
	v := object{
		"id": p.id, "externalId": nil, "created": stamp(s.created), "lastUpdated": stamp(s.updated),
		"scope": s.scope, "status": s.status, "statusChanged": stamp(s.created), "passwordChanged": nil,
		"syncState": "DISABLED", "credentials": object{"userName": s.userName}, "profile": s.profile, "_links": links,
	}
	if expand {
		v["_embedded"] = object{"user": o.renderPerson(p)}
	}
	return v
}

func (o *Org) renderPerson(p *person) object {
	v := object{
		"id": p.id, "status": p.status, "created": stamp(p.created), "activated": nil, "statusChanged": stamp(p.created),
		"lastLogin": nil, "lastUpdated": stamp(p.updated), "passwordChanged": nil,
		"type": object{"id": "oty1okta5"}, "profile": p.profile,
		"credentials": object{"provider": object{"type": "OKTA", "name": "OKTA"}}, "_links": object{"self": o.href("users/" + p.id)},
	}
	if p.transitioning != "" {
		v["transitioningToStatus"] = p.transitioning
	}
	return v
}

func (o *Org) getPerson(a *answer, loginOrID string) {
	p := o.personByLogin(loginOrID)
	if p == nil {
		a.notFound(loginOrID, "User")
		return
	}
	a.json(o.renderPerson(p))
}

func (o *Org) listPersonGroups(a *answer, r *http.Request, userID string) {
	found := o.personByLogin(userID)
	if found == nil {
		a.notFound(userID, "User")
		return
	}
	p, ok := o.page(a, r, groupPages)
	if !ok {
		return
	}
	all := &group{id: everyone, name: "Everyone", created: found.created, updated: found.created, membersUpdated: found.created}
	ids := []string{all.id}
	for _, id := range sortedKeys(o.groups) {
		if o.groups[id].members[found.id] {
			ids = append(ids, id)
		}
	}
	o.list(a, r, p, ids, func(id string) any { return o.renderGroup(cmp.Or(o.groups[id], all)) })
}

// everyone is the id of the group that Okta has all people in. It shows only in the
// lists of people's groups here.
const everyone = "00g000000000000okta5"

func (o *Org) listAppGroups(a *answer, r *http.Request) {
	p, ok := o.page(a, r, appGroupPages)
	if !ok {
		return
	}
	var ids []string
	for _, id := range sortedKeys(o.groups) {
		if o.groups[id].assigned {
			ids = append(ids, id)
		}
	}
	expand := r.URL.Query().Get("expand") == "group"
	o.list(a, r, p, ids, func(id string) any { return o.renderAppGroup(o.groups[id], expand) })
}

func (o *Org) renderAppGroup(g *group, expand bool) object {
	v := object{
		"id": g.id, "lastUpdated": stamp(g.assignedAt), "priority": g.priority, "profile": object{},
		"_links": object{"app": o.href("apps/" + o.opts.AppID), "group": o.href("groups/" + g.id)},
	}
	if expand {
		embedded := o.renderGroup(g)
		delete(embedded, "lastMembershipUpdated")
		v["_embedded"] = object{"group": embedded}
	}
	return v
}

func (o *Org) listGroups(a *answer, r *http.Request) {
	p, ok := o.page(a, r, groupPages)
	if !ok {
		return
	}
	q := r.URL.Query()
	match, err := parseSearch(cmp.Or(q.Get("search"), q.Get("filter")))
	if err != nil {
		a.fail(http.StatusBadRequest, "E0000031", "Invalid search criteria.", err.Error())
		return
	}
	var ids []string
	for _, id := range sortedKeys(o.groups) {
		g := o.groups[id]
		if match(g.attribute) && hasPrefixFold(g.name, q.Get("q")) {
			ids = append(ids, id)
		}
	}
	o.list(a, r, p, ids, func(id string) any { return o.renderGroup(o.groups[id]) })
}

func (g *group) attribute(name string) []string {
	switch name {
	case "id":
		return []string{g.id}
	case "type":
		return []string{"OKTA_GROUP"}
	case "profile.name":
		return []string{g.name}
	case "profile.description":
		return []string{g.description}
	case "lastUpdated":
		return []string{stamp(g.updated)}
	case "lastMembershipUpdated":
		return []string{stamp(g.membersUpdated)}
	}
	return nil
}

func (o *Org) getGroup(a *answer, groupID string) {
	g := o.groups[groupID]
	if g == nil {
		a.notFound(groupID, "UserGroup")
		return
	}
	a.json(o.renderGroup(g))
}

func (o *Org) renderGroup(g *group) object {
	var description any
	if g.description != "" {
		description = g.description
	}
	return object{
		"id": g.id, "created": stamp(g.created), "lastUpdated": stamp(g.updated), "lastMembershipUpdated": stamp(g.membersUpdated),
		"objectClass": []string{"okta:user_group"}, "type": "OKTA_GROUP",
		"profile": object{"name": g.name, "description": description}, "_links": object{"users": o.href("groups/" + g.id + "/users")},
	}
}

func (o *Org) listMembers(a *answer, r *http.Request, groupID string) {
	g := o.groups[groupID]
	if g == nil {
		a.notFound(groupID, "UserGroup")
		return
	}
	p, ok := o.page(a, r, memberPages)
	if !ok {
		return
	}
	o.list(a, r, p, sortedKeys(g.members), func(id string) any {
		if p := o.people[id]; p != nil {
			return o.renderPerson(p)
		}
		return object{"id": id, "status": "ACTIVE", "profile": object{}}
	})
}

func (o *Org) listMappings(a *answer, r *http.Request) {
	if !o.provisioning {
		a.fail(http.StatusBadRequest, "E0000001", "Api validation failed: appId", "Provisioning is not supported.")
		return
	}
	p, ok := o.page(a, r, mappingPages)
	if !ok {
		return
	}
	want := r.URL.Query().Get("status")
	var ids []string
	for _, id := range sortedKeys(o.mappings) {
		if want == "" || o.mappings[id].status == want {
			ids = append(ids, id)
		}
	}
	o.list(a, r, p, ids, func(id string) any { return o.renderMapping(o.mappings[id]) })
}

func (o *Org) renderMapping(m *mapping) object {
	v := object{
		"id": m.id, "sourceGroupId": m.groupID, "targetGroupId": m.targetID, "status": m.status,
		"created": m.created.Format(mappingFormat), "lastUpdated": m.updated.Format(mappingFormat),
		"_links": object{"app": o.href("apps/" + o.opts.AppID), "sourceGroup": o.href("groups/" + m.groupID), "targetGroup": o.href("groups/" + m.targetID)},
	}
	if m.errorSummary != "" {
		v["errorSummary"] = m.errorSummary
	}
	return v
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

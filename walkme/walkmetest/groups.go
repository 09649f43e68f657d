package walkmetest

import (
	"net/http"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
)

// groupRecord is a stored group. doc holds everything but id, meta and members.
type groupRecord struct {
	stamp
	doc         object
	members     []string // user ids, in the order of their arrival
	nullMembers bool     // the store of EmptyGroupNull
	byClient    bool
}

func (g *groupRecord) label() string { return g.doc.text("displayName") }

func (ex *exchange) serveGroups() answer {
	if ex.id == searchPath {
		return ex.search()
	}
	if ex.id == "" {
		switch ex.rec.Method {
		case http.MethodGet:
			return ex.listGroups()
		case http.MethodPost:
			return ex.createGroup()
		}
		return ex.notAllowed(http.MethodGet, http.MethodPost)
	}
	g := ex.t.groups.byID[ex.id]
	if g == nil {
		return ex.notFound()
	}
	if reply, ok := ex.stale(ex.groupView(g)); ok {
		return reply
	}
	switch ex.rec.Method {
	case http.MethodGet:
		if ex.q.SingleGetReturnsList {
			return ex.succeed(http.StatusOK, ex.single(ex.groupView(g)))
		}
		return ex.resource(http.StatusOK, ex.groupView(g))
	case http.MethodPut:
		return ex.putGroup(g)
	case http.MethodPatch:
		return ex.patchGroup(g)
	case http.MethodDelete:
		ex.policeProtected(g.protected)
		view := ex.groupView(g)
		ex.t.groups.remove(g)
		return ex.deleted(view)
	}
	return ex.notAllowed(http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete)
}

func (ex *exchange) listGroups() answer {
	hits, bad := selected(ex, &ex.t.groups, "displayName", ex.groupView)
	if bad != nil {
		return ex.refused(bad)
	}
	return list(ex, hits, ex.groupView)
}

// groupView is the group as an answer shows it.
func (ex *exchange) groupView(g *groupRecord) object {
	out := make(object, 0, len(g.doc)+3)
	for i, f := range g.doc {
		out = append(out, f)
		if i == 0 {
			out = append(out, field{"id", g.id})
		}
	}
	shown := g.members
	if n := ex.q.MembersShownMax; n > 0 {
		shown = shown[:min(n, len(shown))]
	}
	members := make([]any, 0, len(shown))
	for _, id := range shown {
		members = append(members, ex.memberView(id))
	}
	switch {
	case ex.q.MembersNeverEchoed:
		out.set("members", []any{})
	case len(members) > 0 || !g.nullMembers && !ex.q.EmptyMembersAbsent:
		out.set("members", members)
	case g.nullMembers:
		out.set("members", nil)
	}
	if !ex.q.NoMeta {
		out.set("meta", g.meta("Group", ex.location("Groups", g.id)))
	}
	return out
}

func (ex *exchange) memberView(id string) object {
	out := object{{"value", id}}
	if u := ex.t.users.byID[id]; u != nil {
		out.set("display", u.label())
	}
	return out
}

// groupsOf is the read-only attribute of a user.
func (ex *exchange) groupsOf(userID string) []any {
	out := []any{}
	for _, g := range ex.t.groups.order {
		if slices.Contains(g.members, userID) {
			out = append(out, object{{"value", g.id}, {"display", g.label()}})
		}
	}
	return out
}

// readGroup takes the attributes of a POST or PUT apart from the members.
func (ex *exchange) readGroup() (object, []string, *refusal) {
	if bad := requireSchema(ex.body, schemaGroup); bad != nil {
		return nil, nil, bad
	}
	doc, bad := checkGroup(ex.body)
	if bad != nil {
		return nil, nil, bad
	}
	members, bad := ex.readMembers(ex.body.get("members"))
	return doc, members, bad
}

// checkGroup is checkUser for groups; it drops the members, too.
func checkGroup(doc object) (object, *refusal) {
	out := object{{"schemas", doc.get("schemas")}}
	for _, f := range doc {
		f.key = canonical(f.key)
		if f.key == "schemas" || strings.EqualFold(f.key, "members") || contains(readOnly, f.key) || unassigned(f.value) {
			continue
		}
		if bad := checkAttribute(f); bad != nil {
			return nil, bad
		}
		out = append(out, f)
	}
	if strings.TrimSpace(out.text("displayName")) == "" {
		return nil, refuse(http.StatusBadRequest, invalidValue, "displayName is required.")
	}
	return out, nil
}

func (ex *exchange) createGroup() answer {
	doc, members, bad := ex.readGroup()
	if bad != nil {
		return ex.refused(bad)
	}
	name := doc.text("displayName")
	same := ex.t.groups.named(name, ex.q.NamesFolded)
	ex.policeCreate(slices.ContainsFunc(same, func(g *groupRecord) bool { return g.byClient }), "displayName", name)
	if len(same) > 0 || ex.t.groups.stale[scim.NameKey(name)] {
		return ex.fail(http.StatusConflict, uniqueness, "A group with this displayName exists already.")
	}
	ex.policeMembers(nil, members)
	if ex.q.MembersOnlyByAddRemove {
		members = nil
	}
	g := &groupRecord{doc: doc, members: members, byClient: true}
	g.nullMembers = len(members) == 0 && ex.q.EmptyGroupNull
	ex.t.addGroup(g)
	g.pardon(max(len(members), 1)) // Okta's second write
	if ex.q.CreatedWithoutID && strings.ContainsAny(name, `+(&\`) {
		ex.t.groups.unindex(g, name)
		return ex.createdWithoutID("Groups", ex.groupView(g))
	}
	reply := ex.resource(http.StatusCreated, ex.groupView(g))
	ex.locate(&reply, "Groups", g.id)
	return reply
}

func (t *Tenant) addGroup(g *groupRecord) {
	g.stamp.id = t.groups.newID(t, "Group", g.label())
	g.created = t.opts.Now()
	g.modified = g.created
	t.groups.add(g)
}

func (ex *exchange) putGroup(g *groupRecord) answer {
	doc, members, bad := ex.readGroup()
	ex.policePut(ex.groupView(g))
	if bad != nil {
		return ex.refused(bad)
	}
	if !ex.q.PutClearsOmitted {
		for _, f := range g.doc {
			if !ex.body.has(f.key) {
				doc.set(f.key, cloneValue(f.value))
			}
		}
	}
	r := newRoster(ex, g)
	if !ex.q.MembersOnlyByAddRemove && !ex.q.PutMembersNoEffect {
		r.replace(members)
	}
	return ex.commitGroup(g, doc, r, false)
}

// commitGroup replaces the attributes and members of a group, or refuses for
// the name's sake. routine marks a write that Okta itself repeats.
func (ex *exchange) commitGroup(g *groupRecord, doc object, r *roster, routine bool) answer {
	status := http.StatusOK
	name := doc.text("displayName")
	taken := slices.ContainsFunc(ex.t.groups.named(name, ex.q.NamesFolded), func(o *groupRecord) bool { return o != g })
	if taken && !ex.q.PutTakenNameAccepted {
		if !ex.q.PutTakenNameAppliedBut500 {
			return ex.fail(http.StatusConflict, uniqueness, "A group with this displayName exists already.")
		}
		status = http.StatusInternalServerError
		ex.t.groups.stale[scim.NameKey(g.label())] = true
	}
	members := r.result()
	changed := !equalValue(g.doc, doc) || !slices.Equal(g.members, members)
	ex.policeGroupWrite(g, members, changed, routine)
	old := g.label()
	g.doc, g.members = doc, members
	g.nullMembers = len(members) == 0 && (ex.q.EmptyGroupNull && r.replaced || g.nullMembers)
	if changed {
		g.modified = ex.t.opts.Now()
	}
	if name != old {
		ex.t.groups.unindex(g, old)
		ex.t.groups.index(g)
	}
	if status != http.StatusOK {
		return ex.fail(status, "", "Internal error.")
	}
	return ex.resource(status, ex.groupView(g))
}

package probe

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

func addOf(people ...*account) scim.Operation {
	return scim.Operation{Op: "add", Path: "members", Value: memberList(people)}
}

func replaceOf(people ...*account) scim.Operation {
	return scim.Operation{Op: "replace", Path: "members", Value: memberList(people)}
}

func removeOf(id string) scim.Operation {
	return scim.Operation{Op: "remove", Path: "members[" + scim.FilterEq("value", id) + "]"}
}

// memberList is a list of members as Okta writes it.
func memberList(people []*account) []byte {
	texts := make([]string, len(people))
	for i, a := range people {
		texts[i] = `{"value":` + quoted(a.id) + `,"display":` + quoted(a.name()) + `}`
	}
	return []byte("[" + strings.Join(texts, ",") + "]")
}

func patchBody(operations ...scim.Operation) string { return string(scim.PatchOp(operations...)) }

// groupBody is the body of PUT /Groups/{id} as Okta writes it; without an id it has none.
func groupBody(id, name string, people ...*account) string {
	own := ""
	if id != "" {
		own = `"id":` + quoted(id) + `,`
	}
	return `{"schemas":["` + scim.SchemaGroup + `"],` + own + `"displayName":` + quoted(name) + `,"members":` + string(memberList(people)) + `}`
}

func wireGroupCreate(t *trial) {
	people := t.pool(2)
	if people == nil {
		return
	}
	if !t.hasGroups() {
		t.skip("the server has no groups (see spec.groups)")
		return
	}
	name := t.label("team")
	g, err := t.client().CreateGroup(t.ctx, name, membersOf(people))
	if !t.called(err, "the POST") {
		t.never("groups cannot be made: the POST %s%s", t.last().answered(), reasonOf(err))
		return
	}
	t.expect(t.last().Status == http.StatusCreated, "the status is %d, not 201", t.last().Status)
	if o := t.read(resource("/Groups", g.ID)); o != nil {
		t.expect(o.text("displayName") == name, "displayName is %s, sent was %q", spelledText(o.text("displayName")), name)
	}
}

func wireMembersShown(t *trial) {
	g, people := t.stage("shown", 1, 1)
	if g == nil {
		return
	}
	t.expect(t.echoes == yes, "GET /Groups/{id} shows no members, whatever was written")
	_ = people
}

func wireMembersOfPost(t *trial) {
	people := t.pool(2)
	if people == nil {
		return
	}
	t.learnEcho(people)
	if t.echoes != yes {
		t.skip("the server shows no members (see wire.%s.group-members-shown)", t.dialect)
		return
	}
	g, err := t.client().CreateGroup(t.ctx, t.label("of-post"), membersOf(people))
	if err != nil {
		t.skip("it needs a group, and its POST %s", t.last().answered())
		return
	}
	if !t.inside(&group{g.ID, g.DisplayName}, people...) {
		t.advice.set("walkme.wire.second_group_write", walkme.Always)
	}
}

func wireSecondWrite(t *trial) {
	people := t.pool(2)
	if people == nil {
		return
	}
	t.learnEcho(people)
	if !t.hasGroups() {
		t.skip("the server has no groups (see spec.groups)")
		return
	}
	made, err := t.client().CreateGroup(t.ctx, t.label("second"), membersOf(people))
	if err != nil {
		t.skip("it needs a group, and its POST %s", t.last().answered())
		return
	}
	g := &group{made.ID, made.DisplayName}
	if t.changes(t.client(), g, people, nil, people) || t.dialect == walkme.AIW {
		return
	}
	if present := t.membersOf(g); len(present) == 0 && t.echoes == yes { // the POST brought no member in
		t.otherMembership(people, people, nil, people)
		return
	}
	t.advise("walkme.wire.second_group_write", walkme.Never)
}

func wireGroupLookup(t *trial) {
	g := t.group("lookup")
	if g == nil {
		return
	}
	hits, others, fine := t.hits("/Groups", scim.PathDisplayName, g.name)
	switch {
	case !fine:
		t.never("groups that are there already cannot be found, and not be linked")
	case len(hits) == 0:
		t.never("groups that are there already cannot be found, and not be linked")
		t.fail("the look-up of %q finds %d groups of this name and %d others", g.name, 0, others)
	case len(hits) != 1 || others > 0:
		t.fail("the look-up of %q finds %d groups of this name and %d others", g.name, len(hits), others)
	default:
		t.expect(hits[0].id() == g.id, "the look-up finds id %q, created was %q", hits[0].id(), g.id)
	}
}

func wireFirstMember(t *trial) {
	g, people := t.stage("empty", 0, 1)
	if g != nil && !t.changes(t.client(), g, people, nil, people) {
		t.otherMembership(nil, people, nil, people)
	}
}

func wireAddRemove(t *trial) {
	g, people := t.stage("change", 4, 6)
	if g != nil && !t.changes(t.client(), g, people[4:], people[:2], people[2:]) {
		t.otherMembership(people[:4], people[4:], people[:2], people[2:])
	}
}

func wireRemove(t *trial) {
	g, people := t.stage("leave", 2, 2)
	if g != nil && !t.changes(t.client(), g, nil, people[:1], people[1:]) {
		t.otherMembership(people, nil, people[:1], people[1:])
	}
}

func wireAddPresent(t *trial) {
	g, people := t.stage("present", 2, 2)
	if g == nil {
		return
	}
	if !t.changes(t.client(), g, people[:1], nil, people) && t.dialect == walkme.OIN {
		t.otherMembership(people, people[:1], nil, people)
	}
}

func wireRemoveAbsent(t *trial) {
	g, people := t.stage("absent", 1, 2)
	if g == nil {
		return
	}
	from := t.count()
	if t.dialect == walkme.AIW {
		t.put(g.path(), groupBody(g.id, g.name, people[0]))
	} else {
		t.patch(g.path(), patchBody(removeOf(people[1].id)))
	}
	if t.clean(from, "the removal") && t.inside(g, people[0]) || t.dialect == walkme.AIW {
		return
	}
	if t.advice.groups["membership_updates"] == walkme.Replace { // which removes no member by name
		t.advise("push_groups.membership_updates", walkme.Replace)
	}
}

func wireGroupRename(t *trial) {
	g, people := t.stage("name", 2, 2)
	if g == nil {
		return
	}
	if t.renames(t.client(), g, people) || t.dialect == walkme.AIW {
		return
	}
	findings, decisive := t.findings, t.decisive
	works := t.livesWith(func(w *walkme.Wire) { w.PathlessRename = false }, func(c *walkme.Client) bool {
		other := t.group("other-name", people...) // the first may be damaged
		return other != nil && t.renames(c, other, people)
	})
	t.findings, t.decisive = findings, decisive
	t.switchTo = ""
	if works {
		t.advise("walkme.wire.pathless_rename", "false")
		return
	}
	t.advise("walkme.wire.rename_with_members", "false")
}

func (t *trial) renames(c *walkme.Client, g *group, people []*account) bool {
	name := t.label("renamed")
	from := t.count()
	err := c.RenameGroup(t.ctx, walkme.GroupRename{GroupID: g.id, Name: name, Managed: membersOf(people)})
	if !t.called(err, "the rename") || !t.clean(from, "the rename") {
		return false
	}
	o := t.read(g.path())
	if o == nil || !t.expect(o.text("displayName") == name, "displayName is %s after it, sent was %q", spelledText(o.text("displayName")), name) {
		return false
	}
	g.name = name
	return t.inside(g, people...)
}

func wirePushNow(t *trial) {
	g, people := t.stage("push", 2, 4)
	if g == nil {
		return
	}
	if !t.pushes(t.client(), g, people[1:3]) && t.dialect == walkme.OIN {
		t.otherPush(g, people[1:3])
	}
}

// pushes makes Okta's full push and fails unless the membership is exactly that.
func (t *trial) pushes(c *walkme.Client, g *group, people []*account) bool {
	from := t.count()
	_, err := c.ReplaceMembers(t.ctx, g.update(nil, nil, people))
	if !t.called(err, "the full push") || !t.clean(from, "the full push") {
		return false
	}
	return t.inside(g, people...)
}

// otherPush finds out whether a PUT sets the list where a PATCH does not.
func (t *trial) otherPush(g *group, people []*account) {
	findings, decisive := t.findings, t.decisive
	works := t.pushes(t.clients[walkme.AIW], g, people)
	t.findings, t.decisive = findings, decisive
	if !works {
		t.never("resync of a group (Push Now) has no effect; changes of membership go out one by one")
	}
}

func wirePushNobody(t *trial) {
	g, _ := t.stage("push-nobody", 2, 2)
	if g != nil {
		t.pushes(t.client(), g, nil)
	}
}

func wireUnknownMember(t *trial) {
	g, people := t.stage("unknown", 1, 2)
	if g == nil {
		return
	}
	ghost := &account{id: "00000000-0000-4000-8000-000000000bad", want: t.person("ghost")}
	var x *Exchange
	if t.dialect == walkme.AIW {
		x = t.put(g.path(), groupBody(g.id, g.name, people[0], people[1], ghost))
	} else {
		x = t.patch(g.path(), patchBody(addOf(people[1], ghost)))
	}
	switch {
	case x.Err != nil || x.Status >= 500:
		t.fail("it %s", x.answered())
	case x.Status == http.StatusNotFound:
		t.fail("it was answered 404, which says that the group is gone%s", detailOf(x))
	case !x.ok():
		t.note("the whole change is refused: %d%s; the agent finds out whom it is about and sends the others again", x.Status, detailOf(x))
		t.inside(g, people[0])
	default:
		if t.inside(g, people[:2]...) {
			return
		}
		if ids := t.membersOf(g); slices.Contains(ids, ghost.id) {
			t.findings = []string{"it is stored as a member"}
		}
	}
}

// overlaps is how many changes are sent at once.
const overlaps = 6

func wireOverlap(t *trial) {
	g, people := t.stage("overlap", 0, overlaps)
	if g == nil {
		return
	}
	if t.dialect == walkme.AIW {
		t.skip("a PUT of the whole list that overlaps with another loses one of the two on any server: the agent sends one at a time")
		return
	}
	var all sync.WaitGroup
	for _, a := range people {
		all.Go(func() { t.patch(g.path(), patchBody(addOf(a))) })
	}
	all.Wait()
	if t.clean(0, "a change that overlaps") {
		t.inside(g, people...)
	}
}

// doomed is a group that is going to be deleted, with a member of its own: a server may
// delete both.
func (t *trial) doomed(slug string) (*group, *account) {
	a := t.account(slug + "-member")
	if a == nil {
		return nil, nil
	}
	return t.group(slug, a), a
}

func wireGroupDelete(t *trial) {
	g, member := t.doomed("delete")
	if g == nil {
		return
	}
	err := t.client().DeleteGroup(t.ctx, g.id)
	if !t.called(err, "DELETE") {
		return
	}
	x := t.get(g.path())
	t.expect(x.Status == http.StatusNotFound, "GET of the deleted group %s", x.answered())
	if x := t.get(member.path()); !x.ok() {
		t.fail("a member of the deleted group cannot be read any more: %s", fmt.Sprint(x.Status))
	}
}

func wireSameName(t *trial) {
	g, people := t.stage("same-name", 1, 1)
	if g == nil {
		return
	}
	x := t.put(g.path(), groupBody(g.id, g.name, people[0]))
	t.expect(x.ok(), "the PUT %s%s", x.answered(), detailOf(x))
}

package probe

import (
	"net/http"

	"okta-walkme-agent/internal/scim"
)

func quirkGroupChecks() []Check {
	return []Check{
		{ID: "quirks.group-put-no-id", Level: Recommended, Writes: true, Source: "Okta, SCIM 2.0 reference, PUT of a group", Title: "a PUT of a group without an id in its body is taken",
			Okta: "Okta's reference shows it without, its captures with an id.", Task: taskMembers, Remedy: "take the id of the path", Switch: "walkme.wire.group_put_id: true", run: groupPutNoID},
		{ID: "quirks.group-remove-all", Level: Recommended, Writes: true, Source: "RFC 7644, 3.5.2.2", Title: "a remove of members without a value empties the group",
			Okta: "Okta does not send it; Microsoft's client does.", Remedy: "remove all members", run: groupRemoveAll},
		{ID: "quirks.group-pathless", Level: Recommended, Writes: true, Source: "jelhub/scimgateway#111, #113; Tealium", Title: "a replace of members without a path sets the whole list",
			Okta: "Reported of Okta at second hand only.", Task: taskMembers, Remedy: `take {"op":"replace","value":{"members":[…]}}`, run: groupPathless},
		{ID: "quirks.group-replace-name", Level: Recommended, Writes: true, Source: "RFC 7644, 3.5.2.3; seen on public SCIM servers", Title: "a rename with the path displayName works, too",
			Okta: "Okta writes it without a path.", Remedy: "take both forms", Switch: "walkme.wire.pathless_rename: true", run: groupNamePath},
		{ID: "quirks.group-patch-answer", Level: Info, Writes: true, Source: "Okta, Update group membership", Title: "what a PATCH of a group is answered",
			Okta: "Okta takes 200 with the group, members null or not, and 204.", run: groupPatchAnswer},
		{ID: "quirks.group-ghost", Level: Recommended, Writes: true, Source: "seen on public SCIM servers", Title: "a deleted account is in no group any more",
			Okta: "Okta does not notice; the member lists of the server name people who do not exist.", Remedy: "take a deleted account out of its groups", run: groupGhost},
		{ID: "quirks.group-inactive-member", Level: Info, Writes: true, Source: "Okta, Group Push, troubleshooting", Title: "whether a deactivated account stays in its groups",
			Okta: "Okta leaves memberships alone when it deactivates, and pushes the group again by hand after a return.", run: groupInactiveMember},
		{ID: "quirks.group-delete-answer", Level: Recommended, Writes: true, Source: "Okta, Delete a group; RFC 7644, 3.6", Title: "DELETE of a group is answered 204, without a body",
			Okta: "Okta's reference names 204 alone.", Remedy: "answer 204", run: groupDeleteAnswer},
		{ID: "quirks.group-delete-twice", Level: Recommended, Writes: true, Source: "RFC 7644, 3.6", Title: "DELETE, PUT and PATCH of what does not exist are answered 404",
			Okta: "Okta takes 404 for gone; another answer leaves the task in error.", Task: "Unable to delete group", Remedy: "answer 404", run: unknownIDs},
		{ID: "quirks.group-duplicate", Level: Info, Writes: true, Source: "Okta, Group Push; RFC 7643, 4.2", Title: "what a second POST of a group's name is answered",
			Okta: "Okta looks the name up before and links.", run: groupDuplicate},
		{ID: "quirks.group-put-taken-name", Level: Recommended, Writes: true, Source: "seen on public SCIM servers", Title: "a rename of a group onto a taken name is refused and not applied, or taken without an error",
			Okta: "An error although the change was made: nobody knows which group has which name.", Task: taskMembers, Remedy: "refuse with 409 before anything is stored", run: groupTakenName},
		{ID: "quirks.group-empty-members", Level: Info, Writes: true, Source: "Okta, Retrieve a group", Title: "how a group without members is shown",
			Okta: "Okta takes members missing, null and [] alike.", run: groupEmptyMembers},
	}
}

func groupPutNoID(t *trial) {
	g, people := t.stage("put-no-id", 1, 1)
	if g == nil {
		return
	}
	x := t.put(g.path(), groupBody("", g.name, people[0]))
	if !t.expect(x.ok(), "the PUT %s%s", x.answered(), detailOf(x)) && !t.put(g.path(), groupBody(g.id, g.name, people[0])).ok() {
		t.skip("no PUT of a group is taken (see wire.aiw)")
	}
}

// noPatch skips a check on a server that has no such PATCH, which those of wire say.
func (t *trial) noPatch(x *Exchange) bool {
	none := x.Err == nil && (x.Status == http.StatusMethodNotAllowed || x.Status == http.StatusNotImplemented)
	if none {
		t.skip("the PATCH %s (see wire.oin)", x.answered())
	}
	return none
}

func groupRemoveAll(t *trial) {
	g, _ := t.stage("remove-all", 2, 2)
	if g == nil {
		return
	}
	x := t.patch(g.path(), patchBody(scim.Operation{Op: "remove", Path: "members"}))
	if t.noPatch(x) {
		return
	}
	if t.expect(x.ok(), "the PATCH %s%s", x.answered(), detailOf(x)) {
		t.inside(g)
	}
}

func groupPathless(t *trial) {
	g, people := t.stage("pathless", 2, 3)
	if g == nil {
		return
	}
	value := `{"members":` + string(memberList(people[2:])) + `}`
	x := t.patch(g.path(), patchBody(scim.Operation{Op: "replace", Value: []byte(value)}))
	if t.noPatch(x) {
		return
	}
	if t.expect(x.ok(), "the PATCH %s%s", x.answered(), detailOf(x)) {
		t.inside(g, people[2])
	}
}

func groupNamePath(t *trial) {
	g, people := t.stage("name-path", 1, 1)
	if g == nil {
		return
	}
	name := t.label("renamed")
	x := t.patch(g.path(), patchBody(scim.Operation{Op: "replace", Path: "displayName", Value: []byte(quoted(name))}))
	if t.noPatch(x) {
		return
	}
	if !t.expect(x.ok(), "the PATCH %s%s", x.answered(), detailOf(x)) {
		return
	}
	if o := t.read(g.path()); o != nil {
		t.expect(o.text("displayName") == name, "displayName is %s after it, sent was %q", spelledText(o.text("displayName")), name)
		t.inside(g, people...)
	}
}

func groupPatchAnswer(t *trial) {
	g, people := t.stage("answer", 0, 1)
	if g != nil {
		x := t.patch(g.path(), patchBody(addOf(people[0])))
		t.note("it %s", x.answered())
	}
}

func groupGhost(t *trial) {
	stays, a := t.pool(1), t.account("ghost")
	if stays == nil || a == nil {
		return
	}
	t.learnEcho(stays)
	g := t.group("ghost", stays[0], a)
	if g == nil {
		return
	}
	if x := t.send(http.MethodDelete, a.path(), "", nil); !x.ok() {
		t.skip("an account cannot be deleted (see quirks.delete-user)")
		return
	}
	t.inside(g, stays[0])
}

func groupInactiveMember(t *trial) {
	a := t.account("sleeper")
	if a == nil {
		return
	}
	g := t.group("sleeper", a)
	if g == nil || t.client().SetActive(t.ctx, a.id, false) != nil {
		return
	}
	t.note("%t", len(t.membersOf(g)) > 0)
}

func groupDeleteAnswer(t *trial) {
	g := t.group("delete-answer")
	if g == nil {
		return
	}
	x := t.send(http.MethodDelete, g.path(), "", nil)
	t.expect(x.Status == http.StatusNoContent, "it %s", x.answered())
}

func unknownIDs(t *trial) {
	user, patch := resource("/Users", unknownID), patchBody(scim.Operation{Op: "replace", Value: []byte(`{"active":false}`)})
	x := t.patch(user, patch)
	t.expect(x.Status == http.StatusNotFound || x.Status == http.StatusNotImplemented, "PATCH of an unknown user %s", x.answered())
	x = t.send(http.MethodDelete, user, "", nil)
	t.expect(x.Status == http.StatusNotFound || x.Status == http.StatusMethodNotAllowed || x.Status == http.StatusNotImplemented, "DELETE of an unknown user %s", x.answered())
	if !t.hasGroups() {
		return
	}
	x = t.send(http.MethodDelete, resource("/Groups", unknownID), "", nil)
	t.expect(x.Status == http.StatusNotFound, "DELETE of an unknown group %s", x.answered())
	x = t.put(resource("/Groups", unknownID), groupBody(unknownID, t.label("unknown")))
	t.expect(x.Status == http.StatusNotFound, "PUT of an unknown group %s", x.answered())
}

func groupDuplicate(t *trial) {
	g := t.group("duplicate")
	if g != nil {
		_, err := t.client().CreateGroup(t.ctx, g.name, nil)
		_ = err // whichever it is
		t.note("it %s", t.last().answered())
	}
}

func groupTakenName(t *trial) {
	taken := t.group("taken")
	if taken == nil {
		return
	}
	g := t.group("taker")
	if g == nil {
		return
	}
	x := t.put(g.path(), groupBody(g.id, taken.name))
	now := t.get(g.path()).object().text("displayName")
	switch {
	case x.Err != nil || x.Status >= 500:
		t.failAt(x, "the PUT %s, and the group is called %q now", x.answered(), now)
	case x.ok():
		t.note("two groups have one name now; Okta's look-up then finds both")
	default:
		t.expect(now == g.name, "the PUT %s, and the group is called %q now", x.answered(), now)
	}
}

func groupEmptyMembers(t *trial) {
	g := t.group("nobody")
	if g == nil {
		return
	}
	o := t.get(g.path()).object()
	text := "members is missing"
	if o.has("members") {
		text = "members is " + short(o.get("members"))
	}
	t.note("%s", text)
}

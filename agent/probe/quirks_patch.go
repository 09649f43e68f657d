package probe

import (
	"net/http"

	"okta-walkme-agent/internal/scim"
)

// quirkPatchChecks are the PATCHes of a user that Okta does not send and others do:
// Microsoft's client, and this agent where a server takes no PUT.
func quirkPatchChecks() []Check {
	return []Check{
		{ID: "quirks.patch-many", Level: Recommended, Writes: true, Source: "RFC 7644, 3.5.2.3; Microsoft's SCIM validator", Title: "a PATCH replaces several attributes at once",
			Okta: "Okta updates profiles by PUT; other clients send this.", Remedy: "apply every attribute of a replace without a path", Switch: "walkme.wire.user_update: put", run: patchMany},
		{ID: "quirks.patch-user-name", Level: Recommended, Writes: true, Source: "RFC 7644, 3.5.2.3; Microsoft's SCIM validator", Title: "a PATCH of userName renames, under the same id",
			Okta: "Okta renames by PUT; Microsoft's client writes this.", Remedy: `take {"op":"replace","path":"userName","value":"…"}`, Switch: "walkme.wire.user_update: put", run: patchUserName},
		{ID: "quirks.delete-twice", Level: Recommended, Writes: true, Source: "RFC 7644, 3.6; Microsoft's SCIM validator", Title: "a second DELETE of a user is answered 404",
			Okta: "Okta never deletes a user; other clients take another answer for a failure.", Remedy: "answer 404 for what is gone", run: deleteTwice},
		{ID: "quirks.group-put-inactive", Level: Recommended, Writes: true, Source: "Okta, Group Push, troubleshooting: memberships stay", Title: "a PUT of what a group shows is taken, also with a deactivated member in it",
			Okta: "In apps of the wizard no change of the group arrives any more once a member was deactivated.", Task: taskMembers, Remedy: "let deactivated accounts be members", run: groupPutInactive},
		{ID: "quirks.excluded-members", Level: Info, Writes: true, Source: "RFC 7644, 3.9; Microsoft's SCIM validator", Title: "whether a group is shown without members when it is asked so",
			Okta: "Okta never asks; Microsoft's client does.", run: excludedMembers},
	}
}

func patchMany(t *trial) {
	a := t.account("many")
	if a == nil {
		return
	}
	x := t.patch(a.path(), patchBody(scim.Operation{Op: "replace", Value: []byte(`{"name":{"givenName":"Many","familyName":"Changed"},"displayName":"Many Changed"}`)}))
	if t.noPatch(x) || !t.expect(x.ok(), "the PATCH %s%s", x.answered(), detailOf(x)) {
		return
	}
	if o := t.read(a.path()); o != nil {
		name := o.child("name")
		t.expect(name == nil || name.text("givenName") == "Many" && name.text("familyName") == "Changed", "name is %s after it", short(map[string]any(name)))
		t.expect(o.text("displayName") == "" || o.text("displayName") == "Many Changed", "displayName is %q after it", o.text("displayName"))
	}
}

func patchUserName(t *trial) {
	a := t.account("patched")
	if a == nil {
		return
	}
	name := t.userName("patched-name")
	x := t.patch(a.path(), patchBody(scim.Operation{Op: "replace", Path: scim.PathUserName, Value: []byte(quoted(name))}))
	if t.noPatch(x) || !t.expect(x.ok(), "the PATCH %s%s", x.answered(), detailOf(x)) {
		return
	}
	if o := t.read(a.path()); o != nil {
		t.expect(scim.SameName(o.text("userName"), name), "userName is %s after it, sent was %q", spelledText(o.text("userName")), name)
	}
}

func deleteTwice(t *trial) {
	a := t.account("delete-twice")
	if a == nil {
		return
	}
	if x := t.send(http.MethodDelete, a.path(), "", nil); !x.ok() {
		t.skip("an account cannot be deleted (see quirks.delete-user)")
		return
	}
	x := t.send(http.MethodDelete, a.path(), "", nil)
	t.expect(x.Status == http.StatusNotFound, "the second DELETE %s%s", x.answered(), detailOf(x))
}

// groupPutInactive puts back what a group shows after a member was deactivated.
func groupPutInactive(t *trial) {
	stays, a := t.pool(1), t.account("put-inactive")
	if stays == nil || a == nil {
		return
	}
	t.learnEcho(stays)
	g := t.group("put-inactive", stays[0], a)
	if g == nil {
		return
	}
	if t.client().SetActive(t.ctx, a.id, false) != nil {
		t.skip("an account cannot be deactivated (see wire.%s.deactivate)", t.dialect)
		return
	}
	shown := t.get(g.path())
	if !shown.ok() || len(shown.object().members()) == 0 {
		t.skip("the server shows no members")
		return
	}
	x := t.put(g.path(), shown.text())
	if !t.expect(x.ok(), "the PUT %s%s", x.answered(), detailOf(x)) && !t.put(g.path(), groupBody(g.id, g.name, stays[0])).ok() {
		t.skip("no PUT of a group is taken (see wire.aiw)")
	}
}

func excludedMembers(t *trial) {
	g, _ := t.stage("excluded", 1, 1)
	if g == nil {
		return
	}
	x := t.get(g.path() + "?excludedAttributes=members")
	t.note("it %s, with members: %t", x.answered(), len(x.object().members()) > 0)
}

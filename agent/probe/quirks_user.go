package probe

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

func quirkUserChecks() []Check {
	return []Check{
		{ID: "quirks.put-without-active", Level: Recommended, Writes: true, Source: "RFC 7644, 3.5.1", Title: "a PUT without active leaves the status as it is",
			Okta: "Okta echoes active where the server shows it; where it does not, an update deactivates.", Remedy: "take a missing active for no change", run: putWithoutActive},
		{ID: "quirks.put-keeps-omitted", Level: Info, Writes: true, Source: "RFC 7644, 3.5.1, which leaves it to the server", Title: "whether a PUT keeps what it leaves out",
			Okta: "Okta sends back everything that it was shown, so that nothing of it is left out.", run: putKeepsOmitted},
		{ID: "quirks.put-keeps-own", Level: Recommended, Writes: true, Source: "Okta, Update a user; WalkMe, accessRole", Title: "attributes of the server's own survive a PUT that carries them",
			Okta: "Each update in Okta resets them, such as a role that was set by hand.", Remedy: "store what the PUT carries, whatever the attribute", run: putKeepsOwn},
		{ID: "quirks.put-no-external-id", Level: Required, Writes: true, Source: "a capture of a deactivation in aiw, 2022", Title: "a PUT of an account that has no externalId is taken",
			Okta: "Accounts that were there before Okta cannot be deactivated by apps of the wizard.", Task: taskDeactivate, Remedy: "do not demand externalId", run: putNoExternalID},
		{ID: "quirks.post-no-email", Level: Recommended, Writes: true, Source: "RFC 7643, 4.1; WalkMe's guide maps three attributes and no e-mail address", Title: "a POST without an e-mail address is taken",
			Okta: "People without an address in the mapping cannot be provisioned.", Task: taskCreate, Remedy: "demand userName alone", Switch: "mappings: emails[primary eq true].value", run: postNoEmail},
		{ID: "quirks.patch-name-part", Level: Recommended, Writes: true, Source: "RFC 7644, 3.5.2.3", Title: "a PATCH of a part of name leaves the other parts",
			Okta: "Okta updates profiles by PUT; other clients send this.", Remedy: "merge a complex value, do not replace it", Switch: "walkme.wire.user_update: put", run: patchNamePart},
		{ID: "quirks.patch-password", Level: Recommended, Writes: true, Source: "manual plan C9301, C9302", Title: "a PATCH of the password is taken",
			Okta: "Sync Password fails; the catalogue's apps leave it off.", Task: "Error while pushing password update", Remedy: "take the password, or leave Sync Password off in Okta", run: patchPassword},
		{ID: "quirks.patch-active-path", Level: Recommended, Writes: true, Source: "RFC 7644, 3.5.2.3", Title: "a PATCH of active with a path works, too",
			Okta: "Okta writes it without; Microsoft's client writes a path.", Remedy: `take {"op":"replace","path":"active","value":false}`, Switch: "walkme.wire.pathless_active: true", run: patchActivePath},
		{ID: "quirks.patch-empty", Level: Info, Writes: true, Source: "seen on public SCIM servers", Title: "what a PATCH without operations is answered",
			Okta: "Okta sends none.", run: patchEmpty},
		{ID: "quirks.unicode-escape", Level: Recommended, Writes: true, Source: "RFC 8259, 7; seen on public SCIM servers", Title: "letters that are written as \\u escapes are read",
			Okta: "Okta sends raw UTF-8; proxies and other clients escape.", Remedy: "use a JSON parser", run: unicodeEscape},
		{ID: "quirks.groups-shown", Level: Info, Writes: true, Source: "RFC 7643, 4.1.2, groups", Title: "whether users show their groups",
			Okta: "Okta sends the read-only attribute back in each PUT; it has to be ignored.", run: groupsShown},
		{ID: "quirks.list-inactive", Level: Required, Writes: true, Source: "Okta, FAQ; CRUD test", Title: "a deactivated account is in the list",
			Okta: "Okta's import takes it for deleted.", Remedy: "list inactive accounts, too", run: listInactive},
		{ID: "quirks.delete-user", Level: Recommended, Writes: true, Source: "RFC 7644, 3.6", Title: "DELETE of a user answers 204; then it is gone",
			Okta: "Okta never deletes a user. Without DELETE this probe can only deactivate what it made.", Remedy: "answer 204, then 404", run: deleteUser},
	}
}

// edited reads an account, lets a change be made to it, and puts it back.
func (t *trial) edited(a *account, edit func(object)) *Exchange {
	if t.read(a.path()) == nil {
		return nil
	}
	o := decoded(t.last().Body)
	edit(o)
	text, err := json.Marshal(o)
	if err != nil {
		t.fail("the account cannot be written: %v", err)
		return nil
	}
	x := t.put(a.path(), string(text))
	if x.ok() {
		return x
	}
	t.fail("the PUT %s%s", x.answered(), detailOf(x))
	if before := t.get(a.path()); before.ok() && !t.put(a.path(), before.text()).ok() {
		t.skip("no PUT is taken, not even of what GET shows (see wire.%s.update)", t.dialect)
	}
	return nil
}

func drop(o object, key string) {
	for k := range o {
		if strings.EqualFold(k, key) {
			delete(o, k)
		}
	}
}

func putWithoutActive(t *trial) {
	a := t.account("no-active")
	if a == nil {
		return
	}
	var before any
	x := t.edited(a, func(o object) { before = o.get("active"); drop(o, "active") })
	switch {
	case x == nil:
	case !isTrue(before):
		t.skip("the server does not show a new account as active (see wire.%s.create-shown)", t.dialect)
	default:
		if o := t.read(a.path()); o != nil {
			t.expect(isTrue(o.get("active")) || o.get("active") == nil, "the account is inactive after it")
		}
	}
}

func putKeepsOmitted(t *trial) {
	a := t.account("omitted")
	if a == nil {
		return
	}
	var before any
	x := t.edited(a, func(o object) {
		before = o.get("displayName")
		drop(o, "displayName")
	})
	switch {
	case x == nil:
	case blank(before):
		t.skip("the server does not show displayName")
	case equalJSON(before, t.get(a.path()).object().get("displayName")):
		t.note("it is kept")
	default:
		t.note("it is cleared")
	}
}

// core are the attributes of a User that are no business of the server's own.
var core = map[string]bool{
	"schemas": true, "id": true, "externalid": true, "meta": true, "username": true, "name": true, "displayname": true, "nickname": true,
	"profileurl": true, "title": true, "usertype": true, "preferredlanguage": true, "locale": true, "timezone": true, "active": true,
	"password": true, "emails": true, "phonenumbers": true, "ims": true, "photos": true, "addresses": true, "groups": true,
	"entitlements": true, "roles": true, "x509certificates": true,
}

// putKeepsOwn changes an attribute that only this server knows, where it lets it be
// changed, and puts the account back as it is shown.
func putKeepsOwn(t *trial) {
	a := t.account("own")
	if a == nil {
		return
	}
	shown := t.read(a.path())
	for _, key := range sortedKeys(shown) {
		old, isText := shown[key].(string)
		if core[strings.ToLower(key)] || !isText || old == "" {
			continue
		}
		value := flipped(old)
		x := t.patch(a.path(), patchBody(scim.Operation{Op: "replace", Path: key, Value: []byte(quoted(value))}))
		if !x.ok() || t.get(a.path()).object().text(key) != value {
			continue // not to be changed
		}
		if t.edited(a, func(object) {}) == nil {
			return
		}
		if o := t.read(a.path()); o != nil {
			t.expect(o.text(key) == value, "%s was %q, the PUT carried it, and it is %s", key, value, short(o.get(key)))
		}
		return
	}
	t.skip("the server shows no attribute of its own that can be changed")
}

// flipped is another text of the same form.
func flipped(s string) string {
	last := s[len(s)-1]
	other := byte('1')
	if last == other {
		other = '2'
	}
	return s[:len(s)-1] + string(other)
}

func putNoExternalID(t *trial) {
	if !t.speaks(walkme.AIW) {
		t.skip("the dialect oin deactivates by PATCH")
		return
	}
	o, name := t.specMade("no-external-id")
	if o == nil || o.id() == "" {
		return
	}
	a := &account{id: o.id(), want: t.personNamed(name)}
	from := t.count()
	if t.called(t.clients[walkme.AIW].SetActive(t.ctx, a.id, false), "the deactivation by PUT") && t.clean(from, "the deactivation by PUT") {
		return
	}
	if !t.control(func() bool {
		other := t.account("with-external-id")
		return other != nil && t.clients[walkme.AIW].SetActive(t.ctx, other.id, false) == nil
	}) {
		t.skip("no PUT deactivates (see wire.aiw.deactivate)")
	}
}

func postNoEmail(t *trial) {
	want := t.person("no-mail")
	want.Attributes = scim.NewAttributes(slices.DeleteFunc(slices.Clone([]scim.Attribute(want.Attributes)), func(a scim.Attribute) bool {
		return strings.HasPrefix(a.Path, "emails")
	}))
	if _, err := t.create(want); !t.called(err, "the POST") {
		t.othersMade()
	}
}

func patchNamePart(t *trial) {
	a := t.account("part")
	if a == nil {
		return
	}
	x := t.patch(a.path(), patchBody(scim.Operation{Op: "replace", Value: []byte(`{"name":{"familyName":"Changed"}}`)}))
	if t.noPatch(x) {
		return
	}
	if !t.expect(x.ok(), "the PATCH %s%s", x.answered(), detailOf(x)) {
		return
	}
	if o := t.read(a.path()); o != nil {
		name := o.child("name")
		t.expect(name.text("familyName") == "Changed" && name.text("givenName") == "Probe", "name is %s after it", short(map[string]any(name)))
	}
}

func patchPassword(t *trial) {
	a := t.account("password")
	if a == nil {
		return
	}
	x := t.patch(a.path(), patchBody(scim.Operation{Op: "replace", Value: []byte(`{"password":"Lstar99&x"}`)}))
	if t.noPatch(x) {
		return
	}
	t.expect(x.ok(), "the PATCH %s%s", x.answered(), detailOf(x))
}

func patchActivePath(t *trial) {
	a := t.account("active-path")
	if a == nil {
		return
	}
	x := t.patch(a.path(), patchBody(scim.Operation{Op: "replace", Path: "active", Value: []byte("false")}))
	if t.noPatch(x) {
		return
	}
	if !t.expect(x.ok(), "the PATCH %s%s", x.answered(), detailOf(x)) {
		return
	}
	if o := t.read(a.path()); o != nil {
		t.expect(isFalse(o.get("active")), "active is %s after it", spelled(o.get("active")))
	}
}

func patchEmpty(t *trial) {
	a := t.account("no-operations")
	if a == nil {
		return
	}
	x := t.patch(a.path(), `{"schemas":["`+scim.SchemaPatchOp+`"],"Operations":[]}`)
	t.note("it %s", x.answered())
}

func unicodeEscape(t *trial) {
	name := t.userName("escape")
	x := t.post("/Users", strings.Replace(t.specBody(name), `"Probe"`, `"Zo\u00eb"`, 1))
	if !t.expect(x.ok(), "the POST %s%s", x.answered(), detailOf(x)) {
		t.othersMade()
		return
	}
	got := x.object().child("name").text("givenName")
	t.expect(got == "Zoë" || got == "", "name.givenName is %q, sent was %q", got, "Zoë")
}

func groupsShown(t *trial) {
	people := t.pool(1)
	if people == nil {
		return
	}
	if o := t.read(people[0].path()); o != nil {
		t.note("%t", o.has("groups"))
	}
}

func listInactive(t *trial) {
	a := t.deactivated("listed")
	if a == nil {
		return
	}
	read := 0
	for range mostPages {
		list := t.page("/Users", 1+read, 100)
		if list == nil {
			return
		}
		entries := list.entries("Resources")
		for _, o := range entries {
			if o.id() == a.id {
				return
			}
		}
		if read += len(entries); len(entries) == 0 {
			t.fail("the list does not have the deactivated account")
			return
		}
	}
	t.skip("the server has too many users: the first %d were read", read)
}

func deleteUser(t *trial) {
	a := t.account("delete")
	if a == nil {
		return
	}
	x := t.send(http.MethodDelete, a.path(), "", nil)
	if !t.expect(x.ok(), "DELETE %s%s", x.answered(), detailOf(x)) {
		return
	}
	t.expect(x.Status == http.StatusNoContent, "DELETE is answered %d, not 204", x.Status)
	t.expect(t.get(a.path()).Status == http.StatusNotFound, "GET of the deleted user %s", t.last().answered())
}

package probe

import (
	"net/http"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

const (
	taskCreate     = "Automatic provisioning of user to app failed: Error while creating user"
	taskUpdate     = "Automatic profile push of user to app failed: Error while trying to push profile update for user"
	taskDeactivate = "Automatic deprovisioning of user from app failed: Error while deactivating user"
	taskActivate   = "Automatic provisioning of user to app failed: Error while reactivating user"
	taskGroup      = "Unable to update Group Push mapping target App group: Error while creating user group"
	taskMembers    = "Unable to update Group Push mapping target App group: Error while updating user group membership for group"
)

// wireUserChecks are Okta's requests about accounts, in one dialect.
func wireUserChecks(d walkme.Profile) []Check {
	how := "PATCH without a path"
	lives := "walkme.wire.pathless_active: false"
	if d == walkme.AIW {
		how, lives = "GET and PUT", ""
	}
	return []Check{
		{
			ID: "create", Level: Required, Writes: true, Source: "Okta, SCIM 2.0 reference, Create users", Title: "Okta's POST, with externalId, groups and a password, answers 201 with the user and an id",
			Okta: "The person gets no account. Okta does not try again by itself.", Task: taskCreate, Remedy: "answer 201 with the created user and its id; ignore groups, take the password and never show it", run: wireCreate,
		}, {
			ID: "create-shown", Level: Required, Writes: true, Source: "Okta, Basic user schema", Title: "the created user shows the four base attributes, and active, as they were sent",
			Okta: "Okta believes the 201 and never looks: the account has other values than the ones in Okta until the next update.", Remedy: "store userName, both names and the e-mail address as they are sent", run: wireCreateShown,
		}, {
			ID: "create-arrays", Level: Required, Writes: true, Source: "Okta, FAQ, implementation requirements; RFC 7643, 2.4", Title: "multi-valued attributes are arrays, also with one value",
			Okta: "Okta cannot read the attribute, and its PUT fails or writes it anew.", Remedy: "write emails, phoneNumbers and addresses as arrays of objects", run: wireArrays,
		}, {
			ID: "password-hidden", Level: Required, Writes: true, Source: "RFC 7643, 4.1.1, returned: never", Title: "the password is in no answer",
			Okta: "Okta echoes whatever it reads, passwords included, in each PUT.", Remedy: "never show password", Switch: "walkme.wire.echo_password: false", run: wirePassword,
		}, {
			ID: "lookup", Level: Required, Writes: true, Source: "Okta, SCIM 2.0 reference, Determine if the user already exists; SPEC-INIT", Title: "the look-up by userName finds the account that was just made, and nobody else",
			Okta: "The next assignment of the person finds nobody, and its POST ends in 409.", Task: taskCreate, Remedy: `let userName eq "…" find the account at once`, run: wireLookup,
		}, {
			ID: "update", Level: Required, Writes: true, Source: "Okta, SCIM 2.0 reference, Update a user; manual plan C9291", Title: "GET, then PUT of everything that was shown with one value changed: it arrives",
			Okta: "Changes of a profile in Okta do not reach the server.", Task: taskUpdate, Remedy: "take a PUT with id, meta, groups and every attribute that GET shows; answer 200 with the user", Switch: "walkme.wire.user_update: patch", run: wireUpdate,
		}, {
			ID: "update-keeps", Level: Required, Writes: true, Source: "Okta, Update a user", Title: "that PUT keeps everything else: id, userName, e-mail, externalId, active, attributes of the server's own",
			Okta: "Each update in Okta damages the account.", Remedy: "store what the PUT carries", run: wireUpdateKeeps,
		}, {
			ID: "update-active", Level: Required, Writes: true, Source: "Okta, Active resources", Title: "the answers to PUT and to the change of status show active as a boolean",
			Okta: "Okta takes the account for inactive, or for active, at random.", Remedy: "show active, as true or false, in every answer about a user", run: wireActive,
		}, {
			ID: "rename", Level: Required, Writes: true, Source: "Okta, Update a user; FAQ 2026", Title: "a changed userName arrives by PUT, under the same id",
			Okta: "People who change their login cannot sign in any more.", Task: taskUpdate, Remedy: "let a PUT change userName; keep the id", run: wireRename,
		}, {
			ID: "deactivate", Level: Required, Writes: true, Source: "Okta, SCIM 2.0 reference, Deactivate a user; manual plan C9292", Title: "active false by " + how + " deactivates",
			Okta: "Leavers keep their access.", Task: taskDeactivate, Remedy: `take {"op":"replace","value":{"active":false}} without a path, and a PUT with active false`, Switch: lives, run: wireDeactivate,
		}, {
			ID: "deactivate-keeps", Level: Required, Writes: true, Source: "RFC 7644, 3.5.2", Title: "a deactivation leaves everything else as it is",
			Okta: "A returner comes back to an account without a name.", Remedy: "change active alone", run: wireDeactivateKeeps,
		}, {
			ID: "deactivate-twice", Level: Required, Writes: true, Source: "RFC 7644, 3.5.2", Title: "the same deactivation again is harmless",
			Okta: "A retried task fails for ever.", Task: taskDeactivate, Remedy: "answer a change that changes nothing as a success", run: wireDeactivateTwice,
		}, {
			ID: "inactive-readable", Level: Required, Writes: true, Source: "Okta, Test your SCIM API; CRUD test 11", Title: "a deactivated account can still be read by id, active false",
			Okta: `"Matching user not found", and no return of the person.`, Task: taskUpdate, Remedy: "keep deactivated accounts readable", run: wireInactiveReadable,
		}, {
			ID: "inactive-found", Level: Required, Writes: true, Source: "Okta, Determine if the user already exists", Title: "a deactivated account is still found by userName",
			Okta: "A returner is not found, and the POST ends in 409: the person stays out until somebody mends it by hand.", Task: taskCreate, Remedy: "let filters find inactive accounts, too", run: wireInactiveFound,
		}, {
			ID: "reactivate", Level: Required, Writes: true, Source: "Okta, Reactivate users; manual plan C9293", Title: "a returner: look-up, active true, then the profile; the same id, active, with the new values",
			Okta: "The person stays inactive, or Okta's second request deactivates again.", Task: taskActivate, Remedy: "let active true take effect at once, before the next GET", run: wireReactivate,
		}, {
			ID: "quick-return", Level: Required, Writes: true, Source: "devforum.okta.com 14380; fleetdm/fleet#53446", Title: "deactivated, and assigned again within the second: the account ends active",
			Okta: "Access is lost although Okta shows the person as assigned.", Task: taskActivate, Remedy: "apply writes in the order in which they come; never answer a GET from a cache", run: wireQuickReturn,
		}, {
			ID: "clear-value", Level: Recommended, Writes: true, Source: "manual plan C9337", Title: "an emptied value is taken without an error, and is gone",
			Okta: "A value that is emptied in Okta stays on the server, or the whole update fails.", Task: taskUpdate, Remedy: `take "" as no value`, Switch: "walkme.wire.cleared_value", run: wireClear,
		}, {
			ID: "all-attributes", Level: Recommended, Writes: true, Source: "manual plan C9334; Okta's default profile of the SCIM 2.0 template", Title: "a person with every attribute of Okta's template is created",
			Okta: "People with a filled profile are not created, those with an empty one are.", Task: taskCreate, Remedy: "ignore attributes that you do not store; never refuse them", Switch: "mappings: leave the refused attributes out", run: wireAllAttributes,
		},
	}
}

func wireCreate(t *trial) {
	want := t.person("create")
	_, err := t.client().CreateUser(t.ctx, want)
	x := t.last()
	if t.called(err, "the POST") || x == nil {
		if x != nil && x.Status != http.StatusCreated {
			t.fail("the status is %d, not 201", x.Status)
		}
		return
	}
	if x.Err == nil && x.Status/100 == 4 {
		t.plainCreate()
		return
	}
	t.never("accounts cannot be created: the POST %s%s", x.answered(), reasonOf(err))
}

// plainCreate finds out whether the server takes a POST without what is Okta's own.
func (t *trial) plainCreate() {
	for _, try := range []struct {
		key    string
		change func(*walkme.Wire)
	}{
		{"walkme.wire.send_password", func(w *walkme.Wire) { w.SendPassword = false }},
		{"walkme.wire.send_groups", func(w *walkme.Wire) { w.SendGroups = false }},
	} {
		if t.livesWith(try.change, func(c *walkme.Client) bool {
			_, err := c.CreateUser(t.ctx, t.person("plain"))
			return err == nil
		}) {
			t.advise(try.key, "false")
			return
		}
	}
	_, err := t.plain.CreateUser(t.ctx, t.person("plain"))
	if err == nil {
		t.advise("walkme.wire.send_password", "false")
		t.advise("walkme.wire.send_groups", "false")
		return
	}
	t.never("accounts cannot be created: the POST %s%s", t.last().answered(), reasonOf(err))
}

// livesWith tells whether a client with other switches gets through.
func (t *trial) livesWith(change func(*walkme.Wire), try func(*walkme.Client) bool) bool {
	wire := walkme.DefaultWire()
	change(&wire)
	c, err := t.session.client(t.dialect, wire)
	return err == nil && try(c)
}

// advise recommends a switch that was seen to help, in the report of the check, too.
func (t *trial) advise(key, value string) {
	t.advice.set(key, value)
	t.lived[t.check.ID] = true
	t.switchTo = strings.TrimPrefix(t.switchTo+", ", ", ") + key + ": " + value
}

func wireCreateShown(t *trial) {
	a := t.account("shown")
	if a == nil {
		return
	}
	o := t.read(a.path())
	if o == nil {
		return
	}
	t.shows(o, a.want)
	if v := a.made.get("active"); v != true {
		t.fail("active is %s in the answer to the POST", spelled(v))
	}
}

// shows fails for each base attribute that a user does not show as it should be.
func (t *trial) shows(o object, want scim.Resource) {
	value := func(path string) string { s, _ := want.Attributes.Get(path).(string); return s }
	for _, a := range []struct{ path, got string }{
		{scim.PathUserName, o.text("userName")}, {pathGiven, o.child("name").text("givenName")},
		{pathFamily, o.child("name").text("familyName")}, {pathEmail, o.primaryEmail()},
	} {
		same := a.got == value(a.path) || a.path == scim.PathUserName && scim.SameName(a.got, value(a.path))
		t.expect(same, "%s is %s, sent was %q", a.path, spelledText(a.got), value(a.path))
	}
	t.expect(o.get("active") == want.Active, "active is %s, sent was %t", spelled(o.get("active")), want.Active)
}

func spelledText(s string) string {
	if s == "" {
		return "missing"
	}
	return quoted(s)
}

func wireArrays(t *trial) {
	a := account{want: t.person("arrays")}
	made := t.accountOf(a.with("phoneNumbers[primary eq true].value", "+15550102"))
	if made == nil {
		return
	}
	o := t.read(made.path())
	for _, key := range []string{"emails", "phoneNumbers", "addresses", "groups", "roles", "entitlements", "photos", "ims"} {
		_, isList := o.get(key).([]any)
		t.expect(o.get(key) == nil || isList, "%s is %s", key, short(o.get(key)))
	}
}

func wirePassword(t *trial) {
	a := t.account("secret")
	if a == nil {
		return
	}
	t.read(a.path())
	for _, x := range t.since(0) {
		if x.object().has("password") {
			t.failAt(x, "the answer to %s shows password", x.Method)
			t.advise("walkme.wire.echo_password", "false")
			return
		}
	}
}

func wireLookup(t *trial) {
	a := t.account("lookup")
	if a == nil || t.found(a, a.name()) {
		return
	}
	findings, decisive := t.findings, t.decisive
	if _, err := t.careful.FindUser(t.ctx, a.name()); err != nil {
		t.never("accounts that are there already cannot be found, and not be linked")
	}
	t.findings, t.decisive = findings, decisive
}

func wireUpdate(t *trial) {
	a := t.account("update")
	if a == nil {
		return
	}
	if !t.updates(t.client(), a, "Changed") {
		t.otherUpdate(a)
	}
}

// updates changes the names of an account, and fails unless those that the server shows
// are the new ones.
func (t *trial) updates(c *walkme.Client, a *account, given string) bool {
	from := t.count()
	_, err := c.UpdateUser(t.ctx, a.id, a.with(pathGiven, given, pathShow, given+" Person"))
	if !t.called(err, "the update") || !t.clean(from, "the update") {
		return false
	}
	o := t.read(a.path())
	if o == nil {
		return false
	}
	name, shown := o.child("name").text("givenName"), o.text("displayName")
	if name == "" && shown != "" {
		return t.expect(shown == given+" Person", "displayName is %q after it, sent was %q", shown, given+" Person")
	}
	return t.expect(name == given, "name.givenName is %s after it, sent was %q", spelledText(name), given)
}

// otherUpdate finds out whether the profile can go out in another way.
func (t *trial) otherUpdate(a *account) {
	findings, decisive := t.findings, t.decisive
	patched := t.livesWith(func(w *walkme.Wire) { w.UserUpdate = walkme.UpdatePatch }, func(c *walkme.Client) bool {
		return t.updates(c, a, "Patched")
	})
	t.findings, t.decisive = findings, decisive
	if patched {
		t.advise("walkme.wire.user_update", "patch")
		return
	}
	t.switchTo = ""
	t.never("profiles cannot be updated, neither by PUT nor by PATCH")
}

func wireUpdateKeeps(t *trial) {
	a := t.account("keeps")
	if a == nil {
		return
	}
	before := t.read(a.path())
	if before == nil {
		return
	}
	if _, err := t.client().UpdateUser(t.ctx, a.id, a.with(pathFamily, "Changed")); err != nil {
		t.skip("the update was refused (see wire.%s.update)", t.dialect)
		return
	}
	after := t.read(a.path())
	if after == nil {
		return
	}
	t.same(before, after, "name", "displayname", "meta", "externalid", "groups", "password")
	given := before.child("name").text("givenName")
	t.expect(after.child("name").text("givenName") == given, "name.givenName was %q, and is %s", given, spelledText(after.child("name").text("givenName")))
}

// same fails for each key, none of those left out, whose value is not the one of before.
func (t *trial) same(before, after object, except ...string) {
	for _, key := range sortedKeys(before) {
		if slices.Contains(except, strings.ToLower(key)) || equalJSON(before[key], after.get(key)) {
			continue
		}
		t.fail("%s was %s, and is %s", key, short(before[key]), short(after.get(key)))
	}
}

func wireActive(t *trial) {
	a := t.account("active")
	if a == nil {
		return
	}
	from := t.count()
	_, err := t.client().UpdateUser(t.ctx, a.id, a.with(pathGiven, "Changed"))
	if err == nil {
		err = t.client().SetActive(t.ctx, a.id, false)
	}
	if err != nil {
		t.skip("a write was refused (see wire.%s.update, wire.%s.deactivate)", t.dialect, t.dialect)
		return
	}
	for _, x := range t.since(from) {
		if o := x.object(); o != nil && x.ok() && o.id() != "" {
			if v := o.get("active"); v != true && v != false {
				t.failAt(x, "the answer to %s shows active as %s", x.Method, spelled(v))
				return
			}
		}
	}
}

func wireRename(t *trial) {
	a := t.account("rename")
	if a == nil {
		return
	}
	name := t.userName("renamed")
	from := t.count()
	_, err := t.client().UpdateUser(t.ctx, a.id, a.with(scim.PathUserName, name))
	if !t.called(err, "the update") || !t.clean(from, "the update") {
		return
	}
	if o := t.read(a.path()); o != nil {
		t.expect(scim.SameName(o.text("userName"), name), "userName is %s after it, sent was %q", spelledText(o.text("userName")), name)
		t.found(a, name)
	}
}

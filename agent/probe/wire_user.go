package probe

import (
	"net/http"
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
			ID: "update-answer", Level: Recommended, Writes: true, Source: "Okta, Update a user; RFC 7644, 3.5.1", Title: "a PUT is answered 200 with the updated user",
			Okta: "Okta's reference names 200 with the user alone; what Okta makes of another success is not known.", Task: taskUpdate, Remedy: "answer a PUT with 200 and the user as GET shows it", run: wireUpdateAnswer,
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
	if err == nil {
		t.posts.Store(int32(yes))
	}
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
			t.posts.Store(int32(no))
			t.advise(try.key, "false")
			return
		}
	}
	_, err := t.plain.CreateUser(t.ctx, t.person("plain"))
	if err == nil {
		t.posts.Store(int32(no))
		t.advise("walkme.wire.send_password", "false")
		t.advise("walkme.wire.send_groups", "false")
		return
	}
	hint := ""
	if x := t.last(); x.Err == nil && x.Status == http.StatusBadRequest {
		hint = "; an attribute that it demands may come from a mapping"
	}
	t.never("accounts cannot be created: the POST %s%s%s", t.last().answered(), reasonOf(err), hint)
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
	for _, key := range []string{"emails", "phoneNumbers", "addresses"} {
		list := o.list(key)
		t.expect(len(o.entries(key)) == len(list), "%s is %s, not an array of objects", key, short(list))
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

package probe

import (
	"net/http"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

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
	t.same(before, after, "name", "displayname", "meta", "groups", "password")
	t.keepsOwn(before, after)
	given := before.child("name").text("givenName")
	t.expect(after.child("name").text("givenName") == given, "name.givenName was %q, and is %s", given, spelledText(after.child("name").text("givenName")))
}

// same fails for each attribute of SCIM's core, none of those left out, whose value is not
// the one of before. What is the server's own may follow from others, or from the time.
func (t *trial) same(before, after object, except ...string) {
	for _, key := range sortedKeys(before) {
		lower := strings.ToLower(key)
		if !core[lower] || slices.Contains(except, lower) || equalJSON(before[key], after.get(key)) {
			continue
		}
		t.fail("%s was %s, and is %s", key, short(before[key]), short(after.get(key)))
	}
}

// keepsOwn fails for each attribute of the server's own that is gone.
func (t *trial) keepsOwn(before, after object) {
	for _, key := range sortedKeys(before) {
		if !core[strings.ToLower(key)] && !blank(before[key]) && blank(after.get(key)) {
			t.fail("%s was %s, and is missing", key, short(before[key]))
		}
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

func wireUpdateAnswer(t *trial) {
	a := t.account("answer")
	if a == nil {
		return
	}
	from := t.count()
	if _, err := t.client().UpdateUser(t.ctx, a.id, a.with(pathGiven, "Changed")); err != nil {
		t.skip("the update was refused (see wire.%s.update)", t.dialect)
		return
	}
	for _, x := range t.since(from) {
		if x.Method != http.MethodPut {
			continue
		}
		switch whole := x.object() != nil && x.object().id() != ""; {
		case !whole:
			t.failAt(x, "the PUT %s, without the user", x.answered())
		case x.Status != http.StatusOK:
			t.failAt(x, "the PUT %s", x.answered())
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

package probe

import (
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// deactivated is an account that the server shows as inactive; nil (and the check
// skipped) when that cannot be had.
func (t *trial) deactivated(slug string) *account {
	a := t.account(slug)
	if a == nil {
		return nil
	}
	if err := t.client().SetActive(t.ctx, a.id, false); err != nil {
		t.skip("an account cannot be deactivated (see wire.%s.deactivate)", t.dialect)
		return nil
	}
	return a
}

func wireDeactivate(t *trial) {
	a := t.account("leaver")
	if a == nil {
		return
	}
	if !t.deactivates(t.client(), a) {
		t.otherDeactivation(a)
	}
}

// deactivates fails unless the client's deactivation is taken and seen.
func (t *trial) deactivates(c *walkme.Client, a *account) bool {
	from := t.count()
	err := c.SetActive(t.ctx, a.id, false)
	if !t.called(err, "the deactivation") || !t.clean(from, "the deactivation") {
		return false
	}
	o := t.read(a.path())
	return o != nil && t.expect(isFalse(o.get("active")), "active is %s after it", spelled(o.get("active")))
}

// isFalse takes the string of a sloppy server, too, which another check accuses.
func isFalse(v any) bool { return v == false || v == "false" || v == "False" }

func isTrue(v any) bool { return v == true || v == "true" || v == "True" }

// otherDeactivation finds out whether a leaver can lose access in another way.
func (t *trial) otherDeactivation(a *account) {
	works := func(c *walkme.Client) bool {
		err := c.SetActive(t.ctx, a.id, false)
		return err == nil && isFalse(t.get(a.path()).object().get("active"))
	}
	withPath := func(w *walkme.Wire) { w.PathlessActive = false }
	if t.dialect == walkme.OIN && t.livesWith(withPath, works) {
		t.advise("walkme.wire.pathless_active", "false")
		return
	}
	if t.dialect == walkme.OIN && works(t.clients[walkme.AIW]) {
		t.switchTo = "walkme.wire_profile: aiw"
		t.advice.profile = walkme.AIW
		return
	}
	t.switchTo = ""
	if t.dialect != walkme.OIN && t.speaks(walkme.OIN) {
		return
	}
	if x := t.get(a.path()); x.ok() && x.object() != nil && !x.object().has("active") {
		t.never("whether leavers lose their access cannot be seen: the server does not show active")
		return
	}
	t.never("accounts cannot be deactivated: leavers keep their access")
}

func wireDeactivateKeeps(t *trial) {
	a := t.account("leaver-keeps")
	if a == nil {
		return
	}
	before := t.read(a.path())
	if before == nil {
		return
	}
	if err := t.client().SetActive(t.ctx, a.id, false); err != nil {
		t.skip("the deactivation was refused (see wire.%s.deactivate)", t.dialect)
		return
	}
	if after := t.read(a.path()); after != nil {
		t.same(before, after, "active", "meta", "groups", "password")
	}
}

func wireDeactivateTwice(t *trial) {
	a := t.deactivated("leaver-twice")
	if a == nil {
		return
	}
	from := t.count()
	if t.dialect == walkme.AIW { // the client would see that there is nothing to do
		x := t.get(a.path())
		if x.ok() {
			t.put(a.path(), x.text())
		}
	} else if err := t.client().SetActive(t.ctx, a.id, false); !t.called(err, "the second deactivation") {
		return
	}
	t.clean(from, "the second deactivation")
	if o := t.read(a.path()); o != nil {
		t.expect(isFalse(o.get("active")), "active is %s after it", spelled(o.get("active")))
	}
}

func wireInactiveReadable(t *trial) {
	a := t.deactivated("inactive")
	if a == nil {
		return
	}
	if o := t.read(a.path()); o != nil {
		t.expect(isFalse(o.get("active")), "active is %s", spelled(o.get("active")))
	}
}

func wireInactiveFound(t *trial) {
	if a := t.deactivated("inactive-found"); a != nil {
		t.found(a, a.name())
	}
}

func wireReactivate(t *trial) {
	a := t.deactivated("returner")
	if a == nil {
		return
	}
	t.returns(a, a.with(pathGiven, "Returned"))
}

// returns plays Okta's conversation for a returner.
func (t *trial) returns(a *account, want scim.Resource) {
	from := t.count()
	u, err := t.client().FindUser(t.ctx, a.name())
	if err != nil {
		t.skip("the look-up does not find the inactive account (see wire.%s.inactive-found)", t.dialect)
		return
	}
	t.expect(u.ID == a.id, "the look-up finds id %q, created was %q", u.ID, a.id)
	_, err = t.client().LinkUser(t.ctx, u, want)
	if !t.called(err, "the return") || !t.clean(from, "the return") {
		return
	}
	if o := t.read(a.path()); o != nil {
		t.expect(isTrue(o.get("active")), "active is %s after it", spelled(o.get("active")))
		given, _ := want.Attributes.Get(pathGiven).(string)
		got := o.child("name").text("givenName") // that it is shown at all is create-shown's
		t.expect(got == "" || got == given, "name.givenName is %q, sent was %q", got, given)
	}
}

func wireQuickReturn(t *trial) {
	a := t.account("quick")
	if a == nil {
		return
	}
	for range 2 {
		if err := t.client().SetActive(t.ctx, a.id, false); err != nil {
			t.skip("the deactivation was refused (see wire.%s.deactivate)", t.dialect)
			return
		}
		if t.returns(a, a.with(pathGiven, "Quick")); len(t.findings) > 0 || t.why != "" {
			return
		}
	}
}

func wireAllAttributes(t *trial) {
	a := account{want: t.person("all")}
	const enterprise = scim.SchemaEnterpriseUser + ":"
	want := a.with(
		"name.middleName", "Q", "name.honorificPrefix", "Dr", "name.honorificSuffix", "PhD", "nickName", "Pro", "title", "Prober",
		"profileUrl", "https://"+t.options.Domain+"/probe", "preferredLanguage", "en", "locale", "en-US", "timezone", "Europe/Berlin", "userType", "Employee",
		"phoneNumbers[primary eq true].value", "+15550100", "phoneNumbers[primary eq true].type", "work",
		"addresses[primary eq true].streetAddress", "1 Main St", "addresses[primary eq true].locality", "Springfield", "addresses[primary eq true].country", "US",
		enterprise+"employeeNumber", "4711", enterprise+"costCenter", "CC1", enterprise+"organization", "Org", enterprise+"division", "Div", enterprise+"department", "Dep",
	)
	if _, err := t.create(want); !t.called(err, "the POST with all attributes") {
		t.othersMade()
	}
}

package probe

import (
	"okta-walkme-agent/internal/scim"
)

// oddName is a name that has broken a server.
type oddName struct{ id, text, what string }

// oddNames go into user names and into names of groups (seen on public SCIM servers).
func oddNames() []oddName {
	return []oddName{
		{"quote", `"Q"`, "a quote"}, {"backslash", `DOM\x`, "a backslash"}, {"apostrophe", "o'brien", "an apostrophe"},
		{"plus", "a+tag", "a plus sign"}, {"parenthesis", "r(d)", "parentheses"}, {"ampersand", "r&d", "an ampersand"},
		{"word", "x and y", "blanks and the word and"}, {"letters", "žółć-ß-名", "letters beyond ASCII"}, {"percent", "100%25#?", "signs of a URL"},
		{"tab", "a\tb", "a tab"},
	}
}

func quirkNameChecks() []Check {
	list := []Check{
		{ID: "quirks.name-no-email", Level: Recommended, Writes: true, Source: "seen on public SCIM servers", Title: "a userName need not be an e-mail address",
			Okta: "Orgs whose logins are no addresses cannot provision.", Task: taskCreate, Remedy: "take any text as userName", Switch: "provisioning.require_email: true", run: nameNoEmail},
		{ID: "quirks.name-other-email", Level: Required, Writes: true, Source: "seen on public SCIM servers", Title: "an account is found by its userName, not by its e-mail address",
			Okta: "The account is not found, and the POST ends in 409, for ever.", Task: taskCreate, Remedy: "let userName eq compare userName", Switch: "walkme.wire.resolve_conflicts: true", run: nameOtherEmail},
	}
	for _, odd := range oddNames() {
		if odd.id != "tab" {
			list = append(list, Check{
				ID: "quirks.user-" + odd.id, Level: Recommended, Writes: true, Source: "seen on public SCIM servers", Title: "a userName with " + odd.what + " is made and found again",
				Okta: "Such people are made without an id, or not found again: each return ends in 409.", Task: taskCreate, Remedy: "store and compare names as text; read the filter's value as a JSON string", Switch: "walkme.wire.resolve_conflicts: true", run: oddUser(odd),
			})
		}
		list = append(list, Check{
			ID: "quirks.group-" + odd.id, Level: Recommended, Writes: true, Source: "seen on public SCIM servers", Title: "a group with " + odd.what + " in its name is made and found again",
			Okta: "Such groups are pushed without an id, or made a second time.", Task: taskGroup, Remedy: "store and compare names as text; read the filter's value as a JSON string", run: oddGroup(odd),
		})
	}
	return list
}

func oddUser(odd oddName) func(*trial) {
	return func(t *trial) {
		want := t.personNamed(t.label("odd") + "-" + odd.text + "@" + t.options.Domain)
		if t.makeable(want) {
			return
		}
		u, err := t.create(want)
		if !t.called(err, "the POST") {
			t.lost[t.check.ID] = true // no look-up helps whom the server does not take
			return
		}
		a := &account{id: u.ID, want: want}
		stored := false
		if o := t.read(a.path()); o != nil {
			stored = t.expect(scim.SameName(o.text("userName"), want.Name()), "userName is %s, sent was %q", spelledText(o.text("userName")), want.Name())
		}
		if !t.found(a, want.Name()) && !t.plainFound() || !stored {
			t.lost[t.check.ID] = true
		}
	}
}

// makeable tells that accounts cannot be made at all, and then skips the check.
func (t *trial) makeable(scim.Resource) bool {
	if t.refusals >= maxRefusals {
		t.skip("it needs an account, and none can be made")
		return true
	}
	return false
}

func oddGroup(odd oddName) func(*trial) {
	return func(t *trial) {
		if !t.hasGroups() {
			t.skip("the server has no groups (see spec.groups)")
			return
		}
		name := t.label("odd") + " " + odd.text
		made, err := t.client().CreateGroup(t.ctx, name, nil)
		if err != nil && !t.control(func() bool { return t.group("control") != nil }) {
			t.skip("it needs a group, and none can be made (see wire.%s.group-create)", t.dialect)
			return
		}
		if !t.called(err, "the POST") {
			return
		}
		hits, others, fine := t.hits("/Groups", scim.PathDisplayName, name)
		if fine {
			t.expect(len(hits) == 1 && others == 0 && hits[0].id() == made.ID, "the look-up finds %d groups of this name and %d others", len(hits), others)
		}
		if len(t.findings) > 0 && !t.plainGroupFound() {
			t.skip("no group can be found (see wire.%s.group-lookup)", t.dialect)
		}
	}
}

func nameNoEmail(t *trial) {
	want := t.personWith(t.label("login"), t.emailOf(t.label("login")))
	if t.makeable(want) {
		return
	}
	u, err := t.create(want)
	taken := t.called(err, "the POST")
	switch {
	case taken && (t.found(&account{id: u.ID, want: want}, want.Name()) || t.plainFound()):
	case !taken && t.othersMade():
		t.advise("provisioning.require_email", "true")
	default:
		t.lost[t.check.ID] = true
	}
}

func nameOtherEmail(t *trial) {
	a := t.accountOf(t.personWith(t.userName("login"), t.label("mail")+"@mail."+t.options.Domain))
	if a != nil {
		t.found(a, a.name())
	}
}

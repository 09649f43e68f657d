package agent_test

import (
	"testing"

	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// The Kelvin sign folds to k and the long s to s. A server may take them for one; the
// agent does not, and leaves what it finds under such a name to whom it belongs.
func TestOtherLettersAreOtherPeople(t *testing.T) {
	t.Parallel()
	for name, folded := range map[string]bool{"a server that tells them apart": false, "a server that folds": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, walkme.OIN, func(s *setup) {
				s.tenant.Quirks = walkmetest.Quirks{NamesFolded: folded}
				s.sources = []string{"Taſk Force"}
			})
			w.account("kim", true)
			w.account("sam", true)
			w.tenant.AddGroup("Task Force")
			w.hire("\u212aim", "ſam", "ann")
			w.group("Taſk Force", "ann")
			for range 2 {
				w.sync()
				for _, u := range w.tenant.Users() {
					if (u.UserName == "kim@example.com" || u.UserName == "sam@example.com") && (u.GivenName != "Old" || u.ExternalID != "") {
						t.Errorf("account %s became %s %s, externalId %q: it belongs to somebody else", u.UserName, u.GivenName, u.FamilyName, u.ExternalID)
					}
				}
				if g, _ := w.tenant.Group("Task Force"); len(g.Members) > 0 {
					t.Errorf("members of Task Force = %v, want none: another group was pushed", g.UserNames)
				}
			}
			if !folded {
				wantText(t, "accounts", w.accounts(), `
					ann: Ann Example
					kim: Old Name
					sam: Old Name
					ſam: Sam Example
					`+"\u212aim: \u212aim Example")
				wantText(t, "memberships", w.memberships(), `
					Task Force:
					Taſk Force: ann`)
			}
		})
	}
}

// An account does not pass on to somebody whose userName only folds to the leaver's.
func TestNoHandoverByOtherLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("kim")
	w.sync()
	w.org.Unassign(w.people["kim"])
	w.hire("\u212aim")
	wantText(t, "changes", changes(w.sync()), `
		deactivate kim: applied
		create `+"\u212a"+`im: applied`)
	w.quiet()
}

// Names that differ in case alone are one name, in every alphabet.
func TestOtherCaseIsTheSamePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.Workers = 1 })
	w.tenant.AddUser(walkmetest.User{UserName: "éva@example.com", GivenName: "Old", FamilyName: "Name", Active: true})
	w.tenant.AddUser(walkmetest.User{UserName: "νικος@example.com", GivenName: "Old", FamilyName: "Name", Active: true})
	w.hire("ÉVA", "ΝΙΚΟΣ")
	wantText(t, "changes", changes(w.sync()), `
		link ÉVA: applied
		link ΝΙΚΟΣ: applied`)
	w.quiet()
}

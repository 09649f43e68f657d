package agent_test

import (
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// check compares WalkMe with Okta's truth, when all faults are over.
func (l *life) check(t *testing.T, e ending) {
	t.Helper()
	if e.runs > maxRuns && !l.sharesNames() && !l.oddity.cuts {
		t.Errorf("not quiet after %d runs", maxRuns)
	}
	for _, v := range e.violations {
		if !l.oddity.folds || !strings.HasPrefix(v, string(walkmetest.RuleSecondCreate)) {
			t.Errorf("violation: %s", v)
		}
	}
	present, kept := l.checkUsers(t)
	l.checkGroups(t, present, kept)
}

// pushed says whether a group is one that sources name.
func (l *life) pushed(g oktatest.GroupState) bool {
	return strings.HasPrefix(g.Name, "push ") || g.ID == l.content
}

// folded is a name as a server has it that makes one letter of k and the Kelvin sign.
func folded(name string) string { return strings.ToLower(strings.ReplaceAll(name, "\u212a", "k")) }

// sharesNames says that two people of Okta's cannot both have an account: one is reported
// for good.
func (l *life) sharesNames() bool {
	return l.oddity.folds && slices.ContainsFunc(l.stage.org.People(), func(p oktatest.PersonState) bool { return l.unlucky(p) })
}

// unlucky says that the server may take a person for another one.
func (l *life) unlucky(p oktatest.PersonState) bool {
	return l.oddity.folds && slices.ContainsFunc(l.tenant.Users(), func(u walkmetest.User) bool {
		return u.ExternalID != p.ID && folded(u.UserName) == folded(p.Login)
	})
}

// account finds an account by its name, as the server tells names apart.
func (l *life) account(name string) (walkmetest.User, bool) {
	if !l.oddity.folds {
		return l.tenant.User(name)
	}
	all := l.tenant.Users()
	i := slices.IndexFunc(all, func(u walkmetest.User) bool { return folded(u.UserName) == folded(name) })
	if i < 0 {
		return walkmetest.User{}, false
	}
	return all[i], true
}

// checkUsers returns the user names of those who are to have an active account,
// and the Okta ids of those who are kept as they are.
func (l *life) checkUsers(t *testing.T) (present map[string]string, kept map[string]bool) {
	t.Helper()
	present, kept = map[string]string{}, map[string]bool{}
	rightful := map[string]bool{}
	for _, p := range l.stage.org.People() {
		switch {
		case !p.Assigned:
		case p.Status == "SUSPENDED", l.unlucky(p):
			kept[p.ID] = true
		default:
			present[p.ID], rightful[folded(p.UserName)] = p.UserName, true
			u, ok := l.account(p.UserName)
			if !ok || !u.Active || u.ExternalID != p.ID || u.FamilyName != p.Profile["lastName"] {
				t.Errorf("account of %s %s = %+v, want active with family name %s", p.ID, p.UserName, u, p.Profile["lastName"])
			}
		}
	}
	for _, u := range l.tenant.Users() {
		if u.Active && u.ID != l.foreign && !rightful[folded(u.UserName)] && !kept[u.ExternalID] {
			t.Errorf("account %s of %s is active, but nobody assigned has it", u.UserName, u.ExternalID)
		}
	}
	return present, kept
}

func (l *life) checkGroups(t *testing.T, present map[string]string, kept map[string]bool) {
	t.Helper()
	for _, g := range l.stage.org.Groups() {
		if !l.pushed(g) {
			continue
		}
		got, ok := l.tenant.Group(l.nameInWalkMe(g))
		if !ok {
			t.Errorf("group %s is not in WalkMe", g.Name)
			continue
		}
		in := map[string]bool{}
		for _, u := range l.tenant.Users() {
			if !slices.Contains(got.Members, u.ID) {
				continue
			}
			in[u.ExternalID] = true
			member := slices.Contains(g.Members, u.ExternalID)
			if u.Active && u.ID != l.foreign && !kept[u.ExternalID] && !member {
				t.Errorf("group %s has %s %s, who is not in it in Okta", g.Name, u.ExternalID, u.UserName)
			}
		}
		for _, id := range g.Members {
			if present[id] != "" && !in[id] {
				t.Errorf("group %s lacks %s %s", g.Name, id, present[id])
			}
		}
	}
}

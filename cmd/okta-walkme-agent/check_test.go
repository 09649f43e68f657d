package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// TestCheckNamesWhatNobodyHas tells a misspelt attribute, which reads as empty, from
// one that some people do not have.
func TestCheckNamesWhatNobodyHas(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"": `mappings:
  userName: appuser.userName
  name.givenName: user.fristName
  name.familyName: user.lastName
  title: user.title
  nickName: '""'
`})
	c.org.Assign(c.org.Hire(oktatest.Person{First: "Ann", Last: "Archer", Email: "ann@example.com", Profile: map[string]any{"title": "Dr."}}))
	c.hire("Bob", "Baker")
	r := c.must(exitProblems, "check")
	if want := "name.givenName is empty for everybody: Okta has no value for user.fristName"; !strings.Contains(r.out, want) {
		t.Errorf("check says\n%swant %q in it", r.out, want)
	}
	if n := strings.Count(r.out, "empty for everybody"); n != 1 {
		t.Errorf("check says\n%swant one attribute that is empty for everybody, not %d", r.out, n)
	}
}

// TestCheckNamesWhatDoesNotExist asks Okta's schemas, where it may.
func TestCheckNamesWhatDoesNotExist(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"": `mappings:
  userName: appuser.userName
  name.givenName: user.fristName
  title: user.title
  nickName: user.badge
  displayName: appuser.role
`})
	c.org.DefineAttribute("role", true)
	c.org.Assign(c.org.Hire(oktatest.Person{First: "Ann", Last: "Archer", Email: "ann@example.com", Profile: map[string]any{"badge": "7"}}))
	r := c.must(exitProblems, "check")
	if want := "name.givenName: there is no attribute user.fristName in Okta; did you mean firstName?"; !strings.Contains(r.out, want) || strings.Count(r.out, "there is no attribute") != 1 {
		t.Errorf("check says\n%swant %q in it, and nothing of the others", r.out, want)
	}
	if want := "warn  title, nickName, displayName: beyond the three attributes that WalkMe's guide maps"; !strings.Contains(r.out, want) {
		t.Errorf("check says\n%swant %q in it", r.out, want)
	}
	if want := "warn  title is empty for everybody: nobody has a value for user.title in Okta"; !strings.Contains(r.out, want) {
		t.Errorf("check says\n%swant %q in it", r.out, want)
	}
	c.org.ForbidSchemas()
	if r := c.run("check"); !strings.Contains(r.out, "which profile attributes exist is not known") || strings.Contains(r.out, "there is no attribute") {
		t.Errorf("check without the right says\n%s", r.out)
	}
}

// TestCheckOfTheApp reads it once, and compares it with the configuration.
func TestCheckOfTheApp(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	c.must(exitOK, "check")
	reads := 0
	for _, r := range c.org.Requests() {
		if r.Path == "/api/v1/apps/"+c.org.AppID() {
			reads++
		}
	}
	if reads != 1 {
		t.Errorf("check reads the app %d times, want once", reads)
	}
	c.configure(map[string]string{"walkme": "wire_profile: aiw\n"})
	if r := c.must(exitProblems, "check"); !strings.Contains(r.out, "wire_profile is aiw, but the app comes from Okta's catalog (walkme)") {
		t.Errorf("check of a catalog app with profile aiw says\n%s", r.out)
	}
}

// TestTwoEngines is said by check and by every plan, and holds nothing.
func TestTwoEngines(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	const said = "two engines write to WalkMe"
	if r := c.must(exitOK, "plan"); strings.Contains(r.out, said) {
		t.Errorf("plan says %q although Okta's own provisioning is off", said)
	}
	c.org.SetProvisioning(true)
	for _, command := range []string{"check", "plan", "plan --format markdown", "sync", "plan --offline"} {
		if r := c.run(strings.Fields(command)...); !strings.Contains(strings.Join(strings.Fields(r.out), " "), said) || r.code != exitOK && command != "check" {
			t.Errorf("%s ends with %d and says\n%swant %q in it", command, r.code, r.out, said)
		}
	}
	if r := c.must(exitOK, "plan", "--format", "json"); !strings.Contains(r.out, `"okta_provisioning": [`) || !strings.Contains(r.out, `"PUSH_NEW_USERS"`) {
		t.Errorf("plan --format json lacks okta_provisioning:\n%s", r.out)
	}
	if n := len(c.tenant.Users()); n != 1 {
		t.Errorf("WalkMe has %d accounts after the sync, want 1: nothing is held", n)
	}
}

// TestCheckLooksForLinks finds a link that is mistyped before anything is sent, and asks
// nothing about one that is linked.
func TestCheckLooksForLinks(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{
		"push_groups": "sources: [{name: Content Authors, link: Autors}]\n",
	})
	c.hire("Ann", "Archer")
	c.org.NewGroup("Content Authors", c.people["ann"])
	c.tenant.AddGroup("Authors")
	const missing = `WalkMe has no group "Autors", and none is created for a link; did you mean Authors?`
	if r := c.must(exitProblems, "check"); !strings.Contains(unfolded(r.out), "warn Content Authors: link: "+missing) {
		t.Errorf("check says\n%swant the link and the nearest name", r.out)
	}
	if r := c.must(exitOK, "plan"); !strings.Contains(unfolded(r.out), "link: "+missing) || strings.Contains(r.out, "link: link:") {
		t.Errorf("plan says\n%swant the link and the nearest name", r.out)
	}
	c.configure(map[string]string{"push_groups": "sources: [{name: Content Authors, link: Authors}]\n"})
	if r := c.must(exitOK, "check"); !strings.Contains(unfolded(r.out), "ok Content Authors is linked to Authors, which is there") {
		t.Errorf("check says\n%swant that the group is there", r.out)
	}
	c.must(exitOK, "sync")
	c.tenant.ResetRequests()
	c.must(exitOK, "check")
	for _, r := range c.tenant.Requests() {
		if strings.Contains(r.RawQuery, "Authors") {
			t.Errorf("check asks %s?%s about a group that is linked", r.Path, r.RawQuery)
		}
	}
}

func unfolded(text string) string { return strings.Join(strings.Fields(text), " ") }

// TestCheckCountsRejected keeps a mapping that suits nobody readable.
func TestCheckCountsRejected(t *testing.T) {
	c := newCompany(t, oktatest.Options{Generated: 200}, walkmetest.Options{}, map[string]string{"": "mappings: {userName: user.firstName}\n"})
	r := c.must(exitProblems, "check")
	if n := strings.Count(r.out, "is not an e-mail address"); n > 10 || n == 0 {
		t.Errorf("check lists %d rejected people, want 10 at most:\n%s", n, r.out)
	}
	if want := "200 people in all cannot be mapped"; !strings.Contains(r.out, want) {
		t.Errorf("check says\n%swant %q in it", r.out, want)
	}
}

// TestCheckOfImpossibleState does not promise what the first sync cannot do.
func TestCheckOfImpossibleState(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"state": "path: /proc/none/state.db\n"})
	for _, args := range [][]string{{"check"}, {"check", "--offline"}} {
		if r := c.run(args...); r.code == exitOK || !strings.Contains(r.out, "make a file or folder in /proc") {
			t.Errorf("%v ends with %d and says\n%swant that no state can be made", args, r.code, r.out)
		}
	}
}

// TestCutStateStopsEverything is the day after a disk was full: nobody is forgotten
// because a file is empty.
func TestCutStateStopsEverything(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	c.hire("Bob", "Baker")
	c.must(exitOK, "sync")
	copied := filepath.Join(c.dir, "copy.db")
	c.must(exitOK, "state", "backup", copied)
	if err := os.Truncate(c.statePath(), 0); err != nil {
		t.Fatal(err)
	}
	c.org.Unassign(c.people["bob"])
	writes := c.writes()
	for _, args := range [][]string{{"check", "--offline"}, {"state", "check"}, {"status"}, {"plan"}, {"sync"}} {
		r := c.must(exitFailed, args...)
		if all := r.out + r.err; !strings.Contains(all, "is damaged") || !strings.Contains(all, "remedy: restore a backup") {
			t.Errorf("%v says\n%s\nwant the damage and the remedy", args, all)
		}
	}
	if n := c.writes() - writes; n != 0 {
		t.Errorf("writes = %d, want none", n)
	}
	if err := os.Rename(copied, c.statePath()); err != nil {
		t.Fatal(err)
	}
	c.must(exitOK, "sync")
	for _, u := range c.tenant.Users() {
		if want := u.UserName == "ann@example.com"; u.Active != want {
			t.Errorf("%s active = %t, want %t", u.UserName, u.Active, want)
		}
	}
}

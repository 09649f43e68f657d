package main

import (
	"strings"
	"testing"
)

// TestConsoleInBrowser plays what a new user does with demo --serve: a first run, why
// Ann has an account, and what a crowd of leavers leads to. Each page is looked at in four sizes
// and both schemes.
func TestConsoleInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	t.Parallel()
	b, d := newBrowser(t), serveDemo(t)
	b.base, _, _ = strings.Cut(d.link, "/session")
	b.open(d.link)
	b.says("There was no run yet")
	b.look("fresh")

	b.click("Start a run now")
	b.says("done", "6 applied", "ann@example.com", "create")
	b.look("run")

	b.open("/people?q=ann")
	b.click("ann@example.com")
	b.says("In scope: assigned in Okta", "active", "user.firstName", `"Ann"`, "WalkMe Editors", "HTTP 201", "Nothing, by what Okta said last")
	b.look("person")

	d.types("merger")
	b.open("/")
	b.click("Start a run now")
	b.says("41 applied")
	b.open("/people?q=山田")
	b.says("花子 山田")
	b.open("/people")
	b.look("people")

	b.open("/mappings")
	b.says("Nobody of 44 would be updated", "Jürgen")
	b.fill("mapping[name.givenName]", "String.toUpperCase(user.fristName")
	b.says("line 1, column")
	b.fill("mapping[name.givenName]", "String.toUpperCase(user.firstName)")
	b.says(`"ANN"`)
	b.click("See whom it touches")
	b.says("42 people of 44 would be updated", `"Ann" → "ANN"`, "'String.toUpperCase(user.firstName)'", "appuser.userName")
	b.look("mappings")

	d.types("reorg")
	b.open("/")
	b.click("Start a run now")
	b.says("8 held")
	b.open("/")
	b.says("8 changes are held and wait for a decision")
	b.look("overview")
	b.click("See whom it concerns")
	b.says("Held: 8 deactivations", "person01@example.com", "8 of 8")
	b.look("hold")
	b.fill("reason", "the reorganisation of November")
	b.click("Approve 8 deactivations")
	b.says("Approved by", "the reorganisation of November", "The next run makes these changes")
	b.click("Start the run now")
	b.says("8 applied", "deactivate", "person01@example.com")
	b.look("approved")
	b.open("/")
	b.says("All in step")
	for _, page := range []string{"runs", "groups"} {
		b.open("/" + page)
		b.look(page)
	}
	b.open("/groups")
	b.click("Read WalkMe now")
	b.says("WalkMe was read")
	b.open("/accounts")
	b.says("admin@example.com", "Ada Min", "1 of 1 account")
	b.look("accounts")
	b.open("/groups")
	b.click("WalkMe Editors")
	b.says("active", "Members")
	b.look("group")
}

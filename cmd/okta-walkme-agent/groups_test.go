package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// pushing is a company that pushes two groups, the second by a rule.
func pushing(t *testing.T, sources string) *company {
	t.Helper()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"push_groups": "sources: " + sources + "\n"})
	c.hire("Ann", "Archer")
	c.hire("Bob", "Baker")
	c.group("sales", "Sales", "ann", "bob")
	c.group("ops", "team-ops", "bob")
	return c
}

// outlineGroups writes a list one group a line.
func outlineGroups(t *testing.T, r result) string {
	t.Helper()
	var list agent.GroupList
	if err := json.Unmarshal([]byte(r.out), &list); err != nil {
		t.Fatalf("groups --format json: %v\n%s", err, r.out)
	}
	var b strings.Builder
	for _, g := range list.Groups {
		fmt.Fprintf(&b, "%s %s, %d members, WalkMe %q, pushed %t", g.Name, g.Status, g.Members, g.WalkMeName, g.LastPushAt != nil)
		if g.Error != "" {
			fmt.Fprintf(&b, ": %s", g.Error)
		}
		b.WriteString("\n")
	}
	for _, g := range list.Available {
		fmt.Fprintf(&b, "available %s\n", g.Name)
	}
	return b.String()
}

func TestGroups(t *testing.T) {
	const both = `[{name: Sales}, {rule: {name_starts_with: team-}}]`
	c := pushing(t, both)
	list := func(args ...string) string {
		return outlineGroups(t, c.must(exitOK, append([]string{"groups", "--format", "json"}, args...)...))
	}
	want := func(when, got string, lines ...string) {
		t.Helper()
		if diff := cmp.Diff(strings.Join(lines, "\n")+"\n", got); diff != "" {
			t.Errorf("groups %s (-want +got):\n%s", when, diff)
		}
	}
	want("before any run", list(), `Sales waiting, 0 members, WalkMe "", pushed false`, `team-ops waiting, 0 members, WalkMe "", pushed false`)
	c.must(exitOK, "sync")
	reads := len(c.org.Requests())
	want("after a run", list(), `Sales active, 2 members, WalkMe "Sales", pushed true`, `team-ops active, 1 members, WalkMe "team-ops", pushed true`)
	if n := len(c.org.Requests()) - reads; n != 0 {
		t.Errorf("groups asked Okta %d times, want it to go by the state", n)
	}

	c.org.Fault(func(r *http.Request) *oktatest.Fault {
		if strings.HasSuffix(r.URL.Path, c.groups["ops"]+"/users") {
			return &oktatest.Fault{Status: http.StatusBadRequest}
		}
		return nil
	})
	c.must(exitProblems, "sync")
	want("that Okta does not give", list(), `Sales active, 2 members, WalkMe "Sales", pushed true`,
		`team-ops unreadable, 1 members, WalkMe "team-ops", pushed true: okta: list members of group `+c.groups["ops"]+`: HTTP 400 Bad Request [request `+requestID(t, list())+`]`)
	c.org.Fault(nil)

	c.configure(map[string]string{"push_groups": "sources: [{name: Sales, paused: true}, {id: " + c.groups["sales"] + "}]\n"})
	want("that are paused", list("--available"), `Sales paused, 2 members, WalkMe "Sales", pushed true: paused by the configuration: group "Sales"`)
	text := c.must(exitOK, "groups").out
	if !strings.Contains(text, "paused") || !strings.Contains(text, "Sales, 2 members, last push") {
		t.Errorf("groups as text:\n%s", text)
	}
}

// requestID is the one that an error in a list quotes.
func requestID(t *testing.T, text string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "[request ")
	id, _, _ := strings.Cut(rest, "]")
	if !ok {
		t.Fatalf("no request id in %s", text)
	}
	return id
}

// A group that WalkMe has and nobody manages can be linked.
func TestAvailableGroups(t *testing.T) {
	c := pushing(t, "[{name: Sales}]")
	c.tenant.AddGroup("Authors")
	c.must(exitOK, "sync")
	text := c.must(exitOK, "groups", "--available").out
	if !strings.Contains(text, "WalkMe's groups that can be linked (1 group)") || !strings.Contains(text, "- Authors,") || strings.Contains(text, "- Sales,") {
		t.Errorf("groups --available:\n%s", text)
	}
	if c.must(exitUsage, "groups", "--format", "csv").out != "" {
		t.Error("groups --format csv printed something, want it refused")
	}
}

// A paused source sends nothing for its groups, whoever names them, too; the plan shows
// what waits; people go on.
func TestPausedSourceSendsNothing(t *testing.T) {
	const sources = `[{name: Sales, paused: %t}, {id: %s}, {rule: {name_starts_with: team-}}]`
	c := pushing(t, "[{name: Sales}]")
	pause := func(on bool) {
		c.configure(map[string]string{"push_groups": "sources: " + fmt.Sprintf(sources, on, c.groups["sales"]) + "\n"})
	}
	pause(true)
	c.must(exitOK, "sync")
	names := func() (names []string) {
		for _, g := range c.tenant.Groups() {
			names = append(names, fmt.Sprintf("%s:%d", g.DisplayName, len(g.Members)))
		}
		return names
	}
	if diff := cmp.Diff([]string{"team-ops:1"}, names()); diff != "" || len(c.tenant.Users()) != 2 {
		t.Errorf("WalkMe's groups while Sales is paused (-want +got), %d users:\n%s", len(c.tenant.Users()), diff)
	}
	r := c.must(exitOK, "plan", "--format", "json")
	for _, want := range []string{`"kind": "paused"`, `"detail": "push_groups.sources: paused at group \"Sales\""`, `"disabled": 1`} {
		if !strings.Contains(r.out, want) {
			t.Errorf("plan --format json lacks %s:\n%s", want, r.out)
		}
	}
	if text := c.must(exitOK, "plan").out; !strings.Contains(text, "Paused by configuration") {
		t.Errorf("plan says nothing of the pause:\n%s", text)
	}
	pause(false)
	c.must(exitOK, "sync")
	if diff := cmp.Diff([]string{"Sales:2", "team-ops:1"}, names()); diff != "" {
		t.Errorf("WalkMe's groups once Sales goes on (-want +got):\n%s", diff)
	}
}

func TestAccounts(t *testing.T) {
	c := pushing(t, "[]")
	c.tenant.AddUser(walkmetest.User{UserName: "zoe@example.com", GivenName: "Zoe", FamilyName: "Zimmer", Active: false})
	c.tenant.AddUser(walkmetest.User{UserName: "=cmd()@example.com", Active: true})
	if r := c.must(exitOK, "accounts"); !strings.Contains(r.err, "No run has been made yet") {
		t.Errorf("accounts before any run says %q", r.err)
	}
	c.must(exitOK, "sync")
	r := c.must(exitOK, "accounts", "--format", "csv")
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	if len(lines) != 3 || lines[0] != "walkme_id,user_name,name,active" || !strings.Contains(lines[1], ",'=cmd()@example.com,") ||
		!strings.HasSuffix(strings.TrimSpace(lines[2]), ",zoe@example.com,Zoe Zimmer,false") {
		t.Errorf("accounts --format csv:\n%s", r.out)
	}
	var list agent.AccountList
	if err := json.Unmarshal([]byte(c.must(exitOK, "accounts", "--format", "json").out), &list); err != nil || len(list.Accounts) != 2 ||
		list.Schema != "okta-walkme-agent/accounts/v1" {
		t.Errorf("accounts --format json = %+v, %v", list, err)
	}
	if text := c.must(exitOK, "accounts").out; !strings.Contains(text, "inactive zoe@example.com, Zoe Zimmer, id") {
		t.Errorf("accounts:\n%s", text)
	}
	if c.writes() == 0 || c.must(exitUsage, "accounts", "--format", "xml").out != "" {
		t.Error("accounts --format xml printed something, want it refused")
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// crowd is a company of n people in one pushed group, in sync.
func crowd(t *testing.T, n, pageLimit int) *company {
	t.Helper()
	c := newCompany(t, oktatest.Options{PageLimit: pageLimit}, walkmetest.Options{}, map[string]string{
		"push_groups": "sources: [{name: Sales}]\n", "limits": "member_removals: {count: 1000, percent: 0}\n"})
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("p%d", i))
		c.hire(names[i], "Example")
	}
	c.group("sales", "Sales", names...)
	c.must(exitOK, "sync")
	return c
}

func (c *company) membersOf(name string) int {
	g, _ := c.tenant.Group(name)
	return len(g.Members)
}

// A member list that was cut short in one read takes nobody out, whatever the limits
// are; the next good read goes on.
func TestCutMemberListTakesNobodyOut(t *testing.T) {
	for name, rewrite := range map[string]func(h http.Header, body []byte) []byte{
		"one of many": func(_ http.Header, body []byte) []byte {
			var all []json.RawMessage
			if err := json.Unmarshal(body, &all); err != nil || len(all) == 0 {
				return body
			}
			one, _ := json.Marshal(all[:1])
			return one
		},
		"empty":         func(http.Header, []byte) []byte { return []byte("[]") },
		"links dropped": func(h http.Header, body []byte) []byte { h.Del("Link"); return body },
	} {
		t.Run(name, func(t *testing.T) {
			c := crowd(t, 26, 20)
			c.org.Fault(func(r *http.Request) *oktatest.Fault {
				if !strings.HasPrefix(r.URL.Path, "/api/v1/groups/") {
					return nil
				}
				return &oktatest.Fault{Rewrite: rewrite}
			})
			for range 2 {
				if r := c.must(exitProblems, "sync"); !strings.Contains(r.out, "Sales") {
					t.Errorf("sync says nothing of the group:\n%s", r.out)
				}
			}
			if n := c.membersOf("Sales"); n != 26 {
				t.Errorf("Sales has %d members in WalkMe, want all 26", n)
			}
			c.org.Fault(nil)
			c.org.RemoveMember(c.groups["sales"], c.people["p0"])
			c.must(exitOK, "sync")
			if n := c.membersOf("Sales"); n != 25 {
				t.Errorf("Sales has %d members in WalkMe once Okta answers again, want 25", n)
			}
		})
	}
}

// Many who leave for real do leave.
func TestManyMembersLeave(t *testing.T) {
	c := crowd(t, 20, 0)
	for i := range 12 {
		c.org.RemoveMember(c.groups["sales"], c.people[fmt.Sprintf("p%d", i)])
	}
	c.must(exitOK, "sync")
	if n := c.membersOf("Sales"); n != 8 {
		t.Errorf("Sales has %d members in WalkMe, want 8", n)
	}
}

// A 404 about the app, or the path, is no word about the person's assignment.
func TestOnlyTheAssignmentsOwn404Counts(t *testing.T) {
	for name, summary := range map[string]string{
		"app": "Not found: Resource not found: 0oa00000000000walkme (AppInstance)", "path": "Not found: Resource not found: users (Path)", "nothing": "Not found",
	} {
		t.Run(name, func(t *testing.T) {
			c := crowd(t, 8, 0)
			gone := c.people["p0"]
			c.org.Unassign(gone)
			c.org.Fault(func(r *http.Request) *oktatest.Fault {
				if !strings.HasSuffix(r.URL.Path, "/users/"+gone) {
					return nil
				}
				return &oktatest.Fault{Status: http.StatusNotFound, Body: `{"errorCode":"E0000007","errorSummary":"` + summary + `"}`}
			})
			c.run("sync")
			if u, _ := c.tenant.User("p0@example.com"); !u.Active {
				t.Errorf("the account is deactivated by a 404 about the %s", name)
			}
			c.org.Fault(nil)
			c.must(exitOK, "sync")
			if u, _ := c.tenant.User("p0@example.com"); u.Active {
				t.Error("the account is active although Okta says that the assignment is gone")
			}
		})
	}
}

package okta_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// A list of members that lost all it had, or sharply many, is believed only when
// those who are missing say themselves that they left.
func TestSharplyShorterMembers(t *testing.T) {
	cutTo := func(n int) func(*oktatest.Org, string) {
		return func(org *oktatest.Org, group string) {
			list := always("/groups/"+group+"/users", oktatest.Fault{Rewrite: func(_ http.Header, b []byte) []byte { return firstOf(b, n) }})
			org.Fault(list)
		}
	}
	leave := func(n int) func(*oktatest.Org, string) {
		return func(org *oktatest.Org, group string) {
			for _, p := range org.People()[:n] {
				org.RemoveMember(group, p.ID)
			}
		}
	}
	both := func(a func(*oktatest.Org, string), groups oktatest.Fault) func(*oktatest.Org, string) {
		return func(org *oktatest.Org, group string) {
			a(org, group)
			org.Fault(func(r *http.Request) *oktatest.Fault {
				if strings.HasPrefix(r.URL.Path, "/api/v1/users/") {
					return &groups
				}
				return nil
			})
		}
	}
	for _, tc := range []struct {
		name         string
		members      int
		change       func(org *oktatest.Org, group string)
		unreadable   bool
		least, asked int // people asked for their groups
	}{
		{"twenty of a hundred left", 100, leave(20), false, 0, 0},
		{"twenty-one of a hundred left", 100, leave(21), false, 3, 3},
		{"four of six left", 6, leave(4), false, 0, 0},
		{"five of six left", 6, leave(5), false, 3, 3},
		{"both of two left", 2, leave(2), false, 1, 1},
		{"all of a hundred left", 100, leave(100), false, 3, 3},
		{"one answer cut short", 100, cutTo(1), true, 1, 1},
		{"one answer empty", 100, cutTo(0), true, 1, 1},
		{"one answer of two members empty", 2, cutTo(0), true, 1, 1},
		{"a small cut", 100, cutTo(80), false, 0, 0},
		{"left, and 403", 100, both(leave(60), oktatest.Fault{Status: 403, Body: `{"errorCode":"E0000006"}`}), true, 1, 1},
		{"left, and 404", 100, both(leave(60), oktatest.Fault{Status: 404, Body: `{"errorCode":"E0000007","errorSummary":"Not found"}`}), true, 1, 1},
		{"left, and no answer", 100, both(leave(60), oktatest.Fault{Status: 503}), true, 6, 6},
		{"left, and no group at all", 100, both(leave(60), oktatest.Fault{Status: 200, Body: "[]"}), true, 1, 1},
		{"deleted in Okta", 100, func(org *oktatest.Org, _ string) {
			for _, p := range org.People()[:60] {
				org.Deactivate(p.ID)
				org.Delete(p.ID)
			}
		}, false, 12, 12},
		{"deleted, and three left", 100, func(org *oktatest.Org, group string) {
			people := org.People()
			for _, p := range people[:60] {
				org.Deactivate(p.ID)
				org.Delete(p.ID)
			}
			for _, p := range people[60:63] {
				org.RemoveMember(group, p.ID)
			}
		}, false, 3, 3},
	} {
		eachRead(t, func(t *testing.T, full bool) {
			org := startOrg(t, oktatest.Options{})
			var people []string
			for i := range tc.members {
				people = append(people, hire(org, fmt.Sprintf("p%d@example.com", i)))
			}
			group := org.NewGroup("Sales", people...)
			c, _ := newCycle(t, org, okta.GroupSource{ID: group})
			guest := org.Hire(oktatest.Person{Email: "zoe@example.com"})
			org.AddMember(group, guest)
			org.RemoveMember(group, guest) // so that an incremental read reads the members
			tc.change(org, group)
			c.request.Full = full
			s := c.next(t)
			g := s.Groups[0]
			if (g.Unreadable != "") != tc.unreadable || len(s.Problems) > 0 != tc.unreadable {
				t.Errorf("%s: unreadable %q, problems %v, want left alone: %v", tc.name, g.Unreadable, s.Problems, tc.unreadable)
			}
			n := 0
			for _, p := range paths(org) {
				if strings.HasPrefix(p, "/users/") {
					n++
				}
			}
			if n < tc.least || n > tc.asked {
				t.Errorf("%s: %d asked for their groups, want %d to %d", tc.name, n, tc.least, tc.asked)
			}
		})
	}
}

// firstOf keeps the first n objects of an array.
func firstOf(b []byte, n int) []byte {
	if n == 0 {
		return []byte("[]")
	}
	parts := strings.SplitAfterN(string(b), `},{"_links"`, n+1)
	if len(parts) <= n {
		return b
	}
	return []byte(strings.TrimSuffix(strings.Join(parts[:n], ""), `,{"_links"`) + "]")
}

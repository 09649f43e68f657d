package okta_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// eachRead runs a test with a full and with an incremental second read.
func eachRead(t *testing.T, test func(t *testing.T, full bool)) {
	for _, full := range []bool{true, false} {
		t.Run(fmt.Sprintf("full %v", full), func(t *testing.T) { test(t, full) })
	}
}

// An empty list of a source that named groups before is unknown, not empty: the
// groups stay as they are, with the reason, for as long as the list is empty.
func TestEmptyListOfGroupsIsDoubted(t *testing.T) {
	for path, source := range map[string]okta.GroupSource{"/mappings": {OktaMappings: true}, "app/groups": {AssignedGroups: true}} {
		eachRead(t, func(t *testing.T, full bool) {
			org := startOrg(t, oktatest.Options{AppID: "0oaapp"})
			ann, bob := hire(org, "ann@example.com"), hire(org, "bob@example.com")
			for _, name := range []string{"Ops", "Sales"} {
				id := org.NewGroup(name, ann, bob)
				org.AssignGroup(id)
				org.PushMapping(id, "ACTIVE")
			}
			c, _ := newCycle(t, org, source)
			org.Fault(always(path, oktatest.Fault{Status: 200, Body: "[]"}))
			for range 3 {
				c.request.Full = full
				s := c.next(t)
				want := fmt.Sprintf("Ops: 2 members, by %[1]s, unreadable\nSales: 2 members, by %[1]s, unreadable\n", source)
				if got, problem, _ := strings.Cut(outline(s), "! "); got != want || !strings.Contains(problem, "Okta lists no group, and listed 2 before") {
					t.Errorf("groups = %s%s, want both left alone, and why", got, problem)
				}
			}
			org.Fault(nil)
			org.RemoveMember(org.Groups()[0].ID, bob)
			c.request.Full = full
			want := fmt.Sprintf("Ops: 1 members, by %[1]s, fresh\nSales: 2 members, by %[1]s, fresh\n", source)
			if got := outline(c.next(t)); got != want {
				t.Errorf("groups once the list is back = %s, want %s", got, want)
			}
		})
	}
}

// The list of an app that has none is no problem, and neither is that of a source
// that names groups for the first time.
func TestEmptyListFromTheStart(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	org.SetProvisioning(true)
	org.NewGroup("Sales")
	c, s := newCycle(t, org, okta.GroupSource{OktaMappings: true}, okta.GroupSource{AssignedGroups: true}, okta.GroupSource{Name: "Sales"})
	for range 2 {
		if len(s.Problems) != 0 || len(s.Groups) != 1 {
			t.Errorf("groups, problems = %+v, %+v, want Sales alone", s.Groups, s.Problems)
		}
		s = c.next(t)
	}
}

// A group that a list does not show any more counts as no longer pushed only when it
// still exists.
func TestVanishedGroup(t *testing.T) {
	rule := okta.GroupSource{Rule: &okta.GroupRule{NameStartsWith: "team-"}}
	mapped, assigned := okta.GroupSource{OktaMappings: true}, okta.GroupSource{AssignedGroups: true}
	missing := func(id string) oktatest.Fault {
		return oktatest.Fault{Status: 404, Body: `{"errorCode":"E0000007","errorSummary":"Not found: ` + id + `"}`}
	}
	for _, tc := range []struct {
		name   string
		source okta.GroupSource
		change func(org *oktatest.Org, gone, mapping string)
		left   bool // alone
		gone   bool // as Okta confirms
	}{
		{"deleted, by a rule", rule, func(org *oktatest.Org, gone, _ string) { org.DeleteGroup(gone) }, true, true},
		{"deleted, assigned", assigned, func(org *oktatest.Org, gone, _ string) { org.DeleteGroup(gone) }, true, true},
		{"deleted, mapped", mapped, func(org *oktatest.Org, gone, _ string) { org.DeleteGroup(gone) }, true, true},
		{"out of the rule", rule, func(org *oktatest.Org, gone, _ string) { org.RenameGroup(gone, "other") }, false, false},
		{"unassigned", assigned, func(org *oktatest.Org, gone, _ string) { org.UnassignGroup(gone) }, false, false},
		{"unmapped", mapped, func(org *oktatest.Org, _, mapping string) { org.RemoveMapping(mapping) }, false, false},
		{"unassigned, and Okta fails to show it", assigned, func(org *oktatest.Org, gone, _ string) {
			org.UnassignGroup(gone)
			org.Fault(always("/groups/"+gone, oktatest.Fault{Status: 503}))
		}, true, false},
		{"unassigned, and not to be seen", assigned, func(org *oktatest.Org, gone, _ string) {
			org.UnassignGroup(gone)
			org.Fault(always("/groups/"+gone, missing(gone)))
		}, true, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{})
			ann := hire(org, "ann@example.com")
			gone, stays := org.NewGroup("team-gone", ann), org.NewGroup("team-stays", ann)
			org.AssignGroup(gone)
			org.AssignGroup(stays)
			mapping := org.PushMapping(gone, "ACTIVE")
			org.PushMapping(stays, "ACTIVE")
			c, _ := newCycle(t, org, tc.source)
			tc.change(org, gone, mapping)
			for range 2 {
				c.request.Full = true
				s := c.next(t)
				at := slices.IndexFunc(s.Groups, func(g okta.Group) bool { return g.ID == gone })
				if left := at >= 0 && s.Groups[at].Unreadable != "" && s.Groups[at].Name == "team-gone"; left != tc.left || !tc.left && at >= 0 {
					t.Errorf("groups = %+v, want the group left alone: %v", s.Groups, tc.left)
				}
				if at >= 0 && s.Groups[at].Gone != tc.gone {
					t.Errorf("gone = %v, want %v", s.Groups[at].Gone, tc.gone)
				}
				if reported := len(s.Problems) == 1 && s.Problems[0].GroupID == gone; reported != tc.left || !tc.left && len(s.Problems) > 0 {
					t.Errorf("problems = %+v, want the group reported: %v", s.Problems, tc.left)
				}
			}
			if asked := slices.Contains(paths(org), "/groups/"+gone); asked != tc.left {
				t.Errorf("the second read asks for the group: %v, want it only while the group is left alone", asked)
			}
		})
	}
}

// A group that the configuration names by its id is missed for as long as it does.
func TestGroupOfAnIDIsNeverGone(t *testing.T) {
	eachRead(t, func(t *testing.T, full bool) {
		org := startOrg(t, oktatest.Options{})
		id := org.NewGroup("team-a", hire(org, "ann@example.com"))
		c, _ := newCycle(t, org, okta.GroupSource{ID: id})
		org.DeleteGroup(id)
		for range 2 {
			c.request.Full = full
			if s := c.next(t); full && (len(s.Groups) != 1 || s.Groups[0].Gone || s.Groups[0].Unreadable == "") {
				t.Errorf("groups = %+v, want the group reported, and not gone", s.Groups)
			}
		}
	})
}

// Okta's search lags. A rule names the group all the same that still fits it.
func TestLaggingSearch(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	org.NewGroup("team-a", hire(org, "ann@example.com"))
	c, _ := newCycle(t, org, okta.GroupSource{Rule: &okta.GroupRule{NameStartsWith: "team-"}})
	org.Fault(func(r *http.Request) *oktatest.Fault {
		if r.URL.Path == "/api/v1/groups" {
			return &oktatest.Fault{Status: 200, Body: "[]"}
		}
		return nil
	})
	c.request.Full = true
	s := c.next(t)
	if len(s.Groups) != 1 || s.Groups[0].Unreadable != "" || !s.Groups[0].Fresh || len(s.Groups[0].Members) != 1 {
		t.Errorf("groups = %+v, want team-a, read as ever", s.Groups)
	}
}

// What a source named before is of no interest once the source is gone.
func TestKnownGroupOfNoSource(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	org.AssignGroup(org.NewGroup("Sales"))
	org.NewGroup("Ops")
	c, _ := newCycle(t, org, okta.GroupSource{AssignedGroups: true})
	c.request.Sources, c.request.Full = []okta.GroupSource{{Name: "Ops"}}, true
	if got, want := outline(c.next(t)), "Ops: 0 members, by group \"Ops\", fresh\n"; got != want {
		t.Errorf("groups = %s, want %s", got, want)
	}
	if diff := cmp.Diff("/groups\n/groups/Ops/users\n", c.groupCalls()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

package okta_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// cycle is one run after another of the same sources.
type cycle struct {
	org     *oktatest.Org
	client  *okta.Client
	request okta.GroupRequest
}

// newCycle takes the first, full snapshot of an org that has been quiet for a day.
func newCycle(t *testing.T, org *oktatest.Org, sources ...okta.GroupSource) (*cycle, *okta.Snapshot) {
	t.Helper()
	org.Age(24 * time.Hour)
	c := &cycle{org, newClient(t, org), okta.GroupRequest{Sources: sources}}
	return c, c.next(t)
}

// next takes a snapshot that builds on the last one. Its requests are those that the org remembers.
func (c *cycle) next(t *testing.T) *okta.Snapshot {
	t.Helper()
	c.org.ResetRequests()
	s, err := c.client.Snapshot(t.Context(), okta.SnapshotRequest{Groups: c.request})
	if err != nil {
		t.Fatalf("Snapshot() = %v, want no error", err)
	}
	if got := len(c.org.Requests()); s.Requests != got {
		t.Errorf("Requests = %d, want %d", s.Requests, got)
	}
	c.request.Since, c.request.Known = s.Watermark, s.Groups
	return s
}

// groupCalls are the requests after the app and its assignments, ids replaced by names.
func (c *cycle) groupCalls() string {
	var b strings.Builder
	for _, p := range paths(c.org)[2:] {
		for _, g := range c.org.Groups() {
			p = strings.ReplaceAll(p, g.ID, g.Name)
		}
		b.WriteString(strings.ReplaceAll(p, c.org.AppID(), "app") + "\n")
	}
	return b.String()
}

// What each source costs on a full and on an idle incremental read.
func TestCallPlan(t *testing.T) {
	for _, tc := range []struct {
		name       string
		source     func(sales, ops string) []okta.GroupSource
		full, idle string
	}{
		{"none", func(_, _ string) []okta.GroupSource { return nil }, "", ""},
		{"name", func(_, _ string) []okta.GroupSource { return []okta.GroupSource{{Name: "sales"}, {Name: "ops"}} },
			"/groups\n/groups\n/groups/sales/users\n/groups/ops/users\n", "/groups\n"},
		{"id", func(sales, _ string) []okta.GroupSource { return []okta.GroupSource{{ID: sales}} },
			"/groups/sales\n/groups/sales/users\n", "/groups\n"},
		{"rules", func(_, _ string) []okta.GroupSource {
			return []okta.GroupSource{{Rule: &okta.GroupRule{NameEndsWith: "les"}}, {Rule: &okta.GroupRule{NameContains: "op"}}}
		}, "/groups\n/groups/sales/users\n/groups/ops/users\n", "/groups\n"},
		{"assigned groups", func(_, _ string) []okta.GroupSource { return []okta.GroupSource{{AssignedGroups: true}} },
			"/apps/app/groups\n/groups/sales/users\n", "/groups\n/apps/app/groups\n"},
		{"mappings", func(_, _ string) []okta.GroupSource { return []okta.GroupSource{{OktaMappings: true}} },
			"/apps/app/group-push/mappings\n/groups/ops\n/groups/ops/users\n", "/groups\n/apps/app/group-push/mappings\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{})
			ann := hire(org, "ann@example.com")
			sales, ops := org.NewGroup("sales", ann), org.NewGroup("ops", ann)
			org.AssignGroup(sales)
			org.PushMapping(ops, "ACTIVE")
			c, full := newCycle(t, org, tc.source(sales, ops)...)
			if diff := cmp.Diff(sorted(tc.full), sorted(c.groupCalls())); diff != "" {
				t.Errorf("full read (-want +got):\n%s", diff)
			}
			idle := c.next(t)
			if diff := cmp.Diff(tc.idle, c.groupCalls()); diff != "" {
				t.Errorf("idle read (-want +got):\n%s", diff)
			}
			for i := range full.Groups {
				if full.Groups[i].Fresh == idle.Groups[i].Fresh {
					t.Errorf("Fresh of %s = %v twice, want it only on the full read", full.Groups[i].Name, full.Groups[i].Fresh)
				}
				full.Groups[i].Fresh = false
			}
			if diff := cmp.Diff(full.Groups, idle.Groups); diff != "" {
				t.Errorf("groups of an idle read (-full +idle):\n%s", diff)
			}
		})
	}
}

// sorted makes the order of requests that go out side by side comparable.
func sorted(lines string) map[string]int {
	n := map[string]int{}
	for l := range strings.Lines(lines) {
		n[l]++
	}
	return n
}

func TestOneMemberInOneOf500Groups(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	ann, bob := hire(org, "ann@example.com"), hire(org, "bob@example.com")
	var ids []string
	for i := range 500 {
		ids = append(ids, org.NewGroup(fmt.Sprintf("team-%03d", i), ann))
	}
	c, s := newCycle(t, org, okta.GroupSource{Rule: &okta.GroupRule{NameStartsWith: "team-"}})
	if want := 1 + 1 + 3 + 500; s.Requests != want {
		t.Errorf("requests of the full read = %d, want %d", s.Requests, want)
	}
	org.AddMember(ids[7], bob)
	s = c.next(t)
	if diff := cmp.Diff("/groups\n/groups/team-007/users\n", c.groupCalls()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if g := s.Groups[7]; len(g.Members) != 2 || !g.Fresh || s.Groups[8].Fresh {
		t.Errorf("group = %+v, want two members, read now", g)
	}
}

func TestIncrementalRead(t *testing.T) {
	rule := okta.GroupSource{Rule: &okta.GroupRule{NameStartsWith: "team-"}}
	byName := okta.GroupSource{Name: "team-a"}
	for _, tc := range []struct {
		name    string
		sources []okta.GroupSource
		change  func(org *oktatest.Org, a, b string)
		want    string
		calls   string
	}{
		{"renamed", []okta.GroupSource{rule}, func(org *oktatest.Org, a, _ string) { org.RenameGroup(a, "team-z") },
			"team-z: 1 members, by rule name starts with \"team-\"\nteam-b: 0 members, by rule name starts with \"team-\"\n", "/groups\n"},
		{"renamed out of the rule", []okta.GroupSource{rule}, func(org *oktatest.Org, a, _ string) { org.RenameGroup(a, "other") },
			"team-b: 0 members, by rule name starts with \"team-\"\n", "/groups\n/groups/other\n"},
		{"a new group matches", []okta.GroupSource{rule}, func(org *oktatest.Org, _, _ string) { org.NewGroup("team-c") },
			"team-a: 1 members, by rule name starts with \"team-\"\nteam-b: 0 members, by rule name starts with \"team-\"\nteam-c: 0 members, by rule name starts with \"team-\", fresh\n",
			"/groups\n/groups/team-c/users\n"},
		{"the name goes", []okta.GroupSource{byName}, func(org *oktatest.Org, a, _ string) { org.RenameGroup(a, "other") },
			"team-a: 1 members, by group \"team-a\", unreadable\n! group \"team-a\": no group has this name; group A had it before, last known as \"other\"\n", "/groups\n/groups\n"},
		{"the name goes to another", []okta.GroupSource{byName}, func(org *oktatest.Org, a, b string) {
			org.RenameGroup(a, "other")
			org.RenameGroup(b, "team-a")
		}, "team-a: 0 members, by group \"team-a\", fresh\n", "/groups\n/groups\n/groups/other\n/groups/team-a/users\n"},
		{"the name comes twice", []okta.GroupSource{byName}, func(org *oktatest.Org, _, b string) { org.RenameGroup(b, "team-a") },
			"team-a: 1 members, by group \"team-a\", unreadable\n! group \"team-a\": 2 groups have this name: \"team-a\" (A), \"team-a\" (B); use an id\n", "/groups\n/groups\n"},
		{"assigned meanwhile", []okta.GroupSource{{AssignedGroups: true}}, func(org *oktatest.Org, a, _ string) { org.AssignGroup(a) },
			"team-a: 1 members, by groups assigned to the app, fresh\nteam-b: 0 members, by groups assigned to the app\n", "/groups\n/apps/app/groups\n/groups/team-a/users\n"},
		{"another assigned instead", []okta.GroupSource{{AssignedGroups: true}}, func(org *oktatest.Org, a, b string) {
			org.UnassignGroup(b)
			org.AssignGroup(a)
		}, "team-a: 1 members, by groups assigned to the app, fresh\n", "/groups\n/apps/app/groups\n/groups/team-b\n/groups/team-a/users\n"},
		{"membership moved", []okta.GroupSource{{AssignedGroups: true}}, func(org *oktatest.Org, _, b string) { org.AddMember(b, org.People()[0].ID) },
			"team-b: 1 members, by groups assigned to the app, fresh\n", "/groups\n/apps/app/groups\n/groups/team-b/users\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{})
			a, b := org.NewGroup("team-a", hire(org, "ann@example.com")), org.NewGroup("team-b")
			org.AssignGroup(b)
			c, _ := newCycle(t, org, tc.sources...)
			tc.change(org, a, b)
			got := strings.NewReplacer(a, "A", b, "B").Replace(outline(c.next(t)))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("groups (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.calls, c.groupCalls()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
		})
	}
}

// What could not be read last time is read this time, changed or not.
func TestIncrementalReadTriesTheUnreadableAgain(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	id := org.NewGroup("Sales", hire(org, "ann@example.com"))
	org.Fault(always(id+"/users", oktatest.Fault{CutAfter: 5}))
	c, s := newCycle(t, org, okta.GroupSource{ID: id})
	if s.Groups[0].Unreadable == "" {
		t.Fatalf("group = %+v, want it unreadable", s.Groups[0])
	}
	org.Fault(nil)
	if g := c.next(t).Groups[0]; g.Unreadable != "" || len(g.Members) != 1 || !g.Fresh {
		t.Errorf("group = %+v, want it read", g)
	}
	c.request.Known[0].Members = nil
	if g := c.next(t).Groups[0]; len(g.Members) != 1 || !g.Fresh {
		t.Errorf("group with unknown members = %+v, want it read", g)
	}
}

// Times are cut to the second, so that a change in the second of the last read
// may have been missed by it: such a group is read again.
func TestIncrementalReadDistrustsTheLastMinute(t *testing.T) {
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	org := startOrg(t, oktatest.Options{Now: func() time.Time { return now }})
	ann, bob := hire(org, "ann@example.com"), hire(org, "bob@example.com")
	id := org.NewGroup("Sales")
	c, _ := newCycle(t, org, okta.GroupSource{ID: id})
	org.AddMember(id, ann)
	c.next(t)
	org.AddMember(id, bob) // in the same second
	if g := c.next(t).Groups[0]; len(g.Members) != 2 {
		t.Errorf("members = %v, want both", g.Members)
	}
	now = now.Add(2 * time.Minute)
	c.next(t)
	if g := c.next(t).Groups[0]; g.Fresh {
		t.Error("group was read again two minutes after its last change, want it taken from what is known")
	}
}

// A group that is paused in Okta costs no member reads and keeps what is known. Who
// came meanwhile is read once it goes on.
func TestPausedGroup(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	id := org.NewGroup("Sales", hire(org, "ann@example.com"))
	m := org.PushMapping(id, "ACTIVE")
	c, _ := newCycle(t, org, okta.GroupSource{OktaMappings: true})
	org.SetMapping(m, "INACTIVE")
	if got, want := outline(c.next(t)), "Sales: 1 members, by group-push mappings of Okta, paused\n"; got != want {
		t.Errorf("groups = %q, want %q", got, want)
	}
	org.AddMember(id, hire(org, "bob@example.com"))
	org.Age(24 * time.Hour)
	c.next(t)
	org.SetMapping(m, "ACTIVE")
	if got, want := outline(c.next(t)), "Sales: 2 members, by group-push mappings of Okta, fresh\n"; got != want {
		t.Errorf("groups = %q, want %q", got, want)
	}
}

// A source that is paused in the configuration marks its groups, whoever names them,
// too, and has them read as any other.
func TestPausedSource(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	sales := org.NewGroup("Sales", hire(org, "ann@example.com"))
	org.AssignGroup(sales)
	ops := org.NewGroup("Ops")
	byName, byID := okta.GroupSource{Name: "Sales", Paused: true}, okta.GroupSource{ID: sales}
	for name, sources := range map[string][]okta.GroupSource{
		"alone": {byName, {ID: ops}}, "first": {byName, byID, {ID: ops}}, "last": {byID, {AssignedGroups: true}, {ID: ops}, byName},
	} {
		c, s := newCycle(t, org, sources...)
		for range 2 {
			if g := s.Groups[0]; g.PausedBy != byName.String() || g.Paused || len(g.Members) != 1 || g.Unreadable != "" {
				t.Errorf("%s: Sales = %+v, want it paused by its source, with its member", name, g)
			}
			if g := s.Groups[1]; g.PausedBy != "" {
				t.Errorf("%s: Ops = %+v, want it not paused", name, g)
			}
			s = c.next(t)
		}
	}
}

// Known groups of a source that cannot be resolved are left alone, not dropped.
func TestUnresolvedMappingsLeaveTheirGroupsAlone(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	org.PushMapping(org.NewGroup("Sales"), "ACTIVE")
	c, _ := newCycle(t, org, okta.GroupSource{OktaMappings: true})
	org.SetProvisioning(false)
	s := c.next(t)
	if len(s.Groups) != 1 || s.Groups[0].Unreadable == "" || len(s.Problems) != 1 {
		t.Errorf("groups, problems = %+v, %v, want Sales unreadable and one problem", s.Groups, s.Problems)
	}
}

func TestFullReadNoticesADeletedGroup(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	id := org.NewGroup("Sales")
	c, _ := newCycle(t, org, okta.GroupSource{ID: id})
	org.DeleteGroup(id)
	c.request.Full = true
	if g := c.next(t).Groups[0]; g.Unreadable == "" || g.Name != "Sales" {
		t.Errorf("group = %+v, want it unreadable, still with its name", g)
	}
}

// Members that were left where they are are read for a comparison alone, and stay there
// unless they are others now.
func TestMembersLeftWhereTheyAre(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	ann, bob := hire(org, "ann@example.com"), hire(org, "bob@example.com")
	same, grows := org.NewGroup("Same", ann, bob), org.NewGroup("Grows", ann)
	c, s := newCycle(t, org, okta.GroupSource{ID: same}, okta.GroupSource{ID: grows})
	known := map[string][]string{}
	var mu sync.Mutex
	var asked []string
	var failed error
	c.request.Members = func(_ context.Context, id string) ([]string, error) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, id)
		return known[id], failed
	}
	leave := func() {
		for i := range s.Groups {
			if g := &s.Groups[i]; g.Unread == 0 {
				known[g.ID], g.Members, g.Unread = g.Members, nil, len(g.Members)
			}
		}
		c.request.Known, asked = s.Groups, nil
	}
	state := func() string {
		var b strings.Builder
		for _, g := range s.Groups {
			fmt.Fprintf(&b, "%s: %d, %d unread, fresh %t\n", g.Name, len(g.Members), g.Unread, g.Fresh)
		}
		return b.String()
	}
	for _, step := range []struct {
		name  string
		do    func()
		want  string
		asked []string
	}{
		{"nothing changed", func() {}, "Same: 0, 2 unread, fresh false\nGrows: 0, 1 unread, fresh false\n", nil},
		{"one grows", func() { org.AddMember(grows, bob) }, "Same: 0, 2 unread, fresh false\nGrows: 2, 0 unread, fresh true\n", []string{grows}},
		{"full read", func() { c.request.Full = true }, "Same: 0, 2 unread, fresh true\nGrows: 0, 2 unread, fresh true\n", []string{same, grows}},
		{"all leave", func() { org.RemoveMember(grows, ann); org.RemoveMember(grows, bob) }, "Same: 0, 2 unread, fresh true\nGrows: 0, 0 unread, fresh true\n", []string{same, grows}},
	} {
		leave()
		step.do()
		s = c.next(t)
		slices.Sort(asked)
		slices.Sort(step.asked)
		if got := state(); got != step.want || !slices.Equal(asked, step.asked) {
			t.Errorf("%s: groups are\n%safter %q was asked for, want\n%s%q", step.name, got, asked, step.want, step.asked)
		}
	}
	leave()
	failed = errors.New("disk on fire")
	if _, err := c.client.Snapshot(t.Context(), okta.SnapshotRequest{Groups: c.request}); !errors.Is(err, failed) {
		t.Errorf("Snapshot() = %v, want the error of the members", err)
	}
}

package okta_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// readGroups takes a snapshot of the groups that sources name.
func readGroups(t *testing.T, c *okta.Client, sources ...okta.GroupSource) *okta.Snapshot {
	t.Helper()
	s, err := c.Snapshot(t.Context(), okta.SnapshotRequest{Groups: okta.GroupRequest{Sources: sources}})
	if err != nil {
		t.Fatalf("Snapshot() = %v, want no error", err)
	}
	return s
}

// outline writes the groups of a snapshot one a line: what matters to whoever pushes them.
func outline(s *okta.Snapshot) string {
	var b strings.Builder
	for _, g := range s.Groups {
		fmt.Fprintf(&b, "%s: %d members, by %s", g.Name, len(g.Members), strings.Join(g.Sources, " + "))
		for _, note := range []struct {
			set  bool
			text string
		}{{g.Link != "", ", link " + g.Link}, {g.Paused, ", paused"}, {g.Fresh, ", fresh"}, {g.Unreadable != "", ", unreadable"}} {
			if note.set {
				b.WriteString(note.text)
			}
		}
		b.WriteString("\n")
	}
	for _, p := range s.Problems {
		fmt.Fprintf(&b, "! %s: %s\n", p.Source, p.Reason)
	}
	return b.String()
}

func TestGroupSources(t *testing.T) {
	org := startOrg(t, oktatest.Options{PageLimit: 2})
	ann, bob, eve := hire(org, "ann@example.com"), hire(org, "bob@example.com"), hire(org, "eve@example.com")
	sales := org.NewGroup("Sales", ann, bob, eve)
	org.NewGroup("sales", ann)
	twin := org.NewGroup("Twins", ann)
	twins := org.NewGroup("Twins", bob)
	admins := org.NewGroup(`Ad"mi\ns`, bob)
	walk1 := org.NewGroup("walkme-editors", ann)
	walk2 := org.NewGroup("walkme-viewers")
	org.NewGroup("Walkme-other", eve)
	org.DescribeGroup(walk2, "may look; team=x")
	org.AssignGroup(sales)
	org.AssignGroup(walk2)
	org.PushMapping(walk1, "ACTIVE")
	org.PushMapping(walk2, "INACTIVE")
	org.PushMapping(admins, "ERROR")

	rule := func(r okta.GroupRule) okta.GroupSource { return okta.GroupSource{Rule: &r} }
	for _, tc := range []struct {
		name    string
		sources []okta.GroupSource
		want    string
	}{
		{"no source", nil, ""},
		{"by name", []okta.GroupSource{{Name: "Sales", Link: "Vendas"}},
			"Sales: 3 members, by group \"Sales\", link Vendas, fresh\n"},
		{"by a name with quotes", []okta.GroupSource{{Name: `Ad"mi\ns`}},
			"Ad\"mi\\ns: 1 members, by group \"Ad\\\"mi\\\\ns\", fresh\n"},
		{"by a name in other case", []okta.GroupSource{{Name: "SALES"}},
			"! group \"SALES\": no group has this name; similar: \"Sales\" (" + sales + "), \"sales\" (" + next(sales) + ")\n"},
		{"by a name of two groups", []okta.GroupSource{{Name: "Twins"}},
			"! group \"Twins\": 2 groups have this name: \"Twins\" (" + twin + "), \"Twins\" (" + twins + "); use an id\n"},
		{"by id", []okta.GroupSource{{ID: admins}}, "Ad\"mi\\ns: 1 members, by group id " + admins + ", fresh\n"},
		{"by an unknown id", []okta.GroupSource{{ID: "00gnone"}},
			": 0 members, by group id 00gnone, unreadable\n! group id 00gnone: Okta has no group of this id: it was deleted, or the credentials may not see it\n"},
		{"rule: starts with", []okta.GroupSource{rule(okta.GroupRule{NameStartsWith: "walkme-"})},
			"walkme-editors: 1 members, by rule name starts with \"walkme-\", fresh\nwalkme-viewers: 0 members, by rule name starts with \"walkme-\", fresh\n"},
		{"rule: all parts hold", []okta.GroupSource{rule(okta.GroupRule{NameContains: "me-", NameEndsWith: "ers", DescriptionStartsWith: "may", DescriptionContains: "look", DescriptionEndsWith: "=x"})},
			"walkme-viewers: 0 members, by rule name contains \"me-\" and name ends with \"ers\" and description starts with \"may\" and description contains \"look\" and description ends with \"=x\", fresh\n"},
		{"rule: nothing", []okta.GroupSource{rule(okta.GroupRule{NameContains: "none"})},
			"! rule name contains \"none\": no group matches\n"},
		{"assigned groups", []okta.GroupSource{{AssignedGroups: true}},
			"Sales: 3 members, by groups assigned to the app, fresh\nwalkme-viewers: 0 members, by groups assigned to the app, fresh\n"},
		{"mappings", []okta.GroupSource{{OktaMappings: true}},
			"Ad\"mi\\ns: 0 members, by group-push mappings of Okta, paused\n" +
				"walkme-editors: 1 members, by group-push mappings of Okta, fresh\n" +
				"walkme-viewers: 0 members, by group-push mappings of Okta, paused\n" +
				"! group-push mappings of Okta: Okta's mapping is in error: Failed on 03-25-2026 06:09:58AM UTC: Unable to update group push mapping\n"},
		{"one group by several", []okta.GroupSource{{Name: "walkme-editors"}, {OktaMappings: true, Link: "Editors"}, rule(okta.GroupRule{NameEndsWith: "editors"})},
			"Ad\"mi\\ns: 0 members, by group-push mappings of Okta, link Editors, paused\n" +
				"walkme-editors: 1 members, by group \"walkme-editors\" + group-push mappings of Okta + rule name ends with \"editors\", link Editors, fresh\n" +
				"walkme-viewers: 0 members, by group-push mappings of Okta, link Editors, paused\n" +
				"! group-push mappings of Okta: Okta's mapping is in error: Failed on 03-25-2026 06:09:58AM UTC: Unable to update group push mapping\n"},
		{"two links", []okta.GroupSource{{Name: "Sales", Link: "A"}, {ID: sales, Link: "B"}},
			"Sales: 0 members, by group \"Sales\" + group id " + sales + ", link A, unreadable\n" +
				"! group id " + sales + ": two links: \"A\" by group \"Sales\", \"B\" by group id " + sales + "\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, outline(readGroups(t, newClient(t, org), tc.sources...))); diff != "" {
				t.Errorf("groups (-want +got):\n%s", diff)
			}
		})
	}
}

// next is the id that the org gave after id.
func next(id string) string {
	b := []byte(id)
	for i := 14; ; i-- {
		if b[i]++; b[i] <= '9' {
			return string(b)
		}
		b[i] = '0'
	}
}

func TestGroup(t *testing.T) {
	org := startOrg(t, oktatest.Options{PageLimit: 2})
	a, b, c := hire(org, "a@example.com"), hire(org, "b@example.com"), org.Hire(oktatest.Person{Email: "c@example.com"})
	id := org.NewGroup("Sales", c, a, b)
	org.Deactivate(c)
	s := readGroups(t, newClient(t, org), okta.GroupSource{ID: id})
	g := s.Groups[0]
	if diff := cmp.Diff([]string{a, b, c}, g.Members); diff != "" {
		t.Errorf("members, the unassigned and deactivated too (-want +got):\n%s", diff)
	}
	if g.LastUpdated == "" || g.LastMembershipUpdated == "" {
		t.Errorf("times = %q, %q, want Okta's", g.LastUpdated, g.LastMembershipUpdated)
	}
}

// An app without provisioning has no mappings; that is no reason to stop.
func TestMappingsWithoutProvisioning(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	org.NewGroup("Sales")
	c := newClient(t, org)
	if _, err := c.PushMappings(t.Context()); !errors.Is(err, okta.ErrProvisioningDisabled) {
		t.Errorf("PushMappings() = %v, want ErrProvisioningDisabled", err)
	}
	for status, code := range map[int]string{400: "E0000001", 404: "E0000007"} {
		org.Fault(always("/mappings", oktatest.Fault{Status: status, Body: `{"errorCode":"` + code + `"}`}))
		s := readGroups(t, c, okta.GroupSource{OktaMappings: true}, okta.GroupSource{Name: "Sales"})
		if len(s.Groups) != 1 || len(s.Problems) != 1 || !strings.Contains(s.Problems[0].Reason, "assigned_groups") {
			t.Errorf("with %d: groups, problems = %v, %v, want Sales and a problem that names the alternatives", status, s.Groups, s.Problems)
		}
	}
	org.Fault(always("/mappings", oktatest.Fault{Status: 404, Body: `{"errorCode":"E0000022"}`}))
	if _, err := c.PushMappings(t.Context()); err == nil || errors.Is(err, okta.ErrProvisioningDisabled) {
		t.Errorf("PushMappings() with a 404 that is not Okta's own = %v, want an error that does not blame the provisioning", err)
	}
	org.Fault(always("/mappings", oktatest.Fault{Status: 401}))
	if _, err := c.PushMappings(t.Context()); errors.Is(err, okta.ErrProvisioningDisabled) || !errors.Is(err, okta.ErrUnauthorized) {
		t.Errorf("PushMappings() with 401 = %v, want ErrUnauthorized alone", err)
	}
}

// Credentials that may not see the mappings void this source, and nothing else.
func TestForbiddenMappings(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	org.PushMapping(org.NewGroup("Ops"), "ACTIVE")
	org.NewGroup("Sales")
	c, _ := newCycle(t, org, okta.GroupSource{OktaMappings: true}, okta.GroupSource{Name: "Sales"})
	org.Fault(always("/mappings", oktatest.Fault{Status: 403, Body: `{"errorCode":"E0000006","errorSummary":"You do not have permission"}`}))
	s := c.next(t)
	if len(s.Groups) != 2 || s.Groups[0].Unreadable == "" || s.Groups[1].Unreadable != "" {
		t.Errorf("groups = %+v, want Ops left alone and Sales read", s.Groups)
	}
	if len(s.Problems) != 1 || !strings.Contains(s.Problems[0].Reason, "HTTP 403 E0000006") || strings.Contains(s.Problems[0].Reason, "provisioning is not enabled") {
		t.Errorf("problems = %+v, want the 403 as it is", s.Problems)
	}
}

// A group that cannot be read whole is only marked; it is never empty.
func TestUnreadableGroup(t *testing.T) {
	for name, f := range map[string]oktatest.Fault{
		"404":   {Status: 404, Body: `{"errorCode":"E0000007","errorSummary":"Not found"}`},
		"503":   {Status: 503},
		"cut":   {CutAfter: 20},
		"empty": {Status: 200},
		"null":  {Status: 200, Body: "null"},
	} {
		t.Run(name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{})
			ann := hire(org, "ann@example.com")
			bad, good := org.NewGroup("Bad", ann), org.NewGroup("Good", ann)
			org.Fault(always(bad+"/users", f))
			s := readGroups(t, newClient(t, org), okta.GroupSource{ID: bad}, okta.GroupSource{ID: good})
			if g := s.Groups[0]; g.Unreadable == "" || g.Fresh || len(s.Problems) != 1 || s.Problems[0].GroupID != bad {
				t.Errorf("bad group, problems = %+v, %v, want it unreadable and reported", g, s.Problems)
			}
			if g := s.Groups[1]; g.Unreadable != "" || len(g.Members) != 1 {
				t.Errorf("good group = %+v, want it read", g)
			}
		})
	}
}

func TestForbiddenMembersVoidTheSnapshot(t *testing.T) {
	for status, want := range map[int]error{401: okta.ErrUnauthorized, 403: okta.ErrForbidden} {
		for _, suffix := range []string{"/users", ""} {
			org := startOrg(t, oktatest.Options{})
			id := org.NewGroup("Sales")
			org.Fault(always("/groups/"+id+suffix, oktatest.Fault{Status: status}))
			_, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{Groups: okta.GroupRequest{Sources: []okta.GroupSource{{ID: id}}}})
			if !errors.Is(err, want) {
				t.Errorf("Snapshot() with %d at group%s = %v, want %v", status, suffix, err, want)
			}
		}
	}
}

// A 403 to one group, which an admin role leaves out, is about that group.
func TestForbiddenGroupIsLeftAlone(t *testing.T) {
	for _, suffix := range []string{"/users", ""} {
		org := startOrg(t, oktatest.Options{})
		ann := hire(org, "ann@example.com")
		bad, good := org.NewGroup("Bad", ann), org.NewGroup("Good", ann)
		org.Fault(always("/groups/"+bad+suffix, oktatest.Fault{Status: 403}))
		s := readGroups(t, newClient(t, org), okta.GroupSource{ID: bad}, okta.GroupSource{ID: good})
		if g := s.Groups[0]; g.Unreadable == "" || g.Gone || len(s.Problems) != 1 || s.Problems[0].GroupID != bad {
			t.Errorf("bad group, problems with 403 at group%s = %+v, %v, want it unreadable and reported", suffix, g, s.Problems)
		}
		if g := s.Groups[1]; g.Unreadable != "" || len(g.Members) != 1 {
			t.Errorf("good group with 403 at group%s = %+v, want it read", suffix, g)
		}
	}
}

// Nor does it matter by which source the other groups come.
func TestForbiddenGroupBesideAssignedOnes(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	ann := hire(org, "ann@example.com")
	bad, good := org.NewGroup("Bad", ann), org.NewGroup("Good", ann)
	org.AssignGroup(good)
	org.Fault(always("/groups/"+bad, oktatest.Fault{Status: 403}))
	s := readGroups(t, newClient(t, org), okta.GroupSource{ID: bad}, okta.GroupSource{AssignedGroups: true})
	if len(s.Groups) != 2 || s.Groups[0].Unreadable == "" || len(s.Groups[1].Members) != 1 || len(s.Problems) != 1 {
		t.Errorf("groups = %+v, problems %v, want the forbidden one reported and the other read", s.Groups, s.Problems)
	}
}

// So it is in a run that reads no other group, because none has changed; unless the right
// to read members is gone.
func TestForbiddenGroupsBesideUnchangedOnes(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	ann := hire(org, "ann@example.com")
	good := org.NewGroup("Good", ann)
	sources := []okta.GroupSource{{ID: good}}
	for i := range 15 {
		sources = append(sources, okta.GroupSource{ID: org.NewGroup(fmt.Sprintf("Bad %d", i), ann)})
	}
	c := newClient(t, org)
	known := readGroups(t, c, sources...)
	for i := range known.Groups {
		if g := &known.Groups[i]; g.ID != good {
			g.Unreadable = "HTTP 403 Forbidden"
		}
	}
	forbid := func(spared string) {
		org.Fault(func(r *http.Request) *oktatest.Fault {
			if strings.HasSuffix(r.URL.Path, "/users") && strings.Contains(r.URL.Path, "/groups/") && (spared == "" || !strings.Contains(r.URL.Path, spared)) {
				return &oktatest.Fault{Status: 403}
			}
			return nil
		})
	}
	forbid(good)
	req := okta.SnapshotRequest{Groups: okta.GroupRequest{Sources: sources, Known: known.Groups, Since: known.Watermark.Add(time.Hour)}}
	s, err := c.Snapshot(t.Context(), req)
	if err != nil || len(s.Problems) != 15 {
		t.Fatalf("Snapshot() = %+v, %v, want the forbidden groups reported", s, err)
	}
	forbid("")
	if _, err := c.Snapshot(t.Context(), req); !errors.Is(err, okta.ErrForbidden) {
		t.Errorf("Snapshot() = %v where no group may be read, want %v", err, okta.ErrForbidden)
	}
}

// A full read may begin with any number of groups that a role leaves out. Where none of those
// that are pushed may be read, the other groups of the org tell whether the right is gone.
func TestManyForbiddenGroups(t *testing.T) {
	const forbidden = 15
	for _, tc := range []struct {
		name   string
		suffix string // of the address of a group
		good   bool   // a group that is pushed may be read
		other  bool   // and one that is not
		listed bool   // the groups of the org
		fatal  bool
	}{
		{"one is granted", "", true, false, true, false},
		{"the members of one are granted", "/users", true, false, true, false},
		{"none that is pushed", "", false, true, true, false},
		{"the members of none that is pushed", "/users", false, true, true, false},
		{"none at all", "", false, false, true, true},
		{"the members of none at all", "/users", false, false, true, true},
		{"none, nor the list of groups", "", false, true, false, true},
		{"the members of none, nor the list", "/users", false, true, false, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{AppID: "0oaapp"})
			ann := hire(org, "ann@example.com")
			other := org.NewGroup("A group of the org", ann)
			var sources []okta.GroupSource
			refused := map[string]bool{"/api/v1/groups/" + other + tc.suffix: !tc.other}
			for i := range forbidden {
				id := org.NewGroup(fmt.Sprintf("Bad %02d", i), ann)
				refused["/api/v1/groups/"+id+tc.suffix] = true
				sources = append(sources, okta.GroupSource{ID: id})
			}
			good := org.NewGroup("Good", ann)
			refused["/api/v1/groups/"+good+tc.suffix] = !tc.good
			sources = append(sources, okta.GroupSource{ID: good})
			org.Fault(func(r *http.Request) *oktatest.Fault {
				if refused[r.URL.Path] || !tc.listed && r.URL.Path == "/api/v1/groups" || tc.fatal && strings.HasPrefix(r.URL.Path, "/api/v1/groups/") {
					return &oktatest.Fault{Status: 403}
				}
				return nil
			})
			s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{Groups: okta.GroupRequest{Sources: sources}})
			if tc.fatal {
				if !errors.Is(err, okta.ErrForbidden) {
					t.Errorf("Snapshot() = %v, want %v", err, okta.ErrForbidden)
				}
				return
			}
			unreadable := 0
			for _, g := range s.Groups {
				if g.Unreadable != "" {
					unreadable++
				}
			}
			if want := forbidden + 1 - len(s.Groups[forbidden].Members); err != nil || unreadable != want || len(s.Problems) != want || tc.good != (want == forbidden) {
				t.Errorf("%d groups are left alone, problems %v, %v, want those that were refused", unreadable, s.Problems, err)
			}
		})
	}
}

// When no group at all can be read it is Okta that fails, and asking on is no use.
func TestManyUnreadableGroupsVoidTheSnapshot(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	for i := range 50 {
		org.NewGroup(fmt.Sprintf("team-%02d", i))
	}
	org.Fault(func(r *http.Request) *oktatest.Fault {
		if strings.Contains(r.URL.Path, "/groups/") {
			return &oktatest.Fault{Status: 200}
		}
		return nil
	})
	_, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{
		Groups: okta.GroupRequest{Sources: []okta.GroupSource{{Rule: &okta.GroupRule{NameStartsWith: "team-"}}}},
	})
	if !errors.Is(err, okta.ErrIncomplete) {
		t.Errorf("Snapshot() = %v, want ErrIncomplete", err)
	}
	if n := len(org.Requests()); n > 3+3*(10+3) {
		t.Errorf("requests = %d, want it to stop after about ten groups", n)
	}
}

// Okta times out at large pages of large groups.
func TestMembersInSmallPagesAfter500(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	id := org.NewGroup("Sales", hire(org, "ann@example.com"))
	org.Fault(func(r *http.Request) *oktatest.Fault {
		if strings.HasSuffix(r.URL.Path, id+"/users") && r.URL.Query().Get("limit") == "1000" {
			return &oktatest.Fault{Status: 500}
		}
		return nil
	})
	s := readGroups(t, newClient(t, org), okta.GroupSource{ID: id})
	if g := s.Groups[0]; len(g.Members) != 1 || g.Unreadable != "" {
		t.Errorf("group = %+v, want its member, read with limit 200", g)
	}
}

// A list of groups that fails voids the snapshot: a shorter list would read as
// "no longer pushed".
func TestFailedGroupListVoidsTheSnapshot(t *testing.T) {
	for suffix, source := range map[string]okta.GroupSource{
		"/api/v1/groups": {Name: "Sales"},
		"/mappings":      {OktaMappings: true},
		"/groups":        {AssignedGroups: true},
	} {
		for name, f := range map[string]oktatest.Fault{"empty": {Status: 200}, "503": {Status: 503}, "null": {Status: 200, Body: "null"}} {
			org := startOrg(t, oktatest.Options{})
			org.AssignGroup(org.NewGroup("Sales"))
			org.SetProvisioning(true)
			org.Fault(always(suffix, f))
			s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{Groups: okta.GroupRequest{Sources: []okta.GroupSource{source}}})
			if err == nil {
				t.Errorf("Snapshot() with %s from %s = %+v, want an error", name, suffix, s)
			}
		}
	}
}

func TestGroupRuleMatch(t *testing.T) {
	for _, tc := range []struct {
		rule        okta.GroupRule
		name, about string
		want        bool
	}{
		{okta.GroupRule{}, "x", "y", false},
		{okta.GroupRule{NameStartsWith: "a"}, "ab", "", true},
		{okta.GroupRule{NameStartsWith: "A"}, "ab", "", false},
		{okta.GroupRule{NameContains: "b", NameEndsWith: "c"}, "abc", "", true},
		{okta.GroupRule{NameContains: "b", NameEndsWith: "b"}, "abc", "", false},
		{okta.GroupRule{DescriptionEndsWith: "z"}, "abc", "xyz", true},
		{okta.GroupRule{DescriptionContains: "y", DescriptionStartsWith: "y"}, "abc", "xyz", false},
	} {
		if got := tc.rule.Match(tc.name, tc.about); got != tc.want {
			t.Errorf("%v.Match(%q, %q) = %v, want %v", tc.rule, tc.name, tc.about, got, tc.want)
		}
	}
}

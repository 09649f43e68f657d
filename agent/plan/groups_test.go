package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
)

// TestGroupTable is the truth table of group push, cell by cell.
func TestGroupTable(t *testing.T) {
	const (
		nothing   = "= nothing"
		unchanged = "= unchanged 1"
	)
	tests := []struct{ recorded, okta, policy, want string }{
		{"never recorded", "pushed", "", "= group_create 1"},
		{"never recorded", "paused", "", nothing},
		{"never recorded", "unreadable", "", "= rejected 1"},

		{"never landed", "pushed", "", "= group_create 1"},
		{"never landed", "paused", "", nothing},
		{"never landed", "unreadable", "", "= rejected 1"},
		{"never landed", "not pushed", "delete_unlinked", nothing},

		{"created", "pushed", "", unchanged},
		{"created", "renamed", "", "= group_rename 1"},
		{"created", "empty", "", "= group_members 1"},
		{"created", "renamed, empty", "", "= group_rename 1, group_members 1"},
		{"created", "paused", "", unchanged},
		{"created", "unreadable", "", "= unchanged 1, rejected 1"},
		{"created", "not pushed", "", "= group_unlink 1"},
		{"created", "not pushed", "delete_unlinked", "= group_delete 1"},

		{"cut short", "pushed", "", "= group_members 1"},
		{"cut short", "paused", "", unchanged},

		{"linked", "pushed", "", unchanged},
		{"linked", "renamed", "", unchanged},
		{"linked", "renamed", "rename_linked", "= group_rename 1"},
		{"linked", "empty", "", "= group_members 1"},
		{"linked", "paused", "", unchanged},
		{"linked", "unreadable", "", "= unchanged 1, rejected 1"},
		{"linked", "not pushed", "", "= group_unlink 1"},
		{"linked", "not pushed", "delete_unlinked", "= group_unlink 1"},

		{"unlinked", "pushed", "", "= group_create 1"},
		{"unlinked", "empty", "", "= group_create 1, group_members 1"},
		{"unlinked", "paused", "", nothing},
		{"unlinked", "not pushed", "delete_unlinked", nothing},

		{"linked", "link to another", "rename_linked", "= group_create 1"},
		{"created", "link to another", "rename_linked", "= group_create 1"},
	}
	records := map[string]string{
		"never recorded": "", "never landed": "group 00g1 name=Team", "created": "group 00g1 id=g1 name=Team members=00u1", "unlinked": "group 00g1 id=g1 name=Team members=00u1 inactive",
		"linked": "group 00g1 id=g1 name=Team members=00u1 linked", "cut short": "group 00g1 id=g1 name=Team members=00u1 partial",
	}
	wants := map[string]string{
		"pushed": "group 00g1 name=Team members=00u1", "renamed": "group 00g1 name=Crew members=00u1", "empty": "group 00g1 name=Team",
		"renamed, empty": "group 00g1 name=Crew", "paused": "group 00g1 name=Team leave=paused",
		"unreadable": "group 00g1 name=Team leave=unreadable problem", "not pushed": "",
		"link to another": "group 00g1 name=Other members=00u1 linked",
	}
	for _, tt := range tests {
		t.Run(strings.TrimSuffix(tt.recorded+", "+tt.okta+", "+tt.policy, ", "), func(t *testing.T) {
			s := &scenario{sections: map[string][]string{
				"policy": {tt.policy}, "state": {"user 00u1 id=w1 name=ann@example.com", records[tt.recorded]},
				"okta": {"user 00u1 present name=ann@example.com", wants[tt.okta]},
			}}
			planned := must(plan.New(s.input(t)))
			planned.Summary.Unchanged-- // the one person
			if got := summaryText(planned.Summary); got != tt.want {
				t.Errorf("New(%s, %s) = %s, want %s\n%s", tt.recorded, tt.okta, got, tt.want, planText(planned))
			}
		})
	}
}

// TestUnlinkWaitsForReadableSources: a source that could not be resolved may
// still push the group.
func TestUnlinkWaitsForReadableSources(t *testing.T) {
	for _, policy := range []string{"", "delete_unlinked"} {
		s := &scenario{sections: map[string][]string{
			"policy": {policy}, "state": {"group 00g1 id=g1 name=Team"}, "run": {`doubt_groups="a source is gone"`},
		}}
		planned := must(plan.New(s.input(t)))
		if len(planned.Changes) != 1 || !planned.Changes[0].Blocked() || planned.Changes[0].Block.Detail != "a source is gone" || planned.Pending() != 0 {
			t.Errorf("policy %q: %s, want one change that waits", policy, planText(planned))
		}
	}
}

// TestEligible is who is pushed as a member. Each cell is one person of one
// group: recorded as a member or not, in the Okta group or not.
//
//   - added, - removed, . untouched, by in/member, in/not member, out/member
func TestEligible(t *testing.T) {
	tests := []struct {
		name, state, okta, want, wantRemove string
	}{
		{"provisioned", "id=w1", "present", ". + -", ". + -"},
		{"provisioned, being renamed", "id=w1 given=A", "present given=B", ". + -", ". + -"},
		{"joiner", "", "present", "+ + -", "+ + -"},
		{"joiner whose create waits", `failed="400: no" attempts=1 next=1h of=same`, "present", ". . -", ". . -"},
		{"returner", "id=w1 inactive", "present", "+ + -", "+ + -"},
		{"returner whose reactivation waits", `id=w1 inactive failed="500: no" attempts=1 next=1h of=same`, "present", ". . -", ". . -"},
		{"suspended", "id=w1", "keep", ". . -", ". . -"},
		{"suspended, account inactive", "id=w1 inactive", "keep", ". . -", ". . -"},
		{"suspended, never recorded", "", "keep", ". . -", ". . -"},
		{"rejected", "id=w1", "rejected", ". + -", ". + -"},
		{"rejected, account inactive", "id=w1 inactive", "rejected", ". . -", ". . -"},
		{"rejected, never recorded", "", "rejected", ". . -", ". . -"},
		{"leaver", "id=w1", "absent", ". . .", "- . -"},
		{"leaver whose deactivation waits", `id=w1 failed="500: no" attempts=1 next=1h of=same`, "absent", ". . .", ". . ."},
		{"left before", "id=w1 inactive", "absent", ". . .", "- . -"},
		{"leaver, not listed", "id=w1", "", ". . .", "- . -"},
		{"left before, not listed", "id=w1 inactive", "", ". . .", "- . -"},
		{"stranger to the app", "", "", ". . .", "- . -"},
	}
	for _, tt := range tests {
		for policy, want := range map[string]string{"": tt.want, "remove_deprovisioned": tt.wantRemove} {
			t.Run(strings.TrimSuffix(tt.name+", "+policy, ", "), func(t *testing.T) {
				s := &scenario{sections: map[string][]string{"policy": {policy}, "run": {"heeds_pauses"}, "state": {
					"group 00g1 id=g1 name=Member members=00u1", "group 00g2 id=g2 name=Other", "group 00g3 id=g3 name=Left members=00u1",
				}, "okta": {
					"group 00g1 name=Member members=00u1", "group 00g2 name=Other members=00u1", "group 00g3 name=Left",
				}}}
				if tt.state != "" {
					s.sections["state"] = append(s.sections["state"], "user 00u1 name=ann@example.com "+tt.state)
				}
				if tt.okta != "" {
					s.sections["okta"] = append(s.sections["okta"], "user 00u1 "+tt.okta+" name=ann@example.com")
				}
				if got := memberSigns(must(plan.New(s.input(t)))); got != want {
					t.Errorf("in and member, in, member = %s, want %s", got, want)
				}
			})
		}
	}
}

// memberSigns shows what happens to 00u1 in the groups 00g1 to 00g3.
func memberSigns(p *plan.Plan) string {
	signs := []string{".", ".", "."}
	for _, c := range p.Changes {
		if c.Action != plan.GroupMembers {
			continue
		}
		i := int(c.OktaID[3] - '1')
		if len(c.Members.Add) > 0 {
			signs[i] = "+"
		}
		if len(c.Members.Remove) > 0 {
			signs[i] = "-"
		}
	}
	return strings.Join(signs, " ")
}

func TestDesiredGroups(t *testing.T) {
	shared := func(other, name string) string {
		return fmt.Sprintf("Okta group %s is pushed to the same WalkMe group %q; both are left as they are", other, name)
	}
	type want struct {
		ID, Name, Leave string
		Linked, Problem bool
	}
	tests := []struct {
		name   string
		groups []okta.Group
		want   []want
	}{
		{"plain", []okta.Group{{ID: "00g1", Name: "Team"}}, []want{{ID: "00g1", Name: "Team"}}},
		{"linked", []okta.Group{{ID: "00g1", Name: "Team", Link: "Crew"}}, []want{{ID: "00g1", Name: "Crew", Linked: true}}},
		{"sorted", []okta.Group{{ID: "00g2", Name: "B"}, {ID: "00g1", Name: "A"}}, []want{{ID: "00g1", Name: "A"}, {ID: "00g2", Name: "B"}}},
		{"paused", []okta.Group{{ID: "00g1", Name: "Team", Paused: true}}, []want{{ID: "00g1", Name: "Team", Leave: "the push is paused in Okta"}}},
		{"unreadable", []okta.Group{{ID: "00g1", Name: "Team", Paused: true, Unreadable: "500"}},
			[]want{{ID: "00g1", Name: "Team", Leave: "500", Problem: true}}},
		{"blank name", []okta.Group{{ID: "00g1", Name: " "}}, []want{{ID: "00g1", Name: " ", Leave: "the group has no name", Problem: true}}},
		{"one name twice", []okta.Group{{ID: "00g2", Name: "team"}, {ID: "00g1", Name: "Team"}}, []want{
			{ID: "00g1", Name: "Team", Leave: shared("00g2", "Team"), Problem: true},
			{ID: "00g2", Name: "team", Leave: shared("00g1", "team"), Problem: true}}},
		{"one name three times", []okta.Group{{ID: "00g1", Name: "T"}, {ID: "00g2", Name: "T"}, {ID: "00g3", Name: "T"}}, []want{
			{ID: "00g1", Name: "T", Leave: shared("00g2", "T"), Problem: true},
			{ID: "00g2", Name: "T", Leave: shared("00g1", "T"), Problem: true},
			{ID: "00g3", Name: "T", Leave: shared("00g1", "T"), Problem: true}}},
		{"one linked to the other's name", []okta.Group{{ID: "00g1", Name: "Team"}, {ID: "00g2", Name: "Else", Link: "Team"}}, []want{
			{ID: "00g1", Name: "Team", Leave: shared("00g2", "Team"), Problem: true},
			{ID: "00g2", Name: "Team", Leave: shared("00g1", "Team"), Linked: true, Problem: true}}},
		{"one of the name is unreadable", []okta.Group{{ID: "00g1", Name: "Team", Unreadable: "500"}, {ID: "00g2", Name: "Team"}}, []want{
			{ID: "00g1", Name: "Team", Leave: "500", Problem: true}, {ID: "00g2", Name: "Team"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []want
			for _, g := range plan.DesiredGroups(&okta.Snapshot{Groups: tt.groups}) {
				got = append(got, want{g.OktaID, g.Name, g.Leave, g.Linked, g.Problem})
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("DesiredGroups() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGroupSourceDigest(t *testing.T) {
	digest := func(g okta.Group) string {
		return plan.DesiredGroups(&okta.Snapshot{Groups: []okta.Group{g}})[0].SourceDigest
	}
	base := okta.Group{ID: "00g1", Name: "Team", Members: []string{"00u1", "00u2"}}
	for name, g := range map[string]okta.Group{
		"name":       {ID: "00g1", Name: "Crew", Members: base.Members},
		"link":       {ID: "00g1", Name: "Team", Link: "Team", Members: base.Members},
		"pause":      {ID: "00g1", Name: "Team", Paused: true, Members: base.Members},
		"unreadable": {ID: "00g1", Name: "Team", Unreadable: "500", Members: base.Members},
		"members":    {ID: "00g1", Name: "Team", Members: []string{"00u1"}},
		"borders":    {ID: "00g1", Name: "Team", Members: []string{"00u100u2"}},
	} {
		if digest(g) == digest(base) {
			t.Errorf("another %s: the same SourceDigest", name)
		}
	}
	if fresh := base; digest(okta.Group{ID: "00g9", Name: "Team", Members: fresh.Members, Fresh: true}) != digest(base) {
		t.Error("SourceDigest depends on how the members were read")
	}
}

func TestAssess(t *testing.T) {
	unreadable := okta.Group{ID: "00g1", Name: "Team", Unreadable: "500"}
	tests := []struct {
		name    string
		snap    okta.Snapshot
		managed plan.Counts
		want    plan.Health
	}{
		{"healthy", okta.Snapshot{Users: make([]okta.User, 1)}, plan.Counts{Users: 9},
			plan.Health{Verdict: plan.Healthy, Reasons: []string{}}},
		{"a new app is empty", okta.Snapshot{}, plan.Counts{},
			plan.Health{Verdict: plan.Healthy, Reasons: []string{}}},
		{"nobody where people are managed", okta.Snapshot{}, plan.Counts{Users: 3}, plan.Health{
			Verdict:    plan.Degraded,
			DoubtUsers: "Okta listed nobody, but 3 accounts are managed: the credentials may lack an admin role",
			Reasons:    []string{"Okta listed nobody, but 3 accounts are managed: the credentials may lack an admin role"}}},
		{"a group that is there and cannot be read", okta.Snapshot{
			Groups: []okta.Group{unreadable}, Problems: []okta.SourceProblem{{Source: "group id 00g1", GroupID: "00g1", Reason: "500"}},
		}, plan.Counts{}, plan.Health{Verdict: plan.Degraded, Reasons: []string{"group id 00g1 00g1: 500"}}},
		{"a source that cannot be resolved", okta.Snapshot{
			Problems: []okta.SourceProblem{{Source: `group "Team"`, Reason: "no group has this name"}},
		}, plan.Counts{}, plan.Health{Verdict: plan.Degraded, Reasons: []string{`group "Team": no group has this name`},
			DoubtGroups: `group "Team" could not be resolved: no group has this name`}},
		{"a group that is not there", okta.Snapshot{
			Problems: []okta.SourceProblem{{Source: "group id 00g1", GroupID: "00g1", Reason: "deleted"}},
		}, plan.Counts{}, plan.Health{Verdict: plan.Degraded, Reasons: []string{"group id 00g1 00g1: deleted"},
			DoubtGroups: "group id 00g1 could not be resolved: deleted"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, plan.Assess(&tt.snap, len(tt.snap.Users), tt.managed)); diff != "" {
				t.Errorf("Assess() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCountManaged(t *testing.T) {
	records := []state.Record{
		{Resource: scim.Resource{Type: scim.User, ID: "w1", Active: true}},
		{Resource: scim.Resource{Type: scim.User, ID: "w2"}},
		{Resource: scim.Resource{Type: scim.User, Active: true}}, // never landed
		{Resource: scim.Resource{Type: scim.Group, ID: "g1", Active: true, Members: []string{"00u1", "00u2"}}},
		{Resource: scim.Resource{Type: scim.Group, ID: "g2", Members: []string{"00u1"}}},     // not pushed any more
		{Resource: scim.Resource{Type: scim.Group, Active: true, Members: []string{"00u1"}}}, // never landed
	}
	want := plan.Counts{Users: 1, Members: 2, Groups: 1}
	if got := plan.CountManaged(records); got != want {
		t.Errorf("CountManaged() = %+v, want %+v", got, want)
	}
}

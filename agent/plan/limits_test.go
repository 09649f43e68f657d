package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// leavers is a plan that deactivates people, each called and identified alike.
func leavers(ids ...string) *plan.Plan {
	p := &plan.Plan{}
	for _, id := range ids {
		p.Changes = append(p.Changes, &plan.Change{Type: scim.User, Action: plan.Deactivate, OktaID: id, Name: id})
	}
	return p
}

// numbered returns n ids with a prefix.
func numbered(prefix string, n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%s%03d", prefix, i)
	}
	return ids
}

// TestLimit is when the changes of one kind are held: above the count, or above
// the share, which counts only from five affected objects on.
func TestLimit(t *testing.T) {
	tests := []struct {
		name               string
		limit              plan.Limit
		n, recent, managed int
		want               string // the reason; "": not held
	}{
		{"nothing to do", plan.Limit{Count: 0}, 0, 9, 100, ""},
		{"below the count", plan.Limit{Count: 20}, 19, 0, 100, ""},
		{"the count", plan.Limit{Count: 20}, 20, 0, 100, ""},
		{"above the count", plan.Limit{Count: 20}, 21, 0, 100, "21 are more than 20"},
		{"zero holds the first", plan.Limit{}, 1, 0, 100, "1 is more than 0"},
		{"the share", plan.Limit{Count: 20, Percent: 10}, 10, 0, 100, ""},
		{"above the share", plan.Limit{Count: 20, Percent: 10}, 11, 0, 100, "11 of 100 are more than 10 %"},
		{"a broken share", plan.Limit{Count: 20, Percent: 2.5}, 6, 0, 200, "6 of 200 are more than 2.5 %"},
		{"a share of everything", plan.Limit{Count: 20, Percent: 100}, 8, 0, 8, ""},
		{"four of four", plan.Limit{Count: 20, Percent: 10}, 4, 0, 4, ""},
		{"five of five", plan.Limit{Count: 20, Percent: 10}, 5, 0, 5, "5 of 5 are more than 10 %"},
		{"no share", plan.Limit{Count: 20}, 8, 0, 8, ""},
		{"above both", plan.Limit{Count: 5, Percent: 10}, 6, 0, 6, "6 are more than 5"},
		{"recent ones count", plan.Limit{Count: 20}, 1, 20, 100, "21 (20 of them already made) are more than 20"},
		{"recent ones up to the count", plan.Limit{Count: 20}, 1, 19, 100, ""},
		{"recent ones were managed, too", plan.Limit{Count: 20, Percent: 10}, 2, 8, 92, ""},
		{"recent ones above the share", plan.Limit{Count: 20, Percent: 10}, 3, 8, 92, "11 (8 of them already made) of 100 are more than 10 %"},
		{"recent ones make five", plan.Limit{Count: 20, Percent: 10}, 1, 4, 6, "5 (4 of them already made) of 10 are more than 10 %"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := leavers(numbered("00u", tt.n)...)
			plan.Limits{Deactivations: tt.limit}.Hold(p, plan.HoldInput{
				Managed: plan.Counts{Users: tt.managed}, Recent: plan.Counts{Users: tt.recent},
			})
			if tt.want == "" {
				if len(p.Holds) != 0 || p.Summary.Held != 0 || p.Pending() != tt.n {
					t.Errorf("Hold() = %+v, held %d, pending %d, want no hold", p.Holds, p.Summary.Held, p.Pending())
				}
				return
			}
			if len(p.Holds) != 1 || p.Holds[0].Reason != tt.want || p.Holds[0].Count != tt.n || p.Summary.Held != tt.n || p.Pending() != 0 {
				t.Errorf("Hold() = %+v, held %d, pending %d, want all %d held: %s", p.Holds, p.Summary.Held, p.Pending(), tt.n, tt.want)
			}
		})
	}
}

func TestLimitString(t *testing.T) {
	for limit, want := range map[plan.Limit]string{{Count: 20, Percent: 10}: "20 or 10 %", {Count: 0}: "0", {Count: 3, Percent: 2.5}: "3 or 2.5 %"} {
		if got := limit.String(); got != want {
			t.Errorf("String() = %q, want %q", got, want)
		}
	}
}

// TestApproval: an approval releases exactly the set that it was given for.
func TestApproval(t *testing.T) {
	limits := plan.Limits{Deactivations: plan.Limit{Count: 1}}
	held := func(released []string, ids ...string) *plan.Plan {
		p := leavers(ids...)
		limits.Hold(p, plan.HoldInput{Released: released})
		return p
	}
	first := held(nil, "00u1", "00u2").Holds[0]
	approved := []string{"another-hold", first.ID}

	if again := held(nil, "00u2", "00u1").Holds[0]; again.ID != first.ID || !slices.Equal(again.Items, []string{"00u1", "00u2"}) {
		t.Errorf("the same set is %s %q, want %s, sorted", again.ID, again.Items, first.ID)
	}
	if p := held(approved, "00u1", "00u2"); len(p.Holds) != 0 || p.Pending() != 2 {
		t.Errorf("the approved set: holds %+v, pending %d, want none, 2", p.Holds, p.Pending())
	}
	for name, ids := range map[string][]string{
		"grown": {"00u1", "00u2", "00u3"}, "another": {"00u1", "00u4"}, "joined": {"00u1\n00u2", "00u3"},
	} {
		if p := held(approved, ids...); len(p.Holds) != 1 || p.Holds[0].ID == first.ID || p.Pending() != 0 {
			t.Errorf("a set that is %s: holds %+v, pending %d, want a new hold", name, p.Holds, p.Pending())
		}
	}
}

// TestHoldLeavesTheRest: only removals of the kind are held, and a change that
// something else keeps back is neither held nor counted.
func TestHoldLeavesTheRest(t *testing.T) {
	p := leavers("00u1", "00u2", "00u3")
	p.Changes[2].BlockBy(plan.Block{Kind: plan.BlockDisabled, Detail: "provisioning.deactivate_users"})
	p.Changes = append(p.Changes, &plan.Change{Type: scim.User, Action: plan.Create, OktaID: "00u4"},
		&plan.Change{Type: scim.Group, Action: plan.GroupUnlink, OktaID: "00g1"})
	plan.Limits{Deactivations: plan.Limit{Count: 1}}.Hold(p, plan.HoldInput{})
	want := plan.Summary{Create: 1, GroupUnlink: 1, Held: 2, Disabled: 1}
	if diff := cmp.Diff(want, p.Summary); diff != "" {
		t.Errorf("Summary (-want +got):\n%s", diff)
	}
}

func TestUnconfirmedDoNotCount(t *testing.T) {
	p := leavers("00u1", "00u2")
	p.Changes[0].BlockBy(plan.Block{Kind: plan.BlockUnconfirmed, Detail: "not sure"})
	plan.Limits{Deactivations: plan.Limit{Count: 1}}.Hold(p, plan.HoldInput{})
	if len(p.Holds) != 0 || p.Pending() != 1 {
		t.Errorf("one confirmed and one unconfirmed leaver under a limit of 1: %+v, pending %d, want no hold, 1", p.Holds, p.Pending())
	}
}

// TestHoldIsStable: to apply the limits again changes nothing.
func TestHoldIsStable(t *testing.T) {
	limits := plan.Limits{Deactivations: plan.Limit{Count: 1}}
	p := leavers("00u1", "00u2")
	limits.Hold(p, plan.HoldInput{})
	before := planText(p)
	limits.Hold(p, plan.HoldInput{})
	if got := planText(p); got != before {
		t.Errorf("the second Hold() made\n%s, want\n%s", got, before)
	}
}

func TestDoubtHolds(t *testing.T) {
	const doubt = "Okta listed nobody"
	limits := plan.Limits{Deactivations: plan.Limit{Count: 100}}
	p := leavers("00u1")
	p.Health.DoubtUsers = doubt
	limits.Hold(p, plan.HoldInput{Managed: plan.Counts{Users: 100}})
	if len(p.Holds) != 1 || p.Holds[0].Reason != doubt || p.Pending() != 0 || !p.Changes[0].Block.Is(plan.BlockDoubted) {
		t.Fatalf("Hold() = %+v, pending %d, want one hold because %s", p.Holds, p.Pending(), doubt)
	}
	released := leavers("00u1")
	released.Health.DoubtUsers = doubt
	limits.Hold(released, plan.HoldInput{Released: []string{p.Holds[0].ID}})
	if released.Pending() != 1 {
		t.Errorf("after an approval: pending %d, want 1", released.Pending())
	}
	nobody := &plan.Plan{Health: plan.Health{DoubtUsers: doubt}}
	if limits.Hold(nobody, plan.HoldInput{}); len(nobody.Holds) != 0 {
		t.Errorf("nobody to deactivate: %+v, want no hold", nobody.Holds)
	}
}

// TestGroupDeletes: by default the first delete is held.
func TestGroupDeletes(t *testing.T) {
	p := &plan.Plan{Changes: []*plan.Change{
		{Type: scim.Group, Action: plan.GroupDelete, OktaID: "00g1"},
		{Type: scim.Group, Action: plan.GroupUnlink, OktaID: "00g2"},
		{Type: scim.Group, Action: plan.GroupDelete, OktaID: "00g3", Block: &plan.Block{Kind: plan.BlockUnconfirmed, Detail: "a source is gone"}},
	}}
	plan.Limits{}.Hold(p, plan.HoldInput{Managed: plan.Counts{Groups: 3}})
	if len(p.Holds) != 1 || p.Holds[0].Kind != plan.HoldGroupDeletes || !slices.Equal(p.Holds[0].Items, []string{"00g1"}) {
		t.Errorf("Hold() = %+v, want a hold of 00g1 alone", p.Holds)
	}
}

// groupPlan plans one group that has the recorded members and should have the
// wanted ones; everybody is provisioned.
func groupPlan(recorded, wanted []string, edit func(*plan.Input)) (*plan.Plan, []state.Record) {
	in := plan.Input{Policy: plan.Policy{CreateUsers: true, UpdateUserAttributes: true, DeactivateUsers: true}}
	people := scim.SortedSet(slices.Concat(recorded, wanted))
	for _, id := range people {
		as := scim.Attributes{{Path: scim.PathUserName, Value: id}}
		in.Recorded = append(in.Recorded, state.Record{Resource: scim.Resource{Type: scim.User, SourceID: id, ID: "w" + id, Active: true, Attributes: as}, Name: id})
		in.Desired.People = append(in.Desired.People, plan.Person{
			Resource: scim.Resource{Type: scim.User, SourceID: id, Attributes: as}, Presence: plan.Present,
		})
	}
	in.Recorded = append(in.Recorded, state.Record{
		Resource: scim.Resource{Type: scim.Group, SourceID: "00g1", ID: "g1", Active: true, Members: recorded}, Name: "Team", Origin: state.Created,
	})
	in.Groups = []plan.GroupWant{{OktaID: "00g1", Name: "Team", Members: wanted}}
	if edit != nil {
		edit(&in)
	}
	return must(plan.New(in)), in.Recorded
}

// TestMemberRemovals: removals are held, additions to the same group go out.
func TestMemberRemovals(t *testing.T) {
	five, six := numbered("00u", 5), numbered("00u", 6)
	partial := func(in *plan.Input) { in.Recorded[len(in.Recorded)-1].Partial = true }
	forced := func(in *plan.Input) { in.Scope = plan.OfSelection(plan.Selection{}) }
	unlinked := func(in *plan.Input) { in.Recorded[len(in.Recorded)-1].Active = false }
	inactive := func(id string) func(*plan.Input) {
		return func(in *plan.Input) {
			i := slices.IndexFunc(in.Recorded, func(r state.Record) bool { return r.SourceID == id })
			in.Recorded[i].Active = false
		}
	}
	doubtful := func(in *plan.Input) {
		r := &in.Recorded[len(in.Recorded)-1]
		r.Members, r.Doubtful = r.Members[:4], r.Members[4:]
	}
	tests := []struct {
		name           string
		recorded, want []string
		edit           func(*plan.Input)
		limit          plan.Limit
		changes        string // of the group: adds/removes and whether they are held
		reason         string
	}{
		{"within the limit", six, six[1:], nil, plan.Limit{Count: 1}, "+0-1", ""},
		{"removals alone", six, six[2:], nil, plan.Limit{Count: 1}, "+0-2 held", "2 are more than 1"},
		{"with additions", six, append([]string{"00a"}, six[2:]...), nil, plan.Limit{Count: 1}, "+1-0, +0-2 held", "2 are more than 1"},
		{"additions alone", six[:1], six, nil, plan.Limit{}, "+5-0", ""},
		{"in a push that was cut short", six, six[2:], partial, plan.Limit{Count: 1}, "+0-0, +0-2 held", "2 are more than 1"},
		{"in a forced push", six, six[2:], forced, plan.Limit{Count: 1}, "+0-0, +0-2 held", "2 are more than 1"},
		{"the share", six, six[5:], nil, plan.Limit{Count: 9, Percent: 50}, "+0-5 held", "5 of 6 are more than 50 %"},
		{"all of five", five, nil, nil, plan.Limit{Count: 9}, "+0-5 held", `group "Team" would lose all of its 5 members`},
		{"all of four", five[:4], nil, nil, plan.Limit{Count: 9}, "+0-4", ""},
		{"all of five replaced", five, []string{"00a"}, nil, plan.Limit{Count: 9}, "+1-5", ""},
		{"all of five replaced, and one is back", append([]string{"00b"}, five...), []string{"00a", "00b"}, inactive("00b"), plan.Limit{Count: 9}, "+2-5", ""},
		{"all but one who is back", append([]string{"00b"}, five...), []string{"00b"}, inactive("00b"), plan.Limit{Count: 9}, "+1-5", ""},
		{"all of five, pushed again", five, nil, unlinked, plan.Limit{Count: 9}, "+0-5 held", `group "Team" would lose all of its 5 members`},
		{"five of six, pushed again", six, six[:1], unlinked, plan.Limit{Count: 9}, "+0-5", ""},
		{"one who may be in it", five, five[:4], doubtful, plan.Limit{}, "+0-1 held", "1 is more than 0"},
		{"five of six", six, six[:1], nil, plan.Limit{Count: 9}, "+0-5", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, recorded := groupPlan(tt.recorded, tt.want, tt.edit)
			plan.Limits{MemberRemovals: tt.limit}.Hold(p, plan.HoldInput{Managed: plan.CountManaged(recorded)})
			if got := memberChanges(p); got != tt.changes {
				t.Errorf("changes = %s, want %s", got, tt.changes)
			}
			reason := ""
			for _, h := range p.Holds {
				reason = h.Reason
			}
			if reason != tt.reason {
				t.Errorf("reason = %q, want %q", reason, tt.reason)
			}
		})
	}
}

func memberChanges(p *plan.Plan) string {
	var out []string
	for _, c := range p.Changes {
		if c.Action == plan.GroupMembers {
			out = append(out, strings.TrimSpace(fmt.Sprintf("+%d-%d %s", len(c.Members.Add), len(c.Members.Remove), map[bool]string{true: "held"}[c.Block.IsHeld()])))
		}
	}
	return strings.Join(out, ", ")
}

// TestMemberHold names group and member, so that an approval for one group does
// not release another.
func TestMemberHold(t *testing.T) {
	p, _ := groupPlan([]string{"00u1", "00u2", "00u3"}, []string{"00u3"}, nil)
	plan.Limits{}.Hold(p, plan.HoldInput{})
	h := p.Holds[0]
	if want := []string{"00g1/00u1", "00g1/00u2"}; h.Kind != plan.HoldMemberRemovals || h.Count != 2 || !slices.Equal(h.Items, want) {
		t.Errorf("hold = %+v, want %q", h, want)
	}
	for name, tt := range map[string]struct {
		wanted []string
		want   string
	}{
		"the same set": {[]string{"00u3"}, "+0-2"}, "a grown set": {nil, "+0-3 held"}, "a smaller set": {[]string{"00u2", "00u3"}, "+0-1 held"},
	} {
		p, _ := groupPlan([]string{"00u1", "00u2", "00u3"}, tt.wanted, nil)
		plan.Limits{}.Hold(p, plan.HoldInput{Released: []string{h.ID}})
		if got := memberChanges(p); got != tt.want {
			t.Errorf("%s after the approval: %s, want %s", name, got, tt.want)
		}
	}
}

// TestMembershipsOfHeldLeavers: whoever keeps the account keeps the memberships.
func TestMembershipsOfHeldLeavers(t *testing.T) {
	leave := func(in *plan.Input) {
		in.Policy.Groups.RemoveDeprovisioned = true
		in.Desired.People = slices.DeleteFunc(in.Desired.People, func(p plan.Person) bool { return p.SourceID != "00u3" })
	}
	roomy := plan.Limits{Deactivations: plan.Limit{Count: 9}, MemberRemovals: plan.Limit{Count: 9}}
	everybody := []string{"00u1", "00u2", "00u3"}
	tests := []struct {
		name   string
		wanted []string // in the Okta group
		limits plan.Limits
		edit   func(*plan.Plan)
		want   string
	}{
		{"all go", everybody, roomy, nil, "+0-2 | deactivate 2, group_members 1, unchanged 1"},
		{"held", everybody, plan.Limits{MemberRemovals: plan.Limit{Count: 9}}, nil, " | unchanged 2, held 2"},
		{"doubted", everybody, roomy, func(p *plan.Plan) { p.Health.DoubtUsers = "nobody there" }, " | unchanged 2, held 2"},
		{"one is not confirmed", everybody, roomy, func(p *plan.Plan) { p.Changes[0].BlockBy(plan.Block{Kind: plan.BlockUnconfirmed, Detail: "not sure"}) },
			"+0-1 | deactivate 1, group_members 1, unchanged 1, waiting 1"},
		{"with an addition", append([]string{"00a"}, everybody...), plan.Limits{MemberRemovals: plan.Limit{Count: 9}}, nil,
			"+1-0 | create 1, group_members 1, unchanged 1, held 2"},
		{"with somebody who left the group alone", []string{"00u1", "00u2"}, plan.Limits{MemberRemovals: plan.Limit{Count: 9}}, nil,
			"+0-1 | group_members 1, unchanged 1, held 2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, recorded := groupPlan(everybody, tt.wanted, func(in *plan.Input) {
				leave(in)
				if slices.Contains(tt.wanted, "00a") { // a joiner
					in.Recorded = slices.DeleteFunc(in.Recorded, func(r state.Record) bool { return r.SourceID == "00a" })
					in.Desired.People = slices.Insert(in.Desired.People, 0, plan.Person{
						Resource: scim.Resource{Type: scim.User, SourceID: "00a"}, Presence: plan.Present,
					})
				}
			})
			if tt.edit != nil {
				tt.edit(p)
			}
			tt.limits.Hold(p, plan.HoldInput{Managed: plan.CountManaged(recorded)})
			got := memberChanges(p) + " | " + strings.TrimPrefix(summaryText(p.Summary), "= ")
			if got != tt.want {
				t.Errorf("Hold() = %s, want %s\n%s", got, tt.want, planText(p))
			}
			for _, c := range p.Changes {
				for _, id := range c.Members.Remove {
					if p.People[id] == "" {
						t.Errorf("the plan does not name %s", id)
					}
				}
			}
		})
	}
}

// TestKeptMembershipsLeaveTheRest: what else the group needs goes out, and a group
// that needs nothing else is unchanged.
func TestKeptMembershipsLeaveTheRest(t *testing.T) {
	six := numbered("00u", 6)
	tests := []struct {
		name     string
		edit     func(*plan.Input, *state.Record)
		unsure   int // deactivations that are not confirmed
		members  string
		wantText string
	}{
		{"nothing else", func(*plan.Input, *state.Record) {}, 6, "", "= unchanged 1, waiting 6"},
		{"a rename", func(in *plan.Input, _ *state.Record) { in.Groups[0].Name = "Crew" }, 6, "", "= group_rename 1, waiting 6"},
		{"a push that was cut short", func(_ *plan.Input, r *state.Record) { r.Partial = true }, 6, "+0-0", "= group_members 1, waiting 6"},
		{"all but one, which empties no group", func(*plan.Input, *state.Record) {}, 1, "+0-5", "= deactivate 5, group_members 1, waiting 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, recorded := groupPlan(six, six, func(in *plan.Input) {
				in.Policy.Groups.RemoveDeprovisioned, in.Desired.People = true, nil
				tt.edit(in, &in.Recorded[len(in.Recorded)-1])
			})
			for _, c := range p.Changes[:tt.unsure] {
				c.BlockBy(plan.Block{Kind: plan.BlockUnconfirmed, Detail: "not sure"})
			}
			open := plan.Limit{Count: 9}
			plan.Limits{Deactivations: open, MemberRemovals: open}.Hold(p, plan.HoldInput{Managed: plan.CountManaged(recorded)})
			if got := memberChanges(p); got != tt.members {
				t.Errorf("changes of members = %q, want %q", got, tt.members)
			}
			if got := summaryText(p.Summary); got != tt.wantText {
				t.Errorf("summary %s, want %s", got, tt.wantText)
			}
			if len(p.People) != 6-tt.unsure {
				t.Errorf("the plan names %d members, want %d", len(p.People), 6-tt.unsure)
			}
		})
	}
}

// TestDoubtedMassLeaverEmptiesNoGroup: the worst read, with every guard of the
// configuration open.
func TestDoubtedMassLeaverEmptiesNoGroup(t *testing.T) {
	people := numbered("00u", 50)
	p, recorded := groupPlan(people, people, func(in *plan.Input) {
		in.Policy.Groups.RemoveDeprovisioned = true
		in.Desired.People = nil
		in.Health.DoubtUsers = "Okta listed nobody"
	})
	open := plan.Limit{Count: 1000}
	plan.Limits{Deactivations: open, MemberRemovals: open, GroupDeletes: open}.Hold(p, plan.HoldInput{Managed: plan.CountManaged(recorded)})
	if p.Pending() != 0 || p.Summary.Held != 50 {
		t.Errorf("pending %d, held %d, want 0, 50\n%s", p.Pending(), p.Summary.Held, planText(p))
	}
}

// Okta is asked about 200 absences in a run, and no more; the others wait.
func TestAskedAbsences(t *testing.T) {
	in := plan.Input{Policy: plan.Policy{DeactivateUsers: true}}
	for _, id := range numbered("00u", 201) {
		as := scim.Attributes{{Path: scim.PathUserName, Value: id}}
		in.Recorded = append(in.Recorded, state.Record{Resource: scim.Resource{Type: scim.User, SourceID: id, ID: "w" + id, Active: true, Attributes: as}, Name: id})
	}
	p := must(plan.New(in))
	limits := plan.Limits{Deactivations: plan.Limit{Count: 1000}}
	hold := plan.HoldInput{Confirm: true, Managed: plan.CountManaged(in.Recorded)}
	asked := limits.Ask(p, hold).Absences
	if len(asked) != 200 {
		t.Fatalf("asked about %d, want 200", len(asked))
	}
	hold.Answers.Absences = map[string]string{}
	for _, id := range asked {
		hold.Answers.Absences[id] = ""
	}
	limits.Hold(p, hold)
	if p.Pending() != 200 {
		t.Errorf("%d go out, want the 200 that were confirmed", p.Pending())
	}
}

// TestEmptiedBesideOthers: what is emptied is held, and goes out with the value of before
// in what does not wait.
func TestEmptiedBesideOthers(t *testing.T) {
	before := scim.Attributes{{Path: "name.familyName", Value: "Lee"}, {Path: "name.givenName", Value: "Ann"}, {Path: scim.PathUserName, Value: "ann@example.com"}}
	after := scim.Attributes{{Path: "name.familyName"}, {Path: "name.givenName", Value: "Anna"}, {Path: scim.PathUserName, Value: "ann@example.com"}}
	in := plan.Input{
		Policy:   plan.Policy{UpdateUserAttributes: true},
		Recorded: []state.Record{{Resource: scim.Resource{Type: scim.User, SourceID: "00u1", ID: "w1", Active: true, Attributes: before}, Name: "ann@example.com"}},
		Desired:  plan.Desired{People: []plan.Person{{Resource: scim.Resource{Type: scim.User, SourceID: "00u1", Active: true, Attributes: after}, Presence: plan.Present}}},
	}
	p := must(plan.New(in))
	plan.Limits{}.Hold(p, plan.HoldInput{Managed: plan.CountManaged(in.Recorded)})
	if len(p.Changes) != 2 || p.Pending() != 1 {
		t.Fatalf("%d changes, %d of them go out, want one of two", len(p.Changes), p.Pending())
	}
	for _, c := range p.Changes {
		if c.Blocked() {
			continue
		}
		for path, want := range map[string]any{"name.familyName": "Lee", "name.givenName": "Anna", scim.PathUserName: "ann@example.com"} {
			if got := c.Want.Attributes.Get(path); !scim.Equal(got, want) {
				t.Errorf("what goes out has %s = %v, want %v", path, got, want)
			}
		}
	}
}

package plan_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// leftInState is the input with some lists of members left in the state.
func leftInState(t *rapid.T, in plan.Input) plan.Input {
	wanted, pushed := map[string][]string{}, map[string][]string{}
	in.Recorded, in.Groups = slices.Clone(in.Recorded), slices.Clone(in.Groups)
	for i := range in.Recorded {
		if r := &in.Recorded[i]; len(r.Members) > 0 && rapid.IntRange(0, 3).Draw(t, "record is unread") > 0 {
			pushed[r.SourceID] = r.Members
			r.Members, r.Unread = nil, len(r.Members)
		}
	}
	for i := range in.Groups {
		if w := &in.Groups[i]; len(w.Members) > 0 && rapid.IntRange(0, 3).Draw(t, "want is unread") > 0 {
			wanted[w.OktaID] = w.Members
			w.Members, w.Unread = nil, len(w.Members)
		}
	}
	in.Lists = plan.MemberLists{
		Wanted: func(id string) ([]string, error) { return slices.Clone(wanted[id]), nil },
		Pushed: func(id string) ([]string, error) { return slices.Clone(pushed[id]), nil },
	}
	return in
}

// TestPlanOfUnreadLists: where lists of members were makes no difference to the plan, and
// afterwards those that something may happen to in the run are at hand.
func TestPlanOfUnreadLists(t *testing.T) {
	m := walkMeMapping(t)
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t, m)
		in.Groups = slices.Clone(in.Groups)
		for i := range in.Groups {
			in.Groups[i].Gone = in.Groups[i].Leave != "" && rapid.Bool().Draw(t, "gone")
			in.Groups[i].Group = rapid.SampledFrom([]string{"One", "Two"}).Draw(t, "name in Okta")
			if in.Groups[i].Group == "One" {
				in.Groups[i].Name = "One" // a group that was made again takes over
			}
		}
		left := leftInState(t, in)
		planned := must(plan.New(left))
		if diff := cmp.Diff(planJSON(t, must(plan.New(in))), planJSON(t, planned)); diff != "" {
			t.Fatalf("New() of unread lists (-whole +unread):\n%s", diff)
		}
		changed, busy := map[string]bool{}, map[string]bool{}
		for _, c := range planned.Changes {
			changed[c.OktaID] = true
			busy[c.OktaID], busy[c.From] = true, true
		}
		for i := range left.Recorded {
			r, whole := &left.Recorded[i], in.Recorded[i].Members
			needed := busy[r.SourceID] || slices.ContainsFunc(whole, func(id string) bool { return busy[id] })
			checkList(t, "record of "+r.SourceID, r.Members, r.Unread, whole, r.Type == scim.Group && needed)
		}
		for i := range left.Groups {
			w := &left.Groups[i]
			checkList(t, "want of "+w.OktaID, w.Members, w.Unread, in.Groups[i].Members, changed[w.OktaID])
		}
	})
}

func checkList(t *rapid.T, what string, members []string, unread int, whole []string, needed bool) {
	switch {
	case unread == 0 && !slices.Equal(members, whole):
		t.Fatalf("%s: members = %q, want %q", what, members, whole)
	case unread > 0 && (needed || members != nil || unread != len(whole)):
		t.Fatalf("%s: %d unread beside %q, want %q", what, unread, members, whole)
	}
}

// TestNoPlanWithoutLists: members that cannot be read are not members that are not there.
func TestNoPlanWithoutLists(t *testing.T) {
	lost := errors.New("disk on fire")
	fails := func(string) ([]string, error) { return nil, lost }
	record := state.Record{Resource: scim.Resource{Type: scim.Group, SourceID: "00g1", ID: "w1", Active: true}, Name: "Team", Unread: 1}
	want := plan.GroupWant{OktaID: "00g1", Name: "Team", Unread: 1}
	for name, in := range map[string]plan.Input{
		"wanted":          {Groups: []plan.GroupWant{want}},
		"pushed":          {Recorded: []state.Record{record}, Groups: []plan.GroupWant{{OktaID: "00g1", Name: "Team"}}},
		"not pushed more": {Recorded: []state.Record{record}},
	} {
		in.Lists = plan.MemberLists{Wanted: fails, Pushed: fails}
		if planned, err := plan.New(in); planned != nil || !errors.Is(err, lost) || !strings.Contains(err.Error(), "00g1") {
			t.Errorf("%s: New() = %v, %v, want no plan and the error of group 00g1", name, planned, err)
		}
	}
}

// TestMembersInStep: whoever is in step is pushed, in whatever order people were read, and
// whoever was taken out of them is not.
func TestMembersInStep(t *testing.T) {
	m := walkMeMapping(t)
	rapid.Check(t, func(t *rapid.T) {
		all := numbered("00u", 60)
		inStep := plan.NewInStep(0)
		for _, id := range rapid.SliceOfDistinct(rapid.SampledFrom(all), rapid.ID[string]).Draw(t, "in step") {
			inStep.Add(id, 0, [16]byte{})
		}
		inStep.Seal()
		for _, id := range rapid.SliceOfN(rapid.SampledFrom(all), 0, 9).Draw(t, "dropped") {
			inStep.Drop(id)
		}
		members := scim.SortedSet(rapid.SliceOf(rapid.SampledFrom(all)).Draw(t, "members"))
		planned := must(plan.New(plan.Input{Mapping: m, InStep: inStep, Groups: []plan.GroupWant{{OktaID: "00g1", Name: "Team", Members: members}}}))
		want := filter(members, inStep.Has)
		if got := planned.Changes[0].Members.Add; !slices.Equal(got, want) {
			t.Fatalf("members = %q, want %q", got, want)
		}
	})
}

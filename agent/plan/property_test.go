package plan_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

const (
	drawnPeople = 8
	drawnGroups = 4
)

// drawInput draws an org, a state and a policy. A few people and groups meet in
// every possible combination.
func drawInput(t *rapid.T, m plan.Mapping) plan.Input {
	flip := func(label string) bool { return rapid.Bool().Draw(t, label) }
	in := plan.Input{Mapping: m, Now: scenarioNow}
	if flip("heeds pauses") {
		in.Scope = in.Scope.HeedingPauses()
	}
	in.Policy = plan.Policy{
		CreateUsers: flip("create"), UpdateUserAttributes: flip("update"), DeactivateUsers: flip("deactivate"),
		Groups: plan.GroupPolicy{DeleteUnlinked: flip("delete"), RemoveDeprovisioned: flip("remove"), RenameLinked: flip("rename")},
	}
	if rapid.IntRange(0, 9).Draw(t, "doubt groups") == 0 {
		in.Health.DoubtGroups = "a source is gone"
	}
	names := rapid.Permutation(numbered("name", drawnPeople)).Draw(t, "wanted names")
	for i, id := range numbered("00u", drawnPeople) {
		if r, ok := drawUser(t, id, fmt.Sprintf("name%03d", i)); ok {
			in.Recorded = append(in.Recorded, r)
		}
		if p, ok := drawPerson(t, id, names[i]); ok {
			in.Desired.People = append(in.Desired.People, p)
		}
	}
	for i, id := range numbered("00g", drawnGroups) {
		if r, ok := drawGroup(t, id, fmt.Sprintf("Group %d", i)); ok {
			in.Recorded = append(in.Recorded, r)
		}
		if w, ok := drawWant(t, id, fmt.Sprintf("Group %d", i)); ok {
			in.Groups = append(in.Groups, w)
		}
	}
	return in
}

func drawIDs(t *rapid.T, label string) []string {
	return scim.SortedSet(rapid.SliceOf(rapid.SampledFrom(numbered("00u", drawnPeople))).Draw(t, label))
}

func drawAttributes(t *rapid.T, name string) scim.Attributes {
	given := rapid.SampledFrom([]any{nil, "Ann", "Bea"}).Draw(t, "given name")
	return scim.Attributes{{Path: "name.givenName", Value: given}, {Path: scim.PathUserName, Value: name}}
}

func drawUser(t *rapid.T, id, name string) (state.Record, bool) {
	r := state.Record{Resource: scim.Resource{Type: scim.User, SourceID: id, Attributes: drawAttributes(t, name)}, Name: name, Origin: state.Created}
	switch rapid.SampledFrom([]string{"none", "never landed", "active", "active", "inactive"}).Draw(t, "record of "+id) {
	case "none":
		return r, false
	case "active":
		r.ID, r.Active = "w"+id, true
	case "inactive":
		r.ID = "w" + id
	}
	return r, true
}

func drawPerson(t *rapid.T, id, name string) (plan.Person, bool) {
	p := plan.Person{Resource: scim.Resource{Type: scim.User, SourceID: id}, Why: "drawn"}
	switch kind := rapid.SampledFrom([]string{"none", "absent", "keep", "rejected", "present", "present", "present"}).Draw(t, "person "+id); kind {
	case "none":
		return p, false
	case "absent":
		p.Presence = plan.Absent
	case "keep", "rejected":
		p.Presence, p.Attributes = plan.Keep, drawAttributes(t, name)
		if kind == "rejected" {
			p.Rejection = &plan.Rejection{Type: scim.User, OktaID: id, Path: "userName", Error: "no good"}
		}
	case "present":
		p.Presence, p.Active, p.Attributes = plan.Present, true, drawAttributes(t, name)
	}
	return p, true
}

func drawGroup(t *rapid.T, id, name string) (state.Record, bool) {
	r := state.Record{
		Resource: scim.Resource{Type: scim.Group, SourceID: id, ID: "w" + id, Active: true, Members: drawIDs(t, "recorded members")},
		Name:     name, Partial: rapid.IntRange(0, 4).Draw(t, "partial") == 0,
		Origin: rapid.SampledFrom([]state.Origin{state.Created, state.Linked}).Draw(t, "origin"),
	}
	switch rapid.IntRange(0, 4).Draw(t, "record of "+id) {
	case 0:
		return r, false
	case 1:
		r.ID, r.Members, r.Partial = "", nil, false // never landed
	}
	return r, true
}

func drawWant(t *rapid.T, id, name string) (plan.GroupWant, bool) {
	w := plan.GroupWant{OktaID: id, Name: rapid.SampledFrom([]string{name, name, "New " + name}).Draw(t, "name of "+id),
		Members: drawIDs(t, "members in Okta"), Sources: []string{"the draw"}}
	switch rapid.IntRange(0, 6).Draw(t, "want of "+id) {
	case 0:
		return w, false
	case 1:
		w.Leave = "paused"
	case 2:
		w.Leave, w.Problem = "unreadable", true
	case 3:
		w.Linked = true
	}
	return w, true
}

// acknowledge is WalkMe taking every change of a plan that nothing keeps back:
// what a faultless run leaves recorded.
func acknowledge(recorded []state.Record, in plan.Input, p *plan.Plan) []state.Record {
	records := map[string]state.Record{}
	for _, r := range recorded {
		records[r.SourceID] = r
	}
	for _, c := range p.Changes {
		if c.Blocked() {
			continue
		}
		r := records[c.OktaID]
		if leaver := leaverOf(in, c); leaver != "" {
			r.ID = passOn(records, c.OktaID, leaver)
		}
		r.Type, r.SourceID, r.ID, r.Active = c.Type, c.OktaID, cmp.Or(r.ID, "w"+c.OktaID), true
		r.Origin = cmp.Or(r.Origin, state.Created)
		switch c.Action {
		case plan.Deactivate:
			r.Active = false
		case plan.Create, plan.Link, plan.Update, plan.Reactivate:
			r.Attributes, r.Name, r.MappingDigest = in.Desired.Find(c.OktaID).Attributes, c.Name, in.Mapping.Digest()
		case plan.GroupRename:
			r.Name = c.Name
		case plan.GroupCreate, plan.GroupMembers:
			r.Name, r.Partial = c.Name, false
			r.Members = slices.DeleteFunc(scim.SortedSet(slices.Concat(r.Members, c.Members.Add)),
				func(id string) bool { return slices.Contains(c.Members.Remove, id) })
		case plan.GroupDelete, plan.GroupUnlink:
			delete(records, c.OktaID)
			continue
		}
		records[c.OktaID] = r
	}
	return slices.SortedFunc(maps.Values(records), func(a, b state.Record) int { return scim.Compare(a.Resource, b.Resource) })
}

// leaverOf returns who has left the account of the name that a change wants.
func leaverOf(in plan.Input, c *plan.Change) string {
	if c.Action != plan.Create && c.Action != plan.Link && c.Action != plan.Reactivate {
		return ""
	}
	for _, r := range in.Recorded {
		if r.Type == scim.User && r.ID != "" && r.Name == c.Name && r.SourceID != c.OktaID && !inApp(in, r.SourceID) {
			return r.SourceID
		}
	}
	return ""
}

func inApp(in plan.Input, id string) bool {
	p := in.Desired.Find(id)
	return p != nil && p.Presence != plan.Absent
}

// passOn swaps the accounts of two people, and with them the memberships, and
// returns the id of the account that the new owner gets.
func passOn(records map[string]state.Record, heir, leaver string) string {
	left, had := records[leaver], records[heir]
	id := left.ID
	left.ID, left.Active, left.Name = had.ID, false, had.Name
	records[leaver] = left
	for key, group := range records {
		swapped := slices.Clone(group.Members)
		for i, member := range swapped {
			switch {
			case member == leaver:
				swapped[i] = heir
			case member == heir && had.ID != "":
				swapped[i] = leaver
			}
		}
		group.Members = scim.SortedSet(swapped)
		records[key] = group
	}
	return id
}

func planJSON(t *rapid.T, p *plan.Plan) string {
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestPlanConverges: after a faultless run there is nothing left to send, unless an
// account has passed on: the one that its new owner leaves may be a third person's.
func TestPlanConverges(t *testing.T) {
	m := walkMeMapping(t)
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t, m)
		first := must(plan.New(in))
		for planned, passes := first, true; passes; planned = must(plan.New(in)) {
			passes = slices.ContainsFunc(planned.Changes, func(c *plan.Change) bool { return leaverOf(in, c) != "" })
			in.Recorded = acknowledge(in.Recorded, in, planned)
		}
		if again := must(plan.New(in)); again.Pending() != 0 {
			t.Fatalf("after\n%sstill\n%s", planText(first), planText(again))
		}
	})
}

// TestPlanReachesOkta: after a faultless run with nothing switched off, exactly
// the assigned people are active with their profiles, and each pushed group holds
// every assigned member and nobody who left it while assigned.
func TestPlanReachesOkta(t *testing.T) {
	m := walkMeMapping(t)
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t, m)
		in.Policy.CreateUsers, in.Policy.UpdateUserAttributes, in.Policy.DeactivateUsers = true, true, true
		before := map[string]state.Record{}
		for _, r := range in.Recorded {
			before[r.SourceID] = r
		}
		after := map[string]state.Record{}
		planned, passed := must(plan.New(in)), map[string]bool{}
		for _, c := range planned.Changes {
			if leaver := leaverOf(in, c); leaver != "" {
				passed[leaver], passed[c.OktaID] = true, true
			}
		}
		for _, r := range acknowledge(in.Recorded, in, planned) {
			after[r.SourceID] = r
		}
		for id := range maps.Keys(after) {
			if strings.HasPrefix(id, "00u") {
				wantPerson(t, in.Desired.Find(id), before[id], after[id])
			}
		}
		for _, w := range in.Groups {
			wantMembers(t, in, w, before[w.OktaID], after[w.OktaID], passed)
		}
	})
}

func wantPerson(t *rapid.T, p *plan.Person, before, after state.Record) {
	want := p != nil && p.Presence == plan.Present
	if p != nil && p.Presence == plan.Keep {
		want = before.Active
	}
	if after.Active != want {
		t.Fatalf("%s: active = %t, want %t", after.SourceID, after.Active, want)
	}
	if want && p.Presence == plan.Present && len(scim.DiffAttributes(after.Attributes, p.Attributes)) > 0 {
		t.Fatalf("%s: attributes %v, want %v", after.SourceID, after.Attributes, p.Attributes)
	}
}

func wantMembers(t *rapid.T, in plan.Input, w plan.GroupWant, before, after state.Record, passed map[string]bool) {
	if w.Leave != "" {
		stays := func(id string) bool { return !passed[id] }
		if !slices.Equal(filter(before.Members, stays), filter(after.Members, stays)) || before.Name != after.Name {
			t.Fatalf("%s is to be left alone, and changed from %v to %v", w.OktaID, before, after)
		}
		return
	}
	for _, id := range numbered("00u", drawnPeople) {
		p := in.Desired.Find(id)
		member, was, inGroup := slices.Contains(after.Members, id), slices.Contains(before.Members, id), slices.Contains(w.Members, id)
		assigned := p != nil && p.Presence != plan.Absent
		switch {
		case !assigned && passed[id]: // another account, if any
		case assigned && p.Presence == plan.Present && member != inGroup,
			assigned && !inGroup && member,
			assigned && inGroup && was && !member,
			!assigned && member && !was,
			!assigned && was && member == in.Policy.Groups.RemoveDeprovisioned:
			t.Fatalf("%s in %s: member = %t, was %t, in the Okta group %t, person %+v", id, w.OktaID, member, was, inGroup, p)
		}
	}
}

// TestPlanIsDeterministic: nothing shows that differs from call to call.
func TestPlanIsDeterministic(t *testing.T) {
	m := walkMeMapping(t)
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t, m)
		want := planJSON(t, must(plan.New(in)))
		if got := planJSON(t, must(plan.New(in))); got != want {
			t.Fatalf("New() =\n%s, want\n%s", got, want)
		}
	})
}

// TestOutOfOrderIsNoPlan: a side that does not ascend, or has an id twice, could make people
// look like leavers.
func TestOutOfOrderIsNoPlan(t *testing.T) {
	m := walkMeMapping(t)
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t, m)
		if rapid.Bool().Draw(t, "records") {
			in.Recorded = disordered(t, in.Recorded)
		} else {
			in.Desired.People = disordered(t, in.Desired.People)
		}
		planned, err := plan.New(in)
		var disorder *plan.OrderError
		if planned != nil || !errors.As(err, &disorder) {
			t.Fatalf("New() = %v, %v, want no plan and an OrderError", planned, err)
		}
	})
}

// disordered puts one element of a list a second time, at any place behind its own. Of an empty
// list that is one without an id.
func disordered[T any](t *rapid.T, list []T) []T {
	if len(list) == 0 {
		list = make([]T, 1)
	}
	i := rapid.IntRange(0, len(list)-1).Draw(t, "which")
	at := rapid.IntRange(i+1, len(list)).Draw(t, "where")
	return slices.Insert(slices.Clone(list), at, list[i])
}

func must(planned *plan.Plan, err error) *plan.Plan {
	if err != nil {
		panic(err)
	}
	return planned
}

func filter(ids []string, keep func(string) bool) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !keep(id) })
}

// phases is the order of a run.
var phases = map[plan.Action]int{
	plan.Deactivate: 0, plan.Create: 2, plan.Link: 2, plan.GroupCreate: 4, plan.GroupRename: 4,
	plan.GroupMembers: 5, plan.GroupDelete: 6, plan.GroupUnlink: 6,
}

// TestPlanIsLawful holds what is true of every plan.
func TestPlanIsLawful(t *testing.T) {
	m := walkMeMapping(t)
	rapid.Check(t, func(t *rapid.T) {
		in := drawInput(t, m)
		p := must(plan.New(in))
		limits := plan.Limits{
			Deactivations:  plan.Limit{Count: rapid.IntRange(0, 3).Draw(t, "deactivations")},
			MemberRemovals: plan.Limit{Count: rapid.IntRange(0, 3).Draw(t, "member removals")},
			GroupDeletes:   plan.Limit{Count: rapid.IntRange(0, 1).Draw(t, "group deletes")},
		}
		limits.Hold(p, plan.HoldInput{Managed: plan.CountManaged(in.Recorded)})
		records := map[string]state.Record{}
		for _, r := range in.Recorded {
			records[r.SourceID] = r
		}
		for i, c := range p.Changes {
			if c.Seq != i+1 {
				t.Fatalf("change %d has the number %d", i+1, c.Seq)
			}
			lawfulUser(t, in, c)
			lawfulMembers(t, in, p, c, records[c.OktaID])
		}
		lawfulOrder(t, p)
		lawfulHolds(t, p, limits)
		lawfulCounts(t, p)
	})
}

func lawfulUser(t *rapid.T, in plan.Input, c *plan.Change) {
	if c.Type != scim.User {
		return
	}
	person := in.Desired.Find(c.OktaID)
	if person != nil && (person.Rejection != nil || person.Presence == plan.Keep) {
		t.Fatalf("%s of %s, who is %s", c.Action, c.OktaID, person.Presence)
	}
	if c.Name == "" || (c.Action == plan.Create) != (c.WalkMeID == "") {
		t.Fatalf("%s of %s has name %q and WalkMe id %q", c.Action, c.OktaID, c.Name, c.WalkMeID)
	}
}

func lawfulMembers(t *rapid.T, in plan.Input, p *plan.Plan, c *plan.Change, r state.Record) {
	for _, ids := range [][]string{c.Members.Add, c.Members.Remove} {
		if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
			t.Fatalf("%s: %q is no sorted set", c.OktaID, ids)
		}
	}
	for _, id := range c.Members.Add {
		if person := in.Desired.Find(id); person == nil || person.Presence == plan.Absent {
			t.Fatalf("%s is added to %s, but not assigned", id, c.OktaID)
		}
	}
	for _, id := range c.Members.Remove {
		kept := slices.ContainsFunc(p.Changes, func(d *plan.Change) bool { return d.OktaID == id && d.Action == plan.Deactivate && d.Blocked() })
		inherited := slices.ContainsFunc(p.Changes, func(d *plan.Change) bool {
			leaver := leaverOf(in, d)
			return d.OktaID == id && slices.Contains(r.Members, leaver) || leaver == id && slices.Contains(r.Members, d.OktaID)
		})
		if !slices.Contains(r.Members, id) && !inherited || kept || slices.Contains(c.Members.Add, id) {
			t.Fatalf("%s is removed from %s: recorded members %q, account kept %t", id, c.OktaID, r.Members, kept)
		}
	}
}

// lawfulOrder: the changes are in a total order. Updates and reactivations, which go
// before or after the creates, come after what takes access away and before groups.
func lawfulOrder(t *rapid.T, p *plan.Plan) {
	key := func(c *plan.Change) string {
		return fmt.Sprintf("%d %s\x00%s\x00%s\x00%t", phases[c.Action], c.Name, c.OktaID, c.Action, c.Block.IsHeld())
	}
	last, lastPhase := "", 0
	for _, c := range p.Changes {
		if c.Action == plan.Update || c.Action == plan.Reactivate {
			if lastPhase > 2 {
				t.Fatalf("%s of %s after a change of a group", c.Action, c.OktaID)
			}
			lastPhase = max(lastPhase, 1)
			continue
		}
		if phases[c.Action] < lastPhase || key(c) <= last {
			t.Fatalf("%s of %s (%s) is out of order", c.Action, c.OktaID, c.Name)
		}
		last, lastPhase = key(c), phases[c.Action]
	}
}

// lawfulHolds: a hold holds all that goes over its limit, and nothing else.
func lawfulHolds(t *rapid.T, p *plan.Plan, limits plan.Limits) {
	pending := map[string]int{}
	items := 0
	for _, c := range p.Changes {
		n := max(1, len(c.Members.Remove))
		switch {
		case c.Block.IsHeld():
			items += n
		case c.Blocked():
		case c.Action == plan.GroupMembers:
			pending[plan.HoldMemberRemovals] += len(c.Members.Remove)
		case c.Action == plan.Deactivate:
			pending[plan.HoldDeactivations]++
		case c.Action == plan.GroupDelete:
			pending[plan.HoldGroupDeletes]++
		}
	}
	for kind, limit := range map[string]plan.Limit{
		plan.HoldDeactivations: limits.Deactivations, plan.HoldMemberRemovals: limits.MemberRemovals, plan.HoldGroupDeletes: limits.GroupDeletes,
	} {
		if pending[kind] > limit.Count {
			t.Fatalf("%d %s go out under a limit of %d", pending[kind], kind, limit.Count)
		}
	}
	for _, h := range p.Holds {
		items -= h.Count
		if h.Count != len(h.Items) || !slices.IsSorted(h.Items) || pending[h.Kind] > 0 {
			t.Fatalf("hold %+v beside %d that go out", h, pending[h.Kind])
		}
	}
	if items != 0 {
		t.Fatalf("%d items are held by no hold, or listed and not held: %s", items, planText(p))
	}
}

// lawfulCounts: each change is counted once.
func lawfulCounts(t *rapid.T, p *plan.Plan) {
	s := p.Summary
	sent := s.Create + s.Link + s.Update + s.Reactivate + s.Deactivate +
		s.GroupCreate + s.GroupLink + s.GroupRename + s.GroupMembers + s.GroupDelete + s.GroupUnlink
	if sent != p.Pending() || sent+s.Held+s.Disabled+s.Waiting != len(p.Changes) || s.Rejected != len(p.Rejected) {
		t.Fatalf("summary %s of %d changes, %d pending", summaryText(s), len(p.Changes), p.Pending())
	}
}

// TestMemberDiffLaws: the difference leads from one set to the other, and takes
// nothing and adds nothing needlessly.
func TestMemberDiffLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		old, want := drawIDs(t, "old"), drawIDs(t, "want")
		add, remove := scim.MemberDiff(old, want)
		left := slices.DeleteFunc(slices.Clone(old), func(id string) bool { return slices.Contains(remove, id) })
		if got := scim.SortedSet(append(left, add...)); !slices.Equal(got, want) {
			t.Fatalf("MemberDiff(%q, %q) = %q, %q, which leads to %q", old, want, add, remove, got)
		}
		for _, id := range add {
			if slices.Contains(old, id) || slices.Contains(remove, id) {
				t.Fatalf("MemberDiff(%q, %q) adds %q", old, want, id)
			}
		}
		for _, id := range remove {
			if !slices.Contains(old, id) || slices.Contains(want, id) {
				t.Fatalf("MemberDiff(%q, %q) removes %q", old, want, id)
			}
		}
	})
}

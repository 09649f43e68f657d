package agent_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme"
)

// doubtful is a world in which nothing but doubt keeps a removal back.
func doubtful(t *testing.T, sources ...okta.GroupSource) *world {
	return newWorld(t, walkme.OIN, func(s *setup) {
		s.config.GroupSources = sources
		s.config.Policy.Groups.DeleteUnlinked = true
		s.config.Policy.Groups.RemoveDeprovisioned = true
	})
}

// answer has Okta answer a list of each path that ends with suffix.
func answer(suffix, body string) func(*http.Request) *oktatest.Fault {
	return func(r *http.Request) *oktatest.Fault {
		if strings.HasSuffix(r.URL.Path, suffix) {
			return &oktatest.Fault{Status: http.StatusOK, Body: body}
		}
		return nil
	}
}

func (w *world) wantDegraded(report *agent.Report, reason string) {
	w.t.Helper()
	if h := report.Health; h.Verdict != plan.Degraded || !strings.Contains(strings.Join(h.Reasons, "\n"), reason) {
		w.t.Errorf("health = %+v, want degraded because %s", h, reason)
	}
}

// One empty list of a source unlinks nothing, and nothing is forgotten over it: who
// left a group meanwhile is taken out when the list is back.
func TestEmptyGroupListIsDoubted(t *testing.T) {
	t.Parallel()
	for path, source := range map[string]okta.GroupSource{"/mappings": {OktaMappings: true}, "walkme/groups": {AssignedGroups: true}} {
		w := doubtful(t, source)
		w.hire("ann", "bob")
		w.group("Team", "ann", "bob")
		w.org.PushMapping(w.groups["Team"], "ACTIVE")
		w.org.AssignGroup(w.groups["Team"])
		w.sync()
		w.org.Fault(answer(path, "[]"))
		for range 3 {
			report := w.sync()
			w.wantDegraded(report, "Okta lists no group, and listed 1 before")
			if len(report.Changes) > 0 || len(report.Rejected) == 0 {
				t.Errorf("%s: changes = %q, want none, and a report", path, changes(report))
			}
		}
		w.org.Fault(nil)
		w.org.Assign(w.people["bob"])
		w.leave("Team", "bob")
		wantText(t, path+": changes once the list is back", changes(w.sync()), "group_members Team: applied")
		wantText(t, path+": memberships", w.memberships(), "Team: ann")
		w.quiet()
	}
}

// A group that is deleted in Okta is left alone and reported, whatever named it.
func TestDeletedGroupIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]okta.GroupSource{
		"rule": {Rule: &okta.GroupRule{NameStartsWith: "Team"}}, "assigned": {AssignedGroups: true}, "mapped": {OktaMappings: true},
	} {
		w := doubtful(t, source)
		w.hire("ann")
		for _, group := range []string{"Team A", "Team B"} {
			w.group(group, "ann")
			w.org.AssignGroup(w.groups[group])
			w.org.PushMapping(w.groups[group], "ACTIVE")
		}
		w.sync()
		w.org.DeleteGroup(w.groups["Team A"])
		w.org.Assign(w.people["ann"]) // who may have been assigned by the group
		for range 2 {
			wantText(t, name+": changes", changes(w.sync()),
				"rejected Team A: members: Okta has no group of this id: it was deleted, or the credentials may not see it")
		}
		wantText(t, name+": memberships", w.memberships(), `
			Team A: ann
			Team B: ann`)
	}
}

// A small group is not emptied by one empty answer.
func TestEmptyMemberListIsDoubted(t *testing.T) {
	t.Parallel()
	w := doubtful(t, okta.GroupSource{Name: "Team"})
	w.hire("ann", "bob")
	w.group("Team", "ann", "bob")
	w.sync()
	w.org.Fault(answer(w.groups["Team"]+"/users", "[]"))
	report := w.sync()
	w.wantDegraded(report, "Okta lists no member")
	wantText(t, "requests", w.requests(), "")
	w.org.Fault(nil)
	w.leave("Team", "ann", "bob")
	wantText(t, "changes when it is so", changes(w.sync()), "group_members Team: applied")
	wantText(t, "memberships", w.memberships(), "Team:")
}

// A group that Okta could not give once is neither unlinked nor forgotten.
func TestUnreadableGroupStaysKnown(t *testing.T) {
	t.Parallel()
	w := doubtful(t, okta.GroupSource{Rule: &okta.GroupRule{NameStartsWith: "Team"}})
	w.restart(func(s *setup) { s.config.GroupFullRead = 6 * time.Hour })
	w.hire("ann", "bob")
	w.group("Team", "ann", "bob")
	w.group("Teamsters", "ann")
	w.org.Age(48 * time.Hour)
	w.sync()
	w.later += 7 * time.Hour // a full read is due
	w.org.Fault(failMembers(w.groups["Team"]))
	w.wantDegraded(w.sync(), "500")
	w.org.Fault(nil)
	w.later += 15 * time.Minute
	wantText(t, "changes of an incremental run", changes(w.sync()), "")
	w.leave("Team", "bob")
	wantText(t, "changes of the next", changes(w.sync()), "group_members Team: applied")
}

// A list that is sharply shorter than the last one is doubted once. When the next
// read shows the same, that is how it is.
func TestSharpFallIsDoubtedOnce(t *testing.T) {
	t.Parallel()
	w := doubtful(t)
	w.hire(crew("p", 20)...)
	w.sync()
	for _, name := range crew("p", 6) {
		w.org.Unassign(w.people[name])
	}
	w.hire("eve")
	report := w.sync()
	w.wantDegraded(report, "Okta lists 15 people after 20 the last time")
	if report.Summary.Held != 6 || report.Summary.Create != 1 {
		t.Errorf("summary = %+v, want all removals held and the joiner created", report.Summary)
	}
	report = w.sync()
	if report.Health.Verdict != plan.Healthy || report.Run.Applied != 6 {
		t.Errorf("health, changes = %+v, %s, want all of them deactivated", report.Health, changes(report))
	}
	w.quiet()
}

// A fall that goes on is doubted again, one that heals is forgotten.
func TestFallGoesOnOrHeals(t *testing.T) {
	t.Parallel()
	w := doubtful(t)
	w.hire(crew("p", 40)...)
	w.sync()
	names := crew("p", 40)
	for _, step := range []struct {
		unassign []string
		verdict  string
	}{{names[:10], plan.Degraded}, {names[10:20], plan.Degraded}, {names[20:22], plan.Healthy}, {names[22:24], plan.Healthy}} {
		for _, name := range step.unassign {
			w.org.Unassign(w.people[name])
		}
		if h := w.sync().Health; h.Verdict != step.verdict {
			t.Errorf("after %d more leavers: health = %+v, want %s", len(step.unassign), h, step.verdict)
		}
	}
	for range 2 {
		for _, name := range names[24:30] {
			w.org.Unassign(w.people[name])
		}
		if h := w.sync().Health; h.Verdict != plan.Degraded {
			t.Errorf("health = %+v, want degraded at each fall of its own", h)
		}
		for _, name := range names[24:30] {
			w.org.Assign(w.people[name])
		}
		w.quiet()
	}
}

// The same holds for the groups that are pushed.
func TestSharpFallOfGroups(t *testing.T) {
	t.Parallel()
	w := doubtful(t, okta.GroupSource{AssignedGroups: true})
	names := crew("g", 10)
	w.hire("ann")
	for _, name := range names {
		w.group(name, "ann")
		w.org.AssignGroup(w.groups[name])
	}
	w.sync()
	for _, name := range names[:5] {
		w.org.UnassignGroup(w.groups[name])
	}
	report := w.sync()
	w.wantDegraded(report, "Okta lists 5 groups to push after 10 the last time")
	if report.Summary.Waiting != 5 || report.Run.Applied != 0 {
		t.Errorf("changes = %s, want five that wait", changes(report))
	}
	if report = w.sync(); report.Run.Applied != 5 {
		t.Errorf("changes of the next run = %s, want five groups deleted", changes(report))
	}
}

// Okta is asked only about those who would be deactivated, and not about too many of
// them in one run.
func TestPointReadsAreBounded(t *testing.T) {
	t.Parallel()
	pointReads := func(w *world) (n int) {
		for _, r := range w.org.Requests() {
			if strings.Contains(r.Path, "/apps/") && strings.Contains(r.Path, "/users/") {
				n++
			}
		}
		return n
	}
	w := doubtful(t)
	w.hire(crew("p", 30)...)
	w.sync()
	w.org.SetAdminRole(false)
	w.wantDegraded(w.sync(), "Okta listed nobody")
	if n := pointReads(w); n != 0 {
		t.Errorf("%d point reads under doubt, want none", n)
	}
	w.org.SetAdminRole(true)
	w.restart(func(s *setup) { s.config.Limits.Deactivations = plan.Limit{Count: 2} })
	for _, name := range crew("p", 3) {
		w.org.Unassign(w.people[name])
	}
	report := w.sync()
	if n := pointReads(w); n != 0 || report.Summary.Held != 3 {
		t.Errorf("%d point reads above a limit with %d held, want none, 3", n, report.Summary.Held)
	}
	w.sync(report.Holds[0].ID)
	if n := pointReads(w); n != 3 {
		t.Errorf("%d point reads of an approved set, want 3", n)
	}
}

// A big set under the limits is made in several runs.
func TestManyLeaversTakeSeveralRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.org.Generated = 450 })
	w.sync()
	for i, u := range w.tenant.Users() {
		if i < 240 {
			w.org.Unassign(u.ExternalID)
		}
	}
	w.wantDegraded(w.sync(), "Okta lists 210 people")
	for _, want := range []int{200, 40} {
		if report := w.sync(); report.Run.Applied != want || report.Run.Failed > 0 {
			t.Errorf("deactivated %d, failed %d, want %d, 0", report.Run.Applied, report.Run.Failed, want)
		}
	}
	w.quiet()
}

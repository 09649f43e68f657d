package agent_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// syncPeople is the run for whom Okta's log names, by their short names.
func (w *world) syncPeople(people ...string) *agent.Report {
	w.t.Helper()
	report, err := w.agent.SyncPeople(w.t.Context(), w.ids(people...), agent.Options{Trigger: "watch"})
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

// pushedMembers are the members that changes of a group add and remove, as +ann -bob.
func (w *world) pushedMembers(report *agent.Report) string {
	var out []string
	for _, c := range report.Changes {
		for name, id := range w.people {
			if slices.Contains(c.Members.Add, id) {
				out = append(out, "+"+name)
			}
			if slices.Contains(c.Members.Remove, id) {
				out = append(out, "-"+name)
			}
		}
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestSyncPeopleLooksAtThemAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann", "bob")
	w.sync()
	w.hire("cara", "dan")
	w.org.Unassign(w.people["bob"])
	w.org.ResetRequests()
	wantText(t, "changes", changes(w.syncPeople("cara", "bob")), "deactivate bob: applied\ncreate cara: applied")
	for _, r := range w.org.Requests() {
		if r.Path == "/api/v1/apps/"+w.org.AppID()+"/users" {
			t.Errorf("the whole list was read: %v", r)
		}
	}
	if report := w.syncPeople("ann"); report != nil {
		t.Errorf("report with nothing to do = %q, want none", changes(report))
	}
	if report := w.syncPeople(); report != nil {
		t.Errorf("report with nobody named = %q, want none", changes(report))
	}
}

// Nobody is left in the old list when ann leaves, but nobody has read a list.
func TestSyncPeopleOfTheLastInTheList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann")
	w.sync()
	w.hire("bob")
	wantText(t, "changes for bob", changes(w.syncPeople("bob")), "create bob: applied")
	w.org.Unassign(w.people["ann"])
	wantText(t, "changes for ann", changes(w.syncPeople("ann")), "deactivate ann: applied")
}

func TestSyncPeopleBeforeTheFirstRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann")
	if report := w.syncPeople("ann"); report != nil {
		t.Errorf("report without a snapshot = %q, want none: that is for a run over everything", changes(report))
	}
}

// Who joins or leaves a pushed group is pushed after one read of that person's groups,
// and nobody reads the whole group.
func TestSyncPeopleReadsTheirGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.sources = []string{"Editors"} })
	w.hire("ann", "bob", "cara")
	w.group("Editors", "ann")
	w.group("Everyone", "ann", "bob", "cara")
	w.sync()
	w.join("Editors", "bob")
	w.org.RemoveMember(w.groups["Editors"], w.people["ann"])
	w.org.ResetRequests()
	report := w.syncPeople("ann", "bob", "cara")
	wantText(t, "changes", changes(report), "group_members Editors: applied")
	wantText(t, "members", w.pushedMembers(report), "+bob -ann")
	for _, r := range w.org.Requests() {
		if strings.HasPrefix(r.Path, "/api/v1/groups/") && strings.HasSuffix(r.Path, "/users") {
			t.Errorf("%s was read, want the groups of the people, and whether the one that ann left is there", r.Path)
		}
	}
	w.org.Update(w.people["ann"], map[string]any{"lastName": "Other"})
	wantText(t, "changes when ann is named again", changes(w.syncPeople("ann")), "update ann: applied")
}

// A list of groups that is empty was not made by Okta for these eyes: nobody is taken
// out of a group for it.
func TestSyncPeopleDoubtsAnEmptyList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.sources = []string{"Editors"} })
	w.hire("ann")
	w.group("Editors", "ann")
	w.sync()
	w.org.Fault(func(r *http.Request) *oktatest.Fault {
		if strings.HasSuffix(r.URL.Path, "/groups") {
			return &oktatest.Fault{Rewrite: func(http.Header, []byte) []byte { return []byte("[]") }}
		}
		return nil
	})
	if report := w.syncPeople("ann"); report != nil {
		t.Errorf("changes = %q, want none", changes(report))
	}
}

// The snapshot behind a look at a few people grows old, so that nobody else is changed
// by it: dan was assigned after it, and stays in his group.
func TestSyncPeopleLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) {
		s.sources = []string{"Editors"}
		s.config.Policy.Groups.RemoveDeprovisioned = true
	})
	w.hire("ann", "bob", "cara", "dan")
	w.group("Editors", "ann", "bob", "cara", "dan")
	w.org.Unassign(w.people["cara"])
	w.org.Unassign(w.people["dan"])
	w.sync()
	for _, name := range []string{"dan", "cara"} {
		w.org.Assign(w.people[name])
		report := w.syncPeople(name)
		wantText(t, "changes for "+name, changes(report), "create "+name+": applied\ngroup_members Editors: applied")
		wantText(t, "members", w.pushedMembers(report), "+"+name)
	}
	wantText(t, "changes of a run over everything", changes(w.sync()), "")
}

// A look at a few people closes no hold of a run over everything.
func TestSyncPeopleKeepsHolds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.Limits.Deactivations = plan.Limit{Count: 1} })
	w.hire("ann", "bob", "cara")
	w.sync()
	w.org.Unassign(w.people["ann"])
	w.org.Unassign(w.people["bob"])
	hold := w.sync().Holds[0].ID
	w.hire("dan")
	wantText(t, "changes for dan", changes(w.syncPeople("dan")), "create dan: applied")
	open, err := w.agent.State.Holds(t.Context())
	if err != nil || len(open) != 1 || open[0].ID != hold {
		t.Errorf("holds = %+v, %v, want still %s", open, err, hold)
	}
	wantText(t, "changes after the approval", changes(w.sync(hold)), "deactivate ann: applied\ndeactivate bob: applied")
}

// What the log has not told of, or not yet, a run over everything finds.
func TestSyncPeopleIsNoTruth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann")
	w.sync()
	w.hire("bob", "cara")
	wantText(t, "changes for whom the log names", changes(w.syncPeople("cara")), "create cara: applied")
	wantText(t, "changes of the run over everything", changes(w.sync()), "create bob: applied")
}

// A group that Okta does not show any more is left alone by a watch, too: somebody of it
// who is named for another reason stays in WalkMe's, and passes on with it.
func TestSyncPeopleLeavesADeletedGroupAlone(t *testing.T) {
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w, id := remade(t, profile, false)
		w.org.Update(w.people["ann"], map[string]any{"lastName": "Archer"})
		wantText(t, "changes", changes(w.syncPeople("ann", "bob")), "update ann: applied")
		wantText(t, "memberships", w.memberships(), "push Base: cara\npush Team: ann bob")
		w.sync()
		wantPassed(t, w, id, state.Created, "ann cara")
	})
}

package agent_test

import (
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

func (w *world) explain(name string) *agent.Explanation {
	w.t.Helper()
	e, err := w.agent.Explain(w.t.Context(), name)
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// Explain looks names up as plan does, so that both tell a link from a create.
func TestExplainAgreesWithPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.sources = []string{"Team", "Other"} })
	w.hire("ann", "dan")
	w.group("Team", "ann", "dan")
	w.group("Other", "ann")
	dan := w.tenant.AddUser(walkmetest.User{UserName: "dan@example.com", Active: true})
	w.tenant.AddGroup("Team", dan)
	planned := map[string]plan.Action{}
	for _, c := range w.plan().Changes {
		planned[c.Name] = c.Action
	}
	for _, name := range []string{"ann@example.com", "dan@example.com", "Team", "Other"} {
		own := 0
		for _, c := range w.explain(name).Next {
			if c.Name != name {
				continue // a group that the person is put into
			}
			if own++; c.Action != planned[name] {
				t.Errorf("explain %s says %s, plan says %s", name, c.Action, planned[name])
			}
		}
		if own != 1 {
			t.Errorf("explain %s has %d changes of its own, want 1", name, own)
		}
	}
}

// Somebody who waits after a failure is still to be in the group, and has nothing that
// WalkMe has acknowledged.
func TestExplainAfterAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.sources = []string{"Team"} })
	w.hire("ann", "bob")
	w.group("Team", "ann", "bob")
	post := func(r *walkmetest.Request) bool { return r.Method == "POST" && r.Path == "/Users" }
	w.tenant.Fault(walkmetest.OnMatch(post, 0, walkmetest.NotApplied(400)))
	if _, err := w.trySync(); err != nil {
		t.Fatal(err)
	}
	if e := w.explain("Team"); e.Members != 2 || e.Eligible != 2 || e.Pushed != 0 {
		t.Errorf("explain Team: %d members, %d eligible, %d pushed, want 2, 2, 0", e.Members, e.Eligible, e.Pushed)
	}
	if e := w.explain("ann@example.com"); e.Managed == nil || e.Managed.UpdatedAt != nil || e.Managed.Attempts != 1 {
		t.Errorf("explain ann: %+v, want one failure, and nothing acknowledged", e.Managed)
	}
}

// An account that a refresh misses is a failure for status and explain, until it is
// there again. Nobody without an account is put into a group.
func TestRefreshNotesWhoIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.sources = []string{"Team"} })
	w.hire("ann", "bob")
	w.group("Team", "bob")
	w.sync()
	path := "/Users/" + w.record("ann").ID
	w.tenant.Fault(func(r *walkmetest.Request) walkmetest.Fault {
		switch r.Path {
		case "/Users":
			return walkmetest.Fault{Status: 200, Body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}`}
		case path:
			return walkmetest.NotApplied(404)
		}
		return walkmetest.Fault{}
	})
	w.join("Team", "ann")
	refresh := func() *agent.Report {
		report, err := w.agent.Sync(t.Context(), agent.Options{Trigger: "sync", Scope: plan.Scope{}.Refreshed()})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	for range 2 {
		if report := refresh(); len(report.Rejected) != 1 || len(report.Changes) != 0 {
			t.Fatalf("refresh: %s, want one rejected and no change", changes(report))
		}
	}
	if m := w.explain("ann@example.com").Managed; !m.Gone || m.Attempts != 2 || m.LastError != "the account is gone in WalkMe" {
		t.Errorf("explain = %+v, want that the account is gone, as twice in a row", m)
	}
	w.tenant.Fault(nil)
	refresh()
	if m := w.explain("ann@example.com").Managed; m.Gone || m.Attempts != 0 {
		t.Errorf("explain = %+v after the account was seen again, want no failure", m)
	}
}

// What a refresh has found gone is known to plans without a network, and to explain: as a
// failure, or as somebody who is made anew.
func TestGoneAccountIsKnownOffline(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, pushAll)
	w.hire("ann", "bob")
	w.group("push Team", "ann", "bob")
	w.sync()
	w.tenant.DeleteUser(w.accountID("ann"))
	w.refreshed()
	offline := func() string {
		t.Helper()
		planned, err := w.agent.PlanOffline(t.Context(), agent.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return drifts(planned)
	}
	const gone = "the account is gone in WalkMe; with provisioning.on_missing: recreate it would be made anew"
	wantText(t, "plan --offline", offline(), "rejected ann: "+gone)
	e := w.explain("ann@example.com")
	if e.Error != "id: "+gone || !e.Managed.Gone || len(e.Next) > 0 {
		t.Errorf("explain = %q, gone %t, next %v; want the account gone and nothing sent", e.Error, e.Managed.Gone, e.Next)
	}
	w.agent.Config.Policy.RecreateMissing = true
	wantText(t, "plan --offline that recreates", offline(), `
		create ann: okta: assigned in Okta
		name.familyName: desired Example, last pushed <nil>, actual <nil>
		name.givenName: desired Ann, last pushed <nil>, actual <nil>
		userName: desired ann@example.com, last pushed <nil>, actual <nil>
		group_members push Team: okta: members are back with their accounts
		+ ann`)
	if e = w.explain("ann@example.com"); e.Error != "" || len(e.Next) != 2 {
		t.Errorf("explain = %q, next %v; want a create and a membership", e.Error, e.Next)
	}
	w.agent.Config.Policy.RecreateMissing = false
	w.tenant.Protect(w.tenant.AddUser(walkmetest.User{UserName: "zoe@example.com", Active: true}))
	w.leave("push Team", "bob")
	wantText(t, "a run of watch", changes(w.syncPeople("ann", "bob")), `
		group_members push Team: applied
		rejected ann: id: `+gone)
}

// Explain and a run of watch say what WalkMe does not show, of whom they are about.
func TestExplainSaysWhatIsNotShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, pushAll, func(s *setup) {
		s.tenant.Quirks.AttributesHidden, s.tenant.Quirks.MembersNeverEchoed = true, true
	})
	w.remap("userName", "appuser.userName", "title", "user.title", "name.familyName", "user.lastName")
	w.hire("ann", "bob")
	w.org.Update(w.people["ann"], map[string]any{"title": "Engineer"})
	w.group("push Team", "ann")
	w.sync()
	unshown := func() string {
		t.Helper()
		var lines []string
		for _, name := range []string{"ann@example.com", "bob@example.com", "push Team"} {
			lines = append(lines, strings.TrimSpace(short(name)+": "+strings.Join(w.explain(name).NotShown, " ")))
		}
		return strings.Join(lines, "\n")
	}
	wantText(t, "explain", unshown(), "ann: title\nbob:\npush Team: members")
	watched := func(lastName string) string {
		t.Helper()
		w.org.Update(w.people["bob"], map[string]any{"lastName": lastName})
		return unseenIn(&w.syncPeople("bob").Plan)
	}
	wantText(t, "run of watch", watched("Baker"), "members 1, values 1: members title\nupdate bob:")
	w.tenant.SetQuirks(walkmetest.Quirks{})
	w.refreshed()
	wantText(t, "explain when it is shown", unshown(), "ann:\nbob:\npush Team:")
	wantText(t, "run of watch", watched("Cook"), nothingUnseen+"\nupdate bob:")
}

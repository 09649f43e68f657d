package agent_test

import (
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

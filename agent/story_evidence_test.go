package agent_test

import (
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// recreate has accounts made anew that are gone in WalkMe.
func recreate(s *setup) { s.config.Policy.RecreateMissing = true }

// Somebody whose account was gone gets a new one by a POST without an answer, and
// leaves before the next run. The account on record is the old one, the one to be
// deactivated the new one.
func TestLostRecreateThenLeaver(t *testing.T) {
	t.Parallel()
	for name, gone := range map[string]func(w *world){
		"while assigned": func(w *world) { w.marry("ann") },
		"while away": func(w *world) {
			w.org.Unassign(w.people["ann"])
			w.sync()
			w.org.Assign(w.people["ann"])
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, recreate)
				w.hire("ann", "bob")
				w.sync()
				gone(w)
				w.tenant.DeleteUser(w.accountID("ann"))
				w.tenant.Fault(lose(http.MethodPost, "ann@"))
				w.sync()
				w.tenant.Fault(nil)
				w.org.Unassign(w.people["ann"])
				wantText(t, "changes", changes(w.sync()), "deactivate ann: applied")
				if !strings.Contains(w.accounts(), "(inactive)\nbob: ") {
					t.Errorf("accounts =\n%s\nwant ann inactive", w.accounts())
				}
				w.quiet()
			})
		})
	}
}

// Whoever has another account than before is put into the groups again, however the
// agent came to know of it.
func TestAnotherAccountJoinsGroups(t *testing.T) {
	t.Parallel()
	away := func(w *world) {
		w.org.Unassign(w.people["ann"])
		w.sync()
		w.org.Assign(w.people["ann"])
	}
	for _, test := range []struct {
		name  string
		edit  func(w *world)
		there func(w *world) // instead of the account that is gone
		fault func(w *world) func(*walkmetest.Request) walkmetest.Fault
	}{
		{"made, answered", func(w *world) { w.marry("ann") }, nil, nil},
		{"made, unanswered", func(w *world) { w.marry("ann") }, nil,
			func(*world) func(*walkmetest.Request) walkmetest.Fault { return lose(http.MethodPost, "ann@") }},
		{"linked, answered", func(w *world) { w.marry("ann") }, func(w *world) { w.account("ann", true) }, nil},
		{"linked, unanswered", away, func(w *world) { w.account("ann", false) },
			func(w *world) func(*walkmetest.Request) walkmetest.Fault { return w.loseNth("ann", 2) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, pushAll, recreate)
				w.hire("ann", "bob")
				w.group("push Team", "ann", "bob")
				w.sync()
				test.edit(w)
				w.tenant.DeleteUser(w.accountID("ann"))
				if test.there != nil {
					test.there(w)
				}
				if test.fault != nil {
					w.tenant.Fault(test.fault(w))
				}
				w.sync()
				w.tenant.Fault(nil)
				w.sync()
				wantText(t, "memberships", w.memberships(), "push Team: ann bob")
				if got := w.record("push Team"); len(got.Members) != 2 || got.Partial {
					t.Errorf("recorded members = %q, partial %t, want both, all pushed", got.Members, got.Partial)
				}
				w.quiet()
			})
		})
	}
}

// A gateway answers 404 to everything. That settles nothing, and takes nothing off the
// books.
func TestGateway404IsNoEvidence(t *testing.T) {
	t.Parallel()
	gateway := walkmetest.OnMatch(walkmetest.Any, 0, walkmetest.Gateway(http.StatusNotFound))
	t.Run("create", func(t *testing.T) {
		w := newWorld(t, walkme.OIN)
		w.hire("ann", "bob")
		w.tenant.Fault(lose(http.MethodPost, "ann@"))
		w.sync()
		w.org.Unassign(w.people["ann"])
		w.tenant.Fault(gateway)
		if got := settled(w.sync()); !strings.HasPrefix(got, "create ann: pending: ") {
			t.Errorf("settled = %q, want still pending", got)
		}
		w.tenant.Fault(nil)
		wantText(t, "changes", changes(w.sync()), "deactivate ann: applied")
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Example (inactive)
			bob: Bob Example`)
	})
	t.Run("group create", func(t *testing.T) {
		w := newWorld(t, walkme.OIN, pushAll)
		w.hire("ann")
		w.group("push Team", "ann")
		w.group("push Base")
		w.tenant.Fault(lose(http.MethodPost, "push Team"))
		w.sync()
		w.rename("push Team", "Team")
		w.tenant.Fault(gateway)
		w.sync()
		w.tenant.Fault(nil)
		wantText(t, "changes", changes(w.sync()), "group_unlink push Team: applied")
	})
	t.Run("group delete", func(t *testing.T) {
		w := newWorld(t, walkme.OIN, pushAll, func(s *setup) { s.config.Policy.Groups.DeleteUnlinked = true })
		w.hire("ann")
		w.group("push Team", "ann")
		w.group("push Base")
		w.sync()
		w.rename("push Team", "Team")
		isDelete := func(r *walkmetest.Request) bool { return r.Method == http.MethodDelete }
		w.tenant.Fault(walkmetest.OnMatch(isDelete, 1, walkmetest.AppliedUnanswered()))
		w.sync()
		w.tenant.Fault(gateway)
		if got := settled(w.sync()); !strings.HasPrefix(got, "group_delete push Team: pending: ") {
			t.Errorf("settled = %q, want still pending", got)
		}
		w.tenant.Fault(nil)
		wantText(t, "settled", settled(w.sync()), "group_delete push Team: applied: WalkMe had deleted the group")
	})
	t.Run("group delete, at once", func(t *testing.T) {
		w := newWorld(t, walkme.OIN, pushAll, func(s *setup) { s.config.Policy.Groups.DeleteUnlinked = true })
		w.hire("ann")
		w.group("push Team", "ann")
		w.group("push Base")
		w.sync()
		w.rename("push Team", "Team")
		isDelete := func(r *walkmetest.Request) bool { return r.Method == http.MethodDelete }
		w.tenant.Fault(walkmetest.OnMatch(isDelete, 0, walkmetest.Gateway(http.StatusNotFound)))
		if c := w.sync().Changes[0]; c.Outcome != plan.Failed {
			t.Errorf("group_delete = %s, want failed: the group is there", c.Outcome)
		}
		w.tenant.Fault(nil)
		w.sync()
		wantText(t, "memberships", w.memberships(), "push Base:")
	})
	t.Run("recreate", func(t *testing.T) {
		w := newWorld(t, walkme.OIN, recreate)
		w.hire("ann")
		w.sync()
		w.org.Update(w.people["ann"], map[string]any{"login": "anna@example.com"})
		reads := func(r *walkmetest.Request) bool { return r.Method == http.MethodGet }
		w.tenant.Fault(walkmetest.OnMatch(reads, 0, walkmetest.Gateway(http.StatusNotFound)))
		w.sync()
		w.tenant.Fault(nil)
		w.sync()
		wantText(t, "accounts", w.accounts(), "anna: Ann Example")
	})
}

// Some servers never show members. What was granted without an answer can be taken
// away all the same.
func TestLostGrantOnSilentServer(t *testing.T) {
	t.Parallel()
	silent := func(s *setup) {
		s.tenant.Quirks.MembersNeverEchoed = true
		s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange}
	}
	for name, before := range map[string][]string{"first member": nil, "another member": {"ann"}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, walkme.OIN, pushAll, silent)
			w.hire("ann", "bob")
			w.group("push Team", before...)
			w.sync()
			w.join("push Team", "bob")
			w.tenant.Fault(lose(http.MethodPatch, `"add"`))
			w.sync()
			w.tenant.Fault(nil)
			w.leave("push Team", "bob")
			w.sync()
			wantText(t, "memberships", w.memberships(), strings.TrimSpace("push Team: "+strings.Join(before, " ")))
			w.quiet()
		})
	}
	t.Run("group that was made", func(t *testing.T) {
		w := newWorld(t, walkme.OIN, pushAll, silent)
		w.hire("ann", "bob")
		w.group("push Team", "ann", "bob")
		w.tenant.Fault(lose(http.MethodPost, "push Team"))
		w.sync()
		w.tenant.Fault(nil)
		w.leave("push Team", "bob")
		w.sync()
		wantText(t, "memberships", w.memberships(), "push Team: ann")
		w.quiet()
	})
}

// A create that is answered without an id is looked up at once. When that shows
// nothing it is not repeated in the next run, which would show nothing either.
func TestCreateWithoutID(t *testing.T) {
	t.Parallel()
	noID := walkmetest.Fault{Apply: true, Status: http.StatusCreated, Body: `{"userName":"ann@example.com"}`}
	post := func(r *walkmetest.Request) bool { return r.Method == http.MethodPost }
	t.Run("found", func(t *testing.T) {
		w := newWorld(t, walkme.OIN)
		w.hire("ann")
		w.tenant.Fault(walkmetest.OnMatch(post, 1, noID))
		wantText(t, "changes", changes(w.sync()), "create ann: applied")
		wantText(t, "requests", w.requests(), `
			GET /Users?ann
			POST /Users
			GET /Users?ann`)
		w.quiet()
	})
	t.Run("never shown", func(t *testing.T) {
		w := newWorld(t, walkme.OIN, func(s *setup) { s.tenant.Quirks.CreatedWithoutID = true })
		w.hire("ann")
		w.org.SetAppProfile(w.people["ann"], "ann+b@example.com", nil)
		w.sync()
		w.scheduled()
		if c := w.scheduled().Changes[0]; !c.Block.Is(plan.BlockWaiting) || strings.Contains(w.requests(), "POST") {
			t.Errorf("create in the next runs = %s until %v, want it to wait\n%s", c.Outcome, c.Block, w.requests())
		}
	})
}

// When WalkMe is not there, one question and one look find it out, however many
// changes are open.
func TestSettlingIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.Workers = 1 })
	w.hire(crew("p", 12)...)
	w.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool { return r.Method == http.MethodPost }, 0, walkmetest.AppliedUnanswered()))
	w.sync()
	w.tenant.Fault(walkmetest.OnMatch(walkmetest.Any, 0, walkmetest.NotApplied(http.StatusInternalServerError)))
	report := w.sync()
	if len(report.Settled) != 12 {
		t.Errorf("%d changes reported, want 12, all open", len(report.Settled))
	}
	if n := strings.Count(w.requests(), "?p"); n > 3 {
		t.Errorf("%d look-ups, want those of one change:\n%s", n, w.requests())
	}
	w.tenant.Fault(nil)
	w.sync()
	entries, err := w.agent.State.Pending(t.Context())
	if err != nil || len(entries) != 0 {
		t.Errorf("open entries = %d, %v, want none", len(entries), err)
	}
	if got := w.record("p00"); got.Origin != state.Created {
		t.Errorf("record of p00 = %+v, want created", got)
	}
}

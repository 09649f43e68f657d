package agent_test

import (
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// The stories of this file have one plot: WalkMe did what it was asked and the
// answer was lost, and before the next run Okta wants it the other way round. The
// state alone would show no difference.

// lose has the first request of a method with a text in its body applied and
// unanswered.
func lose(method, text string) func(*walkmetest.Request) walkmetest.Fault {
	return walkmetest.OnMatch(func(r *walkmetest.Request) bool {
		return r.Method == method && strings.Contains(string(r.Body), text)
	}, 1, walkmetest.AppliedUnanswered())
}

// An account that was activated without an answer does not stay active when its
// owner is unassigned again.
func TestLostActivation(t *testing.T) {
	t.Parallel()
	for _, lost := range []string{"activation", "profile"} {
		t.Run(lost, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile)
				w.account("link", false)
				w.hire("ann", "bob")
				w.sync()
				w.org.Unassign(w.people["ann"])
				w.sync()
				w.org.Assign(w.people["ann"])
				w.hire("link")
				n := 1
				if lost == "profile" {
					n = 2
				}
				w.tenant.Fault(walkmetest.FirstOf(w.loseNth("ann", n), w.loseNth("link", n)))
				w.sync()
				w.tenant.Fault(nil)
				w.org.Unassign(w.people["ann"])
				w.org.Unassign(w.people["link"])
				w.sync()
				got := w.accounts()
				if !strings.Contains(got, "ann: Ann Example (inactive)") || !strings.Contains(got, "link: ") || !strings.HasSuffix(got, "(inactive)") {
					t.Errorf("accounts =\n%s\nwant ann and link inactive", got)
				}
				w.quiet()
			})
		})
	}
}

func (w *world) accountID(name string) string {
	w.t.Helper()
	u, ok := w.tenant.User(name + "@example.com")
	if !ok {
		w.t.Fatalf("no account of %s", name)
	}
	return u.ID
}

// loseNth has the n-th write to the account of somebody applied and unanswered.
func (w *world) loseNth(name string, n int) func(*walkmetest.Request) walkmetest.Fault {
	id := w.accountID(name)
	return walkmetest.OnMatch(func(r *walkmetest.Request) bool {
		return walkmetest.IsWrite(r) && strings.HasSuffix(r.Path, id)
	}, n, walkmetest.AppliedUnanswered())
}

// An account that was deactivated without an answer is activated when its owner
// is back.
func TestLostDeactivation(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob")
		w.sync()
		w.org.Unassign(w.people["ann"])
		w.tenant.Fault(w.loseNth("ann", 1))
		w.sync()
		w.tenant.Fault(nil)
		w.org.Assign(w.people["ann"])
		wantText(t, "changes", changes(w.sync()), "reactivate ann: applied")
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Example
			bob: Bob Example`)
		w.quiet()
	})
}

// A profile that was written without an answer goes back when Okta's does.
func TestLostUpdate(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob")
		w.sync()
		w.org.Update(w.people["ann"], map[string]any{"lastName": "Archer", "login": "anna@example.com"})
		w.tenant.Fault(lose(http.MethodPut, "Archer"))
		w.sync()
		w.tenant.Fault(nil)
		w.org.Update(w.people["ann"], map[string]any{"lastName": "Example", "login": "ann@example.com"})
		wantText(t, "changes", changes(w.sync()), "update ann: applied")
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Example
			bob: Bob Example`)
		w.quiet()
	})
}

// A group that was renamed without an answer gets its name back.
func TestLostRename(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann")
		w.group("push Team", "ann")
		w.sync()
		w.org.RenameGroup(w.groups["push Team"], "push Crew")
		w.tenant.Fault(lose(map[walkme.Profile]string{walkme.OIN: http.MethodPatch, walkme.AIW: http.MethodPut}[profile], "push Crew"))
		w.sync()
		w.tenant.Fault(nil)
		w.org.RenameGroup(w.groups["push Team"], "push Team")
		wantText(t, "changes", changes(w.sync()), "group_rename push Team: applied")
		wantText(t, "memberships", w.memberships(), "push Team: ann")
		w.quiet()
	})
}

// A membership that was granted without an answer does not outlive the grant, and
// one that was taken is given back.
func TestLostMembership(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob", "cara")
		w.group("push Team", "ann", "bob")
		w.sync()
		w.join("push Team", "cara")
		w.leave("push Team", "bob")
		method := map[walkme.Profile]string{walkme.OIN: http.MethodPatch, walkme.AIW: http.MethodPut}[profile]
		w.tenant.Fault(lose(method, "members"))
		w.sync()
		w.tenant.Fault(nil)
		wantText(t, "memberships after the lost answer", w.memberships(), "push Team: ann cara")
		w.leave("push Team", "cara")
		w.join("push Team", "bob")
		w.sync()
		wantText(t, "memberships", w.memberships(), "push Team: ann bob")
		w.quiet()
	})
}

// A group that was created without an answer, with everybody in it, is known
// again, and so are its members when all of them leave at once.
func TestLostGroupCreate(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob")
		w.group("push Team", "ann", "bob")
		w.tenant.Fault(lose(http.MethodPost, "push Team"))
		w.sync()
		w.tenant.Fault(nil)
		w.leave("push Team", "ann", "bob")
		w.sync()
		wantText(t, "memberships", w.memberships(), "push Team:")
		if n := strings.Count(w.requests(), "POST"); n != 0 {
			t.Errorf("%d POSTs, want none: the group is there", n)
		}
		w.quiet()
	})
}

// A create whose answer was lost, and whose owner has left since.
func TestLostCreate(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob")
		w.tenant.Fault(lose(http.MethodPost, "ann@"))
		w.sync()
		w.tenant.Fault(nil)
		w.org.Unassign(w.people["ann"])
		wantText(t, "changes", changes(w.sync()), "deactivate ann: applied")
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Example (inactive)
			bob: Bob Example`)
		w.quiet()
	})
}

// A leaver's memberships do not come with the account that a new person takes
// over.
func TestTakenOverAccountLeavesGroups(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob")
		w.group("push Team", "ann", "bob")
		w.sync()
		w.org.Deactivate(w.people["ann"])
		w.sync()
		wantText(t, "memberships of the leaver", w.memberships(), "push Team: ann bob")
		w.org.Update(w.people["ann"], map[string]any{"login": "old.ann@example.com"})
		w.org.Assign(w.org.Hire(personOf("ann")))
		wantText(t, "changes", changes(w.sync()), `
			link ann: applied
			group_members push Team: applied`)
		wantText(t, "memberships", w.memberships(), "push Team: bob")
		w.quiet()
	})
}

// Whoever could not be created or activated is in no group, and no report or
// record says so. The next run makes up for it.
func TestFailedPersonJoinsLater(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, func(s *setup) { s.config.Policy.Groups.RemoveDeprovisioned = true })
		w.hire("ann", "bob")
		w.group("push Team", "ann", "bob")
		w.sync()
		w.org.Unassign(w.people["ann"])
		w.sync()
		w.org.Assign(w.people["ann"])
		w.hire("cara")
		w.join("push Team", "cara")
		notGroups := func(r *walkmetest.Request) bool {
			return walkmetest.IsWrite(r) && strings.HasPrefix(r.Path, "/Users")
		}
		w.tenant.Fault(walkmetest.OnMatch(notGroups, 0, walkmetest.NotApplied(http.StatusBadRequest)))
		report := w.sync()
		for _, c := range report.Changes {
			if c.Action == plan.GroupMembers && c.Outcome != plan.Skipped {
				t.Errorf("group_members = %s %+v, want skipped: nobody can join", c.Outcome, c.Members)
			}
		}
		wantText(t, "memberships", w.memberships(), "push Team: bob")
		if got := w.record("push Team").Members; len(got) != 1 {
			t.Errorf("recorded members = %q, want bob alone", got)
		}
		w.tenant.Fault(nil)
		w.sync()
		wantText(t, "memberships of the next run", w.memberships(), "push Team: ann bob cara")
		w.quiet()
	})
}

// A change that failed and that Okta does not want any more is no failure of the
// object's: status and alerts are quiet again.
func TestFailureThatIsTakenBack(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob")
		w.group("push Team", "ann")
		w.sync()
		w.org.Update(w.people["ann"], map[string]any{"lastName": "Archer"})
		w.join("push Team", "bob")
		w.tenant.Fault(walkmetest.OnMatch(walkmetest.IsWrite, 0, walkmetest.NotApplied(http.StatusBadRequest)))
		w.sync()
		w.tenant.Fault(nil)
		w.org.Update(w.people["ann"], map[string]any{"lastName": "Example"})
		w.leave("push Team", "bob")
		w.quiet()
		for _, name := range []string{"ann", "push Team"} {
			if rec := w.record(name); rec.Attempts != 0 || rec.LastError != "" {
				t.Errorf("record of %s has %d failed attempts, last error %q, want none", name, rec.Attempts, rec.LastError)
			}
		}
	})
}

// A returner who is not in the Okta group any more is taken out of it, also when
// the first attempt gets no answer: the leaver's membership was still there.
func TestReturnerLosesOldMembership(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob")
		w.group("push Team", "ann", "bob")
		w.sync()
		w.org.Unassign(w.people["ann"])
		w.sync()
		w.leave("push Team", "ann")
		w.org.Assign(w.people["ann"])
		ofGroups := func(r *walkmetest.Request) bool { return strings.HasPrefix(r.Path, "/Groups") }
		w.tenant.Fault(walkmetest.OnMatch(ofGroups, 0, walkmetest.Gateway(http.StatusInternalServerError)))
		w.sync()
		w.tenant.Fault(nil)
		w.sync()
		wantText(t, "memberships", w.memberships(), "push Team: bob")
		w.quiet()
	})
}

// A rename that differs in case only and never reached WalkMe is sent by the next
// run; one that did is not sent again, whatever case the server keeps.
func TestLostRenameOfCase(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		for name, fault := range map[string]walkmetest.Fault{
			"not applied": walkmetest.DroppedBefore(), "applied": walkmetest.AppliedUnanswered(),
		} {
			w := newWorld(t, profile)
			w.hire("ann")
			w.sync()
			w.org.Update(w.people["ann"], map[string]any{"login": "ANN@example.com"})
			w.tenant.Fault(walkmetest.OnMatch(walkmetest.IsWrite, 1, fault))
			w.sync()
			w.tenant.Fault(nil)
			w.sync()
			wantText(t, "accounts, "+name, w.accounts(), "ANN: Ann Example")
			w.quiet()
		}
	})
}

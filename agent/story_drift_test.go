package agent_test

import (
	"fmt"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// The stories of this file are about what somebody does in WalkMe by hand. A run
// does not look for it; a refresh does.

// refreshed makes the plan of a refresh, and then the run.
func (w *world) refreshed() (*plan.Plan, *agent.Report) {
	w.t.Helper()
	planned, err := w.agent.Plan(w.t.Context(), agent.Options{Scope: plan.Scope{}.Refreshed()})
	if err != nil {
		w.t.Fatal(err)
	}
	w.tenant.ResetRequests()
	report, err := w.agent.Sync(w.t.Context(), agent.Options{Trigger: "sync", Scope: plan.Scope{}.Refreshed()})
	if err != nil {
		w.t.Fatal(err)
	}
	return withChanges(w.t, planned), collected(w.t, report)
}

// inStep says that neither a run nor a refresh finds anything to do.
func (w *world) inStep() {
	w.t.Helper()
	w.quiet()
	_, report := w.refreshed()
	wantText(w.t, "changes of one more refresh", changes(report), "")
}

// drifts lists the changes of a plan with their cause, reason and values.
func drifts(planned *plan.Plan) string {
	var lines []string
	for _, c := range planned.Changes {
		lines = append(lines, fmt.Sprintf("%s %s: %s: %s", c.Action, short(c.Name), c.Cause, short(c.Reason.String())))
		for _, a := range c.Attributes {
			lines = append(lines, fmt.Sprintf("%s: desired %v, last pushed %v, actual %v", a.Path, a.New, a.Old, a.Actual))
		}
		for _, id := range c.Members.Add {
			lines = append(lines, "+ "+short(planned.People[id]))
		}
		for _, id := range c.Members.Remove {
			lines = append(lines, "- "+short(planned.People[id]))
		}
	}
	for _, r := range planned.Rejected {
		lines = append(lines, fmt.Sprintf("rejected %s: %s", short(r.Name), r.Error))
	}
	return strings.Join(lines, "\n")
}

// A profile that was changed in WalkMe is told from one that was changed in Okta,
// and gets its values back.
func TestDriftOfAProfile(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob", "cara")
		w.sync()
		w.tenant.SetUser(w.record("ann").ID, func(u *walkmetest.User) { u.FamilyName = "Byhand" })
		w.tenant.SetUser(w.record("bob").ID, func(u *walkmetest.User) { u.FamilyName = "Byhand" })
		w.org.Update(w.people["bob"], map[string]any{"lastName": "Baker"})
		w.org.Update(w.people["cara"], map[string]any{"lastName": "Cole"})
		planned, report := w.refreshed()
		wantText(t, "plan", drifts(planned), `
			update ann: drift: changed in WalkMe
			name.familyName: desired Example, last pushed Example, actual Byhand
			update bob: okta: name.familyName changed in Okta
			name.familyName: desired Baker, last pushed Example, actual Byhand
			update cara: okta: name.familyName changed in Okta
			name.familyName: desired Cole, last pushed Example, actual <nil>`)
		wantText(t, "changes", changes(report), `
			update ann: applied
			update bob: applied
			update cara: applied`)
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Example
			bob: Bob Baker
			cara: Cara Cole`)
		w.inStep()
	})
}

// What somebody changed in WalkMe and Okta does not map is theirs, and stays.
func TestDriftOfWhatIsNotMapped(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann")
		w.sync()
		id := w.record("ann").ID
		w.tenant.SetUser(id, func(u *walkmetest.User) { u.Extra = map[string]any{"accessRole": "of-their-own"} })
		w.inStep()
		w.org.Update(w.people["ann"], map[string]any{"lastName": "Archer"})
		w.refreshed()
		if u, _ := w.tenant.User("ann@example.com"); u.Extra["accessRole"] != "of-their-own" || u.FamilyName != "Archer" {
			t.Errorf("account = %+v, want the new name and the old role", u)
		}
	})
}

// Somebody whom an administrator deactivated is activated again; somebody who has
// left and was activated is deactivated again.
func TestDriftOfTheStatus(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, func(s *setup) {
			s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange} // ann's membership, in case that WalkMe dropped it
		})
		w.hire("ann", "bob", "cara")
		w.group("push Team", "ann", "cara")
		w.sync()
		w.org.Unassign(w.people["bob"])
		w.sync()
		w.tenant.SetUser(w.record("ann").ID, func(u *walkmetest.User) { u.Active = false })
		w.tenant.SetUser(w.record("bob").ID, func(u *walkmetest.User) { u.Active = true })
		w.quiet()
		planned, report := w.refreshed()
		wantText(t, "plan", drifts(planned), `
			deactivate bob: drift: changed in WalkMe: no longer assigned in Okta
			reactivate ann: drift: changed in WalkMe: assigned in Okta
			group_members push Team: okta: members are back with their accounts
			+ ann`)
		if report.Run.Failed > 0 {
			t.Errorf("changes = %s, want none failed", changes(report))
		}
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Example
			bob: Bob Example (inactive)
			cara: Cara Example`)
		wantText(t, "memberships", w.memberships(), "push Team: ann cara")
		w.inStep()
	})
}

// An account that was deleted in WalkMe is reported, or made anew with its
// memberships where the policy says so.
func TestDriftOfADeletedAccount(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob")
		w.group("push Team", "ann", "bob")
		w.sync()
		w.tenant.DeleteUser(w.record("ann").ID)
		w.quiet()
		planned, report := w.refreshed()
		const why = "the account is gone in WalkMe; with provisioning.on_missing: recreate it would be made anew"
		wantText(t, "plan", drifts(planned), "rejected ann: "+why)
		wantText(t, "changes", changes(report), "rejected ann: id: "+why)
		if rec := w.record("ann"); rec.ID == "" || !rec.Active {
			t.Errorf("record of ann = %+v, want as it was", rec)
		}
		w.restart(func(s *setup) { s.config.Policy.RecreateMissing = true })
		planned, report = w.refreshed()
		wantText(t, "plan that makes it anew", drifts(planned), `
			create ann: drift: changed in WalkMe: assigned in Okta
			name.familyName: desired Example, last pushed <nil>, actual <nil>
			name.givenName: desired Ann, last pushed <nil>, actual <nil>
			userName: desired ann@example.com, last pushed <nil>, actual <nil>
			group_members push Team: drift: members were taken out in WalkMe
			+ ann`)
		if report.Run.Failed > 0 {
			t.Errorf("changes = %s, want none failed", changes(report))
		}
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Example
			bob: Bob Example`)
		wantText(t, "memberships", w.memberships(), "push Team: ann bob")
		w.inStep()
	})
}

// Members who were taken out come back, and managed people who were put in go again.
// Accounts that are not ours are named and stay, until Push Now.
func TestDriftOfMembers(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob", "cara")
		w.group("push Team", "ann", "bob")
		w.group("push Other", "ann")
		w.sync()
		foreign := w.account("foreign", true)
		w.tenant.SetMembers(w.record("push Team").ID, w.accountID("bob"), w.accountID("cara"), foreign)
		w.tenant.Protect(foreign)
		w.quiet()
		planned, report := w.refreshed()
		wantText(t, "plan", drifts(planned), `
			group_members push Team: drift: members were put in and taken out in WalkMe
			+ ann
			- cara`)
		wantText(t, "strangers", strangers(planned), "push Team: foreign")
		wantText(t, "changes", changes(report), "group_members push Team: applied")
		wantText(t, "memberships", w.memberships(), `
			push Other: ann
			push Team: ann bob foreign`)
		w.inStep()
		w.tenant.SetMembers(w.record("push Other").ID, w.accountID("ann"), w.accountID("bob"))
		planned, _ = w.refreshed()
		wantText(t, "plan for one who was put in", drifts(planned), `
			group_members push Other: drift: members were put in in WalkMe
			- bob`)
		w.inStep()
	})
}

// A group that was renamed in WalkMe gets its name back; a linked one keeps it.
func TestDriftOfAGroupName(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.tenant.AddGroup("push Linked")
		w.hire("ann")
		w.group("push Team", "ann")
		w.group("push Linked", "ann")
		w.sync()
		w.tenant.RenameGroup(w.record("push Team").ID, "By hand")
		w.tenant.RenameGroup(w.record("push Linked").ID, "Linked by hand")
		planned, _ := w.refreshed()
		wantText(t, "plan", drifts(planned), `
			group_rename push Team: drift: renamed in WalkMe
			displayName: desired push Team, last pushed push Team, actual By hand`)
		wantText(t, "memberships", w.memberships(), `
			Linked by hand: ann
			push Team: ann`)
		w.inStep()
	})
}

// A group that was deleted in WalkMe is reported without a change to make, or made
// anew with its members where the policy says so. A group that somebody made in
// its place is not taken.
func TestDriftOfADeletedGroup(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob")
		w.group("push Team", "ann", "bob")
		w.group("push Other", "ann")
		w.sync()
		w.tenant.DeleteGroup(w.record("push Team").ID)
		w.quiet()
		planned, _ := w.refreshed()
		wantText(t, "plan", drifts(planned), "rejected push Team: the group was deleted in WalkMe; with push_groups.on_missing: recreate it would be made anew")
		w.restart(func(s *setup) { s.config.Policy.Groups.RecreateMissing = true })
		replaced := w.tenant.AddGroup("push team", w.account("foreign", true))
		w.tenant.Protect(replaced)
		planned, _ = w.refreshed()
		wantText(t, "plan with another group of the name", drifts(planned), "rejected push Team: the group was deleted in WalkMe, and another one, "+replaced+", has its name now")
		w.tenant.DeleteGroup(replaced)
		planned, _ = w.refreshed()
		wantText(t, "plan that makes it anew", drifts(planned), `
			group_create push Team: drift: changed in WalkMe: the group is gone, pushed by rule name starts with "push "
			displayName: desired push Team, last pushed <nil>, actual <nil>
			+ ann
			+ bob`)
		wantText(t, "memberships", w.memberships(), `
			push Other: ann
			push Team: ann bob`)
		w.inStep()
	})
}

// On a server that never shows members nothing follows from their absence.
func TestDriftWithoutEcho(t *testing.T) {
	t.Parallel()
	for name, quirks := range map[string]walkmetest.Quirks{
		"an empty list": {MembersNeverEchoed: true}, "an empty list left out": {EmptyMembersAbsent: true},
	} {
		t.Run(name, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, pushAll, func(s *setup) { s.tenant.Quirks = quirks })
				w.hire("ann", "bob")
				w.group("push Team", "ann", "bob")
				w.group("push Empty")
				w.sync()
				w.inStep()
				w.join("push Empty", "ann")
				w.leave("push Team", "bob")
				w.refreshed()
				wantText(t, "memberships", w.memberships(), `
					push Empty: ann
					push Team: ann`)
				w.inStep()
			})
		})
	}
}

// What is not the agent's is counted. Nothing of it is touched.
func TestUnmanagedIsCounted(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		admin := w.tenant.AddUser(walkmetest.User{UserName: "admin@example.com", Active: true})
		w.tenant.Protect(admin, w.account("old", false), w.tenant.AddGroup("Foreign", admin))
		w.hire("ann", "bob")
		w.group("push Team", "ann", "bob")
		if planned, _ := w.refreshed(); planned.Unmanaged == nil || *planned.Unmanaged != (plan.Unmanaged{Users: 2, Groups: 1}) {
			t.Errorf("unmanaged before the first run = %+v, want two accounts and a group", planned.Unmanaged)
		}
		w.tenant.SetMembers(w.record("push Team").ID, w.accountID("bob"))
		planned, _ := w.refreshed()
		if planned.Unmanaged == nil || *planned.Unmanaged != (plan.Unmanaged{Users: 2, Groups: 1}) {
			t.Errorf("unmanaged = %+v, want two accounts and a group", planned.Unmanaged)
		}
		wantText(t, "memberships", w.memberships(), `
			Foreign: admin
			push Team: ann bob`)
		w.inStep()
		if planned, err := w.agent.Plan(t.Context(), agent.Options{}); err != nil || planned.Unmanaged != nil {
			t.Errorf("unmanaged without a refresh = %+v, %v, want none counted", planned.Unmanaged, err)
		}
	})
}

// A list of WalkMe's that breaks off proves nothing: the run ends before it sends
// anything.
func TestRefreshIsAllOrNothing(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/Users", "/Groups"} {
		t.Run(path, func(t *testing.T) {
			w := newWorld(t, walkme.OIN, pushAll, func(s *setup) { s.tenant.Quirks.PageCap = 1 })
			w.hire("ann", "bob")
			w.group("push One", "ann")
			w.group("push Two", "bob")
			w.sync()
			w.tenant.ResetRequests()
			second := func(r *walkmetest.Request) bool {
				return r.Path == path && strings.Contains(r.RawQuery, "startIndex=2")
			}
			w.tenant.Fault(walkmetest.OnMatch(second, 0, walkmetest.ErrorAs200()))
			if _, err := w.agent.Sync(t.Context(), agent.Options{Trigger: "sync", Scope: plan.Scope{}.Refreshed()}); err == nil {
				t.Error("Sync() = nil, want the error of the list")
			}
			wantText(t, "writes", w.writes(), "")
			w.tenant.Fault(nil)
			w.inStep()
		})
	}
}

package agent_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

func verified(s *setup) { s.config.VerifyEvery = time.Hour }

// A run reads one account when WalkMe has shown none for an hour, and sends nothing
// else when nothing has changed. What it writes is a sighting, too.
func TestAnAccountIsReadOnceInAWhile(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, verified)
		w.hire("ann", "bob")
		w.sync()
		w.quiet()
		w.later = 2 * time.Hour
		w.sync()
		wantText(t, "requests after two hours", w.requests(), "GET /Users/ann")
		w.quiet()
		w.later = 4 * time.Hour
		w.hire("cara")
		w.sync()
		w.later = 4*time.Hour + 50*time.Minute
		w.quiet()
	})
}

// A service reads one account in its first run, whatever was seen before.
func TestAServiceBeginsWithALook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, verified)
	w.hire("ann")
	w.sync()
	w.scheduled()
	wantText(t, "requests", w.requests(), "")
	w.restart()
	w.agent.VerifyFirst = true
	w.scheduled()
	wantText(t, "requests of a service that has started", w.requests(), "GET /Users/ann")
	w.scheduled()
	wantText(t, "requests of its next run", w.requests(), "")
}

// Credentials that have died fail the run although nobody has changed. A run that
// does not send asks nothing.
func TestDeadCredentialsAreNoticed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, verified)
	w.hire("ann")
	w.sync()
	w.tenant.SetCredentials("other", "credential")
	w.quiet()
	w.later = 2 * time.Hour
	w.tenant.ResetRequests()
	if _, err := w.agent.Plan(t.Context(), agent.Options{}); err != nil || w.requests() != "" {
		t.Errorf("Plan() = %v after %s, want no request", err, w.requests())
	}
	if _, err := w.trySync(); !errors.Is(err, scim.ErrUnauthorized) {
		t.Errorf("Sync() = %v, want %v", err, scim.ErrUnauthorized)
	}
}

// toAnotherTenant leads the agent to an empty tenant with these credentials, until back is called.
func (w *world) toAnotherTenant(username, password string) (back func()) {
	first, setup := w.tenant, w.setup
	w.tenant = walkmetest.Start(walkmetest.Options{Username: username, Password: password})
	w.t.Cleanup(w.tenant.Close)
	w.setup.username, w.setup.password = username, password
	w.restart()
	return func() {
		w.tenant, w.setup.username, w.setup.password = first, setup.username, setup.password
		w.restart()
	}
}

// Credentials of another tenant under the same address stop everything, before
// anybody is taken for gone.
func TestAnotherTenantStopsTheRun(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, verified)
		w.hire("ann", "bob", "cara", "dan")
		w.sync()
		back := w.toAnotherTenant("another", "tenant")
		w.org.Unassign(w.people["dan"])
		_, err := w.trySync()
		var other *agent.TenantError
		if !errors.As(err, &other) || len(other.Absent) < 3 || other.Managed != 4 {
			t.Fatalf("Sync() = %v, want a TenantError", err)
		}
		if n := len(w.tenant.Users()); n > 0 {
			t.Errorf("%d accounts were made in the other tenant", n)
		}
		back()
		wantText(t, "changes on the way back", changes(w.sync()), "deactivate dan: applied")
		w.quiet()
	})
}

// Another tenant may have the same people, under other ids: a test environment of the same
// company. It is no less another one, and adopt links them anew where they are to be made.
func TestTenantOfTheSamePeople(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, verified, func(s *setup) { s.config.Policy.RecreateMissing = true })
		w.hire("ann", "bob", "cara")
		w.sync()
		w.tenant.SetQuirks(walkmetest.Quirks{IDsFromName: true})
		for _, name := range []string{"ann", "bob", "cara"} {
			w.tenant.DeleteUser(w.record(name).ID)
			w.account(name, true)
		}
		w.dismiss("cara")
		w.later = 2 * time.Hour
		var another *agent.TenantError
		if _, err := w.trySync(); !errors.As(err, &another) {
			t.Fatalf("Sync() = %v, want a TenantError", err)
		}
		if _, err := w.agent.AdoptTenant(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.sync()
		wantText(t, "accounts", w.accounts(), "ann: Ann Example\nbob: Bob Example\ncara: Old Name")
		wantOneOwner(t, w.agent.State)
		w.quiet()
	})
}

// Two accounts that are gone are no other tenant, and an account that answers 500 is
// one account.
func TestOneAccountIsNoTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, verified)
	w.hire("ann", "bob")
	w.sync()
	w.later = 2 * time.Hour
	w.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool { return strings.HasPrefix(r.Path, "/Users/") }, 1, walkmetest.NotApplied(http.StatusInternalServerError)))
	w.sync()
	w.tenant.Fault(nil)
	for _, name := range []string{"ann", "bob"} {
		w.tenant.DeleteUser(w.record(name).ID)
	}
	w.later = 4 * time.Hour
	if report := w.sync(); report.Run.Outcome != agent.RunDone {
		t.Errorf("outcome = %s, want %s", report.Run.Outcome, agent.RunDone)
	}
	w.quiet()
}

// A tenant that is really another one is taken over by a person, who is shown what is
// missing; then the policy about missing accounts applies.
func TestAdoptTenant(t *testing.T) {
	t.Parallel()
	const gone = "the account is gone in WalkMe; with provisioning.on_missing: recreate it would be made anew"
	for _, tt := range []struct {
		recreate       bool
		want, accounts string
	}{
		{true, `
			create ann: applied
			create bob: applied
			create cara: applied`, `
			ann: Ann Example
			bob: Bob Example
			cara: Cara Example
			dan: Dan Example`},
		{false, `
			rejected ann: id: ` + gone + `
			rejected bob: id: ` + gone + `
			rejected cara: id: ` + gone, "dan: Dan Example"},
	} {
		w := newWorld(t, walkme.OIN, verified)
		w.hire("ann", "bob", "cara", "dan")
		w.sync()
		for _, name := range []string{"ann", "bob", "cara"} {
			w.tenant.DeleteUser(w.record(name).ID)
		}
		w.restart(func(s *setup) { s.config.Policy.RecreateMissing = tt.recreate })
		missing, err := w.agent.AdoptTenant(t.Context())
		if err != nil || short(strings.Join(missing.Users, " ")) != "ann bob cara" {
			t.Fatalf("AdoptTenant() = %v, %v", missing, err)
		}
		wantText(t, "changes", changes(w.sync()), tt.want)
		wantText(t, "accounts", w.accounts(), tt.accounts)
		if tt.recreate {
			w.quiet()
			continue
		}
		wantText(t, "changes of one more run", changes(w.sync()), tt.want)
		wantText(t, "requests of one more run", w.requests(), "")
		w.restart(func(s *setup) { s.config.Policy.RecreateMissing = true })
		wantText(t, "changes with another policy", changes(w.sync()), `
			create ann: applied
			create bob: applied
			create cara: applied`)
		w.quiet()
	}
}

// emptied takes away everything that the tenant has, as nightly resets of test tenants do.
func (w *world) emptied() {
	for _, u := range w.tenant.Users() {
		w.tenant.DeleteUser(u.ID)
	}
	for _, g := range w.tenant.Groups() {
		w.tenant.DeleteGroup(g.ID)
	}
}

// What is not there is taken for gone, and made anew, in the tenant of the state alone, also
// where that was seen a moment ago.
func TestNothingIsMadeAnewInAnotherTenant(t *testing.T) {
	t.Parallel()
	for name, run := range map[string]struct {
		scope plan.Scope
		edit  func(w *world)
	}{
		"refresh":          {plan.Scope{}.Refreshed(), func(*world) {}},
		"resync":           {plan.OfSelection(plan.Selection{}), func(*world) {}},
		"resync of groups": {plan.OfSelection(plan.Selection{Groups: []string{"push Team"}}), func(*world) {}},
		"an update":        {plan.Scope{}, func(w *world) { w.org.Update(w.people["ann"], map[string]any{"lastName": "Other"}) }},
		"a member":         {plan.Scope{}, func(w *world) { w.join("push Team", "bob") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, verified, pushAll, func(s *setup) {
					s.config.Policy.RecreateMissing, s.config.Policy.Groups.RecreateMissing = true, true
				})
				w.hire("ann", "bob", "cara", "dan")
				w.group("push Team", "ann")
				w.sync()
				w.quiet()
				run.edit(w)
				w.emptied()
				w.tenant.ResetRequests()
				report, err := w.agent.Sync(t.Context(), agent.Options{Scope: run.scope})
				var another *agent.TenantError
				if !errors.As(err, &another) || report.Run.Outcome != agent.RunFailed {
					t.Errorf("Sync() = %s, %v, want a TenantError", report.Run.Outcome, err)
				}
				for _, c := range report.Changes {
					if c.Outcome == plan.Failed && c.Error != another.Error() {
						t.Errorf("%s of %s failed for %s, want that it is another tenant", c.Action, short(c.Name), c.Error)
					}
				}
				if n := len(w.tenant.Users()) + len(w.tenant.Groups()); n > 0 {
					t.Errorf("%d accounts and groups were made in another tenant: %s", n, w.requests())
				}
				w.tenant.ResetRequests()
				pausing := agent.Options{Trigger: agent.TriggerSchedule, Scope: plan.Scope{}.HeedingPauses()}
				if _, err := w.agent.Sync(t.Context(), pausing); !errors.As(err, &another) || w.requests() == "" {
					t.Errorf("the next run, in which failures pause, = %v after %q, want it to look and to fail, too", err, w.requests())
				}
				if _, err := w.agent.AdoptTenant(t.Context()); err != nil {
					t.Fatal(err)
				}
				w.sync()
				w.sync()
				if n := len(w.tenant.Users()); n != 4 || w.memberships() == "" {
					t.Errorf("%d accounts after adopt, groups %q, want 4 and the group", n, w.memberships())
				}
				w.quiet()
			})
		})
	}
}

// Who does without looks has a tenant that lost everything filled anew.
func TestTenantIsFilledAnewWithoutLooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.Policy.RecreateMissing = true })
	w.hire("ann", "bob", "cara", "dan")
	w.sync()
	w.emptied()
	w.refreshed()
	if n := len(w.tenant.Users()); n != 4 {
		t.Errorf("%d accounts, want all four made anew", n)
	}
}

// A leaver's account is not taken for gone in another tenant, however often it is missed
// there: it is deactivated on the way back.
func TestLeaverIsNotGoneInAnotherTenant(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, verified)
		w.hire("ann", "bob", "cara", "dan")
		w.sync()
		back := w.toAnotherTenant("", "") // the same credentials under the same name
		w.dismiss("dan")
		for range 4 {
			if report, err := w.trySync(); err == nil && report.Run.Outcome == agent.RunDone {
				t.Errorf("a run in another tenant = %s, want no success", changes(report))
			}
		}
		if r := w.record("dan"); r.ID == "" || !r.Active {
			t.Errorf("record of the leaver = %+v, want the account on record", r)
		}
		back()
		w.sync()
		for _, u := range w.tenant.Users() {
			if u.UserName == "dan@example.com" && u.Active {
				t.Error("the leaver's account is active after the way back")
			}
		}
		w.quiet()
	})
}

// Accounts that were made meanwhile are no evidence of the tenant: it is asked for those that
// were there before.
func TestJoinersDoNotVouchForAnotherTenant(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, verified)
		w.hire("ann", "bob", "cara", "dan")
		w.sync()
		w.emptied()
		w.later = 40 * time.Minute
		w.hire("eve", "fay", "gil")
		w.sync()
		w.later = 70 * time.Minute
		w.hire("hal")
		var another *agent.TenantError
		if _, err := w.trySync(); !errors.As(err, &another) {
			t.Fatalf("Sync() = %v, want a TenantError an hour after the last account that was there", err)
		}
	})
}

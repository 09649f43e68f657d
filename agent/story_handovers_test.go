package agent_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// rehire deletes somebody in Okta and makes the person again, under the same login.
func (w *world) rehire(name string) {
	w.org.Deactivate(w.people[name])
	w.org.Delete(w.people[name])
	w.people[name+"2"] = w.org.Hire(personOf(name))
	w.org.Assign(w.people[name+"2"])
}

// Whoever is deleted and made again in Okta keeps the account, and it is never
// inactive: whether the removal of the first would go out at once, waits out its
// grace, is switched off, or has long been made.
func TestRehired(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]func(*setup){
		"at once":                 func(*setup) {},
		"in grace":                func(s *setup) { s.config.Grace = 24 * time.Hour },
		"deactivations are off":   func(s *setup) { s.config.Policy.DeactivateUsers = false },
		"creates are off, linked": func(s *setup) { s.config.Policy.CreateUsers = false },
	} {
		t.Run(name, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, pushAll)
				w.hire("ann", "bob")
				w.group("push Team", "ann", "bob")
				w.group("push Crew", "bob")
				w.sync()
				w.restart(edit)
				w.rehire("ann")
				w.join("push Crew", "ann2")
				report := w.sync()
				wantText(t, "changes", changes(report), `
					link ann: applied
					group_members push Crew: applied
					group_members push Team: applied`)
				if c := report.Changes[0]; !strings.Contains(c.Reason.String(), "takes over the account of Okta user "+w.people["ann"]) {
					t.Errorf("reason = %q, want whose account it is", c.Reason)
				}
				if strings.Contains(w.writes(), `"active":false`) {
					t.Errorf("the account was deactivated:\n%s", w.writes())
				}
				wantText(t, "accounts", w.accounts(), `
					ann: New Example
					bob: Bob Example`)
				wantText(t, "memberships", w.memberships(), `
					push Crew: ann bob
					push Team: bob`)
				wantOneOwner(t, w.agent.State)
				w.quiet()
			})
		})
	}
}

// An account does not pass on while Okta still knows its owner.
func TestHandoverWaitsForConfirmation(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann", "bob")
	w.sync()
	w.hire("cara")
	w.org.SetAppProfile(w.people["cara"], "ann@example.com", nil)
	w.org.Fault(func(r *http.Request) *oktatest.Fault {
		if !strings.HasSuffix(r.URL.Path, "/users") {
			return nil
		}
		return &oktatest.Fault{Rewrite: func(_ http.Header, body []byte) []byte { return withoutUser(t, body, w.people["ann"]) }}
	})
	report := w.sync()
	wantText(t, "changes", changes(report), "link ann: skipped")
	if c := report.Changes[0]; c.Block == nil || !strings.Contains(c.Block.Detail, "Okta still knows it") {
		t.Errorf("blocked = %+v, want the reason", c.Block)
	}
	if rec := w.record("ann"); !rec.Active || w.record("cara").ID != "" {
		t.Errorf("record of ann = %+v, want still the owner", rec)
	}
}

// An account that passed on without an answer is the new owner's, and is deactivated when
// that person leaves.
func TestLostHandover(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob")
		w.sync()
		w.rehire("ann")
		w.tenant.Fault(lose(http.MethodPut, "New"))
		w.sync()
		w.tenant.Fault(nil)
		w.org.Unassign(w.people["ann2"])
		wantText(t, "changes", changes(w.sync()), "deactivate ann: applied")
		wantText(t, "accounts", w.accounts(), `
			ann: New Example (inactive)
			bob: Bob Example`)
		wantOneOwner(t, w.agent.State)
		w.quiet()
	})
}

// While it is not known whether an account has passed to somebody, nobody else gets
// it.
func TestOpenOutcomeReservesTheAccount(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob")
		w.sync()
		id := w.accountID("ann")
		w.org.Deactivate(w.people["ann"])
		w.sync()
		w.org.Reactivate(w.people["ann"])
		w.org.Assign(w.people["ann"])
		w.tenant.Fault(w.loseNth("ann", 1))
		w.sync()
		w.rehire("ann")
		w.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool {
			return r.Method == http.MethodGet && strings.HasSuffix(r.Path, id)
		}, 1, walkmetest.NotApplied(http.StatusInternalServerError)))
		if c := w.sync().Changes[0]; c.Outcome != plan.Failed || !strings.Contains(c.Error, "may be passing to Okta user "+w.people["ann"]) {
			t.Errorf("%s of the second ann = %s %q, want refused while the first one's is open", c.Action, c.Outcome, c.Error)
		}
		w.tenant.Fault(nil)
		wantText(t, "changes of the next run", changes(w.sync()), "link ann: applied")
		wantText(t, "accounts", w.accounts(), `
			ann: New Example
			bob: Bob Example`)
		w.quiet()
	})
}

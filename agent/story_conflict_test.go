package agent_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// A 409 on a group that no look-up announced is resolved as one on a user: the groups are
// read, and the one of that name is linked.
func TestGroupConflictIsResolved(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, func(s *setup) {
			s.tenant.Quirks = walkmetest.Quirks{CaseSensitiveDisplayName: true}
		})
		id := w.tenant.AddGroup("PUSH team", w.account("old", true))
		w.hire("ann")
		w.group("push Team", "ann")
		wantText(t, "changes", changes(w.sync()), `
			create ann: applied
			group_link push Team: applied`)
		wantText(t, "memberships", w.memberships(), "PUSH team: ann old")
		if got := w.record("push Team").ID; got != id {
			t.Errorf("the group on record is %s, want %s", got, id)
		}
		w.quiet()
	})
}

// Without another group of that name the 409 is reported as it is, and with
// resolve_conflicts off nothing is asked.
func TestGroupConflictWithoutAGroup(t *testing.T) {
	t.Parallel()
	for _, resolve := range []bool{true, false} {
		w := newWorld(t, walkme.OIN, pushAll, func(s *setup) { s.wire.ResolveConflicts = resolve })
		w.hire("ann")
		w.group("push Team", "ann")
		w.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool {
			return r.Method == http.MethodPost && r.Path == "/Groups"
		}, 0, walkmetest.NotApplied(http.StatusConflict)))
		report := w.sync()
		if c := report.Changes[1]; c.HTTPStatus != http.StatusConflict || !strings.Contains(c.Error, "Conflict") {
			t.Errorf("change = %s %d %q, want the 409", c.Outcome, c.HTTPStatus, c.Error)
		}
		if listed := strings.Contains(w.requests(), "GET /Groups?startIndex=1"); listed != resolve {
			t.Errorf("the groups are read: %t, want %t", listed, resolve)
		}
	}
}

// A new user name that somebody else has is reported with who that is.
func TestWhoHoldsTheName(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		holder func(*world)
		want   func(*world) string
	}{
		"nobody of ours": {func(w *world) { w.account("anna", true) },
			func(*world) string { return "which is not managed here" }},
		"somebody who has left": {func(w *world) {
			w.hire("anna")
			w.sync()
			w.org.Unassign(w.people["anna"])
			w.sync()
		}, func(w *world) string { return "of Okta user " + w.people["anna"] + ", who has left" }},
		"somebody else": {func(w *world) {
			w.hire("bob")
			w.sync()
			w.tenant.SetUser(w.record("bob").ID, func(u *walkmetest.User) { u.UserName = "anna@example.com" })
		}, func(w *world) string { return "which is managed for Okta user " + w.people["bob"] }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, walkme.OIN)
			w.hire("ann")
			w.sync()
			tt.holder(w)
			w.org.SetAppProfile(w.people["ann"], "anna@example.com", nil)
			report := w.sync()
			i := len(report.Changes) - 1
			if i < 0 {
				t.Fatal("nothing was changed")
			}
			c := report.Changes[i]
			if want := tt.want(w); c.HTTPStatus != http.StatusConflict || !strings.Contains(c.Error, want) {
				t.Errorf("change = %s %s %d %q, want a 409 with %q", c.Action, c.Outcome, c.HTTPStatus, c.Error, want)
			}
			if _, ok := errors.AsType[*apply.NameHeldError](report.Failure(c)); !ok {
				t.Errorf("failure = %v, want a *NameHeldError", report.Failure(c))
			}
		})
	}
}

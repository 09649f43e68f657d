package agent_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// The first sync looks each name up and creates: two requests a person.
func TestFirstSyncCreates(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) { s.config.Workers = 1 })
		w.hire("ann", "bob")
		wantText(t, "changes", changes(w.sync()), `
			create ann: applied
			create bob: applied`)
		wantText(t, "requests", w.requests(), `
			GET /Users?ann
			POST /Users
			GET /Users?bob
			POST /Users`)
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Example
			bob: Bob Example`)
		w.quiet()
		if rec := w.record("ann"); rec.Origin != state.Created || !rec.Active || rec.ID == "" {
			t.Errorf("record of ann = %+v, want an active account that was created", rec)
		}
	})
}

// An account that was there before is linked and takes Okta's profile; one that
// was deactivated is activated first.
func TestLinkTakesProfile(t *testing.T) {
	t.Parallel()
	conversation := map[walkme.Profile]string{
		walkme.OIN: `
			GET /Users?ann
			GET /Users/ann
			PUT /Users/ann
			GET /Users?bob
			PATCH /Users/bob
			GET /Users/bob
			PUT /Users/bob`,
		walkme.AIW: `
			GET /Users?ann
			GET /Users/ann
			PUT /Users/ann
			GET /Users?bob
			GET /Users/bob
			PUT /Users/bob
			GET /Users/bob
			PUT /Users/bob`,
	}
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) { s.config.Workers = 1 })
		w.account("ann", true)
		w.account("bob", false)
		w.hire("ann", "bob")
		wantText(t, "changes", changes(w.sync()), `
			link ann: applied
			link bob: applied`)
		wantText(t, "requests", w.requests(), conversation[profile])
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Example
			bob: Bob Example`)
		if rec := w.record("bob"); rec.Origin != state.Linked {
			t.Errorf("origin of bob = %q, want %q", rec.Origin, state.Linked)
		}
		if n := w.tenant.Invitations(); n != 0 {
			t.Errorf("invitations = %d, want 0", n)
		}
		w.quiet()
	})
}

// A changed name goes out by GET and PUT, and nothing else of the account does.
func TestMoverIsUpdated(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob")
		w.sync()
		id := w.record("bob").ID
		w.tenant.SetUser(id, func(u *walkmetest.User) { u.Extra["title"] = "Author" })
		w.org.Update(w.people["bob"], map[string]any{"lastName": "Baker"})
		report := w.sync()
		wantText(t, "changes", changes(report), "update bob: applied")
		if c := report.Changes[0]; c.Cause != plan.CauseOkta || c.Reason.String() != "name.familyName changed in Okta" {
			t.Errorf("cause of the update = %q, %q", c.Cause, c.Reason)
		}
		wantText(t, "requests", w.requests(), `
			GET /Users/bob
			PUT /Users/bob`)
		bob, _ := w.tenant.User("bob@example.com")
		if bob.FamilyName != "Baker" || bob.Extra["title"] != "Author" {
			t.Errorf("bob = %+v, want the new name and the title that WalkMe gave", bob)
		}
		w.quiet()
	})
}

// Whoever is no longer assigned is deactivated, never deleted, and a point read
// of Okta comes first.
func TestLeaverIsDeactivated(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob", "cara")
		w.sync()
		w.org.Unassign(w.people["bob"])
		w.org.Deactivate(w.people["cara"])
		wantText(t, "changes", changes(w.sync()), `
			deactivate bob: applied
			deactivate cara: applied`)
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Example
			bob: Bob Example (inactive)
			cara: Cara Example (inactive)`)
		for _, name := range []string{"bob", "cara"} {
			if !w.askedOkta("/users/" + w.people[name]) {
				t.Errorf("Okta was not asked for the assignment of %s", name)
			}
		}
		w.quiet()
	})
}

// askedOkta says whether a request of the last run went to a path that ends so.
func (w *world) askedOkta(suffix string) bool {
	for _, r := range w.org.Requests() {
		if strings.HasSuffix(r.Path, suffix) {
			return true
		}
	}
	return false
}

// A returner is looked up by name, activated and updated, although the id is
// known: Okta has forgotten it.
func TestReturnerIsActivated(t *testing.T) {
	t.Parallel()
	conversation := map[walkme.Profile]string{
		walkme.OIN: `
			GET /Users?ann
			PATCH /Users/ann
			GET /Users/ann
			PUT /Users/ann`,
		walkme.AIW: `
			GET /Users?ann
			GET /Users/ann
			PUT /Users/ann
			GET /Users/ann
			PUT /Users/ann`,
	}
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob")
		w.sync()
		w.org.Unassign(w.people["ann"])
		w.sync()
		w.org.Assign(w.people["ann"])
		w.org.Update(w.people["ann"], map[string]any{"lastName": "Archer"})
		wantText(t, "changes", changes(w.sync()), "reactivate ann: applied")
		wantText(t, "requests", w.requests(), conversation[profile])
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Archer
			bob: Bob Example`)
		w.quiet()
	})
}

// Where Okta would be stuck with a 409, a returner under a new name gets the old
// account back.
func TestReturnerUnderNewName(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob")
		w.sync()
		w.org.Unassign(w.people["ann"])
		w.sync()
		w.org.Update(w.people["ann"], map[string]any{"login": "anna@example.com"})
		w.org.Assign(w.people["ann"])
		wantText(t, "changes", changes(w.sync()), "reactivate anna: applied")
		wantText(t, "accounts", w.accounts(), `
			anna: Ann Example
			bob: Bob Example`)
		w.quiet()
	})
}

// A suspended person is left as they are, unless the policy says otherwise.
func TestSuspended(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob")
		w.sync()
		w.org.Suspend(w.people["ann"])
		w.org.Update(w.people["ann"], map[string]any{"lastName": "Archer"})
		w.quiet()
		w.restart(func(s *setup) { s.config.Policy.Desire.DeactivateSuspended = true })
		wantText(t, "changes", changes(w.sync()), "deactivate ann: applied")
		w.org.Unsuspend(w.people["ann"])
		wantText(t, "changes", changes(w.sync()), "reactivate ann: applied")
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Archer
			bob: Bob Example`)
	})
}

// Whoever cannot be mapped is reported and left as they are, not taken for a
// leaver. The others go on.
func TestRejectedPersonStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann", "bob")
	w.sync()
	w.org.SetAppProfile(w.people["ann"], "not an address", nil)
	w.hire("cara")
	wantText(t, "changes", changes(w.sync()), `
		create cara: applied
		rejected not an address: userName: "not an address" is not an e-mail address, which WalkMe asks for`)
	wantText(t, "accounts", w.accounts(), `
		ann: Ann Example
		bob: Bob Example
		cara: Cara Example`)
}

// Two people with one userName are both left as they are.
func TestTwoPeopleOneUserName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann", "bob")
	w.sync()
	w.hire("cara")
	w.org.SetAppProfile(w.people["cara"], "ANN@example.com", nil)
	report := w.sync()
	if len(report.Changes) != 0 || len(report.Rejected) != 2 {
		t.Errorf("changes = %q, want two rejections", changes(report))
	}
	wantText(t, "requests", w.requests(), "")
	wantText(t, "accounts", w.accounts(), `
		ann: Ann Example
		bob: Bob Example`)
}

// A 409 whose account no look-up shows is reported, and nothing is sent for it
// twice in one run.
func TestConflictWithoutMatch(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.account("ann", false)
		w.tenant.SetQuirks(walkmetest.Quirks{ConflictOnDeactivated409WithoutMatch: true})
		w.hire("ann", "bob")
		report := w.sync()
		if ann := report.Changes[0]; ann.Outcome != plan.Failed || ann.HTTPStatus != http.StatusConflict {
			t.Errorf("create of ann ended %s with HTTP %d, want failed with 409", ann.Outcome, ann.HTTPStatus)
		}
		if n := strings.Count(w.requests(), "POST"); n != 2 {
			t.Errorf("%d POSTs, want one for ann and one for bob", n)
		}
		wantText(t, "accounts", w.accounts(), `
			ann: Old Name (inactive)
			bob: Bob Example`)
		w.tenant.SetQuirks(walkmetest.Quirks{})
		wantText(t, "changes once the server shows the account", changes(w.sync()), "link ann: applied")
	})
}

// A server that compares userName by case in look-ups answers the POST with
// 409. The account is found by a further look-up and linked.
func TestConflictIsResolved(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) { s.tenant.Quirks.CaseSensitiveUserName = true })
		w.tenant.AddUser(walkmetest.User{UserName: "ann@example.com", Active: true})
		w.hire("ann")
		w.org.SetAppProfile(w.people["ann"], "Ann@Example.com", nil)
		wantText(t, "changes", changes(w.sync()), "link Ann@Example.com: applied")
		if n := len(w.tenant.Users()); n != 1 {
			t.Errorf("%d accounts, want 1", n)
		}
		w.quiet()
	})
}

// A server that answers every filter with everybody must not get its
// administrator overwritten.
func TestIgnoredFilterSparesAdministrator(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) { s.tenant.Quirks.IgnoreFilter = true })
		admin := w.account("admin", true)
		w.tenant.Protect(admin)
		w.hire("ann", "bob")
		wantText(t, "changes", changes(w.sync()), `
			create ann: applied
			create bob: applied`)
		w.org.Unassign(w.people["ann"])
		w.sync()
		w.org.Assign(w.people["ann"])
		w.sync()
		wantText(t, "accounts", w.accounts(), `
			admin: Old Name
			ann: Ann Example
			bob: Bob Example`)
	})
}

// An account that somebody deleted in WalkMe is reported in Okta's words, or made
// anew where the policy says so.
func TestAccountGone(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob")
		w.sync()
		w.tenant.DeleteUser(w.record("ann").ID)
		w.org.Update(w.people["ann"], map[string]any{"lastName": "Archer"})
		report := w.sync()
		if c := report.Changes[0]; c.Outcome != plan.Failed || !strings.Contains(c.Error, "Matching user not found") {
			t.Errorf("update of ann = %s %q, want a failure that says Matching user not found", c.Outcome, c.Error)
		}
		w.restart(func(s *setup) { s.config.Policy.RecreateMissing = true })
		report = w.sync()
		if c := report.Changes[0]; c.Outcome != plan.Applied || c.Action != plan.Create {
			t.Errorf("change of ann = %s %s %q, want create applied", c.Action, c.Outcome, c.Error)
		}
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Archer
			bob: Bob Example`)
		w.quiet()
	})
}

// A leaver whose account is gone is reported until a second run has found the same;
// then there is nothing left to do.
func TestLeaverGone(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob")
		w.sync()
		w.tenant.DeleteUser(w.record("ann").ID)
		w.org.Unassign(w.people["ann"])
		if got := changes(w.sync()); !strings.HasPrefix(got, "deactivate ann: failed: ") || !strings.Contains(got, "Matching user not found") {
			t.Errorf("changes = %s, want a failure that says what Okta says", got)
		}
		if rec := w.record("ann"); rec.ID == "" || !rec.Active || rec.NextTry.IsZero() {
			t.Errorf("record of ann = %+v, want the account kept, and a pause", rec)
		}
		wantText(t, "changes", changes(w.sync()), "deactivate ann: applied")
		w.quiet()
		w.org.Assign(w.people["ann"])
		wantText(t, "changes", changes(w.sync()), "create ann: applied")
		w.quiet()
	})
}

// One bad moment of a server, a 404 and a look-up without a hit, leaves nobody
// active for ever.
func TestOneMissIsNoEvidence(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, func(s *setup) { s.config.Policy.Groups.DeleteUnlinked = true })
		w.hire("ann", "bob")
		w.group("push Team", "ann", "bob")
		w.sync()
		w.org.Unassign(w.people["ann"])
		w.org.RenameGroup(w.groups["push Team"], "Team")
		empty := walkmetest.Fault{Status: http.StatusOK, Body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"Resources":[]}`}
		w.tenant.Fault(func(r *walkmetest.Request) walkmetest.Fault {
			if r.RawQuery != "" {
				return empty
			}
			return walkmetest.NotApplied(http.StatusNotFound)
		})
		if report := w.sync(); report.Run.Failed == 0 {
			t.Errorf("changes = %s, want failures", changes(report))
		}
		w.tenant.Fault(nil)
		if planned, _ := w.agent.Plan(t.Context(), agent.Options{Scope: plan.Scope{}.Refreshed()}); planned.Pending() == 0 {
			t.Error("a plan after it is in step")
		}
		w.sync()
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Example (inactive)
			bob: Bob Example`)
		wantText(t, "groups", w.memberships(), "")
		w.quiet()
	})
}

// A userName that a rename frees can be taken by another person in the same run,
// be it by a create or by a rename.
func TestFreedUserName(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob", "cara")
		w.sync()
		before := w.record("ann").ID
		w.org.Update(w.people["ann"], map[string]any{"login": "ann.archer@example.com"})
		w.org.Update(w.people["bob"], map[string]any{"login": "ann@example.com", "firstName": "Second"})
		wantText(t, "changes", changes(w.sync()), `
			update ann.archer: applied
			update ann: applied`)
		w.org.Update(w.people["cara"], map[string]any{"login": "cara.cole@example.com"})
		newCara := w.org.Hire(personOf("cara"))
		w.org.Assign(newCara)
		wantText(t, "changes", changes(w.sync()), `
			update cara.cole: applied
			create cara: applied`)
		if got := w.record("ann").ID; got != before {
			t.Errorf("id of ann = %s, want still %s", got, before)
		}
		wantText(t, "accounts", w.accounts(), `
			ann.archer: Ann Example
			ann: Second Example
			cara.cole: Cara Example
			cara: New Example`)
		w.quiet()
	})
}

// A new person may take over the account of somebody who has left; while the
// first one is still assigned it is refused.
func TestAccountTakenOverFromLeaver(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob")
		w.sync()
		w.org.Deactivate(w.people["ann"])
		w.org.Update(w.people["ann"], map[string]any{"login": "old.ann@example.com"})
		w.sync()
		second := w.org.Hire(personOf("ann"))
		w.org.Assign(second)
		wantText(t, "changes", changes(w.sync()), "link ann: applied")
		wantText(t, "accounts", w.accounts(), `
			ann: New Example
			bob: Bob Example`)
		if rec := w.record("ann"); rec.ID != "" || rec.Active {
			t.Errorf("record of the first ann = %+v, want without an account", rec)
		}
		w.quiet()
		w.org.Reactivate(w.people["ann"])
		w.org.Assign(w.people["ann"])
		wantText(t, "changes", changes(w.sync()), "create old.ann: applied")
		w.quiet()
	})
}

// Somebody whose name another managed account still has is not given it.
func TestManagedAccountIsNotTaken(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) { s.config.Policy.UpdateUserAttributes = false })
		w.hire("ann", "bob")
		w.sync()
		w.org.Update(w.people["ann"], map[string]any{"login": "anna@example.com"}) // not sent: updates are off
		w.people["ann2"] = w.org.Hire(personOf("ann"))
		w.org.Assign(w.people["ann2"])
		report := w.sync()
		for _, c := range report.Changes {
			if c.Action != plan.Update && (c.Outcome != plan.Failed || !strings.Contains(c.Error, "managed for Okta user "+w.people["ann"])) {
				t.Errorf("%s %s = %s %q, want refused for the sake of the first ann", c.Action, c.Name, c.Outcome, c.Error)
			}
		}
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Example
			bob: Bob Example`)
	})
}

// What the configuration switches off is shown as a difference and not sent.
func TestSwitchedOff(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob", "cara")
		w.sync()
		dan := w.account("dan", true)
		w.restart(func(s *setup) {
			s.config.Policy.CreateUsers = false
			s.config.Policy.UpdateUserAttributes = false
			s.config.Policy.DeactivateUsers = false
		})
		w.hire("dan", "eve")
		w.org.Update(w.people["ann"], map[string]any{"lastName": "Archer"})
		w.org.Unassign(w.people["bob"])
		report := w.sync()
		wantText(t, "changes", changes(report), `
			deactivate bob: skipped
			link dan: applied
			create eve: skipped
			update ann: skipped`)
		if got := report.Summary.Disabled; got != 3 {
			t.Errorf("disabled = %d, want 3", got)
		}
		if w.record("dan").ID != dan {
			t.Errorf("dan is not linked: %+v", w.record("dan"))
		}
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Example
			bob: Bob Example
			cara: Cara Example
			dan: Old Name`)
	})
}

// A changed expression is told from a change in Okta.
func TestMappingChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann", "bob")
	w.sync()
	w.restart(func(s *setup) { s.config.Mapping = guideMapping(t, "String.toUpperCase(user.firstName)") })
	w.org.Update(w.people["bob"], map[string]any{"lastName": "Baker"})
	report := w.sync()
	wantText(t, "changes", changes(report), `
		update ann: applied
		update bob: applied`)
	if c := report.Changes[0]; c.Cause != plan.CauseMapping || c.Reason.String() != "mapping of name.givenName changed" {
		t.Errorf("cause of ann = %q, %q, want mapping", c.Cause, c.Reason)
	}
	if c := report.Changes[1]; c.Cause != plan.CauseOkta {
		t.Errorf("cause of bob = %q, %q, want okta", c.Cause, c.Reason)
	}
	w.quiet()
}

// A refusal pauses the object in scheduled runs, longer each time; a run by hand
// tries at once. What merely got no answer is tried in the next run.
func TestFailedObjectPauses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann", "bob")
	scheduled := func() *agent.Report {
		t.Helper()
		report, err := w.agent.Sync(t.Context(), agent.Options{Trigger: "schedule", Scope: plan.Scope{}.HeedingPauses()})
		if err != nil {
			t.Fatal(err)
		}
		return report
	}
	poison := func(r *walkmetest.Request) bool { return strings.Contains(string(r.Body), "ann@example.com") }
	w.tenant.Fault(walkmetest.OnMatch(poison, 0, walkmetest.NotApplied(http.StatusBadRequest)))
	for _, pause := range []time.Duration{10 * time.Minute, 20 * time.Minute, 40 * time.Minute} {
		if c := scheduled().Changes[0]; c.Outcome != plan.Failed || c.HTTPStatus != http.StatusBadRequest {
			t.Fatalf("create of ann = %s, HTTP %d, want failed with 400", c.Outcome, c.HTTPStatus)
		}
		w.later += pause - time.Minute
		if c := scheduled().Changes[0]; c.Outcome != plan.Skipped || !c.Block.Is(plan.BlockWaiting) {
			t.Errorf("create of ann %s before the end of its pause = %s, want skipped with a time", time.Minute, c.Outcome)
		}
		w.later += 2 * time.Minute
	}
	wantText(t, "accounts", w.accounts(), "bob: Bob Example")
	if got := w.record("ann"); got.Attempts != 3 || got.LastStatus != http.StatusBadRequest {
		t.Errorf("record of ann has %d attempts, status %d, want 3 and 400", got.Attempts, got.LastStatus)
	}
	w.tenant.Fault(walkmetest.OnMatch(poison, 1, walkmetest.NotApplied(http.StatusInternalServerError)))
	scheduled()
	if got := w.record("ann").NextTry; !got.IsZero() {
		t.Errorf("next try after an answer that says nothing = %s, want at once", got)
	}
	report := scheduled()
	wantText(t, "changes of the next run", changes(report), "create ann: applied")
	w.quiet()
}

// sync by hand does not wait for a pause.
func TestImpatientSync(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann")
	w.tenant.Fault(walkmetest.OnNthWrite(1, walkmetest.NotApplied(http.StatusBadRequest)))
	w.sync()
	report := w.sync()
	wantText(t, "changes", changes(report), "create ann: applied")
	if c := report.Changes[0]; c.Cause != plan.CauseFailed || c.Reason.String() != "assigned in Okta; failed once before" {
		t.Errorf("cause = %q, %q, want failed", c.Cause, c.Reason)
	}
	if rec := w.record("ann"); rec.Attempts != 0 || rec.LastError != "" {
		t.Errorf("record of ann = %+v, want healthy again", rec)
	}
}

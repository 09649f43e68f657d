package agent_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// wantOneOwner holds the law of the register: a WalkMe id is on one record at most.
func wantOneOwner(t *testing.T, db *state.DB) {
	t.Helper()
	records, err := db.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	owners := map[string]string{}
	for _, r := range records {
		key := string(r.Type) + " " + r.ID
		if other := owners[key]; other != "" && r.ID != "" {
			t.Errorf("%s is recorded for %s and for %s", key, other, r.SourceID)
		}
		owners[key] = r.SourceID
	}
}

// quickNetwork has several changes under way at once, and no objection to the writes
// that this leads to.
func quickNetwork(s *setup) {
	s.config.Workers = 4
	s.tenant.Strict, s.tenant.Latency = nil, 5*time.Millisecond
}

// Two people find one account at the same time: one by the id that he had, the other
// by the name that somebody gave it in WalkMe. One of them gets it, the other one's
// turn is in the next run; neither can lose the other's.
func TestTwoPeopleFindOneAccount(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, quickNetwork)
		w.hire("ann", "bob")
		w.sync()
		w.org.Unassign(w.people["ann"])
		w.sync()
		id := w.record("ann").ID
		w.tenant.SetUser(id, func(u *walkmetest.User) { u.UserName = "zoe@example.com" })
		w.org.Assign(w.people["ann"])
		w.hire("zoe")
		w.tenant.Fault(meet(
			func(r *walkmetest.Request) bool { return strings.HasSuffix(r.Path, id) },
			func(r *walkmetest.Request) bool { return strings.Contains(r.RawQuery, "zoe") },
		))
		w.sync()
		w.tenant.Fault(nil)
		wantOneOwner(t, w.agent.State)
		w.sync()
		wantOneOwner(t, w.agent.State)
		w.org.Unassign(w.people["zoe"])
		w.sync()
		ann, zoe := w.record("ann"), w.record("zoe")
		if !ann.Active || zoe.Active || ann.ID == zoe.ID {
			t.Errorf("record of ann = %s, active %t, of zoe, who has left, %s, active %t; want ann's alone active", ann.ID, ann.Active, zoe.ID, zoe.Active)
		}
		if got := w.accounts(); !strings.Contains(got, "ann: Ann Example\n") || strings.Count(got, "(inactive)") != 1 {
			t.Errorf("accounts =\n%s\nwant ann active and one inactive", got)
		}
	})
}

// An account that has passed to somebody else is left alone, run after run, and asked
// about with growing pauses. The person it belonged to stays on record as failed.
func TestPassedAccountPauses(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob")
		w.sync()
		id := w.record("ann").ID
		w.tenant.SetUser(id, func(u *walkmetest.User) { u.UserName, u.ExternalID = "zoe@example.com", "00uzoe" })
		w.org.Unassign(w.people["ann"])
		w.pausesGrow(func(c *plan.Change) bool { return c.Action == plan.Deactivate })
		if report := w.sync(); report.Run.Outcome != agent.RunProblems || !strings.Contains(report.Changes[0].Error, "was left alone") {
			t.Errorf("outcome %s, %s; want problems, because the account was left alone", report.Run.Outcome, report.Changes[0].Error)
		}
		if got := w.accounts(); strings.Contains(got, "inactive") {
			t.Errorf("accounts =\n%s\nwant all of them active", got)
		}
	})
}

// meet has the first request of each kind wait for the other.
func meet(kinds ...func(*walkmetest.Request) bool) func(*walkmetest.Request) walkmetest.Fault {
	var all sync.WaitGroup
	all.Add(len(kinds))
	first := make([]sync.Once, len(kinds))
	return func(r *walkmetest.Request) walkmetest.Fault {
		for i, is := range kinds {
			if is(r) {
				first[i].Do(func() { all.Done(); all.Wait() })
			}
		}
		return walkmetest.Fault{}
	}
}

// A returner under a new name keeps the account, and frees its name for a newcomer.
func TestReturnerMakesWayForNewcomer(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("ann", "bob")
		w.sync()
		id := w.record("ann").ID
		w.org.Deactivate(w.people["ann"])
		w.sync()
		w.org.Update(w.people["ann"], map[string]any{"login": "old.ann@example.com"})
		w.org.Reactivate(w.people["ann"])
		w.org.Assign(w.people["ann"])
		w.people["ann2"] = w.org.Hire(personOf("ann"))
		w.org.Assign(w.people["ann2"])
		wantText(t, "changes", changes(w.sync()), `
			reactivate old.ann: applied
			create ann: applied`)
		wantText(t, "accounts", w.accounts(), `
			ann: New Example
			bob: Bob Example
			old.ann: Ann Example`)
		if got := w.record("ann").ID; got != id {
			t.Errorf("account of the first ann = %s, want %s as before", got, id)
		}
		w.quiet()
	})
}

// Two people who return under each other's name swap their accounts, and what is on
// these: nobody gets into a group that the other one was in.
func TestSwappedReturners(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, quickNetwork)
		w.hire("ann", "bob", "cara")
		w.group("push A", "ann", "cara")
		w.group("push B", "bob", "cara")
		w.sync()
		w.org.Unassign(w.people["ann"])
		w.org.Unassign(w.people["bob"])
		w.sync()
		w.org.Update(w.people["ann"], map[string]any{"login": "tmp@example.com"})
		w.org.Update(w.people["bob"], map[string]any{"login": "ann@example.com"})
		w.org.Update(w.people["ann"], map[string]any{"login": "bob@example.com"})
		w.org.Assign(w.people["ann"])
		w.org.Assign(w.people["bob"])
		w.sync()
		wantOneOwner(t, w.agent.State)
		w.sync()
		wantText(t, "accounts", w.accounts(), `
			ann: Bob Example
			bob: Ann Example
			cara: Cara Example`)
		wantText(t, "memberships", w.memberships(), `
			push A: bob cara
			push B: ann cara`)
		w.quiet()
		w.org.Unassign(w.people["ann"])
		w.sync()
		wantText(t, "accounts after ann has left", w.accounts(), `
			ann: Bob Example
			bob: Ann Example (inactive)
			cara: Cara Example`)
	})
}

// A server that answers a create with somebody else's account does not make that the
// newcomer's.
func TestCreateAnsweredWithAnothersAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann")
	w.sync()
	w.hire("bob")
	w.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool { return r.Method == http.MethodPost }, 1,
		walkmetest.Fault{Status: http.StatusCreated, Body: `{"id":"` + w.record("ann").ID + `","userName":"bob@example.com"}`}))
	if c := w.sync().Changes[0]; !strings.Contains(c.Error, "managed for Okta user "+w.people["ann"]) {
		t.Errorf("create of bob = %s %q, want refused for the sake of ann", c.Outcome, c.Error)
	}
	wantOneOwner(t, w.agent.State)
	w.tenant.Fault(nil)
	wantText(t, "changes of the next run", changes(w.sync()), "create bob: applied")
	w.quiet()
}

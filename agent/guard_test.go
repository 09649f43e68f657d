package agent_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// wantFailed checks a run that failed as a whole before anything was sent.
func (w *world) wantFailed(why string) error {
	w.t.Helper()
	before := w.tenant.State()
	report, err := w.trySync()
	if err == nil {
		w.t.Errorf("%s: Sync() succeeded, want an error", why)
	} else if report.Run.Outcome != agent.RunFailed || report.Run.Error == "" {
		w.t.Errorf("%s: outcome = %q, error %q, want failed with the reason", why, report.Run.Outcome, report.Run.Error)
	}
	wantText(w.t, why+": requests to WalkMe", w.requests(), "")
	if w.tenant.State() != before {
		w.t.Errorf("%s: the tenant has changed", why)
	}
	return err
}

// A list of Okta that is not whole is no list: nothing is sent, and the next run
// does what this one could not.
func TestSnapshotIsAllOrNothing(t *testing.T) {
	t.Parallel()
	faults := []struct {
		name  string
		fault oktatest.Fault
	}{
		{"500", oktatest.Fault{Status: http.StatusInternalServerError}},
		{"empty", oktatest.Fault{Status: http.StatusOK}},
		{"null", oktatest.Fault{Status: http.StatusOK, Body: "null"}},
		{"cut", oktatest.Fault{CutAfter: 40}},
		{"repeated", oktatest.Fault{RepeatPage: true}},
		{"of an error", oktatest.Fault{Status: http.StatusOK, Body: `{"errorCode":"E0000009"}`}},
		{"dropped", oktatest.Fault{Drop: true}},
	}
	w := newWorld(t, walkme.OIN, func(s *setup) { s.org.PageLimit = 2 })
	w.hire("ann", "bob", "cara", "dan", "eve")
	w.sync()
	w.org.Unassign(w.people["ann"])
	w.hire("fay")
	for _, tt := range faults {
		for page := 1; page <= 3; page++ {
			var seen atomic.Int64
			w.org.Fault(func(r *http.Request) *oktatest.Fault {
				if strings.HasSuffix(r.URL.Path, "/users") && int(seen.Add(1)) >= page {
					return &tt.fault
				}
				return nil
			})
			if err := w.wantFailed(fmt.Sprintf("page %d is %s", page, tt.name)); err == nil {
				t.Errorf("page %d is %s: no error", page, tt.name)
			}
		}
	}
	w.org.Fault(nil)
	wantText(t, "changes with whole pages", changes(w.sync()), `
		deactivate ann: applied
		create fay: applied`)
	w.quiet()
}

// Okta answers an empty list to credentials without an admin role. Nobody is
// deactivated for it without approval, however few they are.
func TestEmptyListIsDoubted(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) {
			s.config.ConfirmRemovals = false
			s.config.Policy.Groups.RemoveDeprovisioned = true
			s.sources = []string{"Team"}
		})
		w.hire("ann", "bob")
		w.group("Team", "ann", "bob")
		w.sync()
		w.org.Unassign(w.people["ann"])
		w.org.Unassign(w.people["bob"])
		report := w.sync()
		wantText(t, "changes", changes(report), `
			deactivate ann: held
			deactivate bob: held`)
		wantText(t, "requests", w.requests(), "")
		if report.Run.Outcome != agent.RunHeld || report.Health.Verdict != plan.Degraded || len(report.Holds) != 1 {
			t.Fatalf("outcome %s, health %+v, holds %+v", report.Run.Outcome, report.Health, report.Holds)
		}
		wantText(t, "changes once approved", changes(w.sync(report.Holds[0].ID)), `
			deactivate ann: applied
			deactivate bob: applied
			group_members Team: applied`)
		wantText(t, "memberships", w.memberships(), "Team:")
	})
}

// Without its admin role the token sees nobody, not even an assignment by id.
func TestLostAdminRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann", "bob")
	w.sync()
	w.org.SetAdminRole(false)
	report, _ := w.trySync()
	if report.Run.Applied > 0 {
		t.Errorf("changes = %q, want none applied", changes(report))
	}
	wantText(t, "requests", w.requests(), "")
	w.org.SetAdminRole(true)
	w.quiet()
}

// A person who is missing from the list is not deactivated as long as Okta, asked
// for just this assignment, does not say that there is none.
func TestUnconfirmedRemovalWaits(t *testing.T) {
	t.Parallel()
	missing := func(id string) func(*http.Request) *oktatest.Fault {
		return func(r *http.Request) *oktatest.Fault {
			if !strings.HasSuffix(r.URL.Path, "/users") {
				return nil
			}
			return &oktatest.Fault{Rewrite: func(_ http.Header, body []byte) []byte { return withoutUser(t, body, id) }}
		}
	}
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) {
			s.config.Policy.Groups.RemoveDeprovisioned = true
			s.sources = []string{"Team"}
		})
		w.hire("ann", "bob")
		w.group("Team", "ann", "bob")
		w.sync()
		w.org.Fault(missing(w.people["ann"]))
		report := w.sync()
		wantText(t, "changes", changes(report), "deactivate ann: skipped")
		if c := report.Changes[0]; c.Block == nil || !strings.Contains(c.Block.Detail, "Okta still knows it") {
			t.Errorf("blocked = %+v, want the reason", c.Block)
		}
		wantText(t, "requests", w.requests(), "")
		wantText(t, "memberships", w.memberships(), "Team: ann bob")

		list := missing(w.people["ann"])
		w.org.Fault(func(r *http.Request) *oktatest.Fault {
			if strings.HasSuffix(r.URL.Path, "/users/"+w.people["ann"]) { // a 404 that is not Okta's own
				return &oktatest.Fault{Status: http.StatusNotFound, Body: "<html>not here</html>"}
			}
			return list(r)
		})
		wantText(t, "changes after a proxy's 404", changes(w.sync()), "deactivate ann: skipped")
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Example
			bob: Bob Example`)
		w.org.Fault(nil)
		w.quiet()
	})
}

func TestInactiveAppStopsTheRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann", "bob")
	w.sync()
	w.org.SetAppStatus("INACTIVE")
	if err := w.wantFailed("the app is inactive"); !errors.Is(err, okta.ErrAppInactive) {
		t.Errorf("Sync() = %v, want %v", err, okta.ErrAppInactive)
	}
	w.org.SetAppStatus("ACTIVE")
	w.quiet()
}

// Removals above a limit wait for an approval of exactly this set; everything else
// goes on.
func TestHoldAndApprove(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) {
			s.config.Limits.Deactivations = plan.Limit{Count: 1}
			s.config.Policy.Groups.RemoveDeprovisioned = true
			s.sources = []string{"Team"}
		})
		w.hire("ann", "bob", "cara", "dan")
		w.group("Team", "ann", "bob", "cara", "dan")
		w.sync()
		w.org.Unassign(w.people["ann"])
		w.org.Unassign(w.people["bob"])
		w.hire("eve")
		w.join("Team", "eve")
		report := w.sync()
		wantText(t, "changes", changes(report), `
			deactivate ann: held
			deactivate bob: held
			create eve: applied
			group_members Team: applied`)
		first := report.Holds[0].ID
		w.org.Unassign(w.people["cara"])
		report = w.sync(first)
		wantText(t, "changes after the set has grown", changes(report), `
			deactivate ann: held
			deactivate bob: held
			deactivate cara: held`)
		second := report.Holds[0].ID
		if first == second {
			t.Errorf("hold %s covers another set now", first)
		}
		wantText(t, "memberships before the approval", w.memberships(), "Team: ann bob cara dan eve")
		wantText(t, "changes once approved", changes(w.sync(second)), `
			deactivate ann: applied
			deactivate bob: applied
			deactivate cara: applied
			group_members Team: applied`)
		wantText(t, "memberships after it", w.memberships(), "Team: dan eve")
		w.quiet()
	})
}

// withoutUser takes one element out of a page of Okta.
func withoutUser(t testing.TB, page []byte, id string) []byte {
	t.Helper()
	return editList(t, page, func(list []map[string]any) []map[string]any {
		return slices.DeleteFunc(list, func(u map[string]any) bool { return u["id"] == id })
	})
}

// Credentials that are revoked in mid-run end it at once: no storm of 401s.
func TestRevokedCredentialsStopAtOnce(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) { s.config.Workers = 4 })
		names := crew("p", 40)
		w.hire(names...)
		var posts atomic.Int64
		w.tenant.Fault(func(r *walkmetest.Request) walkmetest.Fault {
			if r.Method == http.MethodPost && posts.Add(1) == 10 {
				w.tenant.SetCredentials("other", "credential")
			}
			return walkmetest.Fault{}
		})
		report, err := w.trySync()
		var stopped *apply.StoppedError
		if !errors.As(err, &stopped) || !errors.Is(err, scim.ErrUnauthorized) {
			t.Fatalf("Sync() = %v, want a StoppedError that is %v", err, scim.ErrUnauthorized)
		}
		refused := 0
		for _, r := range w.tenant.Requests() {
			if r.Status == http.StatusUnauthorized {
				refused++
			}
		}
		if refused > 4 {
			t.Errorf("%d requests were answered 401, want no more than one a worker", refused)
		}
		if run := report.Run; run.Outcome != agent.RunFailed || run.Skipped < 20 || run.Applied == 0 {
			t.Errorf("run = %+v, want failed with most changes skipped", run)
		}
		w.tenant.Fault(nil)
		w.tenant.SetCredentials(walkmetest.DefaultUsername, walkmetest.DefaultPassword)
		w.sync()
		w.quiet()
		if n := len(w.tenant.Users()); n != len(names) {
			t.Errorf("%d accounts, want %d", n, len(names))
		}
	})
}

// crew makes n short names: p00, p01 ….
func crew(prefix string, n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("%s%02d", prefix, i)
	}
	return out
}

// A 429 makes all requests wait, and ten in a row for one request end the run.
func TestRateLimitPausesEverything(t *testing.T) {
	t.Parallel()
	s := newStage(t, walkme.OIN)
	path := s.copyState(t)
	synctest.Test(t, func(t *testing.T) {
		tenant := s.newTenant(t)
		defer tenant.Close()
		p := s.start(t, tenant, path)
		defer p.end()
		p.agent.Config.Workers = 8
		start := time.Now()
		var limited atomic.Bool
		tenant.Fault(func(*walkmetest.Request) walkmetest.Fault {
			if time.Since(start) < time.Minute {
				limited.Store(true)
				return walkmetest.RateLimited("60")
			}
			return walkmetest.Fault{}
		})
		report := p.sync()
		if report.Run.Outcome != agent.RunDone || !limited.Load() {
			t.Errorf("run = %+v, want done after a pause", report.Run)
		}
		early := 0
		for _, r := range tenant.Requests() {
			if r.Status == http.StatusTooManyRequests {
				early++
			}
		}
		if early > 8 {
			t.Errorf("%d requests were answered 429, want no more than were on the wire", early)
		}
		if took := time.Since(start); took < time.Minute || took > 2*time.Minute {
			t.Errorf("the run took %s, want the minute that WalkMe asked for", took)
		}

		s.org.Update(s.people["gus"], map[string]any{"lastName": "Again"})
		s.org.Update(s.people["mo"], map[string]any{"lastName": "Again"})
		tenant.Fault(func(*walkmetest.Request) walkmetest.Fault { return walkmetest.RateLimited("1") })
		p.agent.Config.Workers = 1
		report, err := p.agent.Sync(t.Context(), agent.Options{Trigger: "sync"})
		if !errors.Is(err, walkme.ErrRateLimited) || report.Run.Failed != 1 || report.Run.Skipped != 1 {
			t.Errorf("Sync() = %v with %d failed, %d skipped, want %v, 1 and 1", err, report.Run.Failed, report.Run.Skipped, walkme.ErrRateLimited)
		}
	})
}

// After 24 creates in a row without a usable answer no further one is tried; what
// was not tried is done by the next run.
func TestSilenceEndsAnAction(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]walkmetest.Fault{
		"500":     walkmetest.NotApplied(http.StatusInternalServerError),
		"dropped": walkmetest.DroppedBefore(),
		"applied": walkmetest.AppliedUnanswered(),
		"gateway": walkmetest.Gateway(http.StatusServiceUnavailable),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, walkme.OIN, func(s *setup) { s.config.Workers = 1 })
			w.hire(crew("p", 40)...)
			w.tenant.Fault(walkmetest.OnMatch(walkmetest.IsWrite, 0, fault))
			if run := w.sync().Run; run.Outcome != agent.RunProblems || run.Failed != 24 || run.Skipped != 16 {
				t.Errorf("run = %+v, want problems, 24 failed, 16 skipped", run)
			}
			w.tenant.Fault(nil)
			w.sync()
			w.quiet()
			if n := len(w.tenant.Users()); n != 40 {
				t.Errorf("%d accounts, want 40", n)
			}
		})
	}
}

// A change that was told to stop while it only waited has not failed: it is no attempt,
// and the next run does it at once.
func TestStoppedWhileWaitingIsNoFailure(t *testing.T) {
	t.Parallel()
	s := newStage(t, walkme.OIN)
	s.hire(crew("p", 3)...)
	path := s.copyState(t)
	synctest.Test(t, func(t *testing.T) {
		tenant := s.newTenant(t)
		defer tenant.Close()
		p := s.start(t, tenant, path)
		defer p.end()
		p.agent.Config.Policy.DeactivateUsers = false // what begins with a look-up is under way then
		tenant.Fault(func(*walkmetest.Request) walkmetest.Fault { return walkmetest.RateLimited("3600") })
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, stop)
		report, err := p.agent.Sync(ctx, agent.Options{Trigger: "sync"})
		if err == nil || report.Run.Outcome != agent.RunStopped || report.Run.Failed != 0 || report.Run.Skipped == 0 {
			t.Errorf("Sync() = %v, run %+v, want it stopped, and nothing failed", err, report.Run)
		}
		records, err := p.agent.State.Records(t.Context())
		for _, r := range records {
			if r.Attempts > 0 {
				t.Errorf("%s counts %d attempts, want none", r.Name, r.Attempts)
			}
		}
		if err != nil {
			t.Error(err)
		}
	})
}

// What was begun and waits for its turn when a run is told to stop is not sent: its entries
// are abandoned, none is left open, and the next run makes each account once.
func TestStoppedBeforeItsTurn(t *testing.T) {
	t.Parallel()
	s := newStage(t, walkme.OIN)
	s.hire(crew("p", 30)...)
	for range 10 { // how many are begun before the first two are sent is up to the disk
		if stopBeforeTheirTurn(t, s) {
			return
		}
	}
	t.Error("no change was begun besides those that had their turn")
}

// stopBeforeTheirTurn says whether any change was begun that had no turn.
func stopBeforeTheirTurn(t *testing.T, s *stage) (begun bool) {
	path := s.copyState(t)
	synctest.Test(t, func(t *testing.T) {
		tenant := s.newTenant(t)
		defer tenant.Close()
		p := s.start(t, tenant, path)
		defer p.end()
		p.agent.Config.Workers = 2
		p.agent.Config.Policy.DeactivateUsers = false // the phase of new accounts comes first then
		var writes atomic.Int64
		tenant.Fault(func(r *walkmetest.Request) walkmetest.Fault {
			if r.Method == http.MethodGet || writes.Add(1) == 1 { // a rename has a phase of its own before
				return walkmetest.Fault{}
			}
			return walkmetest.RateLimited("3600")
		})
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, stop)
		report, err := p.agent.Sync(ctx, agent.Options{Trigger: "sync"})
		if run := report.Run; err == nil || run.Outcome != agent.RunStopped || run.Failed != 0 || run.Skipped < 30 {
			t.Errorf("Sync() = %v, run %+v, want it stopped, nothing failed, and nobody's account made\n%s", err, run, changes(report))
		}
		if n := writes.Load() - 1; n < 1 || n > 2 {
			t.Errorf("%d accounts were tried, want no more than one a worker", n)
		}
		history, err := p.agent.State.History(t.Context(), state.Filter{RunID: report.Run.ID})
		if err != nil {
			t.Fatal(err)
		}
		begun = len(history) > 2
		for _, e := range history {
			if e.Action == string(plan.Create) && e.State != state.Abandoned {
				t.Errorf("entry of %s is %s, want %s", e.Name, e.State, state.Abandoned)
			}
			if want := "interrupted before anything was sent"; e.Action == string(plan.Create) && e.Error != want {
				t.Errorf("entry of %s says %q, want %q", e.Name, e.Error, want)
			}
		}
		tenant.Fault(nil)
		time.Sleep(2 * time.Hour)
		if report, err := p.agent.Sync(t.Context(), agent.Options{Trigger: "sync"}); err != nil || report.Run.Applied < 30 {
			t.Errorf("Sync() = %v, run %+v, want everybody's account", err, report.Run)
		}
		if n := len(tenant.Users()); n < 30 {
			t.Errorf("%d accounts, want everybody's", n)
		}
	})
	return begun
}

// When an action is given up, what was begun and waits for its turn is not sent: no more
// changes fail than were talking to WalkMe at that moment.
func TestGivenUpBeforeItsTurn(t *testing.T) {
	t.Parallel()
	const workers = 4
	const why = "WalkMe answered 403 24 times in a row"
	s := newStage(t, walkme.OIN)
	s.hire(crew("p", 80)...)
	path := s.copyState(t)
	synctest.Test(t, func(t *testing.T) {
		tenant := s.newTenant(t)
		defer tenant.Close()
		p := s.start(t, tenant, path)
		defer p.end()
		p.agent.Config.Workers = workers
		p.agent.Config.Policy.DeactivateUsers = false
		var posts, since atomic.Int64 // all; and those after the look whether WalkMe is there
		var looked atomic.Bool
		tenant.Fault(func(r *walkmetest.Request) walkmetest.Fault {
			switch {
			case r.Method == http.MethodGet && !strings.Contains(r.RawQuery, "filter") && posts.Load() >= 24:
				looked.Store(true)
			case r.Method == http.MethodPost && r.Path == "/Users":
				n := posts.Add(1)
				if looked.Load() {
					since.Add(1)
				}
				if n > 24 {
					time.Sleep(time.Second)
				}
				return walkmetest.NotApplied(http.StatusForbidden)
			}
			return walkmetest.Fault{}
		})
		report, err := p.agent.Sync(t.Context(), agent.Options{Trigger: "sync"})
		if err != nil {
			t.Fatal(err)
		}
		if n := since.Load(); !looked.Load() || n > workers {
			t.Errorf("%d creates were sent, %d of them after the action was given up, want no more than one a worker", posts.Load(), n)
		}
		history, err := p.agent.State.History(t.Context(), state.Filter{RunID: report.Run.ID})
		if err != nil {
			t.Fatal(err)
		}
		failed := 0
		for _, e := range history {
			switch {
			case e.Action != string(plan.Create):
			case e.State == state.Failed:
				failed++
			case e.State != state.Abandoned || !strings.Contains(e.Error, why):
				t.Errorf("entry of %s is %s, %q, want %s, and that %s", e.Name, e.State, e.Error, state.Abandoned, why)
			}
		}
		if failed != int(posts.Load()) {
			t.Errorf("%d entries failed, want those that were sent", failed)
		}
		for c, err := range report.All() {
			if err != nil {
				t.Fatal(err)
			}
			if c.Action == plan.Create && c.Outcome == plan.Skipped && !strings.Contains(c.Error, why) {
				t.Errorf("%s was skipped because of %q", c.Name, c.Error)
			}
		}
	})
}

// When WalkMe answers no read either, the run ends there.
func TestSilenceEndsTheRun(t *testing.T) {
	t.Parallel()
	s := newStage(t, walkme.OIN)
	s.hire(crew("p", 40)...)
	path := s.copyState(t)
	synctest.Test(t, func(t *testing.T) {
		tenant := s.newTenant(t)
		defer tenant.Close()
		p := s.start(t, tenant, path)
		defer p.end()
		tenant.Fault(func(*walkmetest.Request) walkmetest.Fault { return walkmetest.Gateway(http.StatusServiceUnavailable) })
		report, err := p.agent.Sync(t.Context(), agent.Options{Trigger: "sync"})
		var stopped *apply.StoppedError
		if !errors.As(err, &stopped) || report.Run.Applied != 0 || report.Run.Skipped < 16 {
			t.Errorf("Sync() = %v, run %+v, want a *StoppedError, 0 applied, at least 16 skipped", err, report.Run)
		}
	})
}

// What fails in every run neither trips the breaker for the others nor keeps
// another kind of change from its turn.
func TestDeadChangesStarveNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.Workers = 1 })
	leavers := crew("p", 30)
	w.hire(leavers...)
	w.sync()
	w.dismiss(leavers...)
	w.hire("zoe")
	dead := map[string]bool{}
	for _, name := range leavers[:25] {
		dead[w.accountID(name)] = true
	}
	w.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool {
		return r.Method == http.MethodPatch && dead[path.Base(r.Path)]
	}, 0, walkmetest.NotApplied(http.StatusInternalServerError)))
	for range 3 { // the first one doubts that so many have left
		w.sync()
	}
	left := 0
	for _, u := range w.tenant.Users() {
		if u.Active && dead[u.ID] {
			left++
		} else if u.Active != (u.UserName == "zoe@example.com") {
			t.Errorf("%s is active: %t", u.UserName, u.Active)
		}
	}
	if left != 25 {
		t.Errorf("%d dead accounts are active, want 25", left)
	}
}

// 403 for one object is about that object when the credentials are good; the
// credentials are asked for once.
func TestForbiddenObjectStopsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.Workers = 1 })
	w.hire("ann", "bob", "cara")
	w.sync()
	w.dismiss("ann", "bob", "cara")
	w.hire("dan")
	kept := map[string]bool{w.accountID("ann"): true, w.accountID("bob"): true}
	w.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool {
		return walkmetest.IsWrite(r) && kept[path.Base(r.Path)]
	}, 0, walkmetest.NotApplied(http.StatusForbidden)))
	report := w.sync()
	if run := report.Run; run.Outcome != agent.RunProblems || run.Failed != 2 || run.Applied != 2 {
		t.Errorf("run = %+v, want problems, 2 failed, 2 applied", run)
	}
	if n := strings.Count(w.requests(), "count=2"); n != 1 {
		t.Errorf("the credentials were tested %d times, want once", n)
	}
	wantText(t, "accounts", w.accounts(), `
		ann: Ann Example
		bob: Bob Example
		cara: Cara Example (inactive)
		dan: Dan Example`)
}

// A poisoned object is refused again and again, and the others go on.
func TestOneBadObjectStopsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire(crew("p", 30)...)
	w.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool {
		return strings.Contains(string(r.Body), `"userName":"p1`) // p10 … p19; a password may be anything
	}, 0, walkmetest.NotApplied(http.StatusBadRequest)))
	report := w.sync()
	if run := report.Run; run.Outcome != agent.RunProblems || run.Failed != 10 || run.Applied != 20 {
		t.Errorf("run = %+v, want problems, 10 failed, 20 applied", run)
	}
}

// A host that nobody listens at is no reason to forget anything.
func TestUnreachableWalkMe(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) {
		s.walkmeOver = func(http.RoundTripper) http.RoundTripper { return refusing{} }
	})
	w.hire("ann")
	report := w.sync()
	if c := report.Changes[0]; c.Outcome != plan.Failed {
		t.Errorf("create of ann = %s, want failed", c.Outcome)
	}
	w.restart(func(s *setup) { s.walkmeOver = nil })
	wantText(t, "changes", changes(w.sync()), "create ann: applied")
	w.quiet()
}

// refusing is a network on which nobody listens.
type refusing struct{}

func (refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	out := req.Clone(req.Context())
	out.URL.Host = strings.TrimPrefix(server.URL, "http://")
	return http.DefaultTransport.RoundTrip(out)
}

package agent_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// newGuardedStage prepares a run that the guards have a part in: two leavers above the limit
// whose hold is approved, a group that was deleted in Okta and made again with another
// member in the place of one, a joiner, and a last sighting that is older than
// walkme.verify_every.
func newGuardedStage(t *testing.T, profile walkme.Profile) *stage {
	s := &stage{hand: func(tenant *walkmetest.Tenant) {
		admin := tenant.AddUser(walkmetest.User{UserName: "admin@example.com", Active: true})
		tenant.AddGroup("Foreign", admin)
	}}
	s.world = newWorld(t, profile, func(c *setup) {
		c.config.Workers = 1
		c.wire.MemberBatch = 2
		c.config.VerifyEvery = time.Hour
		c.config.Limits.Deactivations = plan.Limit{Count: 1}
		c.config.Policy.Groups = plan.GroupPolicy{RemoveDeprovisioned: true, RecreateMissing: true}
		c.config.GroupSources = []okta.GroupSource{{Rule: &okta.GroupRule{NameStartsWith: "push "}}}
	})
	w := s.world
	s.hand(w.tenant)
	w.hire("gus", "mo", "lea", "kim", "rita")
	w.group("push Base", "gus")
	w.group("push Team", "gus", "mo", "lea")
	w.org.Age(time.Hour) // Okta's search may be behind by a minute
	w.sync()
	s.story = append(s.story, w.tenant.Requests()...)
	w.dismiss("lea", "kim")
	held := w.sync().Holds[0].ID
	if len(w.tenant.Requests()) > 0 {
		t.Fatalf("requests of a run that holds = %s, want none", w.requests())
	}
	if _, err := w.agent.State.Decide(t.Context(), state.Judgement{HoldID: held, Verdict: state.Approved, By: "test"}); err != nil {
		t.Fatal(err)
	}
	w.remake("push Team", "gus", "rita")
	w.hire("joe")
	w.join("push Base", "joe")
	s.at = time.Now().Add(2 * time.Hour)
	s.freeze(t)
	return s
}

// The matrix again, for a run of approvals, of a group that passes on, and of a look at
// whether WalkMe is still there.
func TestFaultMatrixOfGuards(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		s := newGuardedStage(t, profile)
		s.tryEverything(t)
		e := s.play(t, t.TempDir(), mishap{})
		wantText(t, "the first request", e.requests[0].Method, "GET")
		for _, r := range e.records {
			if r.Type == "User" && (r.Name == "lea@example.com" || r.Name == "kim@example.com") && r.Active {
				t.Errorf("%s is active, want the approval carried out", r.Name)
			}
		}
	})
}

// A tenant is adopted, whatever happens to one of the requests, by the next adopt, and all
// that it lacks is made anew once.
func TestFaultMatrixOfAdopt(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		s := newGuardedStage(t, profile)
		s.world.agent.Config.Policy.RecreateMissing = true
		dir := t.TempDir()
		want, n := s.adopt(t, dir, mishap{})
		if want.runs > 2 || n < 2 {
			t.Fatalf("undisturbed: %d runs after %d requests\n%s", want.runs, n, want.history)
		}
		step := 1
		if testing.Short() || raced {
			step = 3
		}
		for i := 1; i <= n; i += step {
			for _, m := range []mishap{
				{i, "500", walkmetest.NotApplied(500), goesOn}, {i, "404", walkmetest.NotApplied(404), goesOn},
				{i, "gateway", walkmetest.Gateway(404), goesOn}, {i, "killed", walkmetest.Fault{}, killed},
			} {
				got, _ := s.adopt(t, dir, m)
				name := fmt.Sprintf("request %d, %s", m.n, m.name)
				if d := cmp.Diff(want.tenant, got.tenant) + cmp.Diff(want.records, got.records); d != "" || got.invitations != want.invitations || len(got.violations) > 0 {
					t.Errorf("%s: %d invitations, want %d; violations %q (-want +got):\n%s\n%s", name, got.invitations, want.invitations, got.violations, d, got.history)
				}
			}
		}
	})
}

// adopt plays one case of a tenant that has nothing: a run, which must fail, adopt with the
// mishap, and adopt without it where it failed.
func (s *stage) adopt(t *testing.T, folder string, m mishap) (e ending, requests int) {
	dir, err := os.MkdirTemp(folder, "case-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it lies in the test's own folder
	path := filepath.Join(dir, "state.db")
	if err := os.WriteFile(path, s.state, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		tenant := walkmetest.New(walkmetest.Options{MaxBatch: 100})
		s.hand(tenant)
		tenant.Protect(tenant.Users()[0].ID, tenant.Groups()[0].ID)
		defer tenant.Close()
		p := s.start(t, tenant, path)
		if report := p.sync(); report.Run.Outcome != agent.RunFailed {
			t.Errorf("run before adopt = %s, want it failed", report.Run.Outcome)
		}
		tenant.ResetRequests()
		p.wire.count.Store(0)
		if m.mode == killed {
			p.wire.kill = func(n int) (bool, bool) { return n == m.n, false }
		} else if m.mode != "" {
			tenant.Fault(walkmetest.OnNth(m.n, m.fault))
		}
		_, err := p.agent.AdoptTenant(t.Context())
		requests = int(p.wire.count.Load())
		tenant.Fault(nil)
		if err != nil {
			p.end()
			p = s.start(t, tenant, path)
			if _, err := p.agent.AdoptTenant(t.Context()); err != nil {
				t.Errorf("the second adopt: %v", err)
			}
		}
		e = p.untilQuiet(tenant)
		p.end()
	})
	return e, requests
}

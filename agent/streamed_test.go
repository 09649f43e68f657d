package agent_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme/walkmetest"
)

// TestPlanOfEverybody compares, all through the lives of random companies, the plan of a
// run that lets people go who are in step, and of one that lets plain changes go to a
// file, too, with that of one which sees everybody. There
// are names that two people share, mappings that change, holds and decisions, failures,
// resyncs, refreshes, looks at a few people, and accounts that somebody changes in WalkMe.
func TestPlanOfEverybody(t *testing.T) {
	seeds := 8
	if n, err := strconv.Atoi(os.Getenv("AGENT_TEST_SEEDS")); err == nil {
		seeds = n
	}
	if testing.Short() || raced {
		seeds = 6
	}
	var passed, unread, spilled, forced, few atomic.Int64
	t.Run("seeds", func(t *testing.T) {
		for seed := range seeds {
			t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
				t.Parallel()
				l := newLife(t, uint64(seed)+1000)
				l.stage.world.agent.Config.Limits = l.limits()
				(&comparedLife{life: l, passed: &passed, unread: &unread, spilled: &spilled, forced: &forced, few: &few}).play(t)
			})
		}
	})
	t.Logf("%d people were let go, %d of them undecoded, %d changes, and %d of resyncs; %d explanations by few reads", passed.Load(), unread.Load(), spilled.Load(), forced.Load(), few.Load())
	if passed.Load() == 0 || unread.Load() == 0 || spilled.Load() == 0 || forced.Load() == 0 || few.Load() == 0 {
		t.Errorf("%d people were let go, %d of them undecoded, %d changes, and %d of resyncs; %d explanations by few reads: nothing was compared",
			passed.Load(), unread.Load(), spilled.Load(), forced.Load(), few.Load())
	}
}

// limits are so low that something is held now and then.
func (l *life) limits() plan.Limits {
	low := func() plan.Limit { return plan.Limit{Count: l.rand.IntN(4)} }
	return plan.Limits{Deactivations: low(), MemberRemovals: low(), GroupDeletes: low(), EmptiedValues: low(), Window: time.Hour}
}

// comparedLife is a life in which each plan is made on all roads.
type comparedLife struct {
	*life
	passed, unread, spilled *atomic.Int64
	forced                  *atomic.Int64 // changes of resyncs that are on disk
	few                     *atomic.Int64 // explanations by few reads
	compared                int
}

// Enabled, Handle, WithAttrs and WithGroup make the life hear how many people its agent
// has let go.
func (l *comparedLife) Enabled(context.Context, slog.Level) bool { return true }

func (l *comparedLife) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "in_step":
			l.passed.Add(a.Value.Int64())
		case "not_decoded":
			l.unread.Add(a.Value.Int64())
		}
		return true
	})
	return nil
}

func (l *comparedLife) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *comparedLife) WithGroup(string) slog.Handler      { return l }

func (l *comparedLife) play(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l.tenant = walkmetest.New(walkmetest.Options{MaxBatch: 100, Allow: []walkmetest.Rule{walkmetest.RuleNoChange}})
		defer l.tenant.Close()
		l.now = l.stage.start(t, l.tenant, l.path)
		l.now.agent.Logger = slog.New(l)
		l.base = l.stage.org.NewGroup("push base")
		l.boss = l.stage.org.Hire(oktatest.Person{First: "The", Last: "Boss", Email: "boss@example.com"})
		l.stage.org.Assign(l.boss)
		for range 6 {
			l.hire()
		}
		for range 10 {
			for range 1 + l.rand.IntN(4) {
				l.oddStep(t)
				time.Sleep(time.Duration(l.rand.IntN(90)) * time.Second)
			}
			l.compare(t)
			l.oddRun(t)
			l.compare(t)
			if t.Failed() {
				t.Fatalf("seed %d\n%s", l.seed, strings.Join(l.diary, "\n"))
			}
		}
		l.now.end()
	})
}

// oddStep is an event of any life, or one of those that a whole list decides about.
func (l *comparedLife) oddStep(t *testing.T) {
	switch l.rand.IntN(9) {
	case 8:
		l.meddle()
	case 0:
		l.share()
	case 1:
		given := []string{"user.firstName", "user.lastName", "user.department", "toUpperCase(user.firstName)"}[l.rand.IntN(4)]
		l.note("mapping of the given name: %s", given)
		l.now.agent.Config.Mapping = guideMapping(t, given)
	case 2:
		l.decide(t)
	default:
		l.step()
	}
}

// share gives somebody the userName of somebody else in the app, or their own again.
func (l *comparedLife) share() {
	people := l.stage.org.People()
	l.withPerson("share the name of", func(p oktatest.PersonState) {
		other := people[l.rand.IntN(len(people))]
		if p.Assigned {
			l.note("  gets %s", other.Login)
			l.stage.org.SetAppProfile(p.ID, other.Login, map[string]any{})
		}
	})
}

// meddle has somebody change an account in WalkMe.
func (l *comparedLife) meddle() {
	accounts := l.tenant.Users()
	if len(accounts) == 0 {
		return
	}
	u := accounts[l.rand.IntN(len(accounts))]
	l.note("meddle with %s", u.UserName)
	switch l.rand.IntN(5) {
	case 0:
		l.tenant.DeleteUser(u.ID)
	case 1:
		l.tenant.SetUser(u.ID, func(u *walkmetest.User) { u.Active = !u.Active })
	case 2:
		l.tenant.SetUser(u.ID, func(u *walkmetest.User) { u.GivenName = "" })
	default:
		l.tenant.SetUser(u.ID, func(u *walkmetest.User) { u.GivenName, u.FamilyName = "Some", "Body" })
	}
}

func (l *comparedLife) decide(t *testing.T) {
	holds, err := l.now.agent.State.Holds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range holds {
		verdict := state.Approved
		if l.chance(50) {
			verdict = state.Rejected
		}
		l.note("%s %s", verdict, h.ID)
		if _, err := l.now.agent.State.Decide(t.Context(), state.Judgement{HoldID: h.ID, Verdict: verdict, By: "somebody"}); err != nil {
			t.Fatal(err)
		}
	}
}

// oddRun makes one of the runs that there are, sometimes while both sides fail.
func (l *comparedLife) oddRun(t *testing.T) {
	if l.chance(30) {
		l.storm()
		defer l.calm()
	}
	var report *agent.Report
	var err error
	switch n := l.rand.IntN(10); n {
	case 0:
		report, err = l.now.agent.Sync(t.Context(), agent.Options{Trigger: agent.TriggerResync, Scope: plan.OfSelection(plan.Selection{Changed: l.chance(50)})})
	case 1:
		report, err = l.now.agent.Sync(t.Context(), agent.Options{Trigger: "sync", Scope: plan.Scope{}.Refreshed()})
	case 2:
		people := l.stage.org.People()
		one, other := people[l.rand.IntN(len(people))].ID, people[l.rand.IntN(len(people))].ID
		report, err = l.now.agent.SyncPeople(t.Context(), []string{one, other}, agent.Options{Trigger: agent.TriggerWatch})
	default:
		report = l.now.sync()
	}
	l.note("run: %v", err)
	if report != nil {
		l.note("%s: %s", report.Run.Trigger, report.Run.Outcome)
		for _, line := range nonEmpty(changes(report)) {
			l.note("    %s", line)
		}
	}
}

// compare makes the plan on both roads, with Okta and without.
func (l *comparedLife) compare(t *testing.T) {
	t.Helper()
	plain := *l.now.agent
	plain.Config.SeeEverybody, plain.Logger = true, nil
	l.compareExplanations(t, &plain)
	l.compared++
	spilling := *l.now.agent
	spilling.Logger, spilling.SpillFrom = nil, int(l.compared%3)
	spilling.Spill = func() (plan.ChangeStore, error) { return os.CreateTemp(t.TempDir(), "") }
	for name, make := range map[string]func(*agent.Agent) (*plan.Plan, error){
		"plan":    func(a *agent.Agent) (*plan.Plan, error) { return a.Plan(t.Context(), agent.Options{}) },
		"offline": func(a *agent.Agent) (*plan.Plan, error) { return a.PlanOffline(t.Context(), agent.Options{}) },
		"refresh": func(a *agent.Agent) (*plan.Plan, error) {
			return a.Plan(t.Context(), agent.Options{Scope: plan.Scope{}.Refreshed()})
		},
		"resync": func(a *agent.Agent) (*plan.Plan, error) {
			named := l.stage.org.People()[l.compared%len(l.stage.org.People())]
			pick := []plan.Selection{
				{}, {Changed: true}, {Failed: true}, {Attributes: []string{"name.givenName"}},
				{Users: []string{named.Login}}, {Users: []string{named.ID + "," + l.boss}}, {Groups: []string{"push base"}}, {Users: []string{"nobody@example.com"}},
			}[l.compared%8]
			scope := plan.OfSelection(pick)
			if rest, err := a.RestOfResync(t.Context(), plan.Selection{}); err == nil {
				scope = rest
			}
			return a.Plan(t.Context(), agent.Options{Scope: scope})
		},
	} {
		want, wantErr := make(&plain)
		got, err := make(l.now.agent)
		if fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Errorf("%s = %v, of everybody %v", name, err, wantErr)
		}
		if diff := cmp.Diff(planText(t, want), planText(t, got)); diff != "" {
			t.Errorf("%s (-of everybody +without people in step):\n%s", name, diff)
		}
		got, err = make(&spilling)
		if fmt.Sprint(err) != fmt.Sprint(wantErr) {
			t.Errorf("%s with updates on disk = %v, of everybody %v", name, err, wantErr)
		}
		if diff := cmp.Diff(planText(t, want), planText(t, got)); diff != "" {
			t.Errorf("%s (-of everybody +with updates on disk):\n%s", name, diff)
		}
		if got != nil && name != "resync" {
			l.spilled.Add(int64(got.Len() - len(got.Changes)))
		} else if got != nil {
			l.forced.Add(int64(got.Len() - len(got.Changes)))
		}
	}
}

// compareExplanations explains people and groups, also such as are gone or have never been, on
// both roads; and by few reads where the last run has seen what Okta says now.
func (l *comparedLife) compareExplanations(t *testing.T, everybody *agent.Agent) {
	t.Helper()
	quiet, few := *l.now.agent, *l.now.agent
	quiet.Logger, few.Logger, few.ManyPeople = nil, nil, 1
	names := []string{"nobody@example.com", "push base"}
	for _, p := range l.stage.org.People() {
		names = append(names, p.Login)
	}
	seen := l.seen(t, everybody)
	for range 2 {
		name := names[l.rand.IntN(len(names))]
		want := explanationText(t, everybody, name)
		if diff := cmp.Diff(want, explanationText(t, &quiet, name)); diff != "" {
			t.Errorf("explain %s (-of everybody +without people in step):\n%s", name, diff)
		}
		if !seen {
			continue
		}
		l.few.Add(1)
		if diff := cmp.Diff(want, explanationText(t, &few, name)); diff != "" {
			t.Errorf("explain %s (-of everybody +by few reads):\n%s", name, diff)
		}
	}
}

// seen says whether the stored snapshot is what Okta says now.
func (l *comparedLife) seen(t *testing.T, a *agent.Agent) bool {
	t.Helper()
	now, err := a.Plan(t.Context(), agent.Options{})
	if err != nil {
		return false
	}
	then, err := a.PlanOffline(t.Context(), agent.Options{})
	return err == nil && now.Source.Digest == then.Source.Digest
}

func explanationText(t *testing.T, a *agent.Agent, name string) string {
	e, err := a.Explain(t.Context(), name)
	if err != nil {
		return err.Error()
	}
	e.OthersReadAt = nil
	text, err := json.MarshalIndent(e, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// planText is a plan without its times, with all of its changes.
func planText(t *testing.T, p *plan.Plan) string {
	if p == nil {
		return ""
	}
	timeless := withChanges(t, p)
	timeless.CreatedAt, timeless.Source.TakenAt = time.Time{}, time.Time{}
	text, err := json.MarshalIndent(timeless, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

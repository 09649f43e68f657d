package agent_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme/walkmetest"
)

// The runs of a random company, and what people decide between them.

// oddity is how a tenant differs from the strict one.
type oddity struct {
	name   string
	quirks walkmetest.Quirks

	// folds: it takes people whose names differ in an odd letter for one, so that the
	// create of one is tried, and refused, in each run.
	folds bool

	cuts bool // of a membership that it does not show, the report says in every run that it was not applied
}

var oddities = []oddity{
	{name: "strict"},
	{name: "members unseen", quirks: walkmetest.Quirks{MembersNeverEchoed: true}},
	{name: "filters ignored", quirks: walkmetest.Quirks{IgnoreFilter: true}},
	{name: "strict"},
	{name: "case folded", quirks: walkmetest.Quirks{NamesFolded: true, LowerCasesUserName: true}, folds: true},
	{name: "lists cut", quirks: walkmetest.Quirks{MembersShownMax: 2, PageCap: 3, TotalIsPageSize: true}, cuts: true},
}

// start starts a process on the state of the life.
func (l *life) start(t *testing.T) {
	l.now = l.stage.start(t, l.tenant, l.path)
	l.now.agent.Now = func() time.Time { return time.Now().Add(l.ahead) }
}

// sync makes a run: often with faults, sometimes until the process is killed, for a few
// people alone, against what WalkMe shows, or with a clock that is wrong. However it ends,
// nobody has lost what is due, and nobody keeps what is not without a word.
func (l *life) sync(t *testing.T) {
	if l.chance(60) {
		l.storm()
	}
	died := ""
	if l.chance(25) {
		died = l.dieAt(t, 1+l.rand.IntN(20), l.chance(50))
	}
	if l.chance(10) {
		l.ahead = 400 * 24 * time.Hour
	}
	history := l.historyLength(t)
	report := l.run()
	l.now.wire.kill = nil
	l.calm()
	dead := l.now.wire.dead.Load()
	if dead {
		l.note("  killed")
		l.now.end()
		l.tenant.ClientRestarted()
		l.path = died
		l.start(t)
	}
	l.ahead = 0
	if n := l.historyLength(t); n < history && !dead {
		t.Errorf("history of %d entries, want the %d of before: nothing is that old", n, history)
	}
	l.watch(t, report, dead)
	l.decide(t, 40, 25)
	l.touched = nil
}

// dieAt has the process die at its nth request, which may still reach WalkMe. It returns
// where the state of that moment will be.
func (l *life) dieAt(t *testing.T, at int, arrives bool) string {
	l.copies++
	died := fmt.Sprintf("%s.%d", l.path, l.copies)
	p := l.now
	p.wire.kill = func(n int) (bool, bool) {
		if p.wire.dead.Load() || n < at {
			return false, false
		}
		p.wire.dead.Store(true)
		if err := p.agent.State.Backup(context.Background(), died); err != nil {
			t.Error(err)
		}
		return true, arrives
	}
	p.wire.count.Store(0)
	return died
}

// run makes a run of some kind; nil: of a few people, and there was nothing to do.
func (l *life) run() *agent.Report {
	ctx, opts := l.now.t.Context(), agent.Options{Trigger: "sync"}
	if l.chance(15) {
		opts.Scope = opts.Scope.Refreshed()
	}
	var report *agent.Report
	var err error
	if !opts.Scope.Refreshes() && l.chance(15) {
		opts.Trigger = agent.TriggerWatch
		report, err = l.now.agent.SyncPeople(ctx, l.touched, opts)
	} else {
		report, err = l.now.agent.Sync(ctx, opts)
	}
	if report == nil {
		l.note("%s: nothing, %v", opts.Trigger, err)
		return nil
	}
	collected(l.now.t, report)
	l.note("%s, refresh %t, clock ahead %s: %s %s", opts.Trigger, opts.Scope.Refreshes(), l.ahead, report.Run.Outcome, report.Run.Error)
	for _, line := range nonEmpty(changes(report)) {
		l.note("    %s", line)
	}
	return report
}

func (l *life) historyLength(t *testing.T) int {
	entries, err := l.now.agent.State.History(t.Context(), state.Filter{})
	if err != nil {
		t.Error(err)
	}
	return len(entries)
}

// decide approves some of what waits, and rejects some, by these chances in a hundred.
func (l *life) decide(t *testing.T, approve, reject int) {
	db := l.now.agent.State
	holds, err := db.Holds(t.Context())
	if err != nil {
		t.Error(err)
	}
	for _, h := range holds {
		verdict := state.Approved
		switch roll := l.rand.IntN(100); {
		case roll >= approve+reject:
			continue
		case roll >= approve:
			verdict = state.Rejected
		}
		l.note("  %s: %s", h.ID, verdict)
		if _, err := db.Decide(t.Context(), state.Judgement{HoldID: h.ID, Digest: h.Digest, Verdict: verdict, By: "test"}); err != nil {
			t.Error(err)
		}
	}
}

// approveAll makes runs until nothing waits for a person, and what was rejected is
// approved.
func (l *life) approveAll(t *testing.T) {
	db := l.now.agent.State
	for range 8 {
		report := l.now.sync()
		l.note("in the end: %s %s", report.Run.Outcome, report.Run.Error)
		for _, line := range nonEmpty(changes(report)) {
			l.note("    %s", line)
		}
		l.watch(t, report, false)
		decided, err := db.Decisions(t.Context())
		if err != nil {
			t.Error(err)
		}
		rejected := slices.DeleteFunc(decided, func(d state.Decision) bool { return d.Verdict != state.Rejected })
		for _, d := range rejected {
			if _, err := db.Decide(t.Context(), state.Judgement{HoldID: d.Hold.ID, Verdict: state.Approved, By: "test"}); err != nil {
				t.Error(err)
			}
		}
		l.decide(t, 100, 0)
		if report.Run.Held == 0 && len(rejected) == 0 {
			return
		}
	}
}

// storm makes some of the requests to both sides fail.
func (l *life) storm() {
	l.faults = rand.New(rand.NewPCG(l.rand.Uint64(), 2))
	l.tenant.Fault(func(*walkmetest.Request) walkmetest.Fault {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.faults.IntN(100) >= 20 {
			return walkmetest.Fault{}
		}
		return matrixFaults[l.faults.IntN(len(matrixFaults))].fault
	})
	l.stage.org.Fault(func(*http.Request) *oktatest.Fault {
		l.mu.Lock()
		defer l.mu.Unlock()
		switch l.faults.IntN(60) {
		case 0:
			return &oktatest.Fault{Status: http.StatusInternalServerError}
		case 1:
			return &oktatest.Fault{Drop: true}
		case 2:
			return &oktatest.Fault{CutAfter: 20}
		case 3:
			return &oktatest.Fault{Status: http.StatusOK, Body: "null"}
		}
		return nil
	})
}

func (l *life) calm() {
	l.tenant.Fault(nil)
	l.stage.org.Fault(nil)
}

// remakeGroup deletes a group and makes it again under its name, with other members.
func (l *life) remakeGroup() {
	l.withGroup("make again", func(g oktatest.GroupState) {
		if g.ID == l.base {
			l.note("  not this one")
			return
		}
		l.stage.org.DeleteGroup(g.ID)
		var members []string
		for _, p := range l.stage.org.People() {
			if l.chance(40) {
				members = append(members, p.ID)
			}
		}
		id := l.stage.org.NewGroup(g.Name, members...)
		if g.ID == l.content {
			l.content = id
		}
		l.note("  %s of %q", id, members)
	})
}

// watched is what WalkMe holds of people and groups of the agent's.
type watched struct {
	active map[string]bool            // Okta ids that an active account bears
	in     map[string]map[string]bool // Okta ids, by the name of the group
}

// look looks at the tenant itself, whatever that shows to its clients.
func (l *life) look() watched {
	w := watched{active: map[string]bool{}, in: map[string]map[string]bool{}}
	owner := map[string]string{}
	for _, u := range l.tenant.Users() {
		if u.Active && u.ID != l.foreign {
			w.active[u.ExternalID], owner[u.ID] = true, u.ExternalID
		}
	}
	for _, g := range l.tenant.Groups() {
		w.in[g.DisplayName] = map[string]bool{}
		for _, id := range g.Members {
			if owner[id] != "" {
				w.in[g.DisplayName][owner[id]] = true
			}
		}
	}
	return w
}

// watch holds the laws that a run keeps however it ends.
func (l *life) watch(t *testing.T, report *agent.Report, dead bool) {
	t.Helper()
	wantOneOwner(t, l.now.agent.State)
	after := l.look()
	if authors, _ := l.tenant.Group("Authors"); !slices.Contains(authors.Members, l.foreign) {
		t.Error("the admin was taken out of the linked group")
	}
	l.wantNobodyRobbed(t, after)
	l.wantNothingTwice(t)
	if report != nil && !dead && report.Run.Outcome == agent.RunDone && report.Run.Trigger != agent.TriggerWatch {
		l.wantNothingKept(t, report, after)
	}
	l.before = after
	if t.Failed() {
		l.note("  HERE")
	}
}

// wantNobodyRobbed: whoever is assigned keeps the account, and whoever is in a group of
// Okta's stays in WalkMe's. Nothing changes in Okta while a run goes on.
func (l *life) wantNobodyRobbed(t *testing.T, after watched) {
	t.Helper()
	due := map[string]bool{}
	for _, p := range l.stage.org.People() {
		due[p.ID] = p.Assigned
		if p.Assigned && l.before.active[p.ID] && !after.active[p.ID] {
			t.Errorf("%s %s is assigned, and has lost the account", p.ID, p.UserName)
		}
	}
	if l.oddity.cuts {
		return // a list of members that is written whole may lack those who are not shown, until the next run
	}
	for _, g := range l.stage.org.Groups() {
		before, now := l.before.in[l.nameInWalkMe(g)], after.in[l.nameInWalkMe(g)]
		for _, id := range g.Members {
			if due[id] && before[id] && after.active[id] && now != nil && !now[id] {
				t.Errorf("%s is in group %s, and was taken out of it", id, g.Name)
			}
		}
	}
}

// nameInWalkMe is the name of the group that a group of Okta's is pushed to.
func (l *life) nameInWalkMe(g oktatest.GroupState) string {
	if g.ID == l.content {
		return "Authors"
	}
	return g.Name
}

func (l *life) wantNothingTwice(t *testing.T) {
	t.Helper()
	people := map[string]string{}
	for _, u := range l.tenant.Users() {
		if other := people[u.ExternalID]; u.Active && u.ExternalID != "" && other != "" {
			t.Errorf("%s has two active accounts, %s and %s", u.ExternalID, other, u.UserName)
		}
		if u.Active {
			people[u.ExternalID] = u.UserName
		}
	}
	groups := map[string]bool{}
	for _, g := range l.tenant.Groups() {
		if groups[g.DisplayName] {
			t.Errorf("WalkMe has two groups %s", g.DisplayName)
		}
		groups[g.DisplayName] = true
	}
}

// wantNothingKept: after a run that calls everything done, nobody has an account, or is in
// a group, for whom Okta has none, unless the report has a change of it.
func (l *life) wantNothingKept(t *testing.T, report *agent.Report, after watched) {
	t.Helper()
	said := map[string]bool{}
	for _, c := range report.Changes {
		said[c.OktaID] = said[c.OktaID] || c.Outcome != plan.Applied
	}
	people := map[string]oktatest.PersonState{}
	for _, p := range l.stage.org.People() {
		people[p.ID] = p
	}
	for id := range after.active {
		if !people[id].Assigned && !said[id] {
			t.Errorf("%s is not assigned and has an active account; the run says done", id)
		}
	}
	for _, g := range l.stage.org.Groups() {
		if !l.pushed(g) || said[g.ID] {
			continue
		}
		for id := range after.in[l.nameInWalkMe(g)] {
			kept := people[id].Status == "SUSPENDED" || said[id]
			if !slices.Contains(g.Members, id) && !kept {
				t.Errorf("%s is not in group %s in Okta, and is in WalkMe; the run says done", id, g.Name)
			}
		}
	}
}

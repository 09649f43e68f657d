package agent_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// TestRandomLife lets a company live: people and groups come, change and go, both
// sides fail, the process is killed. When the faults are over, WalkMe must show
// what Okta says. A seed decides everything but the order of what runs side by
// side. AGENT_TEST_SEEDS=2000 lives that many lives.
func TestRandomLife(t *testing.T) {
	t.Parallel()
	seeds := 48
	if testing.Short() || raced {
		seeds = 8
	}
	if n, err := strconv.Atoi(os.Getenv("AGENT_TEST_SEEDS")); err == nil {
		seeds = n
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			newLife(t, uint64(seed)).play(t)
		})
	}
}

// lifeGrace is the grace of some companies.
const lifeGrace = 2 * time.Minute

// life is a random company.
type life struct {
	seed   uint64
	rand   *rand.Rand
	stage  *stage // its org and its clients
	path   string
	copies int
	tenant *walkmetest.Tenant
	now    *process

	base  string // id of a group that is always pushed
	boss  string // id of somebody who is always assigned: an empty list is doubted
	names int
	diary []string

	mu      sync.Mutex
	faults  *rand.Rand // nil: no faults
	foreign string     // id of an account that is not the agent's
}

func newLife(t *testing.T, seed uint64) *life {
	s := &stage{world: &world{t: t, org: oktatest.Start(oktatest.Options{PageLimit: 3}), people: map[string]string{}}}
	t.Cleanup(s.org.Close)
	var err error
	s.okta, err = okta.NewClient(t.Context(), okta.Config{
		OrgURL: s.org.URL(), AppID: s.org.AppID(), APIToken: s.org.Token(), RateLimitShare: 1, Transport: s.org.Transport(),
	})
	if err != nil {
		t.Fatal(err)
	}
	l := &life{seed: seed, rand: rand.New(rand.NewPCG(seed, 1)), stage: s, path: filepath.Join(memoryDir(t), "state.db")}
	config := quietConfig(t)
	config.GroupSources = []okta.GroupSource{{Rule: &okta.GroupRule{NameStartsWith: "push "}}}
	config.Workers = 1 + int(seed%3)
	config.Policy.RecreateMissing = l.chance(50)
	config.Policy.Groups = plan.GroupPolicy{DeleteUnlinked: l.chance(50), RemoveDeprovisioned: l.chance(50), RecreateMissing: true}
	if l.chance(50) {
		config.GroupFullRead = time.Hour
	}
	if l.chance(30) {
		config.Grace = lifeGrace
	}
	s.setup = setup{profile: walkme.OIN, wire: walkme.DefaultWire(), config: config}
	if l.chance(50) {
		s.setup.profile = walkme.AIW
	}
	s.setup.wire.MemberBatch = 1 + l.rand.IntN(4)
	if l.chance(20) {
		s.setup.wire.MembershipUpdates = walkme.Replace
	}
	s.world.agent = &agent.Agent{Config: config}
	return l
}

func (l *life) chance(percent int) bool { return l.rand.IntN(100) < percent }

// play lives for a while, then checks.
func (l *life) play(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l.tenant = walkmetest.New(walkmetest.Options{MaxBatch: 100, Allow: []walkmetest.Rule{walkmetest.RuleNoChange}})
		defer l.tenant.Close()
		l.foreign = l.tenant.AddUser(walkmetest.User{UserName: "admin@example.com", Active: true})
		l.tenant.Protect(l.foreign, l.tenant.AddGroup("Foreign", l.foreign))
		l.now = l.stage.start(t, l.tenant, l.path)
		l.base = l.stage.org.NewGroup("push base") // a rule that matches nothing is doubted
		l.boss = l.stage.org.Hire(oktatest.Person{First: "The", Last: "Boss", Email: "boss@example.com"})
		l.stage.org.Assign(l.boss)
		for range 4 {
			l.hire()
		}
		for range 8 {
			for range 1 + l.rand.IntN(6) {
				l.step()
				time.Sleep(time.Duration(l.rand.IntN(90)) * time.Second)
			}
			l.sync(t)
		}
		l.calm()
		for _, p := range l.stage.org.People() {
			if p.Status == "SUSPENDED" { // else their old names might be wanted by others
				l.stage.org.Unsuspend(p.ID)
			}
		}
		l.now.sync()
		time.Sleep(lifeGrace) // of those whom that run has seen to be absent
		e := l.now.untilQuiet(l.tenant)
		l.now.end()
		l.check(t, e)
		if t.Failed() {
			t.Logf("seed %d, %s, %+v\n%s\nlast runs:\n%s", l.seed, l.stage.setup.profile, l.stage.setup.config.Policy, strings.Join(l.diary, "\n"), e.history)
		}
	})
}

func (l *life) note(format string, args ...any) {
	l.diary = append(l.diary, fmt.Sprintf(format, args...))
}

// step is one event in the company.
func (l *life) step() {
	org := l.stage.org
	switch l.rand.IntN(12) {
	case 0, 1:
		l.hire()
	case 2:
		l.group()
	case 3, 4:
		l.membership()
	case 5:
		l.rename()
	case 6:
		l.changeGroup()
	case 7:
		l.withPerson("update", func(p oktatest.PersonState) {
			org.Update(p.ID, map[string]any{"lastName": fmt.Sprintf("Name%d", l.rand.IntN(1000))})
		})
	case 8:
		l.withPerson("unassign", func(p oktatest.PersonState) { org.Unassign(p.ID) })
	case 9, 10:
		l.withPerson("assign", func(p oktatest.PersonState) {
			if p.Status != "DEPROVISIONED" {
				org.Assign(p.ID)
			}
		})
	case 11:
		l.withPerson("change the status of", l.changeStatus)
	}
}

func (l *life) freshName() string {
	l.names++
	return fmt.Sprintf("p%03d@example.com", l.names)
}

// hire takes somebody new on, sometimes under the login of somebody whose login
// was changed before or who was deleted.
func (l *life) hire() {
	login := l.freshName()
	if l.names > 4 && l.chance(30) {
		if used := fmt.Sprintf("p%03d@example.com", 1+l.rand.IntN(l.names)); l.free(used) {
			login = used
		}
	}
	id := l.stage.org.Hire(oktatest.Person{First: "First", Last: fmt.Sprintf("Last%d", l.rand.IntN(1000)), Email: login})
	l.stage.org.Assign(id)
	l.note("hire %s %s", id, login)
}

func (l *life) free(login string) bool {
	return !slices.ContainsFunc(l.stage.org.People(), func(p oktatest.PersonState) bool { return p.Login == login })
}

func (l *life) withPerson(what string, do func(oktatest.PersonState)) {
	people := l.stage.org.People()
	if p := people[l.rand.IntN(len(people))]; p.ID != l.boss {
		l.note("%s %s %s", what, p.ID, p.Login)
		do(p)
	}
}

// rename gives somebody a login that nobody has had: a ring of renames could not
// be carried out.
func (l *life) rename() {
	l.withPerson("rename", func(p oktatest.PersonState) {
		login := l.freshName()
		l.note("  to %s", login)
		l.stage.org.Update(p.ID, map[string]any{"login": login})
	})
}

func (l *life) changeStatus(p oktatest.PersonState) {
	org := l.stage.org
	switch {
	case p.Status == "SUSPENDED":
		org.Unsuspend(p.ID)
		l.note("  unsuspended")
	case p.Status == "DEPROVISIONED" && l.chance(30):
		org.Delete(p.ID)
		l.note("  deleted")
	case p.Status == "DEPROVISIONED":
		org.Reactivate(p.ID)
		org.Assign(p.ID)
		l.note("  reactivated and assigned")
	case l.chance(50):
		org.Suspend(p.ID)
		l.note("  suspended")
	default:
		org.Deactivate(p.ID)
		l.note("  deactivated")
	}
}

func (l *life) group() {
	l.names++
	name := fmt.Sprintf("push g%03d", l.names)
	var members []string
	for _, p := range l.stage.org.People() {
		if l.chance(40) {
			members = append(members, p.ID)
		}
	}
	l.note("group %s %s of %q", l.stage.org.NewGroup(name, members...), name, members)
}

func (l *life) withGroup(what string, do func(oktatest.GroupState)) {
	if groups := l.stage.org.Groups(); len(groups) > 0 {
		g := groups[l.rand.IntN(len(groups))]
		l.note("%s group %s %s", what, g.ID, g.Name)
		do(g)
	}
}

func (l *life) membership() {
	l.withGroup("change the members of", func(g oktatest.GroupState) {
		for _, p := range l.stage.org.People() {
			switch in := slices.Contains(g.Members, p.ID); {
			case !l.chance(30):
			case in:
				l.stage.org.RemoveMember(g.ID, p.ID)
				l.note("  - %s", p.ID)
			default:
				l.stage.org.AddMember(g.ID, p.ID)
				l.note("  + %s", p.ID)
			}
		}
	})
}

// changeGroup renames a group, takes it out of the push or deletes it.
func (l *life) changeGroup() {
	l.withGroup("change", func(g oktatest.GroupState) {
		if g.ID == l.base {
			return
		}
		l.names++
		switch l.rand.IntN(4) {
		case 0:
			l.note("  deleted")
			l.stage.org.DeleteGroup(g.ID)
		case 1:
			l.note("  pushed no more")
			l.stage.org.RenameGroup(g.ID, fmt.Sprintf("g%03d", l.names))
		default:
			l.note("  renamed to push g%03d", l.names)
			l.stage.org.RenameGroup(g.ID, fmt.Sprintf("push g%03d", l.names))
		}
	})
}

// sync makes a run, often with faults, sometimes until the process is killed. However
// it ends, nothing in WalkMe has two owners.
func (l *life) sync(t *testing.T) {
	if l.chance(60) {
		l.storm()
	}
	died := ""
	if l.chance(25) {
		at, arrives := 1+l.rand.IntN(20), l.chance(50)
		l.copies++
		died = fmt.Sprintf("%s.%d", l.path, l.copies)
		p := l.now
		p.wire.kill = func(n int) (bool, bool) {
			if p.wire.dead.Load() || n < at {
				return false, false
			}
			p.wire.dead.Store(true)
			if err := p.agent.State.Backup(t.Context(), died); err != nil {
				t.Error(err)
			}
			return true, arrives
		}
		p.wire.count.Store(0)
	}
	report := l.now.sync()
	l.note("sync: %s %s", report.Run.Outcome, report.Run.Error)
	for _, line := range nonEmpty(changes(report)) {
		l.note("    %s", line)
	}
	l.now.wire.kill = nil
	l.calm()
	if l.now.wire.dead.Load() {
		l.note("  killed")
		l.now.end()
		l.tenant.ClientRestarted()
		l.now = l.stage.start(t, l.tenant, died)
		l.path = died
	}
	wantOneOwner(t, l.now.agent.State)
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

// check compares WalkMe with Okta's truth.
func (l *life) check(t *testing.T, e ending) {
	t.Helper()
	if e.runs > maxRuns {
		t.Errorf("not quiet after %d runs", maxRuns)
	}
	for _, v := range e.violations {
		t.Errorf("violation: %s", v)
	}
	present, kept := l.checkUsers(t)
	l.checkGroups(t, present, kept)
}

// checkUsers returns the user names of those who are to have an active account,
// and the Okta ids of those who are kept as they are.
func (l *life) checkUsers(t *testing.T) (present map[string]string, kept map[string]bool) {
	t.Helper()
	present, kept = map[string]string{}, map[string]bool{}
	rightful := map[string]bool{}
	for _, p := range l.stage.org.People() {
		switch {
		case !p.Assigned:
		case p.Status == "SUSPENDED":
			kept[p.ID] = true
		default:
			present[p.ID], rightful[p.UserName] = p.UserName, true
			u, ok := l.tenant.User(p.UserName)
			if !ok || !u.Active || u.ExternalID != p.ID || u.FamilyName != p.Profile["lastName"] {
				t.Errorf("account of %s %s = %+v, want active with family name %s", p.ID, p.UserName, u, p.Profile["lastName"])
			}
		}
	}
	for _, u := range l.tenant.Users() {
		if u.Active && u.ID != l.foreign && !rightful[u.UserName] && !kept[u.ExternalID] {
			t.Errorf("account %s of %s is active, but nobody assigned has it", u.UserName, u.ExternalID)
		}
	}
	return present, kept
}

func (l *life) checkGroups(t *testing.T, present map[string]string, kept map[string]bool) {
	t.Helper()
	for _, g := range l.stage.org.Groups() {
		if !strings.HasPrefix(g.Name, "push ") {
			continue
		}
		got, ok := l.tenant.Group(g.Name)
		if !ok {
			t.Errorf("group %s is not in WalkMe", g.Name)
			continue
		}
		in := map[string]bool{}
		for _, name := range got.UserNames {
			u, _ := l.tenant.User(name)
			in[u.ExternalID] = true
			member := slices.Contains(g.Members, u.ExternalID)
			if u.Active && !kept[u.ExternalID] && !member {
				t.Errorf("group %s has %s %s, who is not in it in Okta", g.Name, u.ExternalID, name)
			}
		}
		for _, id := range g.Members {
			if present[id] != "" && !in[id] {
				t.Errorf("group %s lacks %s %s", g.Name, id, present[id])
			}
		}
	}
}

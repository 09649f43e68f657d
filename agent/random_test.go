package agent_test

import (
	"fmt"
	"math/rand/v2"
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
	ahead  time.Duration // how far the agent's clock is ahead

	base    string // id of a group that is always pushed
	content string // id of a group that is linked to one of WalkMe's
	boss    string // id of somebody who is always assigned: an empty list is doubted
	names   int
	diary   []string
	touched []string // people whom something has happened to since the last run

	mu      sync.Mutex
	faults  *rand.Rand // nil: no faults
	foreign string     // id of an account that is not the agent's
	oddity  oddity
	before  watched // what the last run left
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
	l := &life{
		seed: seed, rand: rand.New(rand.NewPCG(seed, 1)), stage: s, path: filepath.Join(t.TempDir(), "state.db"),
		oddity: oddities[seed%uint64(len(oddities))],
	}
	config := quietConfig(t)
	config.GroupSources = []okta.GroupSource{{Rule: &okta.GroupRule{NameStartsWith: "push "}}, {Name: "content", Link: "Authors"}}
	config.Workers = 1 + int(seed%3)
	config.Policy.RecreateMissing = l.chance(50)
	config.Policy.Groups = plan.GroupPolicy{DeleteUnlinked: l.chance(50), RemoveDeprovisioned: l.chance(50), RecreateMissing: true}
	if l.chance(50) {
		config.GroupFullRead = time.Hour
	}
	if l.chance(30) {
		config.Grace = lifeGrace
	}
	if l.chance(40) {
		config.Limits = plan.Limits{
			Deactivations: plan.Limit{Count: 1}, MemberRemovals: plan.Limit{Count: 2}, EmptiedValues: plan.Limit{Count: 1}, Window: time.Hour,
		}
	}
	if l.chance(50) {
		config.VerifyEvery = 10 * time.Minute
	}
	config.KeepHistory = 7 * 24 * time.Hour
	s.setup = setup{profile: walkme.OIN, wire: walkme.DefaultWire()}
	if l.chance(50) {
		s.setup.profile = walkme.AIW
	}
	s.setup.wire.MemberBatch = 1 + l.rand.IntN(4)
	if l.chance(20) {
		s.setup.wire.MembershipUpdates = walkme.Replace
	}
	if l.chance(30) {
		s.setup.matching = walkme.MatchList
		config.Workers = 1 // who waits for the list waits at a mutex, which stops the clock of a bubble
	}
	s.setup.config = config
	s.world.agent = &agent.Agent{Config: config}
	return l
}

func (l *life) chance(percent int) bool { return l.rand.IntN(100) < percent }

// play lives for a while, then checks.
func (l *life) play(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l.tenant = walkmetest.New(walkmetest.Options{MaxBatch: 100, Quirks: l.oddity.quirks, Allow: []walkmetest.Rule{walkmetest.RuleNoChange}})
		defer l.tenant.Close()
		l.foreign = l.tenant.AddUser(walkmetest.User{UserName: "admin@example.com", Active: true})
		l.tenant.Protect(l.foreign, l.tenant.AddGroup("Foreign", l.foreign))
		l.tenant.AddGroup("Authors", l.foreign)
		l.start(t)
		l.base = l.stage.org.NewGroup("push base") // a rule that matches nothing is doubted
		l.content = l.stage.org.NewGroup("content")
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
		l.approveAll(t)
		time.Sleep(lifeGrace) // of those whom that run has seen to be absent
		l.approveAll(t)
		e := l.now.untilQuiet(l.tenant)
		l.now.end()
		l.check(t, e)
		if t.Failed() {
			t.Logf("seed %d, %s, %s, matching %s, %+v\n%s\nlast runs:\n%s", l.seed, l.oddity.name, l.stage.setup.profile, l.stage.setup.matching, l.stage.setup.config.Policy, strings.Join(l.diary, "\n"), e.history)
		}
	})
}

func (l *life) note(format string, args ...any) {
	l.diary = append(l.diary, fmt.Sprintf(format, args...))
}

// step is one event in the company.
func (l *life) step() {
	org := l.stage.org
	switch l.rand.IntN(13) {
	case 12:
		l.remakeGroup()
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
	return login(l.names)
}

func login(n int) string { return fmt.Sprintf("kim%03d@example.com", n) }

// hire takes somebody new on, sometimes under the login of somebody whose login
// was changed before or who was deleted.
func (l *life) hire() {
	name := l.freshName()
	if l.names > 4 && l.chance(30) {
		used := login(1 + l.rand.IntN(l.names))
		if l.chance(20) {
			used = strings.Replace(used, "k", "\u212a", 1) // another letter, which some servers take for the same
		}
		if l.free(used) {
			name = used
		}
	}
	id := l.stage.org.Hire(oktatest.Person{First: "First", Last: fmt.Sprintf("Last%d", l.rand.IntN(1000)), Email: name})
	l.stage.org.Assign(id)
	l.touched = append(l.touched, id)
	l.note("hire %s %s", id, name)
}

func (l *life) free(login string) bool {
	return !slices.ContainsFunc(l.stage.org.People(), func(p oktatest.PersonState) bool { return p.Login == login })
}

func (l *life) withPerson(what string, do func(oktatest.PersonState)) {
	people := l.stage.org.People()
	if p := people[l.rand.IntN(len(people))]; p.ID != l.boss {
		l.note("%s %s %s", what, p.ID, p.Login)
		l.touched = append(l.touched, p.ID)
		do(p)
	}
}

// rename gives somebody a login that nobody else has had: a ring of renames could not
// be carried out.
func (l *life) rename() {
	l.withPerson("rename", func(p oktatest.PersonState) {
		name := l.freshName()
		if l.chance(20) {
			name = strings.Replace(p.Login, "im", "IM", 1) // it differs in case alone
		}
		l.note("  to %s", name)
		l.stage.org.Update(p.ID, map[string]any{"login": name})
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
				l.touched = append(l.touched, p.ID)
				l.note("  - %s", p.ID)
			default:
				l.stage.org.AddMember(g.ID, p.ID)
				l.touched = append(l.touched, p.ID)
				l.note("  + %s", p.ID)
			}
		}
	})
}

// changeGroup renames a group, takes it out of the push or deletes it.
func (l *life) changeGroup() {
	l.withGroup("change", func(g oktatest.GroupState) {
		if g.ID == l.base || g.ID == l.content {
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

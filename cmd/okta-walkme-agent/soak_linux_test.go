package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// soakVar asks for the soak test: a number of edits, such as 10000.
const soakVar = "OKTA_WALKME_SOAK"

// TestSoak lets the real service follow an org in which thousands of random
// things happen, while requests of both sides fail at random. In the end the
// tenant must be what Okta says, and the service as small as in the beginning.
// In the last fifth the service is killed again and again, too.
func TestSoak(t *testing.T) {
	edits, err := strconv.Atoi(os.Getenv(soakVar))
	if err != nil {
		t.Skipf("%s is not a number of edits", soakVar)
	}
	s := newSoak(t)
	s.service = s.start(s.binary, "run")
	for done, phase := 0, 0; done < edits; {
		n := min(1+s.random.IntN(80), edits-done)
		for range n {
			s.edit()
		}
		done += n
		s.nextRun()
		if done < edits*4/5 {
			s.sample()
		} else if phase++; phase%2 == 0 {
			s.restart()
		}
	}
	s.finish(edits)
}

// soak is a company whose service is at work.
type soak struct {
	*company
	binary  string
	service *process
	random  *rand.Rand
	serial  int
	ids     []string // of everybody
	teams   []string // ids of the Okta groups

	mu      sync.Mutex // guards what follows; the fakes' servers use it
	faults  *rand.Rand
	reads   chan struct{} // one for each list of assignments that was asked for
	failed  map[string]int
	memory  []int // kB, after each run
	kills   int
	rescues int
}

func newSoak(t *testing.T) *soak {
	t.Helper()
	lines := map[string]string{
		"":    "schedule: \"@every 1s\"\n",
		"log": "level: error\n", "walkme": "timeout: 5s\n", "okta": "rate_limit_share: 1\n",
	}
	maps.Copy(lines, crashConfig)
	lines["push_groups"] = strings.Replace(crashConfig["push_groups"], ", {name: Content Authors, link: Authors}", "", 1)
	s := &soak{
		company: newCompany(t, oktatest.Options{}, walkmetest.Options{KeepRequests: 1000}, lines), binary: build(t),
		random: rand.New(rand.NewPCG(1, 2)), faults: rand.New(rand.NewPCG(3, 4)),
		reads: make(chan struct{}, 1), failed: map[string]int{},
	}
	for range 300 {
		s.joiner()
	}
	for i := range 12 {
		s.teams = append(s.teams, s.org.NewGroup(fmt.Sprintf("push team %d", i)))
	}
	s.mustStart(s.binary, "sync")
	s.tenant.Fault(s.faultOfWalkMe)
	s.org.Fault(s.faultOfOkta)
	return s
}

// joiner hires somebody, assigned.
func (s *soak) joiner() {
	s.serial++
	id := s.org.Hire(oktatest.Person{First: "First", Last: fmt.Sprint("Last", s.serial), Email: fmt.Sprintf("person%d@example.com", s.serial)})
	s.org.Assign(id)
	s.ids = append(s.ids, id)
}

// edit makes one thing happen in Okta.
func (s *soak) edit() {
	s.serial++
	who, team := s.ids[s.random.IntN(len(s.ids))], s.teams[s.random.IntN(len(s.teams))]
	switch s.random.IntN(20) {
	case 0:
		s.joiner()
	case 1, 2, 3:
		s.org.Update(who, map[string]any{"lastName": fmt.Sprint("Last", s.serial)})
	case 4:
		s.org.Update(who, map[string]any{"login": fmt.Sprintf("renamed%d@example.com", s.serial)})
	case 5, 6:
		s.org.Unassign(who)
	case 7, 8:
		s.assign(who)
	case 9:
		s.org.Suspend(who)
	case 10:
		s.org.Deactivate(who)
	case 11, 12:
		s.org.Reactivate(who)
		s.assign(who)
	case 13, 14, 15:
		s.org.AddMember(team, who)
	case 16, 17:
		s.org.RemoveMember(team, who)
	case 18:
		s.org.RenameGroup(team, fmt.Sprintf("push team %d", s.serial))
	case 19:
		s.org.RenameGroup(team, fmt.Sprintf("team %d", s.serial)) // no longer pushed
	}
}

// assign assigns whoever may be assigned: Okta refuses deactivated people.
func (s *soak) assign(id string) {
	for _, p := range s.org.People() {
		if p.ID == id && p.Status != "DEPROVISIONED" {
			s.org.Assign(id)
		}
	}
}

// badDays are what a request to WalkMe may meet.
var badDays = []struct {
	name  string
	fault walkmetest.Fault
}{
	{"500 without effect", walkmetest.NotApplied(500)}, {"503 without effect", walkmetest.NotApplied(503)},
	{"500 after the effect", walkmetest.AppliedButStatus(500)}, {"dropped before the effect", walkmetest.DroppedBefore()},
	{"dropped after the effect", walkmetest.AppliedUnanswered()}, {"cut after the effect", walkmetest.AppliedTruncated()},
	{"gateway page", walkmetest.Gateway(502)}, {"error as 200", walkmetest.ErrorAs200()},
	{"429", walkmetest.RateLimited("0")}, {"slow", walkmetest.Slow(50 * time.Millisecond)},
}

func (s *soak) faultOfWalkMe(*walkmetest.Request) walkmetest.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults.IntN(30) > 0 {
		return walkmetest.Fault{}
	}
	day := badDays[s.faults.IntN(len(badDays))]
	s.failed["WalkMe: "+day.name]++
	return day.fault
}

// faultOfOkta also tells when a run begins to read.
func (s *soak) faultOfOkta(r *http.Request) *oktatest.Fault {
	if strings.HasSuffix(r.URL.Path, "/users") && strings.Contains(r.URL.Path, "/apps/") {
		select {
		case s.reads <- struct{}{}:
		default:
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults.IntN(100) > 0 {
		return nil
	}
	faults := []struct {
		name  string
		fault oktatest.Fault
	}{
		{"500", oktatest.Fault{Status: 500}}, {"dropped", oktatest.Fault{Drop: true}}, {"cut", oktatest.Fault{CutAfter: 200}},
		{"empty answer", oktatest.Fault{Status: 200}}, {"null", oktatest.Fault{Status: 200, Body: "null"}},
		{"empty list", oktatest.Fault{Status: 200, Body: "[]"}}, {"slow", oktatest.Fault{Delay: 50 * time.Millisecond}},
	}
	f := faults[s.faults.IntN(len(faults))]
	s.failed["Okta: "+f.name]++
	return &f.fault
}

// nextRun waits until the service has begun to read Okta once more. A service
// that has slowed down because too much failed is helped by hand, as an admin
// would.
func (s *soak) nextRun() {
	s.t.Helper()
	select {
	case <-s.reads:
	case <-s.service.dead:
		s.t.Fatalf("the service ended: %+v", s.service.wait())
	case <-time.After(20 * time.Second):
		s.rescues++
		_ = s.start(s.binary, "sync").wait() // whatever becomes of it, the service goes on
	}
}

// restart kills the service, at whatever it is, and starts it again.
func (s *soak) restart() {
	s.service.kill()
	s.tenant.ClientRestarted()
	s.kills++
	select {
	case <-s.reads: // of the service that is gone
	default:
	}
	s.service = s.start(s.binary, "run")
}

// sample notes the service's memory.
func (s *soak) sample() {
	s.t.Helper()
	s.org.ResetRequests()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.service.cmd.Process.Pid))
	if err != nil {
		s.t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); f[0] == "VmRSS:" {
			kB, err := strconv.Atoi(f[1])
			if err != nil {
				s.t.Fatal(err)
			}
			s.memory = append(s.memory, kB)
		}
	}
}

// finish ends all faults and the service, lets syncs catch up, and compares.
func (s *soak) finish(edits int) {
	s.t.Helper()
	s.nextRun() // a service that was just started would not hear SIGTERM yet
	s.tenant.Fault(nil)
	s.org.Fault(nil)
	for _, p := range s.org.People() {
		if p.Status == "SUSPENDED" {
			s.org.Unsuspend(p.ID)
		}
	}
	_ = s.service.cmd.Process.Signal(syscall.SIGTERM)
	if r := s.service.wait(); r.code != exitOK {
		s.t.Errorf("the service ended with %d, want %d\n%s", r.code, exitOK, r.err)
	}
	s.mustStart(s.binary, "sync")
	s.compare()
	before := s.tenant.RequestCount()
	s.mustStart(s.binary, "sync")
	if n := s.tenant.RequestCount() - before; n > 0 {
		s.t.Errorf("the second sync makes %d requests, want none", n)
	}
	s.t.Logf("%d edits, %d people, %d groups, %d requests to WalkMe, %d kills, %d syncs by hand", edits, len(s.ids), len(s.teams), before, s.kills, s.rescues)
	for _, name := range slices.Sorted(maps.Keys(s.failed)) {
		s.t.Logf("%5d × %s", s.failed[name], name)
	}
	s.judgeMemory()
}

// compare holds the tenant against Okta.
func (s *soak) compare() {
	s.t.Helper()
	active := 0
	for _, p := range s.org.People() {
		if !p.Assigned {
			continue
		}
		active++
		u, ok := s.tenant.User(p.UserName)
		if !ok || !u.Active || u.ExternalID != p.ID || u.FamilyName != p.Profile["lastName"] || u.GivenName != p.Profile["firstName"] {
			s.t.Errorf("account of %s = %+v (found: %t), want that of %+v", p.UserName, u, ok, p)
		}
	}
	for _, u := range s.tenant.Users() {
		if u.Active {
			active--
		}
	}
	if active != 0 {
		s.t.Errorf("%d active accounts are missing (negative: too many)", active)
	}
	want, got := s.wantedGroups(), []string{}
	for _, g := range s.tenant.Groups() {
		got = append(got, fmt.Sprintf("%s %v", g.DisplayName, g.UserNames))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		s.t.Errorf("groups = %q, want %q", got, want)
	}
	if d := s.duplicates(); len(d) > 0 {
		s.t.Errorf("duplicates = %q, want none", d)
	}
	if v := s.tenant.Violations(); len(v) > 0 {
		s.t.Errorf("%d violations, want none: %q", len(v), v[:min(len(v), 10)])
	}
}

func (s *soak) wantedGroups() []string {
	names := map[string]string{}
	for _, p := range s.org.People() {
		if p.Assigned {
			names[p.ID] = p.UserName
		}
	}
	want := []string{}
	for _, g := range s.org.Groups() {
		if !strings.HasPrefix(g.Name, "push") {
			continue
		}
		var members []string
		for _, id := range g.Members {
			if name := names[id]; name != "" {
				members = append(members, name)
			}
		}
		slices.Sort(members)
		want = append(want, fmt.Sprintf("%s %v", g.Name, members))
	}
	slices.Sort(want)
	return want
}

// judgeMemory compares the second quarter of the samples with the last.
func (s *soak) judgeMemory() {
	s.t.Helper()
	n := len(s.memory) / 4
	if n == 0 {
		return
	}
	median := func(part []int) int {
		sorted := slices.Sorted(slices.Values(part))
		return sorted[len(sorted)/2] / 1024
	}
	second, last := median(s.memory[n:2*n]), median(s.memory[3*n:])
	s.t.Logf("resident memory: %d MB in the second quarter, %d MB in the last, at most %d MB, %d samples",
		second, last, slices.Max(s.memory)/1024, len(s.memory))
	if last > second*5/4+5 {
		s.t.Errorf("the service grew from %d MB to %d MB", second, last)
	}
}

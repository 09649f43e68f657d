package main

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme/walkmetest"
)

// The crash tests run the real program and kill it with SIGKILL, again and
// again: at every request to WalkMe (before it has its effect, after it, and
// after its answer), at every request to Okta, at the writes to the state file
// and at random instants. The next sync must end in the tenant and the state of a
// company that nobody disturbed, with no account made twice. Runs that nobody kills
// are made in this process, which takes a third of the time.

// chapter is one run of a company's life: what happened before it.
type chapter struct {
	name    string
	prepare func(c *company)
}

// chapters are the first run, which makes and links, and a later one with one
// of every other change.
var chapters = []chapter{
	{"first run", func(c *company) {
		for _, first := range []string{"Ann", "Bob", "Cara", "Dan", "Eve", "Gus"} {
			c.hire(first, "Baker")
		}
		c.group("editors", "push Editors", "ann", "bob", "gus")
		c.group("temps", "push Temps", "bob", "cara", "gus")
		c.group("authors", "Content Authors", "cara", "eve")
	}},
	{"later run", func(c *company) {
		c.hire("Fay", "Fox")                                                       // create
		c.org.Update(c.people["bob"], map[string]any{"lastName": "Baker-Brown"})   // update
		c.org.Update(c.people["ann"], map[string]any{"login": "ann2@example.com"}) // rename of an account
		c.org.Unassign(c.people["cara"])                                           // deactivate
		c.org.Assign(c.people["gus"])                                              // reactivate
		c.org.RenameGroup(c.groups["editors"], "push Chief Editors")               // group rename
		c.org.AddMember(c.groups["editors"], c.people["fay"])                      // members
		c.org.RemoveMember(c.groups["editors"], c.people["bob"])
		c.org.RenameGroup(c.groups["temps"], "Temps") // group delete: no longer pushed
		c.group("readers", "push Readers", "dan", "fay")
	}},
}

// settle fills the tenant with what is there before the first run.
func (c *company) settle() {
	c.tenant.AddUser(walkmetest.User{UserName: "admin@example.com", Active: true})
	dan := c.tenant.AddUser(walkmetest.User{UserName: "dan@example.com", GivenName: "Daniel", Active: true})
	c.tenant.AddUser(walkmetest.User{UserName: "eve@example.com", Active: false})
	c.tenant.AddGroup("Authors", dan)
}

var crashConfig = map[string]string{
	"push_groups":  "sources: [{rule: {name_starts_with: push}}, {name: Content Authors, link: Authors}]\non_unlink: delete\ndeprovisioned_members: remove\n",
	"limits":       "deactivations: {count: 1000, percent: 0}\nmember_removals: {count: 1000, percent: 0}\ngroup_deletes: {count: 1000}\n",
	"provisioning": "require_email: true\n",
}

// crashCompany is a company just before the run of a chapter. before is the same
// company after the earlier runs, nil for the first chapter: the new one takes
// over its state and its tenant.
func crashCompany(t *testing.T, profile string, inFlight int, before *company) *company {
	t.Helper()
	lines := map[string]string{"walkme": fmt.Sprintf("wire_profile: %s\nmax_in_flight: %d\n", profile, inFlight)}
	maps.Copy(lines, crashConfig)
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, lines)
	c.env["GOGC"] = "400" // hundreds of processes live for an instant
	chapters[0].prepare(c)
	if before == nil {
		c.settle()
		return c
	}
	c.org.Unassign(c.people["gus"])
	c.inherit(before)
	chapters[1].prepare(c)
	return c
}

// laterCompany is a company after its first runs, with a person who has left.
func laterCompany(t *testing.T, profile string) *company {
	t.Helper()
	c := crashCompany(t, profile, 1, nil)
	c.must(exitOK, "sync")
	c.org.Unassign(c.people["gus"])
	c.must(exitOK, "sync")
	return c
}

// inherit makes the tenant and the state those of another company, ids included.
func (c *company) inherit(from *company) {
	c.t.Helper()
	for _, u := range from.tenant.Users() {
		c.tenant.AddUser(u)
	}
	for _, g := range from.tenant.Groups() {
		if id := c.tenant.AddGroup(g.DisplayName, g.Members...); id != g.ID {
			c.t.Fatalf("group %s has the id %s, want %s", g.DisplayName, id, g.ID)
		}
	}
	err := os.Mkdir(filepath.Dir(c.statePath()), 0o700)
	for _, beside := range []string{"", ".marker"} { // the machine is the same
		var data []byte
		if err == nil {
			data, err = os.ReadFile(from.statePath() + beside)
		}
		if err == nil {
			err = os.WriteFile(c.statePath()+beside, data, 0o600)
		}
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.must(exitOK, "state", "adopt") // its tenant has another port
}

// mustStart runs the real program to a good end.
func (c *company) mustStart(binary string, args ...string) result {
	c.t.Helper()
	r := c.start(binary, args...).wait()
	if r.code != exitOK {
		c.t.Fatalf("%s ended with %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r
}

// ending is what a life ends in.
type ending struct {
	tenant      string
	records     []state.Record
	applied     []string // what the journal claims, sorted
	active      []string
	invitations int
}

func endingOf(c *company) ending {
	e := ending{tenant: c.tenant.State(), records: c.records(), applied: c.applied(), invitations: c.tenant.Invitations()}
	for _, u := range c.tenant.Users() {
		if u.Active {
			e.active = append(e.active, u.UserName)
		}
	}
	return e
}

// tally counts what the kills led to.
type tally struct {
	killed, unharmed, converged, duplicates, lost, removed atomic.Int64
}

// newTally is logged when the test and all below it have ended.
func newTally(t *testing.T) *tally {
	n := &tally{}
	t.Cleanup(func() { t.Log(n) })
	return n
}

func (n *tally) String() string {
	return fmt.Sprintf("%d kills (%d runs ended first), %d converged, %d duplicates, %d lost, %d wrongly removed",
		n.killed.Load(), n.unharmed.Load(), n.converged.Load(), n.duplicates.Load(), n.lost.Load(), n.removed.Load())
}

// judge compares a company after its recovery with the undisturbed one.
func (n *tally) judge(t *testing.T, c *company, want ending) {
	t.Helper()
	got := endingOf(c)
	bad := false
	if d := c.duplicates(); len(d) > 0 || got.invitations != want.invitations {
		n.duplicates.Add(1)
		t.Errorf("duplicates = %q, %d invitations, want none and %d", d, got.invitations, want.invitations)
		bad = true
	}
	for _, name := range want.active {
		if !slices.Contains(got.active, name) {
			n.removed.Add(1)
			t.Errorf("%s has no active account", name)
			bad = true
		}
	}
	if d := cmp.Diff(want.tenant, got.tenant); d != "" {
		n.lost.Add(1)
		t.Errorf("tenant differs from the undisturbed one (-want +got):\n%s", d)
		bad = true
	}
	if d := cmp.Diff(want.records, got.records, cmpopts.IgnoreFields(state.Record{}, "UpdatedAt")); d != "" {
		n.lost.Add(1)
		t.Errorf("records differ from the undisturbed ones (-want +got):\n%s", d)
		bad = true
	}
	if d := cmp.Diff(want.applied, got.applied); d != "" {
		t.Errorf("journal claims other changes than the undisturbed one (-want +got):\n%s", d)
		bad = true
	}
	if v := c.tenant.Violations(); len(v) > 0 {
		t.Errorf("violations = %q, want none", v)
		bad = true
	}
	if !bad {
		n.converged.Add(1)
	}
}

// recover makes the next run, which must set everything right, and one more,
// which must find nothing to do.
func (n *tally) recover(t *testing.T, c *company, want ending) {
	t.Helper()
	c.gate.watch(nil)
	c.org.Fault(nil)
	c.tenant.ClientRestarted()
	c.must(exitOK, "sync")
	n.judge(t, c, want)
	before := c.tenant.RequestCount()
	c.must(exitOK, "sync")
	if after := c.tenant.RequestCount(); after != before {
		t.Errorf("the run after the recovery makes %d requests, want none", after-before)
	}
}

// instant is when, around one request, the program is killed.
type instant string

const (
	beforeEffect instant = "before its effect"
	afterEffect  instant = "after its effect"
	afterAnswer  instant = "after its answer"
)

// killAt kills the program at the n-th request to WalkMe from now on.
func (c *company) killAt(n int64, when instant, p func() *process) {
	var seen atomic.Int64
	c.gate.watch(func(tenant http.Handler, w http.ResponseWriter, r *http.Request) {
		if seen.Add(1) != n {
			tenant.ServeHTTP(w, r)
			return
		}
		switch when {
		case beforeEffect:
			p().kill()
			panic(http.ErrAbortHandler)
		case afterEffect:
			tenant.ServeHTTP(httptest.NewRecorder(), r)
			p().kill()
			panic(http.ErrAbortHandler)
		case afterAnswer:
			tenant.ServeHTTP(w, r)
			_ = http.NewResponseController(w).Flush()
			p().kill()
		}
	})
}

// doomed starts a run that something will kill. The process is known to the
// killer before it has made a request.
func (c *company) doomed(binary string, arm func(p func() *process)) *process {
	c.t.Helper()
	started := make(chan *process, 1)
	arm(func() *process {
		p := <-started
		started <- p
		return p
	})
	p := c.start(binary, "sync")
	started <- p
	return p
}

// ended waits for the end of the doomed run and counts it.
func (n *tally) ended(t *testing.T, p *process) (killed bool) {
	t.Helper()
	switch r := p.wait(); r.code {
	case -1:
		n.killed.Add(1)
		return true
	case exitOK:
		n.unharmed.Add(1)
		return false
	default:
		t.Fatalf("the run ended with %d instead of being killed\n%s%s", r.code, r.out, r.err)
		return false
	}
}

// life is a chapter in one profile: how it ends undisturbed, and what that takes.
type life struct {
	name, profile string
	before        *company // nil: the first chapter
	binary        string
	want          ending
	writes        []bool // of the requests to WalkMe: which of them change something
	reads         int    // of Okta
}

// lives plays every chapter in both profiles undisturbed.
func lives(t *testing.T, binary string, inFlight int) []*life {
	t.Helper()
	var out []*life
	for _, profile := range []string{"oin", "aiw"} {
		for i, chapter := range chapters {
			l := &life{name: profile + "/" + chapter.name, profile: profile, binary: binary}
			if i > 0 {
				l.before = laterCompany(t, profile)
			}
			c := crashCompany(t, profile, inFlight, l.before)
			adopt, adoptReads := c.tenant.RequestCount(), len(c.org.Requests()) // of a state that was inherited
			c.must(exitOK, "sync")
			for _, r := range c.tenant.Requests()[adopt:] {
				l.writes = append(l.writes, walkmetest.IsWrite(&r))
			}
			l.want, l.reads = endingOf(c), len(c.org.Requests())-adoptReads
			out = append(out, l)
		}
	}
	return out
}

// stride is the distance of the cases that are tried: from one to the next where
// CRASH is "all", else a sample.
func stride(sample int) int {
	switch {
	case os.Getenv(crashVar) == "all":
		return 1
	case testing.Short():
		return 5 * sample
	}
	return sample
}

// crashVar asks for all cases of the crash tests.
const crashVar = "OKTA_WALKME_CRASH"

// crash plays a life in which arm makes somebody kill the program.
func (n *tally) crash(t *testing.T, l *life, inFlight int, arm func(c *company, p func() *process)) {
	t.Helper()
	c := crashCompany(t, l.profile, inFlight, l.before)
	p := c.doomed(l.binary, func(p func() *process) { arm(c, p) })
	n.ended(t, p)
	n.recover(t, c, l.want)
}

// TestCrashAtEveryRequest kills at each request, one request in flight at a time,
// so that each is met.
func TestCrashAtEveryRequest(t *testing.T) {
	t.Parallel()
	n := newTally(t)
	for _, l := range lives(t, build(t), 1) {
		for when, step := range map[instant]int{beforeEffect: stride(3), afterEffect: stride(1), afterAnswer: stride(6)} {
			for k := 1; k <= len(l.writes); k += step {
				if when == afterEffect && step == 1 && os.Getenv(crashVar) != "all" && !l.writes[k-1] {
					continue // a read has no effect: a sample of them is killed before it
				}
				t.Run(fmt.Sprintf("%s/WalkMe %d %s", l.name, k, when), func(t *testing.T) {
					t.Parallel()
					n.crash(t, l, 1, func(c *company, p func() *process) { c.killAt(int64(k), when, p) })
				})
			}
		}
		for k := 1; k <= l.reads; k += stride(8) {
			t.Run(fmt.Sprintf("%s/Okta %d", l.name, k), func(t *testing.T) {
				t.Parallel()
				n.crash(t, l, 1, func(c *company, p func() *process) { c.killAtRead(int64(k), p) })
			})
		}
	}
}

// killAtRead kills the program at the n-th request to Okta from now on.
func (c *company) killAtRead(n int64, p func() *process) {
	var seen atomic.Int64
	c.org.Fault(func(*http.Request) *oktatest.Fault {
		if seen.Add(1) != n {
			return nil
		}
		p().kill()
		return &oktatest.Fault{Drop: true}
	})
}

// TestCrashAtRandom kills at random instants with many requests in flight, and
// kills the recovery, too.
func TestCrashAtRandom(t *testing.T) {
	t.Parallel()
	n := newTally(t)
	for _, l := range lives(t, build(t), 8) {
		for seed := 0; seed < 40; seed += stride(10) {
			t.Run(fmt.Sprintf("%s/seed %d", l.name, seed), func(t *testing.T) {
				t.Parallel()
				random := rand.New(rand.NewPCG(uint64(seed), uint64(len(l.writes))))
				c := crashCompany(t, l.profile, 8, l.before)
				for killed := true; killed; killed = killed && random.IntN(2) == 0 {
					c.tenant.ClientRestarted()
					after, delay := 1+random.Int64N(int64(len(l.writes))), time.Duration(random.IntN(4000))*time.Microsecond
					killed = n.ended(t, c.doomed(l.binary, func(p func() *process) { c.killSoonAfter(after, delay, p) }))
				}
				n.recover(t, c, l.want)
			})
		}
	}
}

// killSoonAfter kills the program some time after the n-th request to WalkMe has
// arrived, whatever it is at then.
func (c *company) killSoonAfter(n int64, delay time.Duration, p func() *process) {
	var seen atomic.Int64
	c.gate.watch(func(tenant http.Handler, w http.ResponseWriter, r *http.Request) {
		if seen.Add(1) == n {
			time.AfterFunc(delay, func() { p().kill() }) // the instant is the input of the test
		}
		tenant.ServeHTTP(w, r)
	})
}

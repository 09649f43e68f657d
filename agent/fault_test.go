package agent_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// matrixFaults are the ways in which one request goes wrong. Those that apply a
// request without telling are of no interest for reads.
// Those with kill leave something behind that the others do not, and the process
// is also killed when it has dealt with them.
var matrixFaults = []struct {
	name         string
	fault        walkmetest.Fault
	writes, kill bool
}{
	{"not applied, 500", walkmetest.NotApplied(http.StatusInternalServerError), false, true},
	{"applied, 500", walkmetest.AppliedButStatus(http.StatusInternalServerError), true, true},
	{"dropped before", walkmetest.DroppedBefore(), false, true},
	{"applied, unanswered", walkmetest.AppliedUnanswered(), true, true},
	{"applied, truncated", walkmetest.AppliedTruncated(), false, false},
	{"gateway 502", walkmetest.Gateway(http.StatusBadGateway), false, false},
	{"429", walkmetest.RateLimited(""), false, false},
}

// readFaults is the number of them that are for reads.
const readFaults = 5

// stage is a situation in which a run has something of everything to do. It is
// prepared once; each case gets a tenant and a state file of its own, in the same
// situation. The org is shared, because the agent only reads it.
type stage struct {
	*world
	okta  *okta.Client // made outside of the bubbles, because it starts a goroutine
	hand  func(*walkmetest.Tenant)
	story []walkmetest.Request // what the agent said to the tenant after that
	state []byte               // the state file
	at    time.Time            // when the cases begin; zero: at any time

	starts atomic.Int64 // of the agent
}

// newStage prepares: a mover, a leaver, a returner, a joiner, both kinds of
// links, a freed userName that another one takes; a group that is renamed and
// has joiners and leavers in several batches, a new group, an empty one, a
// linked one with a foreign member, and one that is deleted.
func newStage(t *testing.T, profile walkme.Profile) *stage {
	s := &stage{hand: func(tenant *walkmetest.Tenant) {
		admin := tenant.AddUser(walkmetest.User{UserName: "admin@example.com", Active: true})
		tenant.AddUser(walkmetest.User{UserName: "linda@example.com", Active: true})
		tenant.AddUser(walkmetest.User{UserName: "link@example.com", Active: false})
		tenant.AddGroup("Authors", admin)
		tenant.AddGroup("Foreign", admin)
	}}
	s.world = newWorld(t, profile, func(c *setup) {
		c.config.Workers = 1
		c.wire.MemberBatch = 2
		c.config.Policy.Groups = plan.GroupPolicy{DeleteUnlinked: true, RemoveDeprovisioned: true}
		c.config.GroupSources = []okta.GroupSource{
			{Rule: &okta.GroupRule{NameStartsWith: "push "}}, {Name: "Content", Link: "Authors"},
		}
	})
	w := s.world
	s.hand(w.tenant)
	w.hire("gus", "mo", "lea", "rita", "hal", "kim")
	w.group("push Team", "gus", "mo", "lea", "rita")
	w.group("push Old", "gus")
	w.group("Content")
	w.sync()
	s.story = append(s.story, w.tenant.Requests()...)
	w.org.Unassign(w.people["rita"])
	w.sync()
	s.story = append(s.story, w.tenant.Requests()...)

	w.org.Update(w.people["mo"], map[string]any{"lastName": "Mover"})
	w.org.Unassign(w.people["lea"])
	w.org.Assign(w.people["rita"])
	w.org.Update(w.people["hal"], map[string]any{"login": "hal.new@example.com"})
	w.org.Update(w.people["kim"], map[string]any{"login": "hal@example.com"})
	w.hire("joe", "linda", "link")
	w.org.RenameGroup(w.groups["push Team"], "push Crew")
	w.leave("push Team", "mo")
	w.join("push Team", "joe", "linda", "kim")
	w.org.RenameGroup(w.groups["push Old"], "Old")
	w.group("push New", "joe", "link", "gus")
	w.group("push Empty")
	w.join("Content", "gus", "joe", "link")
	s.freeze(t)
	return s
}

// freeze keeps the state as it is now, and what the cases share.
func (s *stage) freeze(t *testing.T) {
	t.Helper()
	w := s.world
	w.close()
	text, err := os.ReadFile(w.path)
	if err != nil {
		t.Fatal(err)
	}
	s.state = text
	s.okta, err = okta.NewClient(t.Context(), okta.Config{
		OrgURL: w.org.URL(), AppID: w.org.AppID(), APIToken: w.org.Token(), RateLimitShare: 1, Transport: w.org.Transport(),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.open() // for the end of the test
}

// now is the clock of a case, which runs in a bubble.
func (s *stage) now() time.Time {
	if s.at.IsZero() {
		return time.Now()
	}
	return s.at.Add(time.Since(bubbleBegins))
}

// bubbleBegins is the time at which testing/synctest begins.
var bubbleBegins = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// tenant makes a tenant as it was when the stage was ready: by the same hand, and
// by the same requests. Equal names give equal ids.
func (s *stage) newTenant(t testing.TB) *walkmetest.Tenant {
	t.Helper()
	tenant := walkmetest.New(walkmetest.Options{MaxBatch: 100})
	s.hand(tenant)
	client := &http.Client{Transport: tenant.Transport()}
	for _, r := range s.story {
		req, err := http.NewRequestWithContext(t.Context(), r.Method, inMemory+r.Path+"?"+r.RawQuery, bytes.NewReader(r.Body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = maps.Clone(r.Header)
		req.Header.Set("Authorization", tenant.Authorization())
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	admin, _ := tenant.User("admin@example.com")
	foreign, _ := tenant.Group("Foreign")
	tenant.Protect(admin.ID, foreign.ID)
	tenant.ResetRequests()
	return tenant
}

// inMemory is the base URL of tenants that are reached without a socket.
const inMemory = "http://127.0.0.1" + walkmetest.DefaultBasePath

// mortal carries the requests of a process until that is killed.
type mortal struct {
	to    http.RoundTripper
	count atomic.Int64
	dead  atomic.Bool

	// kill says, if set, whether the process dies at the n-th request, and
	// whether that still reaches WalkMe.
	kill func(n int) (dies, arrives bool)
}

var errKilled = fmt.Errorf("%w: the process was killed", walkme.ErrNotSent)

func (m *mortal) RoundTrip(req *http.Request) (*http.Response, error) {
	dies, arrives := false, false
	if n := int(m.count.Add(1)); m.kill != nil && !m.dead.Load() {
		dies, arrives = m.kill(n)
	}
	if m.dead.Load() && !dies {
		return nil, errKilled
	}
	if !dies {
		return m.to.RoundTrip(req)
	}
	m.dead.Store(true)
	if arrives {
		if resp, err := m.to.RoundTrip(req); err == nil {
			resp.Body.Close()
		}
	}
	return nil, errKilled
}

// process is one process of the agent on the stage.
type process struct {
	t     testing.TB
	wire  *mortal
	agent *agent.Agent

	writes  atomic.Int64 // transactions of the state
	onWrite func(n int)  // hears of each before it begins; set while nothing is under way
}

func (s *stage) start(t testing.TB, tenant *walkmetest.Tenant, path string) *process {
	keepMarker(t, path)
	t.Helper()
	p := &process{t: t, wire: &mortal{to: tenant.Transport()}}
	client, err := walkme.NewClient(walkme.Config{
		BaseURL: inMemory, Auth: walkme.Auth{Username: walkmetest.DefaultUsername, Password: walkmetest.DefaultPassword},
		Profile: s.setup.profile, Wire: s.setup.wire, Matching: s.setup.matching, UpdateAttributes: true, Transport: p.wire,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.agent = &agent.Agent{Okta: s.okta, WalkMe: client, State: openStateAt(t, path, p.clock(s.now)), Config: s.world.agent.Config, Now: s.now}
	if s.starts.Add(1)%2 == 0 || *onDisk { // a run that is cut off there is made good by one that is not, and the other way round
		spillAll(t, p.agent)
	}
	return p
}

// clock is that of the state, which asks it once for each transaction.
func (p *process) clock(now func() time.Time) func() time.Time {
	return func() time.Time {
		n := p.writes.Add(1)
		if p.onWrite != nil {
			p.onWrite(int(n))
		}
		return now()
	}
}

// sync makes a run, whose failure the next one has to make good.
func (p *process) sync() *agent.Report {
	report, _ := p.agent.Sync(p.t.Context(), agent.Options{Trigger: "sync"})
	return collected(p.t, report)
}

func (p *process) end() {
	if err := p.agent.State.Close(); err != nil {
		p.t.Error(err)
	}
}

// ending is what a case leads to.
type ending struct {
	tenant      string
	records     []state.Record
	invitations int
	runs        int // until nothing was left to do; above maxRuns: never
	violations  []string
	history     string
	requests    []walkmetest.Request // of the first run
	writes      int                  // transactions of the state in that
	ownWrites   []int                // those before which there was no request since the one before
}

const maxRuns = 4

// untilQuiet syncs until there is nothing left to do.
func (p *process) untilQuiet(tenant *walkmetest.Tenant) ending {
	p.t.Helper()
	var e ending
	var history []string
	for e.runs = 1; e.runs <= maxRuns; e.runs++ {
		report := p.sync()
		if e.runs == 1 {
			e.requests, e.writes = tenant.Requests(), int(p.writes.Load())
		}
		history = append(history, fmt.Sprintf("run %d: %s %s\n%s", e.runs, report.Run.Outcome, report.Run.Error, changes(report)))
		if len(report.Changes) == 0 && (report.Run.Outcome == agent.RunDone || onlyLeftAlone(report)) {
			break
		}
	}
	records, err := p.agent.State.Records(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	e.tenant, e.records, e.history = tenant.State(), timeless(records), strings.Join(history, "\n")
	e.invitations, e.violations = tenant.Invitations(), tenant.Violations()
	return e
}

// onlyLeftAlone tells a run that has nothing to report but groups which Okta does not
// have any more: it does so for good.
func onlyLeftAlone(report *agent.Report) bool {
	return report.Run.Outcome == agent.RunProblems && !slices.ContainsFunc(report.Rejected, func(r plan.Rejection) bool {
		return r.Type != scim.Group || !strings.Contains(r.Error, "it was deleted")
	})
}

// timeless takes the times out of records.
func timeless(records []state.Record) []state.Record {
	for i := range records {
		records[i].UpdatedAt = time.Time{}
	}
	return records
}

// mishap is one case of the matrix.
type mishap struct {
	n     int // the request, or the transaction of the state, to which it happens
	name  string
	fault walkmetest.Fault
	mode  string
}

// What becomes of the process.
const (
	goesOn      = "goes on"
	killed      = "killed at it"       // before it knows the answer
	killedAfter = "killed at the next" // with the answer dealt with
	killedWrite = "killed at a write"  // to the state
)

// play runs one case in a bubble of its own.
func (s *stage) play(t *testing.T, folder string, m mishap) (e ending) {
	dir, err := os.MkdirTemp(folder, "case-")
	if err != nil {
		t.Error(err)
		return e
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it lies in the test's own folder
	path := filepath.Join(dir, "state.db")
	copied := path + ".copy"
	if err := os.WriteFile(path, s.state, 0o600); err != nil {
		t.Error(err)
		return e
	}
	synctest.Test(t, func(t *testing.T) {
		tenant := s.newTenant(t)
		defer tenant.Close()
		p := s.start(t, tenant, path)
		p.writes.Store(0)
		die := func(at int, arrives bool) {
			p.wire.kill = func(n int) (bool, bool) {
				if n != at {
					return false, false
				}
				if err := p.agent.State.Backup(t.Context(), copied); err != nil {
					t.Error(err)
				}
				return true, arrives
			}
		}
		switch m.mode {
		case killed:
			die(m.n, m.fault.Apply)
		case killedWrite:
			p.onWrite = func(n int) {
				if n == m.n {
					if err := p.agent.State.Backup(context.Background(), copied); err != nil {
						t.Error(err)
					}
					p.wire.dead.Store(true)
				}
			}
		case killedAfter:
			die(m.n+1, false)
			fallthrough
		case goesOn:
			tenant.Fault(walkmetest.OnNth(m.n, m.fault))
		}
		if m.mode != "" {
			p.sync()
			tenant.Fault(nil)
			p.wire.kill = nil
		}
		p.onWrite = nil
		var ownWrites []int
		if m.mode == "" {
			requests := int64(0)
			p.onWrite = func(n int) {
				if now := p.wire.count.Load(); n == 1 || now == requests {
					ownWrites = append(ownWrites, n)
				} else {
					requests = now
				}
			}
		}
		if p.wire.dead.Load() {
			p.end()
			tenant.ClientRestarted()
			p = s.start(t, tenant, copied)
		}
		e = p.untilQuiet(tenant)
		p.end()
		e.ownWrites = slices.DeleteFunc(ownWrites, func(n int) bool { return n > e.writes })
	})
	return e
}

// mishaps are all cases for the requests of a run. The dialects differ in what they write:
// in the second one each read fails in one way, in the next one of those that are left.
func (s *stage) mishaps(requests []walkmetest.Request) []mishap {
	var out []mishap
	turn := 0
	for i, r := range requests {
		way := 0
		for _, f := range matrixFaults {
			if f.writes && !walkmetest.IsWrite(&r) {
				continue
			}
			if way++; s.setup.profile == walkme.AIW && !walkmetest.IsWrite(&r) && way-1 != turn%readFaults {
				continue
			}
			out = append(out, mishap{i + 1, f.name, f.fault, goesOn})
			if f.kill && walkmetest.IsWrite(&r) {
				out = append(out, mishap{i + 1, f.name, f.fault, killedAfter})
			}
		}
		out = append(out, mishap{i + 1, "not sent", walkmetest.Fault{}, killed})
		if walkmetest.IsWrite(&r) {
			out = append(out, mishap{i + 1, "applied", walkmetest.Fault{Apply: true}, killed})
		} else {
			turn++
		}
	}
	return out
}

// tally counts the cases of one kind.
type tally struct{ cases, converged, duplicates, lost, slow int }

// TestFaultMatrix has each request of a run that does everything fail in each
// way, lets the process go on or be killed, and syncs until nothing is left to
// do. The tenant and the state must end as if nothing had happened.
func TestFaultMatrix(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		s := newStage(t, profile)
		s.tryEverything(t)
	})
}

// tryEverything plays all cases of a stage.
func (s *stage) tryEverything(t *testing.T) {
	t.Helper()
	undisturbed, requests := s.undisturbed(t)
	cases := s.mishaps(requests)
	// A process that is killed at a write behind a request leaves what one leaves that is
	// killed at that request, which has arrived: that is tried already.
	for _, n := range undisturbed.ownWrites {
		cases = append(cases, mishap{n, "", walkmetest.Fault{}, killedWrite})
	}
	if testing.Short() || raced {
		cases = slices.DeleteFunc(cases, func(m mishap) bool { return m.n%10 != 0 })
	}
	dir := t.TempDir()
	counts := map[string]*tally{}
	var mu sync.Mutex
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, m := range cases {
		group.Go(func() error {
			e := s.play(t, dir, m)
			mu.Lock()
			defer mu.Unlock()
			kind := fmt.Sprintf("%-20s %s", m.name, m.mode)
			if counts[kind] == nil {
				counts[kind] = &tally{}
			}
			at := fmt.Sprintf("write %d", m.n)
			if m.mode != killedWrite {
				at = fmt.Sprintf("request %d (%s %s)", m.n, requests[m.n-1].Method, requests[m.n-1].Path)
			}
			s.judge(t, m, at, undisturbed, e, counts[kind])
			return nil
		})
	}
	_ = group.Wait()
	t.Logf("%d requests, %d writes, %d of them on their own, %d cases\n%s", len(requests), undisturbed.writes, len(undisturbed.ownWrites), len(cases), table(counts))
}

// undisturbed plays without a mishap, twice: for the ending and for the requests.
func (s *stage) undisturbed(t *testing.T) (ending, []walkmetest.Request) {
	e := s.play(t, t.TempDir(), mishap{})
	if e.runs > 2 || len(e.violations) > 0 {
		t.Fatalf("undisturbed: %d runs, violations %q\n%s", e.runs, e.violations, e.history)
	}
	return e, e.requests
}

func (s *stage) judge(t *testing.T, m mishap, at string, want, got ending, n *tally) {
	t.Helper()
	n.cases++
	name := fmt.Sprintf("%s, %s, %s", at, m.name, m.mode)
	diff := cmp.Diff(want.tenant, got.tenant) + cmp.Diff(want.records, got.records)
	switch {
	case got.invitations != want.invitations || len(got.violations) > 0:
		n.duplicates++
		t.Errorf("%s: %d invitations, want %d; violations %q\n%s", name, got.invitations, want.invitations, got.violations, got.history)
	case diff != "":
		n.lost++
		t.Errorf("%s: ended otherwise (-want +got):\n%s\n%s", name, diff, got.history)
	case got.runs > maxRuns:
		n.slow++
		t.Errorf("%s: not quiet after %d runs\n%s", name, maxRuns, got.history)
	default:
		n.converged++
	}
}

func table(counts map[string]*tally) string {
	lines := []string{fmt.Sprintf("%-40s %6s %10s %11s %5s %5s", "", "cases", "converged", "duplicates", "lost", "slow")}
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		n := counts[kind]
		lines = append(lines, fmt.Sprintf("%-40s %6d %10d %11d %5d %5d", kind, n.cases, n.converged, n.duplicates, n.lost, n.slow))
	}
	return strings.Join(lines, "\n")
}

// copyState writes the stage's state file once more.
func (s *stage) copyState(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "state.db")
	if err := os.WriteFile(path, s.state, 0o600); err != nil {
		t.Fatal(err)
	}
	keepMarker(t, path)
	return path
}

// keepMarker has a copy of the state stand for the state itself: what a process that was
// killed leaves on its machine.
func keepMarker(t testing.TB, path string) {
	t.Helper()
	text := fmt.Sprintf(`{"generation":0,"machine":%q}`, state.Machine())
	if err := os.WriteFile(path+".marker", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

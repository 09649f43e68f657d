package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme/walkmetest"
)

// company is an Okta org, a WalkMe tenant and a configuration that connects
// them, with secrets and state in a folder of their own.
type company struct {
	t      testing.TB
	dir    string
	org    *oktatest.Org
	tenant *walkmetest.Tenant
	gate   *gate
	people map[string]string // first name, in lower case → Okta id
	groups map[string]string // first name → Okta id
	env    map[string]string
}

// gate is the server in front of the tenant. It lets a test act at the instants
// of one request.
type gate struct {
	*httptest.Server
	tenant *walkmetest.Tenant

	mu      sync.Mutex
	idle    sync.Cond                                              // no request is under way
	at      func(http.Handler, http.ResponseWriter, *http.Request) // nil: the tenant answers
	pending int
}

func newGate(tenant *walkmetest.Tenant) *gate {
	g := &gate{tenant: tenant}
	g.idle.L = &g.mu
	g.Server = httptest.NewServer(g)
	return g
}

// ServeHTTP hands a request to whoever watches, or to the tenant.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	at := g.at
	g.pending++
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.pending--
		g.idle.Broadcast()
	}()
	if at == nil {
		g.tenant.ServeHTTP(w, r)
		return
	}
	at(g.tenant, w, r)
}

// watch has at answer instead of the tenant; nil ends that. It waits for the
// requests that are under way.
func (g *gate) watch(at func(http.Handler, http.ResponseWriter, *http.Request)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.pending > 0 {
		g.idle.Wait()
	}
	g.at = at
}

// newCompany founds an empty company. lines are added to the configuration's
// sections, keyed by section: "walkme", "push_groups", "" for the top level.
func newCompany(t testing.TB, org oktatest.Options, tenant walkmetest.Options, lines map[string]string) *company {
	t.Helper()
	c := &company{
		t: t, dir: t.TempDir(), org: oktatest.Start(org), tenant: walkmetest.New(tenant),
		people: map[string]string{}, groups: map[string]string{}, env: map[string]string{},
	}
	t.Cleanup(c.org.Close)
	t.Cleanup(c.tenant.Close)
	c.gate = newGate(c.tenant)
	t.Cleanup(c.gate.Close)
	c.write("okta-token", c.org.Token())
	c.write("walkme-username", walkmetest.DefaultUsername)
	c.write("walkme-password", walkmetest.DefaultPassword)
	c.configure(lines)
	return c
}

// scimURL is the tenant's address.
func (c *company) scimURL() string { return c.gate.URL + walkmetest.DefaultBasePath }

// configure writes agent.yaml. A section's first lines are what every test has;
// a line of the test with the same key replaces them.
func (c *company) configure(lines map[string]string) {
	c.t.Helper()
	sections := []struct{ name, text string }{
		{"", ""},
		{"okta", "org_url: " + c.org.URL() + "\napp_id: " + c.org.AppID() + "\nauth: {api_token: file:okta-token}\ngroup_full_read: 0s\n"},
		{"walkme", "base_url: " + c.scimURL() + "\nauth: {username: file:walkme-username, password: file:walkme-password}\nrequests_per_second: 0\n"},
		{"push_groups", ""},
		{"provisioning", ""},
		{"limits", ""},
		{"state", "path: state/state.db\n"},
		{"log", "format: text\n"},
	}
	var b strings.Builder
	for _, s := range sections {
		text := overlay(s.text, lines[s.name])
		if s.name == "" || text == "" {
			b.WriteString(text)
			continue
		}
		b.WriteString(s.name + ":\n")
		for line := range strings.Lines(text) {
			b.WriteString("  " + line)
		}
	}
	c.write("agent.yaml", b.String())
}

// overlay appends lines, without those of the first text that have the same key.
func overlay(first, more string) string {
	var b strings.Builder
	for line := range strings.Lines(first) {
		key, _, _ := strings.Cut(line, ":")
		if !strings.HasPrefix(more, key+":") && !strings.Contains(more, "\n"+key+":") {
			b.WriteString(line)
		}
	}
	return b.String() + more
}

func (c *company) write(name, content string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(content), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

func (c *company) statePath() string { return filepath.Join(c.dir, "state", "state.db") }

// hire makes a person with an Okta account and the assignment.
func (c *company) hire(first, last string) {
	email := strings.ToLower(first) + "@example.com"
	id := c.org.Hire(oktatest.Person{First: first, Last: last, Email: email})
	c.org.Assign(id)
	c.people[strings.ToLower(first)] = id
}

// group makes an Okta group of people by their first names, with a short name for
// the test.
func (c *company) group(short, name string, members ...string) {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = c.people[m]
	}
	c.groups[short] = c.org.NewGroup(name, ids...)
}

// result is how a command ended.
type result struct {
	code     int
	out, err string
}

// run runs a command in this process.
func (c *company) run(args ...string) result {
	c.t.Helper()
	var out, err bytes.Buffer
	code := run(c.t.Context(), c.args(args), environment{
		getenv: func(key string) string { return c.env[key] },
		stdin:  strings.NewReader(""), stdout: &out, stderr: &err,
	})
	return result{code, out.String(), err.String()}
}

func (c *company) args(args []string) []string {
	return append([]string{"--config", filepath.Join(c.dir, "agent.yaml")}, args...)
}

// must runs a command and fails the test when it ends otherwise.
func (c *company) must(code int, args ...string) result {
	c.t.Helper()
	r := c.run(args...)
	if r.code != code {
		c.t.Fatalf("%s ended with %d, want %d\n%s%s", strings.Join(args, " "), r.code, code, r.out, r.err)
	}
	return r
}

// readState hands the state, open for reading, to read.
func (c *company) readState(read func(*state.DB) error) {
	c.t.Helper()
	db, err := state.OpenReadOnly(c.t.Context(), c.statePath())
	if err != nil {
		c.t.Fatal(err)
	}
	defer db.Close()
	if err := read(db); err != nil {
		c.t.Fatal(err)
	}
}

// records is the ownership register.
func (c *company) records() (records []state.Record) {
	c.t.Helper()
	c.readState(func(db *state.DB) (err error) {
		records, err = db.Records(c.t.Context())
		return err
	})
	return records
}

// applied lists the changes that the journal calls applied, sorted. Links and
// reactivations that were cut off may be completed as an update of the account.
func (c *company) applied() (lines []string) {
	c.t.Helper()
	c.readState(func(db *state.DB) error {
		entries, err := db.History(c.t.Context(), state.Filter{})
		for _, e := range entries {
			action := e.Action
			switch plan.Action(action) {
			case plan.Link, plan.Reactivate:
				action = string(plan.Update)
			}
			if e.State == state.Applied {
				lines = append(lines, action+" "+e.Name)
			}
		}
		return err
	})
	slices.Sort(lines)
	return lines
}

// writes are the requests that reached WalkMe and were no reads.
func (c *company) writes() int {
	n := 0
	for _, r := range c.tenant.Requests() {
		if walkmetest.IsWrite(&r) {
			n++
		}
	}
	return n
}

// duplicates lists accounts and groups of which there are several: by their name
// or by the Okta id that they carry.
func (c *company) duplicates() []string {
	seen, out := map[string]int{}, []string{}
	for _, u := range c.tenant.Users() {
		seen["userName "+strings.ToLower(u.UserName)]++
		if u.ExternalID != "" {
			seen["externalId "+u.ExternalID]++
		}
	}
	for _, g := range c.tenant.Groups() {
		seen["displayName "+strings.ToLower(g.DisplayName)]++
	}
	for what, n := range seen {
		if n > 1 {
			out = append(out, fmt.Sprintf("%d × %s", n, what))
		}
	}
	slices.Sort(out)
	return out
}

// process is the program at work.
type process struct {
	cmd      *exec.Cmd
	out, err bytes.Buffer // to be read after dead
	dead     chan struct{}
	code     int
}

// start starts a command of the real program.
func (c *company) start(binary string, args ...string) *process {
	c.t.Helper()
	p := &process{cmd: exec.CommandContext(context.WithoutCancel(c.t.Context()), binary, c.args(args)...), dead: make(chan struct{})}
	p.cmd.Env = []string{"HOME=" + c.dir, "TMPDIR=" + c.dir, "GOTRACEBACK=all"}
	for key, value := range c.env {
		p.cmd.Env = append(p.cmd.Env, key+"="+value)
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.err
	if err := p.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() {
		defer close(p.dead)
		_ = p.cmd.Wait() // ProcessState says it
		p.code = p.cmd.ProcessState.ExitCode()
	}()
	c.t.Cleanup(p.kill)
	return p
}

// kill ends the process as a power cut would and returns when it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.dead
}

// wait waits for the end of the process.
func (p *process) wait() result {
	<-p.dead
	return result{p.code, p.out.String(), p.err.String()}
}

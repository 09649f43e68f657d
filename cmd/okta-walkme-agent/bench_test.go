package main_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/configs"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme/walkmetest"
)

// BenchmarkBigOrg runs the built program as a process of its own over a state that is in
// step with everybody: nothing has changed. Goals: 2 s and 80 MB for 100,000 people; 20 s
// of processor time and 120 MB for a million.
func BenchmarkBigOrg(b *testing.B) {
	for _, people := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			c := newBigCompany(b, people)
			c.fillState()
			c.run("sync") // stores the snapshot of people once
			c.measure("sync")
		})
	}
}

// BenchmarkBigFirstSync makes everybody's account, with a tenant that answers at once:
// asking for each, as Okta does, and with WalkMe's accounts read once. Goals for 100,000
// people: 30 s and 150 MB.
func BenchmarkBigFirstSync(b *testing.B) {
	for _, one := range []struct {
		people   int
		matching string
	}{{10_000, "lookup"}, {10_000, "list"}, {100_000, "lookup"}, {100_000, "list"}, {1_000_000, "list"}} {
		b.Run(fmt.Sprintf("%d/%s", one.people, one.matching), func(b *testing.B) {
			c := newBigCompany(b, one.people)
			c.matching = one.matching
			c.write("")
			c.measure("sync")
		})
	}
}

// BenchmarkBigMappingChange plans a change of a mapping that touches everybody, from the
// last snapshot, and prints the plan as JSON. Goals: 2 s and 120 MB for 100,000 people, 250 MB for a
// million.
func BenchmarkBigMappingChange(b *testing.B) {
	for _, people := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			c := newBigCompany(b, people)
			c.fillState()
			c.run("sync")
			c.write(otherMapping)
			c.measure("plan", "--offline", "--format", "json")
		})
	}
}

// otherMapping changes the given name of everybody.
const otherMapping = "mappings: {userName: appuser.userName, name.givenName: toUpperCase(user.firstName), name.familyName: user.lastName}\n"

// BenchmarkBigGroups changes one member of one of 500 groups of 1,500.
func BenchmarkBigGroups(b *testing.B) {
	const people, groups, members = 10_000, 500, 1500
	c := newBigCompany(b, 0)
	ids := make([]string, people)
	for i := range ids {
		ids[i] = c.org.Hire(oktatest.Person{Login: fmt.Sprintf("p%05d@example.com", i), First: "P", Last: "Example"})
		c.org.Assign(ids[i])
	}
	first := ""
	for g := range groups {
		of := make([]string, members)
		for i := range of {
			of[i] = ids[(g*7+i*6)%people]
		}
		first = cmp.Or(first, c.org.NewGroup(fmt.Sprintf("team-%03d", g), of...))
	}
	c.org.Age(24 * time.Hour)
	c.write("push_groups: {sources: [{rule: {name_starts_with: team-}}]}\n")
	c.run("sync")
	before := c.tenant.RequestCount()
	c.org.AddMember(first, ids[1])
	peak, busy := c.run("sync")
	b.ReportMetric(float64(peak)/1000, "peak-MB")
	b.ReportMetric(busy.Seconds(), "cpu-s/op")
	b.ReportMetric(float64(c.tenant.RequestCount()-before), "scim-requests")
}

// BenchmarkBigResync pushes everybody again, although nothing differs. Goal for 100,000
// people: 150 MB.
func BenchmarkBigResync(b *testing.B) {
	for _, people := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(people), func(b *testing.B) {
			c := newBigCompany(b, people)
			c.fillState()
			c.fillTenant(people)
			c.run("sync")
			c.measure("resync", "--yes")
		})
	}
}

// BenchmarkBigRefresh compares everybody with what WalkMe shows. Goals for 100,000 people:
// 100 MB where nothing differs, 150 MB where somebody has changed everybody's name in WalkMe.
func BenchmarkBigRefresh(b *testing.B) {
	for _, people := range []int{10_000, 100_000} {
		for _, changed := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d/changed=%t", people, changed), func(b *testing.B) {
				c := newBigCompany(b, people)
				c.fillState()
				c.fillTenant(people)
				c.run("sync")
				for i := range people {
					if changed {
						c.tenant.SetUser("wm-"+c.org.GeneratedID(i), func(u *walkmetest.User) { u.GivenName = "Somebody" })
					}
				}
				c.measure("sync", "--refresh")
			})
		}
	}
}

// BenchmarkBigApply applies a saved plan: a change of a mapping that touches everybody, and
// a first sync. Goal for 100,000 people: 150 MB.
func BenchmarkBigApply(b *testing.B) {
	for _, people := range []int{10_000, 100_000} {
		for _, first := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d/first=%t", people, first), func(b *testing.B) {
				c := newBigCompany(b, people)
				if !first {
					c.fillState()
					c.fillTenant(people)
					c.run("sync")
					c.write(otherMapping)
				}
				saved := filepath.Join(c.dir, "plan.json")
				c.run("plan", "--out", saved)
				c.measure("apply", saved)
			})
		}
	}
}

// bigCompany is an org with generated people, its tenant, and the program as a binary.
type bigCompany struct {
	b           *testing.B
	dir, binary string
	config      string
	matching    string // walkme.matching
	org         *oktatest.Org
	tenant      *walkmetest.Tenant
}

func newBigCompany(b *testing.B, people int) *bigCompany {
	// Org and tenant have the same processors as the program, and memory in plenty.
	percent := debug.SetGCPercent(400)
	b.Cleanup(func() { debug.SetGCPercent(percent) })
	c := &bigCompany{b: b, dir: b.TempDir(), matching: "lookup"}
	c.binary, c.config = filepath.Join(c.dir, "agent"), filepath.Join(c.dir, "agent.yaml")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", c.binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	c.org = oktatest.Start(oktatest.Options{Generated: people})
	b.Cleanup(c.org.Close)
	c.tenant = walkmetest.Start(walkmetest.Options{KeepRequests: -1})
	b.Cleanup(c.tenant.Close)
	c.write("")
	return c
}

// write writes the configuration, with more at its end.
func (c *bigCompany) write(more string) {
	text := fmt.Sprintf(`
okta:
  org_url: %s
  app_id: %s
  auth: {api_token: "env:OKTA_TOKEN"}
  rate_limit_share: 1
walkme:
  base_url: %s
  auth: {username: "env:WALKME_USERNAME", password: "env:WALKME_PASSWORD"}
  requests_per_second: 0
  verify_every: 0s
  matching: %s
state: {path: state.db}
log: {level: warn}
%s`, c.org.URL(), c.org.AppID(), c.tenant.URL(), c.matching, more)
	if err := os.WriteFile(c.config, []byte(text), 0o600); err != nil {
		c.b.Fatal(err)
	}
}

func (c *bigCompany) environment() map[string]string {
	return map[string]string{
		"OKTA_TOKEN": c.org.Token(), "WALKME_USERNAME": walkmetest.DefaultUsername, "WALKME_PASSWORD": walkmetest.DefaultPassword,
	}
}

// run runs a command, and returns its peak of memory in kilobytes and its processor time.
func (c *bigCompany) run(args ...string) (peak int64, busy time.Duration) {
	cmd := exec.CommandContext(c.b.Context(), c.binary, append([]string{"--config", c.config}, args...)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = os.Environ(), io.Discard, os.Stderr
	for name, value := range c.environment() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	if err := cmd.Start(); err != nil {
		c.b.Fatal(err)
	}
	ended := make(chan struct{})
	measured := make(chan int64)
	go func() { measured <- peakMemory(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	close(ended)
	peak = <-measured
	if err != nil {
		c.b.Fatalf("%s: %v", args[0], err)
	}
	return peak, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

// measure runs a command for each turn of the benchmark.
func (c *bigCompany) measure(args ...string) {
	var peak int64
	var busy time.Duration
	for c.b.Loop() {
		memory, time := c.run(args...)
		peak, busy = max(peak, memory), busy+time
	}
	c.b.ReportMetric(float64(peak)/1000, "peak-MB")
	c.b.ReportMetric(busy.Seconds()/float64(c.b.N), "cpu-s/op")
	c.b.ReportMetric(float64(c.tenant.RequestCount()), "scim-requests")
}

// peakMemory watches the peak of a process until it ends, in kilobytes. It only grows, and
// each look costs the kernel as much as a request costs the tenant, so it looks seldom. The
// resource usage that the kernel reports at the end would not do: it begins with
// that of the process that started it.
func peakMemory(pid int, ended <-chan struct{}) (peak int64) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return peak
		case <-tick.C:
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(status), "VmHWM:")
		var kilobytes int64
		if _, err := fmt.Sscan(rest, &kilobytes); err == nil {
			peak = max(peak, kilobytes)
		}
	}
}

// fillState records everybody as provisioned, without a WalkMe to ask.
func (c *bigCompany) fillState() {
	env := c.environment()
	cfg, err := configs.Load(c.config, configs.Env{Getenv: func(name string) string { return env[name] }})
	if err != nil {
		c.b.Fatal(err)
	}
	oktaConfig, err := cfg.OktaClient()
	if err != nil {
		c.b.Fatal(err)
	}
	ctx := context.Background()
	client, err := okta.NewClient(ctx, oktaConfig)
	if err != nil {
		c.b.Fatal(err)
	}
	a := cfg.Agent()
	projection := a.Mapping.Projection()
	snap, err := client.Snapshot(ctx, okta.SnapshotRequest{Keep: &projection})
	if err != nil {
		c.b.Fatal(err)
	}
	db, err := state.Open(ctx, state.Options{Path: cfg.State.Path, Build: "bench", Holder: "bench"})
	if err != nil {
		c.b.Fatal(err)
	}
	var records []state.Record
	for _, p := range a.Mapping.Desired(snap, plan.DesirePolicy{}).People {
		r := state.Record{Resource: p.Resource, Name: p.Name(), Origin: state.Created, SourceDigest: p.SourceDigest, MappingDigest: a.Mapping.Digest()}
		r.ID = "wm-" + p.SourceID
		records = append(records, r)
	}
	if err := db.PutRecords(ctx, records...); err != nil {
		c.b.Fatal(err)
	}
	if err := db.Close(); err != nil {
		c.b.Fatal(err)
	}
}

package main_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
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

// BenchmarkBigOrg runs the built program over a state that is in step with
// 100,000 assigned people. The targets are 10 s and 250 MB for the process.
func BenchmarkBigOrg(b *testing.B) {
	const people = 100_000
	dir := b.TempDir()
	binary := filepath.Join(dir, "agent")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	org := oktatest.Start(oktatest.Options{Generated: people})
	defer org.Close()
	tenant := walkmetest.Start(walkmetest.Options{KeepRequests: -1})
	defer tenant.Close()
	config := filepath.Join(dir, "agent.yaml")
	text := fmt.Sprintf(`
okta:
  org_url: %s
  app_id: %s
  auth: {api_token: "env:OKTA_TOKEN"}
  rate_limit_share: 1
walkme:
  base_url: %s
  auth: {username: "env:WALKME_USERNAME", password: "env:WALKME_PASSWORD"}
state: {path: state.db}
log: {level: warn}
`, org.URL(), org.AppID(), tenant.URL())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	environment := append(os.Environ(), "OKTA_TOKEN="+org.Token(),
		"WALKME_USERNAME="+walkmetest.DefaultUsername, "WALKME_PASSWORD="+walkmetest.DefaultPassword)
	fillState(b, config, map[string]string{
		"OKTA_TOKEN": org.Token(), "WALKME_USERNAME": walkmetest.DefaultUsername, "WALKME_PASSWORD": walkmetest.DefaultPassword,
	})
	sync := func() (peak int64) {
		cmd := exec.CommandContext(b.Context(), binary, "--config", config, "sync")
		cmd.Env, cmd.Stdout, cmd.Stderr = environment, io.Discard, os.Stderr
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		ended := make(chan struct{})
		measured := make(chan int64)
		go func() { measured <- peakMemory(cmd.Process.Pid, ended) }()
		err := cmd.Wait()
		close(ended)
		peak = <-measured
		if err != nil {
			b.Fatalf("sync: %v", err)
		}
		return peak
	}
	sync() // stores the snapshot of people once
	var peak int64
	for b.Loop() {
		peak = max(peak, sync())
	}
	b.ReportMetric(float64(peak)/1000, "peak-MB")
	b.ReportMetric(float64(tenant.RequestCount()), "scim-requests")
}

// peakMemory watches the peak of a process until it ends, in kilobytes. The
// resource usage that the kernel reports at the end would not do: it begins with
// that of the process that started it.
func peakMemory(pid int, ended <-chan struct{}) (peak int64) {
	tick := time.NewTicker(20 * time.Millisecond)
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
func fillState(b *testing.B, config string, env map[string]string) {
	cfg, err := configs.Load(config, configs.Env{Getenv: func(name string) string { return env[name] }})
	if err != nil {
		b.Fatal(err)
	}
	oktaConfig, err := cfg.OktaClient()
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	client, err := okta.NewClient(ctx, oktaConfig)
	if err != nil {
		b.Fatal(err)
	}
	a := cfg.Agent()
	projection := a.Mapping.Projection()
	snap, err := client.Snapshot(ctx, okta.SnapshotRequest{Keep: &projection})
	if err != nil {
		b.Fatal(err)
	}
	db, err := state.Open(ctx, state.Options{Path: cfg.State.Path, Build: "bench", Holder: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	var records []state.Record
	for _, p := range a.Mapping.Desired(snap, plan.DesirePolicy{}).People {
		r := state.Record{Resource: p.Resource, Name: p.Name(), Origin: state.Created, SourceDigest: p.SourceDigest, MappingDigest: a.Mapping.Digest()}
		r.ID = "wm-" + p.SourceID
		records = append(records, r)
	}
	if err := db.PutRecords(ctx, records...); err != nil {
		b.Fatal(err)
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

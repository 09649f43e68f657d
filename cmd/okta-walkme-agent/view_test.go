package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okta-walkme-agent/agent/service"
)

// asked is what the service answers to a member of the group.
func (s *served) asked(args ...string) service.ViewAnswer {
	s.t.Helper()
	answer, err := service.AskView(s.t.Context(), s.env[runtimeDirVar],
		service.ViewRequest{Config: filepath.Join(s.dir, "agent.yaml"), Args: args, Columns: 60})
	if err != nil {
		s.t.Fatalf("%v: %v\n%s", args, err, s.logged())
	}
	return answer
}

// TestViewers: the running service shows a member of the group what the commands show,
// and nothing that decides, sends, or names a file.
func TestViewers(t *testing.T) {
	s := serve(t, map[string]string{"limits": "deactivations: {count: 0, percent: 0}\n", "": "schedule: '@yearly'\n"})
	s.until(finished)
	s.org.Unassign(s.people["ann"])
	s.must(exitHeld, "sync")

	for _, args := range [][]string{{"status", "--format", "json"}, {"history", "--format", "json"}, {"holds", "list", "--format", "json"}, {"holds", "--format", "json"}} {
		want, got := s.must(exitOK, args...), s.asked(args...)
		if got.Exit != exitOK || got.Stdout != want.out || !strings.Contains(got.Stdout, "ann@example.com") && args[0] != "status" {
			t.Errorf("%v: the service answers %+v, want what the command prints:\n%s", args, got, want.out)
		}
	}
	if got := s.asked("explain", "ann@example.com"); got.Exit != exitOK || !strings.Contains(got.Stdout, "ann@example.com") {
		t.Errorf("explain: %+v", got)
	}
	trace := filepath.Join(t.TempDir(), "trace.har")
	before := s.writes()
	for _, args := range [][]string{
		{"sync"}, {"run"}, {"resync", "--yes"}, {"holds", "approve", "deactivations-1"}, {"holds", "reject", "deactivations-1"}, {"state", "adopt"},
		{"plan", "--out", trace}, {"check"}, {"notify", "test"}, {"demo"}, {"init"}, {"completion", "bash"},
		{"--trace", trace, "explain", "ann@example.com"}, {"--config", "/etc/passwd", "status"}, {"-c", "/etc/passwd", "status"}, {"status", "-c/etc/passwd"},
	} {
		if got := s.asked(args...); got.Exit != exitUsage {
			t.Errorf("%v: exit code %d, want it refused as unknown\n%s%s", args, got.Exit, got.Stdout, got.Stderr)
		}
	}
	if _, err := os.Stat(trace); err == nil {
		t.Error("a file was written where a viewer wanted it")
	}
	if s.writes() != before {
		t.Error("a viewer has written to WalkMe")
	}
}

// TestViewersOfAnotherService are told that they ask the wrong one.
func TestViewersOfAnotherService(t *testing.T) {
	s := serve(t, map[string]string{"": "schedule: '@yearly'\n"})
	s.until(finished)
	answer, err := service.AskView(t.Context(), s.env[runtimeDirVar], service.ViewRequest{Config: "/etc/okta-walkme-agent/staging/agent.yaml", Args: []string{"status"}})
	if err != nil || answer.Exit != exitConfig || !strings.Contains(answer.Stderr, "not /etc/okta-walkme-agent/staging/agent.yaml") {
		t.Errorf("the service answers %+v, %v, want that it is another one", answer, err)
	}
}

// TestViewSocketIsPrivate where there is no such group: root and the service alone.
func TestViewSocketIsPrivate(t *testing.T) {
	s := serve(t, map[string]string{"": "schedule: '@yearly'\n"})
	s.until(finished)
	info, err := os.Stat(filepath.Join(s.env[runtimeDirVar], "view.sock"))
	if err != nil || info.Mode().Perm()&0o007 != 0 {
		t.Errorf("view.sock: %v, %v, want nothing for others", info.Mode(), err)
	}
}

package main

import (
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// pushLines configure a company that pushes the group Editors.
var pushLines = map[string]string{"push_groups": "sources: [{name: Editors}]\n"}

// busyCompany has people in sync, and one change of each kind that waits.
func busyCompany(t *testing.T) *company {
	t.Helper()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, pushLines)
	c.hire("Ann", "Archer")
	c.hire("Bob", "Baker")
	c.group("editors", "Editors", "ann")
	c.must(exitOK, "sync")
	c.hire("Cara", "Cole")
	c.org.Update(c.people["ann"], map[string]any{"lastName": "Abel"})
	c.org.Unassign(c.people["bob"])
	c.org.AddMember(c.groups["editors"], c.people["cara"])
	return c
}

// TestPlanSyncPlan is the promise in three commands.
func TestPlanSyncPlan(t *testing.T) {
	t.Parallel()
	for _, fresh := range []bool{true, false} {
		c := busyCompany(t)
		if fresh {
			c = newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
			c.hire("Ann", "Archer")
		}
		c.must(exitOK, "plan")
		c.must(exitChanges, "plan", "--detailed-exitcode")
		c.must(exitOK, "sync")
		r := c.must(exitOK, "plan", "--detailed-exitcode")
		if !strings.Contains(r.out, "No changes.") {
			t.Errorf("plan after sync says %q, want that there are no changes", r.out)
		}
		before := c.tenant.RequestCount()
		c.must(exitOK, "sync")
		if n := c.tenant.RequestCount() - before; n != 0 {
			t.Errorf("sync without a change makes %d requests, want none", n)
		}
	}
}

// dryCommands are all that promise to change nothing.
var dryCommands = []string{
	"groups", "groups --available", "accounts", "accounts --format csv",
	"version", "check --offline", "check", "plan", "plan --format json", "plan --format markdown", "plan --format html",
	"plan --out OUT", "plan --refresh", "plan --detailed-exitcode", "sync --dry-run", "sync --dry-run --format json",
	"resync --dry-run", "resync --dry-run --user ann@example.com", "explain ann@example.com", "explain Editors",
	"history", "history --full", "history --format json", "status", "status --format json", "status --max-age 1h",
	"state check", "completion bash",
}

// TestDryCommandsWriteNothing holds that of all those commands no request but
// reads leaves, and that the state's folder stays as it was, byte by byte: on a
// machine in use, while a change waits, and on a fresh one.
func TestDryCommandsWriteNothing(t *testing.T) {
	t.Parallel()
	for _, fresh := range []bool{false, true} {
		c := busyCompany(t)
		if fresh {
			c = newCompany(t, oktatest.Options{}, walkmetest.Options{}, pushLines)
			c.hire("Ann", "Archer")
			c.group("editors", "Editors", "ann")
		}
		c.org.ResetRequests()
		c.tenant.ResetRequests()
		tenant, files := c.tenant.State(), c.stateFiles()
		tried := 0
		for _, command := range dryCommands {
			words := strings.Fields(strings.Replace(command, "OUT", filepath.Join(t.TempDir(), "plan.json"), 1))
			if words[0] != "completion" && !c.has(words[0]) {
				continue
			}
			r := c.run(words...)
			allowed := r.code == exitOK || r.code == exitChanges || r.code == exitProblems || fresh && r.code == exitFailed
			if !allowed {
				t.Errorf("%s (fresh: %t) ended with %d\n%s%s", command, fresh, r.code, r.out, r.err)
			}
			if got := c.stateFiles(); !maps.Equal(got, files) {
				t.Errorf("%s (fresh: %t) changed the state's folder: %q, was %q", command, fresh, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(files)))
			}
			tried++
		}
		for _, r := range c.tenant.Requests() {
			if r.Method != http.MethodGet {
				t.Errorf("a dry command sent %s", r)
			}
		}
		for _, r := range c.org.Requests() {
			if r.Method != http.MethodGet {
				t.Errorf("a dry command sent %s %s to Okta", r.Method, r.Path)
			}
		}
		if c.tenant.State() != tenant {
			t.Error("a dry command changed WalkMe")
		}
		t.Logf("%d commands, %d requests to Okta, %d to WalkMe, all of them reads", tried, len(c.org.Requests()), len(c.tenant.Requests()))
	}
}

// stateFiles are the state's file and its neighbours, name to content. The index
// of the write-ahead log and an empty log are SQLite's marks of a reader and say
// nothing about the data.
func (c *company) stateFiles() map[string]string {
	c.t.Helper()
	files := map[string]string{}
	dir := filepath.Dir(c.statePath())
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		c.t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			c.t.Fatal(err)
		}
		if !strings.HasSuffix(e.Name(), "-shm") && (len(data) > 0 || !strings.HasSuffix(e.Name(), "-wal")) {
			files[e.Name()] = string(data)
		}
	}
	return files
}

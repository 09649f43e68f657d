package main

import (
	"path/filepath"
	"strings"
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// TestDryRunHoldsBackByHand: while the configuration says dry_run: true, a run by hand
// sends nothing either, unless it is told to.
func TestDryRunHoldsBackByHand(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"": "dry_run: true\n"})
	c.hire("Ann", "Archer")
	plan := filepath.Join(c.dir, "plan.json")
	c.must(exitOK, "plan", "--out", plan)
	for _, command := range []string{"sync", "sync --format json", "sync --approve deactivations-12345678", "resync", "apply " + plan} {
		r := c.must(exitUsage, strings.Fields(command)...)
		if !strings.Contains(r.err, "dry_run: true") || !strings.Contains(r.err, "--live") {
			t.Errorf("%s says %q, want why it sends nothing, and the flag", command, r.err)
		}
	}
	if n := c.writes(); n != 0 || len(c.stateFiles()) > 0 {
		t.Errorf("%d writes, %d files of state, want none", n, len(c.stateFiles()))
	}
	if r := c.must(exitOK, "check"); !strings.Contains(r.out, "dry_run is true") {
		t.Errorf("check says %q, want the dry run in it", r.out)
	}
	c.must(exitOK, "sync", "--dry-run")
	c.must(exitOK, "sync", "--live")
	if !c.hasAccount("ann") {
		t.Error("sync --live has made no account")
	}
}

package main

import (
	"strings"
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// dry_run: true is about the service: a run by hand sends, and says so first.
func TestSyncByHandInADryRun(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"": "dry_run: true\n"})
	c.hire("Ann", "Archer")
	if r := c.must(exitOK, "check"); !strings.Contains(r.out, "dry_run is true") {
		t.Errorf("check says %q, want the dry run in it", r.out)
	}
	c.must(exitOK, "sync", "--dry-run")
	if n := c.writes(); n != 0 {
		t.Errorf("sync --dry-run: %d writes", n)
	}
	if r := c.must(exitOK, "sync"); !strings.Contains(r.err, "this sync sends") || !c.hasAccount("ann") {
		t.Errorf("sync says %q, ann has an account: %t", r.err, c.hasAccount("ann"))
	}
}

// A mistyped state.path begins anew: a first run says so, above all where WalkMe has the
// accounts.
func TestNewStateSaysSo(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	if r := c.must(exitOK, "sync"); !strings.Contains(r.err, "a new state begins, in "+c.statePath()) || strings.Contains(r.err, "already") {
		t.Errorf("the first sync says %q", r.err)
	}
	if r := c.must(exitOK, "sync"); strings.Contains(r.err, "new state") {
		t.Errorf("the second sync says %q", r.err)
	}
	c.configure(map[string]string{"state": "path: stat/state.db\n"})
	r := c.must(exitOK, "sync")
	for _, want := range []string{"a new state begins", "WalkMe had 1 account of these people already", "correct state.path"} {
		if !strings.Contains(r.err, want) {
			t.Errorf("a sync with a mistyped state.path says %q, want %q in it", r.err, want)
		}
	}
}

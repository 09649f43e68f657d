package main

import (
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// TestResyncContinue: a resync that was cut off says how to go on, and wants no flags
// for that; others than its own are wrong usage.
func TestResyncContinue(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{Allow: []walkmetest.Rule{walkmetest.RuleNoChange}}, map[string]string{"walkme": "max_in_flight: 1\n"})
	c.hire("Ann", "Archer")
	c.hire("Bob", "Baker")
	c.must(exitOK, "sync")
	puts := 0
	c.tenant.Fault(func(r *walkmetest.Request) walkmetest.Fault {
		if r.Method == http.MethodPut {
			puts++
		}
		if puts > 1 {
			return walkmetest.NotApplied(http.StatusUnauthorized)
		}
		return walkmetest.Fault{}
	})
	if r := c.must(exitFailed, "resync", "--attribute", "userName", "--force"); !strings.Contains(r.err, "go on with: resync --continue\n") {
		t.Errorf("an interrupted resync says %q, want how to go on", r.err)
	}
	c.tenant.Fault(nil)
	if r := c.must(exitUsage, "resync", "--continue", "--user", "ann@example.com"); !strings.Contains(r.err, "--attribute userName;") {
		t.Errorf("--continue with other flags says %q, want what is unfinished", r.err)
	}
	if r := c.must(exitUsage, "resync", "ann@example.com"); !strings.Contains(r.err, "--user") {
		t.Errorf("a name without a flag is answered with %q, want --user in it", r.err)
	}
	if r := c.must(exitOK, "resync", "--continue"); !strings.Contains(r.out, "Updated 1 user") {
		t.Errorf("--continue says %q, want one update", r.out)
	}
}

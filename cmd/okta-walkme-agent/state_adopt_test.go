package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// A state is about one tenant until somebody says that another address is the same
// one.
func TestStateAdopt(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	c.must(exitOK, "sync")
	moved := httptest.NewServer(c.gate)
	t.Cleanup(moved.Close)
	c.configure(map[string]string{"walkme": "base_url: " + strings.Replace(c.scimURL(), c.gate.URL, moved.URL, 1) +
		"\nauth: {username: file:walkme-username, password: file:walkme-password}\nrequests_per_second: 0\n"})
	for _, command := range []string{"plan", "sync", "run"} {
		if r := c.must(exitConfig, command); !strings.Contains(r.err, "run state adopt") {
			t.Errorf("%s with another address: %q", command, r.err)
		}
	}
	if r := c.must(exitOK, "state", "adopt"); !strings.Contains(r.out, moved.URL) {
		t.Errorf("state adopt: %q", r.out)
	}
	c.must(exitOK, "sync")
}

// TestAnotherTenant has credentials that lead to a tenant without any of the agent's
// accounts: nothing is sent until a person has said that it is meant.
func TestAnotherTenant(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	for _, last := range []string{"Archer", "Baker", "Cole"} {
		c.hire("Ann"+last, last)
	}
	c.must(exitOK, "sync")
	if r := c.must(exitOK, "check"); !strings.Contains(r.out, "accounts of the agent's are there") {
		t.Errorf("check: %q", r.out)
	}
	c.tenant.SetCredentials("another", "tenant")
	c.write("walkme-username", "another\n")
	c.write("walkme-password", "tenant\n")
	for _, u := range c.tenant.Users() {
		c.tenant.DeleteUser(u.ID)
	}
	for _, command := range []string{"check", "sync"} {
		r := c.must(exitFailed, command)
		if all := r.out + r.err; !strings.Contains(all, "this is another tenant than before") || !strings.Contains(all, "run state adopt") {
			t.Errorf("%s with credentials of another tenant:\n%s", command, all)
		}
	}
	if r := c.must(exitOK, "state", "adopt"); !strings.Contains(r.out, "The tenant lacks 3 accounts of the agent's: reported as gone") {
		t.Errorf("state adopt: %q", r.out)
	}
	if r := c.must(exitProblems, "sync"); strings.Count(r.out, "the account is gone in WalkMe") != 3 {
		t.Errorf("sync after it:\n%s", r.out)
	}
}

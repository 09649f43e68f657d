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

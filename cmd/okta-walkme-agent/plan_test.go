package main

import (
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// TestDetailedExitCode tells changes, nothing to do, and people who cannot be provisioned
// apart.
func TestDetailedExitCode(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	c.must(exitChanges, "plan", "--detailed-exitcode")
	c.must(exitOK, "sync")
	c.must(exitOK, "plan", "--detailed-exitcode")
	c.org.Assign(c.org.Hire(oktatest.Person{First: "Kio", Last: "Sk", Login: "kiosk-7", Email: "kiosk@example.com"}))
	c.must(exitProblems, "plan", "--detailed-exitcode")
	c.must(exitOK, "plan")
	c.hire("Bob", "Baker")
	c.must(exitChanges, "plan", "--detailed-exitcode")
}

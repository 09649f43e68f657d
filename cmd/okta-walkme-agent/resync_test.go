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

// TestMistypedIsNoRun: who asks for somebody whom nobody knows, or approves what is on no
// record, has mistyped. No run has failed then: none is on record, nobody is told of one,
// and a right approval beside the wrong one is not recorded either.
func TestMistypedIsNoRun(t *testing.T) {
	t.Parallel()
	c, inbox := notified(t, "    on: [failing, decided]\n")
	c.must(exitOK, "sync")
	c.dismiss("bob")
	c.must(exitHeld, "sync")
	hold := c.holds().Holds[0].ID
	for _, tt := range []struct {
		args []string
		said string
	}{
		{[]string{"resync", "--user", "amn@example.com"}, `user "amn@example.com"; did you mean ann@example.com?`},
		{[]string{"resync", "--group", "Editors"}, `group "Editors"`},
		{[]string{"resync", "--user", "ann@example.com", "--approve", "deactivations-00000000"}, "no such hold"},
		{[]string{"sync", "--approve", "deactivations-00000000"}, "no such hold"},
		{[]string{"sync", "--approve", hold + ",deactivations-00000000"}, "no such hold"},
		{[]string{"sync", "--approve", hold, "--approve", hold + "0"}, "no such hold"},
	} {
		for _, format := range []string{"text", "json"} {
			r := c.must(exitFailed, append(tt.args, "--format", format)...)
			if last := lastLine(r.err); !strings.Contains(last, tt.said) || r.out != "" {
				t.Errorf("%q ends with %q and prints %q, want %q alone", tt.args, last, r.out, tt.said)
			}
		}
	}
	if runs := c.runs(); len(runs) != 2 {
		t.Errorf("runs on record: %+v, want the two syncs", runs)
	}
	if waiting := c.holds().Holds; len(waiting) != 1 || waiting[0].State != "waiting" {
		t.Errorf("holds = %+v, want the one that waits", waiting)
	}
	inbox.none(t, "what was mistyped")
	if c.must(exitOK, "sync", "--approve", hold); len(c.runs()) != 3 {
		t.Errorf("runs on record: %+v, want one more", c.runs())
	}
}

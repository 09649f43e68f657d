package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// holds reads what holds says, as JSON.
func (c *company) holds(args ...string) (view agent.HoldsView) {
	c.t.Helper()
	if err := json.Unmarshal([]byte(c.must(exitOK, append([]string{"holds", "--format", "json"}, args...)...).out), &view); err != nil {
		c.t.Fatal(err)
	}
	return view
}

// leaverCompany has four people, of whom each leaver waits for a decision.
func leaverCompany(t *testing.T) *company {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"limits": "deactivations: {count: 0}\n"})
	for _, name := range []string{"Ann", "Bob", "Cara", "Dan"} {
		c.hire(name, "Example")
	}
	c.must(exitOK, "sync")
	c.env["SUDO_USER"] = "zoe"
	return c
}

func (c *company) dismiss(names ...string) {
	for _, name := range names {
		c.org.Unassign(c.people[name])
	}
}

// TestHolds lives through a hold as an admin does: it is listed, looked at, rejected,
// and approved after all.
func TestHolds(t *testing.T) {
	t.Parallel()
	c := leaverCompany(t)
	if text := c.must(exitOK, "holds").out; !strings.Contains(text, "Nothing is held") {
		t.Errorf("holds without any says %q", text)
	}
	c.dismiss("ann", "bob")
	c.must(exitHeld, "sync")
	view := c.holds("list")
	if len(view.Holds) != 1 || view.Schema != agent.HoldsSchema {
		t.Fatalf("holds = %+v, want one", view)
	}
	h := view.Holds[0]
	if h.Kind != "deactivations" || h.Count != 2 || h.State != "waiting" || h.DecidedAt != nil || len(h.Changes) != 2 ||
		h.Changes[0] != (agent.HeldChange{Type: "User", Action: plan.Deactivate, OktaID: c.people["ann"], Name: "ann@example.com"}) {
		t.Errorf("hold = %+v", h)
	}
	golden(t, filepath.Join("testdata", "holds", "waiting.txt"), c.told("holds")+c.told("holds show "+h.ID))

	golden(t, filepath.Join("testdata", "holds", "rejected.txt"),
		c.told("holds reject "+h.ID+" --reason leave")+c.told("sync")+c.told("status")+c.told("holds"))
	if h := c.holds("show", h.ID).Holds[0]; h.State != "rejected" || h.DecidedBy != "zoe" || h.DecisionReason != "leave" || h.DecidedAt == nil {
		t.Errorf("rejected hold = %+v", h)
	}
	c.must(exitOK, "plan", "--detailed-exitcode")

	golden(t, filepath.Join("testdata", "holds", "approved.txt"),
		c.told("holds approve "+h.ID)+c.told("holds approve "+h.ID)+c.told("sync")+c.told("holds show "+h.ID))
	if text := c.must(exitOK, "history", "--limit", "2").out; strings.Count(text, "approved by zoe at ") != 2 {
		t.Errorf("history does not show who approved:\n%s", text)
	}
	if got := c.holds(); len(got.Holds) != 0 {
		t.Errorf("holds in the end = %+v, want none", got)
	}
}

// told is what a command prints, without times and ids, and its exit code.
func (c *company) told(line string) string {
	r := c.run(strings.Fields(line)...)
	return c.timeless(fmt.Sprintf("$ okta-walkme-agent %s\n%sexit %d\n\n", line, r.out, r.code))
}

// TestHoldsRefuse: what cannot be decided about changes nothing.
func TestHoldsRefuse(t *testing.T) {
	t.Parallel()
	c := leaverCompany(t)
	c.dismiss("ann")
	c.must(exitHeld, "sync")
	first := c.holds().Holds[0].ID
	c.dismiss("bob")
	c.must(exitHeld, "sync")
	second := c.holds().Holds[0].ID
	for line, want := range map[string]struct {
		code int
		err  string
	}{
		"holds approve":                         {exitUsage, "one hold"},
		"holds approve " + first + " " + second: {exitUsage, "one hold"},
		"holds approve nobody":                  {exitFailed, "no hold nobody is on record"},
		"holds show nobody":                     {exitFailed, "no hold nobody is on record"},
		"holds reject " + first:                 {exitFailed, "another set waits, as hold " + second},
		"holds nonsense":                        {exitUsage, "nonsense"},
		"holds list --format yaml":              {exitUsage, "text or json"},
	} {
		if r := c.run(strings.Fields(line)...); r.code != want.code || !strings.Contains(r.err, want.err) {
			t.Errorf("%s ended with %d and %q, want %d and %q", line, r.code, r.err, want.code, want.err)
		}
	}
	if got := c.holds(); len(got.Holds) != 1 || got.Holds[0].State != "waiting" {
		t.Errorf("holds = %+v, want the one that waits", got)
	}
}

// TestHoldsOfAFreshMachine: there is nothing to show, and nothing to decide about.
func TestHoldsOfAFreshMachine(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	if got := c.holds(); len(got.Holds) != 0 {
		t.Errorf("holds = %+v, want none", got)
	}
	c.must(exitFailed, "holds", "approve", "deactivations-00000000")
	if files := c.stateFiles(); len(files) != 0 {
		t.Errorf("files of the state: %v, want none", files)
	}
}

// TestSyncApproveIsOnRecord: the approval of a run by hand is a decision as any other.
func TestSyncApproveIsOnRecord(t *testing.T) {
	t.Parallel()
	c := leaverCompany(t)
	c.dismiss("ann")
	c.must(exitHeld, "sync")
	id := c.holds().Holds[0].ID
	var report struct {
		Changes []struct {
			ApprovedBy     string `json:"approved_by"`
			ApprovedAt     string `json:"approved_at"`
			ApprovalReason string `json:"approval_reason"`
		} `json:"changes"`
	}
	r := c.must(exitOK, "sync", "--approve", id, "--reason", "ticket 7", "--format", "json")
	if err := json.Unmarshal([]byte(r.out), &report); err != nil {
		t.Fatal(err)
	}
	if ch := report.Changes[0]; ch.ApprovedBy != "zoe" || ch.ApprovedAt == "" || ch.ApprovalReason != "ticket 7" {
		t.Errorf("change = %+v, want it approved by zoe", ch)
	}
	if text := c.must(exitOK, "history", "--limit", "1", "--format", "json").out; !strings.Contains(text, `"approved_by": "zoe"`) {
		t.Errorf("history lacks the approval:\n%s", text)
	}
}

// TestCrashInAnApprovedRun: wherever the run is killed that makes an approved set, the
// next one makes the rest of it, and holds whoever was not in it.
func TestCrashInAnApprovedRun(t *testing.T) {
	t.Parallel()
	binary := build(t)
	for n := int64(1); n <= 3; n++ {
		for _, when := range []instant{beforeEffect, afterEffect} {
			t.Run(fmt.Sprintf("request %d %s", n, when), func(t *testing.T) {
				t.Parallel()
				c := leaverCompany(t)
				c.dismiss("ann", "bob", "cara")
				c.must(exitHeld, "sync")
				c.must(exitOK, "holds", "approve", c.holds().Holds[0].ID)
				p := c.doomed(binary, func(p func() *process) { c.killAt(n, when, p) })
				p.wait()
				c.gate.watch(nil)
				c.tenant.ClientRestarted()
				c.dismiss("dan")
				c.must(exitHeld, "sync")
				for _, u := range c.tenant.Users() {
					if u.Active != (u.UserName == "dan@example.com") {
						t.Errorf("%s: active = %t", u.UserName, u.Active)
					}
				}
				if got := c.holds(); len(got.Holds) != 1 || got.Holds[0].State != agent.HoldWaiting || got.Holds[0].Changes[0].Name != "dan@example.com" {
					t.Errorf("holds = %+v, want dan's alone", got)
				}
			})
		}
	}
}

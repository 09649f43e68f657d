package agent_test

import (
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// A look-up that WalkMe refuses, or answers with what is no list, is about one object:
// it is reported and left, and the rest of the plan stands.
func TestOneLookUpEndsNoPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, pushAll)
	w.hire("ann", "bob")
	w.account("bob", true)
	w.group("push Team", "ann")
	w.tenant.Fault(func(r *walkmetest.Request) walkmetest.Fault {
		switch {
		case strings.Contains(r.RawQuery, "ann"):
			return walkmetest.NotApplied(http.StatusBadRequest)
		case strings.HasPrefix(r.Path, "/Groups") && r.Method == http.MethodGet:
			return walkmetest.Fault{Status: http.StatusOK, Body: "[]"}
		}
		return walkmetest.Fault{}
	})
	planned, err := w.agent.Plan(t.Context(), agent.Options{})
	if err != nil {
		t.Fatalf("Plan() = %v, want a plan", err)
	}
	var got []string
	for _, c := range planned.Changes {
		line := string(c.Action) + " " + short(c.Name)
		if c.Block.Is(plan.BlockUnconfirmed) {
			line += ": left"
		}
		got = append(got, line)
	}
	wantText(t, "plan", strings.Join(got, "\n"), `
		create ann: left
		link bob
		group_create push Team: left`)
	report := w.sync()
	if report.Run.Applied != 1 || report.Run.Failed != 2 {
		t.Errorf("changes = %s, want bob linked and the others failed", changes(report))
	}
	w.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool { return true }, 0, walkmetest.Gateway(http.StatusBadGateway)))
	if _, err := w.agent.Plan(t.Context(), agent.Options{}); err == nil {
		t.Error("a tenant that does not answer at all gives a plan")
	}
}

// A link to a group that WalkMe does not have is most likely mistyped: nothing is made
// for it, and the nearest names are told.
func TestLinkToNothing(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) {
			s.config.GroupSources = []okta.GroupSource{{Name: "Team", Link: "Autors"}}
		})
		w.hire("ann")
		w.group("Team", "ann")
		w.tenant.AddGroup("Authors")
		w.tenant.AddGroup("Viewers")
		const why = `WalkMe has no group "Autors", and none is created for a link; did you mean Authors?`
		planned, err := w.agent.Plan(t.Context(), agent.Options{})
		if err != nil || len(planned.Rejected) != 1 || planned.Rejected[0].Error != why || planned.Rejected[0].Path != "link" {
			t.Errorf("plan = %+v, %v, want the link rejected: %s", planned.Rejected, err, why)
		}
		wantText(t, "changes", changes(w.sync()), `
			create ann: applied
			group_create Autors: failed: link: `+why)
		wantText(t, "groups", w.memberships(), `
			Authors:
			Viewers:`)
		w.restart(func(s *setup) { s.config.GroupSources[0].Link = "Authors" })
		w.sync()
		wantText(t, "groups", w.memberships(), `
			Authors: ann
			Viewers:`)
		w.quiet()
	})
}

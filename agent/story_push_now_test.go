package agent_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// pushAgain makes the plan of a resync, and then the run.
func (w *world) pushAgain(force plan.Selection, approve ...string) (*plan.Plan, *agent.Report) {
	w.t.Helper()
	planned, err := w.agent.Plan(w.t.Context(), agent.Options{Scope: plan.OfSelection(force), Approve: approve})
	if err != nil {
		w.t.Fatal(err)
	}
	w.tenant.ResetRequests()
	report, err := w.agent.Sync(w.t.Context(), agent.Options{Trigger: agent.TriggerResync, Scope: plan.OfSelection(force), Approve: approve, By: "test"})
	if err != nil {
		w.t.Fatal(err)
	}
	return withChanges(w.t, planned), collected(w.t, report)
}

// linkAuthors links Okta's group Content to Authors, which has three members of its
// own.
func linkAuthors(t *testing.T, profile walkme.Profile, edits ...func(*setup)) *world {
	w := newWorld(t, profile, append(edits, func(s *setup) {
		s.config.GroupSources = []okta.GroupSource{{Name: "Content", Link: "Authors"}}
		s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange}
	})...)
	w.tenant.AddGroup("Authors", w.account("x", true), w.account("y", true), w.account("z", true))
	w.hire("ann", "bob")
	w.group("Content", "ann")
	w.sync()
	return w
}

// A resync pushes the members of a linked group once more, and lets those stay who
// are not ours. Only by its name the group is made exactly as in Okta; the plan shows
// who is thrown out, and limits hold it.
func TestResyncOfALinkedGroup(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := linkAuthors(t, profile)
		w.tenant.SetMembers(w.record("Content").ID, w.accountID("x"), w.accountID("y"), w.accountID("z")) // ann was taken out
		planned, report := w.pushAgain(plan.Selection{})
		wantText(t, "plan", drifts(planned), `
			update ann: forced: a resync asks for it
			name.familyName: desired Example, last pushed Example, actual <nil>
			name.givenName: desired Ann, last pushed Ann, actual <nil>
			userName: desired ann@example.com, last pushed ann@example.com, actual <nil>
			update bob: forced: a resync asks for it
			name.familyName: desired Example, last pushed Example, actual <nil>
			name.givenName: desired Bob, last pushed Bob, actual <nil>
			userName: desired bob@example.com, last pushed bob@example.com, actual <nil>
			group_members Authors: forced: a resync asks for it`)
		if report.Run.Failed > 0 {
			t.Errorf("changes = %s, want none failed", changes(report))
		}
		wantText(t, "memberships", w.memberships(), "Authors: ann x y z")

		w.restart(func(s *setup) { s.config.Limits.MemberRemovals = plan.Limit{Count: 2} })
		w.tenant.SetMembers(w.record("Content").ID, w.accountID("x"), w.accountID("y"), w.accountID("z"), w.accountID("bob"))
		named := plan.Selection{Groups: []string{"Content"}}
		planned, report = w.pushAgain(named)
		lines := strings.Split(drifts(planned), "\n")
		slices.Sort(lines)
		wantText(t, "plan by name", strings.Join(lines, "\n"), `
			- bob
			- x
			- y
			- z
			group_members Authors: forced: a resync asks for it
			group_members Authors: forced: a resync asks for it`)
		wantText(t, "changes by name", changes(report), `
			group_members Authors: applied
			group_members Authors: held`)
		wantText(t, "memberships while that is held", w.memberships(), "Authors: ann bob x y z")
		_, report = w.pushAgain(named, report.Holds[0].ID)
		wantText(t, "changes once approved", changes(report), "group_members Authors: applied")
		wantText(t, "memberships", w.memberships(), "Authors: ann")
		w.quiet()
	})
}

// A group that cannot be read is not pushed blindly, and the others are.
func TestResyncOfAnUnreadableGroup(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, func(s *setup) { s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange} })
		w.hire("ann")
		w.group("push One", "ann")
		w.group("push Two", "ann")
		w.sync()
		one := "/Groups/" + w.record("push One").ID
		w.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool { return r.Path == one }, 0, walkmetest.NotApplied(http.StatusInternalServerError)))
		_, report := w.pushAgain(plan.Selection{Groups: []string{"push One", "push Two"}})
		wantText(t, "changes", changes(report), `
			group_members push One: skipped
			group_members push Two: applied`)
		if c := report.Changes[0]; c.Block == nil || !strings.HasPrefix(c.Block.Detail, "WalkMe does not show who would be taken out: ") {
			t.Errorf("blocked = %+v, want the reason", c.Block)
		}
	})
}

// resync --failed tries what failed once more, and nothing beyond that.
func TestResyncOfWhatFailed(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := linkAuthors(t, profile)
		w.join("Content", "bob")
		w.tenant.Fault(walkmetest.OnMatch(walkmetest.IsWrite, 0, walkmetest.NotApplied(http.StatusBadRequest)))
		w.sync()
		w.tenant.Fault(nil)
		_, report := w.pushAgain(plan.Selection{Failed: true})
		wantText(t, "changes", changes(report), "group_members Authors: applied")
		wantText(t, "memberships", w.memberships(), "Authors: ann bob x y z")
		w.quiet()
	})
}

// A server that is to get deltas alone is pushed all of ours once more, and the removal
// of everybody else: no whole list.
func TestPushNowByDelta(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) {
		s.sources, s.wire.MembershipUpdates = []string{"Team"}, walkme.Delta
		s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange}
	})
	w.hire("ann", "bob")
	w.group("Team", "ann", "bob")
	w.sync()
	team := w.record("Team").ID
	for _, others := range [][]string{nil, {w.account("x", true)}} {
		w.tenant.SetMembers(team, append(others, w.accountID("ann"), w.accountID("bob"))...)
		w.pushAgain(plan.Selection{Groups: []string{"Team"}})
		for _, r := range w.tenant.Requests() {
			if body := string(r.Body); strings.Contains(body, `"op":"replace"`) && strings.Contains(body, "members") {
				t.Errorf("%s %s: the whole list was sent: %s", r.Method, r.Path, body)
			}
		}
		if got := w.writes(); !strings.Contains(got, `"op":"add","path":"members"`) {
			t.Errorf("writes =\n%s\nwant the members added once more", got)
		}
		wantText(t, "memberships", w.memberships(), "Team: ann bob")
	}
	w.quiet()
}

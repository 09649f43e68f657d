package agent_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// scheduled makes a run of the service, which honours the pauses of what failed.
func (w *world) scheduled() *agent.Report {
	w.t.Helper()
	w.tenant.ResetRequests()
	report, err := w.agent.Sync(w.t.Context(), agent.Options{Trigger: "schedule", Scope: plan.Scope{}.HeedingPauses()})
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

// pausesGrow sees a change of a group fail again and again: each time it waits
// twice as long, and nothing is sent for it meanwhile.
func (w *world) pausesGrow(which func(*plan.Change) bool) {
	w.t.Helper()
	find := func(report *agent.Report) *plan.Change {
		w.t.Helper()
		for _, c := range report.Changes {
			if which(c) {
				return c
			}
		}
		w.t.Fatalf("changes = %q, want the one that fails among them", changes(report))
		return nil
	}
	for _, pause := range []time.Duration{10 * time.Minute, 20 * time.Minute, 40 * time.Minute} {
		if c := find(w.scheduled()); c.Outcome != plan.Failed {
			w.t.Fatalf("%s %s = %s, want failed", c.Action, c.Name, c.Outcome)
		}
		w.later += pause - time.Minute
		if c := find(w.scheduled()); c.Outcome != plan.Skipped || !c.Block.Is(plan.BlockWaiting) || c.Cause != plan.CauseFailed {
			w.t.Errorf("%s %s a minute before the end of a pause of %s = %s, cause %s, want skipped with a time", c.Action, c.Name, pause, c.Outcome, c.Cause)
		}
		wantText(w.t, "requests while it pauses", w.requests(), "")
		w.later += 2 * time.Minute
	}
}

func adds(c *plan.Change) bool { return c.Action == plan.GroupMembers && len(c.Members.Add) > 0 }

// A change of members whose removals are held waits as long as any other, and the
// hold is the same all the time: an approval is good for it.
func TestGroupPausesBesideAHold(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob", "cara")
		w.group("push Team", "ann", "bob")
		w.sync()
		w.restart(func(s *setup) { s.config.Limits.MemberRemovals = plan.Limit{} })
		w.leave("push Team", "bob")
		w.join("push Team", "cara")
		poison := func(r *walkmetest.Request) bool {
			return walkmetest.IsWrite(r) && strings.Contains(string(r.Body), w.accountID("cara"))
		}
		w.tenant.Fault(walkmetest.OnMatch(poison, 0, walkmetest.NotApplied(http.StatusBadRequest)))
		w.pausesGrow(adds)
		hold := ""
		for range 2 { // paused, and tried once more
			report := w.scheduled()
			if len(report.Holds) != 1 || hold != "" && report.Holds[0].ID != hold {
				t.Fatalf("holds = %+v, want one that stays the same (%s)", report.Holds, hold)
			}
			hold = report.Holds[0].ID
			w.later += 2 * time.Hour
		}
		w.scheduled()
		if _, err := w.agent.Sync(t.Context(), agent.Options{Trigger: "schedule", Scope: plan.Scope{}.HeedingPauses(), Approve: []string{hold}, By: "test"}); err != nil {
			t.Fatal(err)
		}
		w.tenant.Fault(nil)
		w.sync()
		wantText(t, "memberships", w.memberships(), "push Team: ann cara")
		w.quiet()
	})
}

// Nor does it lose its pause where the removals are those of leavers whose
// deactivation is held.
func TestGroupPausesBesideHeldLeavers(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, func(s *setup) { s.config.Policy.Groups.RemoveDeprovisioned = true })
		w.hire("ann", "bob", "cara")
		w.group("push Team", "ann", "bob")
		w.sync()
		w.restart(func(s *setup) { s.config.Limits.Deactivations = plan.Limit{} })
		w.org.Unassign(w.people["bob"])
		w.join("push Team", "cara")
		poison := func(r *walkmetest.Request) bool { return walkmetest.IsWrite(r) }
		w.tenant.Fault(walkmetest.OnMatch(poison, 0, walkmetest.NotApplied(http.StatusBadRequest)))
		w.pausesGrow(adds)
	})
}

// A member whom WalkMe refuses while it takes the others waits longer each time.
func TestGroupPausesOfAMember(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, func(s *setup) { s.tenant.Quirks.UnknownMember = walkmetest.UnknownMember404 })
		w.hire("ann", "bob", "cara", "dan")
		w.group("push Team", "ann")
		w.sync()
		w.tenant.DeleteUser(w.accountID("cara"))
		w.join("push Team", "bob", "cara", "dan")
		w.pausesGrow(adds)
		wantText(t, "memberships", w.memberships(), "push Team: ann bob dan")
	})
}

// A name that WalkMe refuses waits longer each time, although the members of the
// group come and go meanwhile.
func TestGroupPausesOfAName(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob")
		w.group("push Team", "ann")
		w.sync()
		w.tenant.AddGroup("push Crew")
		w.org.RenameGroup(w.groups["push Team"], "push Crew")
		w.join("push Team", "bob")
		w.pausesGrow(func(c *plan.Change) bool { return c.Action == plan.GroupRename })
		wantText(t, "memberships", w.memberships(), `
			push Crew:
			push Team: ann bob`)
	})
}

// With batches of one, a member whom WalkMe does not know keeps nobody out.
func TestGroupBatchOfARefusedMember(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, func(s *setup) { s.wire.MemberBatch = 1 })
		w.hire("ann", "bob", "cara")
		w.group("push Team")
		w.sync()
		w.tenant.DeleteUser(w.accountID("ann"))
		w.join("push Team", "ann", "bob", "cara")
		report := w.sync()
		if c := report.Changes[0]; c.Outcome != plan.Failed || !strings.Contains(c.Error, w.people["ann"]) {
			t.Errorf("changes = %s, want a failure that names ann's Okta id", changes(report))
		}
		wantText(t, "memberships", w.memberships(), "push Team: bob cara")
		if c := w.scheduled().Changes[0]; c.Outcome != plan.Skipped || !c.Block.Is(plan.BlockWaiting) {
			t.Errorf("group_members of the next scheduled run = %s, want skipped with a time", c.Outcome)
		}
	})
}

// A group that was deleted in WalkMe is made anew once, also when the answer to
// that is lost.
func TestLostRecreation(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]walkmetest.Fault{
		"applied": walkmetest.AppliedUnanswered(), "applied, 500": walkmetest.AppliedButStatus(http.StatusInternalServerError),
		"not applied, 500": walkmetest.NotApplied(http.StatusInternalServerError), "not applied": walkmetest.DroppedBefore(),
	} {
		t.Run(name, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, pushAll, func(s *setup) { s.config.Policy.Groups.RecreateMissing = true })
				w.hire("ann", "bob", "cara")
				w.group("push Team", "ann", "bob")
				w.sync()
				w.org.Suspend(w.people["bob"]) // who keeps what he has
				w.tenant.DeleteGroup(w.record("push Team").ID)
				w.join("push Team", "cara")
				creates := func(r *walkmetest.Request) bool { return r.Method == http.MethodPost }
				w.tenant.Fault(walkmetest.OnMatch(creates, 1, fault))
				w.sync()
				w.tenant.Fault(nil)
				w.sync()
				wantText(t, "memberships", w.memberships(), "push Team: ann bob cara")
				w.sync()
				w.quiet()
			})
		})
	}
}

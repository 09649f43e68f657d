package agent_test

import (
	"context"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// decide records a decision as the holds command does: from another process.
func (w *world) decide(hold string, verdict state.Verdict, reason string) {
	w.t.Helper()
	if _, err := agent.DecideHold(w.t.Context(), w.path, state.Judgement{HoldID: hold, Verdict: verdict, By: "ann", Reason: reason}); err != nil {
		w.t.Fatal(err)
	}
}

// holds lists what waits and what was decided: "deactivations waiting 3: ann bob cara".
func (w *world) holds() string {
	w.t.Helper()
	view, err := agent.ReadHolds(w.t.Context(), w.agent.State)
	if err != nil {
		w.t.Fatal(err)
	}
	var lines []string
	for _, h := range view.Holds {
		line := h.Kind + " " + h.State + ":"
		for _, c := range h.Changes {
			line += " " + short(c.Name)
			if c.Member != "" {
				line += "/" + short(c.Member)
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// A decision that somebody records is carried out by the next run, which says in its
// report and in the journal who it was.
func TestRecordedApproval(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, mostDeactivations(1))
	w.hire("ann", "bob", "cara")
	w.sync()
	w.dismiss("ann", "bob")
	held := w.sync().Holds[0].ID
	wantText(t, "holds", w.holds(), "deactivations waiting: ann bob")
	w.decide(held, state.Approved, "ticket 7")
	wantText(t, "holds", w.holds(), "deactivations approved: ann bob")
	report := w.sync()
	wantText(t, "changes", changes(report), `
		deactivate ann: applied
		deactivate bob: applied`)
	if c := report.Changes[0]; c.ApprovedBy != "ann" || c.ApprovedAt == nil || c.ApprovalReason != "ticket 7" || c.Block != nil {
		t.Errorf("change = %+v, want it approved by ann because of ticket 7", c)
	}
	entries, err := w.agent.State.History(t.Context(), state.Filter{SourceID: w.people["bob"], Limit: 1})
	if err != nil || len(entries) != 1 || entries[0].ApprovedBy != "ann" || entries[0].ApprovalReason != "ticket 7" {
		t.Errorf("history = %+v, %v, want the approval", entries, err)
	}
	wantText(t, "holds", w.holds(), "")
	w.quiet()
}

// An approval stays good for exactly what is left of its set when its run ends early,
// by a signal or by a kill.
func TestApprovalOutlivesItsRun(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, mostDeactivations(1), func(s *setup) { s.config.Workers = 1 })
		w.hire("ann", "bob", "cara", "dan", "eve", "fay")
		w.sync()
		w.dismiss("ann", "bob", "cara", "dan")
		held := w.sync().Holds[0].ID
		ctx, stop := context.WithCancel(t.Context())
		w.agent.Progress = func(done, _ int, _ *plan.Change) {
			if done == 2 {
				stop()
			}
		}
		if _, err := w.agent.Sync(ctx, agent.Options{Trigger: "sync", Approve: []string{held}, By: "test"}); err == nil {
			t.Fatal("the stopped run has no error")
		}
		w.restart()
		wantText(t, "accounts", w.accounts(), `
			ann: Ann Example (inactive)
			bob: Bob Example (inactive)
			cara: Cara Example
			dan: Dan Example
			eve: Eve Example
			fay: Fay Example`)
		w.dismiss("eve", "fay")
		wantText(t, "changes of the next run", changes(w.sync()), `
			deactivate cara: applied
			deactivate dan: applied
			deactivate eve: held
			deactivate fay: held`)
		wantText(t, "holds", w.holds(), "deactivations waiting: eve fay")
	})
}

// What a person has rejected stays undone, holds no run back and counts against no
// limit. It ends for whoever returns.
func TestRejection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, mostDeactivations(1))
	w.hire("ann", "bob", "cara", "dan")
	w.sync()
	w.dismiss("ann", "bob")
	held := w.sync().Holds[0].ID
	w.decide(held, state.Rejected, "they are on leave")
	report := w.sync()
	wantText(t, "changes", changes(report), `
		deactivate ann: skipped
		deactivate bob: skipped`)
	if report.Run.Outcome != agent.RunDone || report.Summary.Held != 0 || report.Summary.Undone != 2 || len(report.Holds) != 0 {
		t.Errorf("run %+v, summary %+v, want it done, nothing held, two undone", report.Run, report.Summary)
	}
	if b := report.Changes[0].Block; b == nil || b.Kind != plan.BlockRejected || b.Hold != held || b.By != "ann" || !strings.Contains(b.Detail, "on leave") {
		t.Errorf("blocked = %+v, want it rejected by ann, on leave", b)
	}
	wantText(t, "requests", w.requests(), "")
	wantText(t, "holds", w.holds(), "deactivations rejected: ann bob")

	w.dismiss("cara")
	wantText(t, "changes with one more leaver", changes(w.sync()), `
		deactivate ann: skipped
		deactivate bob: skipped
		deactivate cara: applied`)

	w.org.Assign(w.people["ann"])
	wantText(t, "changes after a return", changes(w.sync()), "deactivate bob: skipped")
	w.dismiss("ann")
	wantText(t, "holds", w.holds(), "deactivations rejected: bob")
	wantText(t, "changes after another leave", changes(w.sync()), `
		deactivate ann: held
		deactivate bob: skipped`)

	w.decide(held, state.Approved, "bob has left after all")
	wantText(t, "changes after an approval", changes(w.sync()), `
		deactivate ann: held
		deactivate bob: applied`)
}

// sync --approve takes back a rejection, too.
func TestApprovalOfARejectedHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, mostDeactivations(0))
	w.hire("ann", "bob")
	w.sync()
	w.dismiss("ann")
	held := w.sync().Holds[0].ID
	w.decide(held, state.Rejected, "")
	w.sync()
	planned, err := w.agent.Plan(t.Context(), agent.Options{Approve: []string{held}, By: "test"})
	if err != nil || planned.Pending() != 1 || planned.Summary.Undone != 0 {
		t.Errorf("Plan() with the approval = %+v, %v, want one change", planned, err)
	}
	wantText(t, "holds after a plan", w.holds(), "deactivations rejected: ann")
	wantText(t, "changes", changes(w.sync(held)), "deactivate ann: applied")
	wantText(t, "holds", w.holds(), "")
}

// Memberships are decided one by one: what is added to a group, and who else leaves
// it, is not held up by them.
func TestRejectedMemberRemovals(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) {
			s.sources = []string{"Editors"}
			s.config.Limits.MemberRemovals = plan.Limit{Count: 1}
		})
		w.hire("ann", "bob", "cara", "dan", "eve")
		w.group("Editors", "ann", "bob", "cara", "dan")
		w.sync()
		w.leave("Editors", "ann", "bob")
		held := w.sync().Holds[0].ID
		wantText(t, "holds", w.holds(), "member_removals waiting: Editors/ann Editors/bob")
		w.decide(held, state.Rejected, "not yet")
		w.leave("Editors", "cara")
		w.join("Editors", "eve")
		report := w.sync()
		wantText(t, "changes", changes(report), `
			group_members Editors: applied
			group_members Editors: skipped`)
		wantText(t, "memberships", w.memberships(), "Editors: ann bob dan eve")
		if report.Run.Outcome != agent.RunDone {
			t.Errorf("the run is %s, want it done", report.Run.Outcome)
		}
		w.join("Editors", "ann")
		w.sync()
		wantText(t, "holds after a return", w.holds(), "member_removals rejected: Editors/bob")
		w.decide(held, state.Approved, "")
		wantText(t, "changes", changes(w.sync()), "group_members Editors: applied")
		wantText(t, "memberships", w.memberships(), "Editors: ann dan eve")
		w.quiet()
	})
}

// The hold of a resync is listed, outlives the runs in between, and the next resync
// carries the decision out.
func TestDecisionAboutAResync(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) {
		s.sources = []string{"Editors"}
		s.config.Limits.MemberRemovals = plan.Limit{Count: 0}
		s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange} // a resync may
	})
	w.hire("ann", "bob")
	w.group("Editors", "ann", "bob")
	w.sync()
	stranger := w.account("zoe", true)
	w.tenant.SetMembers(w.record("Editors").ID, w.record("ann").ID, w.record("bob").ID, stranger)
	resync := func() *agent.Report {
		t.Helper()
		r, err := w.agent.Sync(t.Context(), agent.Options{Trigger: "resync", Scope: plan.OfSelection(plan.Selection{Groups: []string{"Editors"}})})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	held := resync().Holds[0].ID
	wantText(t, "holds", w.holds(), "member_removals waiting: Editors/zoe")
	w.sync()
	wantText(t, "holds after a run", w.holds(), "member_removals waiting: Editors/zoe")
	w.decide(held, state.Approved, "")
	w.sync()
	wantText(t, "holds after another run", w.holds(), "member_removals approved: Editors/zoe")
	resync()
	wantText(t, "memberships", w.memberships(), "Editors: ann bob")
	wantText(t, "holds after the resync", w.holds(), "")
}

package agent_test

import (
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// A run in which nothing has changed makes no request to WalkMe, whatever is on record from
// earlier ones: failures that wait, members who may be in a group, a list that is cut, what is
// not shown, a hold that waits, one that was rejected, people who cannot be mapped, an account
// that is gone, a group that was deleted. The one exception is the look of verify_every.
func TestQuietRunsAskNothing(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, verified, func(s *setup) {
			s.config.Limits.Deactivations = plan.Limit{Count: 1}
			s.config.Limits.MemberRemovals = plan.Limit{Count: 1}
			s.tenant.Quirks = walkmetest.Quirks{MembersShownMax: 5, AttributesHidden: true}
			s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange}
		})
		w.remap("userName", "appuser.userName", "title", "user.title", "name.familyName", "user.lastName")
		names := crew("p", 16)
		w.hire(names...)
		w.org.Update(w.people["p00"], map[string]any{"title": "Engineer"}) // not shown
		w.group("push Cut", names[:8]...)                                  // 3 members are not shown
		w.group("push Two", names[8:10]...)
		w.group("push Gone", names[10:12]...)
		w.org.Assign(w.org.Hire(oktatest.Person{First: "Kio", Last: "Sk", Login: "kiosk-7", Email: "kiosk@example.com"}))
		w.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool { return strings.Contains(string(r.Body), "p15@") }, 0, walkmetest.NotApplied(400)))
		w.sync()
		w.sync()

		w.dismiss("p12", "p13", "p14") // held, and rejected
		held := w.scheduled().Holds[0].ID
		if _, err := w.agent.State.Decide(t.Context(), state.Judgement{HoldID: held, Verdict: state.Rejected, By: "test"}); err != nil {
			t.Fatal(err)
		}
		w.leave("push Cut", "p00", "p01") // held
		w.tenant.DeleteUser(w.accountID("p11"))
		w.tenant.DeleteGroup(w.record("push Gone").ID)
		w.refreshed()
		w.tenant.Fault(nil)
		w.scheduled()
		w.restart(func(s *setup) { s.config.Mapping = w.agent.Config.Mapping })

		var found []string
		for range 3 {
			report := w.scheduled()
			wantText(t, "requests of a quiet run", w.requests(), "")
			found = nil
			for _, c := range report.Changes {
				found = append(found, string(c.Action)+" "+short(c.Name)+": "+string(c.Outcome))
			}
			n := report.Summary.NotShown
			if n.Members != 1 || n.Values != 1 {
				t.Errorf("not shown = %+v, want one of each", n)
			}
		}
		wantText(t, "what is left in each", strings.Join(found, "\n"), `
			deactivate p12: skipped
			deactivate p13: skipped
			deactivate p14: skipped
			create p15: skipped
			group_members push Cut: held`)
		w.later = 5 * time.Minute
		w.watchNobody()
		w.later = 2 * time.Hour
		for i, want := range []string{"GET /Users/", ""} {
			w.tenant.ResetRequests()
			if _, err := w.agent.Sync(t.Context(), agent.Options{Trigger: agent.TriggerSchedule, Scope: plan.OfPeople(w.ids("p02")).HeedingPauses()}); err != nil {
				t.Fatal(err)
			}
			if got := w.requests(); (want == "") != (got == "") || !strings.HasPrefix(got, want) || strings.Contains(got, "\n") {
				t.Errorf("requests of run %d after two hours = %s, want one look", i, got)
			}
		}
	})
}

// watchNobody is a look at people of whom nothing has changed.
func (w *world) watchNobody() {
	w.t.Helper()
	w.tenant.ResetRequests()
	w.syncPeople("p02", "p03")
	wantText(w.t, "requests of a run of watch", w.requests(), "")
}

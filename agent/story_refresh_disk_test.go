package agent_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// TestRefreshFromDisk holds refreshes that let people in step go, and keep plain changes on
// disk, against those that have everybody in memory: values, status and accounts that somebody
// changed, values that Okta wants meanwhile, changes that fail, members in and out, names that
// two people swap, and a tenant that begins to show what it hid.
func TestRefreshFromDisk(t *testing.T) {
	t.Parallel()
	for _, profile := range []walkme.Profile{walkme.OIN, walkme.AIW} {
		for _, hidden := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s hidden %t", profile, hidden), func(t *testing.T) {
				everybody := refreshes(t, profile, hidden, func(a *agent.Agent) { a.Config.SeeEverybody = true })
				streamed := refreshes(t, profile, hidden, func(*agent.Agent) {})
				fromDisk := refreshes(t, profile, hidden, func(a *agent.Agent) { spillAll(t, a) })
				if diff := cmp.Diff(everybody, streamed); diff != "" {
					t.Errorf("(-everybody +without people in step):\n%s", diff)
				}
				if diff := cmp.Diff(everybody, fromDisk); diff != "" {
					t.Errorf("(-everybody +from disk):\n%s", diff)
				}
			})
		}
	}
}

// refreshes tells what the refreshes of a company come to.
func refreshes(t *testing.T, profile walkme.Profile, hidden bool, edit func(*agent.Agent)) (told []string) {
	w := newWorld(t, profile, pushAll, func(s *setup) {
		s.config.Workers, s.tenant.Quirks.AttributesHidden = 1, hidden
	})
	w.remap("userName", "appuser.userName", "title", "user.title", "name.familyName", "user.lastName")
	edit(w.agent)
	run := func(scope plan.Scope) {
		planned := w.planned(scope)
		told = append(told, planText(t, planned), w.requests())
		report, err := w.agent.Sync(t.Context(), agent.Options{Trigger: "sync", Scope: scope})
		if report == nil {
			t.Fatal(err)
		}
		run := report.Run
		told = append(told, fmt.Sprint(err), fmt.Sprint(run.Outcome, run.Planned, run.Applied, run.Failed, run.Skipped, report.Summary),
			changes(collected(t, report)), w.requests(), w.accounts(), w.memberships())
	}
	refresh := func() { run(plan.Scope{}.Refreshed()) }
	somebody := func(name string, edit func(*walkmetest.User)) { w.tenant.SetUser(w.accountID(name), edit) }

	w.hire("ann", "bob", "cara", "dan", "eve", "fay")
	w.org.Update(w.people["cara"], map[string]any{"title": "Engineer"})
	w.group("push Team", "ann", "cara", "eve")
	w.sync()
	refresh()
	somebody("ann", func(u *walkmetest.User) { u.FamilyName = "Other" })
	somebody("bob", func(u *walkmetest.User) { u.Active = false })
	somebody("cara", func(u *walkmetest.User) { u.FamilyName, u.Extra = "Married", nil })
	w.org.Update(w.people["dan"], map[string]any{"lastName": "Dancer"})
	somebody("dan", func(u *walkmetest.User) { u.FamilyName = "Dancer" })
	w.tenant.DeleteUser(w.accountID("eve"))
	w.org.Update(w.people["eve"], map[string]any{"title": "Boss"})
	stranger := w.tenant.AddUser(walkmetest.User{UserName: "stranger@example.com", Active: true})
	team, _ := w.tenant.Group("push Team")
	w.tenant.SetMembers(team.ID, append(team.Members, stranger, w.accountID("fay"))...)
	w.tenant.Fault(walkmetest.OnNthWrite(1, walkmetest.NotApplied(http.StatusBadRequest)))
	refresh()
	w.tenant.Fault(nil)
	run(plan.Scope{}) // without a look: what failed is tried again
	refresh()
	for n := range 3 {
		somebody("ann", func(u *walkmetest.User) { u.FamilyName = fmt.Sprint("Failing ", n) })
		somebody("dan", func(u *walkmetest.User) { u.FamilyName = fmt.Sprint("Dancer ", n) })
		w.org.Update(w.people["dan"], map[string]any{"lastName": fmt.Sprint("Dancer ", n), "title": fmt.Sprint("Dancer ", n)})
		w.tenant.Fault(walkmetest.OnNthWrite(1+n%2, walkmetest.NotApplied(http.StatusBadRequest)))
		refresh()
		w.tenant.Fault(nil)
		run(plan.Scope{})
	}
	somebody("cara", func(u *walkmetest.User) { u.Extra = nil }) // her title is gone
	w.org.Update(w.people["cara"], map[string]any{"title": "Boss"})
	w.tenant.Fault(walkmetest.OnNthWrite(1, walkmetest.NotApplied(http.StatusBadRequest)))
	refresh()
	w.tenant.Fault(nil)
	w.org.Update(w.people["cara"], map[string]any{"title": "Engineer"}) // as it was taken
	run(plan.Scope{})
	w.org.Unassign(w.people["dan"])
	run(plan.Scope{})
	somebody("dan", func(u *walkmetest.User) { u.Active = true })
	w.org.Assign(w.people["dan"])
	w.org.Update(w.people["dan"], map[string]any{"title": "Returner"})
	w.tenant.Fault(walkmetest.OnNthWrite(1, walkmetest.NotApplied(http.StatusBadRequest)))
	refresh()
	w.tenant.Fault(nil)
	run(plan.Scope{})
	w.agent.Config.Policy.RecreateMissing = true
	refresh()
	w.remap("userName", "appuser.userName", "title", "user.title", "name.familyName", "toUpperCase(user.lastName)")
	somebody("ann", func(u *walkmetest.User) { u.FamilyName = "Again" })
	somebody("bob", func(u *walkmetest.User) { u.UserName = "robert@example.com" })
	w.tenant.Fault(walkmetest.OnNthWrite(2, walkmetest.NotApplied(http.StatusBadRequest)))
	refresh()
	w.tenant.Fault(nil)
	w.org.SetAppProfile(w.people["fay"], "bob@example.com", map[string]any{})
	refresh()
	w.org.Unassign(w.people["cara"])
	w.org.Assign(w.org.Hire(oktatest.Person{Login: "gus@example.com", First: "Gus", Last: "Example"}))
	refresh()
	refresh()
	return told
}

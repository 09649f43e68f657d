package agent_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// The stories of this file are about what WalkMe accepts and does not show.

// strangers lists the members of each group who are not the agent's.
func strangers(planned *plan.Plan) string {
	var lines []string
	for _, s := range planned.Strangers {
		var names []string
		for _, m := range s.Members {
			names = append(names, short(m.Name))
		}
		lines = append(lines, fmt.Sprintf("%s: %s", s.Name, strings.Join(names, " ")))
	}
	return strings.Join(lines, "\n")
}

// unseenIn says what a plan or report has under not_shown, with its changes.
func unseenIn(p *plan.Plan) string {
	n := p.Summary.NotShown
	lines := []string{strings.TrimSpace(fmt.Sprintf("members %d, values %d: %s", n.Members, n.Values, strings.Join(p.NotShown, " ")))}
	for _, c := range p.Changes {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s: %s", c.Action, short(c.Name), strings.Join(c.NotShown, " "))))
	}
	return strings.Join(lines, "\n")
}

const nothingUnseen = "members 0, values 0:"

// Of a server that shows no member nobody says that a group is in step, nor later that
// somebody was taken out.
func TestMembersAreNotShown(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, unseen)
		w.hire("ann", "bob")
		w.group("push Team", "ann")
		wantText(t, "first run", unseenIn(&w.sync().Plan), `
			members 1, values 0: members
			create ann:
			create bob:
			group_create push Team: members`)
		wantText(t, "quiet run", unseenIn(&w.sync().Plan), "members 1, values 0: members")
		offline, err := w.agent.PlanOffline(t.Context(), agent.Options{})
		if err != nil {
			t.Fatal(err)
		}
		wantText(t, "plan --offline", unseenIn(offline), "members 1, values 0: members")
		for range 2 {
			planned, report := w.refreshed()
			wantText(t, "refresh", unseenIn(planned), "members 1, values 0: members")
			wantText(t, "run of a refresh", unseenIn(&report.Plan), "members 1, values 0: members")
		}
		w.join("push Team", "bob")
		planned, _ := w.refreshed()
		wantText(t, "plan", drifts(planned), `
			group_members push Team: okta: membership changed in Okta
			+ bob`)
		foreign := w.tenant.AddGroup("Foreign", w.account("own", true))
		w.tenant.Protect(foreign)
		w.tenant.SetQuirks(walkmetest.Quirks{})
		planned, _ = w.refreshed()
		wantText(t, "refresh when the server has learnt to show them", unseenIn(planned), nothingUnseen)
		wantText(t, "quiet run after that", unseenIn(&w.sync().Plan), nothingUnseen)
	})
}

// A server that shows members of other groups only has not shown any of ours.
func TestOthersMembersAreNoEvidence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, pushAll, unseen)
	w.tenant.Protect(w.tenant.AddGroup("Foreign", w.account("own", true)))
	w.hire("ann")
	w.group("push Team", "ann")
	w.sync()
	w.tenant.SetQuirks(walkmetest.Quirks{})
	w.tenant.SetMembers(w.record("push Team").ID)
	planned, err := w.agent.Plan(t.Context(), agent.Options{Scope: plan.Scope{}.Refreshed()})
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, "refresh", unseenIn(planned), "members 1, values 0: members")
}

// Members who were shown once are known to be gone, also when all of them are.
func TestMembersWhoWereShownAreMissed(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann")
		w.group("push Team", "ann")
		w.sync()
		w.tenant.SetMembers(w.record("push Team").ID)
		w.restart()
		planned, _ := w.refreshed()
		wantText(t, "plan", drifts(planned), `
			group_members push Team: drift: members were taken out in WalkMe
			+ ann`)
		wantText(t, "memberships", w.memberships(), "push Team: ann")
		w.inStep()
	})
}

// A list that is cut at any other number is found out: at once, where accounts show their
// groups, and else when WalkMe has taken somebody twice without showing him. Nobody is taken
// out, and no run fails for it any more.
func TestRefreshOfAnOddPart(t *testing.T) {
	t.Parallel()
	const drift = "members were taken out in WalkMe"
	for name, c := range map[string]struct {
		groups  int
		witness bool
		fails   []string // why the first refreshes push somebody again
	}{
		"no witness":              {1, false, []string{drift, "accepted, not applied"}},
		"accounts show groups":    {1, true, nil},
		"three lists of a length": {3, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, pushAll, func(s *setup) { s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange} })
				all := crew("p", 15)
				w.hire(all...)
				groups := []string{"push Team", "push Crew", "push Staff"}[:c.groups]
				for _, g := range groups {
					w.group(g, all...)
				}
				w.sync()
				w.tenant.SetQuirks(walkmetest.Quirks{MembersShownMax: 13, ShowGroups: c.witness})
				for _, why := range c.fails {
					planned, _ := w.refreshed()
					if got := drifts(planned); !strings.Contains(got, why) || strings.Contains(got, "\n- ") {
						t.Errorf("plan =\n%s\nwant %q, and nobody to be taken out", got, why)
					}
				}
				w.restart()
				for range 2 {
					planned, report := w.refreshed()
					wantText(t, "refresh", unseenIn(planned), fmt.Sprintf("members %d, values 0: members", c.groups))
					if report.Run.Outcome != agent.RunDone {
						t.Errorf("outcome = %s, changes %s", report.Run.Outcome, changes(report))
					}
				}
				w.quiet()
				for _, g := range groups {
					if g, _ := w.tenant.Group(g); len(g.Members) != len(all) {
						t.Errorf("%d members are left of %d", len(g.Members), len(all))
					}
				}
				w.tenant.SetQuirks(walkmetest.Quirks{})
				planned, _ := w.refreshed()
				wantText(t, "refresh when all are shown", unseenIn(planned), nothingUnseen)
			})
		})
	}
}

// Two groups of the same people are of one length by themselves: who was taken out of both
// in WalkMe is put back.
func TestRefreshOfTwinGroups(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		all := crew("p", 6)
		w.hire(all...)
		for _, g := range []string{"push Team", "push Crew"} {
			w.group(g, all...)
		}
		w.sync()
		for _, name := range []string{"push Team", "push Crew"} {
			g, _ := w.tenant.Group(name)
			w.tenant.SetMembers(g.ID, slices.DeleteFunc(g.Members, func(id string) bool { return id == w.record(all[0]).ID })...)
		}
		w.refreshed()
		for _, name := range []string{"push Team", "push Crew"} {
			if g, _ := w.tenant.Group(name); len(g.Members) != len(all) {
				t.Errorf("%s has %d members, want %d", name, len(g.Members), len(all))
			}
		}
	})
}

// What the earlier tenant has shown says nothing of the one that is adopted.
func TestAdoptedTenantHasShownNothing(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann")
		w.group("push Team", "ann")
		w.sync()
		w.tenant.SetQuirks(walkmetest.Quirks{MembersNeverEchoed: true})
		w.restart()
		planned, err := w.agent.Plan(t.Context(), agent.Options{Scope: plan.Scope{}.Refreshed()})
		if err != nil {
			t.Fatal(err)
		}
		wantText(t, "refresh before", drifts(planned), `
			group_members push Team: drift: members were taken out in WalkMe
			+ ann`)
		if _, err := w.agent.AdoptTenant(t.Context()); err != nil {
			t.Fatal(err)
		}
		planned, _ = w.refreshed()
		wantText(t, "refresh after", drifts(planned), "")
		wantText(t, "not shown", unseenIn(planned), "members 1, values 0: members")
	})
}

// What a refresh of the earlier tenant has found, and holds, is over with that one.
func TestAdoptedTenantHasNoHoldsOfARefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, pushAll, func(s *setup) { s.config.Limits.MemberRemovals = plan.Limit{Count: 0} })
	w.hire("ann", "bob")
	w.group("push Team", "ann")
	w.sync()
	w.tenant.SetMembers(w.record("push Team").ID, w.accountID("ann"), w.accountID("bob"))
	w.refreshed()
	w.sync()
	if holds := w.openHolds(); len(holds) != 1 {
		t.Fatalf("holds %v after the refresh and another run, want one", holds)
	}
	if _, err := w.agent.AdoptTenant(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.sync()
	if holds := w.openHolds(); len(holds) > 0 {
		t.Errorf("holds %v in a tenant that was not read yet, want none", holds)
	}
}

// A part of a list drops nobody, and is no proof that the others are there.
func TestRefreshOfAPartialList(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, func(s *setup) { s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange} })
		var all []string
		for i := range 60 {
			all = append(all, fmt.Sprintf("p%02d", i))
		}
		w.hire(all...)
		w.group("push Team", all...)
		w.sync()
		w.tenant.SetQuirks(walkmetest.Quirks{MembersShownMax: 50})
		planned, _ := w.refreshed()
		wantText(t, "refresh", unseenIn(planned), "members 1, values 0: members")
		g, _ := w.tenant.Group("push Team")
		if len(g.Members) != len(all) {
			t.Errorf("%d members are left of %d", len(g.Members), len(all))
		}
	})
}

// A linked group's members of before stay, also those who are managed: nobody can tell
// them from people who were put in later. Push Now takes them out.
func TestStrangersOfALinkedGroup(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob")
		w.sync()
		w.tenant.AddGroup("push Team", w.accountID("bob"), w.account("own", true))
		w.group("push Team", "ann")
		w.sync()
		planned, _ := w.refreshed()
		wantText(t, "plan", drifts(planned), "")
		wantText(t, "strangers", strangers(planned), "push Team: bob own")
		wantText(t, "memberships", w.memberships(), "push Team: ann bob own")
		w.pushAgain(plan.Selection{Groups: []string{"push Team"}})
		wantText(t, "memberships after Push Now", w.memberships(), "push Team: ann")
	})
}

// People who were put in by hand are taken out under the limit of removals.
func TestMembersPutInAreHeldByTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, pushAll, func(s *setup) {
		s.config.Limits.MemberRemovals = plan.Limit{Count: 1}
	})
	w.hire("ann", "bob", "cara")
	w.group("push Team", "ann")
	w.sync()
	w.tenant.SetMembers(w.record("push Team").ID, w.accountID("ann"), w.accountID("bob"), w.accountID("cara"))
	_, report := w.refreshed()
	wantText(t, "changes", changes(report), "group_members push Team: held")
	if _, err := w.agent.Sync(context.WithoutCancel(t.Context()), agent.Options{Trigger: "sync", Scope: plan.Scope{}.Refreshed(), Approve: []string{report.Holds[0].ID}}); err != nil {
		t.Fatal(err)
	}
	wantText(t, "memberships", w.memberships(), "push Team: ann")
}

// Of an account that is inactive in WalkMe nobody misses a value.
func TestValueOfAnInactiveAccountIsNotMissed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.tenant.Quirks.AttributesHidden = true })
	w.remap("userName", "appuser.userName", "title", "user.title")
	w.hire("ann", "bob")
	for _, name := range []string{"ann", "bob"} {
		w.org.Update(w.people[name], map[string]any{"title": "Engineer"})
	}
	w.sync()
	planned := w.planned(plan.Scope{}.Refreshed())
	wantText(t, "refresh", unseenIn(planned), "members 0, values 2: title")
	w.tenant.SetUser(w.accountID("bob"), func(u *walkmetest.User) { u.Active = false })
	planned = w.planned(plan.Scope{}.Refreshed())
	wantText(t, "refresh with an inactive account", unseenIn(planned), `
		members 0, values 1: title
		reactivate bob:`)
}

// A value that the server drops is not shown, and no drift. It is once the server has
// shown one of that attribute.
func TestValueIsNotShown(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) { s.tenant.Quirks.AttributesHidden = true })
		w.remap("userName", "appuser.userName", "title", "user.title", "name.familyName", "user.lastName")
		w.hire("ann", "bob")
		w.org.Update(w.people["ann"], map[string]any{"title": "Engineer"})
		wantText(t, "first run", unseenIn(&w.sync().Plan), `
			members 0, values 1: title
			create ann: title
			create bob:`)
		w.quiet()
		planned, report := w.refreshed()
		wantText(t, "refresh", unseenIn(planned), "members 0, values 1: title")
		if report.Run.Outcome != agent.RunDone || planned.Pending() > 0 {
			t.Errorf("outcome = %s with %d changes, want done with none", report.Run.Outcome, planned.Pending())
		}
		w.tenant.SetQuirks(walkmetest.Quirks{})
		planned, _ = w.refreshed()
		wantText(t, "refresh when it is shown", unseenIn(planned), nothingUnseen)
		w.tenant.SetUser(w.record("ann").ID, func(u *walkmetest.User) { u.Extra = nil })
		w.restart(func(s *setup) { s.config.Mapping = w.agent.Config.Mapping })
		planned, _ = w.refreshed()
		wantText(t, "plan when it has been taken away", drifts(planned), `
			update ann: drift: changed in WalkMe
			title: desired Engineer, last pushed Engineer, actual <nil>`)
		w.inStep()
	})
}

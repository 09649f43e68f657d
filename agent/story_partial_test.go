package agent_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// A server that shows a part of a group's members keeps the others, whichever form a
// membership change, a rename or Push Now has.
func TestPartialListThrowsNobodyOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ strangers, shown int }{{150, 100}, {17, 13}, {7, 5}} {
		for _, updates := range []string{walkme.Delta, walkme.Replace} {
			t.Run(fmt.Sprintf("%s, %d of %d", updates, c.shown, c.strangers), func(t *testing.T) { partialList(t, updates, c.strangers, c.shown) })
		}
	}
}

func partialList(t *testing.T, updates string, strangers, shown int) {
	t.Helper()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) {
			s.wire.MembershipUpdates = updates
			s.config.Policy.Groups.RenameLinked = true
			s.config.GroupSources = []okta.GroupSource{{Rule: &okta.GroupRule{NameStartsWith: "push "}}}
			s.tenant.Quirks.MembersShownMax = shown
			s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange}
		})
		var own []string
		for i := range strangers {
			own = append(own, w.account(fmt.Sprintf("own%03d", i), true))
		}
		id := w.tenant.AddGroup("push Team", own...)
		stayed := func(step string, ours ...string) {
			t.Helper()
			g, _ := w.tenant.Group("push Team")
			if g.ID != id {
				g, _ = w.tenant.Group("push Crew")
			}
			for _, stranger := range own {
				if !slices.Contains(g.Members, stranger) {
					t.Errorf("after %s, %d of %d members are left", step, len(g.Members), strangers+len(ours))
					return
				}
			}
			if len(g.Members) != strangers+len(ours) {
				t.Errorf("after %s the members are %v, want those of before and %v", step, g.UserNames, ours)
			}
		}
		w.hire("ann", "bob")
		w.group("push Team", "ann")
		w.sync()
		stayed("the link", "ann")
		w.join("push Team", "bob")
		w.leave("push Team", "ann")
		w.sync()
		stayed("a change", "bob")
		w.org.RenameGroup(w.groups["push Team"], "push Crew")
		w.sync()
		stayed("a rename", "bob")
		w.quiet()
		w.pushAgain(plan.Selection{})
		stayed("a resync", "bob")
		for range 2 {
			w.refreshed()
		}
		stayed("a refresh", "bob")
		w.inStep()
	})
}

// Whom WalkMe takes and does not show is reported in each run, and is taken out all the
// same when Okta does not grant it any more: the list may be a part, or old.
func TestMemberWhoIsTakenAndNotShown(t *testing.T) {
	for _, updates := range []string{walkme.Delta, walkme.Replace} {
		t.Run(updates, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, pushAll, func(s *setup) {
					s.wire.MembershipUpdates, s.tenant.Quirks.MembersShownMax = updates, 2
					s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange}
				})
				w.hire("ann", "bob", "cara", "dan")
				w.group("push Team", "ann", "bob", "cara")
				for range 2 {
					report := w.sync()
					if report.Run.Failed != 1 || !strings.Contains(changes(report), w.people["cara"]+": accepted, not applied") {
						t.Errorf("changes = %s, want cara reported", changes(report))
					}
				}
				w.join("push Team", "dan")
				w.syncPeople("dan")
				wantText(t, "memberships", w.memberships(), "push Team: ann bob cara dan")
				w.leave("push Team", "cara", "dan")
				w.sync()
				wantText(t, "memberships when they have left", w.memberships(), "push Team: ann bob")
				w.quiet()
			})
		})
	}
}

// Strangers who were put by hand into a group that the agent made are not thrown out of it by a
// list that does not show them; nor is anybody else, when the list is put to rights again.
func TestUnseenStrangersOfOurGroup(t *testing.T) {
	t.Parallel()
	for _, updates := range []string{walkme.Delta, walkme.Replace} {
		t.Run(updates, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, pushAll, func(s *setup) {
					s.wire.MembershipUpdates = updates
					s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange}
				})
				all := crew("p", 16)
				w.hire(all...)
				w.group("push Team", all[:15]...)
				w.sync()
				id := w.record("push Team").ID
				g, _ := w.tenant.Group("push Team")
				strangers := []string{w.account("x", true), w.account("y", true)}
				w.tenant.SetMembers(id, slices.Concat(g.Members, strangers)...)
				w.tenant.SetQuirks(walkmetest.Quirks{MembersShownMax: 13})
				w.join("push Team", "p15")
				w.sync()
				w.leave("push Team", "p14")
				w.sync()
				w.org.RenameGroup(w.groups["push Team"], "push Crew")
				for range 3 {
					w.sync()
				}
				w.quiet()
				want := []string{"x", "y"}
				for _, name := range all {
					if name != "p14" {
						want = append(want, name)
					}
				}
				slices.Sort(want)
				wantText(t, "memberships", w.memberships(), "push Crew: "+strings.Join(want, " "))
				w.tenant.SetQuirks(walkmetest.Quirks{})
				w.inStep()
			})
		})
	}
}

// A server that takes whole lists and does nothing looks like one that cuts them; so the second
// try is made by PATCH, and what is not undone is no cut.
func TestIgnoredListIsNoPart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.AIW, pushAll, func(s *setup) {
		s.tenant.Quirks.PutMembersNoEffect = true
		s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange}
	})
	all := crew("p", 7)
	w.hire(all...)
	w.group("push Team", all[:6]...)
	w.sync()
	w.join("push Team", "p06")
	w.leave("push Team", "p00")
	if report := w.sync(); report.Run.Failed != 1 {
		t.Errorf("changes = %s, want the ignored one reported", changes(report))
	}
	w.sync()
	wantText(t, "memberships", w.memberships(), "push Team: p01 p02 p03 p04 p05 p06")
	w.quiet()
}

// A 409 to the push of a member whom a cut list does not show may be about one who is in the
// group: the member is taken out when he leaves in Okta, and no run fails for it for good.
func TestConflictOfAnUnseenMember(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, func(s *setup) {
			s.tenant.Quirks.MembersShownMax, s.tenant.Quirks.AddExisting409 = 13, true
			s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange}
		})
		all := crew("p", 17)
		w.hire(all...)
		w.group("push Team", all[:15]...)
		w.sync()
		w.leave("push Team", "p14")
		w.join("push Team", "p16")
		for range 3 {
			w.sync()
		}
		wantText(t, "memberships", w.memberships(), "push Team: "+strings.Join(append(slices.Clone(all[:14]), "p16"), " "))
		w.quiet()
	})
}

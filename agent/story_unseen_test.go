package agent_test

import (
	"strings"
	"testing"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// The stories of this file happen on a server that never shows who is in a group.

func unseen(s *setup) {
	s.tenant.Quirks.MembersNeverEchoed = true
	s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange}
}

// A renamed group keeps its members.
func TestUnseenMembersOutliveARename(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, unseen)
		w.hire("ann", "bob")
		w.group("push Team", "ann", "bob")
		w.sync()
		w.org.RenameGroup(w.groups["push Team"], "push Crew")
		wantText(t, "changes", changes(w.sync()), "group_rename push Crew: applied")
		wantText(t, "memberships", w.memberships(), "push Crew: ann bob")
		w.quiet()
	})
}

// A group that is linked keeps the members that it had, whatever is pushed to it.
// What could throw them out is refused with the reason.
func TestUnseenMembersOfALinkedGroup(t *testing.T) {
	t.Parallel()
	for _, updates := range []string{walkme.Delta, walkme.Replace} {
		t.Run(updates, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, unseen, func(s *setup) {
					s.wire.MembershipUpdates = updates
					s.config.Policy.Groups.RenameLinked = true
					s.config.GroupSources = []okta.GroupSource{{Rule: &okta.GroupRule{NameStartsWith: "push "}}}
				})
				w.tenant.AddGroup("push Team", w.account("old", true))
				w.hire("ann", "bob")
				w.group("push Team", "ann")
				w.sync()
				wantText(t, "memberships", w.memberships(), "push Team: ann old")
				w.join("push Team", "bob")
				w.leave("push Team", "ann")
				w.sync()
				wantText(t, "memberships when bob has come for ann", w.memberships(), "push Team: bob old")
				w.quiet()

				const why = "WalkMe shows no member of any group"
				_, report := w.pushAgain(plan.Selection{Groups: []string{"push Team"}})
				if c := report.Changes[0]; c.Outcome != plan.Failed || !strings.Contains(c.Error, why) {
					t.Errorf("Push Now = %s %q, want failed because nobody can see whom it throws out", c.Outcome, c.Error)
				}
				w.sync() // nothing is due any more, and the failure is moot
				w.org.RenameGroup(w.groups["push Team"], "push Crew")
				name := "push Crew"
				if c := w.sync().Changes[0]; profile == walkme.AIW {
					name = "push Team"
					if c.Outcome != plan.Failed || !strings.Contains(c.Error, why) {
						t.Errorf("rename = %s %q, want failed because a PUT would write the members, too", c.Outcome, c.Error)
					}
				}
				wantText(t, "memberships in the end", w.memberships(), name+": bob old")
			})
		})
	}
}

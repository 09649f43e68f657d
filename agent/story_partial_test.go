package agent_test

import (
	"fmt"
	"slices"
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
	const strangers, shown = 150, 100
	for _, updates := range []string{walkme.Delta, walkme.Replace} {
		t.Run(updates, func(t *testing.T) {
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
			})
		})
	}
}

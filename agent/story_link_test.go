package agent_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// A link writes over what the account holds. The plan shows it, and so do the run and
// the journal.
func TestLinkShowsWhatItOverwrites(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("dan")
		w.tenant.AddUser(walkmetest.User{UserName: "dan@example.com", GivenName: "Daniel", FamilyName: "Example", Active: true})
		want := []scim.AttributeChange{
			{Path: "name.familyName", Old: "Example", New: "Example"},
			{Path: "name.givenName", Old: "Daniel", New: "Dan"},
			{Path: "userName", Old: "dan@example.com", New: "dan@example.com"},
		}
		for what, c := range map[string]*plan.Change{"plan": w.plan().Changes[0], "run": w.sync().Changes[0]} {
			if diff := cmp.Diff(want, c.Attributes); c.Action != plan.Link || diff != "" {
				t.Errorf("%s: %s of (-want +got):\n%s", what, c.Action, diff)
			}
		}
	})
}

// An account that was renamed in WalkMe to the name of a joiner stays its owner's: the plan
// says that it will not be linked, as the run does. That of somebody who leaves passes on.
func TestPlanOfAnAccountThatIsOwned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann", "bob")
	w.sync()
	w.tenant.SetUser(w.record("bob").ID, func(u *walkmetest.User) { u.UserName = "eve@example.com" })
	w.hire("eve")
	planned := w.plan()
	if c := planned.Changes[0]; c.Action != plan.Link || !strings.Contains(c.Error, "is managed for Okta user "+w.people["bob"]) {
		t.Errorf("plan = %s %q, want a link that will fail", c.Action, c.Error)
	}
	wantText(t, "run", changes(w.sync()), "create eve: failed: "+planned.Changes[0].Error)
	w.dismiss("bob")
	if c := w.plan().Changes; len(c) != 2 || c[1].Error != "" {
		t.Errorf("plan with a leaver = %v, want the account linked", c)
	}
}

// Whoever is linked although accounts are not to be made is in a group that is pushed in the
// same run.
func TestLinkedWithoutCreatesIsPushed(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, func(s *setup) { s.config.Policy.CreateUsers = false })
		w.account("ann", true)
		w.hire("ann", "bob")
		w.group("push Team", "ann", "bob")
		for _, c := range w.plan().Changes {
			if c.Type == "Group" && len(c.Members.Add) != 1 {
				t.Errorf("plan adds %v, want ann", c.Members.Add)
			}
		}
		w.sync()
		wantText(t, "memberships", w.memberships(), "push Team: ann")
		if changed := w.sync().Summary; changed.GroupMembers > 0 {
			t.Errorf("the next run = %+v, want nothing but bob, who is not made", changed)
		}
	})
}

// A removal that is held stays what a person decides about: nobody is added to it. Of those
// who join, the plan has the names.
func TestLinkedWithoutCreatesBesideHeldRemovals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, pushAll, func(s *setup) {
		s.config.Policy.CreateUsers = false
		s.config.Limits.MemberRemovals = plan.Limit{Count: 0}
	})
	for _, name := range []string{"ann", "bob", "cat"} {
		w.account(name, true)
	}
	w.hire("ann", "bob")
	w.group("push Team", "ann", "bob")
	w.group("push Wing", "ann")
	w.sync()
	w.sync()
	w.hire("cat", "dan")
	w.join("push Team", "cat")
	w.leave("push Team", "bob")
	w.group("push New", "cat")
	planned := w.plan()
	for _, c := range planned.Changes {
		if c.Block.IsHeld() && len(c.Members.Add) > 0 {
			t.Errorf("the held change of %s adds %v", c.Name, c.Members.Add)
		}
		for _, id := range c.Members.Add {
			if planned.People[id] != "cat@example.com" {
				t.Errorf("people[%s] = %q, want a name", id, planned.People[id])
			}
		}
	}
	w.sync()
	w.sync()
	wantText(t, "memberships", w.memberships(), "push New: cat\npush Team: ann bob cat\npush Wing: ann")
}

// A WalkMe group that was linked and is gone is made anew where the policy says so, by the
// plan as by the run. One that was never there is not.
func TestLinkedGroupThatIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) {
		s.config.GroupSources = []okta.GroupSource{{Name: "Team", Link: "Authors"}}
		s.config.Policy.Groups.RecreateMissing = true
	})
	w.hire("ann")
	w.group("Team", "ann")
	authors := w.tenant.AddGroup("Authors")
	w.sync()
	w.tenant.DeleteGroup(authors)
	planned, report := w.refreshed()
	if len(planned.Rejected) > 0 || len(planned.Changes) != 1 || planned.Changes[0].Action != plan.GroupCreate {
		t.Errorf("plan = %s, want the group made anew", changes(&agent.Report{Plan: *planned}))
	}
	wantText(t, "changes", changes(report), "group_create Authors: applied")
	w.quiet()
}

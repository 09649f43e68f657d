package agent_test

import (
	"net/http"
	"testing"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// Nothing changes in the group, so that its members stay in the state. The account of one of
// them is made anew, which only the update finds out; WalkMe has dropped the membership
// together with the account.
func TestMemberWhoseAccountIsMadeAnew(t *testing.T) {
	t.Parallel()
	for name, spills := range map[string]bool{"in memory": false, "on disk": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, walkme.OIN, pushAll, recreate)
			w.hire("ann", "bob")
			w.group("push Team", "ann", "bob")
			w.sync()
			if spills {
				spillAll(t, w.agent)
			}
			w.tenant.DeleteUser(w.record("ann").ID)
			w.org.Update(w.people["ann"], map[string]any{"lastName": "Archer"})
			wantText(t, "changes", changes(w.sync()), "create ann: applied")
			wantText(t, "changes", changes(w.sync()), "group_members push Team: applied")
			wantText(t, "groups", w.memberships(), "push Team: ann bob")
			w.quiet()
		})
	}
}

// A leaver stays in the group, as with Okta. Only the look-up shows that the account is now
// that of somebody who is not in the group in Okta.
func TestAccountOfAMemberPassesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, pushAll)
	w.hire("ann", "bob")
	w.group("push Team", "ann", "bob")
	w.sync()
	w.org.Unassign(w.people["bob"])
	w.sync()
	wantText(t, "groups", w.memberships(), "push Team: ann bob")
	w.tenant.SetUser(w.record("bob").ID, func(u *walkmetest.User) { u.UserName = "carl@example.com" })
	w.hire("carl")
	wantText(t, "changes", changes(w.sync()), "link carl: applied")
	wantText(t, "changes", changes(w.sync()), "group_members push Team: applied")
	wantText(t, "groups", w.memberships(), "push Team: ann")
	w.quiet()
}

// A failure that has become moot is cleared, and the members on record stay what they are.
func TestMootFailureOfAGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, pushAll)
	w.hire("ann", "bob")
	w.group("push Team", "ann", "bob")
	w.sync()
	w.org.RenameGroup(w.groups["push Team"], "push Crew")
	w.tenant.Fault(func(r *walkmetest.Request) walkmetest.Fault {
		if walkmetest.IsWrite(r) {
			return walkmetest.NotApplied(http.StatusBadRequest)
		}
		return walkmetest.Fault{}
	})
	if report := w.sync(); report.Run.Failed != 1 {
		t.Errorf("changes = %s, want a failure", changes(report))
	}
	w.tenant.Fault(nil)
	w.org.RenameGroup(w.groups["push Team"], "push Team")
	w.quiet()
	if r := w.record("push Team"); r.Attempts != 0 || len(r.Members) != 2 {
		t.Errorf("record = %+v, want it healthy, with two members", r)
	}
}

// A rejected removal stays rejected through a run that cannot read the group and leaves its
// members in the state.
func TestRejectedRemovalFromAGroupThatIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, pushAll, func(s *setup) {
		s.config.Policy.Groups.RemoveDeprovisioned = true
		s.config.Limits.MemberRemovals = plan.Limit{}
	})
	w.hire("ann", "bob")
	w.group("push Team", "ann", "bob")
	w.sync()
	w.org.Unassign(w.people["bob"])
	w.decide(w.sync().Holds[0].ID, state.Rejected, "not yet")
	w.org.Fault(answer(w.groups["push Team"]+"/users", "[]"))
	if report := w.sync(); len(report.Changes) != 0 {
		t.Errorf("changes = %s, want none", changes(report))
	}
	w.org.Fault(nil)
	w.sync()
	wantText(t, "holds", w.holds(), "member_removals rejected: push Team/bob")
	wantText(t, "groups", w.memberships(), "push Team: ann bob")
}

// What was read of Okta has one digest, wherever the members were.
func TestDigestOfMembersInTheState(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, pushAll)
	w.hire("ann", "bob")
	w.group("push Team", "ann", "bob")
	before := w.plan().Source.Digest
	w.sync()
	if after := w.plan().Source.Digest; after != before {
		t.Errorf("digest of the source = %s, want %s as before members were stored", after, before)
	}
	w.leave("push Team", "bob")
	if after := w.plan().Source.Digest; after == before {
		t.Errorf("digest of the source = %s, want another one when a member has left", after)
	}
}

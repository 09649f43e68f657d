package agent_test

import (
	"testing"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// The stories of this file are about groups that leave the push, stay in WalkMe, and
// are pushed again.

// unpushed has a group of ann and bob, made by the agent, or linked with a member of
// its own; it is not pushed any more, and bob leaves it. What it did not have of ours
// before is not known.
func unpushed(t *testing.T, profile walkme.Profile, linked bool) (w *world, id string) {
	w = newWorld(t, profile, pushAll)
	own := w.account("own", true)
	if linked {
		w.tenant.AddGroup("push Team", own)
	}
	w.hire("ann", "bob", "cara")
	w.group("push Base", "cara")
	w.group("push Team", "ann", "bob")
	w.sync()
	id = w.record("push Team").ID
	if !linked {
		w.tenant.SetMembers(id, w.accountID("ann"), w.accountID("bob"), own)
	}
	w.tenant.Protect(own)
	w.org.RenameGroup(w.groups["push Team"], "Team")
	wantText(t, "changes", changes(w.sync()), "group_unlink push Team: applied")
	w.quiet()
	w.leave("push Team", "bob")
	w.quiet()
	return w, id
}

// Whoever has left it meanwhile is taken out, and the agent's own group is its own
// again.
func TestUnpushedGroupReturns(t *testing.T) {
	t.Parallel()
	for name, linked := range map[string]bool{"made": false, "linked": true} {
		t.Run(name, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w, id := unpushed(t, profile, linked)
				before := w.record("push Team").Origin
				w.org.RenameGroup(w.groups["push Team"], "push Team")
				w.join("push Team", "cara")
				wantText(t, "changes", changes(w.sync()), `
					group_link push Team: applied
					group_members push Team: applied`)
				wantText(t, "memberships", w.memberships(), `
					push Base: cara
					push Team: ann cara own`)
				if rec := w.record("push Team"); rec.ID != id || rec.Origin != before {
					t.Errorf("record = %+v, want %s, still %s", rec, id, before)
				}
				w.quiet()
			})
		})
	}
}

// It is found by its id, too, when it comes back under another name.
func TestUnpushedGroupReturnsRenamed(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w, id := unpushed(t, profile, false)
		w.org.RenameGroup(w.groups["push Team"], "push Crew")
		wantText(t, "changes", changes(w.sync()), `
			group_link push Crew: applied
			group_members push Crew: applied`)
		wantText(t, "changes of the next run", changes(w.sync()), "group_rename push Crew: applied")
		wantText(t, "memberships", w.memberships(), `
			push Base: cara
			push Crew: ann own`)
		if rec := w.record("push Team"); rec.ID != id {
			t.Errorf("id = %s, want still %s", rec.ID, id)
		}
		w.quiet()
	})
}

// A group that somebody has made another one meanwhile, or deleted, is not taken
// back: it is made anew.
func TestUnpushedGroupIsAnotherOne(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(w *world, id string) string{
		"renamed": func(w *world, id string) string { w.tenant.RenameGroup(id, "Readers"); return "Readers: ann bob own\n" },
		"deleted": func(w *world, id string) string { w.tenant.DeleteGroup(id); return "" },
	} {
		t.Run(name, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w, id := unpushed(t, profile, false)
				others := happens(w, id)
				w.org.RenameGroup(w.groups["push Team"], "push Team")
				w.sync()
				wantText(t, "memberships", w.memberships(), others+"push Base: cara\npush Team: ann")
				if rec := w.record("push Team"); rec.ID == id || rec.Origin != state.Created {
					t.Errorf("record = %+v, want a new group", rec)
				}
				w.quiet()
			})
		})
	}
}

// Where a source comes to name another WalkMe group, that one is linked, when it is
// there. The old one keeps its members, and the name that somebody gave it in WalkMe is no other
// link.
func TestChangedLink(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		link := func(name string) func(*setup) {
			return func(s *setup) { s.config.GroupSources = []okta.GroupSource{{Name: "Content", Link: name}} }
		}
		w := newWorld(t, profile, link("Authors"))
		old := w.account("old", true)
		authors := w.tenant.AddGroup("Authors", old)
		readers := w.tenant.AddGroup("Readers", old)
		w.hire("ann", "bob")
		w.group("Content", "ann")
		w.sync()
		w.restart(link("authors"))
		w.tenant.RenameGroup(authors, "Authors by hand")
		_, report := w.refreshed()
		wantText(t, "changes for a name that differs in WalkMe alone", changes(report), "")

		w.restart(link("Readers"))
		w.join("Content", "bob")
		wantText(t, "changes", changes(w.sync()), "group_link Readers: applied")
		wantText(t, "memberships", w.memberships(), `
			Authors by hand: ann old
			Readers: ann bob old`)
		if rec := w.record("Content"); rec.ID != readers || rec.Origin != state.Linked {
			t.Errorf("record = %+v, want linked to %s", rec, readers)
		}
		w.quiet()
		w.restart(link("Writers"))
		wantText(t, "changes for a group that is not there", changes(w.sync()),
			`group_create Writers: failed: link: WalkMe has no group "Writers", and none is created for a link`)
		w.restart(link("Readers"))
		w.leave("Content", "ann")
		w.sync()
		wantText(t, "memberships", w.memberships(), `
			Authors by hand: ann old
			Readers: bob old`)
		w.quiet()
	})
}

// Another group may be linked to it. Then it is that one's.
func TestUnpushedGroupIsTakenOver(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w, id := unpushed(t, profile, false)
		w.groups["second"] = w.org.NewGroup("push Team", w.people["cara"])
		wantText(t, "changes", changes(w.sync()), "group_link push Team: applied")
		wantText(t, "memberships", w.memberships(), `
			push Base: cara
			push Team: ann bob cara own`)
		if second, before := w.record("second"), w.record("push Team"); second.ID != id || before.ID != "" {
			t.Errorf("records = %+v and %+v, want the group to have passed on", second, before)
		}
		w.quiet()
		w.org.RenameGroup(w.groups["push Team"], "push Crew")
		w.sync()
		wantText(t, "memberships when the first one is back", w.memberships(), `
			push Base: cara
			push Crew: ann
			push Team: ann bob cara own`)
		w.quiet()
	})
}

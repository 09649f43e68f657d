package agent_test

import (
	"fmt"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// pushAll pushes every Okta group whose name begins with "push ".
func pushAll(s *setup) {
	s.config.Workers = 1
	s.config.GroupSources = []okta.GroupSource{{Rule: &okta.GroupRule{NameStartsWith: "push "}}}
}

// A new push is looked up, created with its members, and written once more.
func TestGroupCreate(t *testing.T) {
	t.Parallel()
	conversation := map[walkme.Profile]string{
		walkme.OIN: `
			GET /Groups?push Empty
			POST /Groups
			GET /Groups?push Team
			POST /Groups
			PATCH /Groups/push Team`,
		walkme.AIW: `
			GET /Groups?push Empty
			POST /Groups
			GET /Groups/push Empty
			PUT /Groups/push Empty
			GET /Groups?push Team
			POST /Groups
			GET /Groups/push Team
			PUT /Groups/push Team`,
	}
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob")
		w.sync()
		w.group("push Team", "ann", "bob")
		w.group("push Empty")
		wantText(t, "changes", changes(w.sync()), `
			group_create push Empty: applied
			group_create push Team: applied`)
		wantText(t, "requests", w.requests(), conversation[profile])
		wantText(t, "memberships", w.memberships(), `
			push Empty:
			push Team: ann bob`)
		w.quiet()
	})
}

// A group of that name is linked: its members stay, and only ours ever leave.
func TestGroupLinkKeepsMembers(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		old := w.account("old", true)
		w.tenant.Protect(old)
		w.tenant.AddGroup("push Team", old)
		w.hire("ann", "bob")
		w.group("push Team", "ann", "bob")
		wantText(t, "changes", changes(w.sync()), `
			create ann: applied
			create bob: applied
			group_link push Team: applied`)
		wantText(t, "memberships", w.memberships(), "push Team: ann bob old")
		w.leave("push Team", "bob")
		w.sync()
		wantText(t, "memberships after bob has left", w.memberships(), "push Team: ann old")
		if rec := w.record("push Team"); rec.Origin != state.Linked || len(rec.Members) != 1 {
			t.Errorf("record = %+v, want linked with one member", rec)
		}
		w.quiet()
	})
}

// A linked group keeps its name, unless the policy says otherwise.
func TestGroupLinkName(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		link := func(s *setup) { s.config.GroupSources = []okta.GroupSource{{Name: "Content", Link: "Authors"}} }
		w := newWorld(t, profile, link)
		w.tenant.AddGroup("Authors")
		w.hire("ann")
		w.group("Content", "ann")
		w.sync()
		wantText(t, "memberships", w.memberships(), "Authors: ann")
		w.quiet()
		w.join("Content", func() string { w.hire("bob"); return "bob" }())
		w.sync()
		wantText(t, "memberships", w.memberships(), "Authors: ann bob")
		w.quiet()
	})
}

// A rename looks whether the name is free, keeps the id and the members; joins and leaves go out in one request
// with the removals first.
func TestGroupRenameJoinLeave(t *testing.T) {
	t.Parallel()
	conversation := map[walkme.Profile]string{
		walkme.OIN: `
			GET /Groups?push Crew
			PATCH /Groups/push Crew
			PATCH /Groups/push Crew`,
		walkme.AIW: `
			GET /Groups?push Crew
			GET /Groups/push Crew
			PUT /Groups/push Crew
			GET /Groups/push Crew
			PUT /Groups/push Crew`,
	}
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		foreign := w.account("foreign", true)
		w.hire("ann", "bob", "cara")
		w.group("push Team", "ann", "bob")
		w.sync()
		id := w.record("push Team").ID
		w.tenant.SetMembers(id, w.accountID("ann"), w.accountID("bob"), foreign)
		w.tenant.Protect(foreign)
		w.org.RenameGroup(w.groups["push Team"], "push Crew")
		w.join("push Team", "cara")
		w.leave("push Team", "bob")
		wantText(t, "changes", changes(w.sync()), `
			group_rename push Crew: applied
			group_members push Crew: applied`)
		wantText(t, "requests", w.requests(), conversation[profile])
		wantText(t, "memberships", w.memberships(), "push Crew: ann cara foreign")
		if got := w.record("push Team").ID; got != id {
			t.Errorf("id = %s, want still %s", got, id)
		}
		if profile == walkme.OIN && !strings.Contains(w.writes(), `[{"op":"remove","path":"members[value eq \"bob\"]"},{"op":"add","path":"members","value":[{"value":"cara","display":"cara"}]}]`) {
			t.Errorf("writes =\n%s\nwant bob removed, then cara added, in one PATCH", w.writes())
		}
		w.quiet()
	})
}

// Only people who are assigned and provisioned are pushed; others are when they
// become so, in the same run.
func TestGroupEligible(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob", "cara")
		w.org.Unassign(w.people["bob"])
		w.org.Suspend(w.people["cara"])
		w.group("push Team", "ann", "bob", "cara")
		w.sync()
		wantText(t, "memberships", w.memberships(), "push Team: ann")
		w.org.Assign(w.people["bob"])
		w.org.Unsuspend(w.people["cara"])
		w.sync()
		wantText(t, "memberships", w.memberships(), "push Team: ann bob cara")
		w.quiet()
		w.org.Suspend(w.people["cara"])
		w.quiet()
	})
}

// A leaver stays a member by default, as in Okta, or is taken out; a returner is
// back in the same run.
func TestGroupLeaverAndReturner(t *testing.T) {
	t.Parallel()
	for _, remove := range []bool{false, true} {
		t.Run(fmt.Sprintf("remove %t", remove), func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, pushAll, func(s *setup) { s.config.Policy.Groups.RemoveDeprovisioned = remove })
				w.hire("ann", "bob")
				w.group("push Team", "ann", "bob")
				w.sync()
				w.org.Unassign(w.people["ann"])
				w.sync()
				want := "push Team: ann bob"
				if remove {
					want = "push Team: bob"
				}
				wantText(t, "memberships without ann", w.memberships(), want)
				w.quiet()
				w.tenant.SetMembers(w.record("push Team").ID, w.accountID("bob")) // WalkMe has dropped her
				w.org.Assign(w.people["ann"])
				w.sync()
				wantText(t, "memberships with ann again", w.memberships(), "push Team: ann bob")
				w.quiet()
			})
		})
	}
}

// One group may be used for assignment and for push.
func TestGroupForAssignmentAndPush(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) {
			s.config.GroupSources = []okta.GroupSource{{AssignedGroups: true}}
			s.config.Policy.Groups.RemoveDeprovisioned = true
		})
		w.people["ann"] = w.org.Hire(personOf("ann"))
		w.people["bob"] = w.org.Hire(personOf("bob"))
		w.group("Team", "ann", "bob")
		w.org.AssignGroup(w.groups["Team"])
		w.sync()
		wantText(t, "memberships", w.memberships(), "Team: ann bob")
		w.leave("Team", "bob")
		w.sync()
		wantText(t, "memberships without bob", w.memberships(), "Team: ann")
		w.join("Team", "bob")
		w.sync()
		wantText(t, "memberships with bob", w.memberships(), "Team: ann bob")
		wantText(t, "accounts", w.accounts(), `
			ann: New Example
			bob: New Example`)
		w.quiet()
	})
}

// More than a hundred changes of members go out in batches of a hundred; the fake
// objects to more.
func TestGroupBatches(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		names := crew("p", 250)
		w.hire(names...)
		w.group("push Team", names...)
		w.sync()
		w.leave("push Team", names[:230]...)
		w.sync()
		if n := strings.Count(w.requests(), "PATCH"); profile == walkme.OIN && n != 4 {
			t.Errorf("%d PATCHes, want the name and three batches", n)
		}
		wantText(t, "memberships", w.memberships(), "push Team: "+strings.Join(names[230:], " "))
		w.quiet()
	})
}

// A group that is no longer pushed stays by default. Where it is to be deleted
// that waits for an approval, and a linked group stays in any case.
func TestGroupUnlink(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.tenant.AddGroup("push Linked")
		w.hire("ann")
		for _, name := range []string{"push Base", "push One", "push Two", "push Linked"} {
			w.group(name, "ann")
		}
		w.sync()
		w.org.RenameGroup(w.groups["push One"], "One")
		wantText(t, "changes", changes(w.sync()), "group_unlink push One: applied")
		wantText(t, "requests", w.requests(), "")
		w.restart(func(s *setup) {
			s.config.Policy.Groups.DeleteUnlinked = true
			s.config.Limits.GroupDeletes = plan.Limit{}
		})
		w.org.RenameGroup(w.groups["push Two"], "Two")
		w.org.RenameGroup(w.groups["push Linked"], "Linked")
		report := w.sync()
		wantText(t, "changes that delete", changes(report), `
			group_unlink push Linked: applied
			group_delete push Two: held`)
		wantText(t, "changes once approved", changes(w.sync(report.Holds[0].ID)), "group_delete push Two: applied")
		wantText(t, "memberships", w.memberships(), `
			push Base: ann
			push Linked: ann
			push One: ann`)
		w.quiet()
	})
}

// A paused mapping leaves the group as it is; activated, it catches up.
func TestGroupPaused(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) { s.config.GroupSources = []okta.GroupSource{{OktaMappings: true}} })
		w.hire("ann", "bob")
		w.group("Team", "ann")
		mappingID := w.org.PushMapping(w.groups["Team"], "ACTIVE")
		w.sync()
		w.org.SetMapping(mappingID, "INACTIVE")
		w.join("Team", "bob")
		w.leave("Team", "ann")
		w.quiet()
		wantText(t, "memberships while paused", w.memberships(), "Team: ann")
		w.org.SetMapping(mappingID, "ACTIVE")
		w.sync()
		wantText(t, "memberships", w.memberships(), "Team: bob")
		w.quiet()
	})
}

// Two groups with one name in WalkMe are both left alone, with the reason.
func TestTwoGroupsOneName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, pushAll)
	w.hire("ann", "bob")
	w.group("push Team", "ann")
	w.sync()
	second := w.org.NewGroup("PUSH TEAM", w.people["bob"])
	w.restart(func(s *setup) {
		s.config.GroupSources = append(s.config.GroupSources, okta.GroupSource{ID: second})
	})
	w.leave("push Team", "ann")
	report := w.sync()
	if len(report.Changes) != 0 || len(report.Rejected) != 2 || !strings.Contains(report.Rejected[0].Error, "both are left as they are") {
		t.Errorf("changes = %q, want two rejections", changes(report))
	}
	wantText(t, "memberships", w.memberships(), "push Team: ann")
}

// A group that was deleted in WalkMe is reported, or made anew with all of its
// members where the policy says so.
func TestGroupGone(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob", "cara")
		w.group("push Team", "ann", "bob")
		w.sync()
		w.tenant.DeleteGroup(w.record("push Team").ID)
		w.join("push Team", "cara")
		report := w.sync()
		if c := report.Changes[0]; c.Outcome != plan.Failed || !strings.Contains(c.Error, "the group was deleted in WalkMe") {
			t.Errorf("group_members = %s %q, want failed because the group was deleted", c.Outcome, c.Error)
		}
		w.restart(func(s *setup) { s.config.Policy.Groups.RecreateMissing = true })
		wantText(t, "changes", changes(w.sync()), "group_create push Team: applied")
		wantText(t, "memberships", w.memberships(), "push Team: ann bob cara")
		w.quiet()
		w.tenant.DeleteGroup(w.record("push Team").ID)
		w.org.RenameGroup(w.groups["push Team"], "push Crew")
		w.sync()
		wantText(t, "memberships", w.memberships(), "push Crew: ann bob cara")
		w.quiet()
	})
}

// One member whom WalkMe does not know is reported; the rest lands.
func TestGroupUnknownMember(t *testing.T) {
	t.Parallel()
	for name, unknown := range map[string]walkmetest.UnknownMember{
		"400": walkmetest.UnknownMember400, "404": walkmetest.UnknownMember404, "500": walkmetest.UnknownMember500,
		"dropped": walkmetest.UnknownMemberDropped,
	} {
		for _, created := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, created %t", name, created), func(t *testing.T) {
				eachProfile(t, func(t *testing.T, profile walkme.Profile) {
					w := newWorld(t, profile, pushAll, func(s *setup) {
						s.tenant.Quirks.UnknownMember = unknown
						s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange} // the next run tries again
					})
					w.hire("ann", "bob", "cara", "dan", "eve")
					w.group("push Base")
					if !created {
						w.group("push Team", "ann")
					}
					w.sync()
					w.tenant.DeleteUser(w.accountID("cara"))
					if created {
						w.group("push Team", "ann", "bob", "cara", "dan", "eve")
					} else {
						w.join("push Team", "bob", "cara", "dan", "eve")
					}
					report := w.sync()
					if unknown == walkmetest.UnknownMember500 && created {
						report = w.sync() // only a second 500 would be about more than the server
					}
					found := false
					for _, c := range report.Changes {
						found = found || c.Outcome == plan.Failed && strings.Contains(c.Error, w.people["cara"])
					}
					if !found {
						t.Errorf("changes = %q, want a failure that names cara's Okta id", changes(report))
					}
					wantText(t, "memberships", w.memberships(), `
						push Base:
						push Team: ann bob dan eve`)
					report = w.sync()
					if c := report.Changes[0]; len(report.Changes) != 1 || c.Outcome != plan.Failed || !strings.Contains(c.Error, w.people["cara"]) || len(c.Members.Add) != 1 {
						t.Errorf("changes of the next run = %q, want cara's failure alone", changes(report))
					}
				})
			})
		}
	}
}

// A group whose members Okta does not tell is never emptied.
func TestUnreadableGroupStays(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob")
		w.group("push Team", "ann", "bob")
		w.group("push Other", "ann")
		w.sync()
		w.org.Fault(failMembers(w.groups["push Team"]))
		w.join("push Other", "bob")
		report := w.sync()
		if len(report.Rejected) != 1 || len(report.Changes) != 1 {
			t.Errorf("changes = %q, want the other group's and a report of the unreadable one", changes(report))
		}
		wantText(t, "memberships", w.memberships(), `
			push Other: ann bob
			push Team: ann bob`)
		w.org.Fault(nil)
		w.quiet()
	})
}

// Servers that differ end in the same membership, and in quiet.
func TestGroupsOnServersThatDiffer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		edit func(*setup)
	}{
		{"members never echoed", func(s *setup) { s.tenant.Quirks.MembersNeverEchoed = true }},
		{"an empty list of members left out", func(s *setup) { s.tenant.Quirks.EmptyMembersAbsent = true }},
		{"an empty group stored as null", func(s *setup) { s.tenant.Quirks.EmptyGroupNull = true }},
		{"ghost members", func(s *setup) { s.tenant.Quirks.GhostMembers = true }},
		{"additions twice, with replace", func(s *setup) {
			s.tenant.Quirks.AddDuplicates = true
			s.wire.MembershipUpdates = walkme.Replace
		}},
		{"additions twice, one write", func(s *setup) {
			s.tenant.Quirks.AddDuplicates = true
			s.wire.SecondGroupWrite = walkme.WhenMissing
		}},
		{"replace", func(s *setup) { s.wire.MembershipUpdates = walkme.Replace }},
		{"no second write", func(s *setup) { s.wire.SecondGroupWrite = walkme.Never }},
		{"no content", func(s *setup) { s.tenant.Quirks.Patch204 = true }},
		{"rename with path", func(s *setup) {
			s.tenant.Quirks.RenameGroup500 = true
			s.wire.PathlessRename = false
		}},
		{"ids with a slash", func(s *setup) { s.tenant.Quirks.IDsWithSlash = true }},
		{"names compared by case", func(s *setup) { s.tenant.Quirks.CaseSensitiveDisplayName = true }},
		{"404 for no hit", func(s *setup) { s.tenant.Quirks.LookupMiss404 = true }},
		{"small batches", func(s *setup) { s.wire.MemberBatch = 1 }},
		{"verified", func(s *setup) { s.wire.VerifyWrites = true }},
		{"few operations", func(s *setup) { s.tenant.Quirks.MaxPatchOps = 2 }},
		{"filter ignored", func(s *setup) { s.tenant.Quirks.IgnoreFilter = true }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, pushAll, tt.edit, func(s *setup) {
					s.config.Policy.Groups.RemoveDeprovisioned = true
					s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange}
				})
				w.tenant.Protect(w.tenant.AddGroup("Foreign", w.account("foreign", true)))
				w.hire("ann", "bob", "cara", "dan")
				w.group("push Team", "ann", "bob")
				w.group("push Empty")
				w.sync()
				w.quiet()
				w.join("push Empty", "ann", "dan")
				w.join("push Team", "cara")
				w.leave("push Team", "ann")
				w.sync()
				w.quiet()
				w.org.RenameGroup(w.groups["push Team"], "push Crew")
				w.org.Unassign(w.people["bob"])
				w.sync()
				w.quiet()
				w.leave("push Empty", "ann", "dan")
				w.sync()
				w.quiet()
				w.org.Assign(w.people["bob"])
				w.join("push Empty", "bob")
				w.sync()
				w.quiet()
				wantText(t, "memberships", w.memberships(), `
					Foreign: foreign
					push Crew: bob cara
					push Empty: bob`)
			})
		})
	}
}

// A resync of a group is Okta's "Push Now": the membership becomes exactly ours.
// Whom WalkMe refuses is reported, and is not recorded as a member.
func TestGroupPushNow(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob", "cara")
		w.group("push Team", "ann", "bob", "cara")
		w.sync()
		id := w.record("push Team").ID
		w.tenant.SetMembers(id, w.account("stranger", true), w.accountID("ann"))
		push := func() *agent.Report {
			t.Helper()
			w.tenant.ResetRequests()
			report, err := w.agent.Sync(t.Context(), agent.Options{Trigger: "resync", Scope: plan.OfSelection(plan.Selection{Groups: []string{"push Team"}})})
			if err != nil {
				t.Fatal(err)
			}
			return report
		}
		wantText(t, "changes", changes(push()), "group_members push Team: applied")
		wantText(t, "memberships", w.memberships(), "push Team: ann bob cara")
		if profile == walkme.OIN {
			wantText(t, "requests", w.requests(), "GET /Groups/push Team\nPATCH /Groups/push Team")
		}
		w.quiet()

		w.tenant.DeleteUser(w.accountID("cara"))
		if c := push().Changes[0]; c.Outcome != plan.Failed || !strings.Contains(c.Error, w.people["cara"]) {
			t.Errorf("push = %s %q, want failed for cara", c.Outcome, c.Error)
		}
		wantText(t, "memberships without cara", w.memberships(), "push Team: ann bob")
		if got := w.record("push Team").Members; len(got) != 2 {
			t.Errorf("recorded members = %q, want ann and bob", got)
		}

		w.tenant.SetQuirks(walkmetest.Quirks{PatchReplaceMembersNoEffect: true})
		w.tenant.SetMembers(id, w.accountID("stranger"), w.accountID("ann"), w.accountID("bob"))
		if c := push().Changes[0]; profile == walkme.OIN && c.Outcome != plan.Failed {
			t.Errorf("push that the server ignores = %s, want failed", c.Outcome)
		}
	})
}

// A group that loses all of its members waits for an approval, although somebody is
// still in it who has left the company.
func TestEmptiedGroupIsHeld(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		names := crew("p", 7)
		w.hire(names...)
		w.group("push Team", names...)
		w.group("push All", names...)
		w.sync()
		w.org.Unassign(w.people[names[0]])
		w.sync()
		w.leave("push Team", names...)
		report := w.sync()
		wantText(t, "changes", changes(report), "group_members push Team: held")
		if h := report.Holds; len(h) != 1 || h[0].Reason != `group "push Team" would lose all of its 6 members` {
			t.Errorf("holds = %+v, want one for the group that would be emptied", h)
		}
	})
}

// A group is found among many on a server that ignores filters, and pages.
func TestGroupLinkWithoutFilter(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, func(s *setup) { s.tenant.Quirks.IgnoreFilter, s.tenant.Quirks.PageCap = true, 2 })
		for _, name := range []string{"a", "b", "c", "d"} {
			w.tenant.AddGroup(name)
		}
		w.tenant.AddGroup("push Team", w.account("old", true))
		w.hire("ann")
		w.group("push Team", "ann")
		wantText(t, "changes", changes(w.sync()), `
			create ann: applied
			group_link push Team: applied`)
		if g, _ := w.tenant.Group("push Team"); len(g.Members) != 2 {
			t.Errorf("members = %q, want ann and old", g.UserNames)
		}
		w.quiet()
	})
}

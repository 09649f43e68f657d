package agent_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// The requests of each event in the life of a pushed group, as Okta sends them: one
// column for catalog apps (oin), one for apps of the wizard (aiw).
func TestGroupPushSequences(t *testing.T) {
	t.Parallel()
	const patch, put, group = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":`,
		`PUT /Groups/push Team {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"id":"push Team","displayName":"push Team","members":`,
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"push Team","members":`
	const ann, bob = `{"value":"ann","display":"ann"}`, `{"value":"bob","display":"bob"}`
	const name = `PATCH /Groups/push Team ` + patch + `[{"op":"replace","value":{"id":"push Team","displayName":"push Team"}}]}`
	tests := []struct {
		event    string
		edit     func(*setup)
		before   func(*world) // and a run
		happens  func(*world)
		scope    plan.Scope
		oin, aiw string
	}{
		{
			event:   "create",
			happens: func(w *world) { w.group("push Team", "ann", "bob") },
			oin: "POST /Groups " + group + "[" + ann + "," + bob + "]}\n" +
				"PATCH /Groups/push Team " + patch + `[{"op":"add","path":"members","value":[` + ann + "," + bob + "]}]}",
			aiw: "POST /Groups " + group + "[" + ann + "," + bob + "]}\n" + put + "[" + ann + "," + bob + "]}",
		}, {
			event:   "create an empty group",
			happens: func(w *world) { w.group("push Team") },
			oin:     "POST /Groups " + group + "[]}",
			aiw:     "POST /Groups " + group + "[]}\n" + put + "[]}",
		}, {
			event: "link",
			happens: func(w *world) {
				w.tenant.AddGroup("push Team", w.accountID("old"))
				w.group("push Team", "ann")
			},
			oin: "PATCH /Groups/push Team " + patch + `[{"op":"add","path":"members","value":[` + ann + "]}]}",
			aiw: put + `[{"value":"old","display":"old"},` + ann + "]}",
		}, {
			event: "link, with rename_linked",
			edit:  func(s *setup) { s.config.Policy.Groups.RenameLinked = true },
			happens: func(w *world) {
				w.tenant.AddGroup("push Team", w.accountID("old"))
				w.group("push Team", "ann")
			},
			oin: name + "\nPATCH /Groups/push Team " + patch + `[{"op":"add","path":"members","value":[` + ann + "]}]}",
			aiw: put + `[{"value":"old","display":"old"},` + ann + "]}",
		}, {
			event:   "rename",
			before:  func(w *world) { w.group("push Old", "ann") },
			happens: func(w *world) { w.org.RenameGroup(w.groups["push Old"], "push Team") },
			oin:     name,
			aiw:     put + "[" + ann + "]}",
		}, {
			event:   "join",
			before:  func(w *world) { w.group("push Team", "ann") },
			happens: func(w *world) { w.join("push Team", "bob") },
			oin:     name + "\nPATCH /Groups/push Team " + patch + `[{"op":"add","path":"members","value":[` + bob + "]}]}",
			aiw:     put + "[" + ann + "," + bob + "]}",
		}, {
			event:   "join, without the name",
			edit:    func(s *setup) { s.wire.RenameWithMembers = false },
			before:  func(w *world) { w.group("push Team", "ann") },
			happens: func(w *world) { w.join("push Team", "bob") },
			oin:     "PATCH /Groups/push Team " + patch + `[{"op":"add","path":"members","value":[` + bob + "]}]}",
			aiw:     put + "[" + ann + "," + bob + "]}",
		}, {
			event:   "leave",
			before:  func(w *world) { w.group("push Team", "ann", "bob") },
			happens: func(w *world) { w.leave("push Team", "ann") },
			oin:     name + "\nPATCH /Groups/push Team " + patch + `[{"op":"remove","path":"members[value eq \"ann\"]"}]}`,
			aiw:     put + "[" + bob + "]}",
		}, {
			event:   "the last one leaves",
			before:  func(w *world) { w.group("push Team", "ann") },
			happens: func(w *world) { w.leave("push Team", "ann") },
			oin:     name + "\nPATCH /Groups/push Team " + patch + `[{"op":"remove","path":"members[value eq \"ann\"]"}]}`,
			aiw:     put + "[]}",
		}, {
			event:  "Push Now",
			before: func(w *world) { w.group("push Team", "ann", "bob") },
			scope:  plan.OfSelection(plan.Selection{Groups: []string{"push Team"}}),
			oin:    "PATCH /Groups/push Team " + patch + `[{"op":"replace","path":"members","value":[` + ann + "," + bob + "]}]}",
			aiw:    put + "[" + ann + "," + bob + "]}",
		}, {
			event:  "Push Now of an empty group",
			before: func(w *world) { w.group("push Team") },
			scope:  plan.OfSelection(plan.Selection{Groups: []string{"push Team"}}),
			oin:    "PATCH /Groups/push Team " + patch + `[{"op":"replace","path":"members","value":[]}]}`,
			aiw:    put + "[]}",
		}, {
			event:   "membership by replace",
			edit:    func(s *setup) { s.wire.MembershipUpdates = walkme.Replace },
			before:  func(w *world) { w.group("push Team", "ann") },
			happens: func(w *world) { w.join("push Team", "bob") },
			oin:     name + "\nPATCH /Groups/push Team " + patch + `[{"op":"replace","path":"members","value":[` + ann + "," + bob + "]}]}",
			aiw:     put + "[" + ann + "," + bob + "]}",
		}, {
			event:   "unlink, and leave",
			before:  func(w *world) { w.group("push Team", "ann") },
			happens: func(w *world) { w.org.RenameGroup(w.groups["push Team"], "Team") },
		}, {
			event:   "unlink, and delete",
			edit:    func(s *setup) { s.config.Policy.Groups.DeleteUnlinked = true },
			before:  func(w *world) { w.group("push Team", "ann") },
			happens: func(w *world) { w.org.RenameGroup(w.groups["push Team"], "Team") },
			oin:     "DELETE /Groups/push Team",
			aiw:     "DELETE /Groups/push Team",
		},
	}
	for _, tt := range tests {
		t.Run(tt.event, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, pushAll, func(s *setup) {
					s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange} // a push that is forced
					if tt.edit != nil {
						tt.edit(s)
					}
				})
				w.account("old", true)
				w.hire("ann", "bob")
				w.group("push Base")
				if tt.before != nil {
					tt.before(w)
				}
				w.sync()
				if tt.happens != nil {
					tt.happens(w)
				}
				names := w.names() // the group may be gone afterwards
				w.tenant.ResetRequests()
				if _, err := w.agent.Sync(t.Context(), agent.Options{Trigger: "sync", Scope: tt.scope}); err != nil {
					t.Fatal(err)
				}
				want := map[walkme.Profile]string{walkme.OIN: tt.oin, walkme.AIW: tt.aiw}[profile]
				wantText(t, "writes", strings.TrimSpace(names.Replace(w.writes())), want)
			})
		})
	}
}

// Between full reads no members are read for a leaver or a returner: who is pushed
// follows from the assignments and from what was read before. A member who joins
// costs the read of that group, and two requests to WalkMe.
func TestGroupsBetweenFullReads(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, func(s *setup) {
			s.config.GroupFullRead = 24 * time.Hour
			s.config.Policy.Groups.RemoveDeprovisioned = true
		})
		w.hire("ann", "bob", "cara")
		w.group("push Team", "ann", "bob")
		w.group("push Other", "bob")
		w.org.Age(time.Hour) // Okta's search may be behind by a minute
		w.sync()
		members := func() string {
			var read []string
			for _, r := range w.org.Requests() {
				for name, id := range w.groups {
					if strings.HasSuffix(r.Path, "/groups/"+id+"/users") {
						read = append(read, name)
					}
				}
			}
			return strings.Join(read, "\n")
		}
		w.org.Unassign(w.people["ann"])
		w.sync()
		wantText(t, "members read for a leaver", members(), "")
		wantText(t, "memberships without ann", w.memberships(), "push Other: bob\npush Team: bob")
		w.org.Assign(w.people["ann"])
		w.sync()
		wantText(t, "members read for a returner", members(), "")
		wantText(t, "memberships with ann again", w.memberships(), "push Other: bob\npush Team: ann bob")
		w.join("push Team", "cara")
		w.sync()
		wantText(t, "members read for a member who joins", members(), "push Team")
		wantText(t, "memberships", w.memberships(), "push Other: bob\npush Team: ann bob cara")
		if n := len(w.tenant.Requests()); n != 2 {
			t.Errorf("%d requests to WalkMe, want 2:\n%s", n, w.requests())
		}
		w.quiet()
	})
}

// A group that WalkMe lists but does not let be changed is not taken for deleted.
func TestGroupThatCannotBeSeen(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, func(s *setup) { s.config.Policy.Groups.RecreateMissing = true })
		w.hire("ann", "bob")
		w.group("push Team", "ann")
		w.sync()
		id := w.record("push Team").ID
		byID := func(r *walkmetest.Request) bool { return r.Path == "/Groups/"+id }
		w.tenant.Fault(walkmetest.OnMatch(byID, 0, walkmetest.NotApplied(http.StatusNotFound)))
		w.join("push Team", "bob")
		report := w.sync()
		if c := report.Changes[0]; c.Outcome != plan.Failed || !strings.Contains(c.Error, "WalkMe lists the group but does not let it be changed") {
			t.Errorf("changes = %s, want a failure that says that WalkMe lists the group", changes(report))
		}
		w.tenant.Fault(nil)
		w.sync()
		if got := w.record("push Team").ID; got != id {
			t.Errorf("id = %s, want still %s", got, id)
		}
		wantText(t, "memberships", w.memberships(), "push Team: ann bob")
		w.quiet()
	})
}

// A mapping that Okta shows in error is reported in Okta's words, and its group is
// left as it is. Without provisioning there are no mappings: the report says so, and
// nothing is unlinked.
func TestGroupMappings(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) { s.config.GroupSources = []okta.GroupSource{{OktaMappings: true}} })
		w.hire("ann", "bob")
		w.group("Team", "ann")
		w.group("Broken", "ann")
		w.org.PushMapping(w.groups["Team"], "ACTIVE")
		mapping := w.org.PushMapping(w.groups["Broken"], "ACTIVE")
		w.sync()
		w.org.SetMapping(mapping, "ERROR")
		w.join("Team", "bob")
		w.join("Broken", "bob")
		report := w.sync()
		if len(report.Rejected) != 1 || !strings.Contains(report.Rejected[0].Error, "Okta's mapping is in error: ") {
			t.Errorf("rejected = %+v, want the mapping in error, with Okta's text", report.Rejected)
		}
		wantText(t, "memberships", w.memberships(), `
			Broken: ann
			Team: ann bob`)
		w.org.SetProvisioning(false)
		report = w.sync()
		if report.Pending() != 0 || len(report.Rejected) != 1 || !strings.Contains(report.Rejected[0].Error, "provisioning") {
			t.Errorf("changes = %s, want a report that the app has no provisioning, and nothing sent", changes(report))
		}
		wantText(t, "requests", w.requests(), "")
	})
}

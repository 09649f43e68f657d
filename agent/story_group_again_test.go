package agent_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// The stories of this file are about groups that are deleted in Okta and made again
// under their names, with other ids.

// remake deletes a group in Okta and makes it again with these members.
func (w *world) remake(name string, members ...string) {
	w.org.DeleteGroup(w.groups[name])
	w.groups["old "+name] = w.groups[name]
	w.group(name, members...)
	w.org.AssignGroup(w.groups[name])
	w.org.PushMapping(w.groups[name], "ACTIVE")
}

// remade has the group "push Team" of ann and bob in WalkMe, made by the agent or linked
// with a member of its own, and then cara in the place of bob in Okta's new one.
func remade(t *testing.T, profile walkme.Profile, linked bool, edits ...func(*setup)) (w *world, id string) {
	w = newWorld(t, profile, append([]func(*setup){pushAll}, edits...)...)
	own := w.account("own", true)
	if linked {
		w.tenant.AddGroup("push Team", own)
	}
	w.tenant.Protect(own)
	w.hire("ann", "bob", "cara")
	for name, members := range map[string][]string{"push Base": {"cara"}, "push Team": {"ann", "bob"}} {
		w.group(name, members...)
		w.org.AssignGroup(w.groups[name])
		w.org.PushMapping(w.groups[name], "ACTIVE")
	}
	w.org.Age(time.Hour) // Okta's search may be behind by a minute
	w.sync()
	id = w.record("push Team").ID
	w.remake("push Team", "ann", "cara")
	return w, id
}

// wantPassed checks the end of a story: who is in the group, that it is the one of before,
// and that nothing is left to do or to ask.
func wantPassed(t *testing.T, w *world, id string, origin state.Origin, members string) {
	t.Helper()
	wantText(t, "memberships", w.memberships(), "push Base: cara\npush Team: "+members)
	if rec := w.record("push Team"); rec.ID != id || rec.Origin != origin || !rec.Active {
		t.Errorf("record = %+v, want %s, still %s", rec, id, origin)
	}
	wantOneOwner(t, w.agent.State)
	w.quiet()
	w.quiet()
	if rec := w.record("old push Team"); rec.SourceID != "" {
		t.Errorf("record of the old group = %+v, want none", rec)
	}
	stored, err := w.agent.State.SourceGroups(t.Context())
	if err != nil || len(stored) != 2 {
		t.Errorf("stored groups = %+v, %v, want two: the old one is not asked for for ever", stored, err)
	}
}

// The WalkMe group passes on, whatever names the group: who is not in the new one leaves,
// and what was there before stays.
func TestGroupMadeAgain(t *testing.T) {
	t.Parallel()
	sources := map[string]okta.GroupSource{
		"rule": {Rule: &okta.GroupRule{NameStartsWith: "push "}}, "assigned": {AssignedGroups: true}, "mapped": {OktaMappings: true},
	}
	for name, linked := range map[string]bool{"made": false, "linked": true} {
		for kind, source := range sources {
			for reads, every := range map[string]time.Duration{"full": 0, "incremental": 24 * time.Hour} {
				t.Run(name+" "+kind+" "+reads, func(t *testing.T) {
					eachProfile(t, func(t *testing.T, profile walkme.Profile) {
						w, id := remade(t, profile, linked, func(s *setup) {
							s.config.GroupSources = []okta.GroupSource{source}
							s.config.GroupFullRead = every
						})
						report := w.sync()
						wantText(t, "changes", changes(report), `
							group_link push Team: applied
							group_members push Team: applied`)
						if reason := report.Changes[0].Reason.String(); !strings.Contains(reason, "takes over the WalkMe group of Okta group "+w.groups["old push Team"]) {
							t.Errorf("reason = %q, want whose group it was", reason)
						}
						if linked {
							wantPassed(t, w, id, state.Linked, "ann cara own")
						} else {
							wantPassed(t, w, id, state.Created, "ann cara")
						}
					})
				})
			}
		}
	}
}

// A group that a source names, or links, passes on in the run that finds the new one,
// also when a run has seen neither.
func TestNamedGroupMadeAgain(t *testing.T) {
	t.Parallel()
	for name, link := range map[string]string{"name": "", "link": "Editors"} {
		t.Run(name, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, func(s *setup) { s.config.GroupSources = []okta.GroupSource{{Name: "Team", Link: link}} })
				target := "Team"
				if link != "" {
					target = link
					w.tenant.AddGroup(link)
				}
				w.hire("ann", "bob")
				w.group("Team", "ann", "bob")
				w.sync()
				w.org.DeleteGroup(w.groups["Team"])
				if report := w.sync(); len(report.Rejected) == 0 || report.Pending() != 0 {
					t.Errorf("changes = %s, want the group reported and nothing sent", changes(report))
				}
				w.group("Team", "ann")
				wantText(t, "changes", changes(w.sync()), "group_link "+target+": applied\ngroup_members "+target+": applied")
				wantText(t, "memberships", w.memberships(), target+": ann")
				w.quiet()
			})
		})
	}
}

// A group that the configuration names by its id passes on when it names the new one.
func TestGroupOfAnIDMadeAgain(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, func(s *setup) { s.config.Policy.Groups.DeleteUnlinked = true })
		name := func(id string) {
			w.restart(func(s *setup) { s.config.GroupSources = []okta.GroupSource{{ID: id}} })
		}
		w.hire("ann", "bob")
		w.group("Team", "ann", "bob")
		name(w.groups["Team"])
		w.sync()
		id := w.record("Team").ID
		w.remake("Team", "ann")
		wantText(t, "changes", changes(w.sync()),
			"rejected Team: members: Okta has no group of this id: it was deleted, or the credentials may not see it")
		name(w.groups["Team"])
		wantText(t, "changes", changes(w.sync()), "group_link Team: applied\ngroup_members Team: applied")
		wantText(t, "memberships", w.memberships(), "Team: ann")
		if rec := w.record("Team"); rec.ID != id {
			t.Errorf("id = %s, want still %s", rec.ID, id)
		}
		w.quiet()
	})
}

// Where nothing differs, nothing is sent.
func TestSameGroupMadeAgain(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w, id := remade(t, profile, false)
		w.leave("push Team", "cara")
		w.join("push Team", "bob")
		wantText(t, "changes", changes(w.sync()), "group_link push Team: applied")
		wantText(t, "requests", w.requests(), "")
		wantPassed(t, w, id, state.Created, "ann bob")
	})
}

// Nothing moves unless Okta says that it is that group that does not exist.
func TestGroupPassesOnlyWhenOktaConfirms(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]oktatest.Fault{
		"no answer":     {Status: http.StatusInternalServerError},
		"forbidden":     {Status: http.StatusForbidden, Body: `{"errorCode":"E0000006","errorSummary":"no"}`},
		"a gateway":     {Status: http.StatusNotFound, Body: `not found`},
		"another thing": {Status: http.StatusNotFound, Body: `{"errorCode":"E0000007","errorSummary":"Not found: Resource not found: 0oaapp (AppInstance)"}`},
	} {
		t.Run(name, func(t *testing.T) {
			w, id := remade(t, walkme.OIN, false)
			old := w.groups["old push Team"]
			w.org.Fault(func(r *http.Request) *oktatest.Fault {
				if strings.HasSuffix(r.URL.Path, "/groups/"+old) {
					return &fault
				}
				return nil
			})
			report, err := w.trySync()
			if err == nil && len(report.Rejected) == 0 {
				t.Errorf("changes = %s, want the old group reported", changes(report))
			}
			wantText(t, "memberships", w.memberships(), "push Base: cara\npush Team: ann bob")
			if rec := w.record("old push Team"); rec.ID != id || !rec.Active {
				t.Errorf("record of the old group = %+v, want still the owner", rec)
			}
			w.org.Fault(nil)
			w.sync()
			wantPassed(t, w, id, state.Created, "ann cara")
		})
	}
}

// The limits hold who would leave; who joins does not wait.
func TestGroupMadeAgainUnderLimits(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w, id := remade(t, profile, false, func(s *setup) { s.config.Limits.MemberRemovals = plan.Limit{} })
		report := w.sync()
		wantText(t, "changes", changes(report), `
			group_link push Team: applied
			group_members push Team: applied
			group_members push Team: held`)
		wantText(t, "memberships", w.memberships(), "push Base: cara\npush Team: ann bob cara")
		hold := report.Holds[0].ID
		wantText(t, "changes", changes(w.sync()), "group_members push Team: held")
		wantText(t, "changes when approved", changes(w.sync(hold)), "group_members push Team: applied")
		wantPassed(t, w, id, state.Created, "ann cara")
	})
}

// It comes to the same when a request gets lost, or the process dies at it.
func TestGroupMadeAgainAndCutOff(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]walkmetest.Fault{
		"applied": walkmetest.AppliedUnanswered(), "not applied": walkmetest.NotApplied(http.StatusBadGateway),
	} {
		for _, linked := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				eachProfile(t, func(t *testing.T, profile walkme.Profile) {
					w, id := remade(t, profile, linked)
					w.tenant.Fault(walkmetest.OnMatch(walkmetest.IsWrite, 1, fault))
					w.sync()
					w.tenant.Fault(nil)
					w.restart()
					w.sync()
					if linked {
						wantPassed(t, w, id, state.Linked, "ann cara own")
					} else {
						wantPassed(t, w, id, state.Created, "ann cara")
					}
				})
			})
		}
	}
}

// While the outcome of a change of the old group is unknown, the WalkMe group stays with it.
func TestOpenOutcomeKeepsTheGroup(t *testing.T) {
	t.Parallel()
	w, id := remade(t, walkme.OIN, false)
	old, again := w.groups["old push Team"], w.groups["push Team"]
	change := state.Entry{
		RunID: "lost", Type: "Group", SourceID: old, TargetID: id, Name: "push Team", Action: string(plan.GroupMembers), State: state.Pending,
	}
	if _, err := w.agent.State.Begin(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	w.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool {
		return r.Method == http.MethodGet && strings.HasSuffix(r.Path, id)
	}, 1, walkmetest.NotApplied(http.StatusInternalServerError)))
	for _, c := range w.sync().Changes {
		if c.OktaID != again || c.Outcome != plan.Skipped {
			t.Errorf("%s of %s: %s, want it to wait", c.Action, c.OktaID, c.Outcome)
		}
	}
	w.tenant.Fault(nil)
	w.sync()
	wantPassed(t, w, id, state.Created, "ann cara")
}

// A run that is killed when the group has passed on, before or after its request has
// arrived, is made up for by the next one.
func TestGroupMadeAgainAndKilled(t *testing.T) {
	t.Parallel()
	for name, arrives := range map[string]bool{"before": false, "after": true} {
		for kind, linked := range map[string]bool{"made": false, "linked": true} {
			t.Run(kind+", "+name, func(t *testing.T) {
				eachProfile(t, func(t *testing.T, profile walkme.Profile) {
					w, id := remade(t, profile, linked)
					copied, dead := w.path+".copy", false
					w.tenant.Fault(func(r *walkmetest.Request) walkmetest.Fault {
						switch {
						case dead:
							return walkmetest.DroppedBefore()
						case !walkmetest.IsWrite(r):
							return walkmetest.Fault{}
						}
						dead = true
						if err := w.agent.State.Backup(t.Context(), copied); err != nil {
							t.Error(err)
						}
						if arrives {
							return walkmetest.AppliedUnanswered()
						}
						return walkmetest.DroppedBefore()
					})
					_, _ = w.trySync() // what it comes to died with the process
					w.tenant.Fault(nil)
					w.tenant.ClientRestarted()
					w.close()
					w.path = copied
					keepMarker(t, copied)
					w.open()
					w.sync()
					if linked {
						wantPassed(t, w, id, state.Linked, "ann cara own")
					} else {
						wantPassed(t, w, id, state.Created, "ann cara")
					}
				})
			})
		}
	}
}

// A Push Now throws out nobody who is ours.
func TestResyncOfAGroupMadeAgain(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w, id := remade(t, profile, false)
		if _, err := w.resync(plan.Selection{Groups: []string{"push Team"}}, false); err != nil {
			t.Fatal(err)
		}
		wantPassed(t, w, id, state.Created, "ann cara")
	})
}

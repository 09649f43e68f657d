package agent_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// namesTaken are the two kinds of servers: those that keep the names of groups
// unique, and those that let two groups have one.
var namesTaken = map[string]walkmetest.Quirks{
	"unique":        {},
	"not unique":    {PutTakenNameAccepted: true},
	"500, and done": {PutTakenNameAppliedBut500: true},
}

func eachServer(t *testing.T, story func(t *testing.T, profile walkme.Profile, quirks walkmetest.Quirks)) {
	for name, quirks := range namesTaken {
		t.Run(name, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) { story(t, profile, quirks) })
		})
	}
}

// Groups pass their names on along a chain, and a new group takes the one that is
// free in the end: all in one run, however many changes are under way at once.
func TestGroupNamesMoveAlongAChain(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{1, 16} {
		t.Run(fmt.Sprintf("%d workers", workers), func(t *testing.T) {
			eachServer(t, func(t *testing.T, profile walkme.Profile, quirks walkmetest.Quirks) {
				w := newWorld(t, profile, func(s *setup) {
					s.config.Workers, s.tenant.Quirks = workers, quirks
					s.config.GroupSources = []okta.GroupSource{{Rule: &okta.GroupRule{NameStartsWith: "push "}}}
				})
				w.hire("ann", "bob", "cara", "dan")
				w.group("push A", "ann")
				w.group("push B", "bob")
				w.group("push C", "cara")
				w.sync()
				ids := map[string]string{}
				for _, name := range []string{"push A", "push B", "push C"} {
					ids[name] = w.record(name).ID
				}
				w.org.RenameGroup(w.groups["push C"], "push D")
				w.org.RenameGroup(w.groups["push B"], "push C")
				w.org.RenameGroup(w.groups["push A"], "push B")
				w.org.NewGroup("push A", w.people["dan"])
				w.join("push B", "dan")
				wantText(t, "changes", changes(w.sync()), `
					group_rename push D: applied
					group_rename push C: applied
					group_rename push B: applied
					group_create push A: applied
					group_members push C: applied`)
				wantText(t, "memberships", w.memberships(), `
					push A: dan
					push B: ann
					push C: bob dan
					push D: cara`)
				for name, id := range ids {
					if got := w.record(name); got.ID != id || got.Origin != state.Created {
						t.Errorf("record of what was %s has id %s, %s, want still %s", name, got.ID, got.Origin, id)
					}
				}
				w.quiet()
			})
		})
	}
}

// The pause of a 429 reaches everybody along the chain, and nobody is stuck.
func TestGroupNamesMoveWhileTheRateIsLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, pushAll, func(s *setup) { s.config.Workers = 16 })
	s := &stage{world: w}
	var err error
	s.okta, err = okta.NewClient(t.Context(), okta.Config{
		OrgURL: w.org.URL(), AppID: w.org.AppID(), APIToken: w.org.Token(), RateLimitShare: 1, Transport: w.org.Transport(),
	})
	if err != nil {
		t.Fatal(err)
	}
	w.hire("ann")
	for _, name := range []string{"push A", "push B", "push C"} {
		w.group(name, "ann")
	}
	path := filepath.Join(t.TempDir(), "state.db")
	synctest.Test(t, func(t *testing.T) {
		tenant := walkmetest.New(walkmetest.Options{})
		defer tenant.Close()
		p := s.start(t, tenant, path)
		defer p.end()
		p.sync()
		for _, name := range []string{"push C", "push B", "push A"} {
			w.org.RenameGroup(w.groups[name], name[:5]+string(name[5]+1))
		}
		tenant.Fault(walkmetest.OnMatch(walkmetest.IsWrite, 1, walkmetest.RateLimited("60")))
		wantText(t, "changes", changes(p.sync()), `
			group_rename push D: applied
			group_rename push C: applied
			group_rename push B: applied`)
	})
}

// A chain of which a link breaks ends there: nothing behind it is sent, and the
// next run goes on.
func TestGroupNamesBrokenChain(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob")
		w.group("push A", "ann")
		w.group("push B", "bob")
		w.sync()
		w.org.RenameGroup(w.groups["push B"], "push C")
		w.org.RenameGroup(w.groups["push A"], "push B")
		w.tenant.Fault(walkmetest.OnMatch(walkmetest.IsWrite, 1, walkmetest.NotApplied(http.StatusBadRequest)))
		report := w.sync()
		if c := report.Changes[1]; c.Outcome != plan.Failed || !strings.Contains(c.Error, `has the name "push B", and is managed for Okta group `+w.groups["push B"]) {
			t.Errorf("changes = %s, want the second rename refused for the sake of the first group", changes(report))
		}
		wantText(t, "memberships", w.memberships(), `
			push A: ann
			push B: bob`)
		wantText(t, "changes of the next run", changes(w.sync()), `
			group_rename push C: applied
			group_rename push B: applied`)
		w.quiet()
	})
}

// Names that go round in a circle are refused, and the reason names the groups.
// Their memberships go on. A third name opens the circle.
func TestGroupNamesInACircle(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, profile walkme.Profile, quirks walkmetest.Quirks) {
		w := newWorld(t, profile, pushAll, func(s *setup) { s.tenant.Quirks = quirks })
		w.hire("ann", "bob", "cara")
		w.group("push A", "ann")
		w.group("push B", "bob")
		w.group("push C", "cara")
		w.sync()
		a, b := w.groups["push A"], w.groups["push B"]
		w.org.RenameGroup(a, "push B")
		w.org.RenameGroup(b, "push A")
		w.org.RenameGroup(w.groups["push C"], "push D")
		w.join("push A", "cara")
		why := fmt.Sprintf(`displayName: the names of the Okta groups %s ("push A" to "push B") and %s ("push B" to "push A") `+
			"go round in a circle, which no order of renames achieves; give one of them a third name, and its own after a run", a, b)
		report := w.sync()
		wantText(t, "changes", changes(report), `
			group_rename push D: applied
			group_members push B: applied
			rejected push B: `+why+`
			rejected push A: `+why)
		wantText(t, "memberships", w.memberships(), `
			push A: ann cara
			push B: bob
			push D: cara`)
		if report.Summary.Unchanged != 3+1 {
			t.Errorf("unchanged = %d, want three people and the group that needs nothing else", report.Summary.Unchanged)
		}
		w.org.RenameGroup(b, "push Third")
		w.sync()
		w.org.RenameGroup(b, "push A")
		w.sync()
		wantText(t, "memberships", w.memberships(), `
			push A: bob
			push B: ann cara
			push D: cara`)
		w.quiet()
	})
}

// A name that another group of WalkMe's has is not given, whether or not WalkMe
// would refuse it. The foreign group stays as it is, and the memberships go on
// under the old name.
func TestGroupNameOfAForeignGroup(t *testing.T) {
	t.Parallel()
	eachServer(t, func(t *testing.T, profile walkme.Profile, quirks walkmetest.Quirks) {
		w := newWorld(t, profile, pushAll, func(s *setup) { s.tenant.Quirks = quirks })
		w.hire("ann", "bob")
		w.group("push Team", "ann", "bob")
		w.sync()
		foreign := w.tenant.AddGroup("push Crew", w.account("foreign", true))
		w.tenant.Protect(foreign)
		w.org.RenameGroup(w.groups["push Team"], "push Crew")
		w.leave("push Team", "bob")
		refused := func(c *plan.Change) bool {
			return c.Action == plan.GroupRename && c.Outcome == plan.Failed &&
				strings.Contains(c.Error, "the WalkMe group "+foreign+`, which is not managed here, has the name "push Crew" already`)
		}
		report := w.sync()
		if len(report.Changes) != 2 || !refused(report.Changes[0]) || report.Changes[1].Outcome != plan.Applied {
			t.Errorf("changes = %s, want the rename refused for the foreign group's sake, and bob taken out", changes(report))
		}
		wantText(t, "memberships", w.memberships(), `
			push Crew: foreign
			push Team: ann`)
		if profile == walkme.OIN && strings.Contains(w.writes(), "displayName") {
			t.Errorf("writes = %s, want no name beside one that was refused", w.writes())
		}
		if rec := w.record("push Team"); rec.ID == foreign || rec.Name != "push Team" || rec.Attempts != 1 {
			t.Errorf("record = %+v, want the own group under its old name, with one failure", rec)
		}
		if report = w.sync(); len(report.Changes) != 1 || !refused(report.Changes[0]) {
			t.Errorf("changes of the next run = %s, want the rename refused once more", changes(report))
		}
		w.tenant.DeleteGroup(foreign)
		wantText(t, "changes when the name is free", changes(w.sync()), "group_rename push Crew: applied")
		w.quiet()
	})
}

// A group may take its own name in other letters.
func TestGroupNameInOtherLetters(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann")
		w.group("push team", "ann")
		w.sync()
		w.org.RenameGroup(w.groups["push team"], "push Team")
		wantText(t, "changes", changes(w.sync()), "group_rename push Team: applied")
		wantText(t, "memberships", w.memberships(), "push Team: ann")
		w.quiet()
	})
}

// With rename_linked a linked group takes the name of its Okta group; one that the
// source links under another name never does.
func TestRenameLinked(t *testing.T) {
	t.Parallel()
	for _, rename := range []bool{false, true} {
		t.Run(fmt.Sprintf("rename_linked %t", rename), func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, pushAll, func(s *setup) {
					s.config.Policy.Groups.RenameLinked = rename
					s.config.GroupSources = append(s.config.GroupSources, okta.GroupSource{Name: "Content", Link: "Authors"})
				})
				old := w.account("old", true)
				w.tenant.Protect(old)
				linked := w.tenant.AddGroup("PUSH team", old)
				w.tenant.AddGroup("Authors", old)
				w.hire("ann", "bob")
				w.group("push Team", "ann")
				w.group("Content", "ann")
				wantText(t, "changes", changes(w.sync()), `
					create ann: applied
					create bob: applied
					group_link Authors: applied
					group_link push Team: applied`)
				w.sync() // a name in other letters is taken over in a second step
				name := "PUSH team"
				if rename {
					name = "push Team"
				}
				wantText(t, "memberships", w.memberships(), "Authors: ann old\n"+name+": ann old")
				w.quiet()
				w.org.RenameGroup(w.groups["push Team"], "push Crew")
				w.join("push Team", "bob")
				w.join("Content", "bob")
				w.sync()
				if rename {
					name = "push Crew"
				}
				wantText(t, "memberships", w.memberships(), "Authors: ann bob old\n"+name+": ann bob old")
				if rec := w.record("push Team"); rec.ID != linked || rec.Origin != state.Linked {
					t.Errorf("record = %+v, want still the linked group", rec)
				}
				w.quiet()

				w.tenant.RenameGroup(linked, "By hand")
				w.leave("push Team", "ann")
				w.sync()
				if g, _ := w.tenant.Group("By hand"); rename == (g.ID == linked) {
					t.Errorf("after a change of members the group has the name that somebody gave it in WalkMe: %t, want %t", g.ID == linked, !rename)
				}
				w.quiet()
			})
		})
	}
}

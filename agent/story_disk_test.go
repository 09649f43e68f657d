package agent_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// brokenStore takes so many bytes, and gives none back.
type brokenStore struct{ room int }

func (s *brokenStore) Write(p []byte) (int, error) {
	if s.room -= len(p); s.room < 0 {
		return 0, state.ErrDiskFull
	}
	return len(p), nil
}

func (s *brokenStore) ReadAt([]byte, int64) (int, error) { return 0, os.ErrClosed }

// A plan whose file cannot be made, takes nothing more, or cannot be read back is no plan.
func TestPlanWhoseFileFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann", "bob")
	w.sync()
	w.agent.Config.Mapping = guideMapping(t, "user.email")
	failure := errors.New("no file")
	for name, tt := range map[string]struct {
		spill func() (plan.ChangeStore, error)
		want  error
	}{
		"cannot be made":      {func() (plan.ChangeStore, error) { return nil, failure }, failure},
		"takes nothing more":  {func() (plan.ChangeStore, error) { return &brokenStore{}, nil }, state.ErrDiskFull},
		"cannot be read back": {func() (plan.ChangeStore, error) { return &brokenStore{room: 1 << 20}, nil }, os.ErrClosed},
	} {
		w.agent.Spill = tt.spill
		if _, err := w.agent.Plan(t.Context(), agent.Options{}); !errors.Is(err, tt.want) {
			t.Errorf("Plan with a file that %s = %v, want %v", name, err, tt.want)
		}
		if _, err := w.agent.PlanOffline(t.Context(), agent.Options{}); !errors.Is(err, tt.want) {
			t.Errorf("PlanOffline with a file that %s = %v, want %v", name, err, tt.want)
		}
	}
	w.agent.SpillFrom = 2
	if p := w.planned(plan.Scope{}); len(p.Changes) != 2 || p.Len() != 2 {
		t.Errorf("%d of %d changes are in memory, want both", len(p.Changes), p.Len())
	}
}

// The file of a plan is beside the state, has no name there, and is closed when it is
// given back. A run after that holds its changes.
func TestSpillBeside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	w.hire("ann", "bob")
	w.sync()
	w.agent.Config.Mapping = guideMapping(t, "user.email")
	giveBack := w.agent.SpillBeside(w.path)
	w.agent.SpillFrom = 0
	before := filesOf(t, filepath.Dir(w.path))
	p := w.planned(plan.Scope{})
	if diff := cmp.Diff(before, filesOf(t, filepath.Dir(w.path))); diff != "" {
		t.Errorf("files beside the state (-before +after):\n%s", diff)
	}
	if len(p.Changes) != 0 || p.Len() != 2 {
		t.Fatalf("%d of %d changes are in memory, want none of 2", len(p.Changes), p.Len())
	}
	giveBack()
	for _, err := range p.All() {
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("a plan is read after its file was given back: %v", err)
		}
	}
	if r := w.sync(); len(r.Changes) != 2 {
		t.Errorf("%d changes in the run, want 2", len(r.Changes))
	}
}

func filesOf(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A run whose file cannot be made, or takes nothing more, sends nothing. One that can carry
// out no more of it stops, has lost nothing, and the next one does the rest.
func TestRunWhoseFileFails(t *testing.T) {
	t.Parallel()
	file := func(t *testing.T) *os.File {
		t.Helper()
		f, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	failure := errors.New("no file")
	for name, tt := range map[string]struct {
		spill func(t *testing.T) (plan.ChangeStore, error)
		want  error
		sends bool
	}{
		"cannot be made":              {func(*testing.T) (plan.ChangeStore, error) { return nil, failure }, failure, false},
		"takes nothing more":          {func(*testing.T) (plan.ChangeStore, error) { return &brokenStore{}, nil }, state.ErrDiskFull, false},
		"cannot be read back":         {func(*testing.T) (plan.ChangeStore, error) { return &brokenStore{room: 1 << 20}, nil }, os.ErrClosed, false},
		"is full before the outcomes": {func(t *testing.T) (plan.ChangeStore, error) { return &fullStore{File: file(t), writes: 1}, nil }, state.ErrDiskFull, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, walkme.OIN)
			w.hire("ann", "bob", "cara")
			w.agent.SpillFrom, w.agent.Spill = 0, func() (plan.ChangeStore, error) { return tt.spill(t) }
			w.tenant.Fault(walkmetest.OnNthWrite(1, walkmetest.NotApplied(http.StatusBadRequest)))
			report, err := w.agent.Sync(t.Context(), agent.Options{Trigger: "sync"})
			if !errors.Is(err, tt.want) {
				t.Fatalf("Sync() = %v, want %v", err, tt.want)
			}
			if report.Run.Outcome != agent.RunFailed || strings.Contains(w.requests(), "POST") != tt.sends {
				t.Errorf("the run is %s, and has sent\n%s", report.Run.Outcome, w.requests())
			}
			if tt.sends {
				outcomes := map[plan.Outcome]int{}
				for c, err := range report.All() {
					if err != nil {
						t.Fatalf("a change cannot be read: %v", err)
					}
					outcomes[c.Outcome]++
				}
				if report.Run.Failed != 1 || outcomes[plan.Failed] != 1 || outcomes[plan.Applied] != report.Run.Applied || report.Len() != 3 {
					t.Errorf("the report has %v, the run %+v, want the one failed that WalkMe refused, and the others", outcomes, report.Run)
				}
			}
			w.tenant.Fault(nil)
			w.agent.Spill = nil
			w.sync()
			w.quiet()
			wantText(t, "accounts", w.accounts(), "ann: Ann Example\nbob: Bob Example\ncara: Cara Example")
		})
	}
}

// fullStore is a file that takes so many writes.
type fullStore struct {
	*os.File
	writes int
}

func (s *fullStore) Write(p []byte) (int, error) {
	if s.writes--; s.writes < 0 {
		return 0, state.ErrDiskFull
	}
	return s.File.Write(p)
}

// TestRunFromDisk holds a run whose plain changes are on disk against one that has all in
// memory: the same requests, report and end, also where some fail, are stopped or are not
// shown.
func TestRunFromDisk(t *testing.T) {
	t.Parallel()
	for _, profile := range []walkme.Profile{walkme.OIN, walkme.AIW} {
		t.Run(string(profile), func(t *testing.T) {
			tell := func(spills bool) (told []string) {
				w := newWorld(t, profile, pushAll, func(s *setup) { s.config.Workers, s.tenant.Quirks.AttributesHidden = 1, true })
				w.remap("userName", "appuser.userName", "title", "user.title", "name.familyName", "user.lastName")
				if spills {
					spillAll(t, w.agent)
				}
				w.hire("ann", "bob", "cara", "dan", "eve")
				w.org.Update(w.people["cara"], map[string]any{"title": "Engineer"})
				w.group("push Team", "ann", "cara", "eve")
				run := func(status int, on string) {
					var n atomic.Int64
					w.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool {
						return status != 0 && n.Add(1) > 1 && r.Method != http.MethodGet && strings.HasPrefix(r.Path, on)
					}, 0, walkmetest.NotApplied(status)))
					report, err := w.trySync()
					summary, marshalErr := json.Marshal(report.Summary)
					if marshalErr != nil {
						t.Fatal(marshalErr)
					}
					told = append(told, fmt.Sprint(err), changes(report), string(summary), w.requests(), w.accounts(), w.memberships(),
						fmt.Sprint(report.Run.Planned, report.Run.Applied, report.Run.Failed, report.Run.Skipped))
				}
				run(http.StatusBadRequest, "/Users")
				run(0, "")
				w.org.Update(w.people["ann"], map[string]any{"lastName": "Archer"})
				w.org.Update(w.people["cara"], map[string]any{"lastName": "Cole"})
				w.org.Update(w.people["dan"], map[string]any{"lastName": "Dancer"})
				run(http.StatusUnauthorized, "/Users")
				run(0, "")
				run(0, "")
				return told
			}
			if diff := cmp.Diff(tell(false), tell(true)); diff != "" {
				t.Errorf("(-in memory +from disk):\n%s", diff)
			}
		})
	}
}

// TestApplyFromDisk holds a saved plan, and a run that does what it says, whose plain changes
// are on disk against those that have all in memory: first accounts, of which some are there
// already, or may be; a mapping that changes for all; and plans that are out of date.
func TestApplyFromDisk(t *testing.T) {
	t.Parallel()
	since := regexp.MustCompile(` since .*`)
	tell := func(spills bool) (told []string) {
		w := newWorld(t, walkme.OIN, pushAll, func(s *setup) { s.config.Workers = 1 })
		w.remap("userName", "appuser.userName", "title", "user.title", "name.familyName", "user.lastName")
		if spills {
			spillAll(t, w.agent)
		}
		w.hire("ann", "bob", "cara", "dan", "eve")
		w.org.Update(w.people["cara"], map[string]any{"title": "Engineer"})
		w.org.Update(w.people["dan"], map[string]any{"title": "Clerk"})
		w.group("push Team", "ann", "cara", "eve")
		w.tenant.AddUser(walkmetest.User{UserName: "cara@example.com", FamilyName: "Other", Active: true, Extra: map[string]any{"title": "Boss"}})
		w.tenant.AddUser(walkmetest.User{UserName: "dan@example.com"})
		for range 2 {
			w.tenant.AddUser(walkmetest.User{UserName: "eve@example.com", Active: true})
		}
		apply := func(meanwhile func(), failing int) {
			planned := w.planned(plan.Scope{})
			saved := savedAs(t, planned)
			told = append(told, planText(t, planned), w.requests())
			meanwhile()
			w.tenant.Fault(walkmetest.OnNthWrite(failing, walkmetest.NotApplied(http.StatusBadRequest)))
			report, err := w.agent.Apply(t.Context(), saved, agent.Options{Trigger: "apply"})
			w.tenant.Fault(nil)
			run := report.Run
			told = append(told, since.ReplaceAllString(fmt.Sprint(err), ""), fmt.Sprint(run.Outcome, run.Planned, run.Applied, run.Failed, run.Skipped),
				changes(collected(t, report)), w.requests(), w.accounts(), w.memberships())
		}
		nothing := func() {}
		apply(func() { w.org.Update(w.people["bob"], map[string]any{"lastName": "Burns"}) }, 0)
		apply(nothing, 2)
		apply(nothing, 0)
		w.remap("userName", "appuser.userName", "title", "user.title", "name.familyName", "toUpperCase(user.lastName)")
		apply(func() { w.hire("fay") }, 0)
		apply(nothing, 3)
		apply(nothing, 0)
		return told
	}
	if diff := cmp.Diff(tell(false), tell(true)); diff != "" {
		t.Errorf("(-in memory +from disk):\n%s", diff)
	}
}

// TestResyncFromDisk holds resyncs whose plain changes are on disk against those that have
// all in memory: of all, one that is interrupted and goes on, and of a part; with strangers
// in a group, and people whose change is not plain.
func TestResyncFromDisk(t *testing.T) {
	t.Parallel()
	for _, profile := range []walkme.Profile{walkme.OIN, walkme.AIW} {
		t.Run(string(profile), func(t *testing.T) {
			tell := func(spills bool) (told []string) {
				w := newWorld(t, profile, pushAll, func(s *setup) {
					s.config.Workers, s.tenant.Allow = 1, []walkmetest.Rule{walkmetest.RuleNoChange}
				})
				w.remap("userName", "appuser.userName", "title", "user.title", "name.familyName", "user.lastName")
				w.agent.Spill, w.agent.Config.SeeEverybody = nil, !spills
				if spills {
					spillAll(t, w.agent)
				}
				w.hire("ann", "bob", "cara", "dan", "eve")
				w.org.Update(w.people["cara"], map[string]any{"title": "Engineer"})
				w.group("push Team", "ann", "cara", "eve")
				run := func(pick plan.Selection, resume bool) {
					told = append(told, planText(t, w.planned(plan.OfSelection(pick))), w.requests())
					report, err := w.resync(pick, resume)
					if report == nil {
						t.Fatal(err)
					}
					run := report.Run
					told = append(told, fmt.Sprint(err), fmt.Sprint(run.Outcome, run.Planned, run.Applied, run.Failed, run.Skipped),
						changes(report), w.requests(), w.accounts(), w.memberships())
				}
				w.sync()
				run(plan.Selection{}, false)
				stranger := w.tenant.AddUser(walkmetest.User{UserName: "stranger@example.com", Active: true})
				group, _ := w.tenant.Group("push Team")
				dan, _ := w.tenant.User("dan@example.com")
				w.tenant.SetMembers(group.ID, append(group.Members, stranger, dan.ID)...)
				w.org.Update(w.people["ann"], map[string]any{"lastName": "Archer"})
				w.org.Update(w.people["cara"], map[string]any{"title": ""})
				w.hire("fay")
				w.refuseAfterPuts(2)
				run(plan.Selection{}, false)
				w.tenant.Fault(nil)
				run(plan.Selection{}, true)
				w.org.Update(w.people["bob"], map[string]any{"lastName": "Burns"})
				w.tenant.Fault(walkmetest.OnNthWrite(1, walkmetest.NotApplied(http.StatusBadRequest)))
				run(plan.Selection{Attributes: []string{"title"}}, false)
				w.tenant.Fault(nil)
				run(plan.Selection{Failed: true}, false)
				run(plan.Selection{Changed: true}, false)
				run(plan.Selection{}, false)
				return told
			}
			if diff := cmp.Diff(tell(false), tell(true)); diff != "" {
				t.Errorf("(-in memory +from disk):\n%s", diff)
			}
		})
	}
}

// A person whose account was forgotten, and whom a group on record holds, is pushed into it
// again with the new account, also when very many others are new.
func TestReturnerAmongChangesOnDisk(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll)
		w.hire("ann", "bob")
		w.group("push Team", "ann", "bob")
		w.sync()
		w.tenant.DeleteUser(w.record("ann").ID)
		w.org.Unassign(w.people["ann"])
		for range 3 { // missed twice, and forgotten
			w.sync()
		}
		spillAll(t, w.agent)
		w.org.Assign(w.people["ann"])
		w.hire("cara")
		wantText(t, "changes", changes(w.sync()), `
			create ann: applied
			create cara: applied
			group_members push Team: applied`)
		wantText(t, "members", w.memberships(), "push Team: ann bob")
		w.quiet()
	})
}

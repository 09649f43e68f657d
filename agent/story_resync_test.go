package agent_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// resync pushes a selection again, or goes on with what was interrupted.
func (w *world) resync(s plan.Selection, resume bool) (*agent.Report, error) {
	scope := plan.OfSelection(s)
	if resume {
		var err error
		if scope, err = w.agent.RestOfResync(w.t.Context(), s); err != nil {
			return nil, err
		}
	}
	report, err := w.agent.Sync(w.t.Context(), agent.Options{Trigger: agent.TriggerResync, Scope: scope})
	return collected(w.t, report), err
}

// resyncedWorld has four people in sync, of whom a resync of three was cut off after
// the first.
func resyncedWorld(t *testing.T) *world {
	w := newWorld(t, walkme.OIN, func(s *setup) {
		s.config.Workers = 1
		s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange}
	})
	w.hire("ann", "bob", "cara", "dan")
	w.sync()
	w.refuseAfterPuts(1)
	if _, err := w.resync(three, false); err == nil {
		t.Fatal("the resync was not interrupted")
	}
	w.tenant.Fault(nil)
	w.tenant.ResetRequests()
	return w
}

var three = plan.Selection{Users: []string{"cara@example.com", "ann@example.com", "bob@example.com"}}

// refuseAfterPuts withdraws the credentials after n updates.
func (w *world) refuseAfterPuts(n int) {
	w.tenant.Fault(func(r *walkmetest.Request) walkmetest.Fault {
		if r.Method == http.MethodPut {
			n--
		}
		if n < 0 {
			return walkmetest.NotApplied(http.StatusUnauthorized)
		}
		return walkmetest.Fault{}
	})
}

// TestContinueResumesTheSelection: --continue alone goes on with exactly what was
// interrupted, neither more nor less, and only once.
func TestContinueResumesTheSelection(t *testing.T) {
	t.Parallel()
	w := resyncedWorld(t)
	rest, err := w.agent.RestOfResync(t.Context(), plan.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	planned, err := w.agent.Plan(t.Context(), agent.Options{Scope: rest})
	if err != nil || len(planned.Changes) != 2 {
		t.Errorf("Plan() of the rest = %d changes, %v, want 2", len(planned.Changes), err)
	}
	report, err := w.resync(plan.Selection{}, true)
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, "changes", changes(report), `
		update bob: applied
		update cara: applied`)
	if _, err := w.resync(plan.Selection{}, true); !errors.Is(err, agent.ErrNoResync) {
		t.Errorf("a second --continue = %v, want ErrNoResync", err)
	}
}

// TestContinueRefusesAnotherSelection says what is unfinished instead, and records no
// run. The same selection in another order is no other one.
func TestContinueRefusesAnotherSelection(t *testing.T) {
	t.Parallel()
	w := resyncedWorld(t)
	runs := len(w.runs())
	var other *agent.OtherResyncError
	_, err := w.resync(plan.Selection{Users: []string{"dan@example.com"}}, true)
	if !errors.As(err, &other) || !strings.Contains(err.Error(), "--user ann@example.com --user bob@example.com --user cara@example.com;") {
		t.Errorf("--continue with another selection = %v, want what is unfinished", err)
	}
	if len(w.runs()) != runs || len(w.tenant.Requests()) != 0 {
		t.Errorf("%d runs, %d requests, want none more", len(w.runs())-runs, len(w.tenant.Requests()))
	}
	same := plan.Selection{Users: []string{"bob@example.com", "cara@example.com", "ann@example.com"}}
	if report, err := w.resync(same, true); err != nil || len(report.Changes) != 2 {
		t.Errorf("--continue with the same selection = %v, want 2 changes", err)
	}
}

// TestResyncThatPushedNothing leaves nothing to continue, and keeps what was
// unfinished before it.
func TestResyncThatPushedNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		fail func(*world)
	}{
		{"Okta is down", func(w *world) {
			w.org.Fault(func(*http.Request) *oktatest.Fault { return &oktatest.Fault{Status: http.StatusForbidden, Body: "{}"} })
		}},
		{"WalkMe refuses the first request", func(w *world) { w.refuseAfterPuts(0) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := resyncedWorld(t)
			tt.fail(w)
			if _, err := w.resync(plan.Selection{}, false); err == nil {
				t.Fatal("the resync did not fail")
			}
			w.org.Fault(nil)
			w.tenant.Fault(nil)
			if report, err := w.resync(plan.Selection{}, true); err != nil || len(report.Changes) != 2 {
				t.Errorf("--continue = %v, want the 2 changes of the resync before", err)
			}
		})
	}
}

// TestSelectionString names a selection as the command line does.
func TestSelectionString(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]plan.Selection{
		"everything": {},
		"--failed":   {Failed: true},
		"--user a@example.com --group 'WalkMe Editors' --attribute title --changed": {
			Users: []string{"a@example.com", "a@example.com"}, Groups: []string{"WalkMe Editors"}, Attributes: []string{"title"}, Changed: true},
	} {
		if got := s.String(); got != want {
			t.Errorf("String() = %q, want %q", got, want)
		}
	}
}

// runs are the ids of all runs that were recorded.
func (w *world) runs() (ids []string) {
	runs, err := w.agent.State.Runs(w.t.Context(), 0)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range runs {
		ids = append(ids, r.ID)
	}
	return ids
}

// The preview of a resync says what is sent, though nothing differs.
func TestResyncPreview(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.sources = []string{"Team"} })
	w.hire("ann", "bob")
	w.group("Team", "ann", "bob")
	w.sync()
	planned, err := w.agent.Plan(t.Context(), agent.Options{Scope: plan.OfSelection(plan.Selection{Users: []string{"ann@example.com"}, Groups: []string{"Team"}})})
	if err != nil || len(planned.Changes) != 2 {
		t.Fatalf("Plan() = %v, %v, want one user and one group", planned, err)
	}
	if user := planned.Changes[0]; len(user.Attributes) != 3 || user.Attributes[1].New != "Ann" || user.Attributes[1].Old != "Ann" {
		t.Errorf("attributes of ann = %v, want all three", user.Attributes)
	}
	if group := planned.Changes[1]; group.Resent != 2 {
		t.Errorf("members of Team pushed again = %d, want 2", group.Resent)
	}
}

// What another run did to a group meanwhile is no push of it.
func TestContinueAfterAnotherRun(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, pushAll, func(s *setup) { s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange} })
		w.hire("ann", "bob")
		w.group("push Team", "ann")
		w.sync()
		w.tenant.SetMembers(w.record("push Team").ID, w.accountID("bob"), w.account("stranger", true))
		w.refuseAfterPuts(1)
		if _, err := w.resync(plan.Selection{}, false); err == nil {
			t.Fatal("the resync was not interrupted")
		}
		w.tenant.Fault(nil)
		w.join("push Team", "bob")
		w.org.Update(w.people["bob"], map[string]any{"lastName": "Baker"})
		wantText(t, "changes of a run in between", changes(w.sync()), `
			update bob: applied
			group_members push Team: applied`)
		report, err := w.resync(plan.Selection{}, true)
		if err != nil {
			t.Fatal(err)
		}
		wantText(t, "changes", changes(report), `
			update bob: applied
			group_members push Team: applied`)
		wantText(t, "memberships", w.memberships(), "push Team: ann bob")
	})
}

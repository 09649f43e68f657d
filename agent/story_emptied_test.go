package agent_test

import (
	"fmt"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// mostEmptied holds above n people, as a careful agent does.
func mostEmptied(n int) func(*setup) {
	return func(s *setup) {
		s.config.Limits.EmptiedValues = plan.Limit{Count: n}
		s.config.Policy.KeepUnacknowledged = true
	}
}

func mapGivenName(t *testing.T, expression string) func(*setup) {
	return func(s *setup) { s.config.Mapping = guideMapping(t, expression) }
}

// A letter that is wrong in an expression empties nobody: what it would empty, and
// whoever would be created without the value, waits for a person, and everything else
// goes out.
func TestLikelySlipIsHeld(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, mostEmptied(1000))
		w.hire("ann", "bob", "cara", "dan", "eve", "fay")
		w.sync()
		w.org.Unassign(w.people["fay"])
		w.sync()
		before := w.accounts()
		w.restart(mapGivenName(t, "user.fristName"))
		w.hire("gus")
		w.org.Update(w.people["dan"], map[string]any{"lastName": "Dancer"})
		w.org.Assign(w.people["fay"])
		report := w.sync()
		wantText(t, "changes", changes(report), `
			reactivate fay: applied
			create gus: held
			update ann: held
			update bob: held
			update cara: held
			update dan: applied
			update dan: held
			update eve: held
			update fay: held`)
		wantText(t, "accounts", w.accounts(), strings.NewReplacer("Dan Example", "Dan Dancer", " (inactive)", "").Replace(before))
		if report.Run.Outcome != agent.RunHeld || len(report.Holds) != 1 {
			t.Fatalf("run %s with holds %+v, want one hold", report.Run.Outcome, report.Holds)
		}
		h := report.Holds[0]
		if h.Kind != plan.HoldLikelySlip || h.Count != 7 || !strings.Contains(h.Reason, "did you mean user.firstName?") {
			t.Errorf("hold = %+v, want one of seven people that names user.firstName", h)
		}
		if b := report.Changes[1].Block; b == nil || b.Kind != plan.BlockDoubted || b.Hold != h.ID {
			t.Errorf("blocked = %+v, want it doubted", b)
		}
		w.restart(mapGivenName(t, "user.firstName"))
		wantText(t, "changes with the right expression", changes(w.sync()), "create gus: applied")
		wantText(t, "holds", w.holds(), "")
		w.quiet()
	})
}

// An approval of a likely slip lasts until the expression changes, whoever comes.
func TestApprovalOfALikelySlip(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, mostEmptied(1000))
	w.hire("ann", "bob", "cara", "dan", "eve")
	w.sync()
	w.restart(mapGivenName(t, "user.fristName"))
	held := w.sync().Holds[0].ID
	w.decide(held, state.Approved, "the attribute comes tomorrow")
	report := w.sync()
	if report.Run.Applied != 5 || report.Run.Held != 0 || report.Changes[0].ApprovedBy != "ann" {
		t.Errorf("run %+v, want five approved changes", report.Run)
	}
	w.hire("fay")
	wantText(t, "changes for a new person", changes(w.sync()), "create fay: applied")
	w.restart(mapGivenName(t, `user.fristName + ""`))
	w.hire("gus")
	wantText(t, "changes under another expression", changes(w.sync()), "create gus: held")
}

// A rejected slip leaves the values as they are, and holds no run back.
func TestRejectedSlip(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, mostEmptied(1000))
	w.hire("ann", "bob", "cara", "dan", "eve")
	w.sync()
	before := w.accounts()
	w.restart(mapGivenName(t, "user.fristName"))
	w.decide(w.sync().Holds[0].ID, state.Rejected, "mistyped")
	w.org.Update(w.people["ann"], map[string]any{"lastName": "Archer"})
	report := w.sync()
	if report.Run.Outcome != agent.RunDone || report.Summary.Undone != 5 || report.Run.Applied != 1 {
		t.Errorf("run %+v, summary %+v, want it done, one applied, five left undone", report.Run, report.Summary)
	}
	wantText(t, "accounts", w.accounts(), strings.Replace(before, "Ann Example", "Ann Archer", 1))
}

// An attribute that Okta knows, and that is merely empty for all, holds nothing.
func TestAttributeThatIsEmptyForAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, mostEmptied(1000), mapGivenName(t, "user.title"))
	w.hire("ann", "bob", "cara", "dan", "eve")
	report := w.sync()
	if report.Run.Applied != 5 || report.Run.Held != 0 {
		t.Errorf("run %+v, want five creates", report.Run)
	}
	planned, err := w.agent.Plan(t.Context(), agent.Options{})
	if err != nil || len(planned.Unvalued) != 1 || planned.Unvalued[0].Slip || planned.Unvalued[0].Attribute != "user.title" {
		t.Errorf("unvalued = %+v, %v, want the remark that nobody has a title", planned.Unvalued, err)
	}
}

// Values that Okta empties count by people, over the window; above the limit they wait
// as one set, and a returner is activated all the same.
func TestEmptiedValuesAreHeld(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, mostEmptied(1), mostDeactivations(1000))
		w.hire("ann", "bob", "cara")
		w.sync()
		empty := func(names ...string) {
			for _, name := range names {
				w.org.Update(w.people[name], map[string]any{"lastName": ""})
			}
		}
		empty("ann")
		wantText(t, "changes within the limit", changes(w.sync()), "update ann: applied")
		w.dismiss("cara")
		w.sync()
		empty("bob", "cara")
		w.org.Assign(w.people["cara"])
		report := w.sync()
		wantText(t, "changes", changes(report), `
			reactivate cara: applied
			update bob: held
			update cara: held`)
		wantText(t, "accounts", strings.TrimSpace(strings.ReplaceAll(w.accounts()+"\n", " \n", "\n")), `
			ann: Ann
			bob: Bob Example
			cara: Cara Example`)
		h := report.Holds[0]
		if want := "3 (1 of them already made) are more than 1"; h.Kind != plan.HoldEmptiedValues || h.Reason != want {
			t.Errorf("hold = %+v, want %s", h, want)
		}
		w.decide(h.ID, state.Rejected, "")
		report = w.sync()
		if report.Run.Outcome != agent.RunDone || report.Summary.Undone != 2 {
			t.Errorf("run %+v, summary %+v, want two left undone", report.Run, report.Summary)
		}
		w.org.Update(w.people["bob"], map[string]any{"lastName": "Baker"})
		w.sync()
		wantText(t, "holds after a value has returned", w.holds(), "emptied_values rejected: cara")
		w.decide(h.ID, state.Approved, "")
		wantText(t, "changes", changes(w.sync()), "update cara: applied")
		wantText(t, "accounts", strings.TrimSpace(strings.ReplaceAll(w.accounts()+"\n", " \n", "\n")), `
			ann: Ann
			bob: Bob Baker
			cara: Cara`)
		w.quiet()
	})
}

// What the agent never pushed is not emptied: neither in an account that it links, nor
// by an attribute that is newly mapped.
func TestUnacknowledgedValuesStay(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile, mostEmptied(0))
		w.account("ann", true)
		w.hire("ann", "bob")
		w.org.Update(w.people["ann"], map[string]any{"lastName": ""})
		wantText(t, "changes", changes(w.sync()), `
			link ann: applied
			create bob: applied`)
		w.org.Update(w.people["ann"], map[string]any{"firstName": "Anna"})
		wantText(t, "changes", changes(w.sync()), "update ann: applied")
		wantText(t, "accounts", w.accounts(), `
			ann: Anna Name
			bob: Bob Example`)
		w.quiet()
		report, err := w.agent.Sync(t.Context(), agent.Options{Trigger: "sync", Scope: plan.Scope{}.Refreshed()})
		if err != nil || len(report.Changes) != 0 {
			t.Errorf("changes of a refresh: %s, %v, want none", changes(report), err)
		}
	})
}

// Without a value in the request nothing is emptied, and nothing is counted.
func TestClearsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, mostEmptied(0), func(s *setup) {
		s.config.Policy.ClearsNothing, s.wire.ClearedValue = true, walkme.ClearOmit
		s.tenant.Allow = []walkmetest.Rule{walkmetest.RuleNoChange}
	})
	w.hire("ann")
	w.sync()
	w.org.Update(w.people["ann"], map[string]any{"lastName": ""})
	wantText(t, "changes", changes(w.sync()), "update ann: applied")
}

// A share of the people is held from five on.
func TestEmptiedShare(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.Limits.EmptiedValues = plan.Limit{Count: 20, Percent: 10} })
	for i := range 10 {
		w.hire(fmt.Sprintf("p%d", i))
	}
	w.sync()
	for i := range 5 {
		w.org.Update(w.people[fmt.Sprintf("p%d", i)], map[string]any{"firstName": ""})
	}
	if report := w.sync(); report.Run.Held != 5 || report.Holds[0].Reason != "5 of 10 are more than 10 %" {
		t.Errorf("run %+v, holds %+v, want five held", report.Run, report.Holds)
	}
}

// Where Okta's schema may be read it says what exists; where it may not, only a name
// that is nearly that of an attribute is taken for mistyped.
func TestSchemaDecidesWhatIsASlip(t *testing.T) {
	t.Parallel()
	hire := []string{"ann", "bob", "cara", "dan", "eve"}
	for _, tt := range []struct {
		name, expression string
		edit             func(*world)
		held             bool
	}{
		{"a strange name, with the schema", "user.moonPhase", func(*world) {}, true},
		{"a strange name, without the schema", "user.moonPhase", func(w *world) { w.org.ForbidSchemas() }, false},
		{"a near name, without the schema", "user.firstNames", func(w *world) { w.org.ForbidSchemas() }, true},
		{"a near name that the schema has", "user.firstNames", func(w *world) { w.org.DefineAttribute("firstNames", false) }, false},
		{"a strange name of the app", "appuser.moonPhase", func(*world) {}, true},
		{"a base attribute that nobody has", "user.nickName", func(w *world) { w.org.ForbidSchemas() }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, walkme.OIN, mostEmptied(1000))
			tt.edit(w)
			w.hire(hire...)
			w.sync()
			w.restart(mapGivenName(t, tt.expression))
			if report := w.sync(); (report.Run.Held == 5) != tt.held || (report.Run.Applied == 5) == tt.held {
				t.Errorf("run %+v, holds %+v, want held: %t", report.Run, report.Holds, tt.held)
			}
		})
	}
}

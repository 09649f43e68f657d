package agent_test

import (
	"fmt"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

func byList(s *setup) { s.matching, s.config.Workers = walkme.MatchList, 1 }

// A first sync reads WalkMe's accounts once, and looks nobody up.
func TestFirstSyncByList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, byList)
	w.account("bob", true)
	w.account("old", false)
	w.hire("ann", "bob", "old")
	wantText(t, "changes", changes(w.sync()), `
		create ann: applied
		link bob: applied
		link old: applied`)
	wantText(t, "requests", w.requests(), `
		GET /Users?startIndex=1&count=100
		GET /Users?startIndex=3&count=100
		POST /Users
		GET /Users/bob
		PUT /Users/bob
		GET /Users/old
		PATCH /Users/old
		GET /Users/old
		PUT /Users/old`)
	w.quiet()

	w.hire("cara")
	w.sync()
	wantText(t, "requests for a joiner", w.requests(), `
		GET /Users?cara
		POST /Users`)
}

// What the list does not show is still found by the look-ups that follow a 409.
func TestFirstSyncByListWithoutInactive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, byList, func(s *setup) {
		s.tenant.Quirks = walkmetest.Quirks{CaseSensitiveUserName: true, NamesFolded: true}
	})
	w.account("ann", true)
	w.hire("ann", "\u212aim")
	w.account("kim", true)
	report := w.sync()
	if got := changes(report); !strings.Contains(got, "link ann: applied") || strings.Contains(got, "link \u212aim") {
		t.Errorf("changes = %s, want ann linked, and nobody else", got)
	}
}

// A server that cuts its lists, or counts wrong, costs look-ups and nothing else.
func TestFirstSyncByABadList(t *testing.T) {
	t.Parallel()
	for name, quirks := range map[string]walkmetest.Quirks{
		"counts pages": {TotalIsPageSize: true, PageCap: 2}, "cuts pages": {PageCap: 2}, "ignores paging": {IgnorePaging: true},
		"hides the inactive": {ConflictOnDeactivated409WithoutMatch: true},
	} {
		t.Run(name, func(t *testing.T) {
			eachProfile(t, func(t *testing.T, profile walkme.Profile) {
				w := newWorld(t, profile, byList, func(s *setup) { s.tenant.Quirks = quirks })
				for i := range 5 {
					w.account(fmt.Sprintf("p%d", i), true)
				}
				w.hire("p0", "p3", "p4", "p7", "p8")
				wantText(t, "changes", changes(w.sync()), `
					link p0: applied
					link p3: applied
					link p4: applied
					create p7: applied
					create p8: applied`)
				w.quiet()
			})
		})
	}
}

// A plan of many look-ups lists the accounts, and says what a run would save by that.
func TestPlanSaysWhatAListSaves(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN)
	names := make([]string, 120)
	for i := range names {
		names[i] = fmt.Sprintf("p%03d", i)
	}
	w.hire(names...)
	planned, err := w.agent.Plan(t.Context(), agent.Options{})
	if err != nil {
		t.Fatal(err)
	}
	wantText(t, "requests of the plan", w.requests(), "GET /Users?startIndex=1&count=100")
	if l := planned.LookUps; l == nil || l.Count != 120 || l.WithList != 1 {
		t.Errorf("look-ups = %+v, want 120 against 1", l)
	}
	w.restart(func(s *setup) { s.config.Strict = true })
	w.tenant.ResetRequests()
	if planned, err = w.agent.Plan(t.Context(), agent.Options{}); err != nil {
		t.Fatal(err)
	}
	if n := len(w.tenant.Requests()); n != 120 || planned.LookUps != nil {
		t.Errorf("%d requests of a strict plan, look-ups %+v, want 120 and no advice", n, planned.LookUps)
	}
}

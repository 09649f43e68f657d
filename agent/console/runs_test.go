package console_test

import (
	"context"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// TestRunCountsChanges: one of a group is one, however many batches of members it took.
func TestRunCountsChanges(t *testing.T) {
	s := open(t, nil)
	s.fill(func(ctx context.Context, db *state.DB) {
		must(t, db.BeginRun(ctx, state.Run{ID: "run-1", Trigger: "schedule"}))
		for i, e := range []state.Entry{
			{Seq: 1, Type: scim.User, SourceID: "00u1", Name: "ann@example.com", Action: "create"},
			{Seq: 2, Type: scim.Group, SourceID: "00g1", Name: "Team Ann", Action: "group_members"},
			{Seq: 2, Type: scim.Group, SourceID: "00g1", Name: "Team Ann", Action: "group_members"},
			{Seq: 3, Type: scim.Group, SourceID: "00g2", Name: "Team Bob", Action: "group_members"},
		} {
			e.RunID = "run-1"
			id, err := db.Begin(ctx, e)
			must(t, err)
			must(t, db.Finish(ctx, id, state.Outcome{State: []state.EntryState{state.Applied, state.Applied, state.Failed, state.Failed}[i], HTTPStatus: 200}))
		}
		must(t, db.FinishRun(ctx, state.Run{ID: "run-1", Outcome: "problems", Planned: 3, Applied: 1, Failed: 2}))
	})
	v := s.visit(false)
	v.expect("/runs/run-1", "3 of 3 changes", "Change members 2", "create (1)", "change members (2)")
	v.expect("/runs/run-1?q=ann", "2 of 3 changes", "!Team Bob")
	v.expect("/runs/run-1?action=group_members", "2 of 3 changes")
	v.expect("/runs/run-1?state=failed", "2 of 3 changes", "!ann@example.com")
}

// TestRunInTheOrderOfReports: people before groups, what begins before what changes; a group
// that is made, and then gets its members, is one change.
func TestRunInTheOrderOfReports(t *testing.T) {
	s := open(t, nil)
	s.fill(func(ctx context.Context, db *state.DB) {
		must(t, db.BeginRun(ctx, state.Run{ID: "run-1", Trigger: "schedule"}))
		seq := 0
		add := func(kind scim.Type, action, name string) {
			t.Helper()
			seq++
			if action == "group_members" {
				seq-- // of the group that was made just now
			}
			id, err := db.Begin(ctx, state.Entry{RunID: "run-1", Seq: seq, Type: kind, SourceID: name, Name: name, Action: action})
			must(t, err)
			must(t, db.Finish(ctx, id, state.Outcome{State: state.Applied, HTTPStatus: 200}))
		}
		add(scim.User, "update", "Uma")
		add(scim.Group, "group_create", "Team")
		add(scim.Group, "group_members", "Team")
		add(scim.User, "link", "Lin")
		add(scim.User, "deactivate", "Dan")
		for i := range 250 {
			add(scim.User, "create", fmt.Sprintf("Cora%03d", i))
		}
		must(t, db.FinishRun(ctx, state.Run{ID: "run-1", Outcome: "done", Planned: seq, Applied: seq}))
	})
	v := s.visit(false)
	var titles []string
	for path := "/runs/run-1"; path != ""; {
		page := v.expect(path, "254 of 254 changes")
		for _, m := range regexp.MustCompile(`<h2 id="s\d+">([A-Z][a-z ]*)`).FindAllStringSubmatch(page, -1) {
			titles = append(titles, strings.TrimSpace(m[1]))
		}
		next := regexp.MustCompile(`href="([^"]*)" rel="next"`).FindStringSubmatch(page)
		if path = ""; next != nil && len(titles) < 20 {
			path = html.UnescapeString(next[1])
		}
	}
	if want := []string{"Deactivate", "Create", "Create", "Link", "Update", "Create group", "Change members"}; !slices.Equal(titles, want) {
		t.Errorf("the sections are %q, want %q", titles, want)
	}
}

package agent_test

import (
	"fmt"
	"strings"
	"testing"

	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme"
)

// The journal says what WalkMe answered to each change, also when all went well.
func TestJournalKeepsTheAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) { s.config.Workers = 1 }, teams(1))
	w.hire("ann", "bob")
	w.group("team-000", "ann")
	report := w.sync()
	w.join("team-000", "bob")
	w.sync()
	entries, err := w.agent.State.History(t.Context(), state.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&got, "%s %s: %s %d\n", e.Action, e.Name, e.State, e.HTTPStatus)
	}
	wantText(t, "journal, newest first", strings.TrimSpace(got.String()), `
		group_members team-000: applied 200
		group_members team-000: applied 200
		group_create team-000: applied 201
		create bob@example.com: applied 201
		create ann@example.com: applied 201`)
	if first := report.Changes[0]; first.HTTPStatus != 201 {
		t.Errorf("HTTP status of the first change = %d, want 201", first.HTTPStatus)
	}
}

package agent_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme"
)

// cutMembers has Okta list the first member of a group alone.
func cutMembers(t testing.TB, groupID string) func(*http.Request) *oktatest.Fault {
	return func(r *http.Request) *oktatest.Fault {
		if !strings.HasSuffix(r.URL.Path, "/groups/"+groupID+"/users") {
			return nil
		}
		return &oktatest.Fault{Rewrite: func(header http.Header, page []byte) []byte {
			header.Del("Link")
			return editList(t, page, func(all []map[string]any) []map[string]any { return all[:1] })
		}}
	}
}

// A member list that is cut short takes nobody out of the group. One that is sharply
// shorter for real is judged by the limit.
func TestSharpFallOfMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, walkme.OIN, func(s *setup) {
		s.sources = []string{"Team"}
		s.config.Limits.MemberRemovals = plan.Limit{Count: 5}
	})
	var names []string
	for i := range 10 {
		names = append(names, fmt.Sprintf("p%d", i))
	}
	w.hire(names...)
	w.group("Team", names...)
	w.sync()
	before := w.memberships()

	w.org.Fault(cutMembers(t, w.groups["Team"]))
	report := w.sync()
	if len(report.Changes) != 0 || len(report.Rejected) != 1 || report.Rejected[0].Name != "Team" {
		t.Errorf("changes of the cut list: %s, want the group reported and nothing else", changes(report))
	}
	w.org.Fault(nil)
	w.quiet()
	wantText(t, "memberships", w.memberships(), before)

	w.leave("Team", names[:9]...)
	report = w.sync()
	if report.Run.Held != 1 || report.Holds[0].Kind != plan.HoldMemberRemovals || report.Holds[0].Count != 9 {
		t.Errorf("run %+v, holds %+v, want nine removals held", report.Run, report.Holds)
	}
	wantText(t, "changes after the approval", changes(w.sync(report.Holds[0].ID)), "group_members Team: applied")
	wantText(t, "memberships", w.memberships(), "Team: p9")
}

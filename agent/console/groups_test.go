package console_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/console"
	"okta-walkme-agent/state"
)

// TestManyGroups: a page shows some of them, and a search by name, id or status the others.
func TestManyGroups(t *testing.T) {
	s := open(t, func(_ *console.Options, p *console.Program) {
		p.Look = func(context.Context) ([]agent.Account, []agent.AvailableGroup, error) {
			out := make([]agent.AvailableGroup, 600)
			for i := range out {
				out[i] = agent.AvailableGroup{WalkMeID: fmt.Sprint("g-", i), Name: fmt.Sprintf("Free %03d", i)}
			}
			return nil, out, nil
		}
	})
	s.fill(func(ctx context.Context, db *state.DB) {
		var all []state.SourceGroup
		for i := range 600 {
			g := state.SourceGroup{ID: fmt.Sprintf("00g%03d", i), Name: fmt.Sprintf("Team %03d <b>", i)}
			if i == 599 {
				g.Name, g.PausedBy = "Äußere Dienste", "Dienste"
			}
			all = append(all, g)
		}
		must(t, db.SaveSourceGroups(ctx, all, nil))
	})
	v := s.visit(true)
	v.expect("/groups", "600 of 600 groups", "Team 000", "Team 499", "!Team 500", "The first 500 are shown")
	v.expect("/groups?q=team+59", "15 of 600 groups", "Team 598", "!Team 000")
	v.expect("/groups?q=00g599", "1 of 600 groups", "Äußere Dienste")
	v.expect("/groups?q=%C3%84USSERE+dienste", "0 of 600 groups", "No group is found for") // ß and SS are not one
	v.expect("/groups?q=%C3%A4U%C3%9FERE", "1 of 600 groups", "Äußere Dienste")
	v.expect("/groups?q=paused", "1 of 600 groups", "Äußere Dienste")
	if page := v.expect("/groups?q=%3Cscript%3E%25_*", "0 of 600 groups"); strings.Contains(page, "<script>%") {
		t.Error("what is searched is no HTML")
	}
	v.post("/groups", nil)
	v.until("/groups", func(page string) bool { return strings.Contains(page, "Free 499") })
	v.expect("/groups", "The first 500 of 600 are shown", "!Free 500")
}

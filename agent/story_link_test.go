package agent_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// A link writes over what the account holds. The plan shows it, and so do the run and
// the journal.
func TestLinkShowsWhatItOverwrites(t *testing.T) {
	t.Parallel()
	eachProfile(t, func(t *testing.T, profile walkme.Profile) {
		w := newWorld(t, profile)
		w.hire("dan")
		w.tenant.AddUser(walkmetest.User{UserName: "dan@example.com", GivenName: "Daniel", FamilyName: "Example", Active: true})
		want := []scim.AttributeChange{
			{Path: "name.familyName", Old: "Example", New: "Example"},
			{Path: "name.givenName", Old: "Daniel", New: "Dan"},
			{Path: "userName", Old: "dan@example.com", New: "dan@example.com"},
		}
		for what, c := range map[string]*plan.Change{"plan": w.plan().Changes[0], "run": w.sync().Changes[0]} {
			if diff := cmp.Diff(want, c.Attributes); c.Action != plan.Link || diff != "" {
				t.Errorf("%s: %s of (-want +got):\n%s", what, c.Action, diff)
			}
		}
	})
}

package report_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
)

func explainedUser() *agent.Explanation {
	acknowledged := now().Add(-26 * time.Hour)
	return &agent.Explanation{
		Type: scim.User, OktaID: userID(6), Name: "frank@example.com", InScope: true, Why: "assigned in Okta through a group",
		AccountStatus: "ACTIVE", AssignmentStatus: "PROVISIONED", Through: []string{"Sales", "WalkMe Users"}, PushedInto: []string{"Editors"},
		Attributes: []agent.ExplainedAttribute{
			{Path: "name.givenName", Expression: "user.firstName", Value: "Frank", Acknowledged: "Francis"},
			{Path: "title", Expression: `user.title == null ? "none" : user.title`, Value: nil},
			{Path: "userName", Expression: "appuser.userName", Value: "frank@example.com", Acknowledged: "frank@example.com"},
		},
		Managed: &agent.ExplainedRecord{
			WalkMeID: "wm-6", Name: "frank@example.com", Active: true, Origin: "created",
			UpdatedAt: &acknowledged, Attempts: 2, LastError: "WalkMe: 500",
		},
		Last: &agent.ExplainedCall{At: now().Add(-5 * time.Minute), Action: "update", State: "failed", HTTPStatus: 500, Error: "internal error"},
		Next: []*plan.Change{
			user(plan.Update, 6, "frank@example.com", "name.givenName changed in Okta", changed("name.givenName", "Francis", "Frank")),
			group(plan.GroupMembers, 4, "WalkMe Support", "membership changed in Okta", plan.MemberChange{Add: []string{userID(6)}}),
		},
	}
}

func explainedGroup() *agent.Explanation {
	return &agent.Explanation{
		Type: scim.Group, OktaID: groupID(1), Name: "WalkMe Editors", InScope: true, Why: "pushed by name WalkMe Editors",
		Sources: []string{"name WalkMe Editors"}, Members: 1200, Eligible: 1100, Pushed: 0,
	}
}

func explained(e *agent.Explanation) func(io.Writer) error {
	return func(w io.Writer) error { return report.ExplanationText(w, e, report.Options{Width: 100, Now: now()}) }
}

// TestHostileExplanation has a name in every text of an explanation.
func TestHostileExplanation(t *testing.T) {
	for _, n := range hostileNames() {
		e := explainedUser()
		e.Name, e.Why, e.Error, e.AccountStatus, e.Through, e.PushedInto = n, n, n, n, []string{n}, []string{n}
		e.Attributes = []agent.ExplainedAttribute{
			{Path: n, Expression: n, Value: n, Acknowledged: []any{n}}, {Path: n, Expression: n, Error: n},
		}
		e.Managed.Name, e.Managed.WalkMeID, e.Managed.LastError, e.Last.Error = n, n, n, n
		e.Next = []*plan.Change{user(plan.Update, 1, n, n, changed(n, n, []any{n})), group(plan.GroupRename, 1, n, n, plan.MemberChange{})}
		for line := range strings.Lines(string(render(t, explained(e)))) {
			if line = strings.TrimSuffix(line, "\n"); report.Escape(line) != line {
				t.Errorf("ExplanationText with %q: line %q reaches the terminal", n, line)
			}
		}
	}
}

// TestExplanationOfWhatIsNotSent never promises what a run will not do.
func TestExplanationOfWhatIsNotSent(t *testing.T) {
	until := now().Add(20 * time.Minute)
	for want, block := range map[string]plan.Block{
		"nothing is sent, because provisioning.create_users is off: ": {Kind: plan.BlockDisabled, Detail: "provisioning.create_users"},
		"held until a person decides about d-1234: ":                  {Kind: plan.BlockHeld, Hold: "d-1234"},
		"waits until ": {Kind: plan.BlockWaiting, Until: &until},
		"nothing is sent, the look-up of the name failed: ": {Kind: plan.BlockUnconfirmed, Detail: "the look-up of the name failed"},
	} {
		e := explainedUser()
		e.Next = e.Next[:1]
		e.Next[0].BlockBy(block)
		if got := string(render(t, explained(e))); !strings.Contains(got, want) {
			t.Errorf("explanation:\n%s\nwant %q", got, want)
		}
	}
}

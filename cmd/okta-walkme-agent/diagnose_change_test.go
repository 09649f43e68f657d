package main

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// What WalkMe refuses of one object is explained by what was tried, and names the switch.
func TestDiagnoseChange(t *testing.T) {
	answered := func(status int) error { return &scim.Error{Status: status} }
	held := func(t scim.Type, oktaID string, left bool) error {
		return &apply.NameHeldError{Type: t, WalkMeID: "42", OktaID: oktaID, Left: left, Err: answered(409)}
	}
	for _, tt := range []struct {
		action        plan.Action
		err           error
		cause, remedy string
	}{
		{plan.Create, answered(409), "the user already exists", "rename or remove it"},
		{plan.GroupCreate, answered(409), "a group of this name exists", "as link"},
		{plan.Update, held(scim.User, "", false), "another account", "rename or remove that account"},
		{plan.Update, held(scim.User, "00u2", false), "swap names", "a third user name"},
		{plan.Update, held(scim.User, "00u2", true), "who has left", "rename the account of the leaver"},
		{plan.GroupRename, held(scim.Group, "00g2", false), "another pushed group", "another name"},
		{plan.GroupRename, held(scim.Group, "", false), "does not manage it", "in WalkMe"},
		{plan.Create, answered(403), "create accounts (403)", "provisioning.create_users: false"},
		{plan.Deactivate, answered(403), "deactivate accounts", "provisioning.deactivate_users: false"},
		{plan.GroupDelete, answered(403), "delete groups", "push_groups.on_unlink: leave"},
		{plan.Deactivate, answered(501), "does not take a PATCH", "walkme.wire_profile: aiw"},
		{plan.Update, answered(405), "does not take a PUT", "walkme.wire.user_update: patch"},
		{plan.GroupMembers, answered(405), "members are added", "push_groups.membership_updates: replace"},
		{plan.GroupMembers, answered(501), "members are added", "walkme.wire_profile: aiw"},
		{plan.GroupMembers, answered(413), "fewer changes", "walkme.wire.member_batch"},
		{plan.GroupMembers, answered(400), "the form", "push_groups.membership_updates: replace"},
		{plan.GroupMembers, &walkme.NameSentError{Err: answered(403)}, "the name of the group", "walkme.wire.rename_with_members: false"},
		{plan.GroupMembers, &walkme.AllRefusedError{Refused: []walkme.RefusedMember{{Err: answered(404)}}}, "does not know the account", "sync --refresh"},
		{plan.Deactivate, &walkme.AnotherOwnerError{ID: "42"}, "has passed to another account", "by hand"},
		{plan.Create, &scim.Error{Status: 403, Page: true}, "a routing error", "walkme.region"},
		{plan.Create, &walkme.TextCounterError{Counter: "startIndex"}, "as a text", "walkme.wire.exact_numbers: false"},
		{plan.Update, answered(404), "the account was deleted", "recreate"},
		{plan.Create, answered(404), "nothing at the address where accounts are made", "walkme.base_url"},
		{plan.GroupCreate, answered(404), "nothing at the address where groups are made", "no push_groups.sources"},
		{plan.Create, answered(422), "refuses a value", "under mappings"},
		{plan.Update, answered(415), "the media type of these requests (415)", "walkme.wire_profile"},
		{plan.Create, answered(413), "longer than WalkMe, or a proxy before it, takes (413)", "shorten"},
		{plan.Create, answered(302), "leads elsewhere (302)", "walkme.base_url"},
		{plan.Deactivate, answered(423), "refuses the request (423)", "--trace"},
		{plan.Create, &walkme.UnansweredError{Err: answered(500)}, "an error of its own (500)", "asks WalkMe what became of it"},
		{plan.Create, &walkme.UnansweredError{Err: io.EOF}, "broke off without an answer", "asks WalkMe what became of it"},
	} {
		typ := scim.User
		if strings.HasPrefix(string(tt.action), "group") {
			typ = scim.Group
		}
		d, ok := diagnoseChange(&plan.Change{Type: typ, Action: tt.action}, fmt.Errorf("walkme: %w", tt.err))
		if !ok || !strings.Contains(d.cause, tt.cause) || !strings.Contains(d.remedy, tt.remedy) {
			t.Errorf("%s, %v: %+v, want cause %q and remedy %q", tt.action, tt.err, d, tt.cause, tt.remedy)
		}
	}
}

// Whatever status WalkMe answers with, to whatever was tried: there is a cause and a
// remedy. A 401 and a 429 end or slow down the whole run, and are told there.
func TestDiagnoseKnowsEachStatus(t *testing.T) {
	for _, action := range []plan.Action{plan.Create, plan.Link, plan.Update, plan.Deactivate, plan.Reactivate,
		plan.GroupCreate, plan.GroupLink, plan.GroupRename, plan.GroupMembers, plan.GroupDelete} {
		typ := scim.User
		if strings.HasPrefix(string(action), "group") {
			typ = scim.Group
		}
		for status := 300; status < 600; status++ {
			if d, ok := diagnoseChange(&plan.Change{Type: typ, Action: action}, &scim.Error{Status: status}); !ok || d.cause == "" || d.remedy == "" {
				t.Errorf("%s, %d: %+v", action, status, d)
			}
		}
	}
}

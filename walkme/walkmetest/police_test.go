package walkmetest_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/walkme/walkmetest"
)

// broken lists the rules of the violations, in order, each once.
func broken(tenant *walkmetest.Tenant) []string {
	var rules []string
	for _, line := range tenant.Violations() {
		rule, _, _ := strings.Cut(line, ":")
		rules = append(rules, rule)
	}
	return slices.Compact(rules)
}

// fullPut is the body of a GET of ann, laid over with nothing.
func fullPut(t *testing.T, tenant *walkmetest.Tenant) string {
	t.Helper()
	_, body := call(t, tenant, "GET", "/Users/u-ann", "")
	return body
}

// ruleTest is what a client does, and the rules that it breaks by that.
type ruleTest struct {
	name string
	want []string
	opts walkmetest.Options
	do   func(t *testing.T, tenant *walkmetest.Tenant)
}

func police(t *testing.T, tests []ruleTest) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			tenant := fixture(t, test.opts)
			test.do(t, tenant)
			if got := broken(tenant); !slices.Equal(got, test.want) {
				t.Errorf("broken rules = %v, want %v\n%s", got, test.want, strings.Join(tenant.Violations(), "\n"))
			}
		})
	}
}

var (
	newUser = user(`"userName":"dan@example.com","active":true`)
	addAnn  = patch(`{"op":"add","path":"members","value":[{"value":"u-ann"}]}`)
)

func TestRulesOfForm(t *testing.T) {
	police(t, []ruleTest{
		{"a missing header", []string{"headers"}, walkmetest.Options{}, withHeader("GET", "/Users/u-ann", "", "Accept-Charset", "")},
		{"another User-Agent", []string{"headers"}, walkmetest.Options{}, withHeader("GET", "/Users/u-ann", "", "User-Agent", "Go-http-client/1.1")},
		{"a header of its own", []string{"headers"}, walkmetest.Options{}, withHeader("GET", "/Users/u-ann", "", "If-Match", "x")},
		{"Content-Type without a body", []string{"headers"}, walkmetest.Options{}, withHeader("GET", "/Users/u-ann", "", "Content-Type", "application/scim+json; charset=utf-8")},
		{"another Content-Type", []string{"headers"}, walkmetest.Options{}, withHeader("POST", "/Users", newUser, "Content-Type", "application/json")},
		{"no credential", []string{"headers"}, walkmetest.Options{}, withHeader("GET", "/Users/u-ann", "", "Authorization", "")},
		{"a credential in the query", []string{"credentials", "query"}, walkmetest.Options{}, steps(
			step{"GET", "/Users?access_token=abc", "", 200, nil})},
		{"+ for a blank", []string{"query"}, walkmetest.Options{}, steps(
			step{"GET", "/Users?filter=userName+eq+%22x%22&startIndex=1&count=100", "", 200, nil})},
		{"another order of the query", []string{"query"}, walkmetest.Options{}, steps(
			step{"GET", "/Users?count=100&startIndex=1", "", 200, nil})},
		{"a query on one resource", []string{"query"}, walkmetest.Options{}, steps(
			step{"GET", "/Users/u-ann?startIndex=1&count=1", "", 200, nil})},
		{"blanks in JSON", []string{"json"}, walkmetest.Options{}, steps(
			step{"POST", "/Users", strings.Replace(newUser, ",", ", ", 1), 201, nil})},
		{"a newline after JSON", []string{"json"}, walkmetest.Options{}, steps(step{"POST", "/Users", newUser + "\n", 201, nil})},
		{"HTML escapes", []string{"json"}, walkmetest.Options{}, steps(
			step{"POST", "/Groups", group(`"displayName":"R\u0026D"`), 201, nil})},
		{"a backslash before u is no escape", nil, walkmetest.Options{}, steps(
			step{"POST", "/Groups", group(`"displayName":"a\\u0026\u0007\u2028é"`), 201, nil})},
		{"discovery", []string{"never-sent"}, walkmetest.Options{}, steps(step{"GET", "/ServiceProviderConfig", "", 200, nil})},
		{"schemas, as for an import", nil, walkmetest.Options{}, steps(step{"GET", "/Schemas", "", 200, nil}, step{"GET", "/ResourceTypes", "", 200, nil})},
		{"a write to schemas", []string{"never-sent"}, walkmetest.Options{}, steps(step{"POST", "/Schemas", `{}`, 405, nil})},
		{"bulk", []string{"never-sent"}, walkmetest.Options{}, steps(step{"POST", "/Bulk", `{}`, 404, nil})},
	})
}

func TestRulesOfWrites(t *testing.T) {
	police(t, []ruleTest{
		{"a second POST of a userName", []string{"second-create"}, walkmetest.Options{}, steps(
			step{"POST", "/Users", newUser, 201, nil}, step{"POST", "/Users", strings.Replace(newUser, "dan", "DAN", 1), 409, nil})},
		{"a second POST of a displayName", []string{"second-create"}, walkmetest.Options{}, steps(
			step{"POST", "/Groups", group(`"displayName":"A"`), 201, nil}, step{"POST", "/Groups", group(`"displayName":"A"`), 409, nil})},
		{"a POST of a userName that was there", nil, walkmetest.Options{}, steps(
			step{"POST", "/Users", user(`"userName":"bob@example.com"`), 409, nil})},
		{"a POST after somebody deleted the account", nil, walkmetest.Options{}, func(t *testing.T, tenant *walkmetest.Tenant) {
			run(t, tenant, []step{{"POST", "/Users", newUser, 201, nil}})
			dan, _ := tenant.User("dan@example.com")
			tenant.DeleteUser(dan.ID)
			run(t, tenant, []step{{"POST", "/Users", newUser, 201, nil}})
			if again, _ := tenant.User("dan@example.com"); again.ID == dan.ID {
				t.Errorf("the new account has the old id %s", again.ID)
			}
		}},
		{"a DELETE of a user", []string{"delete-user"}, walkmetest.Options{}, steps(step{"DELETE", "/Users/u-ann", "", 204, nil})},
		{"a PUT without accessRole", []string{"dropped-keys"}, walkmetest.Options{}, func(t *testing.T, tenant *walkmetest.Tenant) {
			body := fullPut(t, tenant)
			body = strings.Replace(body, `"accessRole":"`+walkmetest.DefaultRole+`",`, "", 1)
			run(t, tenant, []step{{"PUT", "/Users/u-ann", body, 200, nil}})
		}},
		{"a PUT without a part of name", []string{"dropped-keys"}, walkmetest.Options{}, func(t *testing.T, tenant *walkmetest.Tenant) {
			run(t, tenant, []step{{"PUT", "/Users/u-ann", strings.Replace(fullPut(t, tenant), `"familyName":"Lee",`, "", 1), 200, nil}})
		}},
		{"a PUT of a group without members", []string{"dropped-keys"}, walkmetest.Options{}, steps(
			step{"PUT", "/Groups/{g}", group(`"displayName":"Editors"`), 200, nil})},
		{"a PUT of a group as Okta sends it", nil, walkmetest.Options{}, steps(
			step{"PUT", "/Groups/{g}", group(`"displayName":"Editors","members":[]`), 200, nil})},
		{"a password in a PUT", []string{"password"}, walkmetest.Options{}, func(t *testing.T, tenant *walkmetest.Tenant) {
			run(t, tenant, []step{{"PUT", "/Users/u-ann", strings.Replace(fullPut(t, tenant), `{`, `{"password":"x",`, 1), 200, nil}})
		}},
		{"a password in a PATCH", []string{"password"}, walkmetest.Options{}, steps(
			step{"PATCH", "/Users/u-ann", patch(`{"op":"replace","value":{"password":"x"}}`), 200, nil})},
	})
}

func TestRuleNoChange(t *testing.T) {
	police(t, []ruleTest{
		{"the profile once after a link, not twice", []string{"no-change"}, walkmetest.Options{}, func(t *testing.T, tenant *walkmetest.Tenant) {
			body := fullPut(t, tenant)
			run(t, tenant, []step{{"PUT", "/Users/u-ann", body, 200, nil}})
			if got := tenant.Violations(); got != nil {
				t.Errorf("after the link: %v", got)
			}
			run(t, tenant, []step{{"PUT", "/Users/u-ann", body, 200, nil}})
		}},
		{"a deactivation of an inactive user", []string{"no-change"}, walkmetest.Options{}, steps(
			step{"PATCH", "/Users/u-ann", deactivate, 200, nil}, step{"PATCH", "/Users/u-ann", deactivate, 200, nil},
			step{"PATCH", "/Users/u-ann", deactivate, 200, nil})},
		{"the profile after an activation", nil, walkmetest.Options{}, func(t *testing.T, tenant *walkmetest.Tenant) {
			run(t, tenant, []step{{"PATCH", "/Users/u-bob", patch(`{"op":"replace","value":{"active":true}}`), 200, nil}})
			_, body := call(t, tenant, "GET", "/Users/u-bob", "")
			run(t, tenant, []step{{"PUT", "/Users/u-bob", body, 200, nil}})
		}},
		{"the second write of a new group, not a third", []string{"no-change"}, walkmetest.Options{}, steps(
			step{"POST", "/Groups", group(`"displayName":"New","members":[{"value":"u-ann"}]`), 201, nil},
			step{"PATCH", "/Groups/{new}", addAnn, 200, nil},
			step{"PATCH", "/Groups/{new}", addAnn, 200, nil})},
		{"renames and Push Now may repeat", nil, walkmetest.Options{}, steps(
			step{"PATCH", "/Groups/{g}", patch(`{"op":"replace","value":{"id":"{g}","displayName":"Editors"}}`), 200, nil},
			step{"PATCH", "/Groups/{g}", patch(`{"op":"replace","value":{"id":"{g}","displayName":"Editors"}}`), 200, nil},
			step{"PATCH", "/Groups/{g}", patch(`{"op":"replace","path":"members","value":[{"value":"u-ann"}]}`), 200, nil},
			step{"PATCH", "/Groups/{g}", patch(`{"op":"replace","path":"members","value":[{"value":"u-ann"}]}`), 200, nil})},
		{"an add of a member of an old group", []string{"no-change"}, walkmetest.Options{}, steps(
			step{"PATCH", "/Groups/{g}", addAnn, 200, nil}, step{"PATCH", "/Groups/{g}", addAnn, 200, nil},
			step{"PATCH", "/Groups/{g}", addAnn, 200, nil})},
		{"a repetition after an answer that was lost", nil, walkmetest.Options{}, func(t *testing.T, tenant *walkmetest.Tenant) {
			run(t, tenant, []step{{"POST", "/Users", newUser, 201, nil}})
			dan, _ := tenant.User("dan@example.com")
			tenant.Fault(walkmetest.OnNth(1, walkmetest.AppliedButStatus(500)))
			run(t, tenant, []step{{"PATCH", "/Users/" + dan.ID, deactivate, 500, nil}, {"PATCH", "/Users/" + dan.ID, deactivate, 200, nil}})
		}},
		{"a repetition after the client was killed", nil, walkmetest.Options{}, func(t *testing.T, tenant *walkmetest.Tenant) {
			run(t, tenant, []step{{"POST", "/Users", user(`"userName":"dan@example.com","active":false`), 201, nil}})
			tenant.ClientRestarted()
			dan, _ := tenant.User("dan@example.com")
			run(t, tenant, []step{{"PATCH", "/Users/" + dan.ID, deactivate, 200, nil}})
		}},
	})
}

func TestRulesOfScope(t *testing.T) {
	police(t, []ruleTest{
		{"a large batch", []string{"batch"}, walkmetest.Options{MaxBatch: 2}, steps(
			step{"PATCH", "/Groups/{g}", patch(`{"op":"remove","path":"members[value eq \"u-ann\"]"},{"op":"add","path":"members","value":[{"value":"u-bob"},{"value":"u-cid"}]}`), 200, nil})},
		{"a full replace has no limit", nil, walkmetest.Options{MaxBatch: 1}, steps(
			step{"PATCH", "/Groups/{g}", patch(`{"op":"replace","path":"members","value":[{"value":"u-bob"},{"value":"u-cid"}]}`), 200, nil})},
		{"a write to a protected user", []string{"protected"}, walkmetest.Options{}, func(t *testing.T, tenant *walkmetest.Tenant) {
			tenant.Protect("u-ann")
			run(t, tenant, []step{{"GET", "/Users/u-ann", "", 200, nil}, {"PATCH", "/Users/u-ann", deactivate, 200, nil}})
		}},
		{"a write to a protected group", []string{"protected"}, walkmetest.Options{}, func(t *testing.T, tenant *walkmetest.Tenant) {
			editors, _ := tenant.Group("Editors")
			tenant.Protect(editors.ID)
			run(t, tenant, []step{{"DELETE", "/Groups/{g}", "", 204, nil}})
		}},
		{"the removal of a protected member", []string{"protected"}, walkmetest.Options{}, func(t *testing.T, tenant *walkmetest.Tenant) {
			tenant.Protect("u-ann")
			run(t, tenant, []step{
				{"PATCH", "/Groups/{g}", patch(`{"op":"add","path":"members","value":[{"value":"u-bob"}]}`), 200, nil},
				{"PUT", "/Groups/{g}", group(`"displayName":"Editors","members":[{"value":"u-bob"}]`), 200, nil}})
		}},
		{"a rule that is allowed to be broken", nil, walkmetest.Options{Allow: []walkmetest.Rule{walkmetest.RuleDeleteUser}}, steps(
			step{"DELETE", "/Users/u-ann", "", 204, nil})},
	})
}

func steps(list ...step) func(*testing.T, *walkmetest.Tenant) {
	return func(t *testing.T, tenant *walkmetest.Tenant) { run(t, tenant, list) }
}

// withHeader sends one request with a header changed, or removed when the value
// is empty.
func withHeader(method, target, body, key, value string) func(*testing.T, *walkmetest.Tenant) {
	return func(t *testing.T, tenant *walkmetest.Tenant) {
		req := newRequest(t, tenant, method, target, body)
		req.Header.Set(key, value)
		if value == "" {
			req.Header.Del(key)
		}
		if _, _, err := send(http.DefaultClient, req); err != nil {
			t.Fatal(err)
		}
	}
}

// What the provisioning engine sends breaks no rule, in both wire profiles.
func TestOktaBreaksNoRule(t *testing.T) {
	tenant := fixture(t, walkmetest.Options{})
	run(t, tenant, []step{
		{"GET", "/Users?startIndex=1&count=2", "", 200, nil},
		{"GET", "/Groups?startIndex=1&count=100", "", 200, nil},
		{"GET", lookup("Users", `userName eq "obi-wan.kenobi@iamciam.dev"`), "", 200, nil},
		{"POST", "/Users", user(`"userName":"obi-wan.kenobi@iamciam.dev","name":{"givenName":"Obi-Wan","familyName":"Kenobi"},` +
			`"emails":[{"primary":true,"value":"obi-wan.kenobi@iamciam.dev","type":"work"}],"displayName":"Obi-Wan Kenobi",` +
			`"locale":"en-US","externalId":"00use6vjvehodmsQb4x6","groups":[],"password":"gl^m&qWZ","active":true`), 201, nil},
		{"PATCH", "/Users/{new}", patch(`{"op":"replace","value":{"active":false}}`), 200, nil},
		{"PATCH", "/Users/{new}", patch(`{"op":"replace","value":{"active":true}}`), 200, nil},
		{"GET", lookup("Groups", `displayName eq "Droids"`), "", 200, nil},
		{"POST", "/Groups", group(`"displayName":"Droids","members":[{"value":"u-ann","display":"Ann@example.com"}]`), 201, nil},
		{"PATCH", "/Groups/{new}", patch(`{"op":"add","path":"members","value":[{"value":"u-ann","display":"Ann@example.com"}]}`), 200, nil},
		{"PATCH", "/Groups/{new}", patch(`{"op":"replace","value":{"id":"{new}","displayName":"Droids"}}`), 200, nil},
		{"PATCH", "/Groups/{new}", patch(`{"op":"remove","path":"members[value eq \"u-ann\"]"},{"op":"add","path":"members","value":[{"value":"u-cid","display":"cid@example.com"}]}`), 200, nil},
		{"PUT", "/Groups/{new}", group(`"id":"{new}","displayName":"Androids","members":[{"value":"u-cid","display":null}]`), 200, nil},
		{"DELETE", "/Groups/{new}", "", 204, nil},
	})
	if got := tenant.Violations(); got != nil {
		t.Errorf("Violations() =\n%s\nwant none", strings.Join(got, "\n"))
	}
	if got := tenant.Invitations(); got != 1 {
		t.Errorf("Invitations() = %d, want 1", got)
	}
}

// Two requests meet in the hook of the tenant: each waits there for the other.
func TestOverlapAndInFlight(t *testing.T) {
	tenant := fixture(t, walkmetest.Options{MaxInFlight: 1})
	both := make(chan struct{}, 2)
	meet := make(chan struct{})
	tenant.Fault(func(*walkmetest.Request) walkmetest.Fault {
		both <- struct{}{}
		<-meet
		return walkmetest.Fault{}
	})
	editors, _ := tenant.Group("Editors")
	done := make(chan error, 2)
	for _, id := range []string{"u-bob", "u-cid"} {
		body := patch(fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q}]}`, id))
		req := newRequest(t, tenant, "PATCH", "/Groups/"+editors.ID, body)
		go func() {
			_, _, err := send(http.DefaultClient, req)
			done <- err
		}()
	}
	<-both
	<-both
	close(meet)
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	got := broken(tenant)
	slices.Sort(got)
	if want := []string{"in-flight", "overlap"}; !slices.Equal(got, want) {
		t.Errorf("broken rules = %v, want %v", got, want)
	}
	if got := tenant.PeakInFlight(); got != 2 {
		t.Errorf("PeakInFlight() = %d, want 2", got)
	}
	if g, _ := tenant.Group("Editors"); len(g.Members) != 3 {
		t.Errorf("members = %v, want all three", g.Members)
	}
}

func TestStrictIsCalled(t *testing.T) {
	var lines []string
	tenant := fixture(t, walkmetest.Options{Strict: func(format string, args ...any) {
		lines = append(lines, fmt.Sprintf(format, args...))
	}, Now: func() time.Time { return time.Unix(0, 0) }})
	run(t, tenant, []step{{"DELETE", "/Users/u-ann", "", 204, nil}})
	want := []string{"walkmetest: delete-user: Okta never deletes a user (request 1: DELETE /Users/u-ann)"}
	if !slices.Equal(lines, want) {
		t.Errorf("Strict got %q, want %q", lines, want)
	}
}

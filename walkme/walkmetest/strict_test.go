package walkmetest_test

import (
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/walkme/walkmetest"
)

// strict runs each list of steps against a tenant without quirks.
func strict(t *testing.T, tests map[string][]step) {
	t.Helper()
	for name, steps := range tests {
		t.Run(name, func(t *testing.T) { run(t, fixture(t, walkmetest.Options{}), steps) })
	}
}

func TestStrictLists(t *testing.T) {
	strict(t, map[string][]step{
		"a look-up ignores case and returns the stored case": {
			{"GET", lookup("Users", `userName eq "aNN@EXAMPLE.com"`), "", 200, []string{`"totalResults":1,`, `"userName":"Ann@example.com"`}},
			{"GET", lookup("Groups", `displayName eq "editors"`), "", 200, []string{`"totalResults":1,`, `"displayName":"Editors"`}},
		},
		"no match is an empty list": {
			{"GET", lookup("Users", `userName eq "dan@example.com"`), "", 200, []string{`"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]`}},
		},
		"filters of RFC 7644": {
			{"GET", lookup("Users", `externalId eq "00u1"`), "", 200, []string{`"id":"u-ann"`, `"totalResults":1,`}},
			{"GET", lookup("Users", `emails.value eq "ANN.LEE@example.com"`), "", 200, []string{`"id":"u-ann"`}},
			{"GET", lookup("Users", `emails eq "ann.lee@example.com"`), "", 200, []string{`"id":"u-ann"`}},
			{"GET", lookup("Users", `id eq "u-ann"`), "", 200, []string{`"id":"u-ann"`}},
			{"GET", lookup("Users", `id eq "U-ANN"`), "", 200, []string{`"totalResults":0`}},
			{"GET", lookup("Users", `active eq false`), "", 200, []string{`"id":"u-bob"`, `"totalResults":1,`}},
			{"GET", lookup("Users", `name.familyName sw "f" and not (active eq false)`), "", 200, []string{`"id":"u-cid"`, `"totalResults":1,`}},
			{"GET", lookup("Users", `emails[type eq "work" and value co "lee"]`), "", 200, []string{`"id":"u-ann"`, `"totalResults":1,`}},
			{"GET", lookup("Users", `userName EQ "bob@example.com" or externalId pr`), "", 200, []string{`"totalResults":2,`}},
			{"GET", lookup("Users", `urn:ietf:params:scim:schemas:core:2.0:User:userName eq "bob@example.com"`), "", 200, []string{`"totalResults":1,`}},
			{"GET", lookup("Groups", `members.value eq "u-ann"`), "", 200, []string{`"displayName":"Editors"`}},
		},
		"filters that cannot be read": {
			{"GET", lookup("Users", `userName`), "", 400, []string{`"scimType":"invalidFilter"`, `"status":"400"`}},
			{"GET", lookup("Users", `userName is "x"`), "", 400, nil},
			{"GET", lookup("Users", `userName eq x`), "", 400, nil},
			{"GET", lookup("Users", `(userName eq "x"`), "", 400, nil},
			{"GET", lookup("Users", `userName eq "x" nonsense`), "", 400, nil},
			{"GET", lookup("Users", ``), "", 400, nil},
			{"GET", lookup("Users", `not userName eq "x"`), "", 400, []string{`"scimType":"invalidFilter"`}},
		},
		"null and unassigned are one": {
			{"GET", lookup("Users", `title eq null`), "", 200, []string{`"totalResults":3,`}},
			{"GET", lookup("Users", `active ne null`), "", 200, []string{`"totalResults":3,`}},
			{"GET", lookup("Users", `userName eq null`), "", 200, []string{`"totalResults":0,`}},
		},
		"keys are taken in any case, and shown as the RFC spells them": {
			{"POST", "/Users", `{"SCHEMAS":["urn:ietf:params:scim:schemas:core:2.0:User"],"USERNAME":"caps@example.com","Emails":[{"value":"caps@example.com"}]}`, 201,
				[]string{`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":`, `"userName":"caps@example.com"`, `"emails":`, `!SCHEMAS`, `!USERNAME`}},
		},
		"an extension without a value is no schema of the account": {
			{"PATCH", "/Users/u-bob", patch(`{"op":"add","value":{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales"}}}`), 200, []string{`"department":"Sales"`}},
			{"PATCH", "/Users/u-bob", patch(`{"op":"remove","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"}`), 200, []string{"!enterprise"}},
		},
		"discovery is not filtered": {
			{"GET", "/Schemas?filter=id%20pr", "", 403, nil},
		},
		"a search wants numbers and lists": {
			{"POST", "/Users/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"count":"2"}`, 400, []string{`"scimType":"invalidValue"`}},
			{"POST", "/Users/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"attributes":"userName"}`, 400, []string{`"scimType":"invalidValue"`}},
			{"POST", "/Users/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"count":1,"attributes":["userName"]}`, 200, []string{`"itemsPerPage":1`}},
		},
		"a filter with + for its blanks is understood": {
			{"GET", "/Users?filter=userName+eq+%22bob%40example.com%22", "", 200, []string{`"totalResults":1,`}},
		},
		"pages count from 1": {
			{"GET", "/Users?startIndex=1&count=2", "", 200, []string{`"totalResults":3,"startIndex":1,"itemsPerPage":2`, "u-ann", "u-bob", "!u-cid"}},
			{"GET", "/Users?startIndex=3&count=2", "", 200, []string{`"totalResults":3,"startIndex":3,"itemsPerPage":1`, "u-cid", "!u-bob"}},
			{"GET", "/Users?startIndex=4&count=2", "", 200, []string{`"itemsPerPage":0`, `"Resources":[]`}},
			{"GET", "/Users?startIndex=0&count=0", "", 200, []string{`"totalResults":3,"startIndex":1,"itemsPerPage":0`}},
			{"GET", "/Users?startIndex=x", "", 400, []string{`"scimType":"invalidValue"`}},
		},
	})
}

func TestStrictUsers(t *testing.T) {
	strict(t, map[string][]step{
		"a user is created, with an id, a role and a location": {
			{"POST", "/Users", user(`"userName":"Dan@example.com","groups":[],"password":"p","active":true`), 201,
				[]string{`"userName":"Dan@example.com"`, `"active":true`, `"accessRole":"` + walkmetest.DefaultRole, `/Users/`, "!password", "!groups"}},
			{"GET", "/Users/{new}", "", 200, []string{`"userName":"Dan@example.com"`}},
			{"POST", "/Users", user(`"userName":"DAN@example.com"`), 409, []string{`"scimType":"uniqueness"`, `"status":"409"`}},
		},
		"a body that is not a user": {
			{"POST", "/Users", `{"userName":"x@example.com"}`, 400, []string{"invalidSyntax"}},
			{"POST", "/Users", user(`"active":true`), 400, []string{"userName is required"}},
			{"POST", "/Users", user(`"userName":"x@example.com","active":"True"`), 400, []string{"active has the wrong type"}},
			{"POST", "/Users", user(`"userName":"x@example.com","name":"Ann"`), 400, []string{"name has the wrong type"}},
			{"POST", "/Users", user(`"userName":"x@example.com","emails":["a"]`), 400, []string{"emails has the wrong type"}},
			{"POST", "/Users", user(`"userName":"a@example.com","username":"b@example.com"`), 400, []string{"twice"}},
			{"POST", "/Users", `[]`, 400, nil},
			{"POST", "/Users", `{`, 400, nil},
		},
		"a PUT replaces what it carries and resets the role": {
			{"PUT", "/Users/u-cid", user(`"userName":"cid@example.com","name":{"familyName":"Hill"}`), 200,
				[]string{`"name":{"familyName":"Hill"}`, `"active":true`, `"accessRole":"` + walkmetest.DefaultRole}},
			{"PUT", "/Users/u-ann", user(`"userName":"bob@EXAMPLE.com"`), 409, []string{"uniqueness"}},
			{"PUT", "/Users/u-bob", user(`"userName":"new@example.com","accessRole":"r1","externalId":null`), 200, []string{`"accessRole":"r1"`}},
			{"GET", lookup("Users", `userName eq "bob@example.com"`), "", 200, []string{`"totalResults":0`}},
			{"GET", lookup("Users", `userName eq "NEW@example.com"`), "", 200, []string{`"id":"u-bob"`}},
		},
		"Okta's activation": {
			{"PATCH", "/Users/u-ann", patch(`{"op":"replace","value":{"active":false}}`), 200, []string{`"active":false`, `"familyName":"Lee"`}},
			{"GET", "/Users/u-ann", "", 200, []string{`"active":false`}},
			{"PATCH", "/Users/u-ann", patch(`{"op":"replace","value":{"active":true}}`), 200, []string{`"active":true`}},
		},
		"a deleted user is gone from its groups": {
			{"DELETE", "/Users/u-ann", "", 204, nil},
			{"GET", "/Users/u-ann", "", 404, []string{`"status":"404"`, `"detail":"Resource u-ann not found."`}},
			{"DELETE", "/Users/u-ann", "", 404, nil},
			{"GET", "/Groups/{g}", "", 200, []string{`"members":[]`}},
		},
	})
}

func TestStrictGroups(t *testing.T) {
	strict(t, map[string][]step{
		"a group is created with its members": {
			{"POST", "/Groups", group(`"displayName":"Droids","members":[{"value":"u-bob","display":"x"},{"value":"u-cid"}]`), 201,
				[]string{`"members":[{"value":"u-bob","display":"bob@example.com"},{"value":"u-cid","display":"cid@example.com"}]`}},
			{"POST", "/Groups", group(`"displayName":"DROIDS","members":[]`), 409, []string{"uniqueness"}},
			{"POST", "/Groups", group(`"displayName":"Other","members":[{"value":"nobody"}]`), 400, []string{"Member nobody does not exist."}},
			{"POST", "/Groups", group(`"displayName":"Other","members":["u-bob"]`), 400, nil},
			{"POST", "/Groups", group(`"members":[]`), 400, []string{"displayName is required"}},
			{"DELETE", "/Groups/{new}", "", 204, nil},
			{"GET", "/Groups/{new}", "", 404, nil},
		},
		"a PUT of a group carries all members": {
			{"PUT", "/Groups/{g}", group(`"id":"{g}","displayName":"Editors","members":[{"value":"u-bob"}]`), 200, []string{"u-bob", "!u-ann"}},
			{"PUT", "/Groups/{g}", group(`"displayName":"Editors"`), 200, []string{`"members":[]`}},
		},
		"Okta's rename keeps the members": {
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","value":{"id":"{g}","displayName":"Writers"}}`), 200, []string{`"displayName":"Writers"`, "u-ann"}},
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","value":{"id":"other","displayName":"X"}}`), 400, []string{"mutability"}},
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","path":"displayName","value":"Editors"}`), 200, []string{`"displayName":"Editors"`}},
			{"POST", "/Groups", group(`"displayName":"Writers","members":[]`), 201, nil},
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","value":{"displayName":"writers"}}`), 409, []string{"uniqueness"}},
		},
		"membership changes": {
			{"PATCH", "/Groups/{g}", patch(`{"op":"remove","path":"members[value eq \"u-ann\"]"},{"op":"add","path":"members","value":[{"value":"u-bob"},{"value":"u-cid"},{"value":"u-bob"}]}`), 200,
				[]string{`"members":[{"value":"u-bob","display":"bob@example.com"},{"value":"u-cid","display":"cid@example.com"}]`}},
			{"PATCH", "/Groups/{g}", patch(`{"op":"remove","path":"members[value eq \"u-ann\"]"}`), 200, nil},
			{"PATCH", "/Groups/{g}", patch(`{"op":"remove","path":"members[display sw \"bob\"]"}`), 200, []string{"!u-bob"}},
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","path":"members","value":[{"value":"u-ann"}]}`), 200, []string{"u-ann", "!u-cid"}},
			{"PATCH", "/Groups/{g}", patch(`{"op":"replace","value":{"members":[{"value":"u-cid"}],"id":"{g}","displayName":"Editors"}}`), 200, []string{"u-cid", "!u-ann"}},
			{"PATCH", "/Groups/{g}", patch(`{"op":"add","value":{"members":[{"value":"u-bob"}]}}`), 200, []string{"u-cid", "u-bob"}},
			{"PATCH", "/Groups/{g}", patch(`{"op":"remove","path":"members","value":[{"value":"u-cid"}]}`), 200, []string{"!u-cid", "u-bob"}},
			{"PATCH", "/Groups/{g}", patch(`{"op":"remove","path":"members"}`), 200, []string{`"members":[]`}},
		},
	})
}

func TestStrictRefusals(t *testing.T) {
	strict(t, map[string][]step{
		"one bad operation fails the whole PATCH": {
			{"PATCH", "/Groups/{g}", patch(`{"op":"remove","path":"members[value eq \"u-ann\"]"},{"op":"add","path":"members","value":[{"value":"nobody"}]}`), 400, nil},
			{"GET", "/Groups/{g}", "", 200, []string{"u-ann"}},
		},
		"a PATCH in the wrong form": {
			{"PATCH", "/Users/u-ann", `{"Operations":[{"op":"replace","value":{"active":false}}]}`, 400, []string{"invalidSyntax"}},
			{"PATCH", "/Users/u-ann", patch(``), 400, []string{"invalidSyntax"}},
			{"PATCH", "/Users/u-ann", patch(`{"op":"Replace","value":{"active":false}}`), 400, []string{"invalidSyntax"}},
			{"PATCH", "/Users/u-ann", patch(`{"op":"remove"}`), 400, []string{"noTarget"}},
			{"PATCH", "/Users/u-ann", patch(`{"op":"replace","path":"title"}`), 400, []string{"invalidValue"}},
			{"PATCH", "/Users/u-ann", patch(`{"op":"replace","value":true}`), 400, []string{"invalidValue"}},
			{"PATCH", "/Users/u-ann", patch(`{"op":"replace","path":"active","value":"False"}`), 400, []string{"invalidValue"}},
			{"PATCH", "/Users/u-ann", patch(`{"op":"replace","path":"id","value":"x"}`), 400, []string{"mutability"}},
			{"PATCH", "/Users/u-ann", patch(`{"op":"remove","path":"userName"}`), 400, []string{"mutability"}},
			{"PATCH", "/Users/u-ann", patch(`{"op":"replace","path":"emails[","value":"x"}`), 400, []string{"invalidPath"}},
			{"PATCH", "/Users/nobody", patch(`{"op":"replace","value":{"active":false}}`), 404, nil},
		},
		"what is not there": {
			{"GET", "/Me", "", 404, nil},
			{"POST", "/Roles", `{}`, 404, nil},
			{"GET", "/Users/a/b", "", 404, nil},
			{"PUT", "/Users", user(`"userName":"x"`), 405, nil},
			{"POST", "/Groups/{g}", `{}`, 405, nil},
		},
		"discovery": {
			{"GET", "/ServiceProviderConfig", "", 200, []string{`"patch":{"supported":true}`, "httpbasic"}},
			{"GET", "/ResourceTypes", "", 200, []string{`"totalResults":2`, `"endpoint":"/Groups"`}},
			{"GET", "/ResourceTypes/User", "", 200, []string{`"endpoint":"/Users"`}},
			{"GET", "/Schemas", "", 200, []string{`"totalResults":2`, "accessRole"}},
			{"GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group", "", 200, []string{`"name":"Group"`}},
			{"GET", "/Schemas/urn:x", "", 404, nil},
			{"DELETE", "/Schemas", "", 405, nil},
		},
	})
}

// The examples of RFC 7644, sections 3.5.2.1 to 3.5.2.3.
func TestPatchOfRFC7644(t *testing.T) {
	const before = `"userName":"dan@example.com","nickName":"Danny",` +
		`"emails":[{"value":"dan@example.com","type":"work"},{"value":"dan@home.example.org","type":"home"}],` +
		`"addresses":[{"type":"work","streetAddress":"1 Main St","locality":"Here"},{"type":"home","streetAddress":"2 Side St"}]`
	tests := []struct {
		name, operations string
		want             []string
	}{
		{"add without a path", `{"op":"add","value":{"emails":[{"value":"babs@jensen.example.org","type":"home"}],"nickName":"Babs"}}`,
			[]string{`"nickName":"Babs"`, "dan@example.com", "babs@jensen.example.org"}},
		{"add a value that is there", `{"op":"add","path":"emails","value":[{"type":"work","value":"dan@example.com"}]}`,
			[]string{`"emails":[{"value":"dan@example.com","type":"work"},{"value":"dan@home.example.org","type":"home"}]`}},
		{"remove a selected value", `{"op":"remove","path":"emails[type eq \"work\" and value ew \"example.com\"]"}`,
			[]string{`"emails":[{"value":"dan@home.example.org","type":"home"}]`}},
		{"remove the last value", `{"op":"remove","path":"emails[value pr]"}`, []string{`!emails`}},
		{"remove an attribute", `{"op":"remove","path":"nickName"}`, []string{"!nickName"}},
		{"remove a part of each selected value", `{"op":"remove","path":"addresses[type eq \"work\"].locality"}`, []string{"!locality", "1 Main St"}},
		{"replace a selected value", `{"op":"replace","path":"addresses[type eq \"work\"]","value":{"type":"work","streetAddress":"911 Universal City Plaza"}}`,
			[]string{"911 Universal", "2 Side St", "!1 Main St", "!locality"}},
		{"replace a part of a selected value", `{"op":"replace","path":"addresses[type eq \"work\"].streetAddress","value":"1010 Broadway Ave"}`,
			[]string{"1010 Broadway", `"locality":"Here"`, "2 Side St"}},
		{"replace a multi-valued attribute without a path", `{"op":"replace","value":{"emails":[{"value":"new@example.com","type":"work","primary":true}],"nickName":"Babs"}}`,
			[]string{`"emails":[{"value":"new@example.com","type":"work","primary":true}]`, `"nickName":"Babs"`}},
		{"replace a part of a complex attribute", `{"op":"add","path":"name.familyName","value":"Fox"},{"op":"replace","value":{"name":{"givenName":"Dan"}}}`,
			[]string{`"name":{"familyName":"Fox","givenName":"Dan"}`}},
		{"null is no value", `{"op":"replace","path":"nickName","value":null}`, []string{"!nickName"}},
		{"an extension by its path", `{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department","value":"Sales"}`,
			[]string{`"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales"}`}},
		{"an extension without a path", `{"op":"add","value":{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales"}}}`,
			[]string{`{"department":"Sales"}`}},
		{"the core schema in a path", `{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:nickName","value":"D"}`, []string{`"nickName":"D"`}},
		{"one primary value", `{"op":"replace","path":"emails[type eq \"work\"].primary","value":true},{"op":"add","path":"emails","value":[{"value":"third@example.com"}]}`,
			[]string{`"type":"work","primary":true`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			run(t, fixture(t, walkmetest.Options{}), []step{
				{"POST", "/Users", user(before), 201, nil},
				{"PATCH", "/Users/{new}", patch(test.operations), 200, test.want},
				{"GET", "/Users/{new}", "", 200, test.want},
			})
		})
	}
}

func TestPatchMovesPrimary(t *testing.T) {
	run(t, fixture(t, walkmetest.Options{}), []step{
		{"PATCH", "/Users/u-ann", patch(`{"op":"add","path":"emails","value":[{"value":"second@example.com","primary":true}]}`), 200,
			[]string{`"value":"ann.lee@example.com"`, `"primary":false`, `{"value":"second@example.com","primary":true}`}},
	})
}

func TestPatchNoTarget(t *testing.T) {
	run(t, fixture(t, walkmetest.Options{}), []step{
		{"PATCH", "/Users/u-ann", patch(`{"op":"replace","path":"emails[type eq \"home\"].value","value":"x"}`), 400, []string{`"scimType":"noTarget"`}},
		{"PATCH", "/Users/u-ann", patch(`{"op":"remove","path":"emails[type eq \"home\"]"}`), 200, []string{"ann.lee@example.com"}},
	})
}

func TestStrictSearch(t *testing.T) {
	search := func(fields string) string {
		return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],` + fields + `}`
	}
	strict(t, map[string][]step{
		"a query by POST": {
			{"POST", "/Users/.search", search(`"filter":"userName eq \"bob@example.com\"","startIndex":1,"count":10`), 200, []string{`"totalResults":1,`, "u-bob"}},
			{"POST", "/Users/.search", search(`"count":1,"startIndex":2`), 200, []string{`"totalResults":3,"startIndex":2,"itemsPerPage":1`, "u-bob", "!u-ann"}},
			{"POST", "/Groups/.search", search(`"filter":"displayName eq \"editors\""`), 200, []string{`"totalResults":1,`}},
			{"POST", "/.search", search(`"attributes":["displayName"]`), 200, []string{`"totalResults":4,`, "Editors", "!emails"}},
			{"POST", "/Users/.search", search(`"filter":"userName"`), 400, []string{"invalidFilter"}},
		},
		"what it refuses": {
			{"GET", "/Users/.search", "", 405, nil},
			{"POST", "/.search", `{}`, 400, []string{"SearchRequest"}},
		},
	})
}

func TestStrictValues(t *testing.T) {
	emails := func(values string) string {
		return user(`"userName":"dan@example.com","emails":[` + values + `]`)
	}
	work := `{"value":"dan@example.com","type":"work","primary":true}`
	strict(t, map[string][]step{
		"two primary values": {
			{"POST", "/Users", emails(work + `,{"value":"d@example.com","type":"home","primary":true}`), 400, []string{"invalidValue", "primary"}},
			{"PUT", "/Users/u-ann", strings.Replace(emails(work+`,{"value":"d@example.com","primary":true}`), "dan@example.com", "Ann@example.com", 1), 400, nil},
		},
		"one value twice for one type": {
			{"POST", "/Users", emails(work + `,{"value":"dan@example.com","type":"WORK"}`), 400, []string{"twice"}},
			{"POST", "/Users", emails(work + `,{"value":"dan@example.com","type":"home"}`), 201, nil},
		},
		"an order of booleans": {
			{"GET", lookup("Users", `active gt true`), "", 400, []string{"invalidFilter"}},
			{"GET", lookup("Users", `active sw "t"`), "", 400, []string{"invalidFilter"}},
			{"GET", lookup("Users", `emails[primary ge false]`), "", 400, []string{"invalidFilter"}},
			{"GET", lookup("Users", `active ne true`), "", 200, []string{"u-bob", "!u-ann"}},
		},
		"a part of a resource": {
			{"GET", "/Users/u-ann?attributes=userName,name.familyName", "", 200, []string{`"id":"u-ann"`, "Ann@example.com", `"name":{"familyName":"Lee"}`, "!emails", "!meta"}},
			{"GET", "/Users/u-ann?excludedAttributes=emails,name.givenName", "", 200, []string{"Ann@example.com", `"name":{"familyName":"Lee"}`, "!emails", "meta"}},
			{"GET", "/Groups?excludedAttributes=members", "", 200, []string{"Editors", "!u-ann"}},
			{"GET", "/Users?attributes=urn:ietf:params:scim:schemas:core:2.0:User:emails.value", "", 200, []string{`"emails":[{"value":"ann.lee@example.com"}]`, "!userName"}},
		},
	})
}

func TestStrictVersions(t *testing.T) {
	tenant := fixture(t, walkmetest.Options{})
	ask := func(method, body string, header ...string) (int, string) {
		t.Helper()
		req := newRequest(t, tenant, method, "/Users/u-ann", body)
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		reply, _, err := send(http.DefaultClient, req)
		if err != nil {
			t.Fatal(err)
		}
		return reply.StatusCode, reply.Header.Get("ETag")
	}
	deactivated := patch(`{"op":"replace","value":{"active":false}}`)
	status, first := ask("GET", "")
	if status != 200 || !strings.HasPrefix(first, `W/"`) {
		t.Fatalf("GET = %d, ETag %q", status, first)
	}
	if status, _ := ask("GET", "", "If-None-Match", first); status != 304 {
		t.Errorf("If-None-Match of the version = %d, want 304", status)
	}
	if status, _ := ask("PATCH", deactivated, "If-Match", `W/"another"`); status != 412 {
		t.Errorf("If-Match of another version = %d, want 412", status)
	}
	if ann, _ := tenant.User("Ann@example.com"); !ann.Active {
		t.Error("the refused PATCH had its effect")
	}
	status, second := ask("PATCH", deactivated, "If-Match", first)
	if status != 200 || second == first {
		t.Errorf("If-Match of the version = %d, version then %q, before %q", status, second, first)
	}
	if status, _ := ask("DELETE", "", "If-Match", first); status != 412 {
		t.Errorf("DELETE of an old version = %d, want 412", status)
	}
	if status, _ := ask("DELETE", "", "If-Match", "*"); status != 204 {
		t.Errorf("DELETE of any version = %d, want 204", status)
	}
}

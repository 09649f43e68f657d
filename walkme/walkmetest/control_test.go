package walkmetest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"okta-walkme-agent/internal/fault"
	"okta-walkme-agent/walkme/walkmetest"
)

// console is the control of a fixture over HTTP.
func console(t *testing.T, tenant *walkmetest.Tenant) func(method, path, body string, status int, want ...string) {
	server := httptest.NewServer(tenant.Control())
	t.Cleanup(server.Close)
	return func(method, path, body string, status int, want ...string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/_control"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		reply, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		text, err := io.ReadAll(reply.Body)
		if err != nil || reply.StatusCode != status {
			t.Errorf("%s %s = %d %s, %v, want %d", method, path, reply.StatusCode, text, err, status)
		}
		for _, part := range want {
			if !strings.Contains(string(text), part) {
				t.Errorf("%s %s = %s, want %s in it", method, path, text, part)
			}
		}
	}
}

func TestControl(t *testing.T) {
	tenant := fixture(t, walkmetest.Options{})
	say := console(t, tenant)
	say("GET", "/", "", 200, walkmetest.ControlHelp)

	run(t, tenant, []step{{"POST", "/Users", newUser, 201, nil}, {"DELETE", "/Users/u-cid", "", 204, nil}})
	say("GET", "/requests", "", 200, `[{"seq":1,"method":"POST","path":"/Users","query":"",`, `"body":{"schemas":["urn:ietf`, `"status":201,"response":{"schemas"`, `"status":204,"response":null`)
	say("GET", "/violations", "", 200, `"rule":"delete-user"`, `"request":"2: DELETE /Users/u-cid"`, `"detail":"Okta never deletes a user"`)
	say("DELETE", "/requests", "", 204)
	say("DELETE", "/violations", "", 204)
	say("GET", "/requests", "", 200, "[]")
	say("GET", "/violations", "", 200, "[]")

	say("POST", "/accounts", `{"userName":"eve@example.com","givenName":"Eve","email":"eve@example.com","active":false}`, 201, `"id":"`)
	say("POST", "/accounts", `{"givenName":"Eve"}`, 400, "an account has a userName")
	say("POST", "/accounts", `{"user":"eve"}`, 400, "unknown field")
	say("POST", "/groups", `{"name":"Authors","members":["eve@example.com"]}`, 201)
	say("POST", "/groups", `{"name":"Authors","members":["nobody"]}`, 400, `there is no account`)
	say("POST", "/groups", `{}`, 400, "a group has a name")
	say("GET", "/state", "", 200, `"userName":"eve@example.com"`, `"active":false`, `"members":["eve@example.com"],"name":"Authors"`)
}

func TestControlOfQuirks(t *testing.T) {
	tenant := fixture(t, walkmetest.Options{})
	say := console(t, tenant)
	say("GET", "/quirks", "", 200, "[]")
	say("PUT", "/quirks", `["ignore-filter","page-cap=2"]`, 200, `["ignore-filter","page-cap=2"]`)
	say("POST", "/quirks", `"NoMeta"`, 200, `"no-meta"`)
	say("POST", "/quirks", `show-groups`, 200, `["ignore-filter","no-meta","show-groups","page-cap=2"]`)
	say("POST", "/quirks", `["explode"]`, 400, `there is no quirk`)
	say("POST", "/quirks", `{"quirk":"no-meta"}`, 400, "the body is a JSON list of texts")
	run(t, tenant, []step{{"GET", findAnn, "", 200, []string{`"totalResults":3`, "!meta"}}})
	say("DELETE", "/quirks", "", 200, "[]")
	run(t, tenant, []step{{"GET", findAnn, "", 200, []string{`"totalResults":1,`}}})
	say("PATCH", "/quirks", "", 405)
}

func TestControlOfFaults(t *testing.T) {
	tenant := fixture(t, walkmetest.Options{})
	say := console(t, tenant)
	say("POST", "/faults", `status=503,on=GET,path=/Users`, 200, `[{"fault":"status","value":"503","on":"GET","path":"/Users","nth":1,"times":1}]`)
	run(t, tenant, []step{{"GET", "/Groups", "", 200, nil}, {"GET", "/Users", "", 503, nil}, {"GET", "/Users", "", 200, nil}})
	say("GET", "/faults", "", 200, "[]")
	say("POST", "/faults", `["applied-status=500,on=write","rate-limit=7,nth=2,times=all"]`, 200)
	run(t, tenant, []step{
		{"POST", "/Users", newUser, 500, nil},
		{"GET", "/Users", "", 429, nil},
		{"GET", "/Users", "", 429, nil},
	})
	say("DELETE", "/faults", "", 200, "[]")
	run(t, tenant, []step{{"POST", "/Users", newUser, 409, nil}})
	say("POST", "/faults", `explode`, 400, "there is no fault", "lost-answer")
	say("PUT", "/faults", "", 405)
}

func TestControlOfCredentials(t *testing.T) {
	tenant := fixture(t, walkmetest.Options{})
	say := console(t, tenant)
	say("DELETE", "/credentials", "", 204)
	run(t, tenant, []step{{"GET", "/Users", "", 401, nil}})
	say("PUT", "/credentials", `{"username":"another","password":"one"}`, 204)
	run(t, tenant, []step{{"GET", "/Users", "", 200, nil}})
	say("GET", "/credentials", "", 405)
}

// Each kind of fault does what its sentence says.
func TestFaultKinds(t *testing.T) {
	for _, test := range []struct {
		rule    string
		status  int // 0: the connection breaks
		applied bool
	}{
		{"status=418", 418, false}, {"applied-status", 500, true}, {"drop", 0, false}, {"lost-answer", 0, true},
		{"truncated", 0, true}, {"rate-limit=none", 429, false}, {"gateway", 502, false}, {"error-as-200", 200, false}, {"slow=1ms", 201, true},
	} {
		tenant := fixture(t, walkmetest.Options{})
		rule, err := fault.Parse(test.rule, walkmetest.FaultKinds())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tenant.AddFault(rule); err != nil {
			t.Fatal(err)
		}
		reply, _, err := send(http.DefaultClient, newRequest(t, tenant, "POST", "/Users", newUser))
		got := 0
		if err == nil {
			got = reply.StatusCode
		}
		_, applied := tenant.User("dan@example.com")
		if got != test.status || applied != test.applied {
			t.Errorf("%s: status %d, applied %t, want %d, %t", test.rule, got, applied, test.status, test.applied)
		}
	}
}

package walkmetest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/walkme/walkmetest"
)

// fixture is a tenant with three users (ann; bob, deactivated; cid) and the
// group Editors, which has ann.
func fixture(t *testing.T, opts walkmetest.Options) *walkmetest.Tenant {
	t.Helper()
	quirks := opts.Quirks
	opts.Quirks = walkmetest.Quirks{}
	tenant := walkmetest.Start(opts)
	t.Cleanup(tenant.Close)
	for _, u := range []walkmetest.User{
		{ID: "u-ann", UserName: "Ann@example.com", GivenName: "Ann", FamilyName: "Lee", ExternalID: "00u1", Active: true,
			Extra: map[string]any{"emails": []any{map[string]any{"value": "ann.lee@example.com", "type": "work", "primary": true}}}},
		{ID: "u-bob", UserName: "bob@example.com", GivenName: "Bob", FamilyName: "Ray"},
		{ID: "u-cid", UserName: "cid@example.com", GivenName: "Cid", FamilyName: "Fox", Active: true,
			Extra: map[string]any{"accessRole": "editor-role"}},
	} {
		tenant.AddUser(u)
	}
	tenant.AddGroup("Editors", "u-ann")
	tenant.SetQuirks(quirks)
	return tenant
}

func user(fields string) string {
	return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],` + fields + `}`
}

func group(fields string) string {
	return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],` + fields + `}`
}

func patch(operations string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + operations + `]}`
}

// lookup is the target of a look-up by Okta.
func lookup(kind, filter string) string {
	r := strings.NewReplacer(" ", "%20", `"`, "%22", "@", "%40", `\`, "%5C", "+", "%2B", "&", "%26", "'", "%27", "\t", "%09", "[", "%5B", "]", "%5D")
	return "/" + kind + "?filter=" + r.Replace(filter) + "&startIndex=1&count=100"
}

// step is one request and what the answer must be. In target and body {g} is
// the id of Editors and {new} the id in the last 201. want lists parts of the
// answer's body; one that begins with ! must not be in it.
type step struct {
	method, target, body string
	status               int
	want                 []string
}

func run(t *testing.T, tenant *walkmetest.Tenant, steps []step) {
	t.Helper()
	editors, _ := tenant.Group("Editors")
	created := ""
	for i, s := range steps {
		ids := strings.NewReplacer("{g}", editors.ID, "{new}", created)
		target, body := ids.Replace(s.target), ids.Replace(s.body)
		status, got := call(t, tenant, s.method, target, body)
		if status != s.status {
			t.Errorf("step %d: %s %s = %d %s, want %d", i+1, s.method, target, status, got, s.status)
		}
		if status == http.StatusCreated {
			created = between(got, `"id":"`, `"`)
		}
		for _, part := range s.want {
			part = ids.Replace(part)
			absent, isAbsent := strings.CutPrefix(part, "!")
			if isAbsent && strings.Contains(got, absent) {
				t.Errorf("step %d: %s %s = %s, want it without %s", i+1, s.method, target, got, absent)
			}
			if !isAbsent && !strings.Contains(got, part) {
				t.Errorf("step %d: %s %s = %s, want %s in it", i+1, s.method, target, got, part)
			}
		}
	}
}

func between(s, left, right string) string {
	_, rest, _ := strings.Cut(s, left)
	middle, _, _ := strings.Cut(rest, right)
	return middle
}

// call sends one request as Okta would and returns the status and the body.
func call(t *testing.T, tenant *walkmetest.Tenant, method, target, body string) (int, string) {
	t.Helper()
	reply, text, err := send(http.DefaultClient, newRequest(t, tenant, method, target, body))
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	return reply.StatusCode, text
}

// send returns the answer, whose body is read and closed, and the body's text.
func send(client *http.Client, req *http.Request) (*http.Response, string, error) {
	reply, err := client.Do(req)
	if err != nil {
		return nil, "", err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	return reply, string(text), err
}

func newRequest(t testing.TB, tenant *walkmetest.Tenant, method, target, body string) *http.Request {
	t.Helper()
	var payload io.Reader
	if body != "" {
		payload = strings.NewReader(body)
	}
	base := tenant.URL()
	if base == "" { // no sockets
		base = "http://walkme.example.com" + walkmetest.DefaultBasePath
	}
	req, err := http.NewRequestWithContext(t.Context(), method, base+target, payload)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/scim+json")
	req.Header.Set("Accept-Charset", "utf-8")
	req.Header.Set("Accept-Encoding", "gzip,deflate")
	req.Header.Set("User-Agent", "Okta SCIM Client 1.0.0")
	req.Header.Set("Authorization", tenant.Authorization())
	if body != "" {
		req.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	return req
}

package probe_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"okta-walkme-agent/agent/probe"
	"okta-walkme-agent/walkme/walkmetest"
)

// TestSmallThings holds which check speaks up about what broke real servers.
func TestSmallThings(t *testing.T) {
	for _, tt := range []struct{ quirk, check string }{
		{"string-start-index", "spec.users-list-numbers"},
		{"groups-bare-array", "spec.groups-list"},
		{"members-patch-501", "wire.oin.group-add-remove"},
		{"put-members-no-effect", "wire.aiw.group-add-remove"},
		{"add-duplicates", "wire.oin.group-second-write"},
		{"replace-adds-duplicates", "wire.oin.group-push-now"},
		{"escaped-quote-400", "quirks.filter-escaped-quote"},
		{"require-email", "quirks.post-no-email"},
		{"lower-cases-user-name", "spec.case-kept"},
		{"conflict-on-deactivated-409-without-match", "wire.oin.inactive-found"},
		{"ignore-filter", "spec.lookup-miss"},
		{"no-patch", "wire.oin.deactivate"},
		{"single-get-returns-list", "spec.user-by-id"},
		{"active-as-string", "spec.active-boolean"},
		{"plain-text-401", "spec.wrong-token-error"},
		{"page-cap=50", "quirks.page-size"},
		{"max-patch-ops=50", "quirks.group-batch"},
	} {
		t.Run(tt.quirk, func(t *testing.T) {
			r, _ := mutant{quirk: tt.quirk}.judge(t, probe.Options{Only: []string{tt.check}})
			if len(r.Checks) != 1 || r.Checks[0].Outcome != probe.Failed && r.Checks[0].Outcome != probe.Warned {
				t.Errorf("%s is %v", tt.check, r.Checks)
			}
		})
	}
}

// TestSeededWithoutEmail is the server whose people were there before SCIM.
func TestSeededWithoutEmail(t *testing.T) {
	tenant := walkmetest.New(walkmetest.Options{})
	tenant.AddUser(walkmetest.User{UserName: "old@corp.example", GivenName: "Old", FamilyName: "Person", Active: true})
	o := options(tenant)
	o.Only, o.AllowWrites = []string{"spec.first-user-email"}, false
	if r := judge(t, o); r.Checks[0].Outcome != probe.Failed {
		t.Errorf("spec.first-user-email is %s", r.Checks[0].Outcome)
	}
}

// TestEmptyServer has no users before the probe, and no groups at all.
func TestEmptyServer(t *testing.T) {
	tenant := walkmetest.New(walkmetest.Options{})
	tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool { return strings.HasPrefix(r.Path, "/Groups") }, 0, walkmetest.NotApplied(http.StatusNotFound)))
	r := judge(t, options(tenant))
	for _, c := range r.Checks {
		if c.Outcome == probe.Failed {
			t.Errorf("a server without groups fails %s: %s", c.ID, c.Detail)
		}
	}
	if !strings.Contains(r.Configuration, "# Cannot: groups cannot be pushed: /Groups was answered 404") {
		t.Errorf("the configuration is\n%s", r.Configuration)
	}
	if r.Summary.Skipped < 30 || len(tenant.Users()) > 0 {
		t.Errorf("%+v, %d accounts left", r.Summary, len(tenant.Users()))
	}
}

// TestLoginPage is a proxy before the server that answers everything with a page.
func TestLoginPage(t *testing.T) {
	tenant := newTenant(walkmetest.Options{})
	tenant.Fault(walkmetest.OnMatch(walkmetest.Any, 0, walkmetest.Fault{Status: http.StatusOK, ContentType: "text/html", Body: "<html><title>Sign in</title></html>"}))
	r := judge(t, options(tenant))
	if r.Summary.Failed != 1 || r.Checks[0].ID != "spec.credentials" || r.Configuration != "" {
		t.Errorf("a page for signing in: %+v, first %s: %s", r.Summary, r.Checks[0].ID, r.Checks[0].Detail)
	}
}

// TestHostileServer lets nothing of a server's text reach the reader as it is.
func TestHostileServer(t *testing.T) {
	tenant := newTenant(walkmetest.Options{})
	tenant.Fault(walkmetest.OnMatch(walkmetest.IsWrite, 0, walkmetest.Fault{Status: http.StatusBadRequest,
		Body: `{"detail":"\u001b[31m<script>alert(1)</script>` + tenant.Authorization() + `"}`}))
	o := options(tenant)
	o.Suites = []string{"spec"}
	r := judge(t, o)
	var b strings.Builder
	if err := probe.HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Checks {
		b.WriteString(c.Response + c.Detail + c.OktaDoes)
	}
	if credential := strings.TrimPrefix(tenant.Authorization(), "Basic "); strings.Contains(b.String(), credential) {
		t.Error("the credential is in the report")
	}
	var page strings.Builder
	if err := probe.HTML(&page, r); err != nil || strings.Contains(page.String(), "<script>alert") || strings.Contains(page.String(), "\x1b") {
		t.Errorf("the page obeys the server: %v", err)
	}
	var text strings.Builder
	if err := probe.JUnit(&text, r, false); err != nil || strings.Contains(text.String(), "\x1b") {
		t.Errorf("JUnit obeys the server: %v", err)
	}
}

// TestTimeUpAccusesNobody ends a run that waits for its own pace: what it did not send is
// no fault of the server.
func TestTimeUpAccusesNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tenant := newTenant(walkmetest.Options{})
		defer tenant.Close()
		o := options(tenant)
		o.RequestsPerSecond, o.Timeout = 3, 20*time.Second
		r, err := probe.Run(t.Context(), o)
		var incomplete *probe.IncompleteError
		if !errors.As(err, &incomplete) || !strings.Contains(incomplete.Reason, "the time was up") {
			t.Errorf("Run() = %v, want an IncompleteError about the time", err)
		}
		if got := accused(r); len(got) > 0 || r.Summary.Passed == 0 || r.Summary.Skipped == 0 {
			t.Errorf("%+v, accused of what was not sent:\n%s", r.Summary, strings.Join(got, "\n"))
		}
	})
}

// answering is a server that has one answer.
type answering struct {
	status         int
	header, answer string
}

func (a answering) RoundTrip(req *http.Request) (*http.Response, error) {
	name, value, _ := strings.Cut(a.header, ": ")
	return &http.Response{StatusCode: a.status, Header: http.Header{name: {value}}, Body: io.NopCloser(strings.NewReader(a.answer)), Request: req}, nil
}

// TestWrongAddress holds what is said of a server that is none, or of another address.
func TestWrongAddress(t *testing.T) {
	for name, tt := range map[string]struct {
		server         answering
		detail, remedy string
	}{
		"a slash at the end": {answering{301, "Location: /scim/Users/", ""}, "redirected to /scim/Users/", "with or without a slash"},
		"the same host":      {answering{308, "Location: http://127.0.0.1/v2/Users?startIndex=1", ""}, "redirected to http://127.0.0.1/v2/Users", "give the base URL to which it redirects"},
		"to sign in":         {answering{302, "Location: https://login.example.com/sso", ""}, "redirected to login.example.com, as to a page for signing in", "Authorization"},
		"TLS":                {answering{400, "Content-Type: text/plain", "Client sent an HTTP request to an HTTPS server."}, "answered 400", "write https://"},
		"nothing to read":    {answering{204, "Server: x", ""}, "204, and the answer is not SCIM's", "give the SCIM base URL"},
		"a failure":          {answering{500, "Server: x", ""}, "answered 500", "look into the log"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(newTenant(walkmetest.Options{}))
			o.Transport = tt.server
			r := judge(t, o)
			c := r.Checks[0]
			if c.ID != "spec.credentials" || c.Outcome != probe.Failed || r.Summary.Failed != 1 || !strings.Contains(c.Detail, tt.detail) || !strings.Contains(c.Remedy, tt.remedy) {
				t.Errorf("%+v, %s is %s: %s; remedy: %s", r.Summary, c.ID, c.Outcome, c.Detail, c.Remedy)
			}
		})
	}
}

// TestLimitedAtOnce is a server that lets nobody in for an hour: it cannot be judged.
func TestLimitedAtOnce(t *testing.T) {
	o := options(newTenant(walkmetest.Options{}))
	o.Transport = answering{429, "Retry-After: 3600", ""}
	r, err := probe.Run(t.Context(), o)
	var incomplete *probe.IncompleteError
	if r != nil || !errors.As(err, &incomplete) {
		t.Errorf("Run() = %v, %v", r, err)
	}
}

// TestGroupsThatAreNoList has groups that nobody can look up.
func TestGroupsThatAreNoList(t *testing.T) {
	r, _ := mutant{quirk: "groups-bare-array"}.judge(t, probe.Options{Suites: []string{"spec"}})
	if !strings.Contains(r.Configuration, "# Cannot: groups cannot be pushed") {
		t.Errorf("the configuration is\n%s", r.Configuration)
	}
}

// TestDamagedGroup tries another way of writing members on a group that the first way has
// not damaged.
func TestDamagedGroup(t *testing.T) {
	r, _ := mutant{quirk: "add-duplicates"}.judge(t, probe.Options{Suites: []string{"wire"}})
	if c := r.Configuration; strings.Contains(c, "Cannot") || !strings.Contains(c, "membership_updates: replace") || !strings.Contains(c, "wire_profile: oin") {
		t.Errorf("the configuration for a server that stores members twice is\n%s", c)
	}
}

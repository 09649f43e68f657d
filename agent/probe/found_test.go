package probe_test

import (
	"net/http"
	"strings"
	"testing"

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

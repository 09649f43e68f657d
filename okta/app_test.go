package okta_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// The name of an app tells whether it comes from Okta's catalog.
func TestAppKind(t *testing.T) {
	for _, tc := range []struct {
		org, name string
		want      okta.AppKind
	}{
		{"https://acme.okta.com", "walkme", okta.CatalogApp},
		{"https://acme.okta.com", "scim2headerauth", okta.CatalogApp},
		{"https://acme.okta.com", "office_365", okta.CatalogApp},
		{"https://acme.okta.com", "acme_walkme_1", okta.WizardApp},
		{"https://Dev-123.oktapreview.com", "dev-123_walkmetest_12", okta.WizardApp},
		{"https://acme.okta.com", "oidc_client", okta.WizardApp},
		{"https://login.acme.example", "acme_walkme_1", ""},
		{"https://login.acme.example", "walkme", okta.CatalogApp},
		{"https://acme.okta.com", "template_saml_2_0", ""},
		{"https://acme.okta.com", "bookmark", ""},
	} {
		c, err := okta.NewClient(t.Context(), okta.Config{OrgURL: tc.org, AppID: "0oa1", APIToken: "00token", Transport: appNamed(tc.name)})
		if err != nil {
			t.Fatal(err)
		}
		if app, err := c.App(t.Context()); err != nil || app.Kind != tc.want {
			t.Errorf("App() of %q at %s = kind %q, %v, want %q", tc.name, tc.org, app.Kind, err, tc.want)
		}
	}
}

// appNamed answers with an app of that name.
type appNamed string

func (n appNamed) RoundTrip(req *http.Request) (*http.Response, error) {
	org := httpAnswer(fmt.Sprintf(`{"id":"0oa1","name":%q,"label":"WalkMe","status":"ACTIVE"}`, string(n)))
	org.Request = req
	return org, nil
}

func TestOwnProvisioning(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	c := newClient(t, org)
	if app, err := c.App(t.Context()); err != nil || app.OwnProvisioning() != nil {
		t.Errorf("App() = %+v, %v, want no provisioning of Okta's own", app, err)
	}
	org.SetProvisioning(true)
	app, err := c.App(t.Context())
	if want := []string{"GROUP_PUSH", "PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES", "PUSH_USER_DEACTIVATION"}; err != nil || !slices.Equal(app.OwnProvisioning(), want) {
		t.Errorf("OwnProvisioning() = %v, %v, want %v", app.OwnProvisioning(), err, want)
	}
	app.Features = []string{"IMPORT_NEW_USERS", "PROFILE_MASTERING"}
	if on := app.OwnProvisioning(); on != nil {
		t.Errorf("OwnProvisioning() of an app that only imports = %v, want none", on)
	}
}

// An app that was just read is not read again.
func TestSnapshotOfAnAppThatWasRead(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	c := newClient(t, org)
	app, err := c.App(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Snapshot(t.Context(), okta.SnapshotRequest{App: &app})
	if err != nil || s.TakenAt.IsZero() || s.Requests != 1 || !strings.Contains(strings.Join(paths(org), " "), org.AppID()+" ") {
		t.Errorf("Snapshot() = %+v, %v, want one request", s, err)
	}
	app.Status = "INACTIVE"
	if _, err := c.Snapshot(t.Context(), okta.SnapshotRequest{App: &app}); err == nil {
		t.Error("Snapshot() of an app that was not active = nil, want an error")
	}
}

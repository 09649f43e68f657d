package okta_test

import (
	"errors"
	"slices"
	"testing"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// A schema names what exists, also what nobody has.
func TestSchema(t *testing.T) {
	_, key := rsaKey(t)
	for name, auth := range map[string]func(*okta.Config){"token": func(*okta.Config) {}, "key": service(key), "bound key": bound(key, okta.DPoPAuto)} {
		t.Run(name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{ClientID: clientID, PublicKey: key.public})
			org.RequireDPoP(name == "bound key")
			ann := org.Hire(oktatest.Person{Email: "ann@example.com", Profile: map[string]any{"badge": "1"}})
			org.Assign(ann)
			org.DefineAttribute("costCentre", false)
			org.DefineAttribute("role", true)
			c := newClient(t, org, auth)
			s, err := c.Schema(t.Context())
			if err != nil {
				t.Fatalf("Schema() = %v, want no error", err)
			}
			for _, want := range []string{"firstName", "login", "nickName", "badge", "costCentre"} {
				if !slices.Contains(s.User, want) {
					t.Errorf("Schema().User = %v, want %s in it", s.User, want)
				}
			}
			for _, want := range []string{"userName", "badge", "role", "email"} {
				if !slices.Contains(s.AppUser, want) {
					t.Errorf("Schema().AppUser = %v, want %s in it", s.AppUser, want)
				}
			}
			if slices.Contains(s.User, "fristName") || slices.Contains(s.User, "role") || slices.Contains(s.AppUser, "costCentre") || !slices.IsSorted(s.User) {
				t.Errorf("Schema() = %+v, want each attribute in its own profile, sorted", s)
			}
			if _, err := c.Schema(t.Context()); err != nil || count(org, "/default") != 4 {
				t.Errorf("second Schema() = %v after %d requests, want 4 in all", err, count(org, "/default"))
			}
		})
	}
}

// Credentials that may not read schemas know nothing of them; anything else is an
// error.
func TestSchemaUnknown(t *testing.T) {
	_, key := rsaKey(t)
	scopes := []string{"okta.apps.read", "okta.groups.read", "okta.users.read"}
	for name, tc := range map[string]struct {
		auth    func(*okta.Config)
		fault   *oktatest.Fault
		unknown bool
	}{
		"scope not granted": {service(key), nil, true},
		"no right":          {func(*okta.Config) {}, &oktatest.Fault{Status: 403, Body: `{"errorCode":"E0000006"}`}, true},
		"outage":            {func(*okta.Config) {}, &oktatest.Fault{Status: 503}, false},
		"404":               {func(*okta.Config) {}, &oktatest.Fault{Status: 404, Body: `{"errorCode":"E0000007"}`}, false},
		"a block page":      {func(*okta.Config) {}, &oktatest.Fault{Status: 403, Body: "<html>", Header: map[string][]string{"Content-Type": {"text/html"}}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{ClientID: clientID, PublicKey: key.public, Scopes: scopes})
			if tc.fault != nil {
				org.Fault(always("/meta/schemas/user/default", *tc.fault))
			}
			c := newClient(t, org, tc.auth)
			if _, err := c.Schema(t.Context()); err == nil || errors.Is(err, okta.ErrSchemaUnknown) != tc.unknown {
				t.Errorf("Schema() = %v, want ErrSchemaUnknown: %v", err, tc.unknown)
			}
			if _, err := c.App(t.Context()); err != nil {
				t.Errorf("App() afterwards = %v, want no error: the scope is asked for apart", err)
			}
		})
	}
}

package console_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestSignedUserInfo: an issuer may say who somebody is in a signed JWT (OpenID Connect
// Core 1.0, section 5.3.2). It counts when the issuer's own key has signed it.
func TestSignedUserInfo(t *testing.T) {
	other, err := otherKey()
	must(t, err)
	for name, tt := range map[string]struct {
		sign   func(*issuer) func(head, body string) string
		groups []string
		sub    string
		want   int
	}{
		"an approver":        {func(i *issuer) func(string, string) string { return i.rs256(i.key) }, []string{"WalkMe Admins"}, "00u1", http.StatusNotImplemented}, // this program has no runs
		"out of the group":   {func(i *issuer) func(string, string) string { return i.rs256(i.key) }, []string{"Everyone"}, "00u1", http.StatusForbidden},
		"of another person":  {func(i *issuer) func(string, string) string { return i.rs256(i.key) }, []string{"WalkMe Admins"}, "00u2", http.StatusForbidden},
		"another key":        {func(i *issuer) func(string, string) string { return i.rs256(other) }, []string{"WalkMe Admins"}, "00u1", http.StatusBadGateway},
		"the secret as key":  {func(*issuer) func(string, string) string { return hs256([]byte(issuerSecret)) }, []string{"WalkMe Admins"}, "00u1", http.StatusBadGateway},
		"no signature":       {func(*issuer) func(string, string) string { return unsigned }, []string{"WalkMe Admins"}, "00u1", http.StatusBadGateway},
		"encrypted, no JSON": {func(*issuer) func(string, string) string { return func(string, string) string { return "a.b.c.d.e" } }, nil, "00u1", http.StatusBadGateway},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			i.info = func() map[string]any { return map[string]any{"sub": tt.sub, "groups": tt.groups} }
			sign := tt.sign(i)
			i.asJWT = func(claims map[string]any) string {
				body, err := json.Marshal(claims)
				must(t, err)
				return sign(`{"alg":"RS256","kid":"k1"}`, string(body))
			}
			v := i.console().stranger()
			if got := v.get(i.comesBack(v)); got.status != http.StatusOK { // by the ID token
				t.Fatalf("the sign-in: %d: %s", got.status, mainOf(got.body))
			}
			if got := v.post("/sync", url.Values{}); got.status != tt.want {
				t.Errorf("%d, want %d: %s", got.status, tt.want, mainOf(got.body))
			}
		})
	}
}

func unsigned(_, body string) string {
	return base64url([]byte(`{"alg":"none"}`)) + "." + base64url([]byte(body)) + "."
}

// TestSignInWithoutGroups says to whom no group is named, what is missing; a group that is
// named by UserInfo alone is one.
func TestSignInWithoutGroups(t *testing.T) {
	for name, tt := range map[string]struct {
		info any // groups of UserInfo
		want string
	}{
		"nowhere":             {nil, "You may look, and not decide. Members of WalkMe Admins may; the sign-in named no group of yours"},
		"of UserInfo, others": {[]string{"Everyone"}, "You may look, and not decide. Members of WalkMe Admins may."},
		"of UserInfo":         {[]string{"WalkMe Admins"}, "Approve 1 deactivation"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			i.claim = func(c map[string]any) { delete(c, "groups") }
			i.info = func() map[string]any {
				said := map[string]any{"sub": "00u1"}
				if tt.info != nil {
					said["groups"] = tt.info
				}
				return said
			}
			c := i.console()
			c.hold("h1", "00u9")
			v := c.stranger()
			v.get(i.comesBack(v))
			v.expect("/holds/h1", tt.want)
		})
	}
}

// TestSignInFaults says what the person can do about a sign-in that came to nothing.
func TestSignInFaults(t *testing.T) {
	i := newIssuer(t)
	v := i.console().stranger()
	for name, tt := range map[string]struct {
		do   func() string
		want string
	}{
		"the app is not assigned": {func() string { return strings.Replace(i.comesBack(v), "code=c", "error=access_denied", 1) }, "may not be assigned to you"},
		"the clocks differ": {func() string {
			i.claim = func(c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() }
			return i.comesBack(v)
		}, "its clock and that of this service differ"},
		"of another issuer": {func() string { return i.comesBack(v) + "&iss=https%3A%2F%2Fevil.example.com" }, "begun by another browser"},
		"another fault": {func() string {
			return strings.Replace(i.comesBack(v), "code=c", "error=server_error&error_description=%3Cb%3E", 1)
		}, "The log of the service says why"},
	} {
		got := v.get(tt.do())
		if got.status != http.StatusForbidden || !strings.Contains(got.body, tt.want) || !strings.Contains(got.body, "Begin again") || len(got.cookies) > 0 {
			t.Errorf("%s: %d, want 403 and %q: %s", name, got.status, tt.want, got.body)
		}
	}
	i.claim = func(map[string]any) {}
	if got := v.get(i.comesBack(v) + "&" + url.Values{"iss": {i.URL}}.Encode()); got.status != http.StatusOK {
		t.Errorf("an issuer that names itself: %d", got.status)
	}
}

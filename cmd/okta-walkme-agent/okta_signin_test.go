package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// serviceApp is a company that signs in at Okta as a service app; ahead is how far its
// own clock is before Okta's.
func serviceApp(t *testing.T, ahead time.Duration, dpop string) *company {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	org := oktatest.Options{ClientID: "0oaservice", PublicKey: key.Public(), Now: func() time.Time { return time.Now().Add(-ahead) }}
	c := newCompany(t, org, walkmetest.Options{}, map[string]string{
		"okta": "auth: {client_id: 0oaservice, private_key: file:okta-key.pem, key_id: kid1, dpop: " + dpop + "}\n"})
	c.write("okta-key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
	c.hire("Ann", "Archer")
	return c
}

// The program signs in where Okta demands DPoP, and says why where it cannot.
func TestSignInAtOkta(t *testing.T) {
	for _, tc := range []struct {
		name  string
		ahead time.Duration
		dpop  string
		wrong func(*company)
		code  int
		want  []string // in what check says
	}{
		{"DPoP demanded", 0, "auto", func(c *company) { c.org.RequireDPoP(true) }, exitOK, []string{"1 person is assigned"}},
		{"DPoP always", 0, "always", nil, exitOK, []string{"1 person is assigned"}},
		{"DPoP demanded, and never", 0, "never", func(c *company) { c.org.RequireDPoP(true) }, exitFailed,
			[]string{"the service app requires DPoP", "remedy: set okta.auth.dpop: auto"}},
		{"a clock slightly ahead", 45 * time.Second, "auto", func(c *company) { c.org.RequireDPoP(true) }, exitOK, nil},
		{"a clock far ahead", 3 * time.Hour, "auto", nil, exitFailed, []string{"it is 3h0m0s ahead", "remedy: set the clock right"}},
		{"a clock far behind", -3 * time.Hour, "always", nil, exitFailed, []string{"it is 3h0m0s behind", "remedy: set the clock right"}},
		{"a rotated key", 0, "auto", func(c *company) {
			other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				panic(err)
			}
			c.org.RotateKey(other.Public())
		}, exitFailed, []string{"rotated or removed at the service app", "remedy: check client_id, and key_id"}},
		{"a network zone", 0, "auto", func(c *company) {
			c.org.Fault(func(r *http.Request) *oktatest.Fault {
				if !strings.HasSuffix(r.URL.Path, "/token") {
					return nil
				}
				return &oktatest.Fault{Status: http.StatusBadRequest, Body: `{"error":"access_denied","error_description":"Policy evaluation failed for this request"}`}
			})
		}, exitFailed, []string{"network zone", "add this machine's public address"}},
		{"a page of HTML", 0, "auto", func(c *company) {
			c.org.Fault(func(*http.Request) *oktatest.Fault {
				return &oktatest.Fault{Status: http.StatusForbidden, Body: "<html>sign in</html>", Header: http.Header{"Content-Type": {"text/html"}}}
			})
		}, exitFailed, []string{"a page of HTML", "sign-in page", "/.well-known/okta-organization"}},
		{"a key file in quotes", 0, "auto", func(c *company) { c.write("okta-key.pem", `"secret"`) }, exitConfig, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := serviceApp(t, tc.ahead, tc.dpop)
			if tc.wrong != nil {
				tc.wrong(c)
			}
			r := c.must(tc.code, "check")
			for _, want := range tc.want {
				if !strings.Contains(r.out, want) {
					t.Errorf("check says\n%swant %q in it", r.out, want)
				}
			}
			for _, secret := range []string{"client_assertion=", "eyJ", "PRIVATE KEY"} {
				if strings.Contains(r.out+r.err, secret) {
					t.Errorf("check shows %q:\n%s%s", secret, r.out, r.err)
				}
			}
			if tc.code == exitOK {
				c.must(exitOK, "sync")
			}
		})
	}
}

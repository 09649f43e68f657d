package console_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"html"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent/console"
	"okta-walkme-agent/okta/oktatest"
)

// certificateFiles makes a certificate for loopback.
func certificateFiles(t *testing.T) (certFile, keyFile string, pool *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	certFile, keyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	must(t, os.WriteFile(certFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(t, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	cert, err := x509.ParseCertificate(der)
	must(t, err)
	pool = x509.NewCertPool()
	pool.AddCert(cert)
	return certFile, keyFile, pool
}

// company is an org with an approver and somebody who looks, and a console over TLS
// at which they sign in.
type company struct {
	*site
	org         *oktatest.Org
	pool        *x509.CertPool
	ann, admins string // the approver, and the group of approvers
}

func newCompany(t *testing.T) *company {
	t.Helper()
	clock := &clock{}
	org := oktatest.Start(oktatest.Options{Now: clock.now})
	t.Cleanup(org.Close)
	ann := org.Hire(oktatest.Person{First: "Ann", Last: "Lee", Email: "ann@example.com"})
	org.Hire(oktatest.Person{First: "Bob", Last: "Ray", Email: "bob@example.com"})
	admins := org.NewGroup("WalkMe Admins", ann)
	certFile, keyFile, pool := certificateFiles(t)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	s := open(t, func(o *console.Options, _ *console.Program) {
		o.CertFile, o.KeyFile, o.Now = certFile, keyFile, clock.now
		o.OIDC = &console.OIDC{
			Issuer: org.URL(), ClientID: org.SignIn().ClientID, ClientSecret: org.SignIn().ClientSecret, Approvers: "WalkMe Admins",
			Client: &http.Client{Transport: transport, Timeout: 10 * time.Second},
		}
	})
	s.clock = clock
	return &company{s, org, pool, ann, admins}
}

func (c *company) stranger() *visitor {
	v := c.site.stranger()
	v.client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: c.pool, MinVersion: tls.VersionTLS12}
	return v
}

// atIssuer begins a sign-in, and returns the issuer's address.
func (c *company) atIssuer(v *visitor, path string) *url.URL {
	c.t.Helper()
	first := v.get(path)
	if first.status != http.StatusSeeOther || !strings.HasPrefix(first.header.Get("Location"), "/signin") {
		c.t.Fatalf("GET %s without a session: %d to %q", path, first.status, first.header.Get("Location"))
	}
	return c.signInAnew(v, first.header.Get("Location"))
}

// signInAnew begins a sign-in, and returns the issuer's address.
func (c *company) signInAnew(v *visitor, path string) *url.URL {
	c.t.Helper()
	got := v.get(path)
	to, err := url.Parse(got.header.Get("Location"))
	must(c.t, err)
	if got.status != http.StatusSeeOther || !strings.HasPrefix(to.String(), c.org.URL()) {
		c.t.Fatalf("GET %s: %d to %q", path, got.status, to)
	}
	return to
}

// back chooses a person at the issuer, and returns where the issuer sends the browser.
func (c *company) back(v *visitor, issuer *url.URL, login string) string {
	c.t.Helper()
	q := issuer.Query()
	q.Set("prompt", "none")
	q.Set("login_hint", login)
	to := *issuer
	to.RawQuery = q.Encode()
	return v.get(to.String()).header.Get("Location")
}

func TestSignIn(t *testing.T) {
	c := newCompany(t)
	v := c.stranger()
	issuer := c.atIssuer(v, "/people?q=ann")
	q := issuer.Query()
	if q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" || q.Get("nonce") == "" || q.Get("redirect_uri") != c.url+"/callback" {
		t.Errorf("the issuer is asked with %v", q)
	}
	got := v.get(c.back(v, issuer, "ann@example.com"))
	if got.status != http.StatusOK || !strings.Contains(got.body, `url=/people?q=ann`) || len(got.cookies) != 1 {
		t.Fatalf("the callback: %d, %d cookies: %s", got.status, len(got.cookies), got.body)
	}
	if cookie := got.cookies[0]; !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode {
		t.Errorf("the cookie is %v", cookie)
	}
	v.expect("/", "!only looking")
	if got := v.post("/sync", url.Values{}); got.status != http.StatusNotImplemented { // it may: this program has no runs
		t.Errorf("an approver starts a run: %d", got.status)
	}
	bob := c.stranger()
	bob.get(c.back(bob, c.atIssuer(bob, "/"), "bob@example.com"))
	if body := bob.get("/").body; !strings.Contains(body, "bob@example.com</bdi>, only looking") {
		t.Errorf("who is no approver sees %s", body)
	}
	if got := bob.post("/sync", url.Values{}); got.status != http.StatusForbidden {
		t.Errorf("who is no approver starts a run: %d, want 403", got.status)
	}
	c.clock.advance(8 * time.Hour)
	if got := v.get("/"); got.status != http.StatusSeeOther {
		t.Errorf("after eight hours: %d, want 303", got.status)
	}
	if got := v.post("/holds/h1/approve", url.Values{"reason": {"the reorg"}}); got.header.Get("Location") != "/signin?to=%2Fholds%2Fh1%3Freason%3Dthe%2Breorg" {
		t.Errorf("after eight hours a decision leads to %q: the reason has to be typed again", got.header.Get("Location"))
	}
}

func TestSignInIsBoundToItsBrowser(t *testing.T) {
	c := newCompany(t)
	ann, thief := c.stranger(), c.stranger()
	callback := c.back(ann, c.atIssuer(ann, "/"), "ann@example.com")
	for name, address := range map[string]string{
		"another browser": callback, "no state": "/callback?code=x", "made up": "/callback?code=x&state=y",
	} {
		if got := thief.get(address); got.status != http.StatusForbidden || len(got.cookies) > 0 {
			t.Errorf("%s: %d with %d cookies", name, got.status, len(got.cookies))
		}
	}
	if got := ann.get(callback); got.status != http.StatusOK {
		t.Fatalf("the callback in its own browser: %d", got.status)
	}
	if got := ann.get(callback); got.status != http.StatusForbidden {
		t.Errorf("the callback once more: %d, want 403", got.status)
	}
}

func TestSignInThatFails(t *testing.T) {
	c := newCompany(t)
	v := c.stranger()
	got := v.get(c.back(v, c.atIssuer(v, "/"), "nobody@example.com"))
	if got.status != http.StatusForbidden || strings.Contains(got.body, "login_required") {
		t.Errorf("a sign-in that the issuer refuses: %d: %s", got.status, got.body)
	}
	late := c.back(v, c.atIssuer(v, "/"), "ann@example.com")
	c.clock.advance(10 * time.Minute)
	if got := v.get(late); got.status != http.StatusForbidden {
		t.Errorf("a sign-in that took ten minutes: %d, want 403", got.status)
	}
	c.org.Close()
	other := open(t, func(o *console.Options, _ *console.Program) {
		o.OIDC = &console.OIDC{Issuer: c.org.URL(), ClientID: "0oa1", Approvers: "x"}
	}).stranger()
	if got := other.get("/signin"); got.status != http.StatusBadGateway {
		t.Errorf("an issuer that is away: %d, want 502", got.status)
	}
}

// TestSignInLeadsNowhereElse: the place to return to is inside the console.
func TestSignInLeadsNowhereElse(t *testing.T) {
	c := newCompany(t)
	for _, to := range []string{"https://evil.example.com/", "//evil.example.com/", `/\evil.example.com`, "javascript:alert(1)", "/%09/evil.example.com",
		"///evil.example.com", "/%2f/evil.example.com", "/%2fevil.example.com", "/%5c%5cevil.example.com", "/\t/evil.example.com", "https:evil.example.com", "HTTPS://evil.example.com",
		"//evil.example.com:80@localhost/", "/\r\nSet-Cookie: x=1", "\x00", "evil.example.com", "/..//evil.example.com", "data:text/html,x"} {
		v := c.stranger()
		second := v.get("/signin?to=" + url.QueryEscape(to))
		issuer, err := url.Parse(second.header.Get("Location"))
		must(t, err)
		got := v.get(c.back(v, issuer, "ann@example.com"))
		_, target, _ := strings.Cut(got.body, `http-equiv="refresh" content="0; url=`)
		target, _, _ = strings.Cut(target, `"`)
		u, err := v.request(http.MethodGet, "/callback", nil).URL.Parse(html.UnescapeString(target))
		if got.status != http.StatusOK || err != nil || target == "" || u.Scheme+"://"+u.Host != c.url || strings.HasPrefix(u.Path, "//") || strings.Contains(target, `\`) {
			t.Errorf("%q: %d to %q", to, got.status, target)
		}
	}
}

// TestLinksAreOffWithSignIn: one way in is enough.
func TestLinksAreOffWithSignIn(t *testing.T) {
	c := newCompany(t)
	address, err := console.Link(c.path, "ada", false, time.Now())
	if !errors.Is(err, console.ErrSignIn) || address != c.url+"/" {
		t.Errorf("Link: %q, %v", address, err)
	}
	v := c.stranger()
	if got := v.get("/session?code=x"); got.status != http.StatusSeeOther || len(got.cookies) > 0 {
		t.Errorf("/session answers %d", got.status)
	}
}

package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme/walkmetest"
)

// signedIn is a browser in which a person has signed in at Okta.
type signedIn struct {
	*http.Client
	t    *testing.T
	base string
}

// signIn signs a person in at the fake org, as far as a browser gets by itself.
func signIn(t *testing.T, base string, pool *x509.CertPool, login string) *signedIn {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	t.Cleanup(client.CloseIdleConnections)
	client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if q := r.URL.Query(); q.Get("code_challenge") != "" { // chooses, as the person would
			q.Set("prompt", "none")
			q.Set("login_hint", login)
			r.URL.RawQuery = q.Encode()
		}
		return nil
	}
	s := &signedIn{client, t, base}
	_, page := s.get("/people")
	next := regexp.MustCompile(`url=([^"]*)"`).FindStringSubmatch(page) // the page after the sign-in leads on by itself
	if next == nil || html.UnescapeString(next[1]) != "/people" {
		t.Fatalf("the sign-in of %s ends with %s", login, page)
	}
	return s
}

func (s *signedIn) read(resp *http.Response, err error) (int, string) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func (s *signedIn) get(path string) (int, string) { return s.read(s.Get(s.base + path)) }

func (s *signedIn) post(path string, form url.Values) (int, string) {
	return s.read(s.PostForm(s.base+path, form))
}

// TestConsoleSignIn: a service whose console has TLS and a sign-in at Okta lets those look
// who can sign in, and an approver decide, under the name that Okta gives.
func TestConsoleSignIn(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	cert, text, err := selfSigned("127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(cert.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(text))
	c.write("console.pem", text)
	c.write("console-key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
	c.write("console-secret", c.org.SignIn().ClientSecret)
	c.configure(map[string]string{
		"": "console:\n  listen: \"127.0.0.1:0\"\n  tls: {cert_file: console.pem, key_file: console-key.pem}\n  oidc: {issuer: " + c.org.URL() +
			", client_id: " + c.org.SignIn().ClientID + ", client_secret: file:console-secret, approvers: WalkMe Admins}\n",
		"limits": "deactivations: {count: 0}\n",
	})
	c.hire("Ann", "Archer")
	c.hire("Bob", "Baker")
	c.hire("Cara", "Cole")
	c.group("admins", "WalkMe Admins", "ann")
	s := serving(t, c)
	s.begin()
	s.until(finished)
	r := s.must(exitOK, "console")
	base := strings.TrimSuffix(strings.TrimSpace(r.out), "/")
	if !strings.HasPrefix(base, "https://127.0.0.1:") || !strings.Contains(r.err, "sign-in at Okta") {
		t.Fatalf("console prints %q and says %q", r.out, r.err)
	}
	ann, bob := signIn(t, base, pool, "ann@example.com"), signIn(t, base, pool, "bob@example.com")
	c.org.Unassign(c.people["cara"])
	if code, page := ann.post("/sync", nil); code != http.StatusOK || !strings.Contains(page, "by console") {
		t.Errorf("an approver starts a run: %d: %s", code, page)
	}
	hold := regexp.MustCompile(`action="(/holds/[^"/]*)/approve"><input type="hidden" name="digest" value="([0-9a-f]+)"`)
	var link []string
	for began := time.Now(); link == nil; time.Sleep(time.Millisecond) { // the run goes on beside its page
		_, page := ann.get("/")
		if link = hold.FindStringSubmatch(page); link == nil && time.Since(began) > 2*time.Minute {
			t.Fatalf("the overview shows no hold: %s", page)
		}
	}
	form := url.Values{"digest": {link[2]}, "reason": {"she has left"}}
	if code, _ := bob.post(link[1]+"/approve", form); code != http.StatusForbidden {
		t.Errorf("who only looks decides: %d, want 403", code)
	}
	if code, page := bob.get(link[1]); code != http.StatusOK || !strings.Contains(page, "You may look, and not decide") {
		t.Errorf("who only looks sees %d: %s", code, page)
	}
	if code, page := ann.post(link[1]+"/approve", form); code != http.StatusOK || !strings.Contains(page, "Approved by") {
		t.Errorf("an approver decides: %d: %s", code, page)
	}
	db, err := state.OpenReadOnly(t.Context(), c.statePath())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if all, err := db.Decisions(t.Context()); err != nil || len(all) != 1 || all[0].By != "ann@example.com" || all[0].Reason != "she has left" {
		t.Errorf("on record is %v, %v", all, err)
	}
	s.end()
	for _, hidden := range []string{c.org.SignIn().ClientSecret, "code="} {
		if strings.Contains(s.logged(), hidden) {
			t.Errorf("the log shows %q", hidden)
		}
	}
}

package oktatest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v3"
	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/okta/oktatest"
)

// browser signs people in at an org, as a web app would have them do it.
type browser struct {
	t      *testing.T
	org    *oktatest.Org
	client *http.Client
}

func newBrowser(t *testing.T) *browser {
	org := oktatest.Start(oktatest.Options{})
	t.Cleanup(org.Close)
	ann := org.Hire(oktatest.Person{First: "Ann", Last: "Lee", Email: "ann@example.com"})
	org.Suspend(org.Hire(oktatest.Person{First: "Bob", Last: "Ray", Email: "bob@example.com"}))
	org.NewGroup("WalkMe Admins", ann)
	return &browser{t, org, &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

const verifier = "a-verifier-of-at-least-forty-three-characters-0123"

// question is an authorization request that is in order, with what differs.
func (b *browser) question(differing ...string) url.Values {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"client_id": {b.org.SignIn().ClientID}, "redirect_uri": {"https://app.example.com/back"}, "response_type": {"code"},
		"scope": {"openid email profile groups"}, "state": {"s1"}, "nonce": {"n1"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(differing); i += 2 {
		q.Set(differing[i], differing[i+1])
	}
	return q
}

func (b *browser) send(method, path string, form url.Values, authorization string) (int, http.Header, string) {
	b.t.Helper()
	var body io.Reader
	if method == "POST" {
		body = strings.NewReader(form.Encode())
	} else if form != nil {
		path += "?" + form.Encode()
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.org.URL()+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if method == "POST" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	reply, err := b.client.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return reply.StatusCode, reply.Header, string(text)
}

// chosen is the query of the address to which the choice of a person leads.
func (b *browser) chosen(login string, differing ...string) url.Values {
	b.t.Helper()
	status, header, body := b.send("POST", "/oauth2/v1/authorize", b.question(append(differing, "login", login)...), "")
	back, err := url.Parse(header.Get("Location"))
	if status != 302 || err != nil || !strings.HasPrefix(back.String(), "https://app.example.com/back?") {
		b.t.Fatalf("authorize = %d %q %s", status, header.Get("Location"), body)
	}
	return back.Query()
}

func (b *browser) redeem(code, verifier, secret string) (int, map[string]any) {
	b.t.Helper()
	status, _, body := b.send("POST", "/oauth2/v1/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {"https://app.example.com/back"}, "code_verifier": {verifier},
		"client_id": {b.org.SignIn().ClientID}, "client_secret": {secret},
	}, "")
	var answer map[string]any
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		b.t.Fatalf("token = %d %s", status, body)
	}
	return status, answer
}

func TestSignIn(t *testing.T) {
	b := newBrowser(t)
	_, _, discovery := b.send("GET", "/.well-known/openid-configuration", nil, "")
	for _, part := range []string{`"issuer":"` + b.org.URL() + `"`, `/oauth2/v1/authorize"`, `/oauth2/v1/keys"`, `"S256"`} {
		if !strings.Contains(discovery, part) {
			t.Errorf("discovery = %s, want %s in it", discovery, part)
		}
	}
	status, _, page := b.send("GET", "/oauth2/v1/authorize", b.question(), "")
	if status != 200 || !strings.Contains(page, "ann@example.com") || strings.Contains(page, "bob@example.com") {
		t.Errorf("the sign-in page is %d %s, want Ann on it and not Bob, who is suspended", status, page)
	}
	back := b.chosen("ann@example.com")
	if back.Get("state") != "s1" || back.Get("code") == "" {
		t.Fatalf("back with %v", back)
	}
	status, tokens := b.redeem(back.Get("code"), verifier, b.org.SignIn().ClientSecret)
	if status != 200 {
		t.Fatalf("token = %d %v", status, tokens)
	}
	claims := b.verified(tokens["id_token"])
	want := map[string]any{
		"iss": b.org.URL(), "aud": b.org.SignIn().ClientID, "nonce": "n1", "email": "ann@example.com", "name": "Ann Lee",
		"preferred_username": "ann@example.com", "groups": []any{"Everyone", "WalkMe Admins"},
	}
	for key, value := range want {
		if diff := cmp.Diff(value, claims[key]); diff != "" {
			t.Errorf("claim %s (-want +got):\n%s", key, diff)
		}
	}
	access, _ := tokens["access_token"].(string)
	if status, _, body := b.send("GET", "/oauth2/v1/userinfo", nil, "Bearer "+access); status != 200 || !strings.Contains(body, "ann@example.com") {
		t.Errorf("userinfo = %d %s", status, body)
	}
	if status, _, _ := b.send("GET", "/oauth2/v1/userinfo", nil, "Bearer wrong"); status != 401 {
		t.Errorf("userinfo with a wrong token = %d", status)
	}
	if status, tokens := b.redeem(back.Get("code"), verifier, b.org.SignIn().ClientSecret); status != 400 || tokens["error"] != "invalid_grant" {
		t.Errorf("the code again = %d %v", status, tokens)
	}
	if status, _, _ := b.send("GET", "/oauth2/v1/logout", nil, ""); status != 200 {
		t.Errorf("logout = %d", status)
	}
}

// verified checks the signature of an ID token by the published keys.
func (b *browser) verified(idToken any) map[string]any {
	b.t.Helper()
	_, _, text := b.send("GET", "/oauth2/v1/keys", nil, "")
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(text), &keys); err != nil || len(keys.Keys) != 1 {
		b.t.Fatalf("keys = %s, %v", text, err)
	}
	compact, _ := idToken.(string)
	signed, err := jose.ParseSigned(compact)
	if err != nil {
		b.t.Fatal(err)
	}
	payload, err := signed.Verify(keys.Keys[0].Key)
	if err != nil {
		b.t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		b.t.Fatal(err)
	}
	return claims
}

func TestSignInRefuses(t *testing.T) {
	b := newBrowser(t)
	for name, differing := range map[string][]string{
		"another client":     {"client_id", "another"},
		"a relative address": {"redirect_uri", "/back"},
	} {
		if status, header, _ := b.send("GET", "/oauth2/v1/authorize", b.question(differing...), ""); status != 400 || header.Get("Location") != "" {
			t.Errorf("%s: %d, back to %q, want 400 and no way back", name, status, header.Get("Location"))
		}
	}
	for name, tt := range map[string]struct {
		login, want string
		differing   []string
	}{
		"no PKCE":            {"ann@example.com", "invalid_request", []string{"code_challenge", ""}},
		"plain PKCE":         {"ann@example.com", "invalid_request", []string{"code_challenge_method", "plain"}},
		"no openid":          {"ann@example.com", "invalid_scope", []string{"scope", "email"}},
		"the implicit flow":  {"ann@example.com", "unsupported_response_type", []string{"response_type", "token"}},
		"somebody suspended": {"bob@example.com", "login_required", nil},
		"nobody":             {"eve@example.com", "login_required", nil},
	} {
		if back := b.chosen(tt.login, tt.differing...); back.Get("error") != tt.want || back.Get("state") != "s1" {
			t.Errorf("%s: back with %v, want %s", name, back, tt.want)
		}
	}
	secret := b.org.SignIn().ClientSecret
	if status, got := b.redeem(b.chosen("ann@example.com").Get("code"), "another", secret); status != 400 || got["error"] != "invalid_grant" {
		t.Errorf("another verifier: %d %v", status, got)
	}
	if status, got := b.redeem(b.chosen("ann@example.com").Get("code"), verifier, "another"); status != 401 || got["error"] != "invalid_client" {
		t.Errorf("another secret: %d %v", status, got)
	}
}

package console_test

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"okta-walkme-agent/agent/console"
)

// issuer signs people in over TLS, and says of them what a test wants.
type issuer struct {
	*httptest.Server
	t   *testing.T
	key *rsa.PrivateKey

	name  string               // that discovery gives; "": its own
	claim func(map[string]any) // changes an ID token
	sign  func(head, body string) string
	token func(map[string]any) // changes the answer with the tokens
	nonce string
	info  func() map[string]any       // what UserInfo says; nil: there is none
	asJWT func(map[string]any) string // of UserInfo; nil: JSON
}

const (
	issuerClient = "0oa-console"
	issuerSecret = "secret-of-the-console"
)

// keys are made once: that takes longer than all else here.
var (
	issuerKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
	otherKey  = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })
)

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := issuerKey()
	must(t, err)
	i := &issuer{t: t, key: key, claim: func(map[string]any) {}, token: func(map[string]any) {}}
	i.sign = i.rs256(key)
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, body any) {
		w.Header().Set("Content-Type", "application/json")
		must(t, json.NewEncoder(w).Encode(body))
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		name := i.name
		if name == "" {
			name = i.URL
		}
		found := map[string]any{
			"issuer": name, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256", "none", "HS256"},
		}
		if i.info != nil {
			found["userinfo_endpoint"] = i.URL + "/userinfo"
		}
		answer(w, found)
	})
	mux.HandleFunc("/userinfo", func(w http.ResponseWriter, _ *http.Request) {
		if i.asJWT == nil {
			answer(w, i.info())
			return
		}
		w.Header().Set("Content-Type", "application/jwt")
		_, err := io.WriteString(w, i.asJWT(i.info()))
		must(t, err)
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "k1", "n": base64url(key.N.Bytes()), "e": base64url(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, _ *http.Request) {
		claims := map[string]any{
			"iss": i.URL, "aud": issuerClient, "sub": "00u1", "nonce": i.nonce, "preferred_username": "ann@example.com", "groups": []string{"WalkMe Admins"},
			"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix(),
		}
		i.claim(claims)
		body, err := json.Marshal(claims)
		must(t, err)
		out := map[string]any{"access_token": "x", "token_type": "Bearer", "expires_in": 3600, "id_token": i.sign(`{"alg":"RS256","kid":"k1"}`, string(body))}
		i.token(out)
		answer(w, out)
	})
	i.Server = httptest.NewTLSServer(mux)
	t.Cleanup(i.Close)
	return i
}

func base64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (i *issuer) rs256(key *rsa.PrivateKey) func(head, body string) string {
	return func(head, body string) string {
		signed := base64url([]byte(head)) + "." + base64url([]byte(body))
		sum := sha256.Sum256([]byte(signed))
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		must(i.t, err)
		return signed + "." + base64url(signature)
	}
}

// hs256 signs with a text that an attacker knows.
func hs256(secret []byte) func(head, body string) string {
	return func(_, body string) string {
		signed := base64url([]byte(`{"alg":"HS256","kid":"k1"}`)) + "." + base64url([]byte(body))
		m := hmac.New(sha256.New, secret)
		m.Write([]byte(signed))
		return signed + "." + base64url(m.Sum(nil))
	}
}

// console is one at which this issuer signs people in.
func (i *issuer) console() *company {
	i.t.Helper()
	certFile, keyFile, pool := certificateFiles(i.t)
	i.t.Cleanup(i.Client().CloseIdleConnections)
	s := open(i.t, func(o *console.Options, _ *console.Program) {
		o.CertFile, o.KeyFile = certFile, keyFile
		o.OIDC = &console.OIDC{Issuer: i.URL, ClientID: issuerClient, ClientSecret: issuerSecret, Approvers: "WalkMe Admins", Client: i.Client()}
	})
	return &company{site: s, pool: pool}
}

// comesBack begins a sign-in, and is where the issuer sends the browser when somebody has
// signed in.
func (i *issuer) comesBack(v *visitor) string {
	i.t.Helper()
	to, err := url.Parse(v.get("/signin").header.Get("Location"))
	must(i.t, err)
	if !strings.HasPrefix(to.String(), i.URL+"/authorize?") {
		i.t.Fatalf("a sign-in begins at %q", to)
	}
	i.nonce = to.Query().Get("nonce")
	return "/callback?" + url.Values{"code": {"c"}, "state": {to.Query().Get("state")}}.Encode()
}

// TestForgedSignIns: an ID token counts when this issuer has signed it, for this client,
// for this sign-in, and now.
func TestForgedSignIns(t *testing.T) {
	set := func(key string, value any) func(*issuer) {
		return func(i *issuer) { i.claim = func(c map[string]any) { c[key] = value } }
	}
	unset := func(key string) func(*issuer) {
		return func(i *issuer) { i.claim = func(c map[string]any) { delete(c, key) } }
	}
	other, err := otherKey()
	must(t, err)
	for name, tt := range map[string]struct {
		forge func(*issuer)
		want  int
	}{
		"as it should be":  {func(*issuer) {}, 200},
		"two audiences":    {set("aud", []string{"other", issuerClient}), 200},
		"another issuer":   {set("iss", "https://evil.example.com"), 403},
		"no issuer":        {unset("iss"), 403},
		"another nonce":    {set("nonce", "of-another-sign-in"), 403},
		"no nonce":         {unset("nonce"), 403},
		"another audience": {set("aud", "0oa-another-app"), 403},
		"no audience":      {unset("aud"), 403},
		"expired":          {set("exp", time.Now().Add(-time.Hour).Unix()), 403},
		"no end":           {unset("exp"), 403},
		"not valid yet":    {set("nbf", time.Now().Add(time.Hour).Unix()), 403},
		"not signed": {func(i *issuer) {
			i.sign = func(_, body string) string {
				return base64url([]byte(`{"alg":"none"}`)) + "." + base64url([]byte(body)) + "."
			}
		}, 403},
		"signature cut off": {func(i *issuer) {
			sign := i.sign
			i.sign = func(h, b string) string { s := sign(h, b); return s[:strings.LastIndex(s, ".")+1] }
		}, 403},
		"another key": {func(i *issuer) { i.sign = i.rs256(other) }, 403},
		"the public key as a secret": {func(i *issuer) {
			public, err := x509.MarshalPKIXPublicKey(&i.key.PublicKey)
			must(t, err)
			i.sign = hs256(public)
		}, 403},
		"the client's secret as the key": {func(i *issuer) { i.sign = hs256([]byte(issuerSecret)) }, 403},
		"another body under the signature": {func(i *issuer) {
			sign := i.sign
			i.sign = func(head, body string) string {
				parts := strings.Split(sign(head, body), ".")
				return parts[0] + "." + base64url([]byte(strings.Replace(body, "ann@", "bob@", 1))) + "." + parts[2]
			}
		}, 403},
		"no ID token":      {func(i *issuer) { i.token = func(out map[string]any) { delete(out, "id_token") } }, 403},
		"ID token no text": {func(i *issuer) { i.token = func(out map[string]any) { out["id_token"] = 7 } }, 403},
		"groups no list":   {set("groups", "WalkMe Admins"), 403},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			c := i.console()
			v := c.stranger()
			back := i.comesBack(v)
			tt.forge(i)
			got := v.get(back)
			if got.status != tt.want || tt.want != 200 && len(got.cookies) > 0 {
				t.Errorf("%d with %d cookies, want %d: %s", got.status, len(got.cookies), tt.want, mainOf(got.body))
			}
			if strings.Contains(got.body, issuerSecret) || strings.Contains(got.body, i.URL) {
				t.Errorf("the page tells more than that: %s", mainOf(got.body))
			}
			if in := v.get("/").status == http.StatusOK; in != (tt.want == 200) {
				t.Errorf("signed in: %t", in)
			}
		})
	}
}

// TestIssuerOfAnotherName: an address that names another issuer is none of ours (RFC 8414,
// section 3.3).
func TestIssuerOfAnotherName(t *testing.T) {
	i := newIssuer(t)
	i.name = "https://evil.example.com"
	if got := i.console().stranger().get("/signin"); got.status != http.StatusBadGateway || got.header.Get("Location") != "" {
		t.Errorf("a sign-in begins with %d at %q", got.status, got.header.Get("Location"))
	}
}

// TestSignInOfAnotherState: what comes back belongs to the sign-in that this browser began
// last, and to no other.
func TestSignInOfAnotherState(t *testing.T) {
	i := newIssuer(t)
	c := i.console()
	v := c.stranger()
	first := i.comesBack(v)
	second := i.comesBack(v)
	for name, back := range map[string]string{"of the one before": first, "none": "/callback?code=c", "empty": "/callback?code=c&state=", "made up": "/callback?code=c&state=x"} {
		if got := v.get(back); got.status != http.StatusForbidden || len(got.cookies) > 0 {
			t.Errorf("a state %s: %d with %d cookies", name, got.status, len(got.cookies))
		}
	}
	if got := v.get(second); got.status != http.StatusOK {
		t.Errorf("its own state: %d", got.status)
	}
	denied := strings.Replace(i.comesBack(v), "code=c", "error=access_denied&error_description=%3Cscript%3Ealert(1)%3C/script%3E", 1)
	if got := v.get(denied); got.status != http.StatusForbidden || strings.Contains(got.body, "<script>alert") {
		t.Errorf("an error of the issuer: %d: %s", got.status, mainOf(got.body))
	}
}

// TestSignInCookies are bound to the host and to TLS by their names, so that no other
// program sets them.
func TestSignInCookies(t *testing.T) {
	i := newIssuer(t)
	v := i.console().stranger()
	begun := v.get("/signin")
	state, err := url.Parse(begun.header.Get("Location"))
	must(t, err)
	i.nonce = state.Query().Get("nonce")
	ended := v.get("/callback?" + url.Values{"code": {"c"}, "state": {state.Query().Get("state")}}.Encode())
	for _, got := range []answered{begun, ended} {
		if len(got.cookies) != 1 {
			t.Fatalf("%d cookies", len(got.cookies))
		}
		if c := got.cookies[0]; !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.Domain != "" || c.Path != "/" {
			t.Errorf("the cookie is %v", c)
		}
	}
}

// TestApproverChanges: who has been taken out of the group, or has lost the account, since
// the sign-in decides nothing, and still looks.
func TestApproverChanges(t *testing.T) {
	c := newCompany(t)
	digest := c.hold("h1", "00u9")
	v := c.stranger()
	v.get(c.back(v, c.atIssuer(v, "/"), "ann@example.com"))
	ann, admins := c.ann, c.admins
	expect := func(when string, want int) {
		t.Helper()
		for _, path := range []string{"/sync", "/retry"} {
			if got := v.post(path, url.Values{}); got.status != want {
				t.Errorf("%s: POST %s: %d, want %d", when, path, got.status, want)
			}
		}
		if got := v.get("/"); got.status != http.StatusOK {
			t.Errorf("%s: GET /: %d", when, got.status)
		}
	}
	expect("at first", http.StatusNotImplemented) // this program has no runs
	c.org.RemoveMember(admins, ann)
	expect("out of the group", http.StatusForbidden)
	if got := v.post("/holds/h1/approve", url.Values{"digest": {digest}}); got.status != http.StatusForbidden {
		t.Errorf("out of the group: a decision: %d", got.status)
	}
	c.org.AddMember(admins, ann)
	expect("in it again", http.StatusNotImplemented)
	c.clock.advance(61 * time.Minute)
	expect("the access token has ended", http.StatusForbidden)
	if got := v.post("/holds/h1/approve", url.Values{"digest": {digest}, "reason": {"the reorg"}}); !strings.Contains(got.body, "/signin?to=%2Fholds%2Fh1%3Freason%3Dthe%2Breorg") {
		t.Errorf("the reason has to be typed again: %s", mainOf(got.body))
	}
	v.expect("/holds/h1?reason=the+reorg", `value="the reorg"`)
	if got := v.post("/sync", url.Values{}); !strings.Contains(got.body, `href="/signin"`) {
		t.Errorf("the access token has ended: %s", mainOf(got.body))
	}
	v.get(c.back(v, c.signInAnew(v, "/signin"), "ann@example.com"))
	expect("signed in again", http.StatusNotImplemented)
	c.org.Deactivate(ann)
	expect("without an account", http.StatusForbidden)
	c.org.Close()
	expect("Okta is away", http.StatusBadGateway)
	if n := c.decided(); n != 0 {
		t.Errorf("%d decisions are on record", n)
	}
}

// TestApproverWithoutGroups: an issuer that leaves the claim out where no group is left has
// still said that the person is out; one that never names groups has not.
func TestApproverWithoutGroups(t *testing.T) {
	for name, tt := range map[string]struct {
		thin        bool // the ID token names no groups
		before, now any
		want        int
	}{
		"out, thin token":      {true, []string{"WalkMe Admins"}, nil, http.StatusForbidden},
		"out":                  {false, []string{"WalkMe Admins"}, nil, http.StatusForbidden},
		"out, with an empty":   {false, []string{"WalkMe Admins"}, []string{}, http.StatusForbidden},
		"in it still":          {true, []string{"WalkMe Admins"}, []string{"Everyone", "WalkMe Admins"}, http.StatusNotImplemented},
		"never named, in none": {false, nil, nil, http.StatusNotImplemented},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t)
			var changed atomic.Bool
			i.info = func() map[string]any {
				said := map[string]any{"sub": "00u1"}
				groups := tt.before
				if changed.Load() {
					groups = tt.now
				}
				if groups != nil {
					said["groups"] = groups
				}
				return said
			}
			if tt.thin {
				i.claim = func(c map[string]any) { delete(c, "groups") }
			}
			v := i.console().stranger()
			v.get(i.comesBack(v))
			if got := v.post("/sync", url.Values{}); got.status != http.StatusNotImplemented { // this program has no runs
				t.Fatalf("at first: %d", got.status)
			}
			changed.Store(true)
			if got := v.post("/sync", url.Values{}); got.status != tt.want {
				t.Errorf("then: %d, want %d", got.status, tt.want)
			}
		})
	}
}

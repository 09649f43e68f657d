package okta_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

const clientID = "0oaservice"

// keyPair is a private key in PEM and the public key that goes with it.
type keyPair struct {
	pem    []byte
	public crypto.PublicKey
}

func encodeKey(kind string, der []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func rsaKey(t testing.TB) (pkcs1, pkcs8 keyPair) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der8, err := x509.MarshalPKCS8PrivateKey(key)
	return keyPair{encodeKey("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key), nil), key.Public()},
		keyPair{encodeKey("PRIVATE KEY", der8, err), key.Public()}
}

func ecKey(t testing.TB) keyPair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	return keyPair{encodeKey("EC PRIVATE KEY", der, err), key.Public()}
}

// service makes a client authenticate as the service app.
func service(key keyPair) func(*okta.Config) {
	return func(cfg *okta.Config) {
		cfg.APIToken, cfg.ClientID, cfg.PrivateKey, cfg.KeyID = "", clientID, key.pem, "kid1"
	}
}

func count(org *oktatest.Org, suffix string) (n int) {
	for _, r := range org.Requests() {
		if strings.HasSuffix(r.Path, suffix) {
			n++
		}
	}
	return n
}

func TestPrivateKey(t *testing.T) {
	pkcs1, pkcs8 := rsaKey(t)
	withParameters := ecKey(t)
	withParameters.pem = append(encodeKey("EC PARAMETERS", []byte{6, 8, 42, 134, 72, 206, 61, 3, 1, 7}, nil), withParameters.pem...)
	oneLine := pkcs8
	oneLine.pem = []byte(strings.ReplaceAll(strings.TrimSpace(string(pkcs8.pem)), "\n", `\n`))
	for name, key := range map[string]keyPair{"PKCS#1": pkcs1, "PKCS#8": pkcs8, "EC": ecKey(t), "EC as openssl ecparam writes it": withParameters, "line breaks written out": oneLine} {
		t.Run(name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{ClientID: clientID, PublicKey: key.public})
			hire(org, "ann@example.com")
			s, err := newClient(t, org, service(key)).Snapshot(t.Context(), okta.SnapshotRequest{})
			if err != nil || len(s.Users) != 1 {
				t.Fatalf("Snapshot() = %+v, %v, want one user", s, err)
			}
			if s.Requests != 3 {
				t.Errorf("Requests = %d, want 3: token, app, users", s.Requests)
			}
			if r := org.Requests()[0]; r.Path != "/oauth2/v1/token" || len(r.Query) != 0 {
				t.Errorf("first request = %s with query %v, want the token, its assertion not in the address", r.Path, r.Query)
			}
		})
	}
}

func TestPrivateKeyRefused(t *testing.T) {
	_, key := rsaKey(t)
	public, err := x509.MarshalPKIXPublicKey(key.public)
	_, edwardsKey, edErr := ed25519.GenerateKey(rand.Reader)
	edwards, derErr := x509.MarshalPKCS8PrivateKey(edwardsKey)
	t.Setenv("GODEBUG", "rsa1024min=0")
	short, shortErr := rsa.GenerateKey(rand.Reader, 1024)
	if err := errors.Join(edErr, derErr, shortErr); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct{ pem, want string }{
		"not PEM":   {"secret-material", "no PEM block"},
		"JSON":      {`{"kty":"RSA","d":"secret-material"}`, "JWK"},
		"public":    {string(encodeKey("PUBLIC KEY", public, err)), `"PUBLIC KEY" is no private key`},
		"encrypted": {string(pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: []byte("x")})), "passphrase"},
		"encrypted, the older way": {string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY",
			Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,00"}, Bytes: []byte("x")})), "passphrase"},
		"of ssh":    {string(encodeKey("OPENSSH PRIVATE KEY", []byte("x"), nil)), `a key of type "OPENSSH PRIVATE KEY" cannot be used`},
		"Ed25519":   {string(encodeKey("PRIVATE KEY", edwards, err)), "neither an RSA key nor an EC key"},
		"short RSA": {string(encodeKey("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(short), nil)), "the RSA key has 1024 bits"},
		"damaged":   {string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("secret-material")})), "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := okta.NewClient(t.Context(), okta.Config{
				OrgURL: "https://acme.okta.com", AppID: "0oa1", ClientID: clientID, PrivateKey: []byte(tc.pem),
			})
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "secret-material") {
				t.Errorf("NewClient(%s) = %v, want an error that says %q and does not quote the key", name, err, tc.want)
			}
		})
	}
}

func TestTokenRefused(t *testing.T) {
	_, key := rsaKey(t)
	_, other := rsaKey(t)
	for name, tc := range map[string]struct {
		opts oktatest.Options
		want error
		code string
	}{
		"wrong key":         {oktatest.Options{ClientID: clientID, PublicKey: other.public}, okta.ErrUnauthorized, "invalid_client"},
		"unknown client":    {oktatest.Options{ClientID: "0oaother", PublicKey: key.public}, okta.ErrUnauthorized, "invalid_client"},
		"scope not granted": {oktatest.Options{ClientID: clientID, PublicKey: key.public, Scopes: []string{"okta.apps.read"}}, okta.ErrForbidden, "invalid_scope"},
	} {
		t.Run(name, func(t *testing.T) {
			org := startOrg(t, tc.opts)
			_, err := newClient(t, org, service(key)).App(t.Context())
			var refused *okta.APIError
			if !errors.Is(err, tc.want) || !errors.As(err, &refused) || refused.Code != tc.code {
				t.Errorf("App() = %v, want %v with code %s", err, tc.want, tc.code)
			}
			if errors.Is(err, okta.ErrUnauthorized) == errors.Is(err, okta.ErrForbidden) {
				t.Errorf("App() = %v, want either wrong credentials or a missing right", err)
			}
		})
	}
}

// The SDK would panic at these, or keep a token for ever.
func TestTokenAnswerIsChecked(t *testing.T) {
	_, key := rsaKey(t)
	for _, body := range []string{"", "null", "{}", "[]", `{"access_token":"x"}`, `{"access_token":"","expires_in":3600}`} {
		org := startOrg(t, oktatest.Options{ClientID: clientID, PublicKey: key.public})
		org.Fault(always("/token", oktatest.Fault{Status: 200, Body: body}))
		if _, err := newClient(t, org, service(key)).App(t.Context()); !errors.Is(err, okta.ErrIncomplete) {
			t.Errorf("App() with token answer %q = %v, want ErrIncomplete", body, err)
		}
	}
}

func TestMissingScope(t *testing.T) {
	_, key := rsaKey(t)
	org := startOrg(t, oktatest.Options{ClientID: clientID, PublicKey: key.public})
	c := newClient(t, org, service(key), func(cfg *okta.Config) { cfg.Scopes = []string{"okta.groups.read"} })
	_, err := c.App(t.Context())
	var refused *okta.APIError
	if !errors.Is(err, okta.ErrForbidden) || !errors.As(err, &refused) || refused.Code != "insufficient_scope" {
		t.Errorf("App() = %v, want ErrForbidden with the reason from WWW-Authenticate", err)
	}
}

// A revoked token is replaced once; all callers share the new one.
func TestTokenIsRenewed(t *testing.T) {
	_, key := rsaKey(t)
	org := startOrg(t, oktatest.Options{ClientID: clientID, PublicKey: key.public})
	c := newClient(t, org, service(key))
	callAll := func() {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				if _, err := c.App(t.Context()); err != nil {
					t.Errorf("App() = %v, want no error", err)
				}
			})
		}
		wg.Wait()
	}
	callAll()
	if got := count(org, "/token"); got != 1 {
		t.Errorf("token requests of 8 callers = %d, want 1", got)
	}
	org.RevokeTokens()
	callAll()
	if got := count(org, "/token"); got != 2 {
		t.Errorf("token requests after the token was revoked = %d, want 2", got)
	}
	org.Fault(always("/apps/"+org.AppID(), oktatest.Fault{Status: 401}))
	org.ResetRequests()
	if _, err := c.App(t.Context()); !errors.Is(err, okta.ErrUnauthorized) {
		t.Errorf("App() = %v, want ErrUnauthorized", err)
	}
	if got := len(org.Requests()); got != 3 {
		t.Errorf("requests for an app that stays 401 = %d, want 3: app, token, app", got)
	}
}

func TestAPITokenIsNotTriedAgain(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	c := newClient(t, org)
	org.SetToken("")
	if _, err := c.App(t.Context()); !errors.Is(err, okta.ErrUnauthorized) {
		t.Errorf("App() = %v, want ErrUnauthorized", err)
	}
	if got := len(org.Requests()); got != 1 {
		t.Errorf("requests = %d, want 1", got)
	}
}

func TestTokenRequestObeysItsContext(t *testing.T) {
	_, key := rsaKey(t)
	org := startOrg(t, oktatest.Options{ClientID: clientID, PublicKey: key.public})
	ctx, cancel := context.WithCancel(t.Context())
	org.Fault(func(*http.Request) *oktatest.Fault {
		cancel()
		return &oktatest.Fault{Delay: time.Hour}
	})
	if _, err := newClient(t, org, service(key)).App(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("App(cancelled) = %v, want context.Canceled", err)
	}
}

// What the SDK finds by itself has no effect.
func TestStrayEnvironment(t *testing.T) {
	for name, value := range map[string]string{
		"ORGURL": "https://stray.example.com", "TOKEN": "stray-token", "AUTHORIZATIONMODE": "Bearer", "CLIENTID": "stray",
		"SCOPES": "stray", "PRIVATEKEY": "stray", "CACHE_ENABLED": "true", "CLIENTASSERTION": "stray",
		"REQUEST_TIMEOUT": "1", "CONNECTION_TIMEOUT": "1", "PROXY_HOST": "stray.example.com", "PROXY_PORT": "1",
		"RATE_LIMIT_MAX_RETRIES": "99",
	} {
		t.Setenv("OKTA_CLIENT_"+name, value)
	}
	t.Setenv("OKTA_TESTING_DISABLE_HTTPS_CHECK", "true")
	t.Setenv("OKTA_USERAGENTEXTRA", "stray")
	t.Setenv("OKTA_HTTPCLIENT_TIMEOUT", "1ns")
	org := startOrg(t, oktatest.Options{})
	c := newClient(t, org, func(cfg *okta.Config) { cfg.UserAgent = "okta-walkme-agent/1.2.3" })
	for range 2 {
		if _, err := c.App(t.Context()); err != nil {
			t.Fatalf("App() = %v, want no error", err)
		}
	}
	requests := org.Requests()
	if len(requests) != 2 {
		t.Fatalf("requests = %d, want 2: answers are not cached", len(requests))
	}
	h := requests[0].Header
	if got, want := h.Get("Authorization"), "SSWS "+org.Token(); got != want {
		t.Errorf("Authorization = %q, want the token of the configuration", got)
	}
	if got := h.Get("User-Agent"); strings.Contains(got, "stray") || !strings.HasSuffix(got, " okta-walkme-agent/1.2.3") {
		t.Errorf("User-Agent = %q, want ours at its end", got)
	}
}

func TestConfigRefused(t *testing.T) {
	good := okta.Config{OrgURL: "https://acme.okta.com", AppID: "0oa1", APIToken: "secret-token"}
	for name, tc := range map[string]struct {
		edit func(*okta.Config)
		want string
	}{
		"no org":          {func(c *okta.Config) { c.OrgURL = "" }, "org URL is missing"},
		"not a URL":       {func(c *okta.Config) { c.OrgURL = "acme.okta.com" }, "https://acme.okta.com"},
		"plain http":      {func(c *okta.Config) { c.OrgURL = "http://acme.okta.com" }, "not encrypted"},
		"path":            {func(c *okta.Config) { c.OrgURL += "/oauth2" }, "more than scheme and host"},
		"user":            {func(c *okta.Config) { c.OrgURL = "https://secret-user@acme.okta.com" }, "more than scheme and host"},
		"admin host":      {func(c *okta.Config) { c.OrgURL = "https://acme-admin.okta.com" }, "-admin"},
		"no app":          {func(c *okta.Config) { c.AppID = "" }, "app id is missing"},
		"no credentials":  {func(c *okta.Config) { c.APIToken = "" }, "neither"},
		"both":            {func(c *okta.Config) { c.PrivateKey = []byte("x") }, "both"},
		"no client":       {func(c *okta.Config) { c.APIToken, c.PrivateKey = "", []byte("x") }, "client id"},
		"line break":      {func(c *okta.Config) { c.APIToken += "\n" }, "white space"},
		"share too small": {func(c *okta.Config) { c.RateLimitShare = -1 }, "share"},
		"share too large": {func(c *okta.Config) { c.RateLimitShare = 1.5 }, "share"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := good
			tc.edit(&cfg)
			_, err := okta.NewClient(t.Context(), cfg)
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("NewClient() = %v, want an error that says %q and no secret", err, tc.want)
			}
		})
	}
	for _, url := range []string{"https://acme.okta.com/", "HTTPS://acme.okta.com", "http://127.0.0.1:8080", "http://[::1]:1", "http://localhost"} {
		cfg := good
		cfg.OrgURL = url
		if _, err := okta.NewClient(t.Context(), cfg); err != nil {
			t.Errorf("NewClient(%s) = %v, want a client", url, err)
		}
	}
}

// No error and no log line holds a token, an assertion or a query.
func TestSecretsStayInside(t *testing.T) {
	_, key := rsaKey(t)
	faults := map[string]oktatest.Fault{
		"dropped": {Drop: true}, "500": {Status: 500, Body: "<html>"}, "401": {Status: 401}, "empty": {Status: 200},
		"redirect": {Status: 302, Header: http.Header{"Location": {"https://elsewhere.invalid/?client_assertion=x"}}},
	}
	for name, f := range faults {
		for mode, auth := range map[string]func(*okta.Config){"token": func(*okta.Config) {}, "key": service(key)} {
			t.Run(name+" with "+mode, func(t *testing.T) {
				org := startOrg(t, oktatest.Options{ClientID: clientID, PublicKey: key.public, Token: "00secret-token"})
				org.Fault(always("", f))
				var log logText
				c := newClient(t, org, auth, func(cfg *okta.Config) { cfg.Logger = log.logger(slog.LevelDebug) })
				_, err := c.Snapshot(t.Context(), okta.SnapshotRequest{})
				if err == nil {
					t.Fatal("Snapshot() = nil, want an error")
				}
				text := err.Error() + log.String()
				for _, secret := range []string{"00secret-token", "client_assertion", "eyJ", "SSWS", "expand", "?"} {
					if strings.Contains(text, secret) {
						t.Errorf("error or log contains %q:\n%s", secret, text)
					}
				}
			})
		}
	}
}

// A redirect is an error that names the other host, which is never asked.
func TestRedirectIsRefused(t *testing.T) {
	elsewhere := startOrg(t, oktatest.Options{})
	org := startOrg(t, oktatest.Options{})
	org.Fault(always("", oktatest.Fault{Status: 302, Header: http.Header{"Location": {elsewhere.URL() + "/api/v1/x"}}}))
	_, err := newClient(t, org).App(t.Context())
	var refused *okta.APIError
	if !errors.As(err, &refused) || refused.Status != 302 || !strings.Contains(err.Error(), strings.TrimPrefix(elsewhere.URL(), "http://")) {
		t.Errorf("App() = %v, want an error that names the other host", err)
	}
	if n, m := len(org.Requests()), len(elsewhere.Requests()); n != 1 || m != 0 {
		t.Errorf("requests here, elsewhere = %d, %d, want 1, 0", n, m)
	}
}

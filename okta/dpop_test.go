package okta_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// bound is a service app with DPoP as configured.
func bound(key keyPair, mode okta.DPoP) func(*okta.Config) {
	return func(cfg *okta.Config) { service(key)(cfg); cfg.DPoP = mode }
}

// Access tokens are bound to a key where Okta asks for it, or from the start.
func TestDPoP(t *testing.T) {
	_, key := rsaKey(t)
	for _, tc := range []struct {
		mode     okta.DPoP
		required bool
		tokens   int // requests of the first token
		scheme   string
		want     error
	}{
		{"", false, 1, "Bearer", nil},
		{okta.DPoPAuto, true, 3, "DPoP", nil}, // plainly, with a proof, with the nonce
		{okta.DPoPAlways, false, 2, "DPoP", nil},
		{okta.DPoPAlways, true, 2, "DPoP", nil},
		{okta.DPoPNever, false, 1, "Bearer", nil},
		{okta.DPoPNever, true, 1, "", okta.ErrDPoP},
	} {
		t.Run(fmt.Sprintf("%s, required: %v", tc.mode, tc.required), func(t *testing.T) {
			org := startOrg(t, oktatest.Options{ClientID: clientID, PublicKey: key.public})
			org.RequireDPoP(tc.required)
			hire(org, "ann@example.com")
			c := newClient(t, org, bound(key, tc.mode))
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					if _, err := c.Snapshot(t.Context(), okta.SnapshotRequest{}); !errors.Is(err, tc.want) || tc.want == nil && err != nil {
						t.Errorf("Snapshot() = %v, want %v", err, tc.want)
					}
				})
			}
			wg.Wait()
			if tc.want != nil {
				return
			}
			if got := count(org, "/token"); got != tc.tokens {
				t.Errorf("token requests = %d, want %d", got, tc.tokens)
			}
			for _, r := range org.Requests() {
				if scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " "); r.Method == http.MethodGet && scheme != tc.scheme {
					t.Errorf("%s travels with %q, want a token of type %s", r.Path, scheme, tc.scheme)
				}
			}
		})
	}
}

// Each try bears a proof and an assertion of its own: the org refuses what it has
// seen before.
func TestEveryTryIsSignedAnew(t *testing.T) {
	_, key := rsaKey(t)
	org := startOrg(t, oktatest.Options{ClientID: clientID, PublicKey: key.public})
	c := newClient(t, org, bound(key, okta.DPoPAlways))
	for _, path := range []string{"/token", "/apps/" + org.AppID()} {
		org.Fault(times(2, path, oktatest.Fault{Status: 503}))
		if _, err := c.App(t.Context()); err != nil {
			t.Errorf("App() with two outages of %s = %v, want no error", path, err)
		}
	}
	var proofs []string
	for _, r := range org.Requests() {
		proofs = append(proofs, r.Header.Get("DPoP"))
	}
	slices.Sort(proofs)
	if n := len(slices.Compact(slices.Clone(proofs))); n != len(proofs) || slices.Contains(proofs, "") {
		t.Errorf("%d requests bear %d different proofs, want one each", len(proofs), n)
	}
}

// Nonces grow old, at the token endpoint and, where it wants them, at the API.
func TestDPoPNonces(t *testing.T) {
	_, key := rsaKey(t)
	org := startOrg(t, oktatest.Options{ClientID: clientID, PublicKey: key.public})
	org.RequireDPoP(true)
	c := newClient(t, org, bound(key, okta.DPoPAlways))
	ask := func(wantToken, wantAPI int) {
		t.Helper()
		org.ResetRequests()
		if _, err := c.App(t.Context()); err != nil {
			t.Fatalf("App() = %v, want no error", err)
		}
		if token, api := count(org, "/token"), count(org, org.AppID()); token != wantToken || api != wantAPI {
			t.Errorf("requests for tokens, for the app = %d, %d, want %d, %d", token, api, wantToken, wantAPI)
		}
	}
	ask(2, 1)
	ask(0, 1)
	org.RotateNonces()
	ask(0, 1) // the API asks for none
	org.RevokeTokens()
	ask(2, 2)
	org.RequireAPINonce(true)
	ask(0, 2)
	ask(0, 1)
	org.RotateNonces()
	ask(0, 2)
	org.RotateNonces()
	org.RevokeTokens()
	ask(2, 3) // an unknown token, an old nonce, and then
}

// A proof that Okta does not accept is an error that says so, whoever refuses it.
func TestDPoPRefused(t *testing.T) {
	_, key := rsaKey(t)
	refused := `{"error":"invalid_dpop_proof","error_description":"The DPoP proof JWT's htu is not the address of the request."}`
	for name, fault := range map[string]func(*http.Request) *oktatest.Fault{
		"at the token endpoint":              always("/token", oktatest.Fault{Status: 400, Body: refused}),
		"at the token endpoint, without end": always("/token", oktatest.Fault{Status: 400, Body: `{"error":"use_dpop_nonce"}`, Header: http.Header{"Dpop-Nonce": {"x"}}}),
		"a bearer token":                     always("/token", oktatest.Fault{Status: 200, Body: `{"access_token":"abcdef","token_type":"Bearer","expires_in":3600}`}),
		"at the API": always("/apps/0oa00000000000walkme", oktatest.Fault{Status: 401, Body: "{}",
			Header: http.Header{"Www-Authenticate": {`DPoP error="invalid_dpop_proof", error_description="no"`}}}),
		"at the API, beside a body": always("/apps/0oa00000000000walkme", oktatest.Fault{Status: 400, Body: `{"errorCode":"E0000011"}`,
			Header: http.Header{"Www-Authenticate": {`DPoP error="invalid_dpop_proof", error_description="no"`}}}),
	} {
		t.Run(name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{ClientID: clientID, PublicKey: key.public})
			org.Fault(fault)
			_, err := newClient(t, org, bound(key, okta.DPoPAlways)).App(t.Context())
			if !errors.Is(err, okta.ErrProof) || errors.Is(err, okta.ErrClock) || len(org.Requests()) > 6 {
				t.Errorf("App() = %v after %d requests, want ErrProof", err, len(org.Requests()))
			}
		})
	}
}

// A clock that is a little off does no harm; one that is far off is named as the
// cause when a token is refused.
func TestClock(t *testing.T) {
	_, key := rsaKey(t)
	for _, tc := range []struct {
		name string
		okta time.Duration // Okta's clock, against ours
		want string        // in the error; "" for none
	}{
		{"a little ahead", -40 * time.Second, ""},
		{"a little behind", 3 * time.Minute, ""},
		{"far ahead", -2 * time.Hour, "2h0m0s ahead"},
		{"far behind", 2 * time.Hour, "2h0m0s behind"},
	} {
		for _, mode := range []okta.DPoP{okta.DPoPNever, okta.DPoPAlways} {
			t.Run(tc.name+", DPoP "+string(mode), func(t *testing.T) {
				org := startOrg(t, oktatest.Options{ClientID: clientID, PublicKey: key.public, Now: func() time.Time { return time.Now().Add(tc.okta) }})
				_, err := newClient(t, org, bound(key, mode)).App(t.Context())
				if tc.want == "" && err != nil {
					t.Errorf("App() = %v, want no error", err)
				}
				if tc.want != "" && (!errors.Is(err, okta.ErrClock) || !strings.Contains(err.Error(), ", it is "+tc.want)) {
					t.Errorf("App() = %v, want ErrClock that says %s", err, tc.want)
				}
			})
		}
	}
	t.Run("right, and refused", func(t *testing.T) {
		org := startOrg(t, oktatest.Options{ClientID: clientID, PublicKey: key.public})
		_, rotated := rsaKey(t)
		org.RotateKey(rotated.public)
		_, err := newClient(t, org, service(key)).App(t.Context())
		if !errors.Is(err, okta.ErrUnauthorized) || errors.Is(err, okta.ErrClock) {
			t.Errorf("App() with a key that was rotated = %v, want ErrUnauthorized alone", err)
		}
	})
}

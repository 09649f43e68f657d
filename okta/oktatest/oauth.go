package oktatest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	tokenPath     = "/oauth2/v1/token"
	tokenLifetime = time.Hour
)

type accessToken struct {
	scopes  []string
	expires time.Time
}

// RequireDPoP sets the service app's "Require DPoP" box.
func (o *Org) RequireDPoP(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.needDPoP = on
}

// RevokeTokens makes all access tokens invalid that were issued so far.
func (o *Org) RevokeTokens() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.tokens)
}

// issueToken answers a client_credentials request whose client authenticates by
// a signed assertion (RFC 7523).
func (o *Org) issueToken(a *answer, r *http.Request) {
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
		a.refuse(http.StatusBadRequest, "invalid_request", "The request is not a form.")
		return
	}
	if r.Form.Get("grant_type") != "client_credentials" {
		a.refuse(http.StatusBadRequest, "unsupported_grant_type", "The grant type is not supported.")
		return
	}
	if o.needDPoP {
		a.refuse(http.StatusBadRequest, "invalid_dpop_proof", "The DPoP proof JWT header is missing.")
		return
	}
	if err := o.checkAssertion(r.Form.Get("client_assertion")); err != nil {
		a.refuse(http.StatusUnauthorized, "invalid_client", "The client_assertion is not valid: "+err.Error())
		return
	}
	scopes := strings.Fields(r.Form.Get("scope"))
	for _, s := range scopes {
		if o.opts.Scopes != nil && !slices.Contains(o.opts.Scopes, s) {
			a.refuse(http.StatusBadRequest, "invalid_scope", "One or more scopes are not configured for the client.")
			return
		}
	}
	token := o.newID("eyJ")
	o.tokens[token] = accessToken{scopes, o.opts.Now().Add(tokenLifetime)}
	a.json(object{"token_type": "Bearer", "expires_in": int(tokenLifetime.Seconds()), "access_token": token, "scope": strings.Join(scopes, " ")})
}

// refuse makes a the error answer of the token endpoint.
func (a *answer) refuse(status int, code, description string) {
	a.status = status
	a.json(object{"error": code, "error_description": description})
}

// checkAssertion verifies signature, audience, issuer and life time of a JWT.
func (o *Org) checkAssertion(jwt string) error {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return errors.New("not a signed JWT")
	}
	var decoded [3][]byte
	for i, p := range parts {
		raw, err := base64.RawURLEncoding.DecodeString(p)
		if err != nil {
			return errors.New("not base64url")
		}
		decoded[i] = raw
	}
	var claims struct {
		Iss, Sub, Aud string
		Exp, Iat      float64
	}
	if err := json.Unmarshal(decoded[1], &claims); err != nil {
		return errors.New("claims are not JSON")
	}
	now := o.opts.Now()
	switch {
	case claims.Iss != o.opts.ClientID || claims.Sub != o.opts.ClientID:
		return errors.New("unknown client")
	case claims.Aud != o.url+tokenPath:
		return fmt.Errorf("audience %q", claims.Aud)
	case int64(claims.Exp) < now.Unix() || int64(claims.Exp) > now.Add(time.Hour+5*time.Minute).Unix():
		return errors.New("life time")
	}
	return verify(o.opts.PublicKey, sha256.Sum256([]byte(parts[0]+"."+parts[1])), decoded[2])
}

// verify checks an RS256 or ES256 signature (RFC 7518, sections 3.3 and 3.4).
func verify(key crypto.PublicKey, digest [sha256.Size]byte, signature []byte) error {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature)
	case *ecdsa.PublicKey:
		half := len(signature) / 2
		r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
		if ecdsa.Verify(key, digest[:], r, s) {
			return nil
		}
	}
	return errors.New("signature")
}

// authorize checks the Authorization header and, of an access token, the scope.
// It fails the answer and returns false when the request is not allowed.
func (o *Org) authorize(a *answer, r *http.Request) bool {
	scheme, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch scheme {
	case "SSWS":
		if credentials != "" && credentials == o.apiToken {
			return true
		}
	case "Bearer":
		token, ok := o.tokens[credentials]
		if !ok || o.opts.Now().After(token.expires) {
			a.header.Set("WWW-Authenticate", `Bearer authorization_uri="`+o.url+`/oauth2/v1/authorize", realm="`+o.url+`", scope="", error="invalid_token", error_description="The access token is invalid or has expired."`)
			break
		}
		need := scopeFor(r.URL.Path)
		if slices.Contains(token.scopes, need) {
			return true
		}
		a.header.Set("WWW-Authenticate", `Bearer authorization_uri="`+o.url+`/oauth2/v1/authorize", realm="`+o.url+`", scope="`+need+`", error="insufficient_scope", error_description="The access token provided does not contain the required scopes."`)
		a.status = http.StatusForbidden
		return false
	}
	a.fail(http.StatusUnauthorized, "E0000011", "Invalid token provided")
	return false
}

func scopeFor(path string) string {
	switch area := strings.Split(path+"///", "/")[3]; area {
	case "apps", "groups", "users", "logs":
		return "okta." + area + ".read"
	}
	return ""
}

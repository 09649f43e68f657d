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
	key     string // thumbprint of the key that it is bound to (RFC 9449); "" for a bearer token
}

// RevokeTokens makes all access tokens invalid that were issued so far.
func (o *Org) RevokeTokens() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.tokens)
}

// RotateKey registers another public key for the service app, in place of the one
// that it had. Access tokens that were issued stay good.
func (o *Org) RotateKey(public crypto.PublicKey) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.opts.PublicKey = public
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
	if err := o.checkAssertion(r.Form.Get("client_assertion")); err != nil {
		a.refuse(http.StatusUnauthorized, "invalid_client", "The client_assertion "+err.Error()+".")
		return
	}
	key, ok := o.boundKey(a, r)
	if !ok {
		return
	}
	scopes := strings.Fields(r.Form.Get("scope"))
	for _, s := range scopes {
		if o.opts.Scopes != nil && !slices.Contains(o.opts.Scopes, s) {
			a.refuse(http.StatusBadRequest, "invalid_scope", "One or more scopes are not configured for the client.")
			return
		}
	}
	kind := "Bearer"
	if key != "" {
		kind = "DPoP"
	}
	token := o.newID("eyJ")
	o.tokens[token] = accessToken{scopes, o.opts.Now().Add(tokenLifetime), key}
	a.json(object{"token_type": kind, "expires_in": int(tokenLifetime.Seconds()), "access_token": token, "scope": strings.Join(scopes, " ")})
}

// refuse makes a the error answer of the token endpoint.
func (a *answer) refuse(status int, code, description string) {
	a.status = status
	a.json(object{"error": code, "error_description": description})
}

// checkAssertion verifies signature, audience, issuer and life time of a JWT, and
// that it was not used before. Its errors continue "The client_assertion ".
func (o *Org) checkAssertion(jwt string) error {
	parts := strings.Split(jwt, ".")
	if len(parts) != 3 {
		return errors.New("is not a signed JWT")
	}
	var decoded [3][]byte
	for i, p := range parts {
		raw, err := base64.RawURLEncoding.DecodeString(p)
		if err != nil {
			return errors.New("is not base64url")
		}
		decoded[i] = raw
	}
	var claims struct {
		Iss, Sub, Aud, Jti string
		Exp, Iat           float64
	}
	if err := json.Unmarshal(decoded[1], &claims); err != nil {
		return errors.New("has claims that are not JSON")
	}
	now := o.opts.Now()
	switch {
	case claims.Iss != o.opts.ClientID || claims.Sub != o.opts.ClientID:
		return errors.New("is of an unknown client")
	case claims.Aud != o.url+tokenPath:
		return fmt.Errorf("has the audience %q, which is not this endpoint", claims.Aud)
	case int64(claims.Exp) < now.Unix():
		return errors.New("token has expired")
	case int64(claims.Exp) > now.Add(time.Hour).Unix():
		return errors.New("token has an expiration that is too far in the future")
	case int64(claims.Iat) > now.Unix():
		return errors.New("token was issued in the future")
	case claims.Jti != "" && o.usedIDs[claims.Jti]:
		return errors.New("token has been used already")
	}
	if err := verify(o.opts.PublicKey, sha256.Sum256([]byte(parts[0]+"."+parts[1])), decoded[2]); err != nil {
		return err
	}
	o.usedIDs[claims.Jti] = true
	return nil
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
	return errors.New("signature is invalid")
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
	case "Bearer", "DPoP":
		return o.authorizeToken(a, r, scheme, credentials)
	case "":
		a.fail(http.StatusUnauthorized, "E0000005", "Invalid session") // as to a browser that has not signed in
		return false
	}
	a.fail(http.StatusUnauthorized, "E0000011", "Invalid token provided")
	return false
}

// authorizeToken checks an access token, its scope and, when it is bound to a key,
// the proof of that key.
func (o *Org) authorizeToken(a *answer, r *http.Request, scheme, credentials string) bool {
	challenge := func(need, code, description string) {
		a.header.Set("WWW-Authenticate", scheme+` authorization_uri="`+o.url+`/oauth2/v1/authorize", realm="`+o.url+`", scope="`+need+`", error="`+code+`", error_description="`+description+`"`)
	}
	token, ok := o.tokens[credentials]
	if !ok || o.opts.Now().After(token.expires) || (token.key != "") != (scheme == "DPoP") {
		challenge("", "invalid_token", "The access token is invalid or has expired.")
		a.fail(http.StatusUnauthorized, "E0000011", "Invalid token provided")
		return false
	}
	if token.key != "" {
		if refusal := o.checkBound(a, r, credentials, token.key); refusal != nil {
			challenge("", refusal.code, refusal.description)
			a.status = http.StatusUnauthorized
			return false
		}
	}
	need := scopeFor(r.URL.Path)
	if slices.Contains(token.scopes, need) {
		return true
	}
	challenge(need, "insufficient_scope", "The access token provided does not contain the required scopes.")
	a.status = http.StatusForbidden
	return false
}

func scopeFor(path string) string {
	switch area := strings.Split(path+"///", "/")[3]; area {
	case "apps", "groups", "users", "logs":
		return "okta." + area + ".read"
	case "meta":
		return "okta.schemas.read"
	}
	return ""
}

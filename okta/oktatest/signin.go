package oktatest

import (
	"cmp"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// SignIn is the one OpenID Connect web app at which people of the org sign in. The
// zero value has an id and a secret of its own, and takes any redirect URI.
type SignIn struct {
	ClientID     string   // "" means "0oa0000000000console"
	ClientSecret string   // "" means "oktatest-client-secret"
	RedirectURIs []string // nil: any
}

func (s SignIn) withDefaults() SignIn {
	s.ClientID = cmp.Or(s.ClientID, "0oa0000000000console")
	s.ClientSecret = cmp.Or(s.ClientSecret, "oktatest-client-secret")
	return s
}

// SignIn is the client that people sign in for, with its defaults.
func (o *Org) SignIn() SignIn { return o.opts.SignIn }

// signer holds the key of ID tokens, the codes that were not redeemed yet, and the
// access tokens of those who signed in.
type signer struct {
	once sync.Once
	key  *rsa.PrivateKey

	mu     sync.Mutex
	codes  map[string]grant
	tokens map[string]grant
}

// grant is one sign-in.
type grant struct {
	userID, redirectURI, nonce, challenge string
	scopes                                []string
	expires                               time.Time
}

const (
	discoveryPath = "/.well-known/openid-configuration"
	authorizePath = "/oauth2/v1/authorize"
	keysPath      = "/oauth2/v1/keys"
	userInfoPath  = "/oauth2/v1/userinfo"
	logoutPath    = "/oauth2/v1/logout"
	codeLifetime  = time.Minute
)

// isSignIn says whether a request belongs to OpenID Connect. The token endpoint
// serves service apps, too.
func isSignIn(r *http.Request) bool {
	switch r.URL.Path {
	case discoveryPath, "/.well-known/oauth-authorization-server", authorizePath, keysPath, userInfoPath, logoutPath:
		return true
	case tokenPath:
		return r.ParseForm() == nil && r.PostForm.Get("grant_type") == "authorization_code"
	}
	return false
}

// signIn answers the endpoints of OpenID Connect.
func (o *Org) signIn(r *http.Request) *answer {
	a := &answer{status: http.StatusOK, header: http.Header{}}
	a.header.Set("Content-Type", "application/json")
	a.header.Set("Cache-Control", "no-cache, no-store")
	switch r.URL.Path {
	case authorizePath:
		o.authorizePerson(a, r)
	case tokenPath:
		o.redeem(a, r)
	case keysPath:
		o.showKeys(a)
	case userInfoPath:
		o.userInfo(a, r)
	case logoutPath:
		back := r.URL.Query().Get("post_logout_redirect_uri")
		if back == "" {
			a.page(http.StatusOK, "Signed out", "You have signed out.")
			break
		}
		a.redirect(back, url.Values{"state": r.URL.Query()["state"]})
	default:
		a.json(o.discovery())
	}
	return a
}

func (o *Org) discovery() object {
	return object{
		"issuer": o.url, "authorization_endpoint": o.url + authorizePath, "token_endpoint": o.url + tokenPath,
		"userinfo_endpoint": o.url + userInfoPath, "jwks_uri": o.url + keysPath, "end_session_endpoint": o.url + logoutPath,
		"response_types_supported": []string{"code"}, "response_modes_supported": []string{"query"},
		"grant_types_supported": []string{"authorization_code", "client_credentials"}, "subject_types_supported": []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"scopes_supported":                      []string{"openid", "email", "profile", "groups"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post", "private_key_jwt"},
		"claims_supported":                      []string{"iss", "ver", "sub", "aud", "iat", "exp", "auth_time", "nonce", "name", "email", "preferred_username", "groups"},
		"code_challenge_methods_supported":      []string{"S256"},
	}
}

// authorizePerson shows who there is to sign in as, and sends the person who was chosen back
// to the client with a code. prompt=none with login_hint chooses by itself.
func (o *Org) authorizePerson(a *answer, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		a.page(http.StatusBadRequest, "Bad request", "The request cannot be read.")
		return
	}
	redirectURI, client := r.Form.Get("redirect_uri"), o.opts.SignIn
	target, err := url.Parse(redirectURI)
	switch {
	case r.Form.Get("client_id") != client.ClientID:
		a.page(http.StatusBadRequest, "400", "Illegal value for client_id parameter.")
		return
	case err != nil || !target.IsAbs() || client.RedirectURIs != nil && !slices.Contains(client.RedirectURIs, redirectURI):
		a.page(http.StatusBadRequest, "400", "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings.")
		return
	}
	back := url.Values{"state": {r.Form.Get("state")}}
	if code, why := oauthError(r.Form); code != "" {
		back.Set("error", code)
		back.Set("error_description", why)
		a.redirect(redirectURI, back)
		return
	}
	login := r.PostForm.Get("login")
	if r.Form.Get("prompt") == "none" {
		login = cmp.Or(login, r.Form.Get("login_hint"))
	}
	if login == "" && r.Form.Get("prompt") != "none" {
		a.choice(r.Form, o.signInNames())
		return
	}
	o.mu.Lock()
	p := o.personByLogin(login)
	o.mu.Unlock()
	if p == nil || p.status != "ACTIVE" {
		back.Set("error", "login_required")
		back.Set("error_description", "The client specified not to prompt, but the user is not logged in.")
		a.redirect(redirectURI, back)
		return
	}
	back.Set("code", o.signer.remember(&o.signer.codes, grant{
		userID: p.id, redirectURI: redirectURI, nonce: r.Form.Get("nonce"), challenge: r.Form.Get("code_challenge"),
		scopes: strings.Fields(r.Form.Get("scope")), expires: o.opts.Now().Add(codeLifetime),
	}))
	a.redirect(redirectURI, back)
}

// oauthError is the OAuth error of an authorization request, "" for none.
func oauthError(form url.Values) (code, why string) {
	switch {
	case form.Get("response_type") != "code":
		return "unsupported_response_type", "The response type is not supported by the authorization server."
	case !slices.Contains(strings.Fields(form.Get("scope")), "openid"):
		return "invalid_scope", "The scope openid is missing."
	case form.Get("code_challenge") == "" || form.Get("code_challenge_method") != "S256":
		return "invalid_request", "PKCE code challenge is required by the application."
	}
	return "", ""
}

// signInNames are the logins of all who may sign in.
func (o *Org) signInNames() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var names []string
	for _, id := range sortedKeys(o.people) {
		if o.people[id].status == "ACTIVE" {
			names = append(names, o.people[id].login())
		}
	}
	slices.Sort(names)
	return names
}

// remember keeps a grant under a new name.
func (s *signer) remember(in *map[string]grant, g grant) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if *in == nil {
		*in = map[string]grant{}
	}
	name := rand.Text()
	(*in)[name] = g
	return name
}

// redeem exchanges a code for tokens, once (RFC 6749, section 4.1.3; RFC 7636).
func (o *Org) redeem(a *answer, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	if basic { // both are form-encoded in it (RFC 6749, section 2.3.1)
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
	} else {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	client := o.opts.SignIn
	if id != client.ClientID || subtle.ConstantTimeCompare([]byte(secret), []byte(client.ClientSecret)) != 1 {
		a.refuse(http.StatusUnauthorized, "invalid_client", "The client secret supplied for a confidential client is invalid.")
		return
	}
	o.signer.mu.Lock()
	g, ok := o.signer.codes[r.PostForm.Get("code")]
	delete(o.signer.codes, r.PostForm.Get("code"))
	o.signer.mu.Unlock()
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	switch {
	case !ok || o.opts.Now().After(g.expires) || g.redirectURI != r.PostForm.Get("redirect_uri"):
		a.refuse(http.StatusBadRequest, "invalid_grant", "The authorization code is invalid or has expired.")
		return
	case g.challenge != base64.RawURLEncoding.EncodeToString(sum[:]):
		a.refuse(http.StatusBadRequest, "invalid_grant", "PKCE verification failed.")
		return
	}
	idToken, err := o.idToken(g)
	if err != nil {
		a.refuse(http.StatusInternalServerError, "server_error", err.Error())
		return
	}
	g.expires = o.opts.Now().Add(tokenLifetime)
	a.json(object{
		"token_type": "Bearer", "expires_in": int(tokenLifetime.Seconds()), "scope": strings.Join(g.scopes, " "),
		"access_token": o.signer.remember(&o.signer.tokens, g), "id_token": idToken,
	})
}

// mayStillSignIn is false of a person whose tokens Okta has revoked with the account.
func (o *Org) mayStillSignIn(userID string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.people[userID]
	return p != nil && p.status == "ACTIVE"
}

func (o *Org) userInfo(a *answer, r *http.Request) {
	_, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	o.signer.mu.Lock()
	g, ok := o.signer.tokens[token]
	o.signer.mu.Unlock()
	if !ok || o.opts.Now().After(g.expires) || !o.mayStillSignIn(g.userID) {
		a.header.Set("WWW-Authenticate", `Bearer error="invalid_token", error_description="The access token is invalid."`)
		a.status = http.StatusUnauthorized
		return
	}
	a.json(o.personClaims(g))
}

package console

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// OIDC is the sign-in at Okta: the authorization code flow with PKCE
// (OpenID Connect Core 1.0, section 3.1; RFC 7636).
type OIDC struct {
	Issuer       string // https://acme.okta.com, or an authorization server of it
	ClientID     string
	ClientSecret string
	Approvers    string       // the group that may decide; "": no one may
	Client       *http.Client // nil: one with a time-out
}

const (
	signInLife = 10 * time.Minute
	maxSignIns = 1000
	issuerWait = 15 * time.Second
)

// signIns are the sign-ins that are under way at the issuer.
type signIns struct {
	OIDC
	now func() time.Time

	mu       sync.Mutex
	provider *oidc.Provider // nil: not reached yet
	pending  map[string]attempt
}

type attempt struct {
	nonce, verifier, redirect, to string
	until                         time.Time
}

func newSignIns(o OIDC, now func() time.Time) *signIns {
	if o.Client == nil {
		o.Client = &http.Client{Timeout: issuerWait}
	}
	return &signIns{OIDC: o, now: now, pending: map[string]attempt{}}
}

// discover asks the issuer for its addresses, once. An issuer that does not answer
// keeps no service from starting.
func (s *signIns) discover(ctx context.Context) (*oidc.Provider, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.provider != nil {
		return s.provider, nil
	}
	ctx = oidc.ClientContext(context.WithoutCancel(ctx), s.Client) // the keys are fetched with it later
	p, err := oidc.NewProvider(ctx, s.Issuer)
	if err != nil {
		return nil, fmt.Errorf("the issuer %s: %w", s.Issuer, err)
	}
	s.provider = p
	return p, nil
}

func (s *signIns) oauth(p *oidc.Provider, redirect string) *oauth2.Config {
	return &oauth2.Config{
		ClientID: s.ClientID, ClientSecret: s.ClientSecret, Endpoint: p.Endpoint(), RedirectURL: redirect,
		Scopes: []string{oidc.ScopeOpenID, "profile", "email", "groups"},
	}
}

// begin sends the browser to the issuer.
func (s *signIns) begin(w http.ResponseWriter, r *http.Request, site string) error {
	p, err := s.discover(r.Context())
	if err != nil {
		return err
	}
	state := rand.Text()
	a := attempt{
		nonce: rand.Text(), verifier: oauth2.GenerateVerifier(), redirect: site + "/callback",
		to: localPath(r.URL.Query().Get("to")), until: s.now().Add(signInLife),
	}
	s.remember(state, a)
	secure := strings.HasPrefix(site, "https:")
	http.SetCookie(w, &http.Cookie{ // Lax: it has to come along from the issuer's page
		Name: signInCookie(secure), Value: state, Path: "/", MaxAge: int(signInLife / time.Second),
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	})
	to := s.oauth(p, a.redirect).AuthCodeURL(state, oidc.Nonce(a.nonce), oauth2.S256ChallengeOption(a.verifier))
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func signInCookie(secure bool) string { return cookieName(secure) + "_signin" }

func (s *signIns) remember(state string, a attempt) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := ""
	for k, one := range s.pending {
		if !s.now().Before(one.until) {
			delete(s.pending, k)
		} else if first == "" || one.until.Before(s.pending[first].until) {
			first = k
		}
	}
	if len(s.pending) >= maxSignIns {
		delete(s.pending, first)
	}
	s.pending[state] = a
}

func (s *signIns) recall(state string) (attempt, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.pending[state]
	delete(s.pending, state)
	return a, ok && s.now().Before(a.until)
}

var (
	errSignIn = errors.New("this sign-in has ended or was begun by another browser; begin it again")
	errDenied = errors.New("the issuer says access_denied: the app may not be assigned to this person")
)

// signInFault says of a sign-in that came to nothing what the person can do about it. What
// the issuer says is for those who read the log.
func signInFault(err error) string {
	var late *oidc.TokenExpiredError
	switch {
	case errors.Is(err, errSignIn):
		return "This sign-in took more than ten minutes, was used already, or was begun by another browser."
	case errors.Is(err, errDenied):
		return "Okta does not let you in: the app of the console may not be assigned to you. Ask who runs it."
	case errors.As(err, &late):
		return "Okta's word for you had ended before it came: its clock and that of this service differ."
	}
	return "The sign-in did not come to an end. The log of the service says why."
}

// finish takes the browser back from the issuer.
func (s *signIns) finish(r *http.Request, secure bool) (v Visitor, to string, err error) {
	q := r.URL.Query()
	state := q.Get("state")
	cookie, err := r.Cookie(signInCookie(secure))
	if err != nil || subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(state)) != 1 {
		return v, "", errSignIn
	}
	a, ok := s.recall(state)
	if !ok {
		return v, "", errSignIn
	}
	if named := q.Get("iss"); named != "" && named != s.Issuer { // RFC 9207, section 2.4
		return v, "", errSignIn
	}
	if code := q.Get("error"); code == "access_denied" {
		return v, "", errDenied
	} else if code != "" {
		return v, "", fmt.Errorf("the issuer says %s: %s", code, cmp.Or(q.Get("error_description"), "no reason given"))
	}
	p, err := s.discover(r.Context())
	if err != nil {
		return v, "", err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(r.Context(), s.Client), issuerWait)
	defer cancel()
	token, err := s.oauth(p, a.redirect).Exchange(ctx, q.Get("code"), oauth2.VerifierOption(a.verifier))
	if err != nil {
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) {
			return v, "", fmt.Errorf("the issuer refuses the code: %s", cmp.Or(refused.ErrorDescription, refused.ErrorCode, "no reason given"))
		}
		return v, "", errors.New("the issuer does not answer")
	}
	v, err = s.visitor(ctx, p, token, a.nonce)
	return v, a.to, err
}

// claims are what the console wants to know of a person.
type claims struct {
	Subject  string   `json:"sub"`
	UserName string   `json:"preferred_username"`
	Email    string   `json:"email"`
	Groups   []string `json:"groups"`
}

func (s *signIns) visitor(ctx context.Context, p *oidc.Provider, token *oauth2.Token, nonce string) (Visitor, error) {
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return Visitor{}, errors.New("the issuer sent no ID token")
	}
	id, err := p.VerifierContext(oidc.ClientContext(ctx, s.Client), &oidc.Config{ClientID: s.ClientID, Now: s.now}).Verify(ctx, raw)
	if err != nil {
		return Visitor{}, fmt.Errorf("the ID token is not good: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(nonce)) != 1 {
		return Visitor{}, errSignIn
	}
	var c claims
	if err := id.Claims(&c); err != nil {
		return Visitor{}, errors.New("the ID token cannot be read")
	}
	var info claims // what UserInfo says, which has what a thin ID token lacks
	if s.Approvers != "" && p.UserInfoEndpoint() != "" {
		if info, err = s.userInfo(ctx, p, token, c.Subject); err != nil {
			info = claims{} // it may answer when somebody decides
		}
	}
	named := info.Groups != nil
	if c.Groups == nil {
		c.Groups = info.Groups
	}
	return Visitor{
		Name: cmp.Or(c.UserName, c.Email, c.Subject), ViewOnly: s.Approvers == "" || !slices.Contains(c.Groups, s.Approvers),
		proof: &proof{id.Subject, token, named}, groupless: c.Groups == nil,
	}, nil
}

// localPath keeps a place to return to inside the console.
func localPath(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.Contains(to, `\`) {
		return "/"
	}
	return u.RequestURI()
}

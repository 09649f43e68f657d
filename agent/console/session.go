package console

import (
	"context"
	"crypto/rand"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
)

const (
	cookieBase  = "okta_walkme_agent_console"
	sessionLife = 8 * time.Hour
	maxSessions = 1000
)

// Visitor is who looks at the console.
type Visitor struct {
	Name     string // on record for what is decided
	ViewOnly bool   // looks, decides nothing

	proof     *proof // of a sign-in at Okta; nil: a link
	groupless bool   // it named no group at all
}

// proof is what Okta is asked with whether a visitor may still decide.
type proof struct {
	subject string
	token   *oauth2.Token
	named   bool // UserInfo named groups at the sign-in
}

// session is a visitor's stay. It ends with its time, or with the process.
type session struct {
	Visitor
	until time.Time
}

// sessions are those that last. The keys are secrets.
type sessions struct {
	now func() time.Time

	mu  sync.Mutex
	all map[string]session
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, all: map[string]session{}}
}

// begin opens a session. Of too many the one that ends first makes room.
func (s *sessions) begin(v Visitor) (key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, first := s.now(), ""
	for k, one := range s.all {
		if !now.Before(one.until) {
			delete(s.all, k)
			continue
		}
		if first == "" || one.until.Before(s.all[first].until) {
			first = k
		}
	}
	if len(s.all) >= maxSessions {
		delete(s.all, first)
	}
	key = rand.Text()
	s.all[key] = session{v, now.Add(sessionLife)}
	return key
}

func (s *sessions) find(r *http.Request, secure bool) (Visitor, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range r.CookiesNamed(cookieName(secure)) { // another program on this host may have set one, too
		if one, ok := s.all[c.Value]; ok && s.now().Before(one.until) {
			return one.Visitor, true
		}
	}
	return Visitor{}, false
}

// end closes the sessions of a browser.
func (s *sessions) end(r *http.Request, secure bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range r.CookiesNamed(cookieName(secure)) {
		delete(s.all, c.Value)
	}
}

// cookieName is one that, over TLS, browsers take from this host alone, and from no
// program that speaks without TLS (RFC 6265bis, section 4.1.3.2).
func cookieName(secure bool) string {
	if secure {
		return "__Host-" + cookieBase
	}
	return cookieBase
}

// setCookie gives the browser its key. It comes back from this site's own pages alone.
func setCookie(w http.ResponseWriter, key string, secure bool) {
	age := int(sessionLife / time.Second)
	if key == "" {
		age = -1
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName(secure), Value: key, Path: "/", MaxAge: age, HttpOnly: true, Secure: secure, SameSite: http.SameSiteStrictMode,
	})
}

type visitorKey struct{}

func withVisitor(ctx context.Context, v Visitor) context.Context {
	return context.WithValue(ctx, visitorKey{}, v)
}

func visitorOf(ctx context.Context) Visitor {
	v, ok := ctx.Value(visitorKey{}).(Visitor)
	if !ok {
		return Visitor{ViewOnly: true}
	}
	return v
}

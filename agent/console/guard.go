package console

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	answerTimeout     = 60 * time.Second
	idleTimeout       = 60 * time.Second
	pageTimeout       = 20 * time.Second // of one page, its queries included
	maxBody           = 256 << 10
	maxHeader         = 32 << 10

	// atOnce bounds the pages that are made at a time, and the sign-ins that wait for the
	// issuer; others wait for their turn.
	atOnce = 4
)

// slots are the turns of what is done a few times at once.
type slots chan struct{}

var errCrowded = errors.New("all turns are taken")

// enter takes a turn, and returns what gives it back.
func (s slots) enter(ctx context.Context) (leave func(), err error) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	case <-ctx.Done():
		return nil, errCrowded
	}
}

// guard is what stands before every page.
func (s *Server) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, http.StatusForbidden, "This request comes from a page of another site.")
	}))
	if o := originOf(s.o.PublicURL); o.host != "" {
		_ = cross.AddTrustedOrigin(o.String()) // it was parsed just now
	}
	inside := cross.Handler(s.admit(next))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.secure(w.Header())
		local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		if !s.hosts.allow(r.Host, local) {
			s.refuse(w, http.StatusMisdirectedRequest, "The console does not go by this name.")
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		ctx, cancel := context.WithTimeout(r.Context(), pageTimeout)
		defer cancel()
		inside.ServeHTTP(w, r.WithContext(ctx))
	})
}

// secure sets the headers of every answer.
func (s *Server) secure(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", s.policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
}

// admit lets visitors in, and takes those who have no session yet to where they get one.
func (s *Server) admit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/session" && s.signIns == nil:
			s.openByLink(w, r)
			return
		case r.URL.Path == "/signin" && s.signIns != nil:
			s.atDoor(w, r, s.beginSignIn)
			return
		case r.URL.Path == "/callback" && s.signIns != nil:
			s.atDoor(w, r, s.finishSignIn)
			return
		}
		v, ok := s.sessions.find(r, s.isSecure(r))
		switch {
		case ok:
			next.ServeHTTP(w, r.WithContext(withVisitor(r.Context(), v)))
		case s.signIns != nil:
			_ = readForm(r) // what was typed comes along; what is no form has nothing to bring
			http.Redirect(w, r, signInAddress(r), http.StatusSeeOther)
		default:
			s.refuse(w, http.StatusUnauthorized, "Nobody is signed in here. On the machine of the service, \"okta-walkme-agent console\" prints a link that opens the console.")
		}
	})
}

// atDoor lets a few sign-ins at a time wait for the issuer. Strangers take no turn from
// those who are signed in.
func (s *Server) atDoor(w http.ResponseWriter, r *http.Request, do http.HandlerFunc) {
	leave, err := s.doors.enter(r.Context())
	if err != nil {
		s.refuse(w, http.StatusServiceUnavailable, "Too many sign in just now. Try again in a moment.")
		return
	}
	defer leave()
	do(w, r)
}

// signInAddress is where a sign-in begins that leads back to what was asked for, or,
// of a decision, to the page that it was made on.
func signInAddress(r *http.Request) string {
	to := r.URL.RequestURI()
	if r.Method != http.MethodGet {
		to = "/"
		if hold, _, ok := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/holds/"), "/"); ok && strings.HasPrefix(r.URL.Path, "/holds/") {
			to += "holds/" + hold
			if reason := r.PostForm.Get("reason"); reason != "" {
				to += "?" + url.Values{"reason": {shortened(reason)}}.Encode()
			}
		}
	}
	if to == "/" {
		return "/signin"
	}
	return "/signin?to=" + url.QueryEscape(to)
}

// openByLink takes the code of a link. HEAD is for those who look at links before
// people do; it uses nothing up.
func (s *Server) openByLink(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET")
		s.refuse(w, http.StatusMethodNotAllowed, "A link is opened, nothing else.")
		return
	}
	p, err := s.door.take(r.URL.Query().Get("code"))
	if err != nil {
		s.refuse(w, http.StatusUnauthorized, "This link does not open the console: it works once, for five minutes, and ends with the service. \"okta-walkme-agent console\" prints a new one.")
		return
	}
	s.sessions.end(r, s.isSecure(r)) // that this browser had
	v := Visitor{Name: p.By, ViewOnly: p.ViewOnly}
	setCookie(w, s.sessions.begin(v), s.isSecure(r))
	s.log.Info("console opened", "view_only", v.ViewOnly)
	if from := r.Header.Get("Sec-Fetch-Site"); from == "cross-site" || from == "same-site" {
		s.signedIn(w, v, "/")
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// signedIn ends with a page, not with a redirect: the browser has come from another site,
// and would not send a strict cookie along.
func (s *Server) signedIn(w http.ResponseWriter, v Visitor, to string) {
	s.plain(w, http.StatusOK, plainPage{Title: "Signed in", Text: "You are signed in as " + v.Name + ".", To: to})
}

func (s *Server) beginSignIn(w http.ResponseWriter, r *http.Request) {
	if err := s.signIns.begin(w, r, s.site(r).String()); err != nil {
		s.log.Warn("sign-in at Okta not possible", "err", err)
		s.refuse(w, http.StatusBadGateway, "Okta cannot be reached for the sign-in. The log of the service says why.")
	}
}

// finishSignIn takes the browser back from the issuer, and opens a session.
func (s *Server) finishSignIn(w http.ResponseWriter, r *http.Request) {
	v, to, err := s.signIns.finish(r, s.isSecure(r))
	if err != nil {
		s.log.Warn("sign-in refused", "err", err)
		s.plain(w, http.StatusForbidden, plainPage{
			Title: http.StatusText(http.StatusForbidden), Text: signInFault(err), Link: "/", See: "Begin again",
		})
		return
	}
	s.sessions.end(r, s.isSecure(r))
	setCookie(w, s.sessions.begin(v), s.isSecure(r))
	s.log.Info("console opened", "view_only", v.ViewOnly, "groups_named", !v.groupless)
	s.signedIn(w, v, to)
}

func (s *Server) signOut(w http.ResponseWriter, r *http.Request) {
	s.sessions.end(r, s.isSecure(r))
	setCookie(w, "", s.isSecure(r))
	p := plainPage{Title: "Signed out", Text: "You are signed out of the console."}
	if s.signIns != nil {
		p.Link, p.See = "/", "Sign in again"
	}
	s.plain(w, http.StatusOK, p)
}

// refuse answers with a status, a sentence, and nothing else.
func (s *Server) refuse(w http.ResponseWriter, status int, text string) {
	title := http.StatusText(status)
	if status == http.StatusUnauthorized {
		title = "Not signed in"
	}
	s.plain(w, status, plainPage{Title: title, Text: text})
}

package console

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"sync"
	"time"

	"okta-walkme-agent/state"
)

// Options say how the console is reached, and by whom.
type Options struct {
	Listen    string // see [ParseAddress]
	PublicURL string // as browsers name it, behind a proxy; "": as it listens
	CertFile  string // with KeyFile: TLS
	KeyFile   string
	OIDC      *OIDC            // nil: the link of [Link] opens it
	StatePath string           // the file beside it opens the door
	Now       func() time.Time // nil: time.Now
	Logger    *slog.Logger     // nil: silent
}

// Server is an open console.
type Server struct {
	o        Options
	log      *slog.Logger
	now      func() time.Time
	policy   string // the content security policy
	door     *door
	signIns  *signIns // nil: links
	sessions *sessions
	hosts    hosts
	turns    slots // of pages
	doors    slots // of sign-ins
	listener net.Listener
	conns    *connections
	http     *http.Server
	pages    *pages
	past     *past
	members  *state.MemberIndex
	lab      lab
	counts   counts
	runner   *runner
	look     look

	mu      sync.Mutex
	program Program
}

// ErrOpenToAll refuses a listener that others can reach without a sign-in over TLS.
var ErrOpenToAll = errors.New("a console beyond loopback needs tls and oidc")

// Open listens, and takes the place of the one console of this state. Nothing is
// answered before Serve.
func Open(ctx context.Context, o Options, p Program) (*Server, error) {
	s := &Server{
		o: o, log: o.Logger, now: o.Now, program: p,
		turns: make(slots, atOnce), doors: make(slots, atOnce), conns: newConnections(maxConnections),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	address, err := ParseAddress(o.Listen)
	if err != nil {
		return nil, fmt.Errorf("console.listen: %w", err)
	}
	secure := o.CertFile != ""
	if !address.Local() && (!secure || o.OIDC == nil) {
		return nil, ErrOpenToAll
	}
	if s.pages, err = newPages(); err != nil {
		return nil, err
	}
	if s.listener, err = address.open(ctx); err != nil {
		return nil, fmt.Errorf("console.listen: %w", err)
	}
	s.hosts = newHosts(address, s.listener, secure, o.PublicURL)
	s.sessions, s.past, s.members, s.runner = newSessions(s.now), newPast(s.now), state.NewMemberIndex(), newRunner(s)
	issuer := ""
	if o.OIDC != nil {
		s.signIns, issuer = newSignIns(*o.OIDC, s.now), o.OIDC.Issuer
	}
	s.policy = policy(issuer)
	if s.door, err = openDoor(o.StatePath, base(s.listener, secure, o.PublicURL), o.OIDC != nil, s.now); err != nil {
		return nil, errors.Join(fmt.Errorf("console: %w", err), s.listener.Close())
	}
	if secure {
		if err := s.useTLS(); err != nil {
			return nil, errors.Join(fmt.Errorf("console.tls: %w", err), s.door.close(), s.listener.Close())
		}
	}
	s.http = &http.Server{
		Handler: s.guard(s.routes()), ConnState: s.conns.note, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: answerTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader,
	}
	return s, nil
}

func (s *Server) useTLS() error {
	c := &certificate{certFile: s.o.CertFile, keyFile: s.o.KeyFile}
	if _, err := c.load(nil); err != nil {
		return err
	}
	s.listener = tls.NewListener(s.listener, &tls.Config{
		MinVersion: tls.VersionTLS12, GetCertificate: c.load, NextProtos: []string{"http/1.1"},
	})
	return nil
}

// Serve answers until Close.
func (s *Server) Serve() error {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("console: %w", err)
	}
	return nil
}

// Close ends the console and every session.
func (s *Server) Close() error {
	err := errors.Join(s.http.Close(), ignoreClosed(s.listener.Close()), s.door.close())
	s.runner.wait()
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Address is where a browser finds the console.
func (s *Server) Address() string { return base(s.listener, s.o.CertFile != "", s.o.PublicURL) }

// Listener is the address that is listened on.
func (s *Server) Listener() net.Addr { return s.listener.Addr() }

// Connections counts the open connections.
func (s *Server) Connections() int { return s.conns.open() }

// Use takes up what a reload has changed in the program around.
func (s *Server) Use(p Program) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.program = p
}

func (s *Server) current() Program {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.program
}

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, make := range map[string]func(*http.Request) (*view, error){
		"GET /{$}":         s.overview,
		"GET /runs":        s.runs,
		"GET /runs/{id}":   s.run,
		"GET /people":      s.people,
		"GET /people/{id}": s.person,
		"GET /groups":      s.groups,
		"GET /groups/{id}": s.group,
		"GET /holds/{id}":  s.hold,
		"GET /accounts":    s.accounts,
		"POST /accounts":   s.startLook("/accounts"),
		"POST /groups":     s.startLook("/groups"),
		"GET /mappings":    s.mappings,
		"POST /mappings":   s.mappings,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, make) })
	}
	mux.HandleFunc("POST /signout", s.signOut)
	for pattern, act := range map[string]func(*http.Request) (*view, error){
		"POST /holds/{id}/approve": s.approve,
		"POST /holds/{id}/reject":  s.reject,
		"POST /sync":               s.sync,
		"POST /retry":              s.retry,
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, s.decider(act)) })
	}
	for _, pattern := range []string{"GET /holds/{id}/approve", "GET /holds/{id}/reject"} { // the page of a decision that was refused, asked for anew
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, addressOf("holds", r.PathValue("id")), http.StatusSeeOther)
		})
	}
	return s.elsewhere(mux)
}

// elsewhere answers with pages of ours where the mux has none.
func (s *Server) elsewhere(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		would, reason := outcome{header: http.Header{}}, errNoPage
		h.ServeHTTP(&would, r)
		if would.status == http.StatusMethodNotAllowed {
			w.Header()["Allow"], reason = would.header["Allow"], errMethod
		}
		s.answer(w, r, func(*http.Request) (*view, error) { return nil, reason })
	})
}

// outcome is what a handler would answer.
type outcome struct {
	header http.Header
	status int
}

func (o *outcome) Header() http.Header            { return o.header }
func (o *outcome) WriteHeader(status int)         { o.status = status }
func (o *outcome) Write(body []byte) (int, error) { return len(body), nil }

// answer makes a page, or says why there is none. What the browser still has to send is
// read before the page has its turn, and what it has to take is written after it: slow
// ones hold nobody up.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, make func(*http.Request) (*view, error)) {
	err := readForm(r)
	if err != nil {
		make = func(*http.Request) (*view, error) { return nil, err }
	}
	v, body, err := s.inTurn(r, make)
	if err == nil && v.to != "" {
		http.Redirect(w, r, v.to, http.StatusSeeOther)
		return
	}
	write(w, cmp.Or(v.status, http.StatusOK), body, err)
}

// inTurn makes a page when there is a turn for it.
func (s *Server) inTurn(r *http.Request, make func(*http.Request) (*view, error)) (*view, []byte, error) {
	leave, err := s.turns.enter(r.Context())
	var v *view
	if err == nil {
		defer leave()
		v, err = make(r)
	}
	if err != nil {
		v = s.trouble(r, err)
	}
	if v.to != "" {
		return v, nil, nil
	}
	body, err := s.render(r, v)
	return v, body, err
}

// readForm reads what a form has sent. A text that another site may send without being
// asked first is none.
func readForm(r *http.Request) error {
	if r.Method != http.MethodPost {
		return nil
	}
	if given := r.Header.Get("Content-Type"); given != "" {
		if kind, _, err := mime.ParseMediaType(given); err != nil || kind != "application/x-www-form-urlencoded" {
			return errForm
		}
	}
	if err := r.ParseForm(); err != nil {
		return errors.Join(errForm, err)
	}
	return nil
}

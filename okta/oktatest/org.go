package oktatest

import (
	"cmp"
	"context"
	"crypto"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"okta-walkme-agent/internal/fault"
)

// Options sets up an Org. The zero value is useful.
type Options struct {
	Token    string         // the API token; "" means "00oktatest-token"
	AppID    string         // "" means "0oa00000000000walkme"
	AppLabel string         // "" means "WalkMe"
	Settings map[string]any // the app's settings.app

	// ClientID and PublicKey register a service app for OAuth 2.0: an RSA or
	// ECDSA public key. Scopes are those granted to it; nil grants all.
	ClientID  string
	PublicKey crypto.PublicKey
	Scopes    []string

	// PageLimit caps the page size of every list, so that a handful of objects
	// already needs several pages. 0 leaves Okta's own limits.
	PageLimit int

	// RateLimits maps a path template such as "/api/v1/apps/{id}/users" to the
	// number of requests allowed in a window. Templates that are not listed
	// allow 100,000.
	RateLimits map[string]int
	RateWindow time.Duration // 0 means one minute

	Latency time.Duration    // before each answer
	Now     func() time.Time // the org's clock; nil means time.Now
	Listen  string           // "" means 127.0.0.1:0

	// URL is the address under which clients know the org, for links and tokens, where
	// New makes it and the caller serves it.
	URL string

	// KeepRequests is the number of requests that are remembered at least, the latest.
	// 0 is all of them.
	KeepRequests int

	// SignIn is the OpenID Connect client of people who sign in.
	SignIn SignIn

	// Generated adds this many directly assigned people with a profile of 27
	// attributes, who are rendered when they are asked for and take no memory.
	// They can be unassigned, not changed otherwise.
	Generated int
}

// Org is a fake Okta org. Its methods may be called from several goroutines.
type Org struct {
	opts   Options
	url    string
	server *http.Server
	done   chan struct{}

	rules  fault.Rules
	writes sync.Mutex // one write over HTTP at a time
	signer signer

	mu           sync.Mutex
	serial       int
	people       map[string]*person
	groups       map[string]*group
	mappings     map[string]*mapping
	gone         map[string]bool // generated people without an assignment
	appStatus    string
	appUpdated   time.Time
	provisioning bool
	noRole       bool
	needDPoP     bool

	needAPINonce bool
	nonces       int             // how many were handed out
	usedIDs      map[string]bool // jti of assertions and proofs

	opaqueCursors bool
	noSchemas     bool

	attributes, appAttributes []string // custom ones, besides those that a person has
	apiToken                  string
	tokens                    map[string]accessToken
	events                    []event
	buckets                   map[string]*bucket
	requests                  []Request
	answered                  int
	fault                     func(*http.Request) *Fault
}

// New makes an org that is not served: it is an http.Handler, and Options.URL its
// address.
func New(opts Options) *Org {
	opts.Token = cmp.Or(opts.Token, "00oktatest-token")
	opts.AppID = cmp.Or(opts.AppID, "0oa00000000000walkme")
	opts.AppLabel = cmp.Or(opts.AppLabel, "WalkMe")
	opts.RateWindow = cmp.Or(opts.RateWindow, time.Minute)
	opts.SignIn = opts.SignIn.withDefaults()
	opts.URL = strings.TrimRight(opts.URL, "/")
	if opts.Now == nil {
		opts.Now = time.Now
	}
	o := &Org{
		opts: opts, url: opts.URL, done: make(chan struct{}),
		people: map[string]*person{}, groups: map[string]*group{}, mappings: map[string]*mapping{},
		gone: map[string]bool{}, tokens: map[string]accessToken{}, buckets: map[string]*bucket{},
		appStatus: "ACTIVE", apiToken: opts.Token, usedIDs: map[string]bool{},
	}
	o.appUpdated = o.now()
	return o
}

// Start starts an org on a loopback address. It panics if it cannot listen.
// The caller closes it.
func Start(opts Options) *Org {
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", cmp.Or(opts.Listen, "127.0.0.1:0"))
	if err != nil {
		panic("oktatest: listen: " + err.Error())
	}
	opts.URL = "http://" + listener.Addr().String()
	o := New(opts)
	o.server = &http.Server{Handler: o, ReadHeaderTimeout: time.Minute}
	go func() {
		defer close(o.done)
		_ = o.server.Serve(listener) // always returns an error; after Close it is the expected one
	}()
	return o
}

// Close stops the server and breaks the connections that are still open.
func (o *Org) Close() {
	if o.server == nil {
		return
	}
	_ = o.server.Close()
	<-o.done
}

// URL is the org's address, http://127.0.0.1:port or Options.URL, without a trailing
// slash.
func (o *Org) URL() string { return o.url }

// AppID is the id of the app.
func (o *Org) AppID() string { return o.opts.AppID }

// Token is the API token that the org was started with.
func (o *Org) Token() string { return o.opts.Token }

// SetToken makes another API token the valid one; "" revokes all. Access tokens
// that were issued stop being valid, too.
func (o *Org) SetToken(token string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.apiToken = token
	clear(o.tokens)
}

// SetAppStatus activates or deactivates the app. While it is not ACTIVE it has
// no assignments through groups, as in Okta.
func (o *Org) SetAppStatus(status string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.appStatus, o.appUpdated = status, o.now()
	kind := "application.lifecycle.activate"
	if status != "ACTIVE" {
		kind = "application.lifecycle.deactivate"
	}
	o.log(kind, o.appTarget())
	for _, id := range sortedKeys(o.people) {
		o.reconcile(id)
	}
}

// SetProvisioning turns the app's provisioning on or off. Without it there are
// no group-push mappings to ask for. It starts off.
func (o *Org) SetProvisioning(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.provisioning = on
}

// SetAdminRole gives the credentials their admin role or takes it away. Without
// it every list is empty, with status 200. They start with it.
func (o *Org) SetAdminRole(has bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.noRole = !has
}

// Age moves the timestamps of everything in the org into the past, as if
// nothing had happened for d.
func (o *Org) Age(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.appUpdated = o.appUpdated.Add(-d)
	for _, p := range o.people {
		p.created, p.updated = p.created.Add(-d), p.updated.Add(-d)
		if p.assigned != nil {
			p.assigned.created, p.assigned.updated = p.assigned.created.Add(-d), p.assigned.updated.Add(-d)
		}
	}
	for _, g := range o.groups {
		g.created, g.updated, g.membersUpdated = g.created.Add(-d), g.updated.Add(-d), g.membersUpdated.Add(-d)
	}
	for _, m := range o.mappings {
		m.created, m.updated = m.created.Add(-d), m.updated.Add(-d)
	}
	for i := range o.events {
		o.events[i].published = o.events[i].published.Add(-d)
	}
}

// now is the org's clock, cut to the second as Okta's timestamps are.
func (o *Org) now() time.Time { return o.opts.Now().UTC().Truncate(time.Second) }

// newID makes an id of Okta's form: 20 characters, prefix first. Later ids sort after earlier ones.
func (o *Org) newID(prefix string) string {
	o.serial++
	return fmt.Sprintf("%s%012dokta5", prefix, o.serial)[:20]
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, strings.Compare)
	return keys
}

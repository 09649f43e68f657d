package walkmetest

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"okta-walkme-agent/internal/fault"
)

// Tenant is one WalkMe tenant. It is an http.Handler, for a server of one's own
// or a test without sockets (Transport); Start serves it on a loopback port.
// All methods may be called concurrently.
type Tenant struct {
	opts   Options
	allow  map[Rule]bool
	url    string
	server *http.Server
	closed chan struct{}
	late   atomic.Int64 // how late timers ring, in nanoseconds
	once   sync.Once

	gzips, zlibs sync.Pool // compressors

	mu          sync.Mutex
	credentials credentials
	quirks      *Quirks // replaced as a whole
	hook        func(*Request) Fault
	rules       fault.Rules
	users       store[*userRecord]
	groups      store[*groupRecord]
	invitations int
	handled     int // requests that the rate limit counts

	seq        int
	requests   []*Request
	violations []string
	inFlight   int
	peak       int
	writing    map[string]int // group id to the writes in flight
}

// credentials are the header values that are right: none when they are revoked.
type credentials struct {
	basic, bearer string
	revoked       bool
}

// Email is User.Extra of an account with one work address, which is the primary
// one. An empty address is none.
func Email(address string) map[string]any {
	if address == "" {
		return nil
	}
	return map[string]any{"emails": []any{map[string]any{"value": address, "type": "work", "primary": true}}}
}

// New makes a tenant that is not served yet: URL is empty.
func New(opts Options) *Tenant {
	opts = opts.withDefaults()
	t := &Tenant{
		opts:    opts,
		allow:   make(map[Rule]bool),
		closed:  make(chan struct{}),
		quirks:  &opts.Quirks,
		users:   newStore[*userRecord](),
		groups:  newStore[*groupRecord](),
		writing: make(map[string]int),
	}
	for _, rule := range opts.Allow {
		t.allow[rule] = true
	}
	t.credentials.basic = basicHeader(opts.Username, opts.Password)
	if opts.Token != "" {
		t.credentials.bearer = "Bearer " + opts.Token
	}
	if opts.Authorization != "" {
		t.credentials = credentials{basic: opts.Authorization}
	}
	return t
}

// Start serves a new tenant over HTTP on a free port of 127.0.0.1. It panics
// when there is none. The caller closes the tenant.
func Start(opts Options) *Tenant {
	t := New(opts)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic("walkmetest: listen: " + err.Error())
	}
	t.url = "http://" + listener.Addr().String() + t.opts.BasePath
	t.server = &http.Server{Handler: t, ReadHeaderTimeout: time.Minute}
	go func() { _ = t.server.Serve(listener) }() // ends with Close
	return t
}

// URL is the SCIM base URL, base path included, without a slash at its end.
func (t *Tenant) URL() string { return t.url }

// Authorization is the value of the header that the tenant accepts, as it is
// typed into Okta's API Token field: "Basic …".
func (t *Tenant) Authorization() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.credentials.basic
}

// SetCredentials replaces the Basic credential and revokes the Bearer token.
// WalkMe has no rotation: a new credential is a new integration.
func (t *Tenant) SetCredentials(username, password string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.credentials = credentials{basic: basicHeader(username, password)}
}

// SetQuirks replaces the quirks. What is stored stays as it is.
func (t *Tenant) SetQuirks(q Quirks) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.quirks = &q
}

// Invitations is the number of invitation e-mails that WalkMe would have sent:
// one for each user that was created through SCIM.
func (t *Tenant) Invitations() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.invitations
}

// Close stops serving, breaks open connections and ends every delay.
func (t *Tenant) Close() {
	t.once.Do(func() {
		close(t.closed)
		if t.server != nil {
			_ = t.server.Close() // a listener that is closed already is closed
		}
	})
}

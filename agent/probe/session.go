package probe

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/time/rate"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// session is one run: the clients, what it has made, what it has learned.
type session struct {
	options Options
	target  string
	run     string       // prefix of every name of this run
	serial  atomic.Int64 // of the next name
	conduit *conduit
	clients map[walkme.Profile]*walkme.Client
	plain   *walkme.Client // posts neither password nor groups
	careful *walkme.Client // the agent's own ways, for the clean-up
	hidden  []string       // what of the credential must not be shown

	removals map[scim.Type]support // whether DELETE has an effect

	outOfTime bool // a check was skipped, or cut off, because the time was up

	seeded   *account     // made where the server had no account
	posts    atomic.Int32 // support of Okta's POST of a user; no: without password and groups alone
	refusals int          // fixtures that could not be made, in a row
	groups   support
	echoes   support    // whether members are shown
	members  []*account // see pool
	crowd    []*account
	lives    map[walkme.Profile]*life
	advice   advice
	lived    map[string]bool // checks that failed, and a switch was seen to help
	lost     map[string]bool // checks that failed, and nothing helps
}

// support is what is known about a feature.
type support int

const (
	unknown support = iota
	yes
	no
)

func supported(b bool) support {
	if b {
		return yes
	}
	return no
}

// connect builds the conduit and the clients over it.
func (s *session) connect() error {
	var id [3]byte
	if _, err := rand.Read(id[:]); err != nil {
		return fmt.Errorf("probe: name of the run: %w", err)
	}
	s.run = s.options.Prefix + "-" + hex.EncodeToString(id[:])
	s.removals = map[scim.Type]support{}
	s.lives, s.lived, s.lost = map[walkme.Profile]*life{}, map[string]bool{}, map[string]bool{}
	s.conduit = &conduit{next: s.options.Transport, writes: s.options.AllowWrites, ledger: ledger{run: s.run}}
	if s.options.RequestsPerSecond > 0 {
		s.conduit.pace = rate.NewLimiter(rate.Limit(s.options.RequestsPerSecond), 1)
	}
	wire := walkme.StrictWire() // Okta's requests, and no others
	wire.ExactNumbers = false   // which has a check of its own
	for _, p := range []walkme.Profile{walkme.OIN, walkme.AIW} {
		client, err := s.client(p, wire)
		if err != nil {
			return fmt.Errorf("probe: %w", err)
		}
		s.clients[p] = client
	}
	s.target = s.clients[walkme.OIN].Target()
	req, err := s.clients[walkme.OIN].NewRequest(context.Background(), http.MethodGet, "/Users", nil)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	authorization := req.Header.Get("Authorization")
	_, value, _ := strings.Cut(authorization, " ")
	s.hidden, s.conduit.authorization = []string{authorization, value}, authorization
	if s.options.Auth.Password != "" {
		s.hidden = append(s.hidden, s.options.Auth.Password)
	}
	u, err := url.Parse(s.target)
	if err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	s.conduit.base = u.EscapedPath()
	if s.careful, err = s.client(walkme.OIN, walkme.DefaultWire()); err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	wire.SendPassword, wire.SendGroups = false, false
	if s.plain, err = s.client(walkme.OIN, wire); err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	return nil
}

// client makes a client of this run. It neither paces nor times out: the conduit does.
func (s *session) client(p walkme.Profile, wire walkme.Wire) (*walkme.Client, error) {
	return walkme.NewClient(walkme.Config{
		BaseURL: s.options.Target, Auth: s.options.Auth, Profile: p, Wire: wire,
		MaxInFlight: 16, Timeout: 10 * oktaTimeout, UpdateAttributes: true, Transport: s.conduit,
	})
}

// seed makes one account on a server that has none: Okta's SPEC suite needs one.
func (s *session) seed(ctx context.Context) {
	if !s.options.AllowWrites {
		return
	}
	t := s.trial(ctx, &Check{})
	x := t.get("/Users?startIndex=1&count=2")
	if x.ok() && len(x.object().list("Resources")) == 0 {
		s.seeded = t.account("seed")
	}
}

// label makes a name that nothing else of this run has.
func (s *session) label(slug string) string {
	return fmt.Sprintf("%s-%s-%d", s.run, slug, s.serial.Add(1))
}

// userName makes a user name of this run.
func (s *session) userName(slug string) string { return s.label(slug) + "@" + s.options.Domain }

// ours tells whether a name is one of this run's.
func (s *session) ours(name string) bool {
	return bears(name, s.run)
}

// first is the dialect of checks that have none of their own.
func (s *session) first() walkme.Profile { return s.options.Dialects[0] }

func (s *session) speaks(p walkme.Profile) bool { return slices.Contains(s.options.Dialects, p) }

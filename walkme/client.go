package walkme

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"

	"golang.org/x/time/rate"
)

// Client is a SCIM client of one WalkMe tenant. It is safe for concurrent use,
// but never let two writes to one group run at once: servers are known that
// lose members then.
type Client struct {
	base             string // without a slash at its end
	authorization    string
	secrets          []string // never to be shown, the longest first
	profile          Profile
	wire             Wire
	matching         Matching
	updateAttributes bool
	log              *slog.Logger
	random           io.Reader

	http  *http.Client
	pause *pause
	own   *http.Transport // nil if the caller gave one

	// echoes is true once the server has shown a member of any group. Until
	// then an empty list of members proves nothing: some servers always
	// show one.
	echoes atomic.Bool

	// cut is CutAt.
	cut     atomic.Int64
	lengths lengths

	// showsExternalIDs is true once the server has shown an externalId.
	showsExternalIDs atomic.Bool

	// speaksSCIM is true once the server has answered a read. Until then a 404
	// without words of SCIM may be a gateway's.
	speaksSCIM atomic.Bool
}

// NewClient checks the configuration; it makes no request. Its errors name what
// is wrong and never show a credential.
func NewClient(cfg Config) (*Client, error) {
	base, err := parseBaseURL(cfg.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("walkme: %w", err)
	}
	authorization, err := cfg.Auth.header()
	if err != nil {
		return nil, fmt.Errorf("walkme: %w", err)
	}
	if cfg.Profile != OIN && cfg.Profile != AIW {
		return nil, fmt.Errorf("walkme: profile is %q or %q, not %q", OIN, AIW, cfg.Profile)
	}
	wire, err := cfg.Wire.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("walkme: %w", err)
	}
	if m := cmp.Or(cfg.Matching, MatchLookup); m != MatchLookup && m != MatchList && m != MatchAuto {
		return nil, fmt.Errorf("walkme: matching is %q, %q or %q, not %q", MatchLookup, MatchList, MatchAuto, m)
	}
	if cfg.MaxInFlight < 0 || cfg.RequestsPerSecond < 0 || cfg.Timeout < 0 {
		return nil, fmt.Errorf("walkme: a limit is negative")
	}
	c := &Client{
		base:             base.String(),
		authorization:    authorization,
		secrets:          append(secretsOf(authorization), proxySecrets(base.String())...),
		profile:          cfg.Profile,
		wire:             wire,
		matching:         cmp.Or(cfg.Matching, MatchLookup),
		updateAttributes: cfg.UpdateAttributes,
		log:              cmp.Or(cfg.Logger, slog.New(slog.DiscardHandler)),
		random:           cfg.Rand,
		pause:            &pause{told: cfg.Waiting},
	}
	if c.random == nil {
		c.random = rand.Reader
	}
	c.http = &http.Client{Transport: c.admission(cfg), CheckRedirect: sameHost}
	return c, nil
}

func (c *Client) admission(cfg Config) *admission {
	a := &admission{
		base:    cfg.Transport,
		slots:   make(chan struct{}, cmp.Or(cfg.MaxInFlight, defaultMaxInFlight)),
		pause:   c.pause,
		timeout: cmp.Or(cfg.Timeout, defaultTimeout),
		secrets: c.secrets,
	}
	if a.base == nil {
		c.own = NewTransport()
		a.base = c.own
	}
	if cfg.RequestsPerSecond > 0 {
		a.rate = rate.NewLimiter(rate.Limit(cfg.RequestsPerSecond), 1)
	}
	return a
}

// secretsOf lists what of a credential could turn up in a server's text: the
// header value, what follows the scheme, and the password.
func secretsOf(authorization string) []string {
	scheme, value, _ := strings.Cut(authorization, " ")
	secrets := []string{authorization, value}
	if scheme == "Basic" {
		text, _ := base64.StdEncoding.DecodeString(value)
		_, password, _ := strings.Cut(string(text), ":")
		secrets = append(secrets, string(text), password)
	}
	return secrets
}

// Close closes idle connections. A transport that the caller gave is left alone.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}

// Target returns the SCIM base URL, without a slash at its end.
func (c *Client) Target() string { return c.base }

// TestCredentials makes the request of Okta's "Test API Credentials" button, and
// with groups the one that follows it when group push is on. Nothing is
// written. An *AnswerError means that something answered which is not SCIM, as
// it does behind a wrong base URL.
func (c *Client) TestCredentials(ctx context.Context, groups bool) error {
	if _, _, err := c.page(ctx, usersPath, "", 1, testSize); err != nil {
		return fmt.Errorf("walkme: test credentials: list users: %w", err)
	}
	if !groups {
		return nil
	}
	if _, _, err := c.page(ctx, groupsPath, "", 1, pageSize); err != nil {
		return fmt.Errorf("walkme: test credentials: list groups: %w", err)
	}
	return nil
}

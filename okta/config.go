package okta

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config says which app of which org to read, and how.
type Config struct {
	// OrgURL is the org's address, such as https://acme.okta.com, without a
	// path. Plain http is accepted for loopback addresses only. The address of
	// the admin console (acme-admin.okta.com) is refused.
	OrgURL string

	// AppID is the id of the app instance, 0oa….
	AppID string

	// APIToken is an API token ("SSWS"). Exactly one of APIToken and
	// PrivateKey is set.
	APIToken string

	// ClientID is the id of an OAuth 2.0 service app. It goes with PrivateKey.
	ClientID string

	// KeyID is the kid of PrivateKey as registered at the service app. It may
	// be empty when the app has one key only.
	KeyID string

	// PrivateKey signs the client assertion (RFC 7523). It is PEM: PKCS#1 or
	// PKCS#8, RSA or EC.
	PrivateKey []byte

	// DPoP says when access tokens are bound to a key that the client makes and
	// keeps to itself. "" means DPoPAuto. It has no effect with an API token.
	DPoP DPoP

	// Scopes are asked for with each access token; nil means DefaultScopes.
	Scopes []string

	// RateLimitShare is the part of what is left of each of Okta's rate windows
	// that this client may use up, in (0,1]; the rest stays for the other
	// programs of the org. 0 means 0.5.
	RateLimitShare float64

	// MaxPeople bounds every list, in entries. One that goes on beyond is no list:
	// the read fails with ErrTooLong. 0 means 2,000,000.
	MaxPeople int

	// UserAgent is appended to the SDK's own, e.g. "okta-walkme-agent/1.2.3".
	UserAgent string

	// Transport carries every single try, token requests included. nil means
	// NewTransport.
	Transport http.RoundTripper

	// Timeout bounds one try from the first byte sent to the last byte read.
	// Waiting for a rate window is not part of it. 0 means 60 seconds.
	Timeout time.Duration

	// RetryWait is the pause before the first retry of a 5xx answer or a broken
	// connection; it doubles with each of the five retries. 0 means 500 ms.
	RetryWait time.Duration

	// Waiting, if set, hears of every wait before it begins, from many goroutines.
	Waiting func(Wait)

	// Logger hears of waits and retries. It never receives a token, an
	// assertion, a query or a profile. nil discards.
	Logger *slog.Logger
}

// Wait is a time in which requests do not leave.
type Wait struct {
	Since, Until time.Time
	Reason       string // what is waited for, in words
	Path         string // template of the path that is held back; "" when unknown
}

const (
	defaultShare     = 0.5
	defaultTimeout   = time.Minute
	defaultRetryWait = 500 * time.Millisecond
	defaultMaxPeople = 2_000_000
)

// DefaultScopes returns the OAuth 2.0 scopes that a snapshot needs. Events
// needs okta.logs.read besides.
func DefaultScopes() []string {
	return []string{"okta.apps.read", "okta.groups.read", "okta.users.read"}
}

// NewTransport returns the transport that a nil Config.Transport stands for:
// proxies from the environment, a bounded dial and handshake, and idle
// connections for a handful of concurrent requests. Config.Timeout bounds the
// rest.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  proxyFromEnvironment,
		OnProxyConnectResponse: refusedByProxy,
		DialContext:            (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    15 * time.Second,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConns:           16,
		MaxIdleConnsPerHost:    8,
		ForceAttemptHTTP2:      true,
	}
}

// withDefaults returns cfg with every zero value replaced, and OrgURL in the
// form the SDK wants: scheme and host alone.
func (cfg Config) withDefaults() (Config, error) {
	org, err := parseOrgURL(cfg.OrgURL)
	if err != nil {
		return cfg, err
	}
	cfg.OrgURL = org
	cfg.RateLimitShare = cmp.Or(cfg.RateLimitShare, defaultShare)
	cfg.Timeout = cmp.Or(cfg.Timeout, defaultTimeout)
	cfg.RetryWait = cmp.Or(cfg.RetryWait, defaultRetryWait)
	cfg.DPoP = cmp.Or(cfg.DPoP, DPoPAuto)
	cfg.MaxPeople = cmp.Or(cfg.MaxPeople, defaultMaxPeople)
	if cfg.Scopes == nil {
		cfg.Scopes = DefaultScopes()
	}
	if cfg.Transport == nil {
		cfg.Transport = NewTransport()
	}
	if cfg.Waiting == nil {
		cfg.Waiting = func(Wait) {}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return cfg, cfg.validate()
}

func (cfg Config) validate() error {
	switch {
	case cfg.AppID == "":
		return errors.New("okta: the app id is missing")
	case !isSegment(cfg.AppID):
		return fmt.Errorf("okta: app id %q is not an id", cfg.AppID)
	case cfg.APIToken == "" && len(cfg.PrivateKey) == 0:
		return errors.New("okta: neither an API token nor a private key is given")
	case cfg.APIToken != "" && len(cfg.PrivateKey) != 0:
		return errors.New("okta: both an API token and a private key are given; exactly one is needed")
	case len(cfg.PrivateKey) != 0 && cfg.ClientID == "":
		return errors.New("okta: the client id that goes with the private key is missing")
	case strings.ContainsAny(cfg.APIToken, " \t\r\n"):
		return errors.New("okta: the API token contains white space")
	case !(cfg.RateLimitShare > 0 && cfg.RateLimitShare <= 1):
		return fmt.Errorf("okta: rate limit share %v is not above 0 and at most 1", cfg.RateLimitShare)
	case cfg.DPoP != DPoPAuto && cfg.DPoP != DPoPAlways && cfg.DPoP != DPoPNever:
		return fmt.Errorf("okta: DPoP is %q, %q or %q, not %q", DPoPAuto, DPoPAlways, DPoPNever, cfg.DPoP)
	case cfg.MaxPeople < 0:
		return errors.New("okta: the bound on lists is negative")
	case cfg.Timeout < 0 || cfg.RetryWait < 0:
		return errors.New("okta: a time-out or retry wait is negative")
	}
	return nil
}

// parseOrgURL accepts scheme and host, and a trailing slash. A path would end
// up in the audience of the client assertion.
func parseOrgURL(s string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	switch {
	case s == "":
		return "", errors.New("okta: the org URL is missing")
	case err != nil || u.Host == "":
		return "", errors.New("okta: the org URL is not of the form https://acme.okta.com")
	case u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		return "", fmt.Errorf("okta: org URL with more than scheme and host; use %s://%s", u.Scheme, u.Host)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "", fmt.Errorf("okta: org URL http://%s is not encrypted; use https", u.Host)
	case u.Scheme != "http" && u.Scheme != "https":
		return "", fmt.Errorf("okta: org URL scheme %q; use https", u.Scheme)
	}
	return u.Scheme + "://" + u.Host, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

package configs

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"regexp"
	"strings"
	"unicode"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
)

// logsScope lets a service app read the System Log, for the watch.
const logsScope = "okta.logs.read"

// OktaClient is the configuration of the Okta client, secrets resolved. Transport
// is set, so that a caller can wrap it; Logger and UserAgent are the caller's. The
// error is *[Errors], with every secret and file that is missing.
func (c *Config) OktaClient() (okta.Config, error) {
	r := c.resolver()
	transport := okta.NewTransport()
	r.trust(transport, "okta.ca_file", c.Okta.CAFile)
	out := okta.Config{
		OrgURL:         c.Okta.OrgURL,
		AppID:          c.Okta.AppID,
		APIToken:       r.secret("okta.auth.api_token", c.Okta.Auth.APIToken),
		ClientID:       c.Okta.Auth.ClientID,
		KeyID:          c.Okta.Auth.KeyID,
		DPoP:           okta.DPoP(c.Okta.Auth.DPoP),
		RateLimitShare: c.Okta.RateLimitShare,
		MaxPeople:      c.Okta.MaxPeople,
		Timeout:        c.Okta.Timeout,
		Transport:      transport,
	}
	if wrong, hint := wrongToken(out.APIToken); wrong != "" {
		r.add("okta.auth.api_token", string(c.Okta.Auth.APIToken)+": "+wrong, hint)
	}
	if key := r.secret("okta.auth.private_key", c.Okta.Auth.PrivateKey); key != "" {
		out.PrivateKey = []byte(key)
		if err := okta.CheckPrivateKey(out.PrivateKey); err != nil {
			r.add("okta.auth.private_key", string(c.Okta.Auth.PrivateKey)+": "+err.Error(), "")
		}
	}
	if err := r.err(); err != nil {
		return okta.Config{}, err
	}
	return out, nil
}

// assigned is a value with its name, as a line of an environment file has it.
var assigned = regexp.MustCompile(`^(export )?[A-Z_][A-Z0-9_]*=`)

// wrongToken says what an API token cannot be, without quoting it.
func wrongToken(token string) (wrong, hint string) {
	switch {
	case assigned.MatchString(token):
		return "the token stands behind NAME=, as in an environment file", "keep the token alone there"
	case strings.ContainsFunc(token, blank):
		return "the token contains a blank", "keep the token alone there, without SSWS before it"
	}
	return "", ""
}

func blank(r rune) bool { return unicode.IsSpace(r) || isControl(r) }

// OktaLogClient is like OktaClient, for the client that follows the System Log. It
// asks for that one scope in tokens of its own, because Okta refuses a token as a
// whole when one of its scopes is not granted.
func (c *Config) OktaLogClient() (okta.Config, error) {
	out, err := c.OktaClient()
	out.Scopes = []string{logsScope}
	return out, err
}

// WalkMeClient is the configuration of the SCIM client, secrets resolved.
// Transport is set, so that a caller can wrap it; Logger and Rand are the
// caller's. The error is *[Errors], with every secret and file that is missing.
func (c *Config) WalkMeClient() (walkme.Config, error) {
	r := c.resolver()
	transport := walkme.NewTransport()
	r.trust(transport, "walkme.ca_file", c.WalkMe.CAFile)
	out := walkme.Config{
		BaseURL: c.WalkMeURL(),
		Auth: walkme.Auth{
			Username: r.line("walkme.auth.username", c.WalkMe.Auth.Username),
			Password: r.line("walkme.auth.password", c.WalkMe.Auth.Password),
			Token:    r.line("walkme.auth.token", c.WalkMe.Auth.Token),
		},
		Profile:           walkme.Profile(c.WalkMe.WireProfile),
		Wire:              c.wire(),
		Matching:          walkme.Matching(c.WalkMe.Matching),
		MaxInFlight:       c.WalkMe.MaxInFlight,
		RequestsPerSecond: c.WalkMe.RequestsPerSecond,
		Timeout:           c.WalkMe.Timeout,
		UpdateAttributes:  c.Provisioning.UpdateUserAttributes,
		Transport:         transport,
	}
	if err := r.err(); err != nil {
		return walkme.Config{}, err
	}
	return out, nil
}

// WalkMeURL is the SCIM base URL: that of the region, or the one given instead.
func (c *Config) WalkMeURL() string {
	if region, ok := walkme.RegionURL(c.WalkMe.Region); ok {
		return region
	}
	return c.WalkMe.BaseURL
}

// resolver fetches what the file refers to, and reports what it does not find at
// the place of the reference.
type resolver struct {
	problems
	env Env
}

func (c *Config) resolver() *resolver {
	return &resolver{problems: problems{source: c.source}, env: c.env}
}

// secret is "" where the file gives no reference.
func (r *resolver) secret(path string, s Secret) string {
	if s == "" {
		return ""
	}
	value, f := s.resolve(r.env)
	if f != nil {
		r.add(path, string(s)+": "+f.msg, f.hint)
	}
	return value
}

// line is a secret of one line.
func (r *resolver) line(path string, s Secret) string {
	value := r.secret(path, s)
	if f := oneLine(value); f != nil {
		r.add(path, string(s)+": "+f.msg, f.hint)
	}
	return value
}

// trust makes a transport accept certificates of a private CA besides those of
// the system's, and nothing older than TLS 1.2 in any case.
func (r *resolver) trust(transport *http.Transport, path, file string) {
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{}
	}
	transport.TLSClientConfig.MinVersion = max(transport.TLSClientConfig.MinVersion, tls.VersionTLS12)
	if file == "" {
		return
	}
	data, _, err := r.env.read(file)
	if err != nil {
		r.add(path, file+": the file cannot be read: "+reason(err), "")
		return
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a host without certificates of its own
	}
	if !pool.AppendCertsFromPEM(data) {
		r.add(path, file+": the file holds no certificate in PEM format", "")
		return
	}
	transport.TLSClientConfig.RootCAs = pool
}

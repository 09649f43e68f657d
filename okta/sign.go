package okta

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v3"
	"github.com/go-jose/go-jose/v3/jwt"
)

// tokenPath is where access tokens come from.
const tokenPath = "/oauth2/v1/token"

func isTokenPath(u *url.URL) bool { return u.Path == tokenPath }

// signing is the transport that makes what every single try needs anew: the client
// assertion of a token request, and the DPoP proof. Okta takes neither twice. It is
// the innermost of the package, because whatever retries lies above it.
type signing struct {
	cfg    Config
	key    jose.Signer // of client assertions; nil with an API token
	prover *prover     // nil with an API token
	veil   *veil
	next   http.RoundTripper
}

// RoundTrip signs a request and sends it.
func (s *signing) RoundTrip(req *http.Request) (*http.Response, error) {
	signed, err := s.sign(req)
	if err != nil {
		return nil, err
	}
	resp, err := s.next.RoundTrip(signed)
	if err != nil {
		return nil, s.veil.hideError(err)
	}
	if s.prover != nil {
		s.prover.observe(req.URL, resp.Header)
	}
	return resp, nil
}

func (s *signing) sign(req *http.Request) (*http.Request, error) {
	if s.key == nil {
		return req, nil
	}
	out := req.Clone(req.Context())
	token := ""
	if isTokenPath(req.URL) {
		if err := s.assert(out); err != nil {
			return nil, err
		}
	} else {
		_, token, _ = strings.Cut(req.Header.Get("Authorization"), " ")
	}
	if !s.prover.on.Load() {
		return out, nil
	}
	proof, err := s.prover.proof(req.Method, req.URL, token)
	if err != nil {
		return nil, err
	}
	out.Header.Set("DPoP", proof)
	if token != "" {
		out.Header.Set("Authorization", "DPoP "+token)
	}
	return out, nil
}

// The client assertion (RFC 7523) lives five minutes, of which the first lies in
// the past: a clock that is a little ahead of Okta's, or behind it, does no harm.
const (
	assertionLife  = 5 * time.Minute
	assertionStart = -time.Minute
)

// assert puts a client assertion into the form of a token request.
func (s *signing) assert(req *http.Request) error {
	text, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return err
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return err
	}
	from := time.Now().Add(assertionStart)
	assertion, err := jwt.Signed(s.key).Claims(jwt.Claims{
		Issuer: s.cfg.ClientID, Subject: s.cfg.ClientID, Audience: jwt.Audience{s.cfg.OrgURL + tokenPath},
		IssuedAt: jwt.NewNumericDate(from), Expiry: jwt.NewNumericDate(from.Add(assertionLife)), ID: uniqueID(),
	}).CompactSerialize()
	if err != nil {
		return err
	}
	s.veil.learn(assertion)
	form.Set("client_assertion", assertion)
	body := form.Encode()
	req.Body, req.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(body)), nil }
	return nil
}

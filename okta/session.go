package okta

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-jose/go-jose/v3"
	sdk "github.com/okta/okta-sdk-golang/v2/okta"
)

// session has the Okta SDK build authenticated requests. With a private key the
// SDK fetches an access token while it builds a request, without regard to any
// context and once per goroutine; so requests are built one at a time, and the
// session is the transport of that token call.
type session struct {
	cfg    Config
	signer jose.Signer // nil with an API token
	prover *prover     // nil with an API token
	veil   *veil
	retry  http.RoundTripper

	idle   chan struct{}   // holds one value while no request is built
	caller context.Context // of the request being built
	client *sdk.Client
	serial int // of client, which is as old as the access token it keeps
}

func newSession(ctx context.Context, cfg Config) (*session, error) {
	s := &session{cfg: cfg, veil: &veil{}, idle: make(chan struct{}, 1)}
	s.veil.learn(cfg.APIToken)
	s.veil.learnProxy(cfg.OrgURL)
	var err error
	if len(cfg.PrivateKey) > 0 {
		if s.signer, err = newSigner(cfg.PrivateKey, cfg.KeyID); err != nil {
			return nil, err
		}
		if s.prover, err = newProver(cfg.OrgURL, cfg.DPoP == DPoPAlways); err != nil {
			return nil, err
		}
	}
	s.retry = newRetrier(cfg, &signing{cfg: cfg, key: s.signer, prover: s.prover, veil: s.veil, next: cfg.Transport})
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	s.idle <- struct{}{}
	return s, nil
}

// connect makes a new SDK client, which has no access token yet. Every setter is
// given: what is not set may come from a file or variable that the SDK finds.
func (s *session) connect(ctx context.Context) error {
	mode := "SSWS"
	if s.signer != nil {
		mode = "PrivateKey"
	}
	_, client, err := sdk.NewClient(ctx,
		sdk.WithOrgUrl(s.cfg.OrgURL),
		sdk.WithAuthorizationMode(mode),
		sdk.WithToken(s.cfg.APIToken),
		sdk.WithClientId(s.cfg.ClientID),
		sdk.WithScopes(s.cfg.Scopes),
		sdk.WithPrivateKeySigner(s.signer),
		sdk.WithPrivateKey(""),
		sdk.WithPrivateKeyId(""),
		sdk.WithClientAssertion(""),
		sdk.WithHttpClientPtr(&http.Client{Transport: tokenTransport{s}, CheckRedirect: stayHere}),
		sdk.WithCache(false), sdk.WithCacheManager(nil), sdk.WithCacheTtl(0), sdk.WithCacheTti(0),
		sdk.WithConnectionTimeout(0), sdk.WithRequestTimeout(0),
		sdk.WithRateLimitMaxRetries(0), sdk.WithRateLimitMaxBackOff(0),
		sdk.WithProxyHost(""), sdk.WithProxyPort(0), sdk.WithProxyUsername(""), sdk.WithProxyPassword(""),
		sdk.WithTestingDisableHttpsCheck(strings.HasPrefix(s.cfg.OrgURL, "http://")),
		sdk.WithUserAgentExtra(s.cfg.UserAgent))
	if err != nil {
		return fmt.Errorf("okta: configuration: %w", err)
	}
	s.client = client
	s.serial++
	return nil
}

// newRequest builds a GET of path. The number stands for the access token that
// the request carries; renew takes it.
func (s *session) newRequest(ctx context.Context, path string) (*http.Request, int, error) {
	if err := s.take(ctx); err != nil {
		return nil, 0, err
	}
	defer s.give()
	req, err := s.client.CloneRequestExecutor().NewRequest(http.MethodGet, path, nil)
	if err != nil {
		if ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		return nil, 0, fmt.Errorf("access token: %w", withoutURL(err))
	}
	return req.WithContext(ctx), s.serial, nil
}

// renewable reports whether a 401 may be cured by another access token.
func (s *session) renewable() bool { return s.signer != nil }

// renew drops the access token that number stands for, unless another caller did so already.
func (s *session) renew(ctx context.Context, number int) error {
	if err := s.take(ctx); err != nil {
		return err
	}
	defer s.give()
	if s.serial != number {
		return nil
	}
	return s.connect(ctx)
}

func (s *session) take(ctx context.Context) error {
	select {
	case <-s.idle:
		s.caller = ctx
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *session) give() {
	s.caller = nil
	s.idle <- struct{}{}
}

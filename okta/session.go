package okta

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
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
	retry  http.RoundTripper

	turn   chan struct{}   // holds one value while nobody builds a request
	caller context.Context // of the request being built
	client *sdk.Client
	serial int // of client, which is as old as the access token it keeps
}

func newSession(ctx context.Context, cfg Config, retry http.RoundTripper) (*session, error) {
	s := &session{cfg: cfg, retry: retry, turn: make(chan struct{}, 1)}
	if len(cfg.PrivateKey) > 0 {
		signer, err := newSigner(cfg.PrivateKey, cfg.KeyID)
		if err != nil {
			return nil, err
		}
		s.signer = signer
	}
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	s.turn <- struct{}{}
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

// renew drops the access token that number stands for, unless somebody did so already.
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
	case <-s.turn:
		s.caller = ctx
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *session) give() {
	s.caller = nil
	s.turn <- struct{}{}
}

// tokenTransport carries the SDK's token request: under the context of the
// caller, with retries, and with the client assertion in the body instead of
// the address, where proxies and traces would keep it. The SDK sees nothing but
// a good answer: it would panic at an empty one and keep a token without a life
// time for ever.
type tokenTransport struct{ s *session }

// RoundTrip sends a token request.
func (t tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	address := *req.URL
	address.RawQuery = ""
	post, err := http.NewRequestWithContext(t.s.caller, http.MethodPost, address.String(), strings.NewReader(req.URL.RawQuery))
	if err != nil {
		return nil, err
	}
	post.Header.Set("Accept", "application/json")
	post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if t.s.cfg.UserAgent != "" {
		post.Header.Set("User-Agent", t.s.cfg.UserAgent)
	}
	resp, err := t.s.retry.RoundTrip(post)
	if err != nil {
		return nil, withoutURL(err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, t.s.refusedToken(readAPIError(resp))
	}
	defer drain(resp.Body)
	body, err := readToken(resp)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// readToken reads a token answer (RFC 6749, section 5.1) and checks what the SDK does not.
func readToken(resp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return nil, incomplete("token answer: %w", err)
	}
	var token struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int    `json:"expires_in"`
	}
	switch err := json.Unmarshal(body, &token); {
	case !isJSON(resp.Header):
		return nil, incomplete("token answer of content type %q", resp.Header.Get("Content-Type"))
	case err != nil:
		return nil, incomplete("token answer is not a JSON object")
	case strings.EqualFold(token.TokenType, "DPoP"):
		return nil, ErrDPoP
	case token.AccessToken == "" || token.ExpiresIn <= 2:
		return nil, incomplete("token answer without a token or a life time")
	}
	return body, nil
}

// refusedToken tells a refusal from an outage of the token endpoint.
func (s *session) refusedToken(e *APIError) error {
	switch {
	case e.Is(ErrDPoP):
		return fmt.Errorf("%w (%w)", ErrDPoP, e)
	case e.Is(ErrForbidden):
		return fmt.Errorf("%w (asked for %s)", e, strings.Join(s.cfg.Scopes, ", "))
	case e.Status/100 == 4 && e.Status != http.StatusTooManyRequests:
		return fmt.Errorf("%w: %w", ErrUnauthorized, e)
	}
	return e
}

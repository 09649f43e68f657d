package okta

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// tokenTransport carries the SDK's token request: under the context of the
// caller, with retries, and with the client assertion in the body instead of
// the address, where proxies and traces would keep it. The assertion is not the
// SDK's, which ends exactly an hour from now, so that a clock slightly ahead of
// Okta's gets no token; signing makes it. The SDK sees nothing but a good answer:
// it would panic at an empty one and keep a token without a life time for ever.
type tokenTransport struct{ s *session }

// maxTokenTries is how often a token is asked for: plainly, with a proof, and with
// the nonce that Okta wants in it, which may have become old meanwhile.
const maxTokenTries = 4

// RoundTrip sends a token request.
func (t tokenTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	for try := 1; ; try++ {
		resp, err := t.send(req)
		if err != nil {
			return nil, &NoAnswerError{withoutURL(err)}
		}
		if resp.StatusCode == http.StatusOK {
			return t.accept(resp)
		}
		refused := t.s.veil.readAPIError(resp)
		if try == maxTokenTries || !t.s.askedForProof(refused) {
			return nil, t.s.refusedToken(refused)
		}
	}
}

func (t tokenTransport) send(req *http.Request) (*http.Response, error) {
	form, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	form.Del("client_assertion") // signing puts a fresh one into every try
	address := *req.URL
	address.RawQuery = ""
	post, err := http.NewRequestWithContext(t.s.caller, http.MethodPost, address.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	post.Header.Set("Accept", "application/json")
	post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if t.s.cfg.UserAgent != "" {
		post.Header.Set("User-Agent", t.s.cfg.UserAgent)
	}
	return t.s.retry.RoundTrip(post)
}

// accept hands a good token answer to the SDK.
func (t tokenTransport) accept(resp *http.Response) (*http.Response, error) {
	defer drain(resp.Body)
	token, body, err := t.s.veil.readToken(resp)
	if err != nil {
		return nil, err
	}
	t.s.veil.learn(token.AccessToken)
	if bound := strings.EqualFold(token.TokenType, "DPoP"); bound != t.s.prover.on.Load() {
		return nil, fmt.Errorf("%w: the token is of type %q", ErrProof, printable(token.TokenType))
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// tokenAnswer is a successful answer of the token endpoint (RFC 6749, section 5.1).
type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
}

// readToken reads a token answer and checks what the SDK does not.
func (v *veil) readToken(resp *http.Response) (tokenAnswer, []byte, error) {
	var token tokenAnswer
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return token, nil, incomplete("token answer: %w", err)
	}
	switch err := json.Unmarshal(body, &token); {
	case !isJSON(resp.Header):
		return token, nil, fmt.Errorf("token answer: %w", v.foreign(resp.Header))
	case err != nil:
		return token, nil, incomplete("token answer is not a JSON object")
	case token.AccessToken == "" || token.ExpiresIn <= 2:
		return token, nil, incomplete("token answer without a token or a life time")
	}
	return token, body, nil
}

// askedForProof reports whether a token request that was refused may succeed with a
// DPoP proof, or with the nonce that has come with the refusal.
func (s *session) askedForProof(e *APIError) bool {
	switch {
	case s.cfg.DPoP == DPoPNever:
		return false
	case e.Code == codeUseDPoPNonce:
		s.prover.on.Store(true)
		return true
	case e.Code == codeInvalidDPoP && !s.prover.on.Load():
		s.prover.on.Store(true)
		return true
	}
	return false
}

// refusedToken tells a refusal from an outage of the token endpoint.
func (s *session) refusedToken(e *APIError) error {
	switch {
	case e.isDPoP() && s.cfg.DPoP == DPoPNever:
		return fmt.Errorf("%w (%w)", ErrDPoP, e)
	case e.isDPoP():
		return s.blameClock(e, fmt.Errorf("%w: %w", ErrProof, e))
	case e.Foreign:
		return e
	case e.Is(ErrForbidden):
		return fmt.Errorf("%w (asked for %s)", e, strings.Join(s.cfg.Scopes, ", "))
	case e.Status/100 == 4 && e.Status != http.StatusTooManyRequests:
		return s.blameClock(e, fmt.Errorf("%w: %w", ErrUnauthorized, e))
	}
	return e
}

// tellingSkew is how far two clocks may be apart before that can be why a token is
// refused. The assertion is good from a minute before now.
const tellingSkew = time.Minute

// blameClock adds ErrClock to a refusal of something that is dated, when this
// machine's clock and Okta's differ.
func (s *session) blameClock(e *APIError, err error) error {
	switch ahead := e.Ahead.Round(time.Minute); {
	case e.Ahead >= tellingSkew:
		return fmt.Errorf("%w, it is %v ahead: %w", ErrClock, ahead, err)
	case e.Ahead <= -tellingSkew:
		return fmt.Errorf("%w, it is %v behind: %w", ErrClock, -ahead, err)
	}
	return err
}

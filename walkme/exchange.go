package walkme

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"okta-walkme-agent/internal/scim"
)

// answer is an answer, its body without surrounding blanks.
type answer struct {
	status      int
	contentType string
	body        []byte
}

// exchange sends one request and returns its answer. path begins with a slash
// and is escaped; body is nil for a request without one. Any status but 2xx
// is an error; what an error means is said at Outcome.
func (c *Client) exchange(ctx context.Context, method, path string, body []byte) (*answer, error) {
	a, err := c.send(ctx, method, path, body)
	var e *scim.Error
	if errors.Is(err, scim.ErrNotFound) && errors.As(err, &e) {
		return nil, c.notFound(ctx, e, a)
	}
	if err != nil {
		return nil, err
	}
	return a, nil
}

// send is exchange without a second thought about a 404, which it returns with its
// error.
func (c *Client) send(ctx context.Context, method, path string, body []byte) (*answer, error) {
	req, err := c.request(ctx, method, path, body)
	if err != nil {
		return nil, &NotSentError{err}
	}
	p := &persistence{pause: c.pause, log: c.log, read: method == http.MethodGet}
	start := time.Now()
	resp, err := p.client(c.http).Do(req)
	if err != nil && p.waiting {
		return nil, &NotSentError{fmt.Errorf("wait for WalkMe: %w", cmp.Or(context.Cause(ctx), err))}
	}
	if err != nil {
		return nil, failure(method, err)
	}
	defer resp.Body.Close()
	note(ctx, method, resp.StatusCode)
	if resp.StatusCode == http.StatusTooManyRequests && ctx.Err() != nil {
		return nil, &NotSentError{fmt.Errorf("wait for WalkMe: %w", context.Cause(ctx))}
	}
	text, err := bodyOf(resp)
	if err != nil {
		return nil, failure(method, err)
	}
	c.log.Debug("request", "method", method, "path", pathOnly(path), "status", resp.StatusCode, "duration", time.Since(start))
	a := &answer{resp.StatusCode, resp.Header.Get("Content-Type"), bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\ufeff")))}
	if resp.StatusCode/100 != 2 {
		return a, c.refusal(method, resp, text, p.limited)
	}
	return a, nil
}

// request builds a request with the headers of Okta's SCIM client: these and no
// others, Content-Type only with a body.
func (c *Client) request(ctx context.Context, method, path string, body []byte) (*retryablehttp.Request, error) {
	var raw any // a nil []byte would be a body
	if body != nil {
		raw = body
	}
	req, err := retryablehttp.NewRequestWithContext(ctx, method, c.base+path, raw)
	if err != nil {
		return nil, withoutURL(err)
	}
	req.Header = http.Header{
		"Accept":          {"application/scim+json"},
		"Accept-Charset":  {"utf-8"},
		"User-Agent":      {"Okta SCIM Client 1.0.0"},
		"Authorization":   {c.authorization},
		"Connection":      {"Keep-Alive"},
		"Accept-Encoding": {"gzip,deflate"},
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	return req, nil
}

// NewRequest builds a request as the client sends them, credential included, for a
// caller who needs one that the client itself never makes. path begins with a slash
// and is escaped; body is nil for a request without one. The caller gets the
// answer as the server wrote it (see Decompressed), and no second try.
func (c *Client) NewRequest(ctx context.Context, method, path string, body []byte) (*http.Request, error) {
	req, err := c.request(ctx, method, path, body)
	if err != nil {
		return nil, err
	}
	if body != nil { // which retryablehttp hands over with each try
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	return req.Request, nil
}

// failure says what a request without an answer means.
func failure(method string, err error) error {
	err = withoutURL(err)
	switch {
	case is[*NotSentError](err):
		return err
	case method == http.MethodGet, errors.Is(err, ErrNotSent), neverConnected(err):
		return &NotSentError{err}
	}
	return &UnansweredError{err}
}

// neverConnected tells whether an error is from before the first byte.
func neverConnected(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" || is[*net.DNSError](err) || is[*ProxyError](err)
}

// withoutURL drops the URL that net/http puts into its errors: a look-up has a
// person's name in it.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// refusal says what an answer with another status than 2xx means. A write that
// was answered 5xx may have been applied, except that 501 and 505 are statements
// about the server. A read that was answered 5xx says nothing about its object.
func (c *Client) refusal(method string, resp *http.Response, body []byte, attempts int) error {
	e := scim.ParseError(resp.StatusCode, resp.Header.Get("Content-Type"), c.concealBody(body))
	e.Detail = c.conceal(e.Detail)
	switch {
	case resp.StatusCode/100 == 3:
		e.Detail = "redirected" + c.conceal(elsewhere(resp))
	case resp.StatusCode == http.StatusTooManyRequests:
		return fmt.Errorf("%w, %d attempts: %w", ErrRateLimited, attempts, e)
	case resp.StatusCode == http.StatusNotImplemented, resp.StatusCode == http.StatusHTTPVersionNotSupported:
	case resp.StatusCode >= 500 && method == http.MethodGet:
		return &NotSentError{e}
	case resp.StatusCode >= 500:
		return &UnansweredError{e}
	}
	return e
}

func elsewhere(resp *http.Response) string {
	to, err := resp.Location()
	if err != nil || to.Host == "" {
		return ""
	}
	return " to " + strconv.Quote(to.Scheme+"://"+to.Host) + ", which is not followed"
}

// conceal takes the credential out of a text from the server.
func (c *Client) conceal(text string) string { return concealIn(text, c.secrets) }

// concealBody takes the credential out of a body, before the text in it is cut to a
// line: a secret that was cut would not be known any more. Short ones stay, because
// they could be part of SCIM's own words, and fit into a line.
func (c *Client) concealBody(body []byte) []byte {
	for _, secret := range c.secrets {
		if len(secret) >= 2*shortestSecret {
			body = bytes.ReplaceAll(body, []byte(secret), []byte(redacted))
		}
	}
	return body
}

func concealIn(text string, secrets []string) string {
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, redacted)
	}
	return text
}

// sameHost lets net/http follow a redirect of a read within the host, and
// nothing else: the credential stays where it belongs, and a write is never
// turned into a read.
func sameHost(req *http.Request, via []*http.Request) error {
	first := via[0]
	if first.Method != http.MethodGet || req.URL.Scheme != first.URL.Scheme || req.URL.Host != first.URL.Host || len(via) > 5 {
		return http.ErrUseLastResponse
	}
	return nil
}

func pathOnly(path string) string {
	p, _, _ := strings.Cut(path, "?")
	return p
}

// resourcePath returns the path of one resource. Ids may hold anything, even a
// slash; a dot segment is escaped because it would lead elsewhere.
func resourcePath(endpoint, id string) string {
	escaped := url.PathEscape(id)
	if strings.Trim(id, ".") == "" {
		escaped = strings.ReplaceAll(escaped, ".", "%2E")
	}
	return endpoint + "/" + escaped
}

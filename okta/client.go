package okta

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Client reads one app of one org. It is safe for concurrent use; all callers
// share its pace.
type Client struct {
	cfg     Config
	host    string // of the org, with its port
	session *session
	http    *http.Client

	schemas struct { // what reads schemas, once something does
		mu     sync.Mutex
		client *Client
	}
}

// NewClient checks cfg and returns a client for it. No request is made.
//
// Nothing but cfg decides what the client does: the variables and files that
// the Okta SDK reads on its own (OKTA_CLIENT_…, ~/.okta/okta.yaml) have no
// effect. One exception is for the program to prevent, by clearing them: when such
// a variable should hold a number and does not, the SDK prints "error parsing" to
// standard output.
func NewClient(ctx context.Context, cfg Config) (*Client, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	s, err := newSession(ctx, cfg)
	if err != nil {
		return nil, err
	}
	_, host, _ := strings.Cut(cfg.OrgURL, "://")
	return &Client{cfg: cfg, host: host, session: s, http: &http.Client{Transport: s.retry, CheckRedirect: stayHere}}, nil
}

// stayHere hands a redirect to the caller as an answer: no answer of Okta's API
// is one, and the credentials are for this host only.
func stayHere(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// get asks for path, which starts with /, and returns an answer of status 200.
// The caller closes its body. A 401 renews the access token once, and a wish for
// another nonce (RFC 9449, section 9) is met once.
func (c *Client) get(ctx context.Context, path string) (*http.Response, error) {
	renewed, nonced := false, false
	for {
		req, token, err := c.session.newRequest(ctx, path)
		if err != nil {
			return nil, err
		}
		resp, err := c.http.Do(req)
		if err != nil {
			return nil, &NoAnswerError{withoutURL(err)}
		}
		if resp.StatusCode == http.StatusOK {
			return resp, nil
		}
		refused := c.session.veil.readAPIError(resp)
		switch {
		case refused.Code == codeUseDPoPNonce && !nonced: // it has come with the answer
			nonced = true
		case resp.StatusCode == http.StatusUnauthorized && !renewed && c.session.renewable():
			renewed = true
			if err := c.session.renew(ctx, token); err != nil {
				return nil, err
			}
		case refused.isDPoP():
			return nil, c.session.blameClock(refused, fmt.Errorf("%w: %w", ErrProof, refused))
		default:
			return nil, refused
		}
	}
}

// maxBodyTries is how often an answer is asked for whose body does not arrive whole.
const maxBodyTries = 3

// read asks for path and has decode read the body, of at most so many bytes. When
// the body does not arrive whole, or decode finds it incomplete, the answer is
// asked for again.
func (c *Client) read(ctx context.Context, path string, most int64, decode func(*bounded) error) (http.Header, error) {
	return c.readBy(ctx, path, func() (http.Header, error) { return c.readOnce(ctx, path, most, decode) })
}

// readBy is read with another way to try once.
func (c *Client) readBy(ctx context.Context, path string, once func() (http.Header, error)) (http.Header, error) {
	for try := 1; ; try++ {
		header, err := once()
		if err == nil || try == maxBodyTries || !isIncomplete(err) || errors.Is(err, ErrTooLong) {
			return header, err
		}
		c.cfg.Logger.DebugContext(ctx, "okta answer is read again", "path", template(urlPath(path)), "error", err.Error())
		if err := sleep(ctx, c.cfg.RetryWait<<(try-1)); err != nil {
			return nil, err
		}
	}
}

func (c *Client) readOnce(ctx context.Context, path string, most int64, decode func(*bounded) error) (http.Header, error) {
	resp, err := c.get(ctx, path)
	if err != nil {
		return nil, err
	}
	defer drain(resp.Body)
	if !isJSON(resp.Header) {
		return nil, c.session.veil.foreign(resp.Header)
	}
	err = decode(&bounded{body: resp.Body, most: most})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return resp.Header, err
}

// drain reads what little is left of a body, so that the connection can be used
// again, and closes it.
func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, 64<<10)
	_ = body.Close()
}

// element is a JSON object of Okta's API.
type element interface{ key() string }

// readObject asks for the one object at path. The time is Okta's clock.
func readObject[T element](ctx context.Context, c *Client, path string) (T, time.Time, error) {
	var v T
	header, err := c.read(ctx, path, maxObject, func(body *bounded) error {
		var fresh T
		dec := json.NewDecoder(body)
		if err := dec.Decode(&fresh); err != nil {
			return incomplete("object: %w", inWords(cutShort(err)))
		}
		if fresh.key() == "" {
			return incomplete("object without an id")
		}
		v = fresh
		return atEnd(dec)
	})
	if err != nil {
		return v, time.Time{}, err
	}
	return v, clock(header), nil
}

// clock is the Date of an answer: Okta's clock. An answer without one is dated here.
func clock(header http.Header) time.Time {
	t, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return time.Now().UTC()
	}
	return t.UTC()
}

// apiPath joins segments, each escaped, behind /api/v1. An id that is not a
// path segment of its own (empty, "." or "..") is an error: it would ask
// another endpoint.
func apiPath(query url.Values, segments ...string) (string, error) {
	var b strings.Builder
	b.WriteString("/api/v1")
	for _, s := range segments {
		if !isSegment(s) {
			return "", fmt.Errorf("okta: %q is not an id", s)
		}
		b.WriteString("/" + url.PathEscape(s))
	}
	if len(query) > 0 {
		b.WriteString("?" + query.Encode())
	}
	return b.String(), nil
}

func isSegment(s string) bool { return s != "" && s != "." && s != ".." }

func urlPath(path string) string {
	p, _, _ := strings.Cut(path, "?")
	return p
}

// counterKey is the context key of a request counter.
type counterKey struct{}

// withCounter returns a context whose requests, every single try, are counted.
func withCounter(ctx context.Context) (context.Context, *atomic.Int64) {
	n := new(atomic.Int64)
	return context.WithValue(ctx, counterKey{}, n), n
}

func countRequest(ctx context.Context) {
	if n, ok := ctx.Value(counterKey{}).(*atomic.Int64); ok {
		n.Add(1)
	}
}

// sleep waits for d or for the end of ctx, whose error it then returns.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

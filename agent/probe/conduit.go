package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/time/rate"

	"okta-walkme-agent/walkme"
)

const (
	oktaTimeout  = 60 * time.Second // after which Okta gives a request up
	maxObjects   = 400              // that one run may make
	maxTries     = 10               // of a request that is answered 429, as Okta
	longestWait  = 2 * time.Minute  // that a run waits for one 429
	shortWait    = time.Second      // after a 429 that does not say how long; it doubles
	longestGuess = 30 * time.Second
	writeGrace   = 3 * time.Second // that a write on the wire still has when the run is interrupted
	maxBody      = 32 << 20
)

// conduit is the one way of a run to the server: transport of both clients and of
// the requests made by hand. It is safe for concurrent use.
type conduit struct {
	next   http.RoundTripper
	base   string // path of the base URL, escaped, without a slash at its end
	writes bool
	pace   *rate.Limiter // nil: as fast as the server answers
	rush   atomic.Bool   // the run was interrupted

	authorization string      // the header of the run's own requests
	trusted       atomic.Bool // the server has taken it

	mu       sync.Mutex
	ledger   ledger
	log      []*Exchange
	limited  []*Exchange // answered 429
	badRetry *Exchange   // one of them that did not say how long, in whole seconds
	stopped  string      // why the run must not go on
}

type trialKey struct{}

// RoundTrip implements http.RoundTripper. The body of its answer is in memory and
// decompressed.
func (c *conduit) RoundTrip(req *http.Request) (*http.Response, error) {
	sent, err := bodyOf(req)
	if err != nil {
		return nil, err
	}
	x := &Exchange{Method: req.Method, Path: c.below(req.URL), Sent: sent}
	made, err := c.admit(x)
	if err == nil {
		err = c.spare(req, x)
	}
	if err != nil {
		return nil, err
	}
	var resp *http.Response
	for try := 1; ; try++ {
		if resp, err = c.attempt(req, x); err != nil {
			break
		}
		if resp.StatusCode != http.StatusTooManyRequests {
			break
		}
		if err = c.sitOut(req.Context(), x, resp, try); err != nil {
			resp = nil
			break
		}
	}
	c.keep(req.Context(), x)
	if made != nil {
		c.identify(made, x)
	}
	c.learn(req, x)
	return resp, err
}

func bodyOf(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	defer req.Body.Close() //nolint:errcheck // it was only read
	return io.ReadAll(req.Body)
}

// below is the part of a URL that the base URL does not have.
func (c *conduit) below(u *url.URL) string {
	return strings.TrimPrefix(u.RequestURI(), c.base)
}

// admit refuses what a run may not send, and remembers what it is about to create.
func (c *conduit) admit(x *Exchange) (*creation, error) {
	read := x.Method == http.MethodGet || x.Method == http.MethodHead
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.stopped != "":
		return nil, fmt.Errorf("%s: %w", c.stopped, walkme.ErrNotSent)
	case read:
		return nil, nil
	case !c.writes:
		return nil, fmt.Errorf("%s in a run that only reads: %w", x.Method, walkme.ErrNotSent)
	}
	return c.ledger.announce(x)
}

// attempt sends the request once.
func (c *conduit) attempt(req *http.Request, x *Exchange) (*http.Response, error) {
	if err := c.keepPace(req.Context()); err != nil {
		x.Err = err
		return nil, fmt.Errorf("%w: %w", walkme.ErrNotSent, err)
	}
	ctx, cancel := attempt(req.Context(), x.Method != http.MethodGet)
	defer cancel()
	out := req.Clone(ctx)
	out.Body, out.GetBody = nil, nil
	if len(x.Sent) > 0 {
		out.Body = io.NopCloser(bytes.NewReader(x.Sent))
		out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(x.Sent)), nil }
		out.ContentLength = int64(len(x.Sent))
	}
	start := time.Now()
	resp, err := c.next.RoundTrip(out)
	if err == nil {
		x.Status, x.Header = resp.StatusCode, resp.Header
		x.Body, err = readAll(resp)
	}
	x.Took = time.Since(start)
	for _, ended := range []context.Context{ctx, req.Context()} {
		if cause := context.Cause(ended); err != nil && (errors.Is(cause, errTooSlow) || errors.Is(cause, errUnanswered)) {
			err = cause
		}
	}
	if err != nil {
		x.Status, x.Err = 0, err
		return nil, err
	}
	x.Err = nil
	resp.Body, resp.ContentLength, resp.Request = io.NopCloser(bytes.NewReader(x.Body)), int64(len(x.Body)), req
	resp.Header = resp.Header.Clone()
	resp.Header.Del("Content-Encoding")
	return resp, nil
}

// keepPace waits for the turn of a request, and at most until the run ends. A limiter's
// own Wait gives up at once when the turn would come too late: the check would fail for
// it while the run has time left.
func (c *conduit) keepPace(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if c.pace == nil {
		return nil
	}
	turn := c.pace.Reserve()
	timer := time.NewTimer(turn.Delay())
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		turn.Cancel()
		return context.Cause(ctx)
	}
}

// errTooSlow is Okta's limit for one request.
var errTooSlow = fmt.Errorf("no answer within %s", oktaTimeout)

// attempt bounds one attempt by Okta's time-out. A write that is on the wire when the
// run is interrupted may still be answered for a moment: what it made must be known.
func attempt(ctx context.Context, write bool) (context.Context, context.CancelFunc) {
	if !write {
		return context.WithTimeoutCause(ctx, oktaTimeout, errTooSlow)
	}
	own, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), oktaTimeout, errTooSlow)
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(writeGrace, cancel)
		context.AfterFunc(own, func() { timer.Stop() })
	})
	return own, func() { stop(); cancel() }
}

// readAll reads an answer into memory.
func readAll(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close() //nolint:errcheck // it was only read
	plain, err := walkme.Decompressed(resp)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(plain, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	if len(body) > maxBody {
		return nil, fmt.Errorf("the answer is longer than %d bytes", maxBody)
	}
	return body, nil
}

// sitOut waits as a 429 asks, so that neither client sees it. It fails when the
// server asks for more than a run can give.
func (c *conduit) sitOut(ctx context.Context, x *Exchange, resp *http.Response, try int) error {
	wait, usable := retryAfter(resp.Header.Get("Retry-After"))
	if !usable {
		wait = retryablehttp.DefaultBackoff(shortWait, longestGuess, try-1, nil)
	}
	c.mu.Lock()
	c.limited = append(c.limited, x)
	if !usable && c.badRetry == nil {
		c.badRetry = &Exchange{Method: x.Method, Path: x.Path, Status: x.Status, Header: x.Header, Body: x.Body}
	}
	if wait > longestWait || try >= maxTries {
		c.stopped = fmt.Sprintf("the server limits the rate: 429, try %d, Retry-After %.40q", try, resp.Header.Get("Retry-After"))
	}
	stopped := c.stopped
	c.mu.Unlock()
	if stopped != "" {
		return fmt.Errorf("%s: %w", stopped, walkme.ErrNotSent)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", walkme.ErrNotSent, context.Cause(ctx))
	}
}

// retryAfter reads the one form of the header that Okta takes: whole seconds. More than
// fit are as many as there can be.
func retryAfter(value string) (time.Duration, bool) {
	seconds, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31)
	return time.Duration(seconds) * time.Second, err == nil || errors.Is(err, strconv.ErrRange)
}

// timeUp is why a run has ended that had no time left.
func (c *conduit) timeUp(limit time.Duration) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := "the time was up after " + limit.String() + " (--timeout)"
	if n := len(c.limited); n > 0 {
		text += fmt.Sprintf("; 429 was the answer %s", counted(n, "time", "times"))
	}
	return text
}

// keep records an exchange, for its check and for the checks about all of them.
func (c *conduit) keep(ctx context.Context, x *Exchange) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.log = append(c.log, x)
	if t, ok := ctx.Value(trialKey{}).(*trial); ok {
		t.exchanges = append(t.exchanges, x)
	}
}

func (c *conduit) identify(o *creation, x *Exchange) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ledger.identify(o, x)
}

// reason is why the run must not go on, empty if it may.
func (c *conduit) reason() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stopped
}

// hurry lifts the pace: an interrupted run has little time to clean up.
func (c *conduit) hurry() {
	c.rush.Store(true)
	if c.pace != nil {
		c.pace.SetLimit(rate.Inf)
	}
}

// reopen lets the clean-up send although the run was stopped.
func (c *conduit) reopen() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = ""
}

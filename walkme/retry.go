package walkme

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// Okta's rule for 429 (developer.okta.com, "Understanding SCIM"): Retry-After
// in whole seconds is honoured exactly; without a usable one the wait is five
// minutes; each further 429 doubles the previous wait; ten attempts at most.
const (
	maxAttempts     = 10
	defaultPause    = 5 * time.Minute
	longestPause    = 24 * time.Hour // a bound for absurd values
	readRepeats     = 2
	readRepeatPause = 500 * time.Millisecond // doubles, up to
	readRepeatLimit = 5 * time.Second
)

// persistence decides, for one request, whether it is sent again. It plugs into
// retryablehttp.
type persistence struct {
	pause *pause
	log   *slog.Logger
	read  bool // GET: may be repeated after a broken connection

	limited int           // 429s so far
	wait    time.Duration // after the last of them
	broken  int           // repeats of a read so far
	waiting bool          // between a 429 and the next attempt: nothing is on the wire
}

// client returns the retrying client for one request.
func (p *persistence) client(over *http.Client) *retryablehttp.Client {
	return &retryablehttp.Client{
		HTTPClient:   over,
		RetryMax:     maxAttempts + readRepeats,
		CheckRetry:   p.checkRetry,
		Backoff:      p.backoff,
		ErrorHandler: retryablehttp.PassthroughErrorHandler, // the last answer is the error
	}
}

// checkRetry implements retryablehttp.CheckRetry.
func (p *persistence) checkRetry(ctx context.Context, resp *http.Response, err error) (bool, error) {
	p.waiting = false
	switch {
	case ctx.Err() != nil:
		return false, nil
	case err == nil && resp.StatusCode == http.StatusTooManyRequests:
		p.limited++
		return p.limited < maxAttempts, nil
	case p.read && p.broken < readRepeats && transient(resp, err):
		p.broken++
		return true, nil
	}
	return false, nil
}

// transient tells whether a read may do better at once. A time-out is final: the
// server has had its minute.
func transient(resp *http.Response, err error) bool {
	if err != nil {
		return !is[*NotSentError](err) && !is[*timeoutError](err) && !is[*ProxyError](err) && !is[*tls.CertificateVerificationError](err) &&
			!errors.Is(err, ErrNotSent) && !errors.Is(err, errTooLarge)
	}
	switch resp.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// backoff implements retryablehttp.Backoff. A 429 makes every request of the
// client wait, not just this one: the next attempt sits out the pause as they do.
func (p *persistence) backoff(_, _ time.Duration, _ int, resp *http.Response) time.Duration {
	if resp == nil || resp.StatusCode != http.StatusTooManyRequests {
		return retryablehttp.DefaultBackoff(readRepeatPause, readRepeatLimit, p.broken-1, nil)
	}
	wait := askedPause(resp.Header)
	if p.limited > 1 {
		wait = max(wait, 2*p.wait)
	}
	p.wait, p.waiting = min(wait, longestPause), true
	until := time.Now().Add(p.wait)
	p.pause.extend(until)
	p.log.Warn("WalkMe limits the rate, all requests pause", "pause", p.wait, "until", until.Round(time.Millisecond), "attempt", p.limited)
	return 0
}

// askedPause returns the pause that the header of a 429 asks for: whole seconds,
// or a date, which is taken against the answer's own Date so that a wrong clock
// on either side does no harm. Anything else is Okta's five minutes.
func askedPause(h http.Header) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return min(time.Duration(seconds)*time.Second, longestPause)
	}
	until, err := http.ParseTime(value)
	if err != nil {
		return defaultPause
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	if wait := until.Sub(now); wait > 0 {
		return min(wait, longestPause)
	}
	return defaultPause
}

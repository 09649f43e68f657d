package okta

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	maxRetries = 5
	maxWait    = 90 * time.Second // longer than any of Okta's rate windows, which are a minute
	loudWait   = 2 * time.Second  // waits from here on are told at level info
)

// newRetrier returns the transport that repeats a request after a 429, a 5xx
// answer or a broken connection.
func newRetrier(cfg Config, next http.RoundTripper) http.RoundTripper {
	p := &pace{share: cfg.RateLimitShare, log: cfg.Logger, waiting: cfg.Waiting, closed: map[string]closing{}, spent: map[bucket]int{}}
	rc := retryablehttp.NewClient()
	rc.Logger = nil // it would log addresses
	rc.RetryMax, rc.RetryWaitMin, rc.RetryWaitMax = maxRetries, cfg.RetryWait, maxWait
	rc.CheckRetry = worthRetrying
	rc.Backoff = func(least, most time.Duration, attempt int, resp *http.Response) time.Duration {
		d := backoff(least, most, attempt, resp)
		tellRetry(cfg, d, attempt, resp)
		return d
	}
	rc.ErrorHandler = lastAnswer
	rc.HTTPClient = &http.Client{
		Transport:     &try{pace: p, timeout: cfg.Timeout, next: next},
		CheckRedirect: stayHere,
	}
	return &retryablehttp.RoundTripper{Client: rc}
}

// worthRetrying leaves out the other side's refusal of the TLS handshake, and a
// proxy's of the connection: they refuse again.
func worthRetrying(ctx context.Context, resp *http.Response, err error) (bool, error) {
	var op *net.OpError
	if proxy := (*ProxyError)(nil); errors.As(err, &proxy) && proxy.Status < http.StatusInternalServerError {
		return false, nil
	}
	if errors.As(err, &op) && op.Op == "remote error" { // what crypto/tls calls an alert
		return false, nil
	}
	return retryablehttp.DefaultRetryPolicy(ctx, resp, err)
}

// lastAnswer hands out the last answer when the retries are used up. An error
// goes without an answer, as of any transport.
func lastAnswer(resp *http.Response, err error, _ int) (*http.Response, error) {
	if err == nil {
		return resp, nil
	}
	if resp != nil {
		drain(resp.Body)
	}
	return nil, err
}

// backoff is the pause before retry number attempt, counted from 0.
//
// After a 429 of a rate window it is 0, because the pace has closed and holds
// all callers. A 429 of the limit on concurrent requests, which shows as a
// limit of 0 and whose reset Okta calls only a suggestion
// (https://developer.okta.com/docs/reference/rl2-monitor/), concerns this
// request alone.
func backoff(least, most time.Duration, attempt int, resp *http.Response) time.Duration {
	switch {
	case resp == nil:
		return retryablehttp.DefaultBackoff(least, most, attempt, nil)
	case resp.StatusCode != http.StatusTooManyRequests: // its Retry-After may be 0, or past
		own, asked := retryablehttp.DefaultBackoff(least, most, attempt, nil), retryablehttp.DefaultBackoff(least, most, attempt, resp)
		return min(max(own, asked), most)
	case isConcurrencyLimit(resp.Header):
		return retryablehttp.DefaultBackoff(time.Second, 10*time.Second, attempt, nil) + jitter(time.Second)
	}
	return 0
}

// tellRetry says that a request is retried after a pause. One that only waits for the
// pace is told of there.
func tellRetry(cfg Config, d time.Duration, attempt int, resp *http.Response) {
	if d <= 0 {
		return
	}
	now := time.Now()
	w := Wait{Since: now, Until: now.Add(d), Reason: "another try, there was no answer"}
	attrs := []slog.Attr{slog.Duration("wait", d), slog.Time("until", w.Until.Round(time.Millisecond)), slog.Int("retry", attempt+1)}
	if resp != nil {
		w.Reason, w.Path = fmt.Sprintf("another try after status %d", resp.StatusCode), template(resp.Request.URL.EscapedPath())
		attrs = append(attrs, slog.Int("status", resp.StatusCode), slog.String("path", w.Path))
	}
	cfg.Waiting(w)
	level := slog.LevelDebug
	if d > loudWait {
		level = slog.LevelInfo
	}
	cfg.Logger.LogAttrs(context.Background(), level, "okta request is retried", attrs...)
}

func jitter(most time.Duration) time.Duration { return rand.N(most) }

package okta

import (
	"context"
	"errors"
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
func newRetrier(cfg Config) http.RoundTripper {
	p := &pace{share: cfg.RateLimitShare, log: cfg.Logger, closed: map[string]closing{}, spent: map[bucket]int{}}
	rc := retryablehttp.NewClient()
	rc.Logger = nil // it would log addresses
	rc.RetryMax, rc.RetryWaitMin, rc.RetryWaitMax = maxRetries, cfg.RetryWait, maxWait
	rc.CheckRetry = worthRetrying
	rc.Backoff = func(least, most time.Duration, attempt int, resp *http.Response) time.Duration {
		return backoff(cfg.Logger, least, most, attempt, resp)
	}
	rc.ErrorHandler = lastAnswer
	rc.HTTPClient = &http.Client{
		Transport:     &try{pace: p, timeout: cfg.Timeout, next: cfg.Transport},
		CheckRedirect: stayHere,
	}
	return &retryablehttp.RoundTripper{Client: rc}
}

// worthRetrying leaves out the other side's refusal of the TLS handshake: it refuses
// again.
func worthRetrying(ctx context.Context, resp *http.Response, err error) (bool, error) {
	var op *net.OpError
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
func backoff(log *slog.Logger, least, most time.Duration, attempt int, resp *http.Response) time.Duration {
	var d time.Duration
	switch {
	case resp == nil:
		d = retryablehttp.DefaultBackoff(least, most, attempt, nil)
	case resp.StatusCode != http.StatusTooManyRequests: // its Retry-After may be 0, or past
		own, asked := retryablehttp.DefaultBackoff(least, most, attempt, nil), retryablehttp.DefaultBackoff(least, most, attempt, resp)
		d = min(max(own, asked), most)
	case isConcurrencyLimit(resp.Header):
		d = min(time.Second<<attempt, 10*time.Second) + jitter(time.Second)
	default:
		return 0
	}
	level := slog.LevelDebug
	if d > loudWait {
		level = slog.LevelInfo
	}
	attrs := []slog.Attr{slog.Duration("wait", d), slog.Int("retry", attempt+1)}
	if resp != nil {
		attrs = append(attrs, slog.Int("status", resp.StatusCode), slog.String("path", template(resp.Request.URL.EscapedPath())))
	}
	log.LogAttrs(context.Background(), level, "okta request is retried", attrs...)
	return d
}

func jitter(most time.Duration) time.Duration { return rand.N(most) }

package oktatest

import (
	"net/http"
	"strconv"
	"time"
)

// bucket counts the requests of one rate window. A window begins with the first
// request after the last one ended.
type bucket struct {
	used  int
	reset time.Time
}

const defaultRateLimit = 100_000

// admit counts a request, writes the rate-limit headers and reports whether it
// is within the limit. A 429 has no Retry-After, as Okta's has none.
func (o *Org) admit(header http.Header, template string, now time.Time) bool {
	limit, ok := o.opts.RateLimits[template]
	if !ok {
		limit = defaultRateLimit
	}
	b := o.buckets[template]
	if b == nil || !now.Before(b.reset) {
		b = &bucket{reset: now.Add(o.opts.RateWindow)}
		o.buckets[template] = b
	}
	b.used++
	header.Set("X-Rate-Limit-Limit", strconv.Itoa(limit))
	header.Set("X-Rate-Limit-Remaining", strconv.Itoa(max(0, limit-b.used)))
	reset := b.reset.Unix()
	if b.reset.Nanosecond() > 0 {
		reset++
	}
	header.Set("X-Rate-Limit-Reset", strconv.FormatInt(reset, 10))
	return b.used <= limit
}

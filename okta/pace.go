package okta

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// pace holds requests back so that the org's rate limits last for everybody. It
// knows a path template as closed or open; Okta counts in buckets that hold one
// or several templates (https://developer.okta.com/docs/reference/rate-limits/).
type pace struct {
	share float64
	log   *slog.Logger

	mu     sync.Mutex
	closed map[string]closing // by path template
}

// closing says until when, by the local clock, no request may leave, and why.
type closing struct {
	until  time.Time
	reason string
}

// wait returns when a request may leave, or with the error of ctx.
func (p *pace) wait(ctx context.Context, template string) error {
	for {
		p.mu.Lock()
		c := p.closed[template]
		p.mu.Unlock()
		d := time.Until(c.until)
		if d <= 0 {
			return ctx.Err()
		}
		d += jitter(500 * time.Millisecond) // so that the waiting do not all leave at once
		if d > loudWait {
			p.log.InfoContext(ctx, "okta asks to wait", "wait", d.Round(time.Millisecond), "path", template, "reason", c.reason)
		}
		if err := sleep(ctx, d); err != nil {
			return err
		}
	}
}

// observe closes a template after a 429, and when this client's share of the
// window is used up: what remains is then for others.
func (p *pace) observe(template string, resp *http.Response) {
	w := readWindow(resp.Header)
	switch {
	case resp.StatusCode == http.StatusTooManyRequests && isConcurrencyLimit(resp.Header):
	case resp.StatusCode == http.StatusTooManyRequests:
		p.close(template, cmp.Or(w.reset, 5*time.Second)+time.Second, "rate limit exceeded")
	case w.known && float64(w.remaining) <= float64(w.limit)*(1-p.share)+1e-9:
		p.close(template, w.reset, "share of the rate limit used up")
	}
}

func (p *pace) close(template string, d time.Duration, reason string) {
	if d <= 0 {
		return
	}
	until := time.Now().Add(min(d, maxWait))
	p.mu.Lock()
	defer p.mu.Unlock()
	if until.After(p.closed[template].until) {
		p.closed[template] = closing{until, reason}
	}
}

// window is what the X-Rate-Limit headers of an answer say.
type window struct {
	limit, remaining int
	reset            time.Duration // from the answer's own Date; 0 when unknown or past
	known            bool          // limit and remaining are there, and limit is not 0
}

func readWindow(header http.Header) window {
	limit, errLimit := strconv.Atoi(header.Get("X-Rate-Limit-Limit"))
	remaining, errRemaining := strconv.Atoi(header.Get("X-Rate-Limit-Remaining"))
	w := window{limit: limit, remaining: remaining, known: errLimit == nil && errRemaining == nil && limit > 0}
	if epoch, err := strconv.ParseInt(header.Get("X-Rate-Limit-Reset"), 10, 64); err == nil {
		w.reset = max(0, time.Unix(epoch, 0).Sub(clock(header)))
	} else if seconds, err := strconv.Atoi(header.Get("Retry-After")); err == nil {
		w.reset = max(0, time.Duration(seconds)*time.Second)
	}
	return w
}

func isConcurrencyLimit(header http.Header) bool { return header.Get("X-Rate-Limit-Limit") == "0" }

// template replaces the ids in a path: /api/v1/apps/{id}/users/{id}.
func template(path string) string {
	parts := strings.Split(path, "/")
	for i := 4; i < len(parts); i++ {
		switch parts[i-1] {
		case "apps", "groups", "users":
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}

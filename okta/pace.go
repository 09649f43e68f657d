package okta

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// pace holds requests back so that the org's rate limits last for all programs. It
// knows a path template as closed or open; Okta counts in buckets that hold one
// or several templates (https://developer.okta.com/docs/reference/rate-limits/).
type pace struct {
	share   float64
	log     *slog.Logger
	waiting func(Wait)

	mu     sync.Mutex
	closed map[string]closing // by path template
	spent  map[bucket]int     // requests of this client, of the windows that have not ended
}

// bucket is what can be known of the bucket and the window that an answer was
// counted in. Two buckets may look like one; their requests then count together,
// which errs on the side of the others.
type bucket struct {
	limit int
	end   int64 // X-Rate-Limit-Reset, Unix time of Okta's clock
}

// closing says until when, by the local clock, no request may leave, and why.
type closing struct {
	since, until time.Time
	reason       string
	told         bool // that a request waits for it
}

// wait returns when a request may leave, or with the error of ctx.
func (p *pace) wait(ctx context.Context, template string) error {
	for {
		c := p.closing(template)
		d := time.Until(c.until)
		if d <= 0 {
			return ctx.Err()
		}
		if !c.told {
			p.tell(ctx, Wait{c.since, c.until, c.reason, template})
		}
		d += jitter(500 * time.Millisecond) // so that the waiting do not all leave at once
		if err := sleep(ctx, d); err != nil {
			return err
		}
	}
}

// closing returns how a template is closed, and marks it as told of.
func (p *pace) closing(template string) closing {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.closed[template]
	if time.Until(c.until) > 0 && !c.told {
		told := c
		told.told = true
		p.closed[template] = told
	}
	return c
}

// tell says once for all that wait what they wait for.
func (p *pace) tell(ctx context.Context, w Wait) {
	p.waiting(w)
	if d := time.Until(w.Until); d > loudWait {
		p.log.InfoContext(ctx, "okta asks to wait", "wait", d.Round(time.Millisecond), "since", w.Since.Round(time.Millisecond), "until", w.Until.Round(time.Millisecond), "path", w.Path, "reason", w.Reason)
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
	case w.known && p.isUsedUp(w, clock(resp.Header)):
		p.close(template, w.reset, "share of the rate limit used up")
	}
}

// isUsedUp counts a request and reports whether this client has spent its share of
// the window. The share is of what the others leave: of the requests that this
// client has made and those that remain. So others who use most of a window make
// this client slower, and never stop it.
func (p *pace) isUsedUp(w window, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.spent[w.bucket]; !known {
		maps.DeleteFunc(p.spent, func(b bucket, _ int) bool { return b.end < now.Unix() })
	}
	p.spent[w.bucket]++
	spent := float64(p.spent[w.bucket])
	return spent >= p.share*(spent+float64(w.remaining))-1e-9
}

func (p *pace) close(template string, d time.Duration, reason string) {
	if d <= 0 {
		return
	}
	now := time.Now()
	c := closing{since: now, until: now.Add(min(d, maxWait)), reason: reason}
	p.mu.Lock()
	defer p.mu.Unlock()
	earlier := p.closed[template]
	if !c.until.After(earlier.until) {
		return
	}
	if earlier.until.After(now) {
		c.since = earlier.since
	}
	p.closed[template] = c
}

// window is what the X-Rate-Limit headers of an answer say.
type window struct {
	bucket
	remaining int
	reset     time.Duration // from the answer's own Date; 0 when unknown or past
	known     bool          // limit and remaining are there, and limit is not 0
}

func readWindow(header http.Header) window {
	limit, errLimit := strconv.Atoi(header.Get("X-Rate-Limit-Limit"))
	remaining, errRemaining := strconv.Atoi(header.Get("X-Rate-Limit-Remaining"))
	w := window{remaining: remaining, known: errLimit == nil && errRemaining == nil && limit > 0}
	w.limit = limit
	if epoch, err := strconv.ParseInt(header.Get("X-Rate-Limit-Reset"), 10, 64); err == nil {
		w.end, w.reset = epoch, max(0, time.Unix(epoch, 0).Sub(clock(header)))
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

package oktatest

import (
	"net/http"
	"net/url"
	"time"
)

// Request is a request that the org received, and how it was answered.
type Request struct {
	Method string
	Path   string     // as sent, escapes included
	Query  url.Values // of the address; the body of a token request is not recorded
	Header http.Header
	Status int // 0 when the connection was dropped without an answer
}

// Fault is what goes wrong with one answer. Its parts are applied in this order.
type Fault struct {
	Delay time.Duration // before anything else

	// Drop closes the connection without an answer.
	Drop bool

	// Status, if not 0, replaces the answer: by Body, with Header laid over
	// Content-Type application/json and the rate-limit headers. Status 200 and
	// no Body is the empty answer.
	Status int
	Body   string
	Header http.Header

	// Rewrite, if set, sees the answer that would be sent and may change its
	// headers; it returns the body to send.
	Rewrite func(header http.Header, body []byte) []byte

	// RepeatPage makes the next link lead to the page it is on.
	RepeatPage bool

	// CutAfter, if above 0, breaks the connection after so many bytes of the body.
	CutAfter int
}

// Fault has hook decide for each request what goes wrong; nil means nothing.
// It is called without a lock, from the goroutines of the server. A nil hook
// ends all faults.
func (o *Org) Fault(hook func(r *http.Request) *Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fault = hook
}

// Requests returns the requests received so far, in the order of their answers.
func (o *Org) Requests() []Request {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Request(nil), o.requests...)
}

// ResetRequests forgets the recorded requests.
func (o *Org) ResetRequests() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.requests = nil
}

func (o *Org) record(r *http.Request, status int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answered++
	if keep := o.opts.KeepRequests; keep > 0 && len(o.requests) >= 2*keep {
		o.requests = append([]Request(nil), o.requests[len(o.requests)-keep:]...)
	}
	o.requests = append(o.requests, Request{
		Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.Query(), Header: r.Header.Clone(), Status: status,
	})
}

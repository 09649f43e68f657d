package walkmetest

import (
	"fmt"
	"net/http"
	"slices"
)

// Request is one recorded request with its answer.
type Request struct {
	// Seq counts from 1 in the order of arrival. It goes on after
	// ResetRequests.
	Seq int

	Method string

	// Path is the escaped path below the base URL, such as /Users/2819c223.
	// A request outside the base URL has its whole path.
	Path string

	// RawQuery is the query as it was sent.
	RawQuery string

	// Header is the request's, with the credential in Authorization
	// replaced. Host and Content-Length are not in it.
	Header http.Header

	// Body is the request's, as it was sent.
	Body []byte

	// Status is the answer's, 0 while the request is in flight and for an
	// answer that was withheld.
	Status int

	// RespBody is the answer's body before compression or truncation.
	RespBody []byte
}

// String is the request line and the status on one line, followed by the body
// on a second one if there is a body.
func (r Request) String() string {
	target := r.Path
	if r.RawQuery != "" {
		target += "?" + r.RawQuery
	}
	line := fmt.Sprintf("%s %s -> %d", r.Method, target, r.Status)
	if len(r.Body) == 0 {
		return line
	}
	return line + "\n" + string(r.Body)
}

// Requests returns a copy of what was recorded, in the order of arrival.
// Bodies and headers are shared with the recording and must not be changed.
func (t *Tenant) Requests() []Request {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := t.requests
	if keep := t.opts.KeepRequests; keep > 0 && len(kept) > keep {
		kept = kept[len(kept)-keep:]
	}
	out := make([]Request, len(kept))
	for i, r := range kept {
		out[i] = *r
	}
	return out
}

// ResetRequests forgets the recorded requests, not the violations.
func (t *Tenant) ResetRequests() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.requests = nil
}

// RequestCount is the number of requests since the tenant was made, whether
// they were kept or not.
func (t *Tenant) RequestCount() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.seq
}

// PeakInFlight is the largest number of requests that were in flight at once.
func (t *Tenant) PeakInFlight() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.peak
}

// record is called with the lock held.
func (t *Tenant) record(r *Request) {
	t.seq++
	r.Seq = t.seq
	keep := t.opts.KeepRequests
	if keep < 0 {
		return
	}
	if keep > 0 && len(t.requests) >= 2*keep {
		t.requests = slices.Clone(t.requests[len(t.requests)-keep:])
	}
	t.requests = append(t.requests, r)
}

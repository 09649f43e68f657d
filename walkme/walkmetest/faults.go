package walkmetest

import (
	"cmp"
	"net/http"
	"sync/atomic"
	"time"
)

// Fault is what goes wrong with one request. The zero value is nothing.
//
// Status, Body, Drop and Truncate replace the answer, and then Apply says
// whether the request has its effect. Header and Delay alone leave the request
// and its answer as they are.
type Fault struct {
	// Apply lets the request have its effect before the answer is lost or
	// replaced.
	Apply bool

	// Status replaces the status of the answer. With an empty Body the
	// answer is the SCIM error of that status.
	Status int

	// Body and ContentType replace the answer's. A Body without Status has
	// status 200.
	Body, ContentType string

	// Header is added to the answer.
	Header http.Header

	// Drop closes the connection without an answer. Go's HTTP client sends
	// a GET once more by itself when that happens on a connection that it
	// used before.
	Drop bool

	// Truncate closes the connection in the middle of the body: the real
	// one with Apply, else the one of this Fault.
	Truncate bool

	// Delay is the time before the request is handled, added to the
	// latency. It ends early when the client gives up; what would have
	// happened then happens.
	Delay time.Duration
}

func (f Fault) replaces() bool {
	return f.Status != 0 || f.Body != "" || f.Drop || f.Truncate
}

// NotApplied answers with an error and has no effect.
func NotApplied(status int) Fault { return Fault{Status: status} }

// AppliedButStatus has the full effect and answers with an error.
func AppliedButStatus(status int) Fault { return Fault{Apply: true, Status: status} }

// DroppedBefore breaks the connection before the request has an effect.
func DroppedBefore() Fault { return Fault{Drop: true} }

// AppliedUnanswered has the full effect and breaks the connection.
func AppliedUnanswered() Fault { return Fault{Apply: true, Drop: true} }

// AppliedTruncated has the full effect and breaks the connection in the middle
// of the answer.
func AppliedTruncated() Fault { return Fault{Apply: true, Truncate: true} }

// RateLimited answers 429 and has no effect. An empty retryAfter leaves the
// header out.
func RateLimited(retryAfter string) Fault {
	f := Fault{Status: http.StatusTooManyRequests}
	if retryAfter != "" {
		f.Header = http.Header{"Retry-After": {retryAfter}}
	}
	return f
}

// Gateway answers with the HTML page of a gateway in front of WalkMe and has no
// effect.
func Gateway(status int) Fault {
	return Fault{Status: status, ContentType: contentHTML, Body: htmlPage(status)}
}

// ErrorAs200 answers 200 with an object that is no SCIM message, and has no
// effect.
func ErrorAs200() Fault {
	return Fault{Status: http.StatusOK, ContentType: contentJSON, Body: `{"status":"error","msg":"Internal failure"}`}
}

// Slow handles the request after a time.
func Slow(d time.Duration) Fault { return Fault{Delay: d} }

// IsWrite says whether a request is a POST, PUT, PATCH or DELETE.
func IsWrite(r *Request) bool {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return true
	}
	return false
}

// Any is the predicate of every request.
func Any(*Request) bool { return true }

// OnNth is a hook that faults the n-th request from now on, counted from 1.
func OnNth(n int, f Fault) func(*Request) Fault { return OnMatch(Any, n, f) }

// OnNthWrite is a hook that faults the n-th write from now on, counted from 1.
func OnNthWrite(n int, f Fault) func(*Request) Fault { return OnMatch(IsWrite, n, f) }

// OnMatch is a hook that faults the n-th request of those that match, counted
// from 1; n of 0 faults all of them. A hook counts for itself: use a new one
// for each run.
func OnMatch(match func(*Request) bool, n int, f Fault) func(*Request) Fault {
	var seen atomic.Int64
	return func(r *Request) Fault {
		if !match(r) || (seen.Add(1) != int64(n) && n != 0) {
			return Fault{}
		}
		return f
	}
}

// FirstOf is a hook that asks each hook in turn and takes the first fault.
// All of them see, and count, every request.
func FirstOf(hooks ...func(*Request) Fault) func(*Request) Fault {
	return func(r *Request) Fault {
		var first Fault
		found := false
		for _, hook := range hooks {
			f := hook(r)
			if !found && (f.replaces() || f.Delay != 0 || len(f.Header) > 0) {
				first, found = f, true
			}
		}
		return first
	}
}

// Fault installs the hook that is asked once for each request, before it is
// handled, with everything but the answer filled in. It may call the tenant and
// may be called concurrently. nil removes it.
func (t *Tenant) Fault(hook func(r *Request) Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hook = hook
}

// faulted is the answer of a fault that replaces the real one.
func (ex *exchange) faulted(f Fault, real answer) answer {
	out := answer{drop: f.Drop}
	switch {
	case f.Status == 0 && f.Body == "":
		out = real
		out.drop = f.Drop || real.status == 0
	case f.Body == "" && f.Status >= 400:
		out = ex.fail(f.Status, "", http.StatusText(f.Status))
	default:
		out.status = cmp.Or(f.Status, http.StatusOK)
		out.contentType = cmp.Or(f.ContentType, contentSCIM)
		out.body = []byte(f.Body)
	}
	out.truncate = f.Truncate
	return out
}

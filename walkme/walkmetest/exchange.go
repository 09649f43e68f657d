package walkmetest

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const maxBody = 32 << 20

// exchange is one request on its way through the tenant.
type exchange struct {
	t      *Tenant
	q      *Quirks // as they were at arrival; not to be changed
	rec    *Request
	header http.Header // with the credential
	base   string      // absolute base URL, for locations
	known  bool        // below the base path
	kind   string      // first segment of the path
	id     string      // second segment, unescaped
	query  url.Values
	body   object

	writer bool     // counted in Tenant.writing
	unsure bool     // a fault will keep the outcome from the client
	basis  []string // the members at arrival (LoseOverlappingWrites)
	found  []violation
}

// ServeHTTP answers one request. See Fault for the ways in which it does not.
func (t *Tenant) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ex, hook := t.arrive(r)
	var fault Fault
	if hook != nil {
		seen := *ex.rec
		fault = hook(&seen)
	}
	if !fault.replaces() && fault.Delay == 0 {
		if ruled := t.ruled(ex.rec); ruled.replaces() || ruled.Delay > 0 {
			fault = ruled
		}
	}
	ex.unsure = fault.Apply && fault.replaces()
	t.pause(r.Context(), t.opts.Latency+fault.Delay)
	var reply answer
	if fault.Apply || !fault.replaces() {
		reply = ex.handle()
	}
	if fault.replaces() {
		reply = ex.faulted(fault, reply)
	}
	for key, values := range fault.Header {
		reply.setHeader(key, values...)
	}
	t.leave(ex, &reply)
	t.write(&reply, w, r)
}

// arrive reads, records and counts the request, before anything can go wrong
// with it.
func (t *Tenant) arrive(r *http.Request) (*exchange, func(*Request) Fault) {
	body, err := readAll(r)
	if err != nil {
		panic(http.ErrAbortHandler) // the client broke off
	}
	ex := &exchange{t: t, header: r.Header, rec: &Request{Method: r.Method, RawQuery: r.URL.RawQuery, Body: body}}
	ex.route(r)
	t.mu.Lock()
	defer t.mu.Unlock()
	ex.q = t.quirks
	if t.opts.KeepRequests >= 0 || t.hook != nil { // somebody may look at it
		ex.rec.Header = recordedHeader(r.Header)
	}
	t.record(ex.rec)
	t.inFlight++
	t.peak = max(t.peak, t.inFlight)
	ex.policeArrival(r)
	if g := ex.group(); g != nil && IsWrite(ex.rec) {
		t.writing[g.id]++
		ex.writer = true
		ex.basis = slices.Clone(g.members)
	}
	return ex, t.hook
}

// readAll is the body of a request, as far as maxBody.
func readAll(r *http.Request) ([]byte, error) {
	if r.Body == http.NoBody {
		return []byte{}, nil
	}
	if r.ContentLength <= 0 || r.ContentLength > 1<<20 { // unknown, or too much to believe
		return io.ReadAll(io.LimitReader(r.Body, maxBody))
	}
	body := make([]byte, r.ContentLength)
	_, err := io.ReadFull(r.Body, body)
	return body, err
}

// leave ends what arrive began, before the client can see the answer.
func (t *Tenant) leave(ex *exchange, reply *answer) {
	t.mu.Lock()
	t.inFlight--
	if ex.writer {
		if t.writing[ex.id]--; t.writing[ex.id] == 0 {
			delete(t.writing, ex.id)
		}
	}
	ex.rec.RespBody = reply.body
	if !reply.drop {
		ex.rec.Status = reply.status
	}
	lines := t.convict(ex)
	t.mu.Unlock()
	for _, line := range lines {
		if t.opts.Strict != nil {
			t.opts.Strict("walkmetest: %s", line)
		}
	}
}

// timerSlack is how late a timer of the runtime may ring: the network poller,
// which wakes it, counts in whole milliseconds.
const timerSlack = time.Millisecond

// pause returns early when the client gives up or the tenant closes. It takes off
// how late its timers lately rang, so that a request takes d on average: of ten
// milliseconds they otherwise make almost eleven.
func (t *Tenant) pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	late := time.Duration(t.late.Load())
	start := time.Now()
	timer := time.NewTimer(d - late)
	defer timer.Stop()
	select {
	case <-timer.C:
		late += (time.Since(start) - d) / 8
		t.late.Store(int64(min(max(late, 0), timerSlack)))
	case <-ctx.Done():
	case <-t.closed:
	}
}

// route takes the URL apart. A path of more than two segments is unknown: an id
// with a slash in it must be escaped.
func (ex *exchange) route(r *http.Request) {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	ex.base = scheme + "://" + r.Host + ex.t.opts.BasePath
	if r.URL.RawQuery != "" {
		ex.query = r.URL.Query()
	}
	path := r.URL.EscapedPath()
	rest, ok := strings.CutPrefix(path, ex.t.opts.BasePath+"/")
	if !ok {
		ex.rec.Path = path
		return
	}
	ex.rec.Path = "/" + rest
	kind, id, _ := strings.Cut(rest, "/")
	ex.kind, ex.known = kind, !strings.Contains(id, "/")
	if unescaped, err := url.PathUnescape(id); err == nil {
		ex.id = unescaped
	}
}

// group is the group that the path names, nil if there is none.
func (ex *exchange) group() *groupRecord {
	if ex.kind != "Groups" || ex.id == "" {
		return nil
	}
	return ex.t.groups.byID[ex.id]
}

func recordedHeader(h http.Header) http.Header {
	out := h.Clone()
	out.Del("Content-Length")
	if auth := out.Get("Authorization"); auth != "" {
		scheme, _, _ := strings.Cut(auth, " ")
		if scheme != "Basic" && scheme != "Bearer" {
			scheme = "credential"
		}
		out.Set("Authorization", scheme+" [redacted]")
	}
	return out
}

// handle gives the request its effect and makes the answer.
func (ex *exchange) handle() answer {
	t := ex.t
	t.mu.Lock()
	defer t.mu.Unlock()
	t.handled++
	if limit := ex.q.RateLimit; limit.Every > 0 && t.handled%limit.Every == 0 {
		reply := ex.fail(http.StatusTooManyRequests, "", "Too many requests.")
		if limit.RetryAfter != "" {
			reply.setHeader("Retry-After", limit.RetryAfter)
		}
		return reply
	}
	if !ex.authorized() {
		return ex.unauthorized()
	}
	if !ex.known {
		return ex.fail(http.StatusNotFound, "", "There is nothing at this path.")
	}
	if reply, ok := ex.readBody(); !ok {
		return reply
	}
	switch ex.kind {
	case "Users":
		return ex.serveUsers()
	case "Groups":
		return ex.serveGroups()
	case searchPath:
		return ex.search()
	}
	return ex.serveDiscovery()
}

func (ex *exchange) authorized() bool {
	c := ex.t.credentials
	if c.revoked {
		return false
	}
	got := ex.header.Get("Authorization")
	return got == c.basic || c.bearer != "" && got == c.bearer
}

// readBody decodes the body of a request that must have one.
func (ex *exchange) readBody() (answer, bool) {
	switch ex.rec.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
	default:
		return answer{}, true
	}
	mediaType, _, _ := strings.Cut(ex.header.Get("Content-Type"), ";")
	switch strings.ToLower(strings.TrimSpace(mediaType)) {
	case contentSCIM, contentJSON:
	default:
		return ex.fail(http.StatusUnsupportedMediaType, "", "The body must be application/scim+json."), false
	}
	if ex.q.UnicodeEscape400 && hasUnicodeEscape(ex.rec.Body) {
		return ex.fail(http.StatusBadRequest, invalidSyntax, "Unsupported escape."), false
	}
	body, err := decodeObject(ex.rec.Body)
	if err != nil {
		return ex.fail(http.StatusBadRequest, invalidSyntax, "The body cannot be read: "+err.Error()+"."), false
	}
	ex.body = body
	return answer{}, true
}

package har

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"
)

// maxBodies is how much of the bodies of one exchange is kept, in bytes, that of
// the request first.
const maxBodies = 1 << 20

// Transport records each exchange. It is safe for concurrent use if the next one
// is.
type Transport struct {
	recorder *Recorder
	next     http.RoundTripper
}

// RoundTrip passes the request on as it is. The exchange is recorded when the
// answer's body was read to its end or closed.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	x := &exchange{recorder: t.recorder, request: req, started: time.Now()}
	out := req.WithContext(httptrace.WithClientTrace(req.Context(), x.hooks()))
	if req.Body != nil && req.Body != http.NoBody && !x.copyBody() {
		out.Body = &requestBody{req.Body, x}
	}
	resp, err := t.next.RoundTrip(out)
	if err != nil {
		x.finish(err)
		return nil, err
	}
	x.answer = &answer{resp.StatusCode, resp.Status, resp.Proto, resp.Header.Clone(), resp.ContentLength, resp.Uncompressed}
	resp.Body, resp.Request = &answerBody{resp.Body, x}, req
	return resp, nil
}

// CloseIdleConnections does so in the next transport.
func (t *Transport) CloseIdleConnections() {
	if c, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// exchange is what is known of one request and its answer so far. Connections
// call back from goroutines of their own, also after the answer has come.
type exchange struct {
	recorder *Recorder
	request  *http.Request
	started  time.Time
	answer   *answer // nil: there is none

	mu       sync.Mutex
	sent     []pair // header fields as they went out
	asked    body
	answered body
	marks    marks
	server   string // addresses of the connection
	local    string
	finished bool
}

// answer is the head of an answer. Its reader may change the original.
type answer struct {
	code         int
	status       string // "200 OK"
	proto        string
	header       http.Header
	length       int64 // of the body; -1: not announced
	uncompressed bool  // by net/http, before the body came here
}

// marks are when something ended; zero: it did not.
type marks struct{ connected, written, firstByte time.Time }

// hooks watch the connection. A request that is sent again on another connection
// begins anew.
func (x *exchange) hooks() *httptrace.ClientTrace {
	locked := func(f func()) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if !x.finished {
			f()
		}
	}
	return &httptrace.ClientTrace{
		GetConn: func(string) { locked(func() { x.marks, x.sent = marks{}, nil }) },
		GotConn: func(info httptrace.GotConnInfo) {
			locked(func() {
				x.marks.connected = time.Now()
				x.server, x.local = info.Conn.RemoteAddr().String(), info.Conn.LocalAddr().String()
			})
		},
		WroteHeaderField: func(name string, values []string) {
			locked(func() {
				for _, v := range values {
					x.sent = append(x.sent, pair{name, v})
				}
			})
		},
		WroteRequest:         func(httptrace.WroteRequestInfo) { locked(func() { x.marks.written = time.Now() }) },
		GotFirstResponseByte: func() { locked(func() { x.marks.firstByte = time.Now() }) },
	}
}

// copyBody keeps a copy of the request's body where the request can give one, and
// tells whether it could. The body itself then stays as it is: net/http sends what
// it knows to be in memory in one piece with the head.
func (x *exchange) copyBody() bool {
	if x.request.GetBody == nil {
		return false
	}
	second, err := x.request.GetBody()
	if err != nil {
		return false
	}
	defer second.Close() //nolint:errcheck // it was only read
	text, err := io.ReadAll(io.LimitReader(second, maxBodies))
	if err != nil {
		return false
	}
	x.asked.keep(text, maxBodies)
	x.asked.size = max(x.asked.size, x.request.ContentLength)
	return true
}

// finish records the exchange, once. The error is what broke it, nil when it is
// whole or its reader had enough.
func (x *exchange) finish(broken error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.finished {
		return
	}
	x.finished = true
	x.recorder.add(x.entry(broken, time.Now()))
}

// body is the beginning of a body, and its whole length so far.
type body struct {
	kept []byte
	size int64
	all  bool // it was read to its end
}

func (b *body) keep(p []byte, limit int) {
	b.size += int64(len(p))
	b.kept = append(b.kept, p[:min(len(p), max(0, limit-len(b.kept)))]...)
}

type requestBody struct {
	io.ReadCloser
	x *exchange
}

// Read copies what passes.
func (b *requestBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.x.mu.Lock()
	defer b.x.mu.Unlock()
	if !b.x.finished {
		b.x.asked.keep(p[:n], maxBodies)
	}
	return n, err
}

type answerBody struct {
	io.ReadCloser
	x *exchange
}

// Read copies what passes. The end of the body ends the exchange.
func (b *answerBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	last := errors.Is(err, io.EOF)
	b.x.received(p[:n], last)
	switch {
	case last:
		b.x.finish(nil)
	case err != nil:
		b.x.finish(err)
	}
	return n, err
}

func (x *exchange) received(p []byte, last bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if !x.finished {
		x.answered.keep(p, maxBodies-len(x.asked.kept))
		x.answered.all = last
	}
}

// Close ends the exchange, also where the body was not read to its end.
func (b *answerBody) Close() error {
	err := b.ReadCloser.Close()
	b.x.finish(nil)
	return err
}

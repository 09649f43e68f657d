package oktatest

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// Transport returns a round tripper that hands requests to the org in the
// goroutine of the caller, without a socket: what a client inside a
// testing/synctest bubble needs. Dropped and cut answers end as over a network.
func (o *Org) Transport() http.RoundTripper { return direct{o} }

type direct struct{ handler http.Handler }

// RoundTrip calls the handler. The answer is complete when it returns.
func (d direct) RoundTrip(req *http.Request) (*http.Response, error) {
	w := &memory{header: http.Header{}}
	sent := req.Clone(req.Context())
	sent.Host = req.URL.Host
	if sent.Body == nil {
		sent.Body = http.NoBody
	}
	defer sent.Body.Close()
	aborted := w.serve(d.handler, sent)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if w.status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	body := io.Reader(&w.body)
	if aborted {
		body = io.MultiReader(body, broken{})
	}
	length, _ := strconv.ParseInt(w.header.Get("Content-Length"), 10, 64)
	return &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.header, ContentLength: length, Body: io.NopCloser(body), Request: req,
	}, nil
}

// memory is a ResponseWriter that keeps the answer.
type memory struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// serve reports whether the handler aborted the answer.
func (w *memory) serve(h http.Handler, r *http.Request) (aborted bool) {
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler:
			aborted = true
		default:
			panic(v)
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

// Header returns the header to be sent.
func (w *memory) Header() http.Header { return w.header }

// WriteHeader keeps the status.
func (w *memory) WriteHeader(status int) { w.status = status }

// Write keeps the body.
func (w *memory) Write(p []byte) (int, error) { return w.body.Write(p) }

// Flush does nothing: there is no one to send to yet.
func (w *memory) Flush() {}

// broken is the end of an answer whose connection broke.
type broken struct{}

// Read fails as a connection does that was closed early.
func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

package walkmetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
)

// errBroken is what the client sees of a connection that the tenant closed.
var errBroken = errors.New("walkmetest: the connection was closed")

// Transport carries requests to the tenant without sockets, so that a test with
// a fake clock (testing/synctest) can use delays and latency. The base URL is
// any URL with the tenant's base path. It does not decompress, does not follow
// redirects and never repeats a request.
func (t *Tenant) Transport() http.RoundTripper { return transport{t} }

type transport struct{ tenant *Tenant }

func (tr transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	body, err := requestBody(req)
	if err != nil {
		return nil, err
	}
	inbound := req.Clone(ctx)
	inbound.Body = io.NopCloser(bytes.NewReader(body))
	if inbound.Host == "" {
		inbound.Host = req.URL.Host
	}
	reply := &wire{header: http.Header{}, done: make(chan struct{})}
	go func() {
		defer close(reply.done)
		defer reply.recoverAbort()
		tr.tenant.ServeHTTP(reply, inbound)
	}()
	select {
	case <-reply.done:
		return reply.response(req)
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func requestBody(req *http.Request) ([]byte, error) {
	if req.Body == nil {
		return nil, nil
	}
	defer req.Body.Close()
	return io.ReadAll(req.Body)
}

// wire is the way back. It belongs to the handler until done is closed.
type wire struct {
	header  http.Header
	status  int
	body    bytes.Buffer
	aborted bool
	done    chan struct{}
}

func (w *wire) Header() http.Header         { return w.header }
func (w *wire) WriteHeader(status int)      { w.status = status }
func (w *wire) Write(p []byte) (int, error) { return w.body.Write(p) }
func (w *wire) Flush()                      {}

func (w *wire) recoverAbort() {
	switch v := recover(); v {
	case nil:
	case http.ErrAbortHandler:
		w.aborted = true
	default:
		panic(v)
	}
}

func (w *wire) response(req *http.Request) (*http.Response, error) {
	if w.aborted && w.status == 0 {
		return nil, errBroken
	}
	var body io.Reader = &w.body
	length := int64(w.body.Len())
	if w.aborted {
		body, length = io.MultiReader(body, brokenReader{}), -1
	}
	return &http.Response{
		Status:     http.StatusText(w.status),
		StatusCode: w.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        w.header,
		Body:          io.NopCloser(body),
		ContentLength: length,
		Request:       req,
	}, nil
}

// brokenReader is the end of a truncated body.
type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

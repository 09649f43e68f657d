package okta

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// try is the transport of one try: it waits for the pace, counts, bounds the
// time of the exchange and tells the pace what the answer says.
type try struct {
	pace    *pace
	timeout time.Duration
	next    http.RoundTripper
}

// RoundTrip makes one try. The time-out runs until the body is closed.
func (t *try) RoundTrip(req *http.Request) (*http.Response, error) {
	template := template(req.URL.EscapedPath())
	if err := t.pace.wait(req.Context(), template); err != nil {
		return nil, err
	}
	countRequest(req.Context())
	ctx, cancel := context.WithTimeout(req.Context(), t.timeout)
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, t.explain(req.Context(), err)
	}
	t.pace.observe(template, resp)
	resp.Body = &timedBody{ReadCloser: resp.Body, try: t, caller: req.Context(), cancel: cancel}
	return resp, nil
}

// explain tells the time-out of the try from the end of the caller's context.
func (t *try) explain(caller context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) && caller.Err() == nil {
		return fmt.Errorf("%w: %v", ErrTimeout, t.timeout)
	}
	return err
}

// timedBody ends the time-out of a try when it is closed.
type timedBody struct {
	io.ReadCloser
	try    *try
	caller context.Context
	cancel context.CancelFunc
}

// Read reads the body and explains a time-out.
func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = b.try.explain(b.caller, err)
	}
	return n, err
}

// Close closes the body and ends the time-out.
func (b *timedBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

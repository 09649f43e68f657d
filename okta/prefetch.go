package okta

import (
	"bytes"
	"context"
	"net/http"
)

// prefetcher fetches the page of a list that comes next, one and no more, while the page
// before it is decoded. Its answers wait in two buffers that take turns: what take returns
// is valid until the next take.
type prefetcher struct {
	client *Client

	path   string // of the page under way, "" when there is none
	page   chan *fetched
	cancel context.CancelFunc

	current, spare *fetched
}

// fetched is a page, read to its end and cut into its entries, or the error of the one try.
type fetched struct {
	body   bytes.Buffer
	items  []entry // not decoded
	bytes  int64
	header http.Header
	err    error
}

// take returns the page at path: that under way, if it is the one.
func (p *prefetcher) take(ctx context.Context, path string) *fetched {
	if p.path != path {
		if p.current == nil {
			p.current = &fetched{}
		}
		p.client.fetch(ctx, path, p.current)
		return p.current
	}
	p.current, p.spare = p.wait(), p.current
	return p.current
}

// start begins to fetch the page at path, in the place of another one that is under way. ""
// is none.
func (p *prefetcher) start(ctx context.Context, path string) {
	if p.path == path {
		return // the page before it was read again
	}
	p.stop()
	if path == "" {
		return
	}
	if p.spare == nil {
		p.spare = &fetched{}
		p.spare.body.Grow(p.current.body.Len() * 9 / 8) // most pages are about as long
	}
	ctx, p.cancel = context.WithCancel(ctx)
	p.path, p.page = path, make(chan *fetched, 1)
	go func(into *fetched, done chan<- *fetched) {
		p.client.fetch(ctx, path, into)
		done <- into
	}(p.spare, p.page)
	p.spare = nil
}

// stop gives up the page under way and waits until nothing is.
func (p *prefetcher) stop() {
	if p.path != "" {
		p.cancel()
		p.spare = p.wait()
	}
}

func (p *prefetcher) wait() *fetched {
	f := <-p.page
	p.cancel()
	p.path = ""
	return f
}

// fetch reads the page at path, trying once.
func (c *Client) fetch(ctx context.Context, path string, into *fetched) {
	into.body.Reset()
	into.header, into.err = c.readOnce(ctx, path, maxPage, func(body *bounded) error {
		_, err := into.body.ReadFrom(body)
		into.bytes = body.taken
		if err != nil {
			return incomplete("list: %w", cutShort(err))
		}
		into.items, err = entriesOf(into.body.Bytes(), into.items)
		return err
	})
}

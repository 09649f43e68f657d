package okta

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// page is one page of a list, read to its end.
type page[T element] struct {
	items  []T
	header http.Header
	bytes  int64 // of the body
}

func (p page[T]) ids() []string {
	ids := make([]string, len(p.items))
	for i := range p.items {
		ids[i] = p.items[i].key()
	}
	return ids
}

// date is Okta's clock.
func (p page[T]) date() time.Time { return clock(p.header) }

// readPage reads the page at path.
func readPage[T element](ctx context.Context, c *Client, path string) (page[T], error) {
	var p page[T]
	header, err := c.read(ctx, path, maxPage, func(body *bounded) error {
		var err error
		p.items, err = decodeArray[T](body)
		p.bytes = body.taken
		return err
	})
	if err != nil {
		return page[T]{}, err
	}
	p.header = header
	return p, nil
}

// decodeArray reads an array of objects that each have an id, and nothing after
// it. Anything else, an empty body included, is incomplete.
func decodeArray[T element](body io.Reader) ([]T, error) {
	dec := json.NewDecoder(body)
	if token, err := dec.Token(); err != nil {
		return nil, incomplete("list: %w", cutShort(err))
	} else if token != json.Delim('[') {
		return nil, incomplete("list: not an array")
	}
	var items []T
	for dec.More() {
		var v T // fresh, so that nothing of the element before shows through
		if err := dec.Decode(&v); err != nil {
			return nil, incomplete("list: %w", cutShort(err))
		}
		if v.key() == "" {
			return nil, incomplete("list: element without an id")
		}
		items = append(items, v)
	}
	if _, err := dec.Token(); err != nil {
		return nil, incomplete("list: %w", cutShort(err))
	}
	return items, atEnd(dec)
}

// atEnd makes sure that nothing but white space follows.
func atEnd(dec *json.Decoder) error {
	switch _, err := dec.Token(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return incomplete("after the answer: %w", err)
	}
	return incomplete("more after the answer")
}

func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// inWords names the JSON value that is not what it should be, and none of this program's types.
func inWords(err error) error {
	var other *json.UnmarshalTypeError
	if !errors.As(err, &other) {
		return err
	}
	if other.Field == "" {
		return fmt.Errorf("it is of JSON type %s", other.Value)
	}
	return fmt.Errorf("%s is of JSON type %s", other.Field, other.Value)
}

// Bounds on one answer, in bytes after decompression. A page of 500 people with
// ordinary profiles is 2 MiB.
const (
	maxPage   = 128 << 20
	maxObject = 8 << 20
)

// bounded is a body that fails where it grows longer than an answer may be.
type bounded struct {
	body        io.Reader
	taken, most int64
}

// Read reads on, up to the bound.
func (b *bounded) Read(p []byte) (int, error) {
	if b.taken >= b.most {
		return 0, tooLong("an answer is longer than %d MiB", b.most>>20)
	}
	n, err := b.body.Read(p[:min(int64(len(p)), b.most-b.taken)])
	b.taken += int64(n)
	return n, err
}

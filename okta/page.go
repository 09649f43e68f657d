package okta

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// page is one page of a list, read to its end.
type page[T element] struct {
	items []T
	next  string    // target of the next link, or ""
	date  time.Time // Okta's clock
}

// readPage reads the page at path.
func readPage[T element](ctx context.Context, c *Client, path string) (page[T], error) {
	var p page[T]
	header, err := c.read(ctx, path, func(body io.Reader) error {
		var err error
		p.items, err = decodeArray[T](body)
		return err
	})
	if err != nil {
		return page[T]{}, err
	}
	p.next, p.date = nextLink(header), clock(header)
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

// maxEmptyPages is how many empty pages in a row may promise another one.
const maxEmptyPages = 3

// walk reads a list from its first page to its last and gives the elements of
// each page that were not seen before to visit. The time is that of the last
// page. The list is whole only when walk returns no error.
func walk[T element](ctx context.Context, c *Client, path string, visit func([]T) error) (time.Time, error) {
	var date time.Time
	visited, seen := map[string]bool{}, map[string]bool{}
	for empty := 0; path != ""; {
		if visited[path] {
			return date, incomplete("a next link leads back to a page that was read")
		}
		visited[path] = true
		p, err := readPage[T](ctx, c, path)
		if err != nil {
			return date, err
		}
		date = p.date
		if err := visit(p.items); err != nil {
			return date, err
		}
		fresh := countFresh(p.items, seen)
		if len(p.items) > 0 && fresh == 0 {
			return date, incomplete("a page brought nothing but repetitions")
		}
		if empty++; len(p.items) > 0 {
			empty = 0
		}
		if empty > maxEmptyPages {
			return date, incomplete("%d empty pages in a row", empty)
		}
		if path, err = nextPath(path, p.next); err != nil {
			return date, err
		}
	}
	return date, nil
}

func countFresh[T element](items []T, seen map[string]bool) (fresh int) {
	for i := range items {
		if id := items[i].key(); !seen[id] {
			seen[id] = true
			fresh++
		}
	}
	return fresh
}

// nextLink finds the target of rel="next" (RFC 8288). Okta sends each link on a
// header line of its own; a proxy may join the lines with commas.
func nextLink(header http.Header) string {
	for _, line := range header.Values("Link") {
		for rest := line; rest != ""; {
			_, after, ok := strings.Cut(rest, "<")
			if !ok {
				break
			}
			target, params, ok := strings.Cut(after, ">")
			if !ok {
				break
			}
			params, _, _ = strings.Cut(params, "<")
			rest = after[len(target)+1+len(params):]
			if isNext(params) {
				return target
			}
		}
	}
	return ""
}

func isNext(params string) bool {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.Trim(p, " ,\t"), "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") && strings.EqualFold(strings.Trim(value, `" `), "next") {
			return true
		}
	}
	return false
}

// nextPath is the path and query of a next link, with what the link forgets of
// the current query put back: Okta leaves expand out
// (https://github.com/okta/okta-sdk-nodejs/issues/494). Scheme and host of the
// link are not used, so that the credentials reach no other host.
func nextPath(current, link string) (string, error) {
	if link == "" {
		return "", nil
	}
	path, query, err := splitLink(link)
	if err != nil {
		return "", err
	}
	_, rawQuery, _ := strings.Cut(current, "?")
	old, err := url.ParseQuery(rawQuery)
	if err != nil {
		return "", incomplete("query of the page: malformed")
	}
	for k, v := range old {
		if !query.Has(k) {
			query[k] = v
		}
	}
	return path + "?" + query.Encode(), nil
}

// splitLink takes the path and query out of a link. The error does not quote it.
func splitLink(link string) (string, url.Values, error) {
	u, err := url.Parse(link)
	if err != nil {
		return "", nil, incomplete("next link: malformed")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return "", nil, incomplete("next link: malformed query")
	}
	if !strings.HasPrefix(u.EscapedPath(), "/api/v1/") {
		return "", nil, incomplete("next link: leads out of the API")
	}
	return u.EscapedPath(), query, nil
}

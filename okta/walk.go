package okta

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	// maxEmptyPages is how many empty pages in a row may promise another one.
	maxEmptyPages = 3

	// A list may have this many bytes, and for each entry those besides. Okta
	// bounds profiles far below.
	listBytes  = 16 << 20
	entryBytes = 64 << 10
)

// walk reads a list from its first page to its last and gives the elements of
// each page to visit. An element may come twice when the list changes while it
// is read. The time is that of the last page. The list is whole only when walk
// returns no error.
func walk[T element](ctx context.Context, c *Client, path string, visit func([]T) error) (time.Time, error) {
	return walkBy(ctx, c, path, readPage[T], visit)
}

// pageReader reads the page at a path.
type pageReader[T element] func(ctx context.Context, c *Client, path string) (page[T], error)

// walkBy is walk with another way to read a page.
func walkBy[T element](ctx context.Context, c *Client, path string, read pageReader[T], visit func([]T) error) (time.Time, error) {
	l := listing{most: c.cfg.MaxPeople, visited: map[string]bool{}}
	var date time.Time
	for path != "" {
		if l.visited[path] {
			return date, incomplete("a next link leads back to a page that was read")
		}
		l.visited[path] = true
		p, err := read(ctx, c, path)
		if err != nil {
			return date, err
		}
		date = p.date()
		ids := p.ids()
		if err := l.take(ids, p.bytes); err != nil {
			return date, err
		}
		if err := visit(p.items); err != nil {
			return date, err
		}
		next, err := nextPath(c.host, path, linkTo(p.header, "next"))
		if err != nil {
			return date, err
		}
		if next == "" && l.isFull(path, p.header) {
			if err := confirmEnd[T](ctx, c, path, ids); err != nil {
				return date, err
			}
		}
		path = next
	}
	return date, nil
}

// listing is what has been read of a list.
type listing struct {
	most    int             // entries
	visited map[string]bool // paths of pages
	first   []string        // ids of the first page, sorted
	last    []string        // and of the latest that was not empty
	before  int             // size of the page before the latest
	size    int             // of the latest page
	entries int             // repetitions included
	bytes   int64
	empty   int // pages in a row
}

// take adds a page and refuses one that shows that the list has no end.
func (l *listing) take(ids []string, bytes int64) error {
	l.before, l.size = l.size, len(ids)
	l.entries, l.bytes = l.entries+len(ids), l.bytes+bytes
	switch {
	case l.entries > l.most:
		return tooLong("a list goes on beyond %d entries", l.most)
	case l.bytes > listBytes+int64(l.entries)*entryBytes:
		return tooLong("a list has %d MiB in %d entries", l.bytes>>20, l.entries)
	}
	if len(ids) == 0 {
		if l.empty++; l.empty > maxEmptyPages {
			return incomplete("%d empty pages in a row", l.empty)
		}
		return nil
	}
	l.empty = 0
	if isWithin(ids, l.first) || isWithin(ids, l.last) {
		return incomplete("a page brought nothing but repetitions")
	}
	l.last = slices.Sorted(slices.Values(ids))
	if l.first == nil {
		l.first = l.last
	}
	return nil
}

// isWithin reports whether all ids are among others, which are sorted.
func isWithin(ids, others []string) bool {
	return !slices.ContainsFunc(ids, func(id string) bool {
		_, found := slices.BinarySearch(others, id)
		return !found
	})
}

// isFull reports whether the latest page holds as many entries as a page of the
// list may: as many as were asked for, as its self link says, or as the page
// before it. Then only a next link tells whether there are more.
func (l *listing) isFull(path string, header http.Header) bool {
	if l.size == 0 {
		return false
	}
	limit, self := limitOf(path), limitOf(linkTo(header, "self"))
	return limit > 0 && l.size >= limit || self > 0 && l.size >= self || l.size == l.before
}

// confirmEnd makes sure that a full page without a next link is the last one: a
// proxy may have dropped the link. Okta is asked for what comes behind the last
// entry. Where it does not take an id for a position, a smaller page is asked for,
// which must then come with a link.
func confirmEnd[T element](ctx context.Context, c *Client, path string, ids []string) error {
	lost := incomplete("a full page came without a next link, and there is more behind it: the link was lost")
	p, err := readPage[T](ctx, c, withQuery(path, "after", ids[len(ids)-1]))
	switch {
	case err != nil && !isNoPosition(err):
		return err
	case err == nil && len(p.items) == 0:
		return nil
	case err == nil && !isWithin(p.ids(), slices.Sorted(slices.Values(ids))):
		return lost
	case len(ids) == 1:
		return nil
	}
	p, err = readPage[T](ctx, c, withQuery(path, "limit", strconv.Itoa(len(ids)-1)))
	switch {
	case err != nil && !isBadRequest(err):
		return err
	case err != nil, linkTo(p.header, "next") != "", len(p.items) >= len(ids):
		return nil // links do come, or Okta does not let itself be asked
	}
	return lost
}

// isNoPosition reports whether Okta may have failed at an id in place of a position:
// the error is an answer, and none about credentials or limits.
func isNoPosition(err error) bool {
	var refused *APIError
	if !errors.As(err, &refused) || refused.Foreign {
		return false
	}
	switch refused.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return false
	}
	return true
}

func isBadRequest(err error) bool {
	var refused *APIError
	return errors.As(err, &refused) && refused.Status == http.StatusBadRequest
}

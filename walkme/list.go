package walkme

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strconv"

	"okta-walkme-agent/internal/scim"
)

const (
	testSize = 2      // what Okta asks for when it tests credentials
	shorter  = 10     // by how much a page that is too large is made shorter
	pageSize = 100    // what Okta asks for
	maxPages = 10_000 // a server that never ends must not hold us for ever
)

// listPage is one page of a list. Entries without an id are left out, nothing can be done
// with them; received counts them, too.
type listPage struct {
	entries  []object
	received int
	total    int // totalResults
}

// page is listPage without the counter.
func (c *Client) page(ctx context.Context, endpoint, filter string, startIndex, count int) (entries []object, received int, err error) {
	p, err := c.listPage(ctx, endpoint, filter, startIndex, count)
	return p.entries, p.received, err
}

// listPage reads one page of a list, or a shorter one where big groups make it too
// large. The order of the query is Okta's: filter, startIndex, count.
func (c *Client) listPage(ctx context.Context, endpoint, filter string, startIndex, count int) (listPage, error) {
	a, err := c.exchange(ctx, http.MethodGet, endpoint+listQuery(filter, startIndex, count), nil)
	if errors.Is(err, errTooLarge) && count >= shorter {
		return c.listPage(ctx, endpoint, filter, startIndex, count/shorter)
	}
	if err != nil {
		return listPage{}, err
	}
	list, err := c.parseList(a)
	if err != nil {
		return listPage{}, err
	}
	p := listPage{received: len(list.Resources), total: list.TotalResults}
	for _, text := range list.Resources {
		o, err := parseObject(text)
		if err != nil {
			return listPage{}, &AnswerError{"an entry of the list: " + err.Error()}
		}
		if o.string("id") != "" {
			p.entries = append(p.entries, o)
		}
	}
	return p, nil
}

func listQuery(filter string, startIndex, count int) string {
	query := "?"
	if filter != "" {
		query += "filter=" + scim.QueryEscape(filter) + "&"
	}
	return query + "startIndex=" + strconv.Itoa(startIndex) + "&count=" + strconv.Itoa(count)
}

func (c *Client) parseList(a *answer) (scim.ListResponse, error) {
	list, err := scim.ParseListResponse(a.body)
	if err != nil {
		return list, &AnswerError{err.Error()}
	}
	if c.wire.ExactNumbers && len(list.Texts) > 0 {
		return list, &TextCounterError{list.Texts[0]}
	}
	c.speaksSCIM.Store(true)
	return list, nil
}

// all lists every entry once. It trusts no counter: totalResults is the size of
// the page on some servers, itemsPerPage the size that was asked for, and
// others answer everything whatever startIndex says. So it goes on by what it
// got, and ends at a page that brings nothing new; a list therefore costs one
// request more than it has pages.
func (c *Client) all(ctx context.Context, endpoint string) iter.Seq2[object, error] {
	return func(yield func(object, error) bool) {
		seen := map[string]bool{}
		startIndex := 1
		for range maxPages {
			entries, received, err := c.page(ctx, endpoint, "", startIndex, pageSize)
			if err != nil {
				yield(nil, fmt.Errorf("from entry %d: %w", startIndex, err))
				return
			}
			before := len(seen)
			for _, o := range entries {
				id := o.string("id")
				if seen[id] {
					continue
				}
				seen[id] = true
				if !yield(o, nil) {
					return
				}
			}
			if len(seen) == before {
				return
			}
			startIndex += received
		}
		yield(nil, &AnswerError{fmt.Sprintf("the list has not ended after %d pages", maxPages)})
	}
}

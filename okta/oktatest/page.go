package oktatest

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// pageSize is the page size of one of Okta's lists.
type pageSize struct{ standard, most int }

var (
	assignmentPages = pageSize{50, 500}
	appGroupPages   = pageSize{20, 200}
	memberPages     = pageSize{1000, 1000}
	groupPages      = pageSize{200, 10_000}
	mappingPages    = pageSize{100, 1000}
	eventPages      = pageSize{100, 1000}
)

// OpaqueCursors makes lists refuse an id as the position behind which a page
// begins. Okta's lists of people and groups take one; its documentation calls the
// cursor opaque all the same.
func (o *Org) OpaqueCursors(on bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.opaqueCursors = on
}

// page is the part of a list that is asked for.
type page struct {
	after string // id of the last element of the page before; or ""
	limit int
}

// page reads limit and after. It fails the answer and returns false when they are not valid.
func (o *Org) page(a *answer, r *http.Request, size pageSize) (page, bool) {
	q := r.URL.Query()
	p := page{limit: size.standard}
	if s := q.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 {
			a.fail(http.StatusBadRequest, "E0000001", "Api validation failed: limit", "limit: The field must be a positive number")
			return p, false
		}
		p.limit = min(n, size.most)
	}
	if o.opts.PageLimit > 0 {
		p.limit = min(p.limit, o.opts.PageLimit)
	}
	if after := q.Get("after"); after != "" {
		raw, err := base64.RawURLEncoding.DecodeString(after)
		switch {
		case err == nil && strings.HasPrefix(string(raw), "id:"):
			p.after = strings.TrimPrefix(string(raw), "id:")
		case !o.opaqueCursors && isID(after):
			p.after = after
		default:
			a.fail(http.StatusBadRequest, "E0000029", "Invalid paging request.", "Invalid cursor.")
			return p, false
		}
	}
	return p, true
}

// isID knows the form of Okta's ids.
func isID(s string) bool {
	return len(s) == 20 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}

func cursor(id string) string { return base64.RawURLEncoding.EncodeToString([]byte("id:" + id)) }

// list answers with the page p of ids, which are sorted, each rendered by render.
func (o *Org) list(a *answer, r *http.Request, p page, ids []string, render func(id string) any) {
	if o.noRole {
		ids = nil
	}
	items := []any{}
	last := ""
	more := false
	for _, id := range ids {
		if id <= p.after {
			continue
		}
		if len(items) == p.limit {
			more = true
			break
		}
		items = append(items, render(id))
		last = id
	}
	if !more {
		last = ""
	}
	a.link(r, p.limit, last)
	a.json(items)
}

// link sets the self link and, when last is not empty, the next link. Both
// forget expand, as Okta's do.
func (a *answer) link(r *http.Request, limit int, last string) {
	q := r.URL.Query()
	q.Del("expand")
	q.Set("limit", strconv.Itoa(limit))
	addLink(a.header, r, q, "self")
	if last != "" {
		q.Set("after", cursor(last))
		addLink(a.header, r, q, "next")
	}
}

// addLink adds a Link header line of its own.
func addLink(header http.Header, r *http.Request, q url.Values, rel string) {
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	header.Add("Link", "<"+scheme+r.Host+r.URL.EscapedPath()+"?"+q.Encode()+`>; rel="`+rel+`"`)
}

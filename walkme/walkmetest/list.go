package walkmetest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// pageLimit is the largest page of a tenant without PageCap, and defaultCount
// the size of a page for which no size was asked.
const (
	pageLimit    = 1000
	defaultCount = 100
)

// page is what the query asks for: start counts from 1.
type page struct{ start, count int }

func (ex *exchange) page() (page, *refusal) {
	start, bad := ex.number("startIndex", 1)
	if bad != nil {
		return page{}, bad
	}
	count, bad := ex.number("count", defaultCount)
	if bad != nil {
		return page{}, bad
	}
	if start < 1 && ex.q.BadStartIndex400 {
		return page{}, refuse(http.StatusBadRequest, invalidValue, "startIndex must be 1 or more.")
	}
	if count == 0 && ex.q.CountZeroReturnsAll {
		count = pageLimit
	}
	limit := pageLimit
	if ex.q.PageCap > 0 {
		limit = ex.q.PageCap
	}
	return page{max(start, 1), min(max(count, 0), limit)}, nil
}

func (ex *exchange) number(name string, missing int) (int, *refusal) {
	text := ex.query.Get(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, refuse(http.StatusBadRequest, invalidValue, "%s must be an integer.", name)
	}
	return n, nil
}

// list answers a query over records that are in their stable order.
func list[R any](ex *exchange, all []R, view func(R) object) answer {
	p, bad := ex.page()
	if bad != nil {
		return ex.refused(bad)
	}
	total := len(all)
	if total == 0 && ex.q.LookupMiss404 && ex.query.Has("filter") {
		return ex.fail(http.StatusNotFound, "", "No match.")
	}
	from := min(p.start-1, total)
	to := min(from+p.count, total)
	if ex.q.IgnorePaging || (ex.q.EverythingPastEnd && p.start > total) {
		from, to = 0, total
	}
	shown := all[from:to]
	resources := make([]any, len(shown))
	for i, r := range shown {
		resources[i] = ex.project(view(r))
	}
	if ex.q.TotalIsPageSize {
		total = len(shown)
	}
	if ex.q.GroupsBareArray && ex.kind == "Groups" {
		return ex.succeed(http.StatusOK, resources)
	}
	perPage := len(shown)
	if ex.q.ItemsPerPageIsCount {
		perPage = p.count
	}
	return ex.succeed(http.StatusOK, ex.listResponse(resources, total, p.start, perPage))
}

func (ex *exchange) listResponse(resources []any, total, start, perPage int) object {
	number := func(n int) any {
		if ex.q.StringIntegers {
			return strconv.Itoa(n)
		}
		return n
	}
	out := object{
		{"schemas", []any{schemaList}},
		{"totalResults", number(total)},
		{"startIndex", ex.startIndex(start)},
		{"itemsPerPage", number(perPage)},
		{"Resources", resources},
	}
	if len(resources) == 0 && ex.q.ResourcesNullWhenEmpty {
		out.set("Resources", nil)
	}
	if ex.q.LowerCaseListKeys {
		for i := range out {
			out[i].key = strings.ToLower(out[i].key)
		}
	}
	return out
}

func (ex *exchange) startIndex(start int) any {
	if ex.q.StringIntegers || ex.q.StringStartIndex {
		return strconv.Itoa(start)
	}
	return start
}

// single is the whole of a list around one resource.
func (ex *exchange) single(resource object) object {
	return ex.listResponse([]any{resource}, 1, 1, 1)
}

// selected are the records that the request's filter matches: by an index where
// there is one for the attribute, else one by one.
func selected[R record](ex *exchange, s *store[R], nameAttr string, view func(R) object) ([]R, *refusal) {
	text := ex.query.Get("filter")
	if !ex.query.Has("filter") || ex.q.IgnoreFilter {
		return s.order, nil
	}
	f, bad := parseFilter(text, ex.collate)
	if bad == nil {
		bad = ex.refuseFilter(text, f)
	}
	if bad != nil {
		return nil, bad
	}
	if ex.blind(f) {
		return nil, nil
	}
	candidates := s.order
	switch {
	case f.eq && strings.EqualFold(f.attr, nameAttr):
		candidates = s.named(f.value, ex.q.NamesFolded)
	case f.eq && strings.EqualFold(f.attr, "id"):
		candidates = nil
		if r, ok := s.byID[f.value]; ok {
			candidates = []R{r}
		}
	}
	return keep(candidates, func(r R) bool { return f.match(view(r)) }), nil
}

func keep[R any](list []R, want func(R) bool) []R {
	var out []R
	for _, r := range list {
		if want(r) {
			out = append(out, r)
		}
	}
	return out
}

// collate is standardCollation with the quirks laid over.
func (ex *exchange) collate(attr string) collation {
	userName, displayName := strings.EqualFold(attr, "userName"), strings.EqualFold(attr, "displayName")
	switch {
	case userName && ex.q.CaseSensitiveUserName, displayName && ex.q.CaseSensitiveDisplayName:
		return caseExact
	case (userName || displayName) && ex.q.NamesFolded:
		return caseFolded
	}
	return standardCollation(attr)
}

// refuseFilter holds the quirks that make a readable filter an error.
func (ex *exchange) refuseFilter(text string, f filter) *refusal {
	searchable := []string{"userName", "displayName", "externalId", "emails.value"}
	control := func(r rune) bool { return r < ' ' }
	switch {
	case ex.q.OnlyEqFilter && !(f.eq && slices.Contains(searchable, f.attr)):
		return refuse(http.StatusBadRequest, invalidFilter, "This filter is not supported.")
	case ex.q.UpperCaseOperator500 && strings.Contains(text, " EQ "):
		return refuse(http.StatusInternalServerError, "", "Internal error.")
	case ex.q.EscapedQuote400 && strings.Contains(f.value, `"`),
		ex.q.ControlCharacter400 && strings.ContainsFunc(f.value, control):
		return refuse(http.StatusBadRequest, invalidFilter, "The filter cannot be read.")
	}
	return nil
}

// blind holds the quirks that make a filter find nothing.
func (ex *exchange) blind(f filter) bool {
	spelt := []string{"userName", "displayName", "externalId", "emails.value", "id"}
	odd := func(s string) bool { return strings.Contains(f.value, s) }
	return ex.q.CaseSensitiveAttributes && f.eq && !slices.Contains(spelt, f.attr) ||
		ex.q.BackslashNotFound && odd(`\`) ||
		ex.q.PunctuationNotFound && (odd("and") || odd("(") || odd("&"))
}

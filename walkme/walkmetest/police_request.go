package walkmetest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// policeArrival judges what can be seen of a request as such.
func (ex *exchange) policeArrival(r *http.Request) {
	ex.policeHeaders(r)
	ex.policeQuery()
	ex.policeBody()
	if limit := ex.t.opts.MaxInFlight; limit > 0 && ex.t.inFlight > limit {
		ex.violate(RuleInFlight, "%d requests at once, %d allowed", ex.t.inFlight, limit)
	}
	if g := ex.group(); g != nil && IsWrite(ex.rec) && ex.t.writing[g.id] > 0 {
		ex.violate(RuleOverlap, "another write to this group is in flight")
	}
	if !ex.isOktas() {
		ex.violate(RuleNeverSent, "Okta does not send this")
	}
}

// isOktas knows the addresses that Okta asks for. Its Import User Schema (2026) reads
// what types and attributes a server has.
func (ex *exchange) isOktas() bool {
	switch ex.kind {
	case "Users", "Groups":
		return ex.known && !strings.HasPrefix(ex.id, ".")
	case "ResourceTypes", "Schemas":
		return ex.rec.Method == http.MethodGet
	}
	return false
}

// oktaHeaders are the headers of every request, with their values.
var oktaHeaders = []struct{ name, value string }{
	{"Accept", contentSCIM},
	{"Accept-Charset", "utf-8"},
	{"Accept-Encoding", "gzip,deflate"},
	{"User-Agent", "Okta SCIM Client 1.0.0"},
}

const oktaContentType = contentSCIM + "; charset=utf-8"

func (ex *exchange) policeHeaders(r *http.Request) {
	for _, h := range oktaHeaders {
		if got := strings.Join(r.Header.Values(h.name), "|"); got != h.value {
			ex.violate(RuleHeaders, "%s is %q, want %q", h.name, got, h.value)
		}
	}
	want := ""
	if len(ex.rec.Body) > 0 {
		want = oktaContentType
	}
	if got := r.Header.Get("Content-Type"); got != want {
		ex.violate(RuleHeaders, "Content-Type is %q, want %q", got, want)
	}
	if len(r.TransferEncoding) > 0 {
		ex.violate(RuleHeaders, "the body is chunked")
	}
	if r.Header.Get("Authorization") == "" {
		ex.violate(RuleHeaders, "Authorization is missing")
	}
	var more []string
	for name := range r.Header {
		switch name {
		case "Accept", "Accept-Charset", "Accept-Encoding", "User-Agent", "Authorization", "Content-Type", "Content-Length", "Connection":
		default:
			more = append(more, name)
		}
	}
	slices.Sort(more)
	for _, name := range more {
		ex.violate(RuleHeaders, "Okta does not send %s", name)
	}
}

func (ex *exchange) policeQuery() {
	raw := ex.rec.RawQuery
	if raw == "" {
		return
	}
	var keys []string
	for part := range strings.SplitSeq(raw, "&") {
		key, value, _ := strings.Cut(part, "=")
		keys = append(keys, key)
		if strings.Contains(value, "+") {
			ex.violate(RuleQuery, "a blank in %s is written as +", key)
		}
		if plain, err := url.QueryUnescape(value); err == nil && ex.isSecret(key, plain) {
			ex.violate(RuleCredentials, "%s in the query", key)
		}
	}
	list, lookup := []string{"startIndex", "count"}, []string{"filter", "startIndex", "count"}
	if ex.id != "" || ex.rec.Method != http.MethodGet || !slices.Equal(keys, list) && !slices.Equal(keys, lookup) {
		ex.violate(RuleQuery, "unexpected query %s", strings.Join(keys, ","))
	}
}

func (ex *exchange) isSecret(key, value string) bool {
	key = strings.ToLower(key)
	for _, name := range []string{"token", "password", "secret", "authorization", "api_key", "apikey", "username"} {
		if strings.Contains(key, name) {
			return true
		}
	}
	return strings.Contains(value, ex.t.opts.Password) || strings.HasPrefix(value, "Basic ") || strings.HasPrefix(value, "Bearer ")
}

func (ex *exchange) policeBody() {
	body := ex.rec.Body
	if len(body) == 0 {
		return
	}
	if hasUnicodeEscape(body) {
		ex.violate(RuleJSON, "text is escaped that needs no escape")
	}
	if !isCompact(body) {
		ex.violate(RuleJSON, "the body is not compact JSON")
	}
}

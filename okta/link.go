package okta

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// linkTo finds the target of the link of that relation (RFC 8288). Okta sends
// each link on a header line of its own; a proxy may join the lines with commas.
func linkTo(header http.Header, rel string) string {
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
			if hasRelation(params, rel) {
				return target
			}
		}
	}
	return ""
}

func hasRelation(params, rel string) bool {
	for p := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(strings.Trim(p, " ,\t"), "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") && strings.EqualFold(strings.Trim(value, `" `), rel) {
			return true
		}
	}
	return false
}

// nextPath is the path and query of a next link, with what the link forgets of
// the current query put back: Okta leaves expand out
// (https://github.com/okta/okta-sdk-nodejs/issues/494). The link must lead to the
// list that was asked for: the org's own host, and the path of the page that it
// came with. Otherwise the members of one group would be taken for another's.
func nextPath(host, current, link string) (string, error) {
	if link == "" {
		return "", nil
	}
	to, query, err := splitLink(host, link)
	if err != nil {
		return "", err
	}
	at, err := url.Parse(current)
	if err != nil {
		return "", incomplete("address of the page: malformed")
	}
	if to.Path != at.Path {
		return "", incomplete("next link: leads to another list, %s after %s", template(to.EscapedPath()), template(at.EscapedPath()))
	}
	old, err := url.ParseQuery(at.RawQuery)
	if err != nil {
		return "", incomplete("query of the page: malformed")
	}
	for k, v := range old {
		if !query.Has(k) {
			query[k] = v
		}
	}
	return at.EscapedPath() + "?" + query.Encode(), nil
}

// splitLink takes a link of that host apart. No error quotes more of it than its host.
func splitLink(host, link string) (*url.URL, url.Values, error) {
	u, err := url.Parse(link)
	if err != nil {
		return nil, nil, incomplete("next link: malformed")
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, nil, incomplete("next link: malformed query")
	}
	if u.Host != "" && !sameHost(u.Host, host) {
		return nil, nil, incomplete("next link: leads to %s instead of %s, which is the host of the org URL", printable(u.Host), host)
	}
	if !strings.HasPrefix(u.EscapedPath(), "/api/v1/") {
		return nil, nil, incomplete("next link: leads out of the API")
	}
	return u, query, nil
}

// sameHost compares hosts with their ports. A gateway that ends TLS may leave the
// port of either scheme in a link.
func sameHost(a, b string) bool {
	bare := func(host string) string {
		if name, port, err := net.SplitHostPort(host); err == nil && (port == "443" || port == "80") {
			return name
		}
		return host
	}
	return strings.EqualFold(bare(a), bare(b))
}

// limitOf is the page size that an address asks for; 0 when it says none.
func limitOf(address string) int {
	u, err := url.Parse(address)
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(u.Query().Get("limit"))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// withQuery sets one parameter of a path's query.
func withQuery(path, name, value string) string {
	p, rawQuery, _ := strings.Cut(path, "?")
	query, _ := url.ParseQuery(rawQuery) // of a path of this package
	query.Set(name, value)
	return p + "?" + query.Encode()
}

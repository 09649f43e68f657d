package har

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// hidden stands for a secret.
const hidden = "[hidden]"

// shortest is the length in bytes from which a secret is looked for in other
// places than its own. A shorter one would turn up by chance.
const shortest = 6

// isSecretHeader knows the header fields that carry credentials.
func isSecretHeader(name string) bool {
	switch strings.ToLower(name) {
	case "authorization", "proxy-authorization", "cookie", "set-cookie", "set-cookie2", "x-api-key", "dpop":
		return true
	}
	return false
}

// isSecretName knows the query and form parameters, JSON members and SCIM
// attribute paths that hold a secret (RFC 6749, RFC 7521, RFC 7643, section
// 4.1.1). Of a path the last step counts.
func isSecretName(name string) bool {
	if i := strings.LastIndexAny(name, ".:"); i >= 0 {
		name = name[i+1:]
	}
	switch strings.ToLower(name) {
	case "password", "client_assertion", "client_secret", "access_token", "refresh_token", "id_token", "token", "api_token",
		"sessiontoken", "private_key", "secret":
		return true
	}
	return false
}

// secrets are the literal texts to hide in one exchange, the longest first.
type secrets struct{ texts []string }

// secretsIn lists what of a request's credentials could turn up in a server's
// text: the header value, what follows the scheme, and what Basic encodes.
func secretsIn(req *http.Request) *secrets {
	s := &secrets{}
	for name, values := range req.Header {
		if !isSecretHeader(name) {
			continue
		}
		for _, value := range values {
			s.learn(value)
			scheme, credential, _ := strings.Cut(value, " ")
			s.learn(credential)
			if text, err := base64.StdEncoding.DecodeString(credential); err == nil && strings.EqualFold(scheme, "Basic") {
				_, password, _ := strings.Cut(string(text), ":")
				s.learn(string(text))
				s.learn(password)
			}
		}
	}
	for _, p := range queryPairs(req.URL.String()) {
		if isSecretName(p.Name) {
			s.learn(p.Value)
		}
	}
	return s
}

// learn adds a text in the forms that servers show it in: as it is, inside JSON
// and inside an address.
func (s *secrets) learn(text string) {
	if len(text) < shortest || text == hidden {
		return
	}
	var quoted bytes.Buffer
	enc := json.NewEncoder(&quoted)
	enc.SetEscapeHTML(false)
	forms := []string{text, url.QueryEscape(text), url.PathEscape(text)}
	if enc.Encode(text) == nil {
		forms = append(forms, strings.Trim(strings.TrimSpace(quoted.String()), `"`))
	}
	for _, form := range forms {
		if len(form) >= shortest && !slices.Contains(s.texts, form) {
			s.texts = append(s.texts, form)
		}
	}
	slices.SortFunc(s.texts, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b)) })
}

// conceal hides the literal secrets.
func (s *secrets) conceal(text string) string {
	for _, secret := range s.texts {
		text = strings.ReplaceAll(text, secret, hidden)
	}
	return text
}

// hideText hides what is secret in a body and learns what the members were. A
// body that was cut may end anywhere.
func (s *secrets) hideText(mimeType string, body []byte, cut bool) string {
	if isForm(mimeType) {
		return s.conceal(s.hideQuery(string(body)))
	}
	if looksLikeJSON(body) {
		text, found := hideJSON(body, cut)
		for _, f := range found {
			s.learn(f)
		}
		return s.conceal(text)
	}
	return s.conceal(string(body))
}

func isForm(mimeType string) bool {
	return strings.HasPrefix(strings.ToLower(strings.TrimSpace(mimeType)), "application/x-www-form-urlencoded")
}

// looksLikeJSON goes by the text: what an answer says of itself may be wrong.
func looksLikeJSON(body []byte) bool {
	body = bytes.TrimLeft(bytes.TrimPrefix(body, []byte("\ufeff")), " \t\r\n")
	return len(body) > 0 && (body[0] == '{' || body[0] == '[')
}

func (s *secrets) hideHeaders(headers []pair) []pair {
	out := make([]pair, len(headers))
	for i, h := range headers {
		switch {
		case isSecretHeader(h.Name):
			h.Value = hidden
		case strings.EqualFold(h.Name, "Location"):
			h.Value = s.hideURL(h.Value)
		case strings.EqualFold(h.Name, ":path"):
			h.Value = s.hideURL(h.Value)
		default:
			h.Value = s.conceal(h.Value)
		}
		out[i] = h
	}
	return out
}

// hideURL hides user information and secret parameters. It works on the text, so
// that the address stays as it was sent.
func (s *secrets) hideURL(address string) string {
	address, fragment, hasFragment := strings.Cut(address, "#")
	before, query, hasQuery := strings.Cut(address, "?")
	if scheme, rest, ok := strings.Cut(before, "://"); ok {
		host, path, hasPath := strings.Cut(rest, "/")
		if i := strings.LastIndex(host, "@"); i >= 0 {
			host = hidden + host[i:]
		}
		before = scheme + "://" + host
		if hasPath {
			before += "/" + path
		}
	}
	if hasQuery {
		before += "?" + s.hideQuery(query)
	}
	if hasFragment {
		before += "#" + s.hideQuery(fragment)
	}
	return s.conceal(before)
}

// hideQuery hides the values of secret parameters in a query or form.
func (s *secrets) hideQuery(query string) string {
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, value, ok := strings.Cut(part, "=")
		if ok && isSecretName(unescape(name)) {
			s.learn(unescape(value))
			parts[i] = name + "=" + hidden
		}
	}
	return strings.Join(parts, "&")
}

// queryPairs lists the parameters of an address in their order.
func queryPairs(address string) []pair {
	out := []pair{}
	address, _, _ = strings.Cut(address, "#")
	_, query, _ := strings.Cut(address, "?")
	for part := range strings.SplitSeq(query, "&") {
		if name, value, _ := strings.Cut(part, "="); part != "" {
			out = append(out, pair{unescape(name), unescape(value)})
		}
	}
	return out
}

func unescape(s string) string {
	if text, err := url.QueryUnescape(s); err == nil {
		return text
	}
	return s
}

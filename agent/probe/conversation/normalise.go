package conversation

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"okta-walkme-agent/internal/scim"
)

// step is an exchange without what differs from one tenant to the next.
type step struct {
	at      int // place in the recording, from 1
	subject string
	method  string
	path    string
	query   []Field
	header  []Field
	body    any // decoded, or the text of what is no JSON
	status  int
	known   bool // the answer was recorded, or that there was none
	broken  bool
	answers []Field
	answer  any
}

func (s step) String() string {
	var query []string
	for _, q := range s.query {
		query = append(query, q.Name+"="+q.Value)
	}
	line := s.method + " " + s.path
	if len(query) > 0 {
		line += "?" + strings.Join(query, "&")
	}
	return line
}

// telling is a whole recording, normalised.
type telling struct {
	steps      []step
	hasHeaders bool // a log that was turned into HAR may have none
	hasAnswers bool
}

// names gives ids the names of what they belong to.
type names struct {
	labels  map[string]string
	bases   []string // base URLs, the longest first
	unnamed int
}

func tell(all []Exchange) telling {
	exchanges := SCIM(all)
	n := &names{labels: map[string]string{}}
	for _, x := range exchanges {
		n.learn(x)
	}
	slices.SortFunc(n.bases, func(a, b string) int { return len(b) - len(a) })
	var t telling
	for i, x := range exchanges {
		s := n.step(x)
		s.at = i + 1
		t.hasHeaders = t.hasHeaders || len(x.Header) > 0
		t.hasAnswers = t.hasAnswers || x.Answer.Body != ""
		t.steps = append(t.steps, s)
	}
	return t
}

// learn takes names and ids out of one exchange.
func (n *names) learn(x Exchange) {
	below, base, _ := x.path()
	if address := x.URL.Scheme + "://" + x.URL.Host + base; !slices.Contains(n.bases, address) {
		n.bases = append(n.bases, address)
	}
	kind := kindOf(below)
	for _, text := range []string{x.Body, x.Answer.Body} {
		if v, ok := decode(text); ok {
			n.learnValue(kind, v)
		}
	}
}

func kindOf(below string) string {
	switch {
	case strings.HasPrefix(below, "/Users"):
		return "user"
	case strings.HasPrefix(below, "/Groups"):
		return "group"
	}
	return "resource"
}

func (n *names) learnValue(kind string, v any) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			n.learnValue(kind, e)
		}
	case object:
		if list, ok := v.get("Resources"); ok {
			n.learnValue(kind, list)
			return
		}
		name := v.text("userName")
		if kind == "group" {
			name = v.text("displayName")
		}
		n.call(v.text("id"), kind, name)
		n.call(v.text("externalId"), "okta id of", name)
		if members, ok := v.get("members"); ok {
			list, _ := members.([]any)
			for _, e := range list {
				member, _ := e.(object)
				n.call(member.text("value"), "user", member.text("display"))
			}
		}
	}
}

// call gives an id its first name.
func (n *names) call(id, kind, name string) {
	if id == "" || name == "" {
		return
	}
	if _, known := n.labels[id]; !known {
		n.labels[id] = "{" + kind + " " + scim.NameKey(name) + "}"
	}
}

// label is the name of an id; one that nothing names gets a number.
func (n *names) label(kind, id string) string {
	if n.labels[id] == "" {
		n.unnamed++
		n.labels[id] = fmt.Sprintf("{%s %d}", kind, n.unnamed)
	}
	return n.labels[id]
}

func (n *names) step(x Exchange) step {
	below, _, _ := x.path()
	s := step{
		method: x.Method, header: requestHeader(x.Header), status: x.Status, answers: answerHeader(x.Answer.Header, n),
		known: x.Status != 0 || x.Error != "", broken: x.Status == 0,
	}
	segments := strings.Split(strings.TrimPrefix(below, "/"), "/")
	for i := 1; i < len(segments); i++ {
		if id, err := url.PathUnescape(segments[i]); err == nil && segments[i] != ".search" {
			segments[i] = n.label(strings.TrimSuffix(kindOf(below), "s"), id)
		}
	}
	s.path = "/" + strings.Join(segments, "/")
	s.query = n.query(x.URL.RawQuery)
	s.body, s.answer = n.body(x.Body), n.body(x.Answer.Body)
	s.subject = subject(s, x)
	return s
}

// query is decoded, in its order.
func (n *names) query(raw string) []Field {
	var out []Field
	for part := range strings.SplitSeq(raw, "&") {
		key, value, _ := strings.Cut(part, "=")
		if key == "" {
			continue
		}
		plain, err := url.QueryUnescape(value)
		if err != nil {
			plain = value
		}
		out = append(out, Field{key, n.text(plain)})
	}
	return out
}

var filterOfName = regexp.MustCompile(`(?i)^(userName|displayName) eq "(.*)"$`)

// subject is whom an exchange concerns. Requests that concern different ones may come
// in any order.
func subject(s step, x Exchange) string {
	kind := kindOf(s.path)
	if _, id, ok := strings.Cut(strings.TrimPrefix(s.path, "/"), "/"); ok {
		return id
	}
	if body, ok := decode(x.Body); ok {
		o, _ := body.(object)
		if name := o.text("userName"); kind == "user" && name != "" {
			return "{user " + scim.NameKey(name) + "}"
		}
		if name := o.text("displayName"); kind == "group" && name != "" {
			return "{group " + scim.NameKey(name) + "}"
		}
	}
	for _, q := range s.query {
		if m := filterOfName.FindStringSubmatch(q.Value); q.Name == "filter" && m != nil {
			return "{" + kind + " " + scim.NameKey(strings.ReplaceAll(m[2], `\"`, `"`)) + "}"
		}
	}
	return s.path
}

func (n *names) body(text string) any {
	if text == "" {
		return nil
	}
	v, ok := decode(text)
	if !ok {
		return n.text(text)
	}
	return n.value("", v)
}

// value leaves aside what differs in a value at a key.
func (n *names) value(key string, v any) any {
	switch v := v.(type) {
	case object:
		out := make(object, len(v))
		for i, m := range v {
			out[i] = member{m.key, n.value(m.key, m.value)}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = n.value(key, e)
		}
		return out
	case string:
		switch strings.ToLower(key) {
		case "password":
			return "{password}"
		case "version":
			return "{version}"
		case "id", "externalid":
			return n.label(key, v)
		}
		return n.text(v)
	}
	return v
}

// text leaves aside ids, times and addresses in a text.
func (n *names) text(s string) string {
	if label := n.labels[s]; label != "" {
		return label
	}
	if _, err := time.Parse(time.RFC3339, s); err == nil {
		return "{time}"
	}
	for _, base := range n.bases {
		if rest, ok := strings.CutPrefix(s, base+"/"); ok {
			return "{base}/" + n.segments(rest)
		}
	}
	if below, ok := address(s); ok {
		return "{base}/" + n.segments(below)
	}
	return quoted.ReplaceAllStringFunc(s, func(part string) string {
		if label := n.labels[part[1:len(part)-1]]; label != "" {
			return `"` + label + `"`
		}
		return part
	})
}

// address is the path below the base URL of an address that a server gives under
// another name of its own, such as the one behind its gateway.
func address(s string) (string, bool) {
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") {
		return "", false
	}
	u, err := url.Parse(s)
	if err != nil {
		return "", false
	}
	below, _, ok := Exchange{URL: u}.path()
	return strings.TrimPrefix(below, "/"), ok
}

var quoted = regexp.MustCompile(`"[^"]+"`)

func (n *names) segments(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil && n.labels[plain] != "" {
			parts[i] = n.labels[plain]
		}
	}
	return strings.Join(parts, "/")
}

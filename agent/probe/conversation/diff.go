package conversation

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// Difference is a place where two conversations part.
type Difference struct {
	Request string // the request, as A has it, or B if A has none
	AtA     int    // its place among the SCIM requests of A, from 1; 0: A has none
	AtB     int
	Where   string // "request", "query", "header Accept", "key order of …", "body: name.givenName", "status", "answer: …"
	A, B    string // both values
}

// Options say what of two conversations counts.
type Options struct {
	// RequestsOnly leaves the answers aside, for recordings of two servers.
	RequestsOnly bool
}

// Diff compares the SCIM requests of two recordings. The differences are in the order
// of A; no difference is none.
func Diff(a, b []Exchange, o Options) []Difference {
	left, right := tell(a), tell(b)
	c := comparison{
		headers: left.hasHeaders && right.hasHeaders,
		answers: left.hasAnswers && right.hasAnswers && !o.RequestsOnly,
		status:  !o.RequestsOnly,
	}
	var out []Difference
	bySubject := map[string][]step{}
	for _, s := range right.steps {
		bySubject[s.subject] = append(bySubject[s.subject], s)
	}
	lost := map[string]bool{} // subjects whose requests do not go together any more
	for _, s := range left.steps {
		others := bySubject[s.subject]
		switch {
		case lost[s.subject]:
			continue
		case len(others) == 0:
			out = append(out, Difference{Request: s.String(), AtA: s.at, Where: "request", A: "sent", B: "not sent"})
			continue
		}
		other := others[0]
		bySubject[s.subject] = others[1:]
		d, same := c.steps(s, other)
		if !same {
			lost[s.subject] = d.Where == "request"
			d.Request, d.AtA, d.AtB = s.String(), s.at, other.at
			out = append(out, d)
		}
	}
	for _, s := range right.steps {
		if slices.ContainsFunc(bySubject[s.subject], func(o step) bool { return o.at == s.at }) && !lost[s.subject] {
			out = append(out, Difference{Request: s.String(), AtB: s.at, Where: "request", A: "not sent", B: "sent"})
		}
	}
	slices.SortStableFunc(out, func(x, y Difference) int { return cmp.Compare(cmp.Or(x.AtA, x.AtB), cmp.Or(y.AtA, y.AtB)) })
	return out
}

type comparison struct{ headers, answers, status bool }

// steps compares two exchanges that concern the same one.
func (c comparison) steps(a, b step) (Difference, bool) {
	if a.method != b.method || a.path != b.path {
		return Difference{Where: "request", A: a.String(), B: b.String()}, false
	}
	if d, same := fieldsDiffer("query ", a.query, b.query); !same {
		return d, false
	}
	if c.headers {
		if d, same := fieldsDiffer("header ", a.header, b.header); !same {
			return d, false
		}
	}
	if d, same := bodies("body", a.body, b.body); !same {
		return d, false
	}
	if c.status && a.known && b.known && a.status != b.status {
		return Difference{Where: "status", A: statusText(a), B: statusText(b)}, false
	}
	if !c.answers || a.broken || b.broken {
		return Difference{}, true
	}
	if c.headers {
		if d, same := fieldsDiffer("answer's header ", a.answers, b.answers); !same {
			return d, false
		}
	}
	return bodies("answer", a.answer, b.answer)
}

func statusText(s step) string {
	if s.broken {
		return "no answer"
	}
	return strconv.Itoa(s.status)
}

// fieldsDiffer compares two lists of fields name by name, then their order.
func fieldsDiffer(what string, a, b []Field) (Difference, bool) {
	for _, f := range a {
		i := slices.IndexFunc(b, func(o Field) bool { return o.Name == f.Name })
		switch {
		case i < 0:
			return Difference{Where: what + f.Name, A: f.Value, B: absent}, false
		case b[i].Value != f.Value && b[i].Value != concealed && f.Value != concealed:
			return Difference{Where: what + f.Name, A: f.Value, B: b[i].Value}, false
		}
	}
	for _, f := range b {
		if !slices.ContainsFunc(a, func(o Field) bool { return o.Name == f.Name }) {
			return Difference{Where: what + f.Name, A: absent, B: f.Value}, false
		}
	}
	for i := range min(len(a), len(b)) {
		if a[i].Name != b[i].Name {
			return Difference{Where: "order of the " + what, A: a[i].Name, B: b[i].Name}, false
		}
	}
	return Difference{}, true
}

const absent = "not there"

// bodies compares values first, and then the order of keys.
func bodies(what string, a, b any) (Difference, bool) {
	if path, x, y, same := values("", a, b); !same {
		return Difference{Where: at(what, path), A: x, B: y}, false
	}
	if path, x, y, same := order("", a, b); !same {
		return Difference{Where: at("key order of the "+what, path), A: x, B: y}, false
	}
	return Difference{}, true
}

func at(what, path string) string {
	if path == "" {
		return what
	}
	return what + ": " + path
}

// values finds the first place where two values differ.
func values(path string, a, b any) (where, x, y string, same bool) {
	switch a := a.(type) {
	case object:
		b, ok := b.(object)
		if !ok {
			break
		}
		for _, m := range a {
			other, ok := b.get(m.key)
			if !ok {
				return join(path, m.key), encode(m.value), absent, false
			}
			if where, x, y, same := values(join(path, m.key), m.value, other); !same {
				return where, x, y, false
			}
		}
		for _, m := range b {
			if _, ok := a.get(m.key); !ok {
				return join(path, m.key), absent, encode(m.value), false
			}
		}
		return "", "", "", true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			break
		}
		for i := range a {
			if where, x, y, same := values(fmt.Sprintf("%s[%d]", path, i), a[i], b[i]); !same {
				return where, x, y, false
			}
		}
		return "", "", "", true
	}
	if x, y := shown(a), shown(b); x != y {
		return path, x, y, false
	}
	return "", "", "", true
}

func shown(v any) string {
	if v == nil {
		return absent
	}
	return encode(v)
}

// order finds the first object whose keys stand in another order.
func order(path string, a, b any) (where, x, y string, same bool) {
	switch a := a.(type) {
	case object:
		b, ok := b.(object)
		if !ok {
			break
		}
		if ka, kb := keys(a), keys(b); !slices.Equal(ka, kb) {
			return path, fmt.Sprint(ka), fmt.Sprint(kb), false
		}
		for i := range a {
			if where, x, y, same := order(join(path, a[i].key), a[i].value, b[i].value); !same {
				return where, x, y, false
			}
		}
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			break
		}
		for i := range a {
			if where, x, y, same := order(fmt.Sprintf("%s[%d]", path, i), a[i], b[i]); !same {
				return where, x, y, false
			}
		}
	}
	return "", "", "", true
}

func keys(o object) []string {
	out := make([]string, len(o))
	for i, m := range o {
		out[i] = m.key
	}
	return out
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

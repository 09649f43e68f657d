package walkmetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// filter is a compiled filter expression of RFC 7644, section 3.4.2.2. When it
// is a single attr eq "v", attr and value hold its parts, so that an index can
// answer it.
type filter struct {
	match func(object) bool
	eq    bool
	attr  string
	value string
}

// parser reads a filter. collate says how an attribute is compared.
type parser struct {
	rest    string
	collate func(attr string) collation
	depth   int
	terms   int
	last    filter
	fail    *refusal
}

// standardCollation is caseExact for the attributes that RFC 7643 declares so, and
// for the value of a member, which is an id.
func standardCollation(attr string) collation {
	switch strings.ToLower(attr) {
	case "id", "externalid", "value", "meta.location", "$ref":
		return caseExact
	}
	return caseIgnored
}

func parseFilter(s string, collate func(attr string) collation) (filter, *refusal) {
	p := &parser{rest: s, collate: collate}
	match := p.or()
	p.blank()
	if p.fail == nil && p.rest != "" {
		p.refuse("unexpected %q", p.rest)
	}
	if p.fail != nil {
		return filter{}, p.fail
	}
	f := filter{match: match}
	if p.terms == 1 && p.last.eq {
		f.eq, f.attr, f.value = true, p.last.attr, p.last.value
	}
	return f, nil
}

func (p *parser) refuse(format string, args ...any) {
	if p.fail == nil {
		p.fail = refuse(http.StatusBadRequest, invalidFilter, "The filter cannot be read: %s.", fmt.Sprintf(format, args...))
	}
	p.rest = ""
}

func (p *parser) blank() { p.rest = strings.TrimLeft(p.rest, " ") }

// take consumes a literal token.
func (p *parser) take(token string) bool {
	p.blank()
	rest, ok := strings.CutPrefix(p.rest, token)
	if ok {
		p.rest = rest
	}
	return ok
}

// keyword consumes a word that must be followed by a blank or a parenthesis.
func (p *parser) keyword(word string) bool {
	p.blank()
	if len(p.rest) <= len(word) || !strings.EqualFold(p.rest[:len(word)], word) || !strings.ContainsRune(" (", rune(p.rest[len(word)])) {
		return false
	}
	p.rest = p.rest[len(word):]
	return true
}

func (p *parser) word() string {
	p.blank()
	end := strings.IndexAny(p.rest, " ()[]\"")
	if end < 0 {
		end = len(p.rest)
	}
	w := p.rest[:end]
	p.rest = p.rest[end:]
	return w
}

func (p *parser) or() func(object) bool {
	left := p.and()
	for p.fail == nil && p.keyword("or") {
		a, b := left, p.and()
		left = func(o object) bool { return a(o) || b(o) }
	}
	return left
}

func (p *parser) and() func(object) bool {
	left := p.term()
	for p.fail == nil && p.keyword("and") {
		a, b := left, p.term()
		left = func(o object) bool { return a(o) && b(o) }
	}
	return left
}

func (p *parser) term() func(object) bool {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxDepth {
		p.refuse("nested too deeply")
		return nil
	}
	if p.keyword("not") {
		p.terms++ // a negation is never answered by an index
		if p.blank(); !strings.HasPrefix(p.rest, "(") {
			p.refuse("not is followed by a parenthesis")
			return nil
		}
		inner := p.term()
		return func(o object) bool { return !inner(o) }
	}
	if p.take("(") {
		inner := p.or()
		if !p.take(")") {
			p.refuse("a parenthesis is not closed")
		}
		return inner
	}
	return p.comparison()
}

func (p *parser) comparison() func(object) bool {
	p.terms++
	attr := p.word()
	if attr == "" {
		p.refuse("an attribute is missing")
		return nil
	}
	if p.take("[") {
		inner := p.or()
		if !p.take("]") {
			p.refuse("a bracket is not closed")
		}
		p.terms++
		return func(o object) bool { return anyElement(resolve(o, attr), inner) }
	}
	op := strings.ToLower(p.word())
	if op == "pr" {
		return func(o object) bool { return present(resolve(o, attr)) }
	}
	want := p.literal()
	if p.fail != nil {
		return nil
	}
	test, ok := comparisons[op]
	if !ok {
		p.refuse("%q is no operator", op)
		return nil
	}
	if _, isBool := want.(bool); isBool && contains([]string{"gt", "ge", "lt", "le", "co", "sw", "ew"}, op) {
		p.refuse("%q is not for a boolean", op) // RFC 7644, table 3
		return nil
	}
	if _, isText := want.(string); isText && booleans(attr) && op != "eq" && op != "ne" {
		p.refuse("%s is a boolean", attr)
		return nil
	}
	value, isText := want.(string)
	p.last = filter{eq: op == "eq" && isText, attr: attr, value: value}
	if want == nil && (op == "eq" || op == "ne") { // unassigned and null are one (RFC 7643, section 2.5)
		return func(o object) bool { return present(resolve(o, attr)) == (op == "ne") }
	}
	order := p.collate(attr)
	return func(o object) bool {
		for _, got := range resolve(o, attr) {
			if complexValue, ok := got.(object); ok {
				got = complexValue.get("value")
			}
			if test(order.form(op, got), order.form(op, want)) {
				return true
			}
		}
		return op == "ne" && len(resolve(o, attr)) == 0
	}
}

// booleans says whether an attribute is one (RFC 7643, section 4.1.1).
func booleans(attr string) bool {
	name := strings.ToLower(attr[strings.LastIndexAny(attr, ":.")+1:])
	return name == "active" || name == "primary"
}

// literal reads a JSON string, number, boolean or null.
func (p *parser) literal() any {
	p.blank()
	if strings.HasPrefix(p.rest, `"`) { // as nearly all do
		if text, rest, ok := strings.Cut(p.rest[1:], `"`); ok && isPlain(text) {
			p.rest = rest
			return text
		}
	}
	dec := json.NewDecoder(strings.NewReader(p.rest))
	dec.UseNumber()
	token, err := dec.Token()
	if _, isDelim := token.(json.Delim); err != nil || isDelim {
		p.refuse("a value is missing")
		return nil
	}
	p.rest = p.rest[dec.InputOffset():]
	return token
}

var comparisons = map[string]func(got, want any) bool{
	"eq": func(a, b any) bool { return a == b },
	"ne": func(a, b any) bool { return a != b },
	"co": texts(strings.Contains),
	"sw": texts(strings.HasPrefix),
	"ew": texts(strings.HasSuffix),
	"gt": texts(func(a, b string) bool { return a > b }),
	"ge": texts(func(a, b string) bool { return a >= b }),
	"lt": texts(func(a, b string) bool { return a < b }),
	"le": texts(func(a, b string) bool { return a <= b }),
}

func texts(test func(a, b string) bool) func(a, b any) bool {
	return func(a, b any) bool {
		x, ok := a.(string)
		y, ok2 := b.(string)
		return ok && ok2 && test(x, y)
	}
}

func anyElement(values []any, match func(object) bool) bool {
	for _, v := range values {
		if o, ok := v.(object); ok && match(o) {
			return true
		}
	}
	return false
}

func present(values []any) bool {
	for _, v := range values {
		if !unassigned(v) && v != "" {
			return true
		}
	}
	return false
}

// resolve lists the values under an attribute path: the elements of a
// multi-valued attribute one by one.
func resolve(o object, path string) []any {
	container, path := extension(o, path)
	name, sub, hasSub := strings.Cut(path, ".")
	var out []any
	for _, v := range elements(container.get(name)) {
		if !hasSub {
			out = append(out, v)
			continue
		}
		if c, ok := v.(object); ok {
			out = append(out, elements(c.get(sub))...)
		}
	}
	return out
}

func elements(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// extension splits the schema from a path: a core schema stands for the object
// itself, another one for the object under its URN.
func extension(o object, path string) (object, string) {
	if len(path) < 4 || !strings.EqualFold(path[:4], "urn:") {
		return o, path
	}
	i := strings.LastIndexByte(path, ':')
	schema, name := path[:i], path[i+1:]
	if strings.EqualFold(schema, schemaUser) || strings.EqualFold(schema, schemaGroup) {
		return o, name
	}
	inner, _ := o.get(schema).(object)
	return inner, name
}

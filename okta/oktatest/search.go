package oktatest

import (
	"fmt"
	"strconv"
	"strings"
)

// matcher tells whether an object fits a search expression. values returns the
// values of an attribute; one of them has to fit.
type matcher func(values func(attribute string) []string) bool

// parseSearch reads the part of Okta's search grammar that lists of groups and
// the System Log understand: comparisons with eq, sw, gt, ge, lt and le, joined
// by and, or and parentheses. Text is compared without regard to case. The empty
// expression fits everything.
func parseSearch(s string) (matcher, error) {
	p := &searchParser{rest: s}
	if p.peek() == "" {
		return func(func(string) []string) bool { return true }, nil
	}
	m, err := p.or()
	if err == nil && p.peek() != "" {
		err = fmt.Errorf("unexpected %q", p.peek())
	}
	return m, err
}

type searchParser struct{ rest string }

// peek returns the next token without taking it; "" at the end.
func (p *searchParser) peek() string {
	p.rest = strings.TrimLeft(p.rest, " ")
	switch {
	case p.rest == "":
		return ""
	case p.rest[0] == '(' || p.rest[0] == ')':
		return p.rest[:1]
	case p.rest[0] == '"':
		for i := 1; i < len(p.rest); i++ {
			if p.rest[i] == '\\' {
				i++
			} else if p.rest[i] == '"' {
				return p.rest[:i+1]
			}
		}
		return p.rest
	}
	if end := strings.IndexAny(p.rest, ` ()"`); end > 0 {
		return p.rest[:end]
	}
	return p.rest
}

func (p *searchParser) next() string {
	token := p.peek()
	p.rest = p.rest[len(token):]
	return token
}

func (p *searchParser) or() (matcher, error) {
	left, err := p.and()
	for err == nil && strings.EqualFold(p.peek(), "or") {
		p.next()
		l := left
		var r matcher
		r, err = p.and()
		left = func(v func(string) []string) bool { return l(v) || r(v) }
	}
	return left, err
}

func (p *searchParser) and() (matcher, error) {
	left, err := p.term()
	for err == nil && strings.EqualFold(p.peek(), "and") {
		p.next()
		l := left
		var r matcher
		r, err = p.term()
		left = func(v func(string) []string) bool { return l(v) && r(v) }
	}
	return left, err
}

func (p *searchParser) term() (matcher, error) {
	if p.peek() == "(" {
		p.next()
		m, err := p.or()
		if err == nil && p.next() != ")" {
			err = fmt.Errorf("missing )")
		}
		return m, err
	}
	attribute, operator, quoted := p.next(), p.next(), p.next()
	want, err := strconv.Unquote(quoted)
	if err != nil {
		return nil, fmt.Errorf("value of %q is not a string", attribute)
	}
	compare := comparison(operator, strings.ToLower(want))
	if compare == nil {
		return nil, fmt.Errorf("operator %q", operator)
	}
	return func(values func(string) []string) bool {
		for _, v := range values(attribute) {
			if compare(strings.ToLower(v)) {
				return true
			}
		}
		return false
	}, nil
}

// comparison returns nil for an operator that Okta's search of groups lacks.
func comparison(operator, want string) func(string) bool {
	switch operator {
	case "eq":
		return func(v string) bool { return v == want }
	case "sw":
		return func(v string) bool { return strings.HasPrefix(v, want) }
	case "gt":
		return func(v string) bool { return v > want }
	case "ge":
		return func(v string) bool { return v >= want }
	case "lt":
		return func(v string) bool { return v < want }
	case "le":
		return func(v string) bool { return v <= want }
	}
	return nil
}

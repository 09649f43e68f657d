package el

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// parser is a recursive-descent parser with precedence climbing. The grammar
// is SpEL's as far as Okta uses it:
//
//	expression = binary [ "?" expression ":" expression | "?:" expression ]
//	binary     = unary { operator unary }
//	unary      = [ "!" | "NOT" | "-" | "+" ] unary | postfix
//	postfix    = primary { "." method "(" arguments ")" | "[" expression "]" }
//	primary    = literal | member | call | "(" expression ")" | "{" [ list ] "}"
type parser struct {
	lexer lexer
	tok   token
	depth int
	refs  []Reference
}

// source parses the whole text.
func (p *parser) source() (node, *problem) {
	if len(p.lexer.src) > MaxSourceBytes {
		return nil, refuse(0, fmt.Sprintf("the expression is longer than %d bytes", MaxSourceBytes), "")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.tok.kind == tokenEnd {
		return nil, refuse(0, "the expression is empty", `write "" for the empty string, null for no value`)
	}
	first := p.tok
	n, err := p.expression()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokenEnd {
		return nil, p.unexpected("an operator or the end")
	}
	if array, ok := n.(*arrayNode); ok && strings.HasPrefix(p.lexer.src[first.at:], "{{") && len(array.elements) == 1 {
		return nil, refuse(first.at, "an expression stands between braces", "write it without {{ and }}")
	}
	if first.kind == tokenString {
		return n, refuseQuotedPath(n, first)
	}
	return n, nil
}

func (p *parser) advance() (err *problem) {
	p.tok, err = p.lexer.next()
	return err
}

func (p *parser) isSign(text string) bool {
	return p.tok.kind == tokenSign && p.tok.text == text
}

// accept passes over the sign if it is the current token.
func (p *parser) accept(sign string) (bool, *problem) {
	if !p.isSign(sign) {
		return false, nil
	}
	return true, p.advance()
}

func (p *parser) expect(sign string) *problem {
	if !p.isSign(sign) {
		return p.unexpected(sign)
	}
	return p.advance()
}

// unexpected refuses the current token where want was expected.
func (p *parser) unexpected(want string) *problem {
	if p.tok.kind == tokenEnd {
		return refuse(p.tok.at, "the expression ends too early", "expected "+want)
	}
	text := p.tok.text
	if p.tok.kind == tokenString {
		text = "string " + strconv.Quote(text)
	}
	if inner, ok := p.placeholder(); ok {
		return refuse(p.tok.at, "unexpected "+text, "write "+inner+" without "+text+"{ and }")
	}
	if hint := signHint(p.lexer.src, p.tok.at); hint != "" && p.tok.kind == tokenSign {
		return refuse(p.tok.at, "unexpected "+text, hint)
	}
	if hint := refusedWord(p.tok.text); hint != "" && p.tok.kind != tokenString {
		return refuse(p.tok.at, "unexpected "+text, hint)
	}
	if before := p.lexer.src[:p.tok.at]; strings.HasSuffix(before, `\"`) || strings.HasSuffix(before, `\'`) {
		return refuse(p.tok.at, "unexpected "+text, escapeHint)
	}
	return refuse(p.tok.at, "unexpected "+text, "expected "+want)
}

// placeholder is what stands in ${…} or #{…} at the current token, as templates of other
// systems write it.
func (p *parser) placeholder() (inner string, ok bool) {
	rest := p.lexer.src[p.tok.at:]
	if !strings.HasPrefix(rest, "${") && !strings.HasPrefix(rest, "#{") {
		return "", false
	}
	inner, _, ok = strings.Cut(rest[2:], "}")
	return strings.TrimSpace(inner), ok && inner != ""
}

// enter counts one level of nesting; the caller defers leave.
func (p *parser) enter() *problem {
	p.depth++
	if p.depth > MaxDepth {
		return refuse(p.tok.at, fmt.Sprintf("the expression is nested more than %d deep", MaxDepth), "")
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// expression parses a whole chain of else-ifs in one level of nesting: a table of values
// by department is as long as the company has departments.
func (p *parser) expression() (node, *problem) {
	defer p.leave()
	if err := p.enter(); err != nil {
		return nil, err
	}
	var chain []link
	for {
		n, err := p.binary(precedenceOr)
		if err != nil {
			return nil, err
		}
		next := link{offset: p.tok.at, value: n}
		switch {
		case p.isSign("?:"):
			err = p.advance()
		case p.isSign("?"):
			next.yes, err = p.consequence()
		default:
			return chained(chain, n)
		}
		if err != nil {
			return nil, err
		}
		chain = append(chain, next)
	}
}

// link is one "condition ? yes :" or, without yes, one "value ?:".
type link struct {
	offset     int
	value, yes node
}

// consequence parses "? yes :".
func (p *parser) consequence() (node, *problem) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	yes, err := p.expression()
	if err != nil {
		return nil, err
	}
	return yes, p.expect(":")
}

// chained builds a chain from its end.
func chained(chain []link, otherwise node) (node, *problem) {
	for _, l := range chain {
		if l.yes != nil {
			if err := checkCondition(l.value); err != nil {
				return nil, err
			}
		}
	}
	for _, l := range slices.Backward(chain) {
		var err *problem
		if l.yes == nil {
			types := l.value.kinds()&^kindNull | otherwise.kinds()
			otherwise, err = fold(&elvisNode{origin{l.offset, types}, l.value, otherwise}, l.value, otherwise)
		} else {
			types := l.yes.kinds() | otherwise.kinds()
			otherwise, err = fold(&conditionalNode{origin{l.offset, types}, l.value, l.yes, otherwise}, l.value, l.yes, otherwise)
		}
		if err != nil {
			return nil, err
		}
	}
	return otherwise, nil
}

// postfix parses a primary with its indexes and method calls.
func (p *parser) postfix() (node, *problem) {
	n, err := p.primary()
	for err == nil {
		switch {
		case p.isSign("["):
			n, err = p.index(n)
		case p.isSign("."):
			n, err = p.method(n)
		case p.isSign("?."):
			return nil, p.safeNavigation()
		default:
			return n, nil
		}
	}
	return nil, err
}

func (p *parser) safeNavigation() *problem {
	return refuse(p.tok.at, "safe navigation ?. is not supported", "write . alone: a missing attribute is null")
}

func (p *parser) index(of node) (node, *problem) {
	offset := p.tok.at
	if err := p.advance(); err != nil {
		return nil, err
	}
	index, err := p.expression()
	if err != nil {
		return nil, err
	}
	if err := p.expect("]"); err != nil {
		return nil, err
	}
	if m, ok := of.(*memberNode); ok && m.ref.Name == "profile" && index.kinds() == kindString {
		return nil, refuse(m.offset(), m.ref.Root+".profile is not an attribute", "write the name behind "+m.ref.Root+", without profile")
	}
	if index.kinds()&(kindNumber|kindNull) == 0 {
		return nil, refuse(index.offset(), "an index is a number, this is "+index.kinds().String(), "")
	}
	if of.kinds()&(kindArray|kindString|kindNull) == 0 {
		return nil, refuse(offset, "only an array or a string has an index, this is "+of.kinds().String(), "")
	}
	return fold(&indexNode{origin{offset, kindAny}, of, index}, of, index)
}

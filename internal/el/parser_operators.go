package el

import (
	"strings"
)

// The precedences of the binary operators, loosest first.
const (
	precedenceNone = iota
	precedenceOr
	precedenceAnd
	precedenceComparison
	precedenceSum
	precedenceProduct
)

// operator is the binary operator at the current token in its canonical
// spelling, or precedenceNone. Words may be in any case, as in SpEL.
func (p *parser) operator() (op string, precedence int) {
	op = p.tok.text
	switch p.tok.kind {
	case tokenName:
		op = strings.ToLower(op)
	case tokenSign:
	default:
		return "", precedenceNone
	}
	switch op {
	case "or", "||":
		return "||", precedenceOr
	case "and", "&&":
		return "&&", precedenceAnd
	case "==", "!=", "<", "<=", ">", ">=", "matches":
		return op, precedenceComparison
	case "+", "-":
		return op, precedenceSum
	case "*", "/", "%":
		return op, precedenceProduct
	}
	return "", precedenceNone
}

// binary parses operators of at least the given precedence.
func (p *parser) binary(least int) (node, *problem) {
	left, err := p.unary()
	if err != nil {
		return nil, err
	}
	for {
		op, precedence := p.operator()
		if precedence == precedenceNone || precedence < least {
			return left, nil
		}
		offset := p.tok.at
		if left, err = p.operation(offset, op, precedence, left); err != nil {
			return nil, err
		}
		if _, next := p.operator(); precedence == precedenceComparison && next == precedence {
			return nil, refuse(p.tok.at, "comparisons do not chain", "combine them with AND, or write parentheses")
		}
	}
}

// operation parses the right side of op and builds the node.
func (p *parser) operation(offset int, op string, precedence int, left node) (node, *problem) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if op == "matches" {
		return p.matches(offset, left)
	}
	right, err := p.binary(precedence + 1)
	if err != nil {
		return nil, err
	}
	switch precedence {
	case precedenceOr, precedenceAnd:
		return newLogical(offset, op == "&&", left, right)
	case precedenceComparison:
		return newComparison(offset, op, left, right)
	default:
		return newArithmetic(offset, op[0], left, right)
	}
}

func (p *parser) matches(offset int, operand node) (node, *problem) {
	if p.tok.kind != tokenString {
		return nil, refuse(p.tok.at, "the pattern of matches is not a string literal", "write the pattern in quotes")
	}
	pattern, err := compilePattern(p.tok.at, p.tok.text)
	if err != nil {
		return nil, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if _, precedence := p.operator(); precedence > precedenceComparison {
		return nil, refuse(p.tok.at, "the pattern of matches is not a string literal", "write the pattern in quotes")
	}
	if operand.kinds()&^kindArray == 0 {
		return nil, refuse(operand.offset(), "matches needs a string, this is array", "")
	}
	return fold(&matchesNode{origin{offset, kindBool}, operand, pattern}, operand)
}

func (p *parser) unary() (node, *problem) {
	sign := p.tok
	not := p.isSign("!") || sign.kind == tokenName && strings.EqualFold(sign.text, "not")
	if !not && !p.isSign("-") && !p.isSign("+") {
		return p.postfix()
	}
	defer p.leave()
	if err := p.enter(); err != nil {
		return nil, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	operand, err := p.unary()
	if err != nil {
		return nil, err
	}
	if not {
		if err := checkCondition(operand); err != nil {
			return nil, err
		}
		return fold(&notNode{origin{sign.at, kindBool}, operand}, operand)
	}
	types := operand.kinds() & (kindNumber | kindNull)
	if types == 0 {
		return nil, refuse(sign.at, "a sign needs a number, this is "+operand.kinds().String(), "")
	}
	return fold(&negateNode{origin{sign.at, types}, sign.text == "+", operand}, operand)
}

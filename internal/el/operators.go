package el

import (
	"cmp"
	"math"
	"strings"
)

// arithmeticNode is left op right, op being one of + - * / %.
type arithmeticNode struct {
	origin
	op          byte
	left, right node
}

func (n *arithmeticNode) eval(env Env) (any, *fault) {
	left, err := n.left.eval(env)
	if err != nil {
		return nil, err
	}
	right, err := n.right.eval(env)
	if err != nil {
		return nil, err
	}
	if left == nil || right == nil {
		return nil, nil
	}
	if kindOf(left) == kindNumber && kindOf(right) == kindNumber {
		return n.compute(left, right)
	}
	if n.op == '+' && (kindOf(left)|kindOf(right))&kindString != 0 {
		return n.concatenate(left, right)
	}
	return nil, faultf(n.offset(), "cannot compute %s %c %s", kindOf(left), n.op, kindOf(right))
}

func (n *arithmeticNode) concatenate(left, right any) (any, *fault) {
	l, okLeft := textOf(left)
	r, okRight := textOf(right)
	if !okLeft || !okRight {
		return nil, faultf(n.offset(), "cannot compute %s + %s", kindOf(left), kindOf(right))
	}
	if len(l)+len(r) > MaxStringBytes {
		return nil, tooLong(n.offset())
	}
	return l + r, nil
}

func (n *arithmeticNode) compute(left, right any) (any, *fault) {
	l, okLeft := left.(int64)
	r, okRight := right.(int64)
	if okLeft && okRight {
		return n.computeInteger(l, r)
	}
	if (n.op == '/' || n.op == '%') && float(right) == 0 {
		return nil, faultf(n.offset(), "division by zero")
	}
	f := computeFloat(n.op, float(left), float(right))
	return f, finite(n.offset(), f)
}

func computeFloat(op byte, l, r float64) float64 {
	switch op {
	case '+':
		return l + r
	case '-':
		return l - r
	case '*':
		return l * r
	case '/':
		return l / r
	default:
		return math.Mod(l, r)
	}
}

// computeInteger computes in 64 bits. As in Java, division truncates towards
// zero and the remainder has the sign of l; unlike there, nothing wraps.
func (n *arithmeticNode) computeInteger(l, r int64) (any, *fault) {
	var result int64
	overflow := false
	switch n.op {
	case '+':
		result = l + r
		overflow = (result > l) != (r > 0)
	case '-':
		result = l - r
		overflow = (result < l) != (r > 0)
	case '*':
		result = l * r
		overflow = l != 0 && (result/l != r || l == -1 && r == math.MinInt64)
	default:
		if r == 0 {
			return nil, faultf(n.offset(), "division by zero")
		}
		if n.op == '%' {
			return l % r, nil
		}
		result = l / r
		overflow = l == math.MinInt64 && r == -1
	}
	if overflow {
		return nil, faultf(n.offset(), "the integer overflows 64 bits")
	}
	return result, nil
}

// negateNode is unary minus; plus is a check that the operand is a number.
type negateNode struct {
	origin
	plus    bool
	operand node
}

func (n *negateNode) eval(env Env) (any, *fault) {
	v, err := n.operand.eval(env)
	if err != nil {
		return nil, err
	}
	switch number := v.(type) {
	case nil:
		return nil, nil
	case int64:
		if n.plus {
			return v, nil
		}
		if number == math.MinInt64 {
			return nil, faultf(n.offset(), "the integer overflows 64 bits")
		}
		return -number, nil
	case float64:
		if n.plus {
			return v, nil
		}
		return -number, nil
	}
	return nil, faultf(n.offset(), "a sign needs a number, this is %s", kindOf(v))
}

// compareNode is left op right, op being one of == != < <= > >=.
type compareNode struct {
	origin
	op          string
	left, right node
}

func (n *compareNode) eval(env Env) (any, *fault) {
	left, err := n.left.eval(env)
	if err != nil {
		return nil, err
	}
	right, err := n.right.eval(env)
	if err != nil {
		return nil, err
	}
	switch n.op {
	case "==":
		return equal(left, right), nil
	case "!=":
		return !equal(left, right), nil
	}
	order, ok := compare(left, right)
	if !ok {
		return nil, faultf(n.offset(), "cannot compare %s %s %s", kindOf(left), n.op, kindOf(right))
	}
	switch n.op {
	case "<":
		return order < 0, nil
	case "<=":
		return order <= 0, nil
	case ">":
		return order > 0, nil
	default:
		return order >= 0, nil
	}
}

// equal compares by value: numbers across int64 and float64, arrays element by
// element. Values of different types are not equal.
func equal(a, b any) bool {
	switch a := a.(type) {
	case int64, float64:
		order, ok := compareNumbers(a, b)
		return ok && order == 0
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !equal(a[i], b[i]) {
				return false
			}
		}
		return true
	case string:
		b, ok := b.(string)
		return ok && a == b
	case bool:
		b, ok := b.(bool)
		return ok && a == b
	}
	return b == nil
}

// compare orders two numbers or two strings. As in SpEL, null is less than
// everything else. ok is false for what has no order.
func compare(a, b any) (order int, ok bool) {
	switch {
	case a == nil && b == nil:
		return 0, true
	case a == nil:
		return -1, kindOf(b)&(kindNumber|kindString) != 0
	case b == nil:
		return 1, kindOf(a)&(kindNumber|kindString) != 0
	}
	if left, isString := a.(string); isString {
		right, ok := b.(string)
		return strings.Compare(left, right), ok
	}
	return compareNumbers(a, b)
}

// compareNumbers is exact also where an int64 has no float64 of its own.
func compareNumbers(a, b any) (order int, ok bool) {
	if kindOf(a) != kindNumber || kindOf(b) != kindNumber {
		return 0, false
	}
	l, okLeft := integer(a)
	r, okRight := integer(b)
	if okLeft && okRight {
		return cmp.Compare(l, r), true
	}
	return cmp.Compare(float(a), float(b)), true
}

package el

import "fmt"

// newCall checks a call's arguments. A method's receiver is args[0].
func newCall(offset int, name string, fn *function, args []node, method bool) (node, *problem) {
	if msg := fn.arity(name, len(args), method); msg != "" {
		return nil, refuse(offset, msg, "")
	}
	call := &callNode{origin{offset, fn.result}, name, fn, args, method}
	for i, arg := range args {
		if !fn.nulls {
			call.types |= arg.kinds() & kindNull
		}
		if arg.kinds()&fn.accepts(i) == 0 {
			return nil, refuse(arg.offset(), call.mismatch(i, arg.kinds()), "")
		}
	}
	if fn.check != nil {
		if err := fn.check(args); err != nil {
			return nil, err
		}
	}
	return fold(call, args...)
}

func newLogical(offset int, and bool, left, right node) (node, *problem) {
	for _, operand := range [...]node{left, right} {
		if err := checkCondition(operand); err != nil {
			if !and && operand == right {
				err.hint = elvisHint + "; or compare it"
			}
			return nil, err
		}
	}
	return fold(&logicalNode{origin{offset, kindBool}, and, left, right}, left, right)
}

func newComparison(offset int, op string, left, right node) (node, *problem) {
	l, r := left.kinds(), right.kinds()
	null := (l|r)&kindNull != 0
	if op == "==" || op == "!=" {
		if l&r == 0 && !null {
			return nil, refuse(offset, fmt.Sprintf("%s is never equal to %s", l, r), negationHint(left))
		}
		return fold(&compareNode{origin{offset, kindBool}, op, left, right}, left, right)
	}
	if l&r&(kindNumber|kindString) == 0 && !null {
		return nil, refuse(offset, fmt.Sprintf("cannot compare %s %s %s", l, op, r), negationHint(left))
	}
	return fold(&compareNode{origin{offset, kindBool}, op, left, right}, left, right)
}

// negationHint is for those who take NOT a == b for NOT (a == b).
func negationHint(left node) string {
	if _, ok := left.(*notNode); ok {
		return "! and NOT bind more tightly than a comparison: put the comparison in parentheses"
	}
	return ""
}

func newArithmetic(offset int, op byte, left, right node) (node, *problem) {
	l, r := left.kinds(), right.kinds()
	possible := l&r&kindNumber != 0 || (l|r)&kindNull != 0
	types := (l | r) & (kindNull | kindNumber)
	if op == '+' {
		types |= (l | r) & kindString
		possible = possible || l&kindString != 0 && r&kindScalar != 0 || r&kindString != 0 && l&kindScalar != 0
	}
	if !possible {
		return nil, refuse(offset, fmt.Sprintf("cannot compute %s %c %s", l, op, r), "")
	}
	if zero, ok := right.(*literalNode); ok && (op == '/' || op == '%') && zero.value != nil && float(zero.value) == 0 {
		return nil, refuse(offset, "division by zero", "")
	}
	return fold(&arithmeticNode{origin{offset, types}, op, left, right}, left, right)
}

// checkCondition refuses what can never be a boolean.
func checkCondition(n node) *problem {
	if n.kinds()&(kindBool|kindNull) != 0 {
		return nil
	}
	return refuse(n.offset(), "a condition is boolean, this is "+n.kinds().String(), "compare it, as in user.city == \"Paris\"")
}

// fold computes n if its operands are constants, so that its faults are found
// now. An array is not kept: its owner would be every caller of Eval.
func fold(n node, operands ...node) (node, *problem) {
	for _, operand := range operands {
		if !constant(operand) {
			return n, nil
		}
	}
	v, err := n.eval(Env{})
	if err != nil {
		return nil, refuse(err.at, err.msg, "")
	}
	if kindOf(v) == kindArray {
		return n, nil
	}
	return newLiteral(n.offset(), v), nil
}

func constant(n node) bool {
	switch n := n.(type) {
	case *literalNode:
		return true
	case *arrayNode:
		for _, element := range n.elements {
			if !constant(element) {
				return false
			}
		}
		return true
	}
	return false
}

package el

// node is one operation of a compiled expression. Nodes are immutable.
type node interface {
	// eval computes the node's value. env is passed by value, because a
	// pointer would put every Env on the heap.
	eval(env Env) (any, *fault)
	// kinds is the set of types eval can return, as far as the source tells.
	kinds() kind
	// offset is the byte of the source at which to report a fault.
	offset() int
}

// origin is what every node knows from the source.
type origin struct {
	at    int
	types kind
}

func (o origin) offset() int { return o.at }
func (o origin) kinds() kind { return o.types }

// literalNode is a constant, written or folded.
type literalNode struct {
	origin
	value any
}

func newLiteral(offset int, value any) *literalNode {
	return &literalNode{origin{offset, kindOf(value)}, value}
}

func (n *literalNode) eval(Env) (any, *fault) { return n.value, nil }

// memberNode reads one attribute of the environment.
type memberNode struct {
	origin
	ref Reference
}

func (n *memberNode) eval(env Env) (any, *fault) {
	object := env.User
	switch n.ref.Root {
	case rootAppUser:
		object = env.AppUser
	case rootApp:
		object = env.App
	case rootInternal:
		object = env.Internal
	}
	return valueOf(n.offset(), object[n.ref.Name])
}

// arrayNode is an array literal.
type arrayNode struct {
	origin
	elements []node
}

func (n *arrayNode) eval(env Env) (any, *fault) {
	array := make([]any, len(n.elements))
	for i, element := range n.elements {
		v, err := element.eval(env)
		if err != nil {
			return nil, err
		}
		array[i] = v
	}
	return array, nil
}

// indexNode reads an element of an array or a character of a string. A place
// behind the end is null, as is every place of null.
type indexNode struct {
	origin
	of, index node
}

func (n *indexNode) eval(env Env) (any, *fault) {
	v, err := n.of.eval(env)
	if err != nil {
		return nil, err
	}
	index, err := n.index.eval(env)
	if err != nil {
		return nil, err
	}
	return elementAt(n.index.offset(), v, index)
}

// conditionalNode is condition ? yes : no.
type conditionalNode struct {
	origin
	condition, yes, no node
}

func (n *conditionalNode) eval(env Env) (any, *fault) {
	for {
		holds, err := evalCondition(n.condition, env)
		if err != nil {
			return nil, err
		}
		if holds {
			return n.yes.eval(env)
		}
		next, more := n.no.(*conditionalNode)
		if !more {
			return n.no.eval(env)
		}
		n = next
	}
}

// elvisNode is value ?: otherwise.
type elvisNode struct {
	origin
	value, otherwise node
}

func (n *elvisNode) eval(env Env) (any, *fault) {
	v, err := n.value.eval(env)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return n.otherwise.eval(env)
	}
	if s, ok := v.(string); ok && s == "" {
		return n.otherwise.eval(env)
	}
	return v, nil
}

// logicalNode is left AND right (and) or left OR right.
type logicalNode struct {
	origin
	and         bool
	left, right node
}

func (n *logicalNode) eval(env Env) (any, *fault) {
	holds, err := evalCondition(n.left, env)
	if err != nil {
		return nil, err
	}
	if holds != n.and {
		return holds, nil
	}
	holds, err = evalCondition(n.right, env)
	if err != nil {
		return nil, err
	}
	return holds, nil
}

// notNode is NOT operand.
type notNode struct {
	origin
	operand node
}

func (n *notNode) eval(env Env) (any, *fault) {
	holds, err := evalCondition(n.operand, env)
	if err != nil {
		return nil, err
	}
	return !holds, nil
}

// evalCondition evaluates n where a boolean is needed. Null does not hold.
func evalCondition(n node, env Env) (bool, *fault) {
	v, err := n.eval(env)
	if err != nil {
		return false, err
	}
	switch v := v.(type) {
	case nil:
		return false, nil
	case bool:
		return v, nil
	}
	return false, faultf(n.offset(), "a condition is boolean, this is %s", kindOf(v))
}

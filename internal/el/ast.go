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

// at is a node's offset in the source.
type at int

func (a at) offset() int { return int(a) }

type literalNode struct {
	at
	value any
}

func (n *literalNode) eval(Env) (any, *fault) { return n.value, nil }
func (n *literalNode) kinds() kind            { return kindOf(n.value) }

// memberNode reads one attribute of the environment.
type memberNode struct {
	at
	ref Reference
}

func (n *memberNode) kinds() kind { return kindAny }

func (n *memberNode) eval(env Env) (any, *fault) {
	object := env.User
	switch n.ref.Root {
	case rootAppUser:
		object = env.AppUser
	case rootApp:
		object = env.App
	}
	return valueOf(n.offset(), object[n.ref.Name])
}

// arrayNode is an array literal.
type arrayNode struct {
	at
	elements []node
}

func (n *arrayNode) kinds() kind { return kindArray }

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
	at
	of, index node
}

func (n *indexNode) kinds() kind { return kindAny }

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
	at
	condition, yes, no node
}

func (n *conditionalNode) kinds() kind { return n.yes.kinds() | n.no.kinds() }

func (n *conditionalNode) eval(env Env) (any, *fault) {
	holds, err := evalCondition(n.condition, env)
	if err != nil {
		return nil, err
	}
	if holds {
		return n.yes.eval(env)
	}
	return n.no.eval(env)
}

// elvisNode is value ?: otherwise.
type elvisNode struct {
	at
	value, otherwise node
}

func (n *elvisNode) kinds() kind { return n.value.kinds()&^kindNull | n.otherwise.kinds() }

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
	at
	and         bool
	left, right node
}

func (n *logicalNode) kinds() kind { return kindBool }

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

type notNode struct {
	at
	operand node
}

func (n *notNode) kinds() kind { return kindBool }

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

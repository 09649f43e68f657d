package el

import "fmt"

// function is one function of the language.
type function struct {
	// params are the types of the fixed parameters.
	params []kind
	// optional is how many of them, from the last backwards, may be left out.
	optional int
	// rest is the type of any number of further arguments, 0 for none.
	// Their number is a multiple of group.
	rest  kind
	group int
	// result is what call can return, null propagation aside.
	result kind
	// nulls says that call deals with null arguments. Otherwise one null
	// argument makes the result null, and call is not reached.
	nulls bool
	// call gets arguments of the declared types: text for a string, int64
	// or float64 for a number, []any for an array.
	call func(args []any) (any, error)
	// check, if set, refuses arguments that can be seen to be wrong in the source.
	check func(args []node) *problem
}

// callNode is a function with its arguments.
type callNode struct {
	origin
	name string
	fn   *function
	args []node
	// method says that the first argument is the value left of the dot.
	method bool
}

func (n *callNode) eval(env Env) (any, *fault) {
	args := make([]any, len(n.args))
	null := false
	for i, arg := range n.args {
		v, err := arg.eval(env)
		if err != nil {
			return nil, err
		}
		if args[i], err = n.argument(i, v); err != nil {
			return nil, err
		}
		null = null || args[i] == nil
	}
	if null && !n.fn.nulls {
		return nil, nil
	}
	result, err := n.fn.call(args)
	if err != nil {
		return nil, faultf(n.offset(), "%s: %v", n.name, err)
	}
	return n.bounded(result)
}

func (n *callNode) bounded(result any) (any, *fault) {
	switch v := result.(type) {
	case string:
		if len(v) > MaxStringBytes {
			return nil, tooLong(n.offset())
		}
	case []any:
		if len(v) > MaxElements {
			return nil, tooMany(n.offset())
		}
	}
	return result, nil
}

// argument brings the value of argument i to the type of its parameter.
func (n *callNode) argument(i int, v any) (any, *fault) {
	want := n.fn.param(i)
	switch {
	case want == kindAny:
		return v, nil
	case want == kindArray:
		if array, ok := arrayOf(v); ok {
			return array, nil
		}
	case v == nil:
		return nil, nil
	case want == kindString:
		if _, ok := v.(string); ok {
			return v, nil
		}
		if text, ok := textOf(v); ok {
			return text, nil
		}
	case want&kindOf(v) != 0:
		return v, nil
	}
	return nil, faultf(n.args[i].offset(), "%s", n.mismatch(i, kindOf(v)))
}

// mismatch says that argument i is of a type that its parameter cannot take.
func (n *callNode) mismatch(i int, got kind) string {
	want := n.fn.param(i)
	if n.method && i == 0 {
		return fmt.Sprintf("%s is a method of %s, this is %s", n.name, want, got)
	}
	if !n.method {
		i++
	}
	return fmt.Sprintf("argument %d of %s is %s, not %s", i, n.name, got, want)
}

// param is the type of parameter i.
func (f *function) param(i int) kind {
	if i < len(f.params) {
		return f.params[i]
	}
	return f.rest
}

// accepts is the set of types that argument i may have before conversion.
func (f *function) accepts(i int) kind {
	switch want := f.param(i); want {
	case kindString:
		return kindScalar | kindNull
	case kindArray:
		return kindArray | kindString | kindNull
	default:
		return want | kindNull
	}
}

// arity says what is wrong with a number of arguments, or is empty. A method's
// receiver counts in n and not in the message.
func (f *function) arity(name string, n int, method bool) string {
	most, least := len(f.params), len(f.params)-f.optional
	ok := n >= least && (n <= most || f.rest != 0)
	if ok && n > most && f.group > 1 && (n-most)%f.group != 0 {
		return fmt.Sprintf("%s takes pairs of key and value behind its first %s", name, plural(most, "argument"))
	}
	if ok {
		return ""
	}
	if method {
		most, least, n = most-1, least-1, n-1
	}
	switch {
	case f.rest != 0:
		return fmt.Sprintf("%s takes at least %s, not %d", name, plural(least, "argument"), n)
	case least < most:
		return fmt.Sprintf("%s takes %d or %s, not %d", name, least, plural(most, "argument"), n)
	}
	return fmt.Sprintf("%s takes %s, not %d", name, plural(most, "argument"), n)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// functionNamed finds a function by its full name, such as "String.len".
func functionNamed(name string) *function {
	for _, table := range [...]map[string]function{stringFunctions, arrayFunctions, convertFunctions, timeFunctions} {
		if fn, ok := table[name]; ok {
			return &fn
		}
	}
	return nil
}

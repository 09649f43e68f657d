package el

import (
	"cmp"
	"slices"
)

// The bounds of the language. An expression or a value beyond one of them is
// an error, so that no configuration and no profile can exhaust the process.
const (
	// MaxSourceBytes is the longest source that Parse accepts.
	MaxSourceBytes = 64 << 10
	// MaxDepth is how deeply an expression may be nested: parentheses,
	// arguments, array literals, signs and what stands between ? and its colon. A
	// chain of else-ifs is no nesting.
	MaxDepth = 500
	// MaxPatternBytes is the longest pattern of matches.
	MaxPatternBytes = 1 << 10
	// MaxStringBytes is the longest string that Eval reads or makes.
	MaxStringBytes = 64 << 10
	// MaxElements is how many elements an array that Eval reads or makes may
	// have, those of nested arrays included.
	MaxElements = 10_000
)

// The roots of member access, as Reference.Root names them. The internal one can
// be reached by user.getInternalProperty alone.
const (
	rootUser     = "user"
	rootAppUser  = "appuser"
	rootApp      = "app"
	rootInternal = "internal"
)

// Expr is a compiled expression. It is immutable and safe for concurrent use.
// Its zero value is the expression null.
type Expr struct {
	src  string
	root node
	refs []Reference
}

// Reference is one member of the environment that an expression can read.
type Reference struct {
	// Root is "user", "appuser" or "app", whichever spelling the source uses, or
	// "internal" for a property that user.getInternalProperty reads.
	Root string
	// Name is the member's variable name, such as "firstName".
	Name string
}

// Env is what an expression can read. Values are as decoded JSON: nil, string,
// bool, int64, float64, json.Number or []any; a member of any other type is an
// error when it is read. A missing key reads as null, and so does every key of
// a nil map. Eval never modifies an Env.
//
// User is the Okta profile, AppUser the app's profile of the same user, App the
// properties of the app. Internal is what user.getInternalProperty reads, "id"
// and "status", which a profile may have as attributes of its own.
type Env struct{ User, AppUser, App, Internal map[string]any }

// Parse compiles src. Its error is a *SyntaxError, for the first fault in src.
// Subexpressions of constants alone are computed here, so that their faults
// are syntax errors too.
func Parse(src string) (*Expr, error) {
	p := parser{lexer: lexer{src: src}}
	root, err := p.source()
	if err != nil {
		line, column := lineColumn(src, err.at)
		return nil, &SyntaxError{Line: line, Column: column, Msg: err.msg, Hint: err.hint}
	}
	slices.SortFunc(p.refs, func(a, b Reference) int {
		return cmp.Or(cmp.Compare(a.Root, b.Root), cmp.Compare(a.Name, b.Name))
	})
	return &Expr{src: src, root: root, refs: slices.Compact(p.refs)}, nil
}

// String returns the source as given to Parse.
func (e *Expr) String() string { return e.src }

// References returns every member the expression can read on any path through
// it, sorted by root and name, without duplicates. The slice is the caller's.
func (e *Expr) References() []Reference { return slices.Clone(e.refs) }

// Eval computes the expression's value in env: nil, string, bool, int64,
// float64 or a []any of those. Its error is an *EvalError. An array in the
// result may be env's own: the caller must not write to it.
func (e *Expr) Eval(env Env) (any, error) {
	if e.root == nil {
		return nil, nil
	}
	v, err := e.root.eval(env)
	if err == nil && countElements(v, MaxElements) > MaxElements {
		err = tooMany(e.root.offset())
	}
	if err != nil {
		line, column := lineColumn(e.src, err.at)
		return nil, &EvalError{Line: line, Column: column, Msg: err.msg}
	}
	return v, nil
}

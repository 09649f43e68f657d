package el

// Expr is a compiled expression. It is immutable and safe for concurrent use.
type Expr struct {
	src string
}

// Reference is one member of the environment that an expression can read.
type Reference struct {
	// Root is "user", "appuser" or "app".
	Root string
	// Name is the member's variable name, such as "firstName".
	Name string
}

// Env is what an expression can read. Values are as decoded JSON: nil, string,
// bool, int64, float64, json.Number or []any. A missing key reads as null, and
// so does every key of a nil map. Eval never modifies an Env or retains it.
type Env struct{ User, AppUser, App map[string]any }

// Parse compiles src. Its error is a *SyntaxError.
func Parse(src string) (*Expr, error) { return &Expr{src: src}, nil }

// String returns the source as given to Parse.
func (e *Expr) String() string { return e.src }

// References returns every member the expression can read on any path through
// it, sorted by root and name, without duplicates.
func (e *Expr) References() []Reference { return nil }

// Eval computes the expression's value in env: nil, string, bool, int64,
// float64 or a []any of those. Its error is an *EvalError.
func (e *Expr) Eval(env Env) (any, error) { return nil, nil }

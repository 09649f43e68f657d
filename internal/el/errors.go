package el

import "fmt"

// SyntaxError says where and why a source text is not an expression of this
// package's language. Line and Column are 1-based; Column counts runes.
type SyntaxError struct {
	Line, Column int
	// Msg is the fault. Hint is what to write instead, or empty.
	Msg, Hint string
}

// Error returns "line L, column C: MSG", followed by "; HINT" if there is one.
func (e *SyntaxError) Error() string {
	text := fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Msg)
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// EvalError says where and why a compiled expression has no value in an
// environment. Line and Column are 1-based; Column counts runes. Msg never
// contains a value read from the environment.
type EvalError struct {
	Line, Column int
	Msg          string
}

// Error returns "line L, column C: MSG".
func (e *EvalError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Msg)
}

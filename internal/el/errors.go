package el

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

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
// contains a value read from the environment, so it may be logged.
type EvalError struct {
	Line, Column int
	Msg          string
}

// Error returns "line L, column C: MSG".
func (e *EvalError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Msg)
}

// fault is an error of evaluation at a byte offset of the source. Nodes carry
// offsets, not lines, because only a fault needs the line.
type fault struct {
	at  int
	msg string
}

func (f *fault) Error() string { return f.msg }

func faultf(at int, format string, args ...any) *fault {
	return &fault{at, fmt.Sprintf(format, args...)}
}

// lineColumn converts a byte offset of src to a 1-based line and rune column.
func lineColumn(src string, at int) (line, column int) {
	before := src[:min(at, len(src))]
	line = 1 + strings.Count(before, "\n")
	return line, 1 + utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
}

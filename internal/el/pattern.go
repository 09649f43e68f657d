package el

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// matchesNode is operand matches "pattern". As in SpEL, the pattern must match
// the whole text.
type matchesNode struct {
	origin
	operand node
	pattern *regexp.Regexp
}

func (n *matchesNode) eval(env Env) (any, *fault) {
	v, err := n.operand.eval(env)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return false, nil
	}
	text, ok := textOf(v)
	if !ok {
		return nil, faultf(n.offset(), "matches needs a string, this is %s", kindOf(v))
	}
	return n.pattern.MatchString(text), nil
}

// compilePattern compiles a pattern for the whole text. RE2 matches in time
// linear in the text, so that no pattern can stop a run. What Java's syntax
// has beyond RE2's is refused, and so is what the two read differently.
func compilePattern(at int, pattern string) (*regexp.Regexp, *problem) {
	if len(pattern) > MaxPatternBytes {
		return nil, refuse(at, fmt.Sprintf("the pattern is longer than %d bytes", MaxPatternBytes), "")
	}
	if msg := javaClass(pattern); msg != "" {
		return nil, refuse(at, msg, "write one plain character class")
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, refusePattern(at, err)
	}
	// The parsed form is anchored, not the source: \Q without \E would
	// swallow the anchor, and a|b would leave one side without.
	compiled, err := regexp.Compile(`\A(?:` + parsed.String() + `)\z`)
	if err != nil {
		return nil, refusePattern(at, err)
	}
	return compiled, nil
}

func refusePattern(at int, err error) *problem {
	var fault *syntax.Error
	if !errors.As(err, &fault) {
		return refuse(at, "the pattern is not a regular expression", "")
	}
	hint := ""
	switch fault.Code {
	case syntax.ErrInvalidPerlOp, syntax.ErrInvalidEscape, syntax.ErrInvalidRepeatOp:
		hint = "look-around, back-references and possessive quantifiers are not supported"
	case syntax.ErrInvalidRepeatSize:
		hint = "a repeat count is at most 1000"
	}
	return refuse(at, "the pattern is not a regular expression: "+fault.Code.String()+" `"+fault.Expr+"`", hint)
}

// javaClass names what Java reads as a union or an intersection of character
// classes and RE2 would read as characters.
func javaClass(pattern string) string {
	inClass := false
	for i := 0; i < len(pattern); i++ {
		rest := pattern[i:]
		switch {
		case strings.HasPrefix(rest, `\Q`):
			quoted, _, _ := strings.Cut(rest, `\E`)
			i += len(quoted)
		case pattern[i] == '\\':
			i++
		case !inClass && pattern[i] == '[':
			inClass = true
			i += len(classStart(rest)) - 1
		case inClass && pattern[i] == '[':
			return "the pattern has a character class inside another"
		case inClass && strings.HasPrefix(rest, "&&"):
			return "the pattern has an intersection of character classes"
		case pattern[i] == ']':
			inClass = false
		}
	}
	return ""
}

// classStart is the beginning of a class in which "]" does not close it.
func classStart(class string) string {
	for _, start := range [...]string{"[^]", "[]", "[^"} {
		if strings.HasPrefix(class, start) {
			return start
		}
	}
	return "["
}

package walkmetest

import (
	"strings"
	"unicode"

	"okta-walkme-agent/internal/scim"
)

// collation is how texts are compared.
type collation int

const (
	caseExact   collation = iota
	caseIgnored           // as scim.SameName
	caseFolded            // by Unicode's simple folding: different letters become one
)

// form brings a value of a filter into the form in which op compares it.
func (c collation) form(op string, v any) any {
	s, ok := v.(string)
	switch {
	case !ok || c == caseExact:
		return v
	case c == caseFolded:
		return foldLetters(s)
	case op == "eq", op == "ne":
		return scim.NameKey(s)
	}
	return strings.ToLower(s) // co, sw and the like look at parts
}

// foldLetters takes each letter for the first of those that fold to it.
func foldLetters(s string) string {
	return strings.Map(func(r rune) rune {
		first := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			first = min(first, next)
		}
		return first
	}, s)
}

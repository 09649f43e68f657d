package el

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

var errTooLong = errors.New("the result is too long")

// stringFunctions is never written to.
var stringFunctions = map[string]function{
	"String.append":          {params: []kind{kindString, kindString}, result: kindString, call: stringAppend},
	"String.join":            {params: []kind{kindString}, rest: kindString, result: kindString | kindNull, nulls: true, call: stringJoin},
	"String.len":             {params: []kind{kindString}, result: kindNumber, nulls: true, call: stringLen},
	"String.removeSpaces":    {params: []kind{kindString}, result: kindString, call: stringRemoveSpaces},
	"String.replace":         {params: []kind{kindString, kindString, kindString}, result: kindString, call: stringReplace},
	"String.replaceFirst":    {params: []kind{kindString, kindString, kindString}, result: kindString, call: stringReplaceFirst},
	"String.startsWith":      {params: []kind{kindString, kindString}, result: kindBool, nulls: true, call: stringStartsWith},
	"String.stringContains":  {params: []kind{kindString, kindString}, result: kindBool, nulls: true, call: stringContains},
	"String.stringSwitch":    {params: []kind{kindString, kindString}, rest: kindString, group: 2, result: kindString | kindNull, nulls: true, call: stringSwitch},
	"String.substring":       {params: []kind{kindString, kindNumber, kindNumber}, result: kindString, call: stringSubstring},
	"String.substringAfter":  {params: []kind{kindString, kindString}, result: kindString, call: stringSubstringAfter},
	"String.substringBefore": {params: []kind{kindString, kindString}, result: kindString, call: stringSubstringBefore},
	"String.toLowerCase":     {params: []kind{kindString}, result: kindString, call: stringToLowerCase},
	"String.toUpperCase":     {params: []kind{kindString}, result: kindString, call: stringToUpperCase},
}

// text is a string argument that may be null; null is the empty string.
func text(arg any) string {
	s, _ := arg.(string)
	return s
}

func stringAppend(args []any) (any, error) {
	s, suffix := text(args[0]), text(args[1])
	if len(s)+len(suffix) > MaxStringBytes {
		return nil, errTooLong
	}
	return s + suffix, nil
}

// stringJoin leaves null strings out, separator and all.
func stringJoin(args []any) (any, error) {
	if args[0] == nil {
		return nil, nil
	}
	return joinTexts(text(args[0]), args[1:])
}

func joinTexts(separator string, values []any) (any, error) {
	var joined strings.Builder
	first := true
	for _, v := range values {
		s, ok := textOf(v)
		if !ok {
			continue
		}
		if !first {
			joined.WriteString(separator)
		}
		first = false
		joined.WriteString(s)
		if joined.Len() > MaxStringBytes {
			return nil, errTooLong
		}
	}
	return joined.String(), nil
}

func stringLen(args []any) (any, error) { return int64(utf16Len(text(args[0]))), nil }

func stringRemoveSpaces(args []any) (any, error) {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, text(args[0])), nil
}

func stringReplace(args []any) (any, error) {
	return replace(text(args[0]), text(args[1]), text(args[2]), -1)
}

func stringReplaceFirst(args []any) (any, error) {
	return replace(text(args[0]), text(args[1]), text(args[2]), 1)
}

// replace replaces at most limit matches, all for -1. The empty string matches
// nowhere.
func replace(s, match, replacement string, limit int) (any, error) {
	if match == "" {
		return s, nil
	}
	matches := strings.Count(s, match)
	if limit >= 0 {
		matches = min(matches, limit)
	}
	if len(s)+matches*(len(replacement)-len(match)) > MaxStringBytes {
		return nil, errTooLong
	}
	return strings.Replace(s, match, replacement, limit), nil
}

func stringStartsWith(args []any) (any, error) {
	if args[0] == nil || args[1] == nil {
		return false, nil
	}
	return strings.HasPrefix(text(args[0]), text(args[1])), nil
}

func stringContains(args []any) (any, error) {
	if args[0] == nil || args[1] == nil {
		return false, nil
	}
	return strings.Contains(text(args[0]), text(args[1])), nil
}

// stringSwitch returns the value of the first key, in the order of the
// arguments, that the input contains, otherwise the default.
func stringSwitch(args []any) (any, error) {
	for pair := 2; args[0] != nil && pair < len(args); pair += 2 {
		if args[pair] != nil && strings.Contains(text(args[0]), text(args[pair])) {
			return args[pair+1], nil
		}
	}
	return args[1], nil
}

func stringSubstring(args []any) (any, error) {
	start, okStart := integer(args[1])
	end, okEnd := integer(args[2])
	if !okStart || !okEnd {
		return nil, errors.New("an index is not an integer")
	}
	return substring(text(args[0]), start, end), nil
}

func stringSubstringAfter(args []any) (any, error) {
	_, after, _ := strings.Cut(text(args[0]), text(args[1]))
	return after, nil
}

// stringSubstringBefore returns the whole input if the search string is absent.
func stringSubstringBefore(args []any) (any, error) {
	before, _, _ := strings.Cut(text(args[0]), text(args[1]))
	return before, nil
}

func stringToLowerCase(args []any) (any, error) { return lowerCase(text(args[0])), nil }

func stringToUpperCase(args []any) (any, error) { return upperCase(text(args[0])), nil }

// utf16Len counts as Java does: a character beyond U+FFFF is two units.
func utf16Len(s string) int {
	if isASCII(s) {
		return len(s)
	}
	n := 0
	for _, r := range s {
		n += utf16Width(r)
	}
	return n
}

func utf16Width(r rune) int { return max(1, utf16.RuneLen(r)) }

// substring is the text from UTF-16 unit start up to but not including end,
// both brought into the string. A character that a bound would cut in two is
// left out.
func substring(s string, start, end int64) string {
	start = max(start, 0)
	if start >= end {
		return ""
	}
	if isASCII(s) {
		n := int64(len(s))
		return s[min(start, n):min(end, n)]
	}
	from, to, unit := len(s), len(s), int64(0)
	for i, r := range s {
		if unit >= start {
			from = min(from, i)
		}
		if unit += int64(utf16Width(r)); unit > end {
			to = i
			break
		}
	}
	return s[min(from, to):to]
}

// characterAt is the UTF-16 unit at index as a string, null behind the end. A
// half of a character beyond U+FFFF is the whole character.
func characterAt(s string, index int64) any {
	unit := int64(0)
	for i, r := range s {
		unit += int64(utf16Width(r))
		if unit > index {
			_, size := utf8.DecodeRuneInString(s[i:])
			return s[i : i+size]
		}
	}
	return nil
}

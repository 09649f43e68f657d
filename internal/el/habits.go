package el

import "strings"

// Habits from spreadsheets, SQL, templates and other programming languages, and what says
// the same here.

// calls are functions, and methods, that other languages have, in lower case.
var calls = map[string]string{
	"concat": concatHint, "concatenate": concatHint, "string.concat": concatHint,
	"if": ifHint, "iif": ifHint, "when": ifHint,
	"coalesce": elvisHint, "ifnull": elvisHint, "isnull": elvisHint, "nvl": elvisHint, "default": elvisHint,
	"switch": "write String.stringSwitch(value, otherwise, key, result …)", "case": "write String.stringSwitch(value, otherwise, key, result …)",
	"lower": lowerHint, "tolower": lowerHint, "lcase": lowerHint, "downcase": lowerHint, "string.lower": lowerHint, "string.tolower": lowerHint,
	"upper": upperHint, "toupper": upperHint, "ucase": upperHint, "upcase": upperHint, "string.upper": upperHint, "string.toupper": upperHint,
	"trim": trimHint, "string.trim": trimHint, "strip": trimHint,
	"left": "write String.substring(text, 0, 3) for three letters", "right": substringHint, "mid": substringHint, "substr": substringHint, "string.substr": substringHint,
	"split": splitHint, "string.split": splitHint, "indexof": splitHint, "string.indexof": splitHint,
	"contains": containsHint, "string.contains": containsHint, "includes": containsHint,
	"endswith": endsHint, "string.endswith": endsHint,
	"replaceall": "write String.replace: it replaces each of them", "string.replaceall": "write String.replace: it replaces each of them",
	"string.length": "write String.len(text)", "equals": "write a == b", "string.equals": "write a == b", "equalsignorecase": "write a.toLowerCase() == b.toLowerCase()",
	"tostring": textHint, "convert.tostring": textHint, "str": textHint, "string.valueof": textHint,
	"join": "write String.join(\", \", a, b)", "arrays.join": "write Arrays.toCsvString(array)", "tocsvstring": "write Arrays.toCsvString(array)",
	"now": "write Time.now in Okta: " + evaluatedHint, "today": "write Time.now in Okta: " + evaluatedHint,
}

const (
	concatHint    = `write a + " " + b`
	ifHint        = "write CONDITION ? A : B"
	elvisHint     = "write A ?: B, which is B where A has no value"
	lowerHint     = "write String.toLowerCase(text)"
	upperHint     = "write String.toUpperCase(text)"
	trimHint      = "there is none; String.removeSpaces takes out all white space"
	substringHint = "write String.substring(text, start, end)"
	splitHint     = `write String.substringBefore(text, "@") or String.substringAfter(text, "@")`
	containsHint  = "write String.stringContains(text, part)"
	endsHint      = `write text matches ".*END"`
	textHint      = `write "" + value`
)

// words stand in other languages where here an operator stands, in lower case.
var words = map[string]string{
	"if": ifHint, "then": ifHint, "else": ifHint, "case": ifHint, "when": ifHint,
	"contains": containsHint, "like": `write text matches "A.*"`,
	"in": "write Arrays.contains({a, b}, value)", "is": "write == null",
	"&": "write + between texts, && or AND between conditions",
}

// pairs are two signs of which the second came unexpectedly.
var pairs = map[string]string{
	"??": elvisHint, "<>": "write != for inequality", "//": "an expression has no comments", "/*": "an expression has no comments",
	"**": "there is no power operator",
}

// signHint is about the sign at an offset of a source.
func signHint(src string, at int) string {
	switch {
	case at >= 1 && at < len(src) && pairs[src[at-1:at+1]] != "":
		return pairs[src[at-1:at+1]]
	case at+2 <= len(src) && at == 0 && pairs[src[:2]] != "":
		return pairs[src[:2]]
	case strings.TrimSpace(src[:at]) == "" && strings.HasPrefix(src[at:], "="):
		return "leave the = out"
	}
	return ""
}

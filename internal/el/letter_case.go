package el

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// upperCase maps s as Java's String.toUpperCase(Locale.ROOT) does: Unicode's
// full mapping, in which a letter may become several ("ß" becomes "SS").
func upperCase(s string) string {
	if isASCII(s) {
		return strings.ToUpper(s)
	}
	return cases.Upper(language.Und).String(s)
}

// lowerCase maps s as Java's String.toLowerCase(Locale.ROOT) does: a capital
// sigma that ends a word becomes the final form.
func lowerCase(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return cases.Lower(language.Und).String(s)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

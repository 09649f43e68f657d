package scim

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// SameName says whether two names, a userName or a displayName, are of one
// resource. SCIM compares userName without regard to case (RFC 7643, section
// 4.1.1) and says no more. Names are the same here when they are equal, or equal in
// lower and in upper case, by Unicode's full mapping. A fold is more than that: it
// makes one letter of K and the Kelvin sign, or of s and ſ, and so two people one.
func SameName(a, b string) bool { return a == b || NameKey(a) == NameKey(b) }

// NameKey is the form of a name for maps and indexes: two names have one key exactly
// when they are the same to SameName. It is not for people to read.
func NameKey(name string) string {
	switch {
	case isASCII(name):
		return strings.ToLower(name) // no other name has both cases in ASCII
	case !utf8.ValidString(name):
		return name // its broken parts have no case; a mapping would make all of them one
	}
	// Both mappings keep the number of NULs, so that the middle one parts them.
	return LowerCase(name) + "\x00" + cases.Upper(language.Und).String(name)
}

// LowerCase is a name in lower case, for servers that store names so.
func LowerCase(name string) string { return cases.Lower(language.Und).String(name) }

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

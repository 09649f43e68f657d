package scim_test

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"pgregory.net/rapid"

	"okta-walkme-agent/internal/scim"
)

func TestSameName(t *testing.T) {
	for _, c := range []struct {
		why  string
		a, b string
		same bool
	}{
		{"equal", "ann@example.com", "ann@example.com", true},
		{"ASCII letters in another case", "Ann@Example.com", "aNN@example.COM", true},
		{"other letters in another case", "ÉVA@example.com", "éva@example.com", true},
		{"a capital sigma at the end of a word is a final one in lower case", "ΝΙΚΟΣ@example.com", "νικος@example.com", true},
		{"a letter that no mapping touches", "李@example.com", "李@EXAMPLE.com", true},
		{"the Kelvin sign is no k", "\u212aim@example.com", "kim@example.com", false},
		{"nor is it a K", "\u212aim@example.com", "Kim@example.com", false},
		{"the Ångström sign is no Å", "\u212bsa@example.com", "åsa@example.com", false},
		{"the long s is no s", "ſam@example.com", "sam@example.com", false},
		{"nor is it a S", "Taſk Force", "TASK FORCE", false},
		{"ß is not ss", "straße@example.com", "strasse@example.com", false},
		{"nor SS", "straße@example.com", "STRASSE@example.com", false},
		{"a dotted I is no i", "İda@example.com", "ida@example.com", false},
		{"nor an i with a dot above", "İda@example.com", "i\u0307da@example.com", false},
		{"a dotless i is no I", "ılay@example.com", "Ilay@example.com", false},
		{"a ligature is not its letters", "ﬁona@example.com", "fiona@example.com", false},
		{"the micro sign is no mu", "µ@example.com", "μ@example.com", false},
		{"a letter and its parts are not the same", "é@example.com", "e\u0301@example.com", false},
		{"a blank more", "ann@example.com", "ann@example.com ", false},
		{"broken text is what it is", "ann\xff", "ann\xfe", false},
		{"broken text in another case", "ann\xff", "ANN\xff", false},
	} {
		if got := scim.SameName(c.a, c.b); got != c.same {
			t.Errorf("%s: SameName(%+q, %+q) = %t", c.why, c.a, c.b, got)
		}
		if got := scim.SameName(c.b, c.a); got != c.same {
			t.Errorf("%s: SameName(%+q, %+q) = %t", c.why, c.b, c.a, got)
		}
	}
}

// names draws from letters whose cases are odd, and from any text.
func names(t *rapid.T, label string) string {
	odd := rapid.StringOf(rapid.SampledFrom([]rune("kK\u212asSſßẞiIİı\u0307σΣςµμΜǅǆǄåÅ\u212bﬁ.@\x00Ꭰꭰ")))
	return rapid.OneOf(odd, rapid.String()).Draw(t, label)
}

// TestNameKeyAgreesWithTheRule holds the key to the words of the rule, whatever
// shortcuts it takes.
func TestNameKeyAgreesWithTheRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := names(t, "a"), names(t, "b")
		if rapid.Bool().Draw(t, "related") {
			change := rapid.SampledFrom([]func(string) string{
				strings.ToLower, strings.ToUpper, strings.ToTitle, scim.LowerCase, cases.Fold().String,
			})
			b = change.Draw(t, "change")(a)
		}
		lower := scim.LowerCase(a) == scim.LowerCase(b)
		upper := cases.Upper(language.Und).String(a) == cases.Upper(language.Und).String(b)
		want := a == b || lower && upper
		if got := scim.NameKey(a) == scim.NameKey(b); got != want {
			t.Fatalf("%+q and %+q: one key is %t, the same by the rule is %t", a, b, got, want)
		}
		if got := scim.SameName(a, b); got != want {
			t.Fatalf("SameName(%+q, %+q) = %t", a, b, got)
		}
	})
}

// TestNameKeyOfLetters goes through all letters: none that is not ASCII has the key of
// one that is, and none passes for another that has both cases otherwise.
func TestNameKeyOfLetters(t *testing.T) {
	first := map[string]rune{}
	for r := rune(0); r < 0x20000; r++ { // no letter behind has two cases
		if r >= 0xd800 && r < 0xe000 {
			continue // no characters of their own
		}
		key := scim.NameKey(string(r))
		other, taken := first[key]
		if !taken {
			first[key] = r
			continue
		}
		if (r < 0x80) != (other < 0x80) {
			t.Errorf("%U passes for %U", r, other)
		}
		if unicode.ToLower(r) != unicode.ToLower(other) || unicode.ToUpper(r) != unicode.ToUpper(other) {
			t.Errorf("%U passes for %U", r, other)
		}
	}
}

package el

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// upperCase maps s as Java's String.toUpperCase(Locale.ROOT) does: Unicode's
// full mapping, in which a letter may become several ("ß" becomes "SS").
func upperCase(s string) string {
	if isASCII(s) {
		return strings.ToUpper(s)
	}
	return strings.ToUpper(expandUpper.Replace(s))
}

// lowerCase maps s as Java's String.toLowerCase(Locale.ROOT) does: a capital
// sigma that ends a word becomes the final form.
func lowerCase(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	if strings.ContainsRune(s, 'Σ') {
		s = finalSigma(s)
	}
	return strings.ToLower(strings.ReplaceAll(s, "İ", "i\u0307"))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// finalSigma replaces each capital sigma that follows a letter and precedes
// none by the final small sigma (Unicode, section 3.13, Final_Sigma).
func finalSigma(s string) string {
	runes := []rune(s)
	for i, r := range runes {
		after := i > 0 && isCased(runes[i-1])
		before := i+1 < len(runes) && isCased(runes[i+1])
		if r == 'Σ' && after && !before {
			runes[i] = 'ς'
		}
	}
	return string(runes)
}

func isCased(r rune) bool { return unicode.IsLetter(r) }

// expandUpper holds the letters whose upper case is more than one letter
// (Unicode, SpecialCasing.txt, the unconditional mappings).
var expandUpper = strings.NewReplacer(
	"ß", "SS", "ŉ", "\u02bcN", "ǰ", "J\u030c", "ΐ", "Ι\u0308\u0301",
	"ΰ", "Υ\u0308\u0301", "և", "ԵՒ", "ẖ", "H\u0331", "ẗ", "T\u0308",
	"ẘ", "W\u030a", "ẙ", "Y\u030a", "ẚ", "Aʾ", "ὐ", "Υ\u0313",
	"ὒ", "Υ\u0313\u0300", "ὔ", "Υ\u0313\u0301", "ὖ", "Υ\u0313\u0342", "ᾀ", "ἈΙ",
	"ᾁ", "ἉΙ", "ᾂ", "ἊΙ", "ᾃ", "ἋΙ", "ᾄ", "ἌΙ",
	"ᾅ", "ἍΙ", "ᾆ", "ἎΙ", "ᾇ", "ἏΙ", "ᾈ", "ἈΙ",
	"ᾉ", "ἉΙ", "ᾊ", "ἊΙ", "ᾋ", "ἋΙ", "ᾌ", "ἌΙ",
	"ᾍ", "ἍΙ", "ᾎ", "ἎΙ", "ᾏ", "ἏΙ", "ᾐ", "ἨΙ",
	"ᾑ", "ἩΙ", "ᾒ", "ἪΙ", "ᾓ", "ἫΙ", "ᾔ", "ἬΙ",
	"ᾕ", "ἭΙ", "ᾖ", "ἮΙ", "ᾗ", "ἯΙ", "ᾘ", "ἨΙ",
	"ᾙ", "ἩΙ", "ᾚ", "ἪΙ", "ᾛ", "ἫΙ", "ᾜ", "ἬΙ",
	"ᾝ", "ἭΙ", "ᾞ", "ἮΙ", "ᾟ", "ἯΙ", "ᾠ", "ὨΙ",
	"ᾡ", "ὩΙ", "ᾢ", "ὪΙ", "ᾣ", "ὫΙ", "ᾤ", "ὬΙ",
	"ᾥ", "ὭΙ", "ᾦ", "ὮΙ", "ᾧ", "ὯΙ", "ᾨ", "ὨΙ",
	"ᾩ", "ὩΙ", "ᾪ", "ὪΙ", "ᾫ", "ὫΙ", "ᾬ", "ὬΙ",
	"ᾭ", "ὭΙ", "ᾮ", "ὮΙ", "ᾯ", "ὯΙ", "ᾲ", "ᾺΙ",
	"ᾳ", "ΑΙ", "ᾴ", "ΆΙ", "ᾶ", "Α\u0342", "ᾷ", "Α\u0342Ι",
	"ᾼ", "ΑΙ", "ῂ", "ῊΙ", "ῃ", "ΗΙ", "ῄ", "ΉΙ",
	"ῆ", "Η\u0342", "ῇ", "Η\u0342Ι", "ῌ", "ΗΙ", "ῒ", "Ι\u0308\u0300",
	"ΐ", "Ι\u0308\u0301", "ῖ", "Ι\u0342", "ῗ", "Ι\u0308\u0342", "ῢ", "Υ\u0308\u0300",
	"ΰ", "Υ\u0308\u0301", "ῤ", "Ρ\u0313", "ῦ", "Υ\u0342", "ῧ", "Υ\u0308\u0342",
	"ῲ", "ῺΙ", "ῳ", "ΩΙ", "ῴ", "ΏΙ", "ῶ", "Ω\u0342",
	"ῷ", "Ω\u0342Ι", "ῼ", "ΩΙ", "ﬀ", "FF", "ﬁ", "FI",
	"ﬂ", "FL", "ﬃ", "FFI", "ﬄ", "FFL", "ﬅ", "ST",
	"ﬆ", "ST", "ﬓ", "ՄՆ", "ﬔ", "ՄԵ", "ﬕ", "ՄԻ",
	"ﬖ", "ՎՆ", "ﬗ", "ՄԽ",
)

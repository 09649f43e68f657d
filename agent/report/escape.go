package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape makes visible what a terminal would obey or hide: control characters
// (and with them ANSI escapes and line breaks), bidirectional overrides, other
// format and zero-width characters, unassigned code points, and bytes that are
// not UTF-8. They come out as <U+202E> or <0xFF>; everything else, also accents,
// other scripts and emoji, stays as it is. Escape(Escape(s)) equals Escape(s).
func Escape(s string) string {
	if isVisible(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "<0x%02X>", s[i])
		case isShown(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "<U+%04X>", r)
		}
		i += size
	}
	return b.String()
}

func isVisible(s string) bool {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return false
			}
		}
		if !isShown(r) {
			return false
		}
	}
	return true
}

// isShown is true of letters, marks, numbers, punctuation, symbols and spaces,
// except the few that are blank although Unicode counts them as letters.
func isShown(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= ' ' && r != 0x7F
	}
	switch r {
	case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0:
		return false
	}
	return unicode.IsGraphic(r)
}

package report

import (
	"strings"
	"unicode"
)

// width is the number of terminal columns that escaped text takes.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// runeWidth follows Unicode's East Asian Width in coarse blocks: marks take no
// column of their own, ideographs and emoji take two.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case r >= 0x1100 && r <= 0x115F, r >= 0x2E80 && r <= 0xA4CF, r >= 0xAC00 && r <= 0xD7A3,
		r >= 0xF900 && r <= 0xFAFF, r >= 0xFE30 && r <= 0xFE6F, r >= 0xFF01 && r <= 0xFF60, r >= 0xFFE0 && r <= 0xFFE6,
		r >= 0x1F300 && r <= 0x1FAFF, r >= 0x20000 && r <= 0x3FFFD:
		return 2
	}
	return 1
}

// pad fills text up with blanks to n columns.
func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-width(s))) }

// wrap breaks text between words so that no line has more than room columns. A
// longer word stays whole, so that a command or an address can be copied. A room
// of 0 or less has no end.
func wrap(s string, room int) []string {
	if room <= 0 || width(s) <= room {
		return []string{s}
	}
	var lines []string
	line, used := "", 0
	for word := range strings.SplitSeq(s, " ") {
		n := width(word)
		switch {
		case line == "" && used == 0:
			line, used = word, n
		case used+1+n <= room:
			line, used = line+" "+word, used+1+n
		default:
			lines, line, used = append(lines, line), word, n
		}
	}
	return append(lines, line)
}

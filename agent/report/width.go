package report

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// width is the number of terminal columns that escaped text takes, in any locale:
// ideographs and emoji take two, marks none, and what is wide in East Asian fonts alone
// takes one.
func width(s string) int {
	c := runewidth.Condition{StrictEmojiNeutral: true}
	return c.StringWidth(s)
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

// Align puts the cells of rows under one another, two blanks apart. The last cell of a row
// is as long as it is.
func Align(rows [][]string) []string {
	var widths []int
	for _, row := range rows {
		for i, cell := range row[:max(0, len(row)-1)] {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], width(cell))
		}
	}
	lines := make([]string, len(rows))
	for n, row := range rows {
		var b strings.Builder
		for i, cell := range row {
			if i < len(row)-1 {
				cell = pad(cell, widths[i]+2)
			}
			b.WriteString(cell)
		}
		lines[n] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

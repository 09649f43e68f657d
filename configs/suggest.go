package configs

import (
	"strings"
	"unicode/utf8"
)

// didYouMean is a hint at the nearest of the names, or "" when none is near: one
// that got begins with or that begins with got, or one with less than a third of
// the letters different. Of two that are equally near the first is taken.
func didYouMean(got string, names []string) string {
	got = strings.ToLower(got)
	length := utf8.RuneCountInString(got)
	if length > 64 {
		return ""
	}
	best, distance := "", length/3+1
	for _, name := range names {
		lower := strings.ToLower(name)
		d := editDistance(got, lower)
		if length > 2 && (strings.HasPrefix(got, lower) || strings.HasPrefix(lower, got)) {
			d = min(d, 1)
		}
		if d < distance {
			best, distance = name, d
		}
	}
	if best == "" {
		return ""
	}
	return "did you mean " + best + "?"
}

// editDistance counts the insertions, deletions, replacements and swaps of
// neighbours that turn a into b (optimal string alignment).
func editDistance(a, b string) int {
	from, to := []rune(a), []rune(b)
	d := make([][]int, len(from)+1)
	for i := range d {
		d[i] = make([]int, len(to)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(from); i++ {
		for j := 1; j <= len(to); j++ {
			replaced := d[i-1][j-1]
			if from[i-1] != to[j-1] {
				replaced++
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, replaced)
			if i > 1 && j > 1 && from[i-1] == to[j-2] && from[i-2] == to[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(from)][len(to)]
}

package configs

import (
	"strings"
	"unicode/utf8"
)

// didYouMean is a hint at the nearest of the names, or "" when none is near. Of
// two that are equally near the first is taken.
func didYouMean(got string, names []string) string {
	best, distance := "", max(utf8.RuneCountInString(got)/3, 1)+1
	for _, name := range names {
		if d := editDistance(strings.ToLower(got), name); d < distance && d < utf8.RuneCountInString(name) {
			best, distance = name, d
		}
	}
	if best == "" {
		return ""
	}
	return "did you mean " + best + "?"
}

// editDistance is Levenshtein's: the insertions, deletions and replacements that
// turn a into b.
func editDistance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range to {
			cost := diagonal
			if r != s {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(to)]
}

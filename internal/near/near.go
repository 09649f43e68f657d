// Package near finds the names that may have been meant where another one was written: a
// key of the configuration, an attribute, a group.
package near

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// longest is the length, in letters, from which on nothing is near: a text that long is
// no slip.
const longest = 64

// Names returns those candidates that are near a name, upper and lower case aside, the
// nearest first and at most so many: one that it begins with or that begins with it, or
// one with less than a third of the letters different. Of two that are equally near the
// earlier candidate comes first.
func Names(name string, candidates []string, most int) []string {
	hits := search(name, candidates)
	var out []string
	for _, h := range hits[:min(len(hits), most)] {
		out = append(out, h.name)
	}
	return out
}

type hit struct {
	name     string
	distance int
}

// search returns what is near, the nearest first, and each name once.
func search(name string, candidates []string) []hit {
	name = strings.ToLower(name)
	length := utf8.RuneCountInString(name)
	if length > longest {
		return nil
	}
	var hits []hit
	seen := map[string]bool{}
	for _, candidate := range candidates {
		if seen[candidate] {
			continue
		}
		seen[candidate] = true
		lower := strings.ToLower(candidate)
		d := Distance(name, lower)
		if length > 2 && lower != "" && (strings.HasPrefix(name, lower) || strings.HasPrefix(lower, name)) {
			d = min(d, 1)
		}
		if d <= length/3 {
			hits = append(hits, hit{candidate, d})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.distance, b.distance) })
	return hits
}

// Question asks whether one of the nearest names was meant: "did you mean X?", or "did
// you mean X or Y?" where two are equally near; "" when none is near.
func Question(name string, candidates []string) string { return ask(nearest(name, candidates)) }

// LoginQuestion is Question for logins. Most end alike, which makes none of them near:
// what stands before the @ is compared among those of the same domain, and the domain
// among those that begin alike. A name without @ is compared with the beginnings.
func LoginQuestion(name string, logins []string) string {
	local, domain := cutLogin(name)
	beginnings, domains := map[string]string{}, map[string]string{}
	for _, login := range logins {
		l, d := cutLogin(login)
		if domain == "" || strings.EqualFold(d, domain) {
			beginnings[l] = cmp.Or(beginnings[l], login)
		}
		if strings.EqualFold(l, local) {
			domains[d] = cmp.Or(domains[d], login)
		}
	}
	if question := askOf(local, beginnings); question != "" {
		return question
	}
	return askOf(domain, domains)
}

func cutLogin(login string) (local, domain string) {
	if i := strings.LastIndexByte(login, '@'); i >= 0 {
		return login[:i], login[i+1:]
	}
	return login, ""
}

// askOf asks for the logins whose part is near.
func askOf(part string, logins map[string]string) string {
	var names []string
	for _, key := range nearest(part, slices.Sorted(maps.Keys(logins))) {
		names = append(names, logins[key])
	}
	return ask(names)
}

// nearest are the candidates to which no other is nearer, at most three.
func nearest(name string, candidates []string) []string {
	const most = 3
	var names []string
	for _, h := range search(name, candidates) {
		if len(names) == 0 || len(names) < most && h.distance == Distance(strings.ToLower(name), strings.ToLower(names[0])) {
			names = append(names, h.name)
		}
	}
	return names
}

func ask(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return "did you mean " + strings.Join(names, " or ") + "?"
}

// Distance counts the insertions, deletions, replacements and swaps of neighbours that
// turn a into b (optimal string alignment).
func Distance(a, b string) int {
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

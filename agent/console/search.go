package console

import (
	"net/http"
	"slices"
	"strings"
	"unicode"
)

// The bounds of what is looked for: an address holds more than a person types.
const (
	maxQuery       = 200 // letters
	maxQueryWords  = 8
	maxQueryFilter = 100
)

// query is the text of a search.
func query(r *http.Request) string {
	return shortened(r.URL.Query().Get("q"))
}

// shortened is a text as far as it is looked for: without letters that hide or reorder
// others.
func shortened(q string) string {
	q = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cc, r) && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(q, "�")))
	if letters := []rune(q); len(letters) > maxQuery {
		q = string(letters[:maxQuery])
	}
	return q
}

// choiceOf is what was chosen from a list.
func choiceOf(r *http.Request, name string) string {
	v := r.URL.Query().Get(name)
	return strings.ToValidUTF8(v[:min(len(v), maxQueryFilter)], "")
}

// queryWords are the words that are looked for.
func queryWords(q string) []string {
	words := strings.Fields(q)
	return words[:min(len(words), maxQueryWords)]
}

// meets says whether a text holds each word, in any case. Words are those of
// queryWords, in small letters.
func meets(words []string, text string) bool {
	text = strings.ToLower(text)
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

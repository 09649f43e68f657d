package state

import (
	"bytes"
	"unicode/utf8"
)

// Names are the texts of an assignment by which a person is found besides the id, as
// people_words has them: empty where there is none.
type Names struct {
	UserName, Login, FirstName, LastName, DisplayName []byte
}

// appendWords writes what people_words has for the person. It writes nothing when a text is
// none that SQLite would leave as it is.
func (n *Names) appendWords(dst []byte, id string) []byte {
	start := len(dst)
	dst = append(dst, id...)
	for _, text := range [...][]byte{n.UserName, n.Login, n.FirstName, n.LastName, n.DisplayName} {
		dst = append(append(dst, ' '), text...)
	}
	words := dst[start:]
	if !utf8.Valid(words) || bytes.IndexByte(words, 0) >= 0 {
		return dst[:start]
	}
	for i, c := range words {
		if 'A' <= c && c <= 'Z' {
			words[i] = c + 'a' - 'A'
		}
	}
	return dst
}

// putWords stores by what a person is found whose assignment is stored; "" takes it from
// there.
func (t *tx) putWords(id, words string) error {
	const anew = " ON CONFLICT (source_id) DO UPDATE SET words = excluded.words"
	if words != "" {
		_, err := t.exec("INSERT INTO people_search (source_id, words) VALUES (?, ?)"+anew, id, words)
		return err
	}
	_, err := t.exec("INSERT INTO people_search (source_id, words) SELECT source_id, words FROM people_words WHERE source_id = ?"+anew, id)
	return err
}

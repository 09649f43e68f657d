package okta

import (
	"bytes"
	"encoding/json"
	"slices"
)

// projector writes profiles in canonical form: keys sorted at every level, no
// white space, of a repeated key the last, strings and numbers as Okta wrote
// them. A zero projector keeps everything. It is not safe for concurrent use.
type projector struct {
	keep    map[string]bool // attributes to keep at the top level; nil keeps all
	members []member        // scratch, a stack of the objects being written
	out     []byte          // scratch
}

func newProjector(names []string) *projector {
	p := &projector{keep: make(map[string]bool, len(names))}
	for _, n := range names {
		p.keep[n] = true
	}
	return p
}

// member is a key and its value, both slices of the text that is read.
type member struct{ key, value []byte }

// object returns the canonical form of raw, which is valid JSON. null and
// nothing are the empty object; anything else but an object is incomplete.
func (p *projector) object(raw json.RawMessage) (json.RawMessage, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return json.RawMessage("{}"), nil
	}
	if raw[0] != '{' {
		return nil, incomplete("profile: not an object")
	}
	p.out = p.appendObject(p.out[:0], raw, p.keep)
	return bytes.Clone(p.out), nil
}

// Texts finds the texts of some attributes in a profile of a User: nil for one that has no
// value. It says whether that is all there is to them: an attribute may have another value
// than a text, or one that is written with escapes, and is nil then. The texts are parts of the profile.
func Texts(profile json.RawMessage, names []string, texts [][]byte) (all bool) {
	clear(texts)
	if len(profile) == 0 || profile[0] != '{' {
		return true
	}
	all = true
	for key, value := range objectMembers(profile) {
		for i, name := range names {
			if string(key) != name || string(value) == "null" {
				continue
			}
			if value[0] != '"' || bytes.IndexByte(value, '\\') >= 0 {
				all = false
				continue
			}
			texts[i] = value[1 : len(value)-1]
		}
	}
	return all
}

func (p *projector) appendObject(out, raw []byte, keep map[string]bool) []byte {
	start := len(p.members)
	for key, value := range objectMembers(raw) {
		if keep == nil || keep[string(key)] {
			p.members = append(p.members, member{key, value})
		}
	}
	slices.SortStableFunc(p.members[start:], func(a, b member) int { return bytes.Compare(a.key, b.key) })
	out = append(out, '{')
	end := len(p.members)
	for i := start; i < end; i++ {
		m := p.members[i]
		if i+1 < end && bytes.Equal(m.key, p.members[i+1].key) {
			continue
		}
		if out[len(out)-1] != '{' {
			out = append(out, ',')
		}
		out = appendKey(out, m.key)
		out = append(out, ':')
		out = p.appendValue(out, m.value)
	}
	p.members = p.members[:start]
	return append(out, '}')
}

func (p *projector) appendValue(out, raw []byte) []byte {
	switch raw[0] {
	case '{':
		return p.appendObject(out, raw, nil)
	case '[':
		out = append(out, '[')
		for i := blank(raw, 1); raw[i] != ']'; {
			end := valueEnd(raw, i)
			out = p.appendValue(out, raw[i:end])
			if i = blank(raw, end); raw[i] == ',' {
				out = append(out, ',')
				i = blank(raw, i+1)
			}
		}
		return append(out, ']')
	}
	return append(out, raw...)
}

// objectMembers iterates over the members of a valid JSON object. Keys come unescaped.
func objectMembers(raw []byte) func(yield func(key, value []byte) bool) {
	return func(yield func(key, value []byte) bool) {
		for i := blank(raw, 1); raw[i] != '}'; {
			end := textEnd(raw, i) + 1
			key := unescape(raw[i:end])
			i = blank(raw, blank(raw, end)+1) // behind the colon
			end = valueEnd(raw, i)
			if !yield(key, raw[i:end]) {
				return
			}
			if i = blank(raw, end); raw[i] == ',' {
				i = blank(raw, i+1)
			}
		}
	}
}

// unescape returns the text of a JSON string literal.
func unescape(literal []byte) []byte {
	if bytes.IndexByte(literal, '\\') < 0 {
		return literal[1 : len(literal)-1]
	}
	var s string
	if err := json.Unmarshal(literal, &s); err != nil {
		return literal[1 : len(literal)-1]
	}
	return []byte(s)
}

// appendKey writes a key that came unescaped.
func appendKey(out, key []byte) []byte {
	plain := true
	for _, c := range key {
		if c < 0x20 || c == '"' || c == '\\' {
			plain = false
			break
		}
	}
	if plain {
		out = append(out, '"')
		out = append(out, key...)
		return append(out, '"')
	}
	quoted, err := json.Marshal(string(key))
	if err != nil {
		return append(out, `""`...) // a string always has a JSON form
	}
	return append(out, quoted...)
}

// valueEnd is the index behind the value that begins at i, in valid JSON.
func valueEnd(raw []byte, i int) int {
	switch raw[i] {
	case '"':
		return textEnd(raw, i) + 1
	case '{', '[':
		return compositeEnd(raw, i)
	}
	for i < len(raw) && bytes.IndexByte([]byte(" \n\t\r,]}"), raw[i]) < 0 {
		i++
	}
	return i
}

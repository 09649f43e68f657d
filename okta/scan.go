package okta

import (
	"bytes"
	"encoding/json"
	"io"
)

// firstID is the text of the first member "id" of an object, "" when none is found. The
// object may be invalid within.
func firstID(raw []byte) string {
	for i := 1; ; i++ { // at a brace or a comma
		key, behind := textAt(raw, blank(raw, i))
		if behind < 0 {
			return ""
		}
		if i = blank(raw, behind); i >= len(raw) || raw[i] != ':' {
			return ""
		}
		i = blank(raw, i+1)
		if string(key) == "id" {
			id, _ := textAt(raw, i)
			if bytes.IndexByte(id, '\\') >= 0 {
				return ""
			}
			return string(id)
		}
		if i = blank(raw, valueAt(raw, i)); i >= len(raw) || raw[i] != ',' {
			return ""
		}
	}
}

// textAt returns the text that begins at i, as it is written, and the index behind it: -1
// when there is none.
func textAt(raw []byte, i int) ([]byte, int) {
	if i >= len(raw) || raw[i] != '"' {
		return nil, -1
	}
	end := textEnd(raw, i)
	if end < 0 {
		return nil, -1
	}
	return raw[i+1 : end], end + 1
}

// valueAt is the index behind the value that begins at i.
func valueAt(raw []byte, i int) int {
	if i >= len(raw) {
		return i
	}
	end := i
	switch raw[i] {
	case '"':
		_, end = textAt(raw, i)
	case '{', '[':
		end = compositeEnd(raw, i)
	default:
		for end < len(raw) && raw[end] != ',' && raw[end] != '}' {
			end++
		}
	}
	if end < 0 {
		return len(raw)
	}
	return end
}

// profilesOf finds the profiles in an assignment, which is valid JSON.
func profilesOf(raw []byte) (account, app json.RawMessage) {
	for key, value := range objectMembers(raw) {
		switch string(key) {
		case "profile":
			app = value
		case "_embedded":
			account = memberOf(memberOf(value, "user"), "profile")
		}
	}
	return account, app
}

// memberOf returns a member of an object, which is valid JSON: nil when there is none, or
// no object.
func memberOf(raw []byte, name string) []byte {
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	var out []byte
	for key, value := range objectMembers(raw) {
		if string(key) == name {
			out = value
		}
	}
	return out
}

// splitArray cuts a JSON array of objects into these. It checks that they are complete,
// and nothing within them.
func splitArray(body []byte) ([][]byte, error) {
	i := blank(body, 0)
	if i == len(body) {
		return nil, incomplete("list: %w", io.ErrUnexpectedEOF)
	}
	if body[i] != '[' {
		return nil, incomplete("list: not an array")
	}
	var out [][]byte
	for i = blank(body, i+1); i < len(body) && body[i] != ']'; {
		end := objectEnd(body, i)
		if end < 0 {
			return nil, incomplete("list: an element is no whole object")
		}
		out = append(out, body[i:end:end])
		i = blank(body, end)
		if i == len(body) || body[i] != ',' {
			break
		}
		if i = blank(body, i+1); i < len(body) && body[i] == ']' {
			return nil, incomplete("list: a comma before its end")
		}
	}
	switch {
	case i >= len(body):
		return nil, incomplete("list: %w", io.ErrUnexpectedEOF)
	case body[i] != ']':
		return nil, incomplete("list: %q between two elements", body[i])
	case blank(body, i+1) != len(body):
		return nil, incomplete("more after the answer")
	}
	return out, nil
}

// blank is the index of what is no white space from i on.
func blank(body []byte, i int) int {
	for i < len(body) && (body[i] == ' ' || body[i] == '\n' || body[i] == '\t' || body[i] == '\r') {
		i++
	}
	return i
}

// objectEnd is the index behind the object that begins at i, -1 when it does not end
// there, or none begins.
func objectEnd(body []byte, i int) int {
	if body[i] != '{' {
		return -1
	}
	return compositeEnd(body, i)
}

// compositeEnd is the index behind the object or array that begins at i, -1 when it does
// not end there.
func compositeEnd(body []byte, i int) int {
	for depth := 0; i < len(body); i++ {
		switch body[i] {
		case '"':
			if i = textEnd(body, i); i < 0 {
				return -1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return -1
}

// textEnd is the index of the quote that ends the text which begins at i, -1 without one.
func textEnd(body []byte, i int) int {
	for i++; ; i++ {
		n := bytes.IndexByte(body[i:], '"')
		if n < 0 {
			return -1
		}
		i += n
		escapes := 0
		for body[i-1-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return i
		}
	}
}

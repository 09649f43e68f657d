package walkme

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"okta-walkme-agent/internal/scim"
)

// object is a JSON object that keeps the order of its keys and the spelling of
// each value, so that what a server showed goes back to it byte for byte. The
// values are compact. Its zero value is an empty object.
type object []member

type member struct {
	key   string
	value json.RawMessage
}

// parseObject reads a JSON object and nothing after it. Of a key that occurs
// twice the last value counts, as in encoding/json.
func parseObject(text []byte) (object, error) {
	var b bytes.Buffer
	b.Grow(len(text))
	if json.Compact(&b, text) != nil || b.Len() == 0 || b.Bytes()[0] != '{' {
		return nil, errors.New("not a JSON object")
	}
	text = b.Bytes()
	o := make(object, 0, min(bytes.Count(text, []byte(`":`)), 16))
	for i := 1; text[i] != '}'; {
		end := valueEnd(text, i)
		key, _ := decode(text[i:end]).(string)
		i, end = end+1, valueEnd(text, end+1) // behind the colon
		o.putExactly(key, text[i:end:end])
		if i = end; text[i] == ',' {
			i++
		}
	}
	return o, nil
}

// valueEnd is the index behind the value that begins at i, in valid JSON without blanks.
func valueEnd(text []byte, i int) int {
	for depth := 0; ; i++ {
		switch text[i] {
		case '"':
			for i++; text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 { // of what the value is in
				return i
			}
		case ',', ':':
			if depth == 0 {
				return i
			}
		}
	}
}

// parseObjects reads a JSON array and keeps its objects; anything else is an
// empty list.
func parseObjects(text json.RawMessage) []object {
	var items []json.RawMessage
	if json.Unmarshal(text, &items) != nil {
		return nil
	}
	var list []object
	for _, item := range items {
		if o, err := parseObject(item); err == nil {
			list = append(list, o)
		}
	}
	return list
}

// index finds a key, first exactly, then ignoring case: attribute names are case
// insensitive (RFC 7643, section 2.1), and servers make use of it. -1: no such
// key.
func (o object) index(key string) int {
	folded := -1
	for i, m := range o {
		if m.key == key {
			return i
		}
		if folded < 0 && strings.EqualFold(m.key, key) {
			folded = i
		}
	}
	return folded
}

// get returns the value of a key, nil if there is none.
func (o object) get(key string) json.RawMessage {
	if i := o.index(key); i >= 0 {
		return o[i].value
	}
	return nil
}

// put replaces a value where it stands, or appends it under exactly this key.
func (o *object) put(key string, value json.RawMessage) {
	if i := o.index(key); i >= 0 {
		(*o)[i].value = value
		return
	}
	*o = append(*o, member{key, value})
}

// putExactly takes keys that differ in case for different ones.
func (o *object) putExactly(key string, value json.RawMessage) {
	for i, m := range *o {
		if m.key == key {
			(*o)[i].value = value
			return
		}
	}
	*o = append(*o, member{key, value})
}

func (o *object) remove(key string) {
	if i := o.index(key); i >= 0 {
		*o = append((*o)[:i:i], (*o)[i+1:]...)
	}
}

// clone returns a copy whose keys can be changed without changing o.
func (o object) clone() object { return append(object(nil), o...) }

// text returns the object as compact JSON.
func (o object) text() json.RawMessage {
	size := 2
	for _, m := range o {
		size += len(m.key) + len(m.value) + len(`"":,`)
	}
	b := append(make([]byte, 0, size), '{')
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = scim.AppendString(b, m.key)
		b = append(b, ':')
		b = append(b, m.value...)
	}
	return append(b, '}')
}

// child returns the object under a key, empty if there is no object.
func (o object) child(key string) object {
	c, err := parseObject(o.get(key))
	if err != nil {
		return nil
	}
	return c
}

// string returns a string, or a number as it is written. Some servers number
// their users.
func (o object) string(key string) string {
	v, _ := decode(o.get(key)).(string)
	if v == "" && isNumber(o.get(key)) {
		return string(o.get(key))
	}
	return v
}

func isNumber(v json.RawMessage) bool {
	return len(v) > 0 && (v[0] == '-' || v[0] >= '0' && v[0] <= '9')
}

// boolean reads true, "True", "false" and the like; nil stands for anything
// else, above all for a key that is not there.
func (o object) boolean(key string) *bool {
	text := strings.ToLower(strings.Trim(string(o.get(key)), `"`))
	if text != "true" && text != "false" {
		return nil
	}
	value := text == "true"
	return &value
}

// decode returns a JSON value in the types of scim.Attribute; nil for null, for
// nothing and for an object.
func decode(text json.RawMessage) any {
	if isPlainText(text) { // as nearly all are
		return string(text[1 : len(text)-1])
	}
	if string(text) == "null" || len(text) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return nil
	}
	value, err := scim.Value(v)
	if err != nil {
		return nil
	}
	return value
}

// isPlainText says whether a value is a text that is read as it is written.
func isPlainText(text []byte) bool {
	if len(text) < 2 || text[0] != '"' || text[len(text)-1] != '"' {
		return false
	}
	for _, c := range text[1 : len(text)-1] {
		if c < ' ' || c == '\\' || c == '"' {
			return false
		}
	}
	return utf8.Valid(text)
}

func quote(s string) json.RawMessage { return scim.AppendString(nil, s) }

func boolText(b bool) json.RawMessage { return strconv.AppendBool(nil, b) }

// array returns the texts as one JSON array.
func array(items []json.RawMessage) json.RawMessage {
	b := []byte{'['}
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, item...)
	}
	return append(b, ']')
}

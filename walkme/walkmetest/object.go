package walkmetest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// object is a JSON object that keeps the order of its keys, so that a client
// can be held to the order that it was shown. Values are nil, string, bool,
// int, json.Number, []any and object.
type object []field

type field struct {
	key   string
	value any
}

// index finds a key without regard to case (RFC 7643, section 2.1).
func (o object) index(key string) int {
	for i := range o {
		if o[i].key == key || strings.EqualFold(o[i].key, key) {
			return i
		}
	}
	return -1
}

func (o object) has(key string) bool { return o.index(key) >= 0 }

func (o object) get(key string) any {
	if i := o.index(key); i >= 0 {
		return o[i].value
	}
	return nil
}

func (o object) text(key string) string {
	s, _ := o.get(key).(string)
	return s
}

// set keeps the place and the spelling of a key that is there.
func (o *object) set(key string, value any) {
	if i := o.index(key); i >= 0 {
		(*o)[i].value = value
		return
	}
	*o = append(*o, field{key, value})
}

func (o *object) delete(key string) {
	if i := o.index(key); i >= 0 {
		*o = slices.Delete(*o, i, i+1)
	}
}

func (o object) clone() object {
	out := make(object, len(o))
	for i, f := range o {
		out[i] = field{f.key, cloneValue(f.value)}
	}
	return out
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case object:
		return v.clone()
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = cloneValue(e)
		}
		return out
	}
	return v
}

// equalValue compares without regard to the order of keys.
func equalValue(a, b any) bool {
	switch a := a.(type) {
	case object:
		b, ok := b.(object)
		if !ok || len(a) != len(b) {
			return false
		}
		for _, f := range a {
			i := b.index(f.key)
			if i < 0 || !equalValue(f.value, b[i].value) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equalValue)
	}
	switch b.(type) {
	case object, []any:
		return false
	}
	return a == b
}

// unassigned says whether a value is none (RFC 7643, section 2.5).
func unassigned(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case []any:
		return len(v) == 0
	}
	return false
}

// encode writes compact JSON with raw UTF-8.
func encode(v any) []byte { return appendValue(make([]byte, 0, 512), v) }

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...)
	case bool:
		return strconv.AppendBool(b, v)
	case int:
		return strconv.AppendInt(b, int64(v), 10)
	case json.Number:
		return append(b, v...)
	case string:
		return appendString(b, v)
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, e)
		}
		return append(b, ']')
	case object:
		b = append(b, '{')
		for i, f := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, f.key), ':')
			b = appendValue(b, f.value)
		}
		return append(b, '}')
	}
	panic(fmt.Sprintf("walkmetest: a %T is no JSON value here", v))
}

func appendString(b []byte, s string) []byte {
	if isPlain(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string can always be encoded
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}

// isPlain says whether a text is written in JSON as it is, and is ASCII.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == '"' || c == '\\' || c > '~' {
			return false
		}
	}
	return true
}

// fromGo takes a value of a test into the forms that object has.
func fromGo(v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		panic("walkmetest: attribute value: " + err.Error())
	}
	out, err := decodeValue(data)
	if err != nil {
		panic("walkmetest: attribute value: " + err.Error())
	}
	return out
}

// toGo gives a test plain Go values: maps, slices and scalars.
func toGo(v any) any {
	switch v := v.(type) {
	case object:
		out := make(map[string]any, len(v))
		for _, f := range v {
			out[f.key] = toGo(f.value)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = toGo(e)
		}
		return out
	}
	return v
}

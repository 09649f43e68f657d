package walkmetest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
	return slices.IndexFunc(o, func(f field) bool { return strings.EqualFold(f.key, key) })
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

const maxDepth = 32

var errDepth = errors.New("nested too deeply")

func decodeObject(data []byte) (object, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	v, err := decodeValue(dec, 0)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	o, ok := v.(object)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	return o, nil
}

func decodeValue(dec *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return decodeFields(dec, depth)
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := decodeValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := dec.Token()
		return list, err
	}
	return token, nil
}

func decodeFields(dec *json.Decoder, depth int) (any, error) {
	o := object{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string)
		if o.has(key) {
			return nil, fmt.Errorf("the key %q twice", key)
		}
		v, err := decodeValue(dec, depth+1)
		if err != nil {
			return nil, err
		}
		o = append(o, field{key, v})
	}
	_, err := dec.Token()
	return o, err
}

// encode writes compact JSON with raw UTF-8.
func encode(v any) []byte { return appendValue(nil, v) }

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
	if strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' || r > '~' }) < 0 {
		return append(append(append(b, '"'), s...), '"')
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string can always be encoded
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...)
}

// fromGo takes a value of a test into the forms that object has.
func fromGo(v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		panic("walkmetest: attribute value: " + err.Error())
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	out, err := decodeValue(dec, 0)
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

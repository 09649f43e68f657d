package walkmetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

const maxDepth = 32

var errDepth = errors.New("nested too deeply")

func decodeObject(data []byte) (object, error) {
	if !json.Valid(data) {
		return nil, json.Unmarshal(data, new(any)) // which says where
	}
	v, err := decodeValue(data)
	if err != nil {
		return nil, err
	}
	o, ok := v.(object)
	if !ok {
		return nil, errors.New("not a JSON object")
	}
	return o, nil
}

// decodeValue reads valid JSON.
func decodeValue(valid []byte) (any, error) {
	r := reader{text: string(valid)}
	return r.value(0)
}

// reader takes JSON apart that encoding/json has found to be valid. What it returns
// shares the text.
type reader struct {
	text string
	at   int
}

func (r *reader) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	switch r.next() {
	case '{':
		return r.fields(depth)
	case '[':
		return r.list(depth)
	case '"':
		return r.string(), nil
	case 'n':
		r.at += len("null")
		return nil, nil
	case 't':
		r.at += len("true")
		return true, nil
	case 'f':
		r.at += len("false")
		return false, nil
	}
	start := r.at
	for r.at < len(r.text) && strings.IndexByte("+-.0123456789Ee", r.text[r.at]) >= 0 {
		r.at++
	}
	return json.Number(r.text[start:r.at]), nil
}

// next is the byte behind blanks.
func (r *reader) next() byte {
	for {
		switch c := r.text[r.at]; c {
		case ' ', '\t', '\r', '\n':
			r.at++
		default:
			return c
		}
	}
}

// more passes over the comma behind an element, or over the end of what holds it.
func (r *reader) more(end byte) bool {
	c := r.next()
	r.at++
	return c != end
}

func (r *reader) list(depth int) (any, error) {
	list := []any{}
	r.at++
	if r.next() == ']' {
		r.at++
		return list, nil
	}
	for {
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if !r.more(']') {
			return list, nil
		}
	}
}

func (r *reader) fields(depth int) (any, error) {
	r.at++
	if r.next() == '}' {
		r.at++
		return object{}, nil
	}
	o := make(object, 0, 4)
	for {
		r.next()
		key := r.string()
		if o.has(key) {
			return nil, fmt.Errorf("the key %q twice", key)
		}
		r.next() // the colon
		r.at++
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, err
		}
		o = append(o, field{key, v})
		if !r.more('}') {
			return o, nil
		}
	}
}

func (r *reader) string() string {
	start, escaped := r.at, false
	for r.at++; r.text[r.at] != '"'; r.at++ {
		if r.text[r.at] == '\\' {
			escaped = true
			r.at++
		}
	}
	r.at++
	if s := r.text[start+1 : r.at-1]; !escaped && utf8.ValidString(s) {
		return s
	}
	var s string
	_ = json.Unmarshal([]byte(r.text[start:r.at]), &s) // it is valid
	return s
}

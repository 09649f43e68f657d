package scim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Paths that the engine itself knows; all others come from the mapping.
const (
	PathUserName    = "userName"
	PathDisplayName = "displayName"
)

// Attribute is one value under a SCIM attribute path. Value is a string, a bool,
// an int64, a float64, a []any of those, or nil: mapped, but Okta has no value
// (SCIM's "unassigned", RFC 7643, section 2.5).
type Attribute struct {
	Path  string
	Value any
}

// Attributes are the values of one resource, sorted by path, each path once.
// As JSON they are one object, path to value, in that order.
type Attributes []Attribute

// NewAttributes sorts its argument in place. Of two values with one path the
// later one wins.
func NewAttributes(list []Attribute) Attributes {
	slices.SortStableFunc(list, func(a, b Attribute) int { return strings.Compare(a.Path, b.Path) })
	out := list[:0]
	for _, a := range list {
		if n := len(out); n > 0 && out[n-1].Path == a.Path {
			out[n-1] = a
			continue
		}
		out = append(out, a)
	}
	return Attributes(out)
}

// Get returns the value under a path, nil when it is unassigned or not mapped.
func (as Attributes) Get(path string) any {
	i, ok := slices.BinarySearchFunc(as, path, func(a Attribute, p string) int { return strings.Compare(a.Path, p) })
	if !ok {
		return nil
	}
	return as[i].Value
}

// Has says whether a path is there, be it without a value.
func (as Attributes) Has(path string) bool {
	_, ok := slices.BinarySearchFunc(as, path, func(a Attribute, p string) int { return strings.Compare(a.Path, p) })
	return ok
}

// AttributeChange is one line of a plan: a path with its value before and after.
// Actual is what WalkMe shows, where that was read and is neither of the two.
type AttributeChange struct {
	Path   string `json:"path"`
	Old    any    `json:"old"`
	New    any    `json:"new"`
	Actual any    `json:"actual,omitempty"`
}

// DiffAttributes lists the paths of want whose value differs from old, in the
// order of the paths. A path that only old has is not in the list: what is no
// longer mapped is no longer ours to change.
func DiffAttributes(old, want Attributes) []AttributeChange {
	var out []AttributeChange
	for i, a := range want {
		before := old.Get(a.Path)
		if !Equal(before, a.Value) {
			if out == nil {
				out = make([]AttributeChange, 0, len(want)-i)
			}
			out = append(out, AttributeChange{Path: a.Path, Old: before, New: a.Value})
		}
	}
	return out
}

// Differ says whether DiffAttributes would list anything.
func Differ(old, want Attributes) bool {
	return slices.ContainsFunc(want, func(a Attribute) bool { return !Equal(old.Get(a.Path), a.Value) })
}

// Equal compares two attribute values. Numbers are equal by value, unassigned
// equals the empty string and the empty list: WalkMe cannot tell them apart
// either (RFC 7643, section 2.5). The values of a list have no order (section 2.4).
func Equal(a, b any) bool {
	if unassigned(a) || unassigned(b) {
		return unassigned(a) && unassigned(b)
	}
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && x == y
	}
	x, ok := a.([]any)
	if !ok {
		return a == b
	}
	y, ok := b.([]any)
	return ok && sameElements(x, y)
}

// sameElements compares lists of values as sets in which one can be twice.
func sameElements(x, y []any) bool {
	if len(x) != len(y) {
		return false
	}
	rest := slices.Clone(y)
	for _, v := range x {
		at := slices.IndexFunc(rest, func(w any) bool { return Equal(v, w) })
		if at < 0 {
			return false
		}
		rest = slices.Delete(rest, at, at+1)
	}
	return true
}

func unassigned(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	}
	return false
}

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// MarshalJSON writes one object, keys in the order of the paths, text as raw
// UTF-8.
func (as Attributes) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	encode := func(v any) error {
		if err := enc.Encode(v); err != nil {
			return err
		}
		b.Truncate(b.Len() - 1) // the newline that Encode adds
		return nil
	}
	b.WriteByte('{')
	for i, a := range as {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := encode(a.Path); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := encode(a.Value); err != nil {
			return nil, fmt.Errorf("attribute %s: %w", a.Path, err)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads what MarshalJSON wrote. Whole numbers become int64.
func (as *Attributes) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var object map[string]any
	if err := dec.Decode(&object); err != nil {
		return err
	}
	list := make([]Attribute, 0, len(object))
	for path, v := range object {
		value, err := Value(v)
		if err != nil {
			return fmt.Errorf("attribute %s: %w", path, err)
		}
		list = append(list, Attribute{Path: path, Value: value})
	}
	*as = NewAttributes(list)
	return nil
}

// Value turns a decoded JSON value into an attribute value (see Attribute).
// JSON objects are refused: a complex attribute has a path for each part.
func Value(v any) (any, error) {
	switch v := v.(type) {
	case nil, string, bool, int64:
		return v, nil
	case int:
		return int64(v), nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return int64(v), nil
		}
		return v, nil
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n, nil
		}
		return v.Float64()
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			value, err := Value(e)
			if err != nil {
				return nil, err
			}
			out[i] = value
		}
		return out, nil
	}
	return nil, fmt.Errorf("a %T is not a SCIM attribute value", v)
}

package el

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// kind is a set of the types a value can have.
type kind uint8

const (
	kindNull kind = 1 << iota
	kindBool
	kindNumber
	kindString
	kindArray

	kindAny    = kindNull | kindBool | kindNumber | kindString | kindArray
	kindScalar = kindBool | kindNumber | kindString
)

// String names the set's types, as in "string or null".
func (k kind) String() string {
	names := make([]string, 0, 5)
	for i, name := range [...]string{"null", "boolean", "number", "string", "array"} {
		if k&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, " or ")
}

func kindOf(v any) kind {
	switch v.(type) {
	case nil:
		return kindNull
	case bool:
		return kindBool
	case int64, float64:
		return kindNumber
	case string:
		return kindString
	default:
		return kindArray
	}
}

// maxArrayDepth is how deeply arrays read from an environment may be nested.
const maxArrayDepth = 16

// valueOf brings a value of an environment into the five types of the
// language. A v that is already one is returned as it is, uncopied.
func valueOf(at int, v any) (any, *fault) {
	elements := 0
	return canonical(at, v, 0, &elements)
}

func canonical(at int, raw any, depth int, elements *int) (any, *fault) {
	switch v := raw.(type) {
	case nil, bool, int64:
		return raw, nil
	case string:
		if len(v) > MaxStringBytes {
			return nil, tooLong(at)
		}
		return raw, nil
	case float64:
		return raw, finite(at, v)
	case json.Number:
		return fromJSONNumber(at, v)
	case []any:
		return canonicalArray(at, v, depth, elements)
	default:
		return nil, faultf(at, "the attribute is of a type that expressions cannot read (%T)", raw)
	}
}

func canonicalArray(at int, v []any, depth int, elements *int) (any, *fault) {
	*elements += len(v)
	if *elements > MaxElements {
		return nil, tooMany(at)
	}
	if depth == maxArrayDepth {
		return nil, faultf(at, "the attribute's arrays are nested more than %d deep", maxArrayDepth)
	}
	out := v
	for i, element := range v {
		c, err := canonical(at, element, depth+1, elements)
		if err != nil {
			return nil, err
		}
		if needsCopy(element) && &out[0] == &v[0] {
			out = append([]any(nil), v...)
		}
		if needsCopy(element) {
			out[i] = c
		}
	}
	return out, nil
}

// needsCopy reports whether canonical may have replaced the element.
func needsCopy(element any) bool {
	switch element.(type) {
	case json.Number, []any:
		return true
	}
	return false
}

func fromJSONNumber(at int, n json.Number) (any, *fault) {
	if i, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return i, nil
	}
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil {
		return nil, faultf(at, "the attribute is not a number of at most 64 bits")
	}
	return f, finite(at, f)
}

func finite(at int, f float64) *fault {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return faultf(at, "the number is not finite")
	}
	return nil
}

func tooLong(at int) *fault {
	return faultf(at, "the string is longer than %d bytes", MaxStringBytes)
}

func tooMany(at int) *fault {
	return faultf(at, "the array has more than %d elements", MaxElements)
}

// textOf is the text of a string, a boolean or a number. A float64 without a
// fraction is written as an integer, because JSON decoders turn Okta's integer
// attributes into float64.
func textOf(v any) (text string, ok bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int64:
		return strconv.FormatInt(v, 10), true
	case float64:
		if math.Abs(v) < 1e21 {
			return strconv.FormatFloat(v, 'f', -1, 64), true
		}
		return strconv.FormatFloat(v, 'g', -1, 64), true
	}
	return "", false
}

// float is the value of a number as float64.
func float(v any) float64 {
	if i, ok := v.(int64); ok {
		return float64(i)
	}
	f, _ := v.(float64)
	return f
}

// integer is the value of a number without a fraction within int64.
func integer(v any) (n int64, ok bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case float64:
		// -2^63 is exact as float64; 2^63 is the first value out of range.
		if v == math.Trunc(v) && v >= math.MinInt64 && v < -math.MinInt64 {
			return int64(v), true
		}
	}
	return 0, false
}

// countElements counts v's elements at every depth and stops above limit.
func countElements(v any, limit int) int {
	array, _ := v.([]any)
	n := len(array)
	for _, element := range array {
		if n > limit {
			break
		}
		if nested, ok := element.([]any); ok {
			n += countElements(nested, limit-n)
		}
	}
	return n
}

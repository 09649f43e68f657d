package el

import (
	"errors"
	"strings"
)

var errTooMany = errors.New("the result has too many elements")

// arrayFunctions is never written to. An array argument arrives as []any: for
// null the empty one, for a string its comma-separated fields.
var arrayFunctions = map[string]function{
	"Arrays.add":         {params: []kind{kindArray, kindAny}, result: kindArray, nulls: true, call: arraysAdd},
	"Arrays.remove":      {params: []kind{kindArray, kindAny}, result: kindArray, nulls: true, call: arraysRemove},
	"Arrays.clear":       {params: []kind{kindArray}, result: kindArray, nulls: true, call: arraysClear},
	"Arrays.get":         {params: []kind{kindArray, kindNumber}, result: kindAny, call: arraysGet},
	"Arrays.flatten":     {rest: kindAny, result: kindArray, nulls: true, call: arraysFlatten},
	"Arrays.contains":    {params: []kind{kindArray, kindAny}, result: kindBool, nulls: true, call: arraysContains},
	"Arrays.size":        {params: []kind{kindArray}, result: kindNumber, nulls: true, call: arraysSize},
	"Arrays.isEmpty":     {params: []kind{kindArray}, result: kindBool, nulls: true, call: arraysIsEmpty},
	"Arrays.toCsvString": {params: []kind{kindArray}, result: kindString, nulls: true, call: arraysToCsvString},
}

// arrayOf reads an argument of an Arrays function.
func arrayOf(v any) (array []any, ok bool) {
	switch v := v.(type) {
	case nil:
		return []any{}, true
	case []any:
		return v, true
	case string:
		return csvFields(v), true
	}
	return nil, false
}

// csvFields splits at commas and trims white space. There is no quoting. A
// blank string has no fields.
func csvFields(s string) []any {
	array := []any{}
	if strings.TrimSpace(s) == "" {
		return array
	}
	for field := range strings.SplitSeq(s, ",") {
		array = append(array, strings.TrimSpace(field))
	}
	return array
}

// elements is an array argument.
func elements(arg any) []any {
	array, _ := arg.([]any)
	return array
}

func arraysAdd(args []any) (any, error) {
	array := elements(args[0])
	return append(array[:len(array):len(array)], args[1]), nil
}

// arraysRemove removes every element equal to the value.
func arraysRemove(args []any) (any, error) {
	kept := []any{}
	for _, element := range elements(args[0]) {
		if !equal(element, args[1]) {
			kept = append(kept, element)
		}
	}
	return kept, nil
}

func arraysClear([]any) (any, error) { return []any{}, nil }

func arraysGet(args []any) (any, error) {
	v, err := elementAt(0, args[0], args[1])
	if err != nil {
		return nil, err
	}
	return v, nil
}

// elementAt is an element of an array or a character of a string.
func elementAt(at int, v, index any) (any, *fault) {
	if v == nil || index == nil {
		return nil, nil
	}
	i, ok := integer(index)
	if !ok {
		return nil, faultf(at, "an index is an integer, this is not")
	}
	if i < 0 {
		return nil, faultf(at, "the index is negative")
	}
	switch v := v.(type) {
	case []any:
		if i < int64(len(v)) {
			return v[i], nil
		}
		return nil, nil
	case string:
		return characterAt(v, i), nil
	}
	return nil, faultf(at, "only an array or a string has an index, this is %s", kindOf(v))
}

// arraysFlatten drops null arguments and reads string arguments as
// comma-separated values; elements of arrays are kept as they are.
func arraysFlatten(args []any) (any, error) {
	flat := []any{}
	for _, arg := range args {
		if array, ok := arrayOf(arg); ok {
			arg = array
		}
		var err error
		if flat, err = appendFlat(flat, arg); err != nil {
			return nil, err
		}
	}
	return flat, nil
}

func appendFlat(flat []any, v any) ([]any, error) {
	array, ok := v.([]any)
	if !ok {
		if len(flat) == MaxElements {
			return nil, errTooMany
		}
		return append(flat, v), nil
	}
	for _, element := range array {
		var err error
		if flat, err = appendFlat(flat, element); err != nil {
			return nil, err
		}
	}
	return flat, nil
}

func arraysContains(args []any) (any, error) {
	for _, element := range elements(args[0]) {
		if equal(element, args[1]) {
			return true, nil
		}
	}
	return false, nil
}

func arraysSize(args []any) (any, error) { return int64(len(elements(args[0]))), nil }

func arraysIsEmpty(args []any) (any, error) { return len(elements(args[0])) == 0, nil }

// arraysToCsvString joins the flattened elements with commas, without quoting.
// Null elements are left out.
func arraysToCsvString(args []any) (any, error) {
	flat, err := appendFlat(nil, args[0])
	if err != nil {
		return nil, err
	}
	return joinTexts(",", flat)
}

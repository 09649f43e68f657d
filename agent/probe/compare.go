package probe

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
)

func sortedKeys(o object) []string { return slices.Sorted(maps.Keys(o)) }

// equalJSON compares two decoded JSON values. Nothing, null, an empty text and an
// empty list are the same (RFC 7643, 2.5).
func equalJSON(a, b any) bool {
	if blank(a) || blank(b) {
		return blank(a) && blank(b)
	}
	return reflect.DeepEqual(a, b)
}

func blank(v any) bool {
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

// short is a decoded JSON value for a finding.
func short(v any) string {
	if v == nil {
		return "missing"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "unreadable"
	}
	const most = 80
	if runes := []rune(string(text)); len(runes) > most {
		return string(runes[:most]) + hidden
	}
	return string(text)
}

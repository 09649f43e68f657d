package scenario

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
)

// difference says where got is not what want asks for: "" if it is. A map asks for its
// keys and leaves others aside; a list asks for all its elements in their order; null
// asks for nothing there.
func difference(path string, want, got any) string {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return wrong(path, want, got)
		}
		keys := make([]string, 0, len(want))
		for key := range want {
			keys = append(keys, key)
		}
		slices.Sort(keys)
		for _, key := range keys {
			if d := difference(join(path, key), want[key], member(object, key)); d != "" {
				return d
			}
		}
		return ""
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return wrong(path, want, got)
		}
		for i := range want {
			if d := difference(fmt.Sprintf("%s[%d]", path, i), want[i], list[i]); d != "" {
				return d
			}
		}
		return ""
	}
	if !reflect.DeepEqual(number(want), number(got)) {
		return wrong(path, want, got)
	}
	return ""
}

func wrong(path string, want, got any) string {
	if path == "" {
		path = "the body"
	}
	return fmt.Sprintf("%s is %s, want %s", path, shown(got), shown(want))
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// member finds a key without regard to case, as SCIM does (RFC 7643, section 2.1).
func member(object map[string]any, key string) any {
	if v, ok := object[key]; ok {
		return v
	}
	for k, v := range object {
		if strings.EqualFold(k, key) {
			return v
		}
	}
	return nil
}

// number makes all numbers one type.
func number(v any) any {
	switch n := v.(type) {
	case int:
		return float64(n)
	case int64:
		return float64(n)
	case uint64:
		return float64(n)
	case json.Number:
		if f, err := n.Float64(); err == nil {
			return f
		}
	}
	return v
}

// shown is a value as a message shows it.
func shown(v any) string {
	if v == nil {
		return "not there"
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	text := strings.TrimSpace(b.String())
	if len(text) > 300 {
		return text[:300] + "…"
	}
	return text
}

// valueAt is the value at a SCIM path such as name.givenName or emails[type eq "work"].value.
// An extension's path is its URN, with a colon before the attribute. Several are joined
// to a list.
func valueAt(resource map[string]any, path string) any {
	if strings.HasPrefix(strings.ToLower(path), "urn:") {
		i := strings.LastIndexByte(path, ':')
		inner, ok := member(resource, path[:i]).(map[string]any)
		if !ok {
			return member(resource, path)
		}
		return valueAt(inner, path[i+1:])
	}
	head, rest, nested := strings.Cut(path, ".")
	name, condition, filtered := strings.Cut(head, "[")
	if filtered { // the filter may hold dots
		end := strings.IndexByte(path, ']')
		if end < 0 {
			return nil
		}
		condition = path[len(name)+1 : end]
		rest, nested = strings.CutPrefix(path[end+1:], ".")
	}
	value := member(resource, name)
	if filtered {
		value = chosen(value, condition)
	}
	if !nested {
		return value
	}
	switch inner := value.(type) {
	case map[string]any:
		return valueAt(inner, rest)
	case []any:
		var all []any
		for _, e := range inner {
			if o, ok := e.(map[string]any); ok {
				if v := valueAt(o, rest); v != nil {
					all = append(all, v)
				}
			}
		}
		if len(all) == 1 {
			return all[0]
		}
		if len(all) > 1 {
			return all
		}
	}
	return nil
}

// chosen is the first element for which attr eq "value" holds.
func chosen(value any, condition string) any {
	attr, want, ok := strings.Cut(condition, " eq ")
	list, isList := value.([]any)
	if !ok || !isList {
		return nil
	}
	want = strings.Trim(want, `"`)
	for _, e := range list {
		if o, ok := e.(map[string]any); ok && fmt.Sprint(member(o, attr)) == want {
			return o
		}
	}
	return nil
}

func decoded(body []byte) any {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return nil
	}
	return v
}

func sameName(a, b string) bool { return scim.SameName(a, b) }

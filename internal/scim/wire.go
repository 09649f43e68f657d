package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Schema URNs of resources (RFC 7643, section 8.7) and messages (RFC 7644,
// section 8.2).
const (
	SchemaUser           = "urn:ietf:params:scim:schemas:core:2.0:User"
	SchemaGroup          = "urn:ietf:params:scim:schemas:core:2.0:Group"
	SchemaEnterpriseUser = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	SchemaListResponse   = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
	SchemaError          = "urn:ietf:params:scim:api:messages:2.0:Error"
	SchemaPatchOp        = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// Operation is one operation of a PATCH. Path may be empty: Okta sends status
// and name changes without one. Value is a complete JSON text, or nil for an
// operation that carries none.
type Operation struct {
	Op    string
	Path  string
	Value json.RawMessage
}

// PatchOp returns the body of a PATCH with these operations, in Okta's key
// order: op, path, value. A server refuses an empty list of operations (RFC
// 7644, section 3.5.2), so the caller never passes one.
func PatchOp(operations ...Operation) []byte {
	b := []byte(`{"schemas":["` + SchemaPatchOp + `"],"Operations":[`)
	for i, o := range operations {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"op":`...)
		b = AppendString(b, o.Op)
		if o.Path != "" {
			b = append(b, `,"path":`...)
			b = AppendString(b, o.Path)
		}
		if o.Value != nil {
			b = append(b, `,"value":`...)
			b = append(b, o.Value...)
		}
		b = append(b, '}')
	}
	return append(b, ']', '}')
}

// AppendString appends s as a JSON string. Only what JSON demands is escaped:
// text stays raw UTF-8 and <, >, & stay themselves, because servers are known
// that refuse \u escapes. Invalid UTF-8 becomes U+FFFD.
func AppendString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&0xf])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// AppendValue appends an attribute value (see Attribute) as compact JSON. It
// fails on a type that no attribute has, and on a number that JSON cannot hold.
func AppendValue(dst []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(dst, "null"...), nil
	case string:
		return AppendString(dst, v), nil
	case bool:
		return strconv.AppendBool(dst, v), nil
	case int64:
		return strconv.AppendInt(dst, v, 10), nil
	case float64:
		text, err := json.Marshal(v)
		return append(dst, text...), err
	case []any:
		return appendList(dst, v)
	}
	return nil, fmt.Errorf("a %T is not a SCIM attribute value", v)
}

func appendList(dst []byte, list []any) ([]byte, error) {
	dst = append(dst, '[')
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = AppendValue(dst, v); err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

// ListResponse is a page of a list (RFC 7644, section 3.4.2).
type ListResponse struct {
	// TotalResults is what the server claims to have, -1 if it did not say.
	// Servers are known that put the size of the page here.
	TotalResults int

	// Resources are the entries of this page, in the server's order, each a
	// JSON object.
	Resources []json.RawMessage

	// Texts are the counters that the server wrote as texts, sorted.
	Texts []string
}

// ParseListResponse reads a page. Keys are taken whatever their case and
// integers may be strings. Resources may be null when there are no results; an
// answer without that key is an error, never an empty list, because some
// servers report a wrong credential as 200 with a body of their own.
func ParseListResponse(body []byte) (ListResponse, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(body, &keys); err != nil {
		return ListResponse{}, errors.New("the answer is not a JSON object")
	}
	list := ListResponse{TotalResults: -1}
	var resources json.RawMessage
	for key, value := range keys {
		switch lower := strings.ToLower(key); lower {
		case "totalresults", "startindex", "itemsperpage":
			if lower == "totalresults" {
				list.TotalResults = integer(value)
			}
			if bytes.HasPrefix(value, []byte(`"`)) {
				list.Texts = append(list.Texts, key)
			}
		case "resources":
			resources = value
		}
	}
	slices.Sort(list.Texts)
	if resources == nil {
		return ListResponse{}, errors.New("the answer is not a list: it has no Resources")
	}
	if err := json.Unmarshal(resources, &list.Resources); err != nil {
		return ListResponse{}, errors.New("Resources is not an array")
	}
	if list.Resources == nil && list.TotalResults > 0 {
		return ListResponse{}, fmt.Errorf("Resources is null although totalResults is %d", list.TotalResults)
	}
	for i, r := range list.Resources {
		if !bytes.HasPrefix(r, []byte("{")) {
			return ListResponse{}, fmt.Errorf("Resources[%d] is not an object", i)
		}
	}
	return list, nil
}

// integer reads 5 and "5"; -1 stands for anything else.
func integer(raw json.RawMessage) int {
	n, err := strconv.Atoi(strings.Trim(string(raw), `"`))
	if err != nil {
		return -1
	}
	return n
}

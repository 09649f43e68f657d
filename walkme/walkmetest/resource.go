package walkmetest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Kinds of attributes that the tenant checks. Others are stored as they come:
// WalkMe keeps attributes that RFC 7643 does not know.
var (
	textAttributes = []string{"userName", "displayName", "externalId", "nickName", "profileUrl", "title", "userType",
		"preferredLanguage", "locale", "timezone", roleKey}
	multiAttributes = []string{"emails", "phoneNumbers", "ims", "photos", "addresses", "entitlements", "roles", "x509Certificates"}
	readOnly        = []string{"id", "meta", "groups"}
	knownAttributes = slices.Concat([]string{"schemas", "name", "active"}, textAttributes, multiAttributes)
)

// readUser takes the writable attributes out of the body of a POST or PUT.
func (ex *exchange) readUser() (object, *refusal) {
	if bad := requireSchema(ex.body, schemaUser); bad != nil {
		return nil, bad
	}
	doc := slices.Clone(ex.body) // what is in its values stays as it is
	doc.delete("password")
	return ex.checkUser(doc)
}

// checkUser validates a user and drops what is read-only or unassigned. schemas
// comes first.
func (ex *exchange) checkUser(doc object) (object, *refusal) {
	out := make(object, 1, len(doc)+3) // active and the role may come
	out[0] = field{"schemas", used(doc)}
	for _, f := range doc {
		f.key = canonical(f.key)
		if f.key == "schemas" || contains(readOnly, f.key) || unassigned(f.value) {
			continue
		}
		if bad := checkAttribute(f); bad != nil {
			return nil, bad
		}
		out = append(out, f)
	}
	name := out.text("userName")
	if strings.TrimSpace(name) == "" {
		return nil, refuse(http.StatusBadRequest, invalidValue, "userName is required.")
	}
	if ex.q.RequireEmailUserName && !strings.Contains(name, "@") {
		return nil, refuse(http.StatusBadRequest, invalidValue, "userName must be an e-mail address.")
	}
	if ex.q.LowerCasesUserName {
		out.set("userName", strings.ToLower(name))
	}
	return out, nil
}

// canonical spells an attribute as RFC 7643 does, whatever its case; one that it does not
// know stays as it is.
func canonical(key string) string {
	for _, name := range knownAttributes {
		if name == key || strings.EqualFold(name, key) {
			return name
		}
	}
	return key
}

// used lists the schemas of a document without the extensions of which it has nothing.
func used(doc object) any {
	list, isList := doc.get("schemas").([]any)
	if !isList {
		return doc.get("schemas")
	}
	return keep(list, func(v any) bool {
		urn, _ := v.(string)
		return !strings.Contains(strings.ToLower(urn), ":extension:") || doc.has(urn)
	})
}

func checkAttribute(f field) *refusal {
	ok := true
	switch {
	case contains(textAttributes, f.key):
		_, ok = f.value.(string)
	case strings.EqualFold(f.key, "active"):
		_, ok = f.value.(bool)
	case strings.EqualFold(f.key, "name"):
		_, ok = f.value.(object)
	case contains(multiAttributes, f.key):
		var items []any
		items, ok = f.value.([]any)
		ok = ok && !slices.ContainsFunc(items, func(v any) bool { _, isObject := v.(object); return !isObject })
		if ok {
			if bad := checkValues(f.key, items); bad != nil {
				return bad
			}
		}
	}
	if !ok {
		return refuse(http.StatusBadRequest, invalidValue, "%s has the wrong type.", f.key)
	}
	return nil
}

// checkValues holds the values of a multi-valued attribute to RFC 7643, section 2.4:
// one primary value at most, and no value twice for one type.
func checkValues(name string, items []any) *refusal {
	if len(keep(items, isPrimary)) > 1 {
		return refuse(http.StatusBadRequest, invalidValue, "%s has more than one primary value.", name)
	}
	seen := make(map[[2]string]bool, len(items))
	for _, v := range items {
		item, _ := v.(object)
		value, ok := item.get("value").(string)
		if !ok {
			continue
		}
		kind := [2]string{strings.ToLower(item.text("type")), value}
		if seen[kind] {
			return refuse(http.StatusBadRequest, invalidValue, "%s has the value %s twice for one type.", name, value)
		}
		seen[kind] = true
	}
	return nil
}

func contains(names []string, key string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, key) })
}

func requireSchema(body object, urn string) *refusal {
	schemas, _ := body.get("schemas").([]any)
	if !slices.ContainsFunc(schemas, func(v any) bool { s, _ := v.(string); return strings.EqualFold(s, urn) }) {
		return refuse(http.StatusBadRequest, invalidSyntax, "schemas must contain %s.", urn)
	}
	return nil
}

// settlePrimary takes primary from the values that had it when a PATCH gave it
// to another one (RFC 7644, section 3.5.2).
func settlePrimary(before, doc object) {
	for _, name := range multiAttributes {
		old := elements(before.get(name))
		had := func(v any) bool {
			return slices.ContainsFunc(old, func(o any) bool { return equalValue(o, v) })
		}
		values := keep(elements(doc.get(name)), isPrimary)
		fresh := keep(values, func(v any) bool { return !had(v) })
		if len(fresh) == 0 {
			continue
		}
		for _, v := range values {
			if had(v) {
				value, _ := v.(object)
				value.set("primary", false)
			}
		}
	}
}

func isPrimary(v any) bool {
	value, _ := v.(object)
	return value.get("primary") == true
}

// location is the address of a resource.
func (ex *exchange) location(kind, id string) string {
	if ex.q.RelativeLocation {
		return kind + "/" + id
	}
	return ex.base + "/" + kind + "/" + url.PathEscape(id)
}

func (ex *exchange) locate(reply *answer, kind, id string) {
	if !ex.q.NoMeta {
		reply.setHeader("Location", ex.location(kind, id))
	}
}

// createdWithoutID is the answer of the quirk of that name.
func (ex *exchange) createdWithoutID(kind string, view object) answer {
	view.delete("id")
	view.delete("meta")
	reply := ex.succeed(http.StatusCreated, view)
	ex.locate(&reply, kind, "undefined")
	return reply
}

func (ex *exchange) deleted(view object) answer {
	if ex.q.DeleteReturnsBody {
		return ex.succeed(http.StatusOK, view)
	}
	return ex.succeed(http.StatusNoContent, nil)
}

// hasUnicodeEscape finds \uXXXX for a character that needs no escape in JSON.
// The line separators U+2028 and U+2029 count as needing one: Go's encoder
// always escapes them.
func hasUnicodeEscape(body []byte) bool {
	for i := max(bytes.IndexByte(body, '\\'), 0); i+5 < len(body); i++ {
		if body[i] != '\\' {
			continue
		}
		if body[i+1] == 'u' {
			var r string
			if json.Unmarshal(slices.Concat([]byte(`"`), body[i:i+6], []byte(`"`)), &r) != nil {
				return true
			}
			if r >= " " && r != "\u2028" && r != "\u2029" && r != "\x7f" {
				return true
			}
		}
		i++ // the escaped character
	}
	return false
}

// isCompact says whether a body is JSON without blanks between its tokens.
func isCompact(body []byte) bool {
	var b bytes.Buffer
	b.Grow(len(body))
	return json.Compact(&b, body) == nil && bytes.Equal(b.Bytes(), body)
}

package walkmetest

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
)

// resource answers with one resource: as much of it as the query asks for, and its
// version (RFC 7644, sections 3.9 and 3.14).
func (ex *exchange) resource(status int, view object) answer {
	reply := ex.succeed(status, ex.project(view))
	reply.setHeader("ETag", version(view))
	return reply
}

// version is the weak entity tag of what a resource holds.
func version(view object) string {
	content := object(keep(view, func(f field) bool { return !strings.EqualFold(f.key, "meta") }))
	sum := sha256.Sum256(encode(content))
	return `W/"` + hex.EncodeToString(sum[:8]) + `"`
}

// stale answers a request whose If-Match does not fit the resource, or whose
// If-None-Match does.
func (ex *exchange) stale(view object) (answer, bool) {
	if ex.header.Get("If-None-Match") == "" && ex.header.Get("If-Match") == "" {
		return answer{}, false
	}
	current := version(view)
	fits := func(header string) bool {
		for _, tag := range strings.Split(ex.header.Get(header), ",") {
			if tag = strings.TrimSpace(tag); tag == "*" || tag == current || "W/"+tag == current {
				return true
			}
		}
		return false
	}
	switch {
	case ex.rec.Method == http.MethodGet && ex.header.Get("If-None-Match") != "" && fits("If-None-Match"):
		reply := answer{status: http.StatusNotModified}
		reply.setHeader("ETag", current)
		return reply, true
	case IsWrite(ex.rec) && ex.header.Get("If-Match") != "" && !fits("If-Match"):
		return ex.fail(http.StatusPreconditionFailed, "", "The resource has another version by now."), true
	}
	return answer{}, false
}

// project leaves out what attributes does not name, or excludedAttributes does.
// id and schemas are always there.
func (ex *exchange) project(view object) object {
	if len(ex.query) == 0 {
		return view
	}
	wanted, unwanted := names(ex.query.Get("attributes")), names(ex.query.Get("excludedAttributes"))
	if len(wanted) == 0 && len(unwanted) == 0 {
		return view
	}
	out := object{}
	for _, f := range view {
		switch {
		case contains([]string{"schemas", "id"}, f.key):
			out = append(out, f)
		case len(wanted) > 0:
			if kept, ok := pick(f, wanted); ok {
				out = append(out, kept)
			}
		default:
			if kept, ok := drop(f, unwanted); ok {
				out = append(out, kept)
			}
		}
	}
	return out
}

// names reads a list of attribute paths, without the URN of a core schema.
func names(list string) []string {
	var out []string
	for _, name := range strings.Split(list, ",") {
		name = strings.TrimSpace(name)
		for _, urn := range []string{schemaUser, schemaGroup} {
			if len(name) > len(urn) && strings.EqualFold(name[:len(urn)+1], urn+":") {
				name = name[len(urn)+1:]
			}
		}
		if name != "" {
			out = append(out, name)
		}
	}
	return out
}

// subs are the sub-attributes of key in a list of paths. whole says that key itself
// is in it.
func subs(key string, paths []string) (sub []string, whole bool) {
	for _, path := range paths {
		if strings.EqualFold(path, key) {
			return nil, true
		}
		if len(path) > len(key) && strings.EqualFold(path[:len(key)], key) && (path[len(key)] == '.' || path[len(key)] == ':') {
			sub = append(sub, path[len(key)+1:])
		}
	}
	return sub, false
}

func pick(f field, paths []string) (field, bool) {
	sub, whole := subs(f.key, paths)
	if whole {
		return f, true
	}
	if len(sub) == 0 {
		return field{}, false
	}
	return field{f.key, within(f.value, func(inner object) object {
		return keep(inner, func(part field) bool { return contains(sub, part.key) })
	})}, true
}

func drop(f field, paths []string) (field, bool) {
	sub, whole := subs(f.key, paths)
	if whole {
		return field{}, false
	}
	return field{f.key, within(f.value, func(inner object) object {
		return keep(inner, func(part field) bool { return !contains(sub, part.key) })
	})}, true
}

// within applies edit to a complex value, or to each of several.
func within(v any, edit func(object) object) any {
	switch v := v.(type) {
	case object:
		return edit(v)
	case []any:
		out := slices.Clone(v)
		for i, e := range out {
			out[i] = within(e, edit)
		}
		return out
	}
	return v
}

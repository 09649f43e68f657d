package walkmetest

import (
	"net/http"
	"slices"
	"strings"
)

const (
	opAdd     = "add"
	opRemove  = "remove"
	opReplace = "replace"
)

// patchOp is one operation of RFC 7644, section 3.5.2.
type patchOp struct {
	op       string
	path     string
	value    any
	hasValue bool
}

// readPatch takes a PatchOp message apart.
func (ex *exchange) readPatch() ([]patchOp, *refusal) {
	if ex.q.NoPatch {
		return nil, refuse(http.StatusNotImplemented, "", "PATCH is not supported.")
	}
	if bad := requireSchema(ex.body, schemaPatch); bad != nil {
		return nil, bad
	}
	list, _ := ex.body.get("Operations").([]any)
	if len(list) == 0 {
		return nil, refuse(http.StatusBadRequest, invalidSyntax, "Operations must not be empty.")
	}
	if limit := ex.q.MaxPatchOps; limit > 0 && len(list) > limit {
		return nil, refuse(http.StatusBadRequest, invalidValue, "Too many patch ops sent, limit is %d.", limit)
	}
	ops := make([]patchOp, len(list))
	for i, v := range list {
		fields, _ := v.(object)
		op := patchOp{op: fields.text("op"), path: fields.text("path"), value: fields.get("value"), hasValue: fields.has("value")}
		switch {
		case !slices.Contains([]string{opAdd, opRemove, opReplace}, op.op):
			return nil, refuse(http.StatusBadRequest, invalidSyntax, "%q is no operation.", op.op)
		case op.op == opRemove && op.path == "":
			return nil, refuse(http.StatusBadRequest, noTarget, "remove needs a path.")
		case op.op != opRemove && !op.hasValue:
			return nil, refuse(http.StatusBadRequest, invalidValue, "%s needs a value.", op.op)
		}
		ops[i] = op
	}
	return ops, nil
}

// apply changes doc. wipe makes a replace of a complex attribute drop the parts
// that it does not carry.
func (op patchOp) apply(doc *object, wipe bool) *refusal {
	if op.path != "" {
		return op.applyAt(doc, wipe)
	}
	values, ok := op.value.(object)
	if !ok {
		return refuse(http.StatusBadRequest, invalidValue, "Without a path the value must be an object.")
	}
	for _, f := range values {
		if contains(readOnly, f.key) {
			continue
		}
		isURN := strings.HasPrefix(strings.ToLower(f.key), "urn:")
		if !isURN && strings.ContainsAny(f.key, ".[") {
			return refuse(http.StatusBadRequest, invalidPath, "%s is no attribute.", f.key)
		}
		op.write(doc, f.key, f.value, wipe)
	}
	return nil
}

// write adds or replaces one attribute of o (RFC 7644, sections 3.5.2.1 and
// 3.5.2.3).
func (op patchOp) write(o *object, key string, value any, wipe bool) {
	old := o.get(key)
	switch value := value.(type) {
	case object:
		if merged, ok := old.(object); ok && !wipe {
			for _, f := range value {
				merged.set(f.key, f.value)
			}
			o.set(key, merged)
			return
		}
	case []any:
		if items, ok := old.([]any); ok && op.op == opAdd {
			o.set(key, union(items, value))
			return
		}
	}
	if unassigned(value) {
		o.delete(key)
		return
	}
	if contains(multiAttributes, key) {
		if _, isList := value.([]any); !isList {
			op.write(o, key, []any{value}, wipe)
			return
		}
	}
	o.set(key, value)
}

func union(items, more []any) []any {
	for _, v := range more {
		if !slices.ContainsFunc(items, func(old any) bool { return equalValue(old, v) }) {
			items = append(items, v)
		}
	}
	return items
}

// patchPath is a path of RFC 7644, figure 7: attr, attr.sub, attr[filter] or
// attr[filter].sub, after the schema.
type patchPath struct {
	schema, name, sub string
	match             func(object) bool
}

func parsePatchPath(s string) (patchPath, *refusal) {
	head, tail, filtered := strings.Cut(s, "[")
	var p patchPath
	if len(head) >= 4 && strings.EqualFold(head[:4], "urn:") {
		i := strings.LastIndexByte(head, ':')
		p.schema, head = head[:i], head[i+1:]
		if strings.EqualFold(p.schema, schemaUser) || strings.EqualFold(p.schema, schemaGroup) {
			p.schema = ""
		}
	}
	p.name, p.sub, _ = strings.Cut(head, ".")
	if filtered {
		end := strings.LastIndexByte(tail, ']')
		if end < 0 || p.sub != "" {
			return p, refuse(http.StatusBadRequest, invalidPath, "The path %s cannot be read.", s)
		}
		f, bad := parseFilter(tail[:end], standardCollation)
		if bad != nil {
			return p, bad
		}
		p.match = f.match
		if rest := tail[end+1:]; rest != "" {
			p.sub = strings.TrimPrefix(rest, ".")
		}
	}
	if p.name == "" || strings.ContainsAny(p.name+p.sub, " \"]") {
		return p, refuse(http.StatusBadRequest, invalidPath, "The path %s cannot be read.", s)
	}
	return p, nil
}

func (op patchOp) applyAt(doc *object, wipe bool) *refusal {
	p, bad := parsePatchPath(op.path)
	if bad != nil {
		return bad
	}
	required := strings.EqualFold(p.name, "userName") || strings.EqualFold(p.name, "displayName") && isGroup(*doc)
	if p.schema == "" && contains(readOnly, p.name) || op.op == opRemove && required {
		return refuse(http.StatusBadRequest, mutability, "%s cannot be changed.", op.path)
	}
	if p.schema == "" {
		return op.applyTo(doc, p, wipe)
	}
	if doc.has(op.path) { // the path is the URN of an extension as a whole
		p = patchPath{name: op.path}
		return op.applyTo(doc, p, wipe)
	}
	inner, _ := doc.get(p.schema).(object)
	if bad := op.applyTo(&inner, p, wipe); bad != nil {
		return bad
	}
	if doc.set(p.schema, inner); len(inner) == 0 {
		doc.delete(p.schema)
	}
	return nil
}

func isGroup(doc object) bool {
	schemas, _ := doc.get("schemas").([]any)
	return slices.Contains(schemas, any(schemaGroup))
}

// applyTo works on the object that holds the attribute of the path.
func (op patchOp) applyTo(o *object, p patchPath, wipe bool) *refusal {
	if p.match != nil {
		return op.applyMatching(o, p)
	}
	if p.sub == "" {
		if op.op == opRemove {
			o.delete(p.name)
			return nil
		}
		op.write(o, p.name, op.value, wipe)
		return nil
	}
	if items, ok := o.get(p.name).([]any); ok {
		p.match = func(object) bool { return true }
		if len(items) > 0 {
			return op.applyMatching(o, p)
		}
	}
	parent, _ := o.get(p.name).(object)
	if op.op == opRemove {
		parent.delete(p.sub)
	} else {
		op.write(&parent, p.sub, op.value, wipe)
	}
	if o.set(p.name, parent); len(parent) == 0 {
		o.delete(p.name)
	}
	return nil
}

// applyMatching works on the elements of a multi-valued attribute that the
// filter of the path selects. None is an error unless they were to be removed.
func (op patchOp) applyMatching(o *object, p patchPath) *refusal {
	items, _ := o.get(p.name).([]any)
	out := make([]any, 0, len(items))
	hits := 0
	for _, v := range items {
		item, ok := v.(object)
		if !ok || !p.match(item) {
			out = append(out, v)
			continue
		}
		hits++
		switch {
		case op.op == opRemove && p.sub == "":
			continue
		case op.op == opRemove:
			item.delete(p.sub)
		case p.sub != "":
			op.write(&item, p.sub, op.value, false)
		default:
			value, isObject := op.value.(object)
			if !isObject {
				return refuse(http.StatusBadRequest, invalidValue, "The value for %s must be an object.", op.path)
			}
			item = value
		}
		out = append(out, item)
	}
	if hits == 0 && op.op != opRemove {
		return refuse(http.StatusBadRequest, noTarget, "Nothing matches %s.", op.path)
	}
	if o.set(p.name, out); len(out) == 0 {
		o.delete(p.name)
	}
	return nil
}

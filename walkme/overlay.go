package walkme

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"okta-walkme-agent/internal/scim"
)

// mapped is one mapped value with its parsed path.
type mapped struct {
	scim.Path
	value any // nil, "" and an empty list are unassigned
}

func (m mapped) unassigned() bool { return scim.Equal(m.value, nil) }

// attributesOf parses the paths of attributes and puts them into the order in
// which Okta writes them. A path that no mapping may fill is refused.
func attributesOf(as scim.Attributes) ([]mapped, error) {
	list := make([]mapped, 0, len(as))
	for _, a := range as {
		p, err := scim.ParsePath(a.Path)
		if err != nil {
			return nil, err
		}
		if err := p.Mappable(); err != nil {
			return nil, err
		}
		if _, err := scim.AppendValue(nil, a.Value); err != nil {
			return nil, fmt.Errorf("attribute %s: %w", a.Path, err)
		}
		list = append(list, mapped{p, a.Value})
	}
	slices.SortStableFunc(list, func(a, b mapped) int {
		return cmp.Or(
			cmp.Compare(a.Schema, b.Schema),
			compareNames(a.Name, b.Name),
			cmp.Compare(filterOf(a), filterOf(b)),
			compareNames(a.Sub, b.Sub),
		)
	})
	return list, nil
}

// captured is the order of names in captures of Okta's POST; the order of all
// others is unknown, they follow by alphabet.
var captured = [...]string{
	"userName", "name", "emails", "displayName", "locale", // of a user
	"givenName", "middleName", "familyName", // of name
	"primary", "value", "type", "display", // of an e-mail
}

func compareNames(a, b string) int {
	rank := func(name string) int {
		if i := slices.Index(captured[:], name); i >= 0 {
			return i
		}
		return len(captured)
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}

// overlay lays mapped values over an object, by the switches of Wire.
type overlay struct {
	multiValued string
	cleared     string
	changedOnly bool
}

// lay writes values, which are in the order of attributesOf, over a user. It
// returns the extensions that it wrote to.
func (l overlay) lay(o *object, values []mapped) (extensions []string) {
	for _, part := range parts(values, func(m mapped) string { return m.Schema }) {
		schema := part[0].Schema
		if schema == "" {
			l.layPart(o, part)
			continue
		}
		extension := o.child(schema)
		l.layPart(&extension, part)
		if len(extension) > 0 {
			o.put(schema, extension.text())
			extensions = append(extensions, schema)
		}
	}
	return extensions
}

// layPart writes the values of one schema.
func (l overlay) layPart(o *object, values []mapped) {
	for _, part := range parts(values, func(m mapped) string { return m.Name }) {
		name := part[0].Name
		switch {
		case part[0].FilterAttr != "":
			l.layEntries(o, name, part)
		case part[0].Sub != "":
			complexValue := o.child(name)
			l.layComplex(&complexValue, part, ofReference)
			if len(complexValue) > 0 || isObject(o.get(name)) {
				o.put(name, complexValue.text())
			}
		default:
			l.layValue(o, name, part[0])
		}
	}
}

// layComplex writes the parts of one complex value. What says more of the old "value",
// as a manager's $ref and displayName do, goes with it.
func (l overlay) layComplex(o *object, values []mapped, derived func(part member, old string) bool) {
	before := o.clone()
	for _, m := range values {
		l.layValue(o, m.Sub, m)
	}
	old := before.get("value")
	if old == nil || bytes.Equal(old, o.get("value")) {
		return
	}
	for _, part := range before {
		isMapped := slices.ContainsFunc(values, func(m mapped) bool { return strings.EqualFold(m.Sub, part.key) })
		if !isMapped && derived(part, before.string("value")) {
			o.remove(part.key)
		}
	}
}

// ofReference are the parts that follow from the value of a reference (RFC 7643, sections
// 2.4 and 4.3).
func ofReference(part member, _ string) bool {
	return slices.Contains([]string{"$ref", "display", "displayName"}, part.key)
}

// ofEntry are the parts of an entry that do: a display is people's own unless it repeats
// the value. Okta keeps it.
func ofEntry(part member, old string) bool {
	text, _ := decode(part.value).(string)
	return part.key == "$ref" || part.key == "display" && old != "" && strings.Contains(text, old)
}

// layValue writes one value. A value that is right already keeps its spelling.
func (l overlay) layValue(o *object, key string, m mapped) {
	shown := o.get(key)
	if shown != nil && scim.Equal(decode(shown), m.value) && !isObject(shown) {
		return
	}
	if m.unassigned() {
		l.clear(o, key)
		return
	}
	text, _ := scim.AppendValue(nil, m.value) // checked by attributesOf
	o.put(key, text)
}

func isObject(text []byte) bool { return len(text) > 0 && text[0] == '{' }

// clear writes that an attribute has no value any more, if the server shows one.
func (l overlay) clear(o *object, key string) {
	shown := o.get(key)
	switch {
	case shown == nil, l.cleared == ClearOmit:
	case l.cleared == ClearEmpty && shown[0] == '"':
		o.put(key, []byte(`""`))
	case l.cleared == ClearEmpty && shown[0] == '[':
		o.put(key, []byte("[]"))
	default:
		o.put(key, []byte("null"))
	}
}

// parts splits a list into its runs of equal keys.
func parts(values []mapped, key func(mapped) string) [][]mapped {
	var out [][]mapped
	begin := 0
	for i := range values {
		if i+1 == len(values) || key(values[i]) != key(values[i+1]) {
			out = append(out, values[begin:i+1:i+1])
			begin = i + 1
		}
	}
	return out
}

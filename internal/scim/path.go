package scim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Path names one value of a resource, in the notation of RFC 7644, section
// 3.5.2, narrowed to what a mapping can fill:
//
//	userName                                    Name
//	name.givenName                              Name, Sub
//	emails[primary eq true].value               Name, FilterAttr, FilterValue, Sub
//	urn:ietf:…:enterprise:2.0:User:department   Schema, Name
//
// Paths are comparable with ==.
type Path struct {
	Schema string // URN of an extension; empty for the core schema
	Name   string // attribute, in the case in which it was written
	Sub    string // sub-attribute, or empty

	FilterAttr  string // sub-attribute that selects an entry of a multi-valued attribute, or empty
	FilterValue any    // bool or string; nil without a filter
}

// PathError says which path is wrong, how, and what would be right.
type PathError struct {
	Path  string
	Msg   string
	Right string   // a path to write instead, or empty
	Part  string   // the name in the path that is not known, or empty
	Known []string // what could stand in the place of Part
}

// Error implements error.
func (e *PathError) Error() string {
	s := fmt.Sprintf("attribute path %q: %s", e.Path, e.Msg)
	if e.Right != "" {
		s += fmt.Sprintf(", write %s", e.Right)
	}
	return s
}

// multiValued are the core attributes of which a resource has a list (RFC 7643,
// section 4.1.2).
var multiValued = [...]string{
	"emails", "phoneNumbers", "ims", "photos", "addresses", "groups",
	"entitlements", "roles", "x509Certificates", "members",
}

// ParsePath reads a path. Exactly one spelling of each path is accepted, so
// that ParsePath(s).String() is s and paths can be compared as text. The error
// is a *PathError.
func ParsePath(s string) (Path, error) {
	var p Path
	fail := func(right, format string, args ...any) (Path, error) {
		return Path{}, &PathError{Path: s, Msg: fmt.Sprintf(format, args...), Right: right}
	}
	if s == "" {
		return fail("userName or name.givenName", "is empty")
	}
	rest, msg, right := p.cutSchema(s)
	if msg != "" {
		return fail(right, "%s", msg)
	}
	name, tail := cutName(rest)
	p.Name = name
	if name == "" {
		return fail("a letter, then letters, digits, - or _", "no attribute name at %q", rest)
	}
	if strings.HasPrefix(tail, ".^[") || strings.HasPrefix(tail, "[") {
		var msg string
		if tail, msg = p.cutFilter(tail); msg != "" {
			return fail(p.example(), "%s", msg)
		}
	}
	if sub, ok := strings.CutPrefix(tail, "."); ok {
		p.Sub, tail = cutName(sub)
		if p.Sub == "" {
			return fail("", "no sub-attribute name after the dot")
		}
	}
	if tail != "" {
		return fail("", "%q follows after the end of the path", tail)
	}
	if p.FilterAttr != "" && p.Sub == "" {
		return fail(p.example(), "a filter selects an entry, not a value")
	}
	if p.Schema == "" && p.FilterAttr == "" && slices.Contains(multiValued[:], p.Name) {
		return fail(p.example(), "%s has many values", p.Name)
	}
	return p, nil
}

// cutSchema splits the URN off. In an extension's path the attribute follows
// the last colon before any filter.
func (p *Path) cutSchema(s string) (rest, msg, right string) {
	if len(s) < 4 || !strings.EqualFold(s[:4], "urn:") {
		if strings.Contains(strings.SplitN(s, "[", 2)[0], ":") {
			return "", "a schema is written as a URN", SchemaEnterpriseUser + ":department"
		}
		return s, "", ""
	}
	head, _, _ := strings.Cut(s, "[")
	for _, schema := range []string{SchemaUser, SchemaGroup, SchemaEnterpriseUser} {
		if strings.EqualFold(head, schema) {
			return "", "names a schema, not an attribute", SchemaEnterpriseUser + ":department"
		}
	}
	i := strings.LastIndexByte(head, ':')
	p.Schema, rest = s[:i], s[i+1:]
	if strings.Count(p.Schema, ":") < 2 || strings.ContainsAny(p.Schema, " \t\"") || strings.HasSuffix(p.Schema, ":") || !printable(p.Schema) {
		return "", "the schema is not a URN", SchemaEnterpriseUser + ":department"
	}
	if strings.EqualFold(p.Schema, SchemaUser) || strings.EqualFold(p.Schema, SchemaGroup) {
		return "", "core attributes stand without their schema", rest
	}
	return rest, "", ""
}

func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// cutFilter reads [attr eq value]. The example that goes with its messages is
// taken from p, as far as it is known.
func (p *Path) cutFilter(s string) (tail, msg string) {
	if strings.HasPrefix(s, ".^[") {
		return "", "this is the notation of Okta's profile editor"
	}
	attr, rest := cutName(s[1:])
	if attr == "" {
		return "", "the filter selects by attribute, not by position"
	}
	rest, ok := strings.CutPrefix(rest, " eq ")
	if !ok {
		return "", "the filter has the form [attribute eq value], with single blanks"
	}
	value, tail, ok := cutFilterValue(rest)
	if !ok {
		return "", "the value of the filter is true, false or a quoted text"
	}
	p.FilterAttr, p.FilterValue = attr, value
	return tail, ""
}

// cutFilterValue reads a value and the closing bracket. A text must be in the
// spelling that String writes.
func cutFilterValue(s string) (value any, tail string, ok bool) {
	if tail, ok := strings.CutPrefix(s, "true]"); ok {
		return true, tail, true
	}
	if tail, ok := strings.CutPrefix(s, "false]"); ok {
		return false, tail, true
	}
	dec := json.NewDecoder(strings.NewReader(s))
	var text string
	if !strings.HasPrefix(s, `"`) || dec.Decode(&text) != nil {
		return nil, "", false
	}
	written := string(AppendString(nil, text))
	tail, ok = strings.CutPrefix(s, written+"]")
	return text, tail, ok
}

// example returns a path to the same attribute that is right.
func (p *Path) example() string {
	right := Path{Schema: p.Schema, Name: p.Name, FilterAttr: "primary", FilterValue: true, Sub: "value"}
	if p.Name == "addresses" {
		right.Sub = "locality"
	}
	return right.String()
}

// cutName splits an attribute name off (RFC 7644, figure 1; $ref is the one
// name with a dollar sign).
func cutName(s string) (name, rest string) {
	if rest, ok := strings.CutPrefix(s, "$ref"); ok {
		return "$ref", rest
	}
	i := 0
	for i < len(s) {
		c := s[i] | 0x20
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || s[i] != '-' && s[i] != '_' && (s[i] < '0' || s[i] > '9')) {
			break
		}
		i++
	}
	return s[:i], s[i:]
}

// String writes the path as ParsePath reads it.
func (p Path) String() string {
	var b strings.Builder
	if p.Schema != "" {
		b.WriteString(p.Schema + ":")
	}
	b.WriteString(p.Name)
	if p.FilterAttr != "" {
		value, err := AppendValue(nil, p.FilterValue)
		if err != nil {
			value = []byte("null")
		}
		b.WriteString("[" + p.FilterAttr + " eq " + string(value) + "]")
	}
	if p.Sub != "" {
		b.WriteString("." + p.Sub)
	}
	return b.String()
}

// Mappable says why no mapping may fill the path: the value belongs to the
// server or to the engine. It is nil, or a *PathError.
func (p Path) Mappable() error {
	reasons := map[string]string{
		"id":         "is given by the server",
		"meta":       "is given by the server",
		"schemas":    "follows from the other attributes",
		"externalId": "is always the Okta user id",
		"active":     "follows from the assignment",
		"groups":     "follows from the pushed groups",
		"members":    "follows from the pushed groups",
		"password":   "is a placeholder that the engine makes",
	}
	if p.Schema != "" {
		return nil
	}
	for name, reason := range reasons {
		if strings.EqualFold(name, p.Name) {
			return &PathError{Path: p.String(), Msg: "cannot be mapped: it " + reason}
		}
	}
	return nil
}

package scenario

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"okta-walkme-agent/internal/near"
)

// decoder fills the types of a scenario from YAML, and knows the line of everything.
// Unknown keys are wrong: a misspelt expectation must not pass for one that holds.
type decoder struct {
	file     string
	lines    []string
	problems []string
}

// at is the position of what stands first in a line.
func (d *decoder) at(line int) *yaml.Node {
	line = max(line, 1)
	return &yaml.Node{Line: line, Column: column(d.lines, line)}
}

// column is where the first word of a line begins, behind the signs of a list.
func column(lines []string, line int) int {
	if line > len(lines) {
		return 1
	}
	text := lines[line-1]
	return 1 + len(text) - len(strings.TrimLeft(text, " -"))
}

func (d *decoder) wrong(n *yaml.Node, format string, args ...any) {
	d.problems = append(d.problems, fmt.Sprintf("%s:%d:%d: %s", d.file, n.Line, n.Column, fmt.Sprintf(format, args...)))
}

// selfDecoding is a type with more than one way to be written.
type selfDecoding interface {
	decode(d *decoder, n *yaml.Node)
}

func (d *decoder) value(n *yaml.Node, v reflect.Value) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if self, ok := v.Addr().Interface().(selfDecoding); ok {
		self.decode(d, n)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		if isNull(n) && v.Elem().Kind() == reflect.Struct {
			return // a key alone is enough: "sync:"
		}
		d.value(n, v.Elem())
	case reflect.Struct:
		d.mapping(n, v)
	case reflect.Slice:
		d.list(n, v)
	default:
		d.plain(n, v)
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }

// plain leaves maps, numbers, texts and truth values to yaml.
func (d *decoder) plain(n *yaml.Node, v reflect.Value) {
	if v.Kind() == reflect.String && n.Kind == yaml.ScalarNode && !isNull(n) {
		v.SetString(n.Value) // also of 0042 and yes
		return
	}
	if err := n.Decode(v.Addr().Interface()); err != nil || isNull(n) && v.Kind() != reflect.Interface && v.Kind() != reflect.Map {
		d.wrong(n, "%s is wanted here, not %s", kindName(v.Type()), nodeName(n))
	}
}

func (d *decoder) list(n *yaml.Node, v reflect.Value) {
	if isNull(n) {
		return
	}
	if n.Kind != yaml.SequenceNode {
		d.wrong(n, "a list is wanted here, not %s", nodeName(n))
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.value(item, out.Index(i))
	}
	v.Set(out)
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value) {
	if n.Kind != yaml.MappingNode {
		d.wrong(n, "keys and values are wanted here, not %s", nodeName(n))
		return
	}
	fields := fieldsOf(v)
	if line, ok := fields[lineField]; ok {
		line.SetInt(int64(n.Line))
	}
	lines, noting := fields[linesField]
	if noting {
		lines.Set(reflect.ValueOf(map[string]int{}))
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if seen[key.Value] {
			d.wrong(key, "the key %q is there twice", key.Value)
			continue
		}
		seen[key.Value] = true
		field, ok := fields[key.Value]
		if !ok || strings.HasPrefix(key.Value, "\x00") {
			d.wrong(key, "there is no key %q here%s", key.Value, nearest(key.Value, fields))
			continue
		}
		if noting {
			lines.SetMapIndex(reflect.ValueOf(key.Value), reflect.ValueOf(key.Line))
		}
		d.value(value, field)
	}
}

// The places of line numbers among the fields, under names that no key can have.
const (
	lineField  = "\x00line"
	linesField = "\x00lines"
)

// fieldsOf lists the fields of a struct by their keys, with those of an inlined one.
func fieldsOf(v reflect.Value) map[string]reflect.Value {
	out := map[string]reflect.Value{}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, option, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			for key, inner := range fieldsOf(v.Field(i)) {
				out[key] = inner
			}
		case f.Name == "Line":
			out[lineField] = v.Field(i)
		case f.Name == "Lines":
			out[linesField] = v.Field(i)
		case name != "" && name != "-":
			out[name] = v.Field(i)
		}
	}
	return out
}

// nearest names the keys that a wrong one may have been meant for.
func nearest(word string, fields map[string]reflect.Value) string {
	var all []string
	for key := range fields {
		if !strings.HasPrefix(key, "\x00") {
			all = append(all, key)
		}
	}
	slices.Sort(all)
	if question := near.Question(word, all); question != "" {
		return "; " + question
	}
	return "; there are " + strings.Join(all, ", ")
}

func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.String:
		return "a text"
	case reflect.Map:
		return "keys and values"
	}
	return "a value"
}

func nodeName(n *yaml.Node) string {
	switch {
	case isNull(n):
		return "nothing"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind == yaml.MappingNode:
		return "keys and values"
	}
	return fmt.Sprintf("%q", n.Value)
}

// decode takes one name or a list of names.
func (names *Names) decode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		*names = Names{n.Value}
		return
	}
	d.list(n, reflect.ValueOf((*[]string)(names)).Elem())
	if len(*names) == 0 {
		d.wrong(n, "a name, or a list of names, is wanted here")
	}
}

// decode takes a step as keys and values, or as the name of a command alone.
func (s *Step) decode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		n = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: n.Line, Column: n.Column, Content: []*yaml.Node{
			n, {Kind: yaml.ScalarNode, Tag: "!!null", Line: n.Line, Column: n.Column},
		}}
	}
	d.mapping(n, reflect.ValueOf(s).Elem())
}

// decode takes "all", too.
func (h *Decision) decode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		h.Holds = Names{n.Value}
		return
	}
	if !isNull(n) {
		d.mapping(n, reflect.ValueOf(h).Elem())
	}
}

// decode takes the arguments of any command as one text, too.
func (c *AnyCommand) decode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		c.Args = strings.Fields(n.Value)
		return
	}
	d.list(n, reflect.ValueOf(&c.Args).Elem())
}

// decode takes "POST /Users -> 201" as well as keys and values.
func (r *RequestExpectation) decode(d *decoder, n *yaml.Node) {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		d.mapping(n, reflect.ValueOf(r).Elem())
		r.check(d, n)
		return
	}
	r.Line = n.Line
	defer r.check(d, n)
	line, status, hasStatus := strings.Cut(n.Value, " -> ")
	if hasStatus {
		if _, err := fmt.Sscanf(strings.TrimSpace(status), "%d", &r.Status); err != nil {
			d.wrong(n, "a status is wanted after ->, not %q", status)
		}
	}
	method, target, ok := strings.Cut(strings.TrimSpace(line), " ")
	if !ok || !strings.HasPrefix(target, "/") {
		d.wrong(n, `a request is written "METHOD /path", not %q`, n.Value)
		return
	}
	r.Method = method
	path, query, hasQuery := strings.Cut(target, "?")
	r.Path = path
	if hasQuery {
		r.Query = map[string]string{}
		for part := range strings.SplitSeq(query, "&") {
			key, value, _ := strings.Cut(part, "=")
			r.Query[key] = value
		}
	}
}

// check refuses what no request can be: it would be no expectation.
func (r *RequestExpectation) check(d *decoder, n *yaml.Node) {
	methods := []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	if r.Method != "" && !slices.Contains(methods, r.Method) {
		d.wrong(n, "a method is one of %s, not %q", strings.Join(methods, ", "), r.Method)
	}
	if r.Path != "" && !strings.HasPrefix(r.Path, "/") {
		d.wrong(n, "a path begins with a slash, and not %q", r.Path)
	}
}

// decode takes SCIM paths beside the few keys of its own.
func (a *AccountExpectation) decode(d *decoder, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		a.Line, a.UserName = n.Line, n.Value
		return
	}
	if n.Kind != yaml.MappingNode {
		d.wrong(n, "an account is a userName, or keys and values, not %s", nodeName(n))
		return
	}
	a.Line = n.Line
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch key.Value {
		case "same_id":
			d.value(value, reflect.ValueOf(&a.SameID).Elem())
		case "same_id_as":
			d.value(value, reflect.ValueOf(&a.SameIDAs).Elem())
		default:
			v := Value{Line: key.Line, Path: key.Value}
			d.value(value, reflect.ValueOf(&v.Want).Elem())
			if key.Value == "userName" {
				a.UserName, _ = v.Want.(string)
			}
			a.Values = append(a.Values, v)
		}
	}
	if a.UserName == "" {
		d.wrong(n, "an account is named by its userName")
	}
}

package configs

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// decoder lays a tree of YAML nodes over a Config. It goes by the yaml tags of
// the structs, as yaml's own decoder does, but knows the path and the position
// of everything, reports all problems instead of the first, and never quotes
// what may be a secret.
type decoder struct {
	*problems
	text []string // the lines of the file
}

// textValue is a type that is written as one text.
type textValue interface {
	parseText(text string) *fault
}

// nodeValue is a type that reads its own piece of the file.
type nodeValue interface {
	decodeNode(d *decoder, path string, n *yaml.Node)
}

// root decodes the top level of the file; false: there is nothing to check.
func (d *decoder) root(n *yaml.Node, c *Config) bool {
	if n.Kind != yaml.MappingNode || n.ShortTag() != "!!map" {
		d.addAt(position{n.Line, n.Column}, "", "the file is not a list of keys and values", "begin with okta: and walkme:")
		return false
	}
	d.structure("", n, reflect.ValueOf(c).Elem())
	return true
}

// value decodes one node into v, whose tag holds the bounds.
func (d *decoder) value(path string, n *yaml.Node, v reflect.Value, tag reflect.StructTag) {
	if !d.plain(path, n) {
		return
	}
	switch target := v.Addr().Interface().(type) {
	case nodeValue:
		target.decodeNode(d, path, n)
		return
	case textValue:
		d.textual(path, n, target)
		return
	case *time.Duration:
		d.duration(path, n, target, tag)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.section(path, n, v)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(path, n, v.Elem(), tag)
	case reflect.Slice:
		d.list(path, n, v, tag)
	default:
		d.scalar(path, n, v, tag)
	}
}

// plain refuses the parts of YAML that only hide what a file says.
func (d *decoder) plain(path string, n *yaml.Node) bool {
	switch {
	case n.Kind == yaml.AliasNode:
		d.add(path, "an alias (*) stands here", "write the value out")
	case n.Style&yaml.TaggedStyle != 0:
		d.add(path, "a YAML tag (!) stands here", "write the value without it, between quotes if it begins with !")
	default:
		return true
	}
	return false
}

// section decodes a struct. A key whose lines are all commented out is an empty
// section, not a mistake.
func (d *decoder) section(path string, n *yaml.Node, v reflect.Value) {
	switch {
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null":
	case n.Kind != yaml.MappingNode:
		d.add(path, "is "+kind(n)+", not a section", "its keys are "+strings.Join(keysOf(v.Type()), ", "))
	default:
		d.structure(path, n, v)
	}
}

// structure decodes the keys of a mapping node into the fields of a struct.
func (d *decoder) structure(path string, n *yaml.Node, v reflect.Value) {
	fields := fieldsOf(v.Type())
	for key, value := range d.pairs(path, n) {
		at := join(path, key.Value)
		i, ok := fields[key.Value]
		if !ok {
			d.unknown(path, key, v.Type())
			continue
		}
		d.source.keys[at] = position{key.Line, key.Column}
		d.source.values[at] = position{value.Line, value.Column}
		d.value(at, value, v.Field(i), v.Type().Field(i).Tag)
	}
}

// pairs yields the keys and values of a mapping node, each key once.
func (d *decoder) pairs(path string, n *yaml.Node) func(yield func(key, value *yaml.Node) bool) {
	return func(yield func(key, value *yaml.Node) bool) {
		first := map[string]int{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			at := position{key.Line, key.Column}
			if key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" || key.Style&yaml.TaggedStyle != 0 {
				d.addAt(at, path, "a key that is not plain text stands here", "write plain keys; merge keys (<<) are not read")
				continue
			}
			if line, twice := first[key.Value]; twice {
				d.addAt(at, join(path, shownKey(key.Value)), fmt.Sprintf("is given twice, first in line %d", line), "keep one of the two")
				continue
			}
			first[key.Value] = key.Line
			if !yield(key, value) {
				return
			}
		}
	}
}

// unknown reports a key that the struct does not have.
func (d *decoder) unknown(path string, key *yaml.Node, t reflect.Type) {
	names := keysOf(t)
	hint := didYouMean(key.Value, names)
	if hint == "" {
		hint = "the keys here are " + strings.Join(names, ", ")
	}
	d.addAt(position{key.Line, key.Column}, join(path, shownKey(key.Value)), "is not a known key", hint)
}

// list decodes a sequence; it replaces what the default holds.
func (d *decoder) list(path string, n *yaml.Node, v reflect.Value, tag reflect.StructTag) {
	v.SetZero()
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return
	}
	if n.Kind != yaml.SequenceNode {
		d.add(path, "is "+kind(n)+", not a list", `begin each entry with "- "`)
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.source.keys[at] = position{item.Line, item.Column}
		d.source.values[at] = position{item.Line, item.Column}
		d.value(at, item, v.Index(i), tag)
	}
}

// fieldsOf maps the keys of a struct to the index of their field.
func fieldsOf(t reflect.Type) map[string]int {
	out := map[string]int{}
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("yaml"); key != "" && key != "-" {
			out[key] = i
		}
	}
	return out
}

// keysOf lists the keys of a struct in the order of its fields.
func keysOf(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		if key := t.Field(i).Tag.Get("yaml"); key != "" && key != "-" {
			out = append(out, key)
		}
	}
	return out
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// shownKey is an unknown key as a message may show it. What is no word may be a
// whole "key:value" without its space, and the value a secret.
func shownKey(key string) string {
	word := func(r rune) bool { return r == '_' || r == '-' || r == '.' || isLetterOrDigit(r) }
	if key == "" || len(key) > 40 || strings.TrimFunc(key, word) != "" {
		return "(a key that is not shown)"
	}
	return key
}

func isLetterOrDigit(r rune) bool {
	return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

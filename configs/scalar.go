package configs

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// kind names what a node is, for messages.
func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a section"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "empty"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	}
	return "text"
}

// single returns the text of a scalar that has a value.
func (d *decoder) single(path string, n *yaml.Node, want string) (string, bool) {
	switch {
	case n.Kind != yaml.ScalarNode:
		d.add(path, "is "+kind(n)+", not "+want, "")
	case n.ShortTag() == "!!null":
		d.add(path, "has no value", "write "+want+", or leave the key out")
	default:
		return n.Value, true
	}
	return "", false
}

// textual hands a scalar to a type that parses itself.
func (d *decoder) textual(path string, n *yaml.Node, target textValue) {
	text, ok := d.single(path, n, "one text")
	if !ok {
		return
	}
	if f := target.parseText(text); f != nil {
		d.add(path, f.msg, f.hint)
	}
}

// scalar decodes into the basic kinds.
func (d *decoder) scalar(path string, n *yaml.Node, v reflect.Value, tag reflect.StructTag) {
	switch v.Kind() {
	case reflect.String:
		d.str(path, n, v, tag)
	case reflect.Bool:
		d.boolean(path, n, v)
	case reflect.Int:
		d.integer(path, n, v, tag)
	case reflect.Float64:
		d.float(path, n, v, tag)
	default:
		panic("configs: no decoder for " + v.Type().String()) // a field of a new type; the test of the sample reaches every field
	}
}

func (d *decoder) str(path string, n *yaml.Node, v reflect.Value, tag reflect.StructTag) {
	choices := strings.Split(tag.Get("oneof"), "|")
	if n.Kind == yaml.ScalarNode && n.Value == "null" && slices.Contains(choices, n.Value) {
		v.SetString(n.Value) // a word here, and not YAML's nothing
		return
	}
	text, ok := d.single(path, n, "text")
	if !ok {
		return
	}
	if strings.ContainsFunc(text, isControl) {
		d.add(path, "contains a line break or another control character", "write it on one line")
		return
	}
	if tag.Get("oneof") != "" {
		if !slices.Contains(choices, text) {
			d.add(path, fmt.Sprintf("%s is not one of %s", quote(text), strings.Join(choices, ", ")), didYouMean(text, choices))
			return
		}
	}
	v.SetString(text)
}

func (d *decoder) boolean(path string, n *yaml.Node, v reflect.Value) {
	text, ok := d.single(path, n, "true or false")
	if !ok {
		return
	}
	if n.ShortTag() != "!!bool" {
		hint := "write true or false, without quotes"
		d.add(path, quote(text)+" is not true or false", hint)
		return
	}
	v.SetBool(strings.EqualFold(text, "true"))
}

func (d *decoder) integer(path string, n *yaml.Node, v reflect.Value, tag reflect.StructTag) {
	text, ok := d.single(path, n, "a whole number")
	if !ok {
		return
	}
	i, err := strconv.Atoi(text)
	if n.ShortTag() != "!!int" || err != nil || strconv.Itoa(i) != text {
		d.add(path, quote(text)+" is not a whole number", numberHint(n, text, tag))
		return
	}
	if d.within(path, text, float64(i), tag, parseNumber) {
		v.SetInt(int64(i))
	}
}

func (d *decoder) float(path string, n *yaml.Node, v reflect.Value, bounds reflect.StructTag) {
	text, ok := d.single(path, n, "a number")
	if !ok {
		return
	}
	f, err := strconv.ParseFloat(text, 64)
	if tag := n.ShortTag(); tag != "!!int" && tag != "!!float" || err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		d.add(path, quote(text)+" is not a number", numberHint(n, text, bounds))
		return
	}
	if d.within(path, text, f, bounds, parseNumber) {
		v.SetFloat(f)
	}
}

func (d *decoder) duration(path string, n *yaml.Node, target *time.Duration, tag reflect.StructTag) {
	text, ok := d.single(path, n, "a duration")
	if !ok {
		return
	}
	value, err := time.ParseDuration(text)
	if err != nil {
		d.add(path, quote(text)+" is not a duration", durationHint(text))
		return
	}
	if d.within(path, text, float64(value), tag, parseDuration) {
		*target = value
	}
}

// within checks a value against the bounds of its tag.
func (d *decoder) within(path, text string, value float64, tag reflect.StructTag, parse func(string) float64) bool {
	least, most, above := tag.Get("min"), tag.Get("max"), tag.Get("above")
	switch {
	case least != "" && value < parse(least), most != "" && value > parse(most), above != "" && value <= parse(above):
		d.add(path, text+" is out of range", "it must be "+rangeText(least, most, above))
		return false
	}
	return true
}

func rangeText(least, most, above string) string {
	var parts []string
	switch {
	case least != "" && most != "":
		return "from " + least + " to " + most
	case above != "":
		parts = append(parts, "more than "+above)
	case least != "":
		parts = append(parts, least+" or more")
	}
	if most != "" {
		parts = append(parts, "at most "+most)
	}
	return strings.Join(parts, " and ")
}

func parseNumber(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

func parseDuration(s string) float64 {
	d, _ := time.ParseDuration(s)
	return float64(d)
}

func numberHint(n *yaml.Node, text string, bounds reflect.StructTag) string {
	if percent, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, "%")), 64); strings.HasSuffix(text, "%") && err == nil {
		if bounds.Get("max") == "1" { // it is a share
			percent /= 100
		}
		return "write " + strconv.FormatFloat(percent, 'g', -1, 64)
	}
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		return "write it without quotes"
	}
	return "write plain decimal digits, such as 8"
}

func durationHint(text string) string {
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return fmt.Sprintf("it needs a unit: %ds, %dm or %dh", n, n, n)
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && 0 < n && n < 10000 {
			return fmt.Sprintf("there is no unit for days; write %dh", 24*n)
		}
	}
	return "write a number with its unit: 500ms, 30s, 15m, 24h"
}

// quote shows a text of the file in a message, shortened and without control
// characters.
func quote(text string) string {
	const longest = 60
	if utf8.RuneCountInString(text) > longest {
		text = string([]rune(text)[:longest]) + "…"
	}
	return strconv.Quote(text)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f || 0x80 <= r && r <= 0x9f }

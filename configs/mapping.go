package configs

import (
	"errors"
	"fmt"
	"regexp"

	"okta-walkme-agent/internal/el"

	"go.yaml.in/yaml/v4"
)

// Mappings are the attributes that WalkMe is given, in the order of the file.
type Mappings []Mapping

// Mapping is one line of the mappings.
type Mapping struct {
	Path string   // SCIM attribute path, such as name.givenName
	Expr *el.Expr // Okta expression, such as user.firstName; never nil
}

// defaultMappings are the three that WalkMe's setup guide asks for.
func defaultMappings() Mappings {
	var out Mappings
	for _, line := range [][2]string{
		{"userName", "appuser.userName"},
		{"name.givenName", "user.firstName"},
		{"name.familyName", "user.lastName"},
	} {
		expr, err := el.Parse(line[1])
		if err != nil {
			panic("configs: default mapping: " + err.Error()) // constant input
		}
		out = append(out, Mapping{Path: line[0], Expr: expr})
	}
	return out
}

// decodeNode replaces the mappings by those of the file. As with every section,
// all lines commented out means the default.
func (m *Mappings) decodeNode(d *decoder, path string, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		return
	}
	*m = nil
	if n.Kind != yaml.MappingNode {
		d.add(path, "is "+kind(n)+", not a section", "write one line for each attribute, as in userName: appuser.userName")
		return
	}
	for key, value := range d.pairs(path, n) {
		at := join(path, key.Value)
		d.source.keys[at] = position{key.Line, key.Column}
		d.source.values[at] = position{value.Line, value.Column}
		if expr := d.expression(at, value); expr != nil {
			*m = append(*m, Mapping{Path: key.Value, Expr: expr})
		}
	}
}

// expressionHint is for expressions that YAML takes for something else.
const expressionHint = `put the whole expression between single quotes, and double those inside it, as in '"Dr. " + user.lastName'`

// operation is what makes a text more than the text itself: a sign, or a member.
var operation = regexp.MustCompile(`[^\pL\pN\pZ.,_-]|\pL\.\pL`)

// expression compiles one expression; nil when it reported a problem.
func (d *decoder) expression(path string, n *yaml.Node) *el.Expr {
	if !d.plain(path, n) {
		return nil
	}
	if n.Style&yaml.FlowStyle != 0 {
		d.add(path, "is "+kind(n)+", not an Okta expression", expressionHint)
		return nil
	}
	text, ok := d.single(path, n, "an Okta expression")
	if !ok {
		return nil
	}
	expr, err := el.Parse(text)
	var syntax *el.SyntaxError
	switch {
	case err == nil:
		return expr
	case errors.As(err, &syntax):
		at, exact := d.locate(n, syntax.Line, syntax.Column)
		msg := syntax.Msg
		if !exact {
			msg = fmt.Sprintf("line %d, column %d of the expression: %s", syntax.Line, syntax.Column, msg)
		}
		hint := syntax.Hint
		if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 && !operation.MatchString(text) {
			hint = `YAML takes the outer quotes away; a text keeps its own inside them, as in '"text"'`
		}
		d.addAt(at, path, msg, hint)
	default:
		d.add(path, err.Error(), "")
	}
	return nil
}

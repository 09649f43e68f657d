package configs

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// locate finds where the character at a line and column of a scalar's value
// stands in the file. Where YAML folds lines, the answer is the beginning of the
// scalar and false.
func (d *decoder) locate(n *yaml.Node, line, column int) (position, bool) {
	start := position{n.Line, n.Column}
	switch {
	case n.Style&yaml.LiteralStyle != 0:
		return d.locateInBlock(n, line, column)
	case n.Style&yaml.FoldedStyle != 0 || line != 1 || n.Line > len(d.text):
		return start, false
	}
	source := []rune(strings.TrimSuffix(d.text[n.Line-1], "\r"))
	i := n.Column - 1
	quotes := n.Style & (yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle)
	if quotes != 0 {
		i++
	}
	for _, want := range []rune(n.Value)[:min(column-1, utf8.RuneCountInString(n.Value))] {
		if i >= len(source) {
			return start, false
		}
		width := 1
		if i+1 < len(source) && escaped(quotes, source[i], source[i+1]) {
			width = 2
		} else if source[i] != want {
			return start, false
		}
		i += width
	}
	return position{n.Line, i + 1}, true
}

// escaped tells whether two characters of a quoted scalar stand for one.
func escaped(style yaml.Style, a, b rune) bool {
	switch style {
	case yaml.SingleQuotedStyle:
		return a == '\'' && b == '\''
	case yaml.DoubleQuotedStyle:
		return a == '\\' && strings.ContainsRune(`"\/`, b)
	}
	return false
}

// locateInBlock does it for a literal block, whose lines stand below its header,
// all indented as the first that is not blank.
func (d *decoder) locateInBlock(n *yaml.Node, line, column int) (position, bool) {
	for _, text := range d.text[min(n.Line, len(d.text)):] {
		content := strings.TrimLeft(text, " ")
		if strings.TrimSpace(content) == "" {
			continue
		}
		return position{n.Line + line, len(text) - len(content) + column}, true
	}
	return position{n.Line, n.Column}, false
}

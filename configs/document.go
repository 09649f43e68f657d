package configs

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// parseDocument reads the single document of a file as a tree of nodes and
// returns it with the file's lines. The tree is nil when a problem was reported.
func parseDocument(ps *problems, data []byte) (*yaml.Node, []string) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !checkText(ps, data) {
		return nil, nil
	}
	text := strings.Split(string(data), "\n")
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		syntaxProblem(ps, err, text)
		return nil, nil
	}
	var doc, second yaml.Node
	err = loader.Load(&doc)
	switch {
	case errors.Is(err, io.EOF) || err == nil && len(doc.Content) == 0:
		ps.addAt(position{}, "", "the file is empty", "the annotated sample shows every key")
		return nil, nil
	case err != nil:
		syntaxProblem(ps, err, text)
		return nil, nil
	}
	err = loader.Load(&second)
	switch {
	case err == nil:
		ps.addAt(position{max(second.Line, 1), max(second.Column, 1)}, "", "a second document begins here",
			`a configuration is one document, without "---" in between`)
		return nil, nil
	case !errors.Is(err, io.EOF):
		syntaxProblem(ps, err, text)
		return nil, nil
	}
	return doc.Content[0], text
}

// checkText refuses what YAML's own reader would refuse without saying where.
func checkText(ps *problems, data []byte) bool {
	at := position{1, 1}
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		switch {
		case r == utf8.RuneError && size == 1:
			ps.addAt(at, "", "the file is not UTF-8 text", "save it as UTF-8")
			return false
		case r < ' ' && r != '\t' && r != '\n' && r != '\r', r == 0x7f:
			ps.addAt(at, "", "a control character stands here", "remove it")
			return false
		case r == '\n':
			at = position{at.line + 1, 1}
		default:
			at.column++
		}
		rest = rest[size:]
	}
	return true
}

// syntaxProblem reports a syntax error. Of the parser's own words only those are
// used that cannot quote the file, which may hold a secret in the wrong place.
func syntaxProblem(ps *problems, err error, text []string) {
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		ps.addAt(position{}, "", "the file is not YAML", "")
		return
	}
	msg, hint, mark := load.Message, "", load.Mark
	switch {
	case strings.Contains(msg, "unexpected end of stream") && strings.Contains(load.ContextMsg, "quoted"):
		msg, mark = "the text that begins here has no closing quote", load.ContextMark
	case strings.Contains(msg, "alphabetic or numeric"):
		msg, hint = "a value begins with * or &", "put it between quotes"
	case strings.Contains(msg, "anchor"):
		msg, hint = "an alias (*) has no anchor", "put a value that begins with * between quotes"
	case strings.Contains(msg, "cannot start any token"):
		hint = "indent with spaces, and put a value that begins with a special character between quotes"
	case strings.Contains(msg, "mapping values are not allowed"):
		hint = "check the indentation, and put a value that contains \": \" between quotes"
	case strings.ContainsAny(msg, "'`\"") && !strings.Contains(msg, "expected"):
		msg = "the file is not YAML here"
	}
	if amongMappings(text, mark.Line, ps.bare) {
		hint = expressionHint
	}
	ps.addAt(position{max(mark.Line, 1), max(mark.Column, 1)}, "", "syntax error: "+msg, hint)
}

// amongMappings tells whether a line is one of the section mappings, as far as that
// can be told of a file that cannot be read. The lines of a bare file all are.
func amongMappings(text []string, line int, bare bool) bool {
	for i := min(line, len(text)) - 1; i >= 0; i-- {
		switch first := strings.TrimLeft(text[i], " \t"); {
		case strings.TrimSpace(first) == "" || first[0] == '#' || len(first) < len(text[i]):
		case strings.HasPrefix(first, "mappings:"):
			return true
		default:
			return bare
		}
	}
	return bare
}

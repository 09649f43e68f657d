package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
)

// PlanJSON writes the plan as one indented JSON document with a newline at the
// end; docs/plan.schema.json is its schema. Lists and maps are never null.
// Characters that a terminal would obey or hide are written as \u escapes, which
// changes the bytes and not the document.
func PlanJSON(w io.Writer, p *plan.Plan) error {
	return writePlan(w, "plan", normal(p), p)
}

// RunJSON writes the same document as PlanJSON, with the outcome of each change
// and the run, and what the run settled first, if anything. Of a run that failed before there was a plan, the lists are empty
// and the id is the empty string.
func RunJSON(w io.Writer, r *agent.Report) error {
	return writePlan(w, "run report", &agent.Report{Plan: *normal(&r.Plan), Run: r.Run, Settled: r.Settled}, &r.Plan)
}

// JSON writes a document of another kind in the same form. what names it in errors.
func JSON(w io.Writer, what string, v any) error { return writeJSON(w, what, v) }

func writeJSON(w io.Writer, what string, v any) error {
	e := newJSONText("")
	text, err := e.of(v)
	if err == nil {
		_, err = w.Write(append(text, '\n'))
	}
	if err != nil {
		return fmt.Errorf("%s as JSON: %w", what, err)
	}
	return nil
}

// noChanges is the list of changes in a document that has none. Inside texts there is no
// line break, and what is further in has more blanks before it.
var noChanges = []byte("\n  \"changes\": []")

// writePlan writes a document whose list of changes is empty with changes in it, one
// after the other, so that a plan of any size needs little memory.
func writePlan(w io.Writer, what string, document any, p *plan.Plan) error {
	out := bufio.NewWriterSize(w, 64<<10)
	err := writeParts(out, document, p)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		return fmt.Errorf("%s as JSON: %w", what, err)
	}
	return nil
}

func writeParts(out *bufio.Writer, document any, p *plan.Plan) error {
	text, err := newJSONText("").of(document)
	if err != nil {
		return err
	}
	head, tail, _ := bytes.Cut(text, noChanges)
	_, _ = out.Write(head) // an error stays, for Flush
	_, _ = out.Write(noChanges[:len(noChanges)-1])
	e := newJSONText("    ")
	var one plan.Change
	first := true
	err = p.EachText(func(c *plan.Change, text []byte) (err error) {
		if !first {
			_ = out.WriteByte(',')
		}
		first = false
		if c == nil {
			text, err = e.indented(text)
		} else {
			one = *c
			one.NoNulls()
			text, err = e.of(&one)
		}
		_, _ = out.WriteString("\n    ")
		_, _ = out.Write(text)
		return err
	})
	if err != nil {
		return err
	}
	if !first {
		_, _ = out.WriteString("\n  ")
	}
	_ = out.WriteByte(']')
	_, _ = out.Write(tail)
	return out.WriteByte('\n')
}

// jsonText writes values as indented JSON, one after the other into the same memory.
type jsonText struct {
	indent  string
	raw     bytes.Buffer
	escaped []byte
	encoder *json.Encoder
}

// newJSONText makes one for values that stand behind so many blanks.
func newJSONText(indent string) *jsonText {
	e := &jsonText{indent: indent}
	e.encoder = json.NewEncoder(&e.raw)
	e.encoder.SetEscapeHTML(false)
	e.encoder.SetIndent(indent, "  ")
	return e
}

// of returns the text of a value, which is valid until the next one.
func (e *jsonText) of(v any) ([]byte, error) {
	e.raw.Reset()
	if err := e.encoder.Encode(v); err != nil {
		return nil, err
	}
	e.escaped = appendEscapedJSON(e.escaped[:0], bytes.TrimSuffix(e.raw.Bytes(), []byte{'\n'}))
	return e.escaped, nil
}

// indented returns a text that is compact JSON, as of does.
func (e *jsonText) indented(text []byte) ([]byte, error) {
	e.raw.Reset()
	if err := json.Indent(&e.raw, text, e.indent, "  "); err != nil {
		return nil, err
	}
	e.escaped = appendEscapedJSON(e.escaped[:0], e.raw.Bytes())
	return e.escaped, nil
}

// appendEscapedJSON writes what Escape would make visible as \u escapes. Outside ASCII
// such characters can only be inside strings, and inside ASCII the encoder has
// done it, except for DEL. The encoder also escapes U+FFFD where it stands for
// bytes that are no UTF-8; here it always is, so that a text read back is written
// with the same bytes.
func appendEscapedJSON(out, text []byte) []byte {
	for len(text) > 0 {
		plain := 0
		for plain < len(text) && (text[plain] >= ' ' && text[plain] < 0x7F || text[plain] == '\n') {
			plain++
		}
		out, text = append(out, text[:plain]...), text[plain:]
		if len(text) == 0 {
			break
		}
		r, size := utf8.DecodeRune(text)
		switch {
		case isShown(r) && r != utf8.RuneError:
			out = append(out, text[:size]...)
		case r > 0xFFFF:
			r -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xD800+(r>>10), 0xDC00+(r&0x3FF))
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[size:]
	}
	return out
}

// normal returns the plan without its changes, and without nil lists and maps. It copies
// what it changes.
func normal(p *plan.Plan) *plan.Plan {
	out := *p
	out.Schema = cmp.Or(p.Schema, plan.Schema)
	out.Changes = []*plan.Change{}
	out.Rejected, out.Health.Reasons = list(p.Rejected), list(p.Health.Reasons)
	out.Holds = make([]plan.Hold, len(p.Holds))
	for i, h := range p.Holds {
		h.Items = list(h.Items)
		out.Holds[i] = h
	}
	if out.People == nil {
		out.People = map[string]string{}
	}
	return &out
}

func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}

package report

import (
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
	return writeJSON(w, "plan", normal(p))
}

// RunJSON writes the same document as PlanJSON, with the outcome of each change
// and the run, and what the run settled first, if anything. Of a run that failed before there was a plan, the lists are empty
// and the id is the empty string.
func RunJSON(w io.Writer, r *agent.Report) error {
	return writeJSON(w, "run report", &agent.Report{Plan: *normal(&r.Plan), Run: r.Run, Settled: r.Settled})
}

// JSON writes a document of another kind in the same form. what names it in errors.
func JSON(w io.Writer, what string, v any) error { return writeJSON(w, what, v) }

func writeJSON(w io.Writer, what string, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("%s as JSON: %w", what, err)
	}
	if _, err := w.Write(escapeJSON(b.Bytes())); err != nil {
		return fmt.Errorf("%s as JSON: %w", what, err)
	}
	return nil
}

// escapeJSON writes what Escape would make visible as \u escapes. Outside ASCII
// such characters can only be inside strings, and inside ASCII the encoder has
// done it, except for DEL. The encoder also escapes U+FFFD where it stands for
// bytes that are no UTF-8; here it always is, so that a text read back is written
// with the same bytes.
func escapeJSON(text []byte) []byte {
	out := make([]byte, 0, len(text)+len(text)/16)
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r >= ' ' && r < 0x7F:
			out = append(out, byte(r))
		case (isShown(r) || r == '\n') && r != utf8.RuneError:
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

// normal returns the plan without nil lists and maps. It copies what it changes.
func normal(p *plan.Plan) *plan.Plan {
	out := *p
	out.Schema = cmp.Or(p.Schema, plan.Schema)
	out.Changes = make([]*plan.Change, len(p.Changes))
	for i, c := range p.Changes {
		n := *c
		n.Attributes, n.Members.Add, n.Members.Remove = list(n.Attributes), list(n.Members.Add), list(n.Members.Remove)
		out.Changes[i] = &n
	}
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

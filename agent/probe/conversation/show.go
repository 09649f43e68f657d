package conversation

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// ShowOptions say what of a conversation is shown.
type ShowOptions struct {
	Bodies bool

	// Escape makes visible what a terminal would obey: a recording may come from anywhere.
	Escape func(string) string
}

// Show writes a line an exchange: its place, the request, the status and the time it
// took; with Bodies those of request and answer below it.
func Show(w io.Writer, all []Exchange, o ShowOptions) error {
	widest := len(fmt.Sprint(len(all)))
	for i, x := range all {
		outcome := fmt.Sprint(x.Status)
		if x.Status == 0 {
			outcome = "no answer"
			if x.Error != "" {
				outcome += " (" + x.Error + ")"
			}
		}
		if _, err := fmt.Fprintf(w, "%*d  %-6s %s → %s  %s\n", widest, i+1, o.Escape(x.Method), o.Escape(x.Target()), o.Escape(outcome), x.Took.Round(100*time.Microsecond)); err != nil {
			return err
		}
		if !o.Bodies {
			continue
		}
		for _, part := range []struct{ sign, body string }{{">", x.Body}, {"<", x.Answer.Body}} {
			if part.body == "" {
				continue
			}
			if _, err := fmt.Fprintf(w, "%*s  %s %s\n", widest, "", part.sign, o.Escape(compact(part.body))); err != nil {
				return err
			}
		}
	}
	return nil
}

// oneLine joins the lines of a page.
var oneLine = strings.NewReplacer("\r\n", " ", "\n", " ", "\t", " ")

// compact writes JSON on one line, with passwords left out; of anything else it joins the
// lines.
func compact(body string) string {
	v, ok := decode(body)
	if !ok {
		return oneLine.Replace(body)
	}
	return encode(withoutPasswords(v))
}

func withoutPasswords(v any) any {
	switch v := v.(type) {
	case object:
		out := make(object, len(v))
		for i, m := range v {
			if m.key == "password" {
				out[i] = member{m.key, "…"}
				continue
			}
			out[i] = member{m.key, withoutPasswords(m.value)}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = withoutPasswords(e)
		}
		return out
	}
	return v
}

package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/internal/scim"
)

// ExplanationText writes an explanation for a terminal.
func ExplanationText(w io.Writer, e *agent.Explanation, o Options) error {
	b := bufio.NewWriter(w)
	x := explanation{b, o}
	x.head(e)
	x.attributes(e.Attributes)
	x.past(e)
	x.next(e)
	return b.Flush()
}

type explanation struct {
	*bufio.Writer
	Options
}

func (x explanation) line(label, format string, args ...any) {
	fmt.Fprintf(x, "%-11s %s\n", label, fmt.Sprintf(format, args...))
}

func (x explanation) head(e *agent.Explanation) {
	fmt.Fprintf(x, "%s %s (%s)\n\n", e.Type, Escape(e.Name), Escape(e.OktaID))
	scope := "no"
	if e.InScope {
		scope = "yes"
	}
	x.line("In scope", "%s: %s", scope, Escape(e.Why))
	if e.Error != "" {
		x.line("Rejected", "%s", Escape(e.Error))
	}
	if e.Type == scim.Group {
		if len(e.Sources) > 0 {
			x.line("Sources", "%s", Escape(strings.Join(e.Sources, ", ")))
		}
		x.line("Members", "%d in Okta, %d of them eligible, %d pushed", e.Members, e.Eligible, e.Pushed)
		return
	}
	if e.AccountStatus != "" {
		status := e.AccountStatus
		if e.AssignmentStatus != "" {
			status += ", assignment " + e.AssignmentStatus
		}
		x.line("In Okta", "%s", Escape(status))
	}
	if len(e.Through) > 0 {
		x.line("Through", "%s", Escape(strings.Join(e.Through, ", ")))
	}
	if len(e.PushedInto) > 0 {
		x.line("Member of", "%s", Escape(strings.Join(e.PushedInto, ", ")))
	}
}

func (x explanation) attributes(list []agent.ExplainedAttribute) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintln(x, "\nAttributes")
	width := 0
	for _, a := range list {
		width = max(width, len(a.Path))
	}
	for _, a := range list {
		text := Escape(value(a.Value))
		switch {
		case a.Error != "":
			text = "error: " + Escape(a.Error)
		case a.Acknowledged != nil && !scim.Equal(a.Acknowledged, a.Value):
			text += "  (WalkMe took " + Escape(value(a.Acknowledged)) + ")"
		}
		fmt.Fprintf(x, "  %-*s  %s\n  %-*s  = %s\n", width, a.Path, text, width, "", Escape(a.Expression))
	}
}

func (x explanation) past(e *agent.Explanation) {
	fmt.Fprintln(x)
	if m := e.Managed; m != nil && m.WalkMeID != "" {
		status := "active"
		if !m.Active {
			status = "deactivated"
		}
		x.line("In WalkMe", "%s as %s, id %s, %s; last acknowledged %s", status, Escape(m.Name), Escape(m.WalkMeID), m.Origin, x.when(m.UpdatedAt))
	} else {
		x.line("In WalkMe", "nothing that is managed")
	}
	if m := e.Managed; m != nil && m.Attempts > 0 {
		x.line("Failing", "%d times in a row: %s", m.Attempts, Escape(m.LastError))
	}
	if l := e.Last; l != nil {
		text := fmt.Sprintf("%s, %s: %s", x.when(l.At), l.Action, l.State)
		if l.HTTPStatus != 0 {
			text += fmt.Sprintf(" (HTTP %d)", l.HTTPStatus)
		}
		if l.Error != "" {
			text += ": " + Escape(l.Error)
		}
		x.line("Last call", "%s", text)
	}
}

func (x explanation) when(t time.Time) string { return t.Local().Format(time.DateTime) }

func (x explanation) next(e *agent.Explanation) {
	if len(e.Next) == 0 {
		x.line("Next run", "nothing to do")
		return
	}
	for _, c := range e.Next {
		text := string(c.Action)
		if c.Type != e.Type {
			text += " " + Escape(c.Name)
		}
		for _, a := range c.Attributes {
			text += fmt.Sprintf("; %s: %s → %s", Escape(a.Path), Escape(value(a.Old)), Escape(value(a.New)))
		}
		x.line("Next run", "%s (%s)", text, Escape(c.Reason))
	}
}

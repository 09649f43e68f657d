package report

import (
	"fmt"
	"io"
	"strings"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
)

// ExplanationText writes for a terminal why a user or group is as it is: its
// place in Okta, each mapped value with its expression, what WalkMe holds, the
// last call with its answer, and what the next run does.
func ExplanationText(w io.Writer, e *agent.Explanation, o Options) error {
	p := &printer{o: o}
	p.paragraph(0, bold, fmt.Sprintf("%s %s (%s)", e.Type, name(e.Name, e.OktaID), e.OktaID))
	p.explainScope(e)
	p.explainAttributes(e.Attributes)
	p.blank()
	p.explainRecord(e.Managed)
	if len(e.NotShown) > 0 {
		p.labelled("Not shown", strings.Join(e.NotShown, ", ")+", which WalkMe accepted")
	}
	p.explainCall(e.Last)
	p.explainNext(e)
	if at := e.OthersReadAt; at != nil {
		p.labelled("Others", "as the last run saw them, "+moment(*at, p.o.Now))
	}
	if _, err := io.WriteString(w, p.b.String()); err != nil {
		return fmt.Errorf("explanation as text: %w", err)
	}
	return nil
}

// labelled prints one line of an explanation; text that is empty has none.
func (p *printer) labelled(label, text string) {
	if text != "" {
		p.b.WriteString("  ")
		p.columns(2, dim, label, column(len("In WalkMe")), plain, text)
	}
}

func (p *printer) explainScope(e *agent.Explanation) {
	scope := "no"
	if e.InScope {
		scope = "yes"
	}
	p.labelled("In scope", joined(": ", scope, e.Why))
	p.labelled("Rejected", e.Error)
	if e.Type == scim.Group {
		p.labelled("Sources", strings.Join(e.Sources, ", "))
		p.labelled("Members", fmt.Sprintf("%s in Okta, %s of them eligible, %s pushed",
			number(e.Members), number(e.Eligible), number(e.Pushed)))
		return
	}
	assignment := ""
	if e.AssignmentStatus != "" {
		assignment = "assignment " + e.AssignmentStatus
	}
	p.labelled("In Okta", joined(", ", e.AccountStatus, assignment))
	p.labelled("Through", strings.Join(e.Through, ", "))
	p.labelled("Member of", strings.Join(e.PushedInto, ", "))
}

func (p *printer) explainAttributes(list []agent.ExplainedAttribute) {
	if len(list) == 0 {
		return
	}
	p.blank()
	p.paragraph(0, bold, "Attributes")
	var col column
	for _, a := range list {
		col.fit(a.Path)
	}
	for _, a := range list {
		text := p.value(a.Value)
		switch {
		case a.Error != "":
			text = "error: " + a.Error
		case a.Acknowledged != nil && !scim.Equal(a.Acknowledged, a.Value):
			text += inParentheses("WalkMe took " + p.value(a.Acknowledged))
		}
		p.b.WriteString("  ")
		p.columns(2, plain, a.Path, col, plain, text)
		p.b.WriteString("  ")
		p.columns(2, plain, "", col, dim, "= "+a.Expression)
	}
}

func (p *printer) explainRecord(m *agent.ExplainedRecord) {
	if m == nil || m.WalkMeID == "" {
		p.labelled("In WalkMe", "nothing that is managed")
	} else {
		status := "active"
		if !m.Active {
			status = "deactivated"
		}
		if m.Gone {
			status = "gone; it was " + status
		}
		acknowledged := ""
		if m.UpdatedAt != nil {
			acknowledged = "last acknowledged " + moment(*m.UpdatedAt, p.o.Now)
		}
		p.labelled("In WalkMe", joined("; ", fmt.Sprintf("%s as %s, id %s, %s", status, m.Name, m.WalkMeID, m.Origin), acknowledged))
	}
	if m != nil && m.Attempts > 0 {
		p.labelled("Failing", plural(m.Attempts, "time")+" in a row: "+m.LastError)
	}
}

func (p *printer) explainCall(l *agent.ExplainedCall) {
	if l == nil {
		return
	}
	status := ""
	if l.HTTPStatus != 0 {
		status = fmt.Sprintf("HTTP %d", l.HTTPStatus)
	}
	text := fmt.Sprintf("%s, %s: %s", moment(l.At, p.o.Now), l.Action, l.State)
	p.labelled("Last call", joined(": ", text+inParentheses(status), l.Error))
}

func (p *printer) explainNext(e *agent.Explanation) {
	switch {
	case len(e.Next) > 0:
	case e.Error != "" && e.InScope:
		p.labelled("Next run", "nothing is sent, it is reported")
	default:
		p.labelled("Next run", "nothing to do")
	}
	for _, c := range e.Next {
		label := words(c.Action).label
		if c.Type != e.Type {
			label += " " + c.Name
		}
		p.labelled("Next run", joined(": ", p.notSent(c), label, c.Reason.String()))
		p.attributes(c, 13, attributeColumn([]*plan.Change{c}))
	}
}

// notSent says that a change is not sent, and why; "" of one that is.
func (p *printer) notSent(c *plan.Change) string {
	switch b := c.Block; {
	case b == nil:
		return ""
	case b.Is(plan.BlockDisabled):
		return "nothing is sent, because " + b.Detail + " is off"
	case b.IsHeld():
		return "held until a person decides about " + b.Hold
	case b.Is(plan.BlockWaiting) && b.Until != nil:
		return "waits until " + moment(*b.Until, p.o.Now)
	}
	return joined(", ", "nothing is sent", c.Block.Detail)
}

// joined joins those parts that are not empty.
func joined(separator string, parts ...string) string {
	var out []string
	for _, part := range parts {
		if part != "" {
			out = append(out, part)
		}
	}
	return strings.Join(out, separator)
}

package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
)

// How much of a list stands for the whole unless Options.Full is set.
const (
	foldLines   = 12 // of the changes of one section
	foldMembers = 5
	foldValue   = 80 // characters
)

// PlanText writes a plan for a terminal or a mail. Its last line is the summary,
// "No changes. …" for an empty plan.
func PlanText(w io.Writer, p *plan.Plan, o Options) error {
	return writeText(w, "plan", arrangePlan(p), o)
}

// RunText writes a run in the form of PlanText: what was done in place of what
// is to be done, failures with their errors, and SummaryLine at the end. The run
// may have failed at any point.
func RunText(w io.Writer, r *agent.Report, o Options) error {
	return writeText(w, "run report", arrangeRun(r, o), o)
}

func writeText(w io.Writer, what string, d *document, o Options) error {
	if d.err != nil {
		return fmt.Errorf("%s as text: %w", what, d.err)
	}
	p := &printer{o: o, w: w}
	p.head(d)
	p.alerts(d.alerts)
	if d.impact != nil {
		p.impact(d.impact)
	}
	for i := range d.sections {
		p.section(d, &d.sections[i])
	}
	p.blank()
	p.b.WriteString(p.paint(bold, Escape(d.closing())) + "\n")
	p.flush()
	if err := cmp.Or(d.err, p.lost); err != nil {
		return fmt.Errorf("%s as text: %w", what, err)
	}
	return nil
}

func (p *printer) head(d *document) {
	p.paragraph(0, bold, d.title())
	for _, f := range d.facts(moment(d.plan.Source.TakenAt, p.o.Now)) {
		p.b.WriteString("  ")
		p.columns(2, dim, f.name, column(len("WalkMe")), plain, f.value+", "+f.note)
	}
}

func (p *printer) alerts(alerts []alert) {
	if len(alerts) > 0 {
		p.blank()
	}
	for _, a := range alerts {
		p.b.WriteString(p.paint(alarm, "!") + " ")
		p.flow(2, plain, Escape(a.text))
		for _, detail := range a.details {
			p.paragraph(4, plain, detail)
		}
	}
}

func (p *printer) impact(m *impact) {
	p.blank()
	p.paragraph(0, bold, m.words())
	var col column
	for _, a := range m.attributes {
		col.fit(a.path)
	}
	for _, a := range m.attributes {
		p.b.WriteString("  ")
		p.columns(2, plain, a.path, col, plain, a.words())
	}
	if p.o.Full || m.people <= foldLines {
		return // they are all listed below
	}
	p.paragraph(2, dim, "for example")
	col = attributeColumn(m.samples)
	for _, c := range m.samples {
		p.paragraph(4, plain, name(c.Name, c.OktaID))
		p.attributes(c, 6, col)
	}
}

func (p *printer) section(d *document, s *section) {
	p.blank()
	p.heading(s.title, s.note)
	if s.approve != "" {
		p.command(2, s.approve)
	}
	p.settled(s.settled)
	p.changes(d, s)
	p.rejections(s.rejected)
	for _, a := range s.advice {
		for _, line := range []struct{ label, text string }{{"cause", a.Cause}, {"remedy", a.Remedy}} {
			p.b.WriteString("    ")
			p.columns(4, dim, line.label, column(len("remedy")), plain, line.text)
		}
	}
}

func (p *printer) settled(settled []apply.Settlement) {
	shown, left := fold(settled, foldLines, p.o.Full)
	var col column
	for _, s := range shown {
		col.fit(name(s.Name, s.OktaID))
	}
	for _, s := range shown {
		p.item(2, signStyle(s.Action), words(s.Action).sign, name(s.Name, s.OktaID), col, settledText(s))
	}
	p.folded(2, left)
}

func (p *printer) changes(d *document, s *section) {
	shown, left := p.foldChanges(s)
	names, attributes := nameColumn(shown), attributeColumn(shown)
	changes := slices.Values(shown)
	if p.o.Full {
		changes, left = d.all(s), 0
		names, attributes = max(names, d.seen.names[plan.Action(s.kind)]), max(attributes, d.seen.attributes[plan.Action(s.kind)])
	}
	for c := range changes {
		p.flushLong()
		sign, st := words(c.Action).sign, signStyle(c.Action)
		p.item(2, st, sign, name(c.Name, c.OktaID), names, d.detail(c, s, p.o.Now))
		if s.isBrief() {
			continue
		}
		p.attributes(c, 6, attributes)
		p.members(c.Members, d.plan.People)
	}
	p.folded(2, left)
}

// folded says how much of a list is not shown.
func (p *printer) folded(indent, left int) {
	if left > 0 {
		p.paragraph(indent, dim, fmt.Sprintf("%s and %s more, --full shows them", p.ellipsis(), number(left)))
	}
}

func (p *printer) attributes(c *plan.Change, indent int, col column) {
	for _, a := range attributeLines(c) {
		text := p.value(a.New)
		if showsOld(c, a) {
			old, note := before(a)
			text = p.value(old) + p.arrow() + text + inParentheses(note)
		}
		p.b.WriteString(pad("", indent))
		p.columns(indent, plain, a.Path, col, plain, text)
	}
}

func (p *printer) value(v any) string {
	text, isText := v.(string)
	switch {
	case p.o.Full:
		return value(v)
	case !isText:
		return cut(value(v), foldValue, p.ellipsis())
	}
	shown, rest := cutText(text, foldValue, p.ellipsis())
	return value(shown) + rest
}

func (p *printer) members(m plan.MemberChange, people map[string]string) {
	for _, part := range []struct {
		ids  []string
		st   style
		sign string
	}{{m.Add, green, "+"}, {m.Remove, red, "-"}} {
		names, left := fold(memberNames(part.ids, people), foldMembers, p.o.Full)
		for _, n := range names {
			p.item(6, part.st, part.sign, n, 0, "")
		}
		p.folded(6, left)
	}
}

func (p *printer) rejections(rejected []plan.Rejection) {
	shown, left := fold(rejected, foldLines, p.o.Full)
	var col column
	for _, r := range shown {
		col.fit(name(r.Name, r.OktaID))
	}
	for _, r := range shown {
		p.item(2, red, "!", name(r.Name, r.OktaID), col, rejectionText(r))
	}
	p.folded(2, left)
}

// fold returns the part of a list that is shown, and how much is not. One item
// more than fits is shown, too: the line about it would be as long.
func fold[T any](list []T, n int, full bool) (shown []T, left int) {
	if full || len(list) <= n+1 {
		return list, 0
	}
	return list[:n], len(list) - n
}

// foldChanges shows as many changes as fit into foldLines, three at least.
func (p *printer) foldChanges(s *section) (shown []*plan.Change, left int) {
	if s.isBrief() {
		return fold(s.changes, foldLines, p.o.Full)
	}
	defer func() { left += s.more }()
	lines := 0
	for i, c := range s.changes {
		lines += 1 + len(attributeLines(c)) + min(len(c.Members.Add), foldMembers) + min(len(c.Members.Remove), foldMembers)
		if lines > foldLines {
			return fold(s.changes, max(i, 3), p.o.Full)
		}
	}
	return s.changes, 0
}

func nameColumn(changes []*plan.Change) column {
	var col column
	for _, c := range changes {
		col.fit(name(c.Name, c.OktaID))
	}
	return col
}

func attributeColumn(changes []*plan.Change) column {
	var col column
	for _, c := range changes {
		for _, a := range attributeLines(c) {
			col.fit(a.Path)
		}
	}
	return col
}

func signStyle(a plan.Action) style {
	switch a {
	case plan.Create, plan.GroupCreate, plan.Reactivate:
		return green
	case plan.Deactivate, plan.GroupDelete:
		return red
	case plan.Link, plan.GroupLink, plan.GroupUnlink:
		return cyan
	}
	return yellow
}

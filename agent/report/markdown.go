package report

import (
	"cmp"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
)

// Unless Options.Full is set, a report stays short enough for the comment of a ticket:
// GitHub takes 65,536 characters, others less.
const (
	maxMarkdown     = 58_000 // bytes
	markdownMembers = 20     // of one group and one direction
	sectionFrame    = 400    // bytes that a section has besides its rows
)

// foldRows is the number of table rows from which a table is folded away.
const foldRows = 20

// PlanMarkdown writes a plan for a change ticket, in GitHub Flavored Markdown: a
// table for each kind of change, long ones folded. Everything from outside is
// inert: it makes no link, no mention and no markup, and pasted into a
// spreadsheet no cell becomes a formula. All times are absolute. It stays under 60,000
// characters and says what it leaves out, unless Full is set; of the options only that
// counts.
func PlanMarkdown(w io.Writer, p *plan.Plan, o Options) error {
	return writeMarkdown(w, "plan", arrangePlan(p), o)
}

// RunMarkdown writes a run in the form of PlanMarkdown. Advise counts, too.
func RunMarkdown(w io.Writer, r *agent.Report, o Options) error {
	return writeMarkdown(w, "run report", arrangeRun(r, o), o)
}

func writeMarkdown(w io.Writer, what string, d *document, o Options) error {
	if d.err != nil {
		return fmt.Errorf("%s as Markdown: %w", what, d.err)
	}
	m := &markdown{w: w, full: o.Full, end: maxMarkdown / 4}
	m.head(d)
	if d.impact != nil {
		m.end = m.b.Len() + maxMarkdown/8
		m.impact(d.impact)
	}
	for i := range d.sections {
		// What one section leaves is the next one's.
		m.end = m.b.Len() + (maxMarkdown-m.b.Len())/(len(d.sections)-i) - sectionFrame
		m.section(d, &d.sections[i])
	}
	m.flush()
	if err := cmp.Or(d.err, m.lost); err != nil {
		return fmt.Errorf("%s as Markdown: %w", what, err)
	}
	return nil
}

type markdown struct {
	b    strings.Builder
	w    io.Writer
	lost error // the first that came of writing
	full bool
	end  int // where the part that is being written ends, unless full
}

func (m *markdown) flush() {
	if m.lost == nil {
		_, m.lost = io.WriteString(m.w, m.b.String())
	}
	m.b.Reset()
}

// fits says whether a text still has its place in the part that is being written.
func (m *markdown) fits(text string) bool { return m.full || m.b.Len()+len(text) < m.end }

func (m *markdown) line(parts ...string) {
	m.b.WriteString(strings.Join(parts, "") + "\n")
}

func (m *markdown) head(d *document) {
	m.line("# ", mdText(d.title()))
	m.line()
	m.line("**", mdText(d.summary()), "**")
	m.line()
	for _, f := range d.facts(absolute(d.plan.Source.TakenAt)) {
		m.line("- ", f.name, ": ", mdText(f.value), ", ", mdText(f.note))
	}
	if len(d.alerts) > 0 {
		m.line()
	}
	for _, a := range d.alerts {
		m.line("> - ", mdText(a.text))
		for i, detail := range a.details {
			text := mdText(detail)
			if !m.fits(text) {
				m.line(">   - ", number(len(a.details)-i), " more are left out; --full shows them")
				break
			}
			m.line(">   - ", text)
		}
	}
}

func (m *markdown) impact(i *impact) {
	m.line()
	m.line("## ", mdText(i.words()))
	m.line()
	for _, a := range i.attributes {
		m.line("- ", mdCode(a.path), ": ", a.words())
	}
	if len(i.samples) == 0 {
		return
	}
	m.line()
	m.line("For example:")
	m.line()
	m.table([]string{"User", "Values"}, len(i.samples), eachRow(slices.Values(i.samples), func(c *plan.Change) []string {
		return []string{mdName(name(c.Name, c.OktaID)), m.values(c, nil)}
	}))
}

func (m *markdown) section(d *document, s *section) {
	m.line()
	m.line("## ", mdText(s.title), inParentheses(mdText(s.note)))
	if s.approve != "" {
		m.line()
		m.line("Approve with ", mdCode(s.approve))
	}
	m.line()
	for _, a := range s.advice {
		m.line("- Cause: ", mdText(a.Cause))
		m.line("- Remedy: ", mdText(a.Remedy))
	}
	if len(s.advice) > 0 {
		m.line()
	}
	rows := s.size()
	if rows > foldRows {
		m.line("<details><summary>", number(rows), " rows</summary>")
		m.line()
	}
	switch s.kind {
	case kindRejected:
		m.table([]string{"Name", "Reason"}, rows, eachRow(slices.Values(s.rejected), func(r plan.Rejection) []string {
			return []string{mdName(name(r.Name, r.OktaID)), mdText(rejectionText(r))}
		}))
	case kindSettled:
		m.table([]string{"Name", "Outcome"}, rows, eachRow(slices.Values(s.settled), func(c apply.Settlement) []string {
			return []string{mdName(name(c.Name, c.OktaID)), mdText(settledText(c))}
		}))
	default:
		m.changes(d, s)
	}
	if rows > foldRows {
		m.line()
		m.line("</details>")
	}
}

func (m *markdown) changes(d *document, s *section) {
	values := d.seen.valued[plan.Action(s.kind)]
	for _, c := range s.changes {
		values = values || len(attributeLines(c))+len(c.Members.Add)+len(c.Members.Remove) > 0
	}
	header := []string{"Name", "Why"}
	if values {
		header = []string{"Name", "Values", "Why"}
	}
	changes := slices.Values(s.changes)
	if m.full {
		changes = d.all(s)
	}
	m.table(header, s.size(), eachRow(changes, func(c *plan.Change) []string {
		who := mdName(name(c.Name, c.OktaID))
		why := mdText(d.detail(c, s, time.Time{}))
		if !values {
			return []string{who, why}
		}
		return []string{who, m.values(c, d.plan.People), why}
	}))
}

// eachRow yields the cells of what is in a list.
func eachRow[T any](list iter.Seq[T], cells func(T) []string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for v := range list {
			if !yield(cells(v)) {
				return
			}
		}
	}
}

func (m *markdown) table(header []string, rows int, cells iter.Seq[[]string]) {
	m.line("| ", strings.Join(header, " | "), " |")
	m.line("|", strings.Repeat(" --- |", len(header)))
	for row := range cells {
		text := "| " + strings.Join(row, " | ") + " |"
		if !m.fits(text) {
			m.line()
			m.line("… and ", number(rows), " more, left out to keep this short; --full shows them.")
			return
		}
		m.line(text)
		if rows--; m.full && m.b.Len() > 32<<10 {
			m.flush()
		}
	}
}

// values is one cell: a line for each attribute, then the members.
func (m *markdown) values(c *plan.Change, people map[string]string) string {
	var lines []string
	for _, a := range attributeLines(c) {
		text := mdCode(value(a.New))
		if showsOld(c, a) {
			old, note := before(a)
			text = mdCode(value(old)) + " → " + text + inParentheses(mdText(note))
		}
		lines = append(lines, mdName(a.Path)+": "+text)
	}
	for _, part := range []struct {
		title string
		ids   []string
	}{{"added: ", c.Members.Add}, {"removed: ", c.Members.Remove}} {
		names, left := fold(memberNames(part.ids, people), markdownMembers, m.full)
		for i := range names {
			names[i] = mdCode(names[i])
		}
		if left > 0 {
			names = append(names, "and "+number(left)+" more")
		}
		if len(names) > 0 {
			lines = append(lines, part.title+strings.Join(names, ", "))
		}
	}
	return strings.Join(lines, "<br>")
}

// mdCode shows text as it is, in a code span, in which Markdown knows no markup,
// links or mentions. Text that a code span cannot hold inside a table (back
// quotes, bars) becomes an HTML element with character references.
func mdCode(s string) string {
	s = Escape(s)
	switch {
	case s == "":
		return "–"
	case strings.ContainsAny(s, "`|") || strings.TrimSpace(s) != s:
		return "<code>" + mdReferences(s) + "</code>"
	}
	return "`" + s + "`"
}

// mdReferences replaces what is not a letter or a digit of ASCII, nor beyond
// ASCII, by character references, which are never markup (CommonMark 0.31,
// section 2.5).
func mdReferences(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 0x80, isWord(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "&#%d;", r)
		}
	}
	return b.String()
}

// mdText shows a sentence. One that could hold markup, a link or a mention
// becomes code.
func mdText(s string) string {
	if s == "" {
		return s
	}
	first, _ := utf8.DecodeRuneInString(s)
	if !unicode.IsLetter(first) && !unicode.IsDigit(first) {
		return mdName(s)
	}
	for _, r := range s {
		if !isShown(r) || r < 0x80 && !isWord(r) && !strings.ContainsRune(" ,;:.()'\"/-%?", r) {
			return mdCode(s)
		}
	}
	if strings.Contains(s, "://") || strings.Contains(strings.ToLower(s), "www.") {
		return mdCode(s)
	}
	return s
}

// mdName shows a name at the beginning of a cell. What a spreadsheet would take
// for a formula gets an apostrophe before it (OWASP, "CSV Injection").
func mdName(s string) string {
	if first, _ := utf8.DecodeRuneInString(s); strings.ContainsRune("=+-@＝＋－＠", first) {
		s = "'" + s
	}
	return mdCode(s)
}

func isWord(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

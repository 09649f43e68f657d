package report

import "strings"

// Tone is what a word says besides its text, shown by colour.
type Tone string

// The tones.
const (
	Plain Tone = Tone(plain)
	Good  Tone = Tone(green)
	Bad   Tone = Tone(alarm)
	Mild  Tone = Tone(yellow)
	Muted Tone = Tone(dim)
)

// Sheet lays out text for other packages in the form of the reports: headings, items
// with a sign and a name, fields below them, everything escaped and wrapped between
// words. Of the options Color, ASCII and Width count.
type Sheet struct{ p printer }

// NewSheet returns an empty sheet.
func NewSheet(o Options) *Sheet { return &Sheet{printer{o: o}} }

// String is the text so far.
func (s *Sheet) String() string { return s.p.b.String() }

// Blank ends a block.
func (s *Sheet) Blank() { s.p.blank() }

// Heading prints a title with a note beside or below it.
func (s *Sheet) Heading(title, note string) { s.p.heading(title, note) }

// Item prints a sign in its tone and a text beside it, wrapped.
func (s *Sheet) Item(indent int, tone Tone, sign, text string) {
	s.p.b.WriteString(strings.Repeat(" ", indent) + s.p.paint(style(tone), sign) + " ")
	s.p.flow(indent+width(sign)+1, plain, Escape(text))
}

// Field prints a name that fills a column of that width, and wrapped text beside it.
func (s *Sheet) Field(indent, col int, name, text string) {
	s.p.b.WriteString(strings.Repeat(" ", indent))
	s.p.columns(indent, style(Muted), name, column(col), plain, text)
}

// Lines prints each line of a text as it is, escaped and indented; nothing is wrapped,
// so that it can be copied.
func (s *Sheet) Lines(indent int, text string) {
	for line := range strings.Lines(text) {
		s.p.b.WriteString(strings.TrimRight(strings.Repeat(" ", indent)+Escape(strings.TrimRight(line, "\n")), " ") + "\n")
	}
}

// Paragraph prints wrapped text.
func (s *Sheet) Paragraph(indent int, tone Tone, text string) {
	s.p.paragraph(indent, style(tone), text)
}

// PageStyle is the style sheet of the HTML reports.
func PageStyle() string { return pageStyle }

// PagePolicy is the content security policy of a page that may run this style and
// this script and nothing else; "" is none.
func PagePolicy(css, script string) string {
	policy := "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + hashSource(css)
	if script != "" {
		policy += "; script-src " + hashSource(script)
	}
	return policy
}

// MarkdownText shows a sentence in GitHub Flavored Markdown; one that could hold
// markup, a link or a mention becomes code.
func MarkdownText(s string) string { return mdText(s) }

// MarkdownCode shows text as it is, in a code span that also a table can hold.
func MarkdownCode(s string) string { return mdCode(s) }

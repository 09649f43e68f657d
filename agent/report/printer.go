package report

import (
	"io"
	"strings"
)

// style is the parameter of an ANSI SGR sequence (ECMA-48, section 8.3.117).
type style string

const (
	plain  style = ""
	bold   style = "1"
	dim    style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
	alarm  style = "1;31"
)

// column is the width of a column of names, in terminal columns.
type column int

// maxColumn is the widest column of names. A wider name has the text that
// belongs to it below it, and does not push the others away.
const maxColumn = 44

// fit widens the column for a name.
func (c *column) fit(name string) {
	if w := width(Escape(name)); w <= maxColumn {
		*c = max(*c, column(w))
	}
}

// printer lays text out in lines. Everything that it prints is escaped first.
type printer struct {
	b strings.Builder
	o Options

	w    io.Writer // where flush writes
	lost error     // the first that came of writing
}

// flush writes what was printed, so that a long text needs little memory.
func (p *printer) flush() {
	if p.lost == nil {
		_, p.lost = io.WriteString(p.w, p.b.String())
	}
	p.b.Reset()
}

// flushLong writes what was printed once that is much.
func (p *printer) flushLong() {
	if p.b.Len() > 32<<10 {
		p.flush()
	}
}

func (p *printer) paint(st style, s string) string {
	if !p.o.Color || st == plain || s == "" {
		return s
	}
	return "\x1b[" + string(st) + "m" + s + "\x1b[0m"
}

func (p *printer) arrow() string {
	if p.o.ASCII {
		return " -> "
	}
	return " → "
}

func (p *printer) ellipsis() string {
	if p.o.ASCII {
		return "..."
	}
	return "…"
}

func (p *printer) blank() { p.b.WriteByte('\n') }

// item prints a sign, a name that fills its column, and text that is wrapped in
// a column of its own.
func (p *printer) item(indent int, st style, sign, name string, col column, text string) {
	p.b.WriteString(strings.Repeat(" ", indent))
	p.b.WriteString(p.paint(st, sign))
	p.b.WriteByte(' ')
	start := indent + len(sign) + 1
	p.columns(start, plain, name, col, dim, text)
}

// columns prints two columns from the given one on. A name that is too wide for
// its column has the text below it.
func (p *printer) columns(start int, nameStyle style, name string, col column, textStyle style, text string) {
	name, text = Escape(name), Escape(text)
	if text == "" {
		p.b.WriteString(p.paint(nameStyle, name) + "\n")
		return
	}
	hang := start + int(col) + 2
	if width(name) > int(col) {
		p.b.WriteString(p.paint(nameStyle, name) + "\n" + strings.Repeat(" ", hang))
	} else {
		p.b.WriteString(p.paint(nameStyle, name) + strings.Repeat(" ", int(col)+2-width(name)))
	}
	p.flow(hang, textStyle, text)
}

// flow prints escaped text from the given column on, and goes on in that column.
func (p *printer) flow(start int, st style, text string) {
	room := 0
	if p.o.Width > 0 {
		room = max(p.o.Width-start, 24)
	}
	for i, line := range wrap(text, room) {
		if i > 0 {
			p.b.WriteString(strings.Repeat(" ", start))
		}
		p.b.WriteString(p.paint(st, line) + "\n")
	}
}

// paragraph prints wrapped text at an indent.
func (p *printer) paragraph(indent int, st style, text string) {
	p.b.WriteString(strings.Repeat(" ", indent))
	p.flow(indent, st, Escape(text))
}

// command prints what is to be copied: it is never broken.
func (p *printer) command(indent int, text string) {
	p.b.WriteString(strings.Repeat(" ", indent) + p.paint(cyan, Escape(text)) + "\n")
}

// heading prints a title with a note beside it, or below it where the line is
// too short for both.
func (p *printer) heading(title, note string) {
	title, note = Escape(title), Escape(note)
	p.b.WriteString(p.paint(bold, title))
	switch {
	case note == "":
		p.blank()
	case p.o.Width > 0 && width(title)+width(note)+3 > p.o.Width:
		p.b.WriteString("\n  ")
		p.flow(2, dim, note)
	default:
		p.b.WriteString(p.paint(dim, " ("+note+")") + "\n")
	}
}

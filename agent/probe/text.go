package probe

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"okta-walkme-agent/agent/report"
)

// Text writes the report for a terminal: what failed and what warned with everything
// that helps to mend it, the rest in a line for each suite. With Options.Full also what
// holds is listed. The first check is the one to mend first.
func Text(w io.Writer, r *Report, o report.Options) error {
	s := report.NewSheet(o)
	s.Heading("Probe of "+r.Target, dialectWords(r.Dialect))
	s.Paragraph(2, report.Plain, r.words())
	if r.Incomplete != "" {
		s.Paragraph(2, report.Bad, "not complete: "+r.Incomplete)
	}
	if alone := r.failedAlone(); alone != "" {
		s.Paragraph(2, report.Plain, alone)
	}
	r.text(s, o.Width, Failed, "Failed", "mend the first one first")
	r.text(s, o.Width, Warned, "Warned", "Okta works, with a loss")
	if o.Full {
		r.passedText(s)
	}
	r.skippedText(s)
	r.suitesText(s)
	r.leftText(s, o.Width)
	if r.Configuration != "" {
		s.Blank()
		s.Heading("Configuration of the agent for this server", "")
		s.Lines(2, r.Configuration)
	}
	s.Blank()
	s.Paragraph(0, report.Plain, "Probe: "+r.words()+".")
	_, err := io.WriteString(w, s.String())
	if err != nil {
		return fmt.Errorf("probe report as text: %w", err)
	}
	return nil
}

// words is the summary in a few words.
func (r *Report) words() string {
	return fmt.Sprintf("%d failed, %d warned, %d passed, %d skipped", r.Summary.Failed, r.Summary.Warned, r.Summary.Passed, r.Summary.Skipped)
}

func dialectWords(d string) string {
	if d == "both" {
		return "both dialects, oin and aiw"
	}
	return "dialect " + d
}

// failedAlone says that everything that failed is about one dialect of two: an app of the
// other kind works.
func (r *Report) failedAlone() string {
	failed := r.of(Failed)
	for _, d := range []struct{ is, kind, other, otherKind string }{{"oin", "catalogue", "aiw", "wizard"}, {"aiw", "wizard", "oin", "catalogue"}} {
		if len(failed) > 0 && r.Dialect == "both" && !slices.ContainsFunc(failed, func(c Result) bool { return !strings.Contains(c.ID, "."+d.is+".") }) {
			return fmt.Sprintf("What failed concerns apps of Okta's %s (%s) alone; for those of its %s it all holds: --dialect %s.", d.kind, d.is, d.otherKind, d.other)
		}
	}
	return ""
}

const (
	textColumn = 8 // of the names of fields
	textIndent = 7
	textBody   = textIndent + textColumn + 2 // where a body begins
	bodyLines  = 6                           // of it that text shows
)

func (r *Report) text(s *report.Sheet, width int, o Outcome, title, note string) {
	checks := r.of(o)
	if len(checks) == 0 {
		return
	}
	s.Blank()
	s.Heading(title, note)
	tone, sign := report.Bad, "fail"
	if o == Warned {
		tone, sign = report.Mild, "warn"
	}
	for _, c := range checks {
		s.Item(2, tone, sign, c.ID+": "+c.Title)
		s.Field(textIndent, textColumn, "found", c.Detail)
		write, read := readBehind(c.Request)
		bodyText(s, width, "asked", write)
		if read != "" {
			s.Field(textIndent, textColumn, "", read)
		}
		bodyText(s, width, "answer", c.Response)
		s.Field(textIndent, textColumn, "Okta", c.OktaDoes)
		s.Field(textIndent, textColumn, "remedy", c.Remedy)
		if c.Switch != "" {
			s.Field(textIndent, textColumn, "agent", c.Switch)
		}
		s.Field(textIndent, textColumn, "source", c.Source)
	}
}

// bodyText shows the first line of a request or answer, and the beginning of its body
// below, in lines of the width that there is.
func bodyText(s *report.Sheet, width int, name, text string) {
	line, body, _ := strings.Cut(text, "\n")
	if line == "" {
		return
	}
	s.Field(textIndent, textColumn, name, line)
	room := max(width-textBody, 24)
	if width == 0 {
		room = 100
	}
	shown := 0
	for part := range strings.Lines(body) {
		for rest := []rune(strings.TrimRight(part, "\n")); len(rest) > 0; {
			cut := breakOf(rest, room)
			if shown++; shown > bodyLines {
				s.Lines(textBody, hidden)
				return
			}
			s.Lines(textBody, string(rest[:cut]))
			rest = rest[cut:]
		}
	}
}

// breakOf is where a line of a body ends: between two values where one ends in its second
// half, so that names and ids stay whole.
func breakOf(body []rune, room int) int {
	if len(body) <= room {
		return len(body)
	}
	for i := room; i > room/2; i-- {
		if strings.ContainsRune(",{[}]> ", body[i-1]) {
			return i
		}
	}
	return room
}

// of returns the checks with an outcome.
func (r *Report) of(o Outcome) []Result {
	return slices.DeleteFunc(slices.Clone(r.Checks), func(c Result) bool { return c.Outcome != o })
}

func (r *Report) passedText(s *report.Sheet) {
	checks := r.of(Passed)
	if len(checks) == 0 {
		return
	}
	s.Blank()
	s.Heading("Passed", "")
	for _, c := range checks {
		text := c.ID + ": " + c.Title
		if c.Detail != "" {
			text += " (" + c.Detail + ")"
		}
		s.Item(2, report.Good, "ok", text)
	}
}

// skippedText lists what was not run by its reason.
func (r *Report) skippedText(s *report.Sheet) {
	checks := r.of(Skipped)
	if len(checks) == 0 {
		return
	}
	var reasons []string
	ids := map[string][]string{}
	for _, c := range checks {
		if ids[c.Detail] == nil {
			reasons = append(reasons, c.Detail)
		}
		ids[c.Detail] = append(ids[c.Detail], c.ID)
	}
	s.Blank()
	s.Heading("Skipped", "")
	for _, why := range reasons {
		s.Item(2, report.Muted, "-", fmt.Sprintf("%s: %s", counted(len(ids[why]), "check", "checks"), why))
	}
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprint(n, " ", many)
}

// suitesText is a line for each suite.
func (r *Report) suitesText(s *report.Sheet) {
	s.Blank()
	s.Heading("Suites", "")
	for _, suite := range Suites() {
		n := map[Outcome]int{}
		for _, c := range r.Checks {
			if c.Suite == suite {
				n[c.Outcome]++
			}
		}
		if len(n) > 0 {
			s.Field(2, 10, suite, fmt.Sprintf("%3d passed, %d warned, %d failed, %d skipped", n[Passed], n[Warned], n[Failed], n[Skipped]))
		}
	}
}

// leftText names what is left, by its kind and by what became of it.
func (r *Report) leftText(s *report.Sheet, width int) {
	if len(r.Left) == 0 {
		return
	}
	s.Blank()
	s.Heading(fmt.Sprintf("Left on the server: %s", counted(len(r.Left), "object", "objects")), "what the probe made and could not remove")
	type kind struct{ what, state string }
	var kinds []kind
	members := map[kind][]Leftover{}
	for _, l := range r.Left {
		k := kind{strings.ToLower(l.Type), l.State}
		if members[k] == nil {
			kinds = append(kinds, k)
		}
		members[k] = append(members[k], l)
	}
	for _, k := range kinds {
		s.Item(2, report.Mild, "!", counted(len(members[k]), k.what, k.what+"s")+": "+k.state)
		for _, l := range members[k] {
			line := report.Escape(l.Name)
			if whole := line + "  " + idOf(l); width == 0 || len(whole) <= width-4 {
				line = whole
			}
			s.Lines(4, line)
		}
	}
}

// idOf names the id of what is left; an answer may have given none.
func idOf(l Leftover) string {
	if l.ID == "" {
		return "its id is not known"
	}
	return "id " + l.ID
}

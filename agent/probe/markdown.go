package probe

import (
	"fmt"
	"io"
	"strings"

	"okta-walkme-agent/agent/report"
)

// Markdown writes the report for a pull request or a ticket, in GitHub Flavored
// Markdown. What comes from the server is inert in it.
func Markdown(w io.Writer, r *Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Probe of %s\n\n**%s** (%s)\n", report.MarkdownCode(r.Target), r.words(), dialectWords(r.Dialect))
	if r.Incomplete != "" {
		fmt.Fprintf(&b, "\n> The run is not complete: %s\n", report.MarkdownText(r.Incomplete))
	}
	r.markdown(&b, Failed, "Failed", "Mend the first one first.")
	r.markdown(&b, Warned, "Warned", "Okta works, with a loss.")
	r.markdownTable(&b, Passed, "Passed", "Title")
	r.markdownTable(&b, Skipped, "Skipped", "Reason")
	if len(r.Left) > 0 {
		b.WriteString("\n## Left on the server\n\n")
		for _, l := range r.Left {
			fmt.Fprintf(&b, "- %s %s: %s\n", l.Type, report.MarkdownCode(l.Name), report.MarkdownText(l.State))
		}
	}
	if r.Configuration != "" {
		fmt.Fprintf(&b, "\n## Configuration of the agent for this server\n\n%s\n", fenced(r.Configuration))
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("probe report as Markdown: %w", err)
	}
	return nil
}

func (r *Report) markdown(b *strings.Builder, o Outcome, title, note string) {
	checks := r.of(o)
	if len(checks) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s (%d)\n\n%s\n", title, len(checks), note)
	for _, c := range checks {
		fmt.Fprintf(b, "\n### %s\n\n%s\n\n- Found: %s\n- Okta: %s\n- Remedy: %s\n", report.MarkdownCode(c.ID), report.MarkdownText(c.Title),
			report.MarkdownText(c.Detail), report.MarkdownText(c.OktaDoes), report.MarkdownText(c.Remedy))
		if c.Switch != "" {
			fmt.Fprintf(b, "- The agent lives with it: %s\n", report.MarkdownCode(c.Switch))
		}
		fmt.Fprintf(b, "- Source: %s\n", report.MarkdownText(c.Source))
		if c.Request != "" {
			fmt.Fprintf(b, "\n<details><summary>Request and answer</summary>\n\n%s\n</details>\n", fenced(c.Request+"\n\n"+c.Response))
		}
	}
}

func (r *Report) markdownTable(b *strings.Builder, o Outcome, title, column string) {
	checks := r.of(o)
	if len(checks) == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>%s (%d)</summary>\n\n| Check | %s |\n| --- | --- |\n", title, len(checks), column)
	for _, c := range checks {
		text := c.Title
		if o == Skipped {
			text = c.Detail
		}
		fmt.Fprintf(b, "| %s | %s |\n", report.MarkdownCode(c.ID), report.MarkdownText(text))
	}
	b.WriteString("\n</details>\n")
}

// fenced is a code block that its text cannot end.
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = report.Escape(line)
	}
	return fence + "\n" + strings.Join(lines, "\n") + "\n" + fence + "\n"
}

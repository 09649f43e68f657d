package probe

import (
	"bytes"
	_ "embed" // the page's template and style
	"fmt"
	"html/template"
	"io"
	"strings"

	"okta-walkme-agent/agent/report"
)

var (
	//go:embed probe.html
	pageTemplate string
	//go:embed probe.css
	pageStyle string
)

// page is what the template shows. Its strings are escaped for the eye; the template
// escapes them for HTML.
type page struct {
	Target, Dialect, Summary, Incomplete, Configuration string

	Sections []pageSection
	Left     []Leftover
	Policy   string
	Style    template.CSS
}

type pageSection struct {
	Title, Tone, Sign string
	Open              bool
	Checks            []Result
}

// HTML writes the report as one file for a browser, in the style of the plan's. It
// needs no network, and its content security policy allows none, nor any script.
func HTML(w io.Writer, r *Report) error {
	style := report.PageStyle() + pageStyle
	p := page{
		Target: report.Escape(r.Target), Dialect: dialectWords(r.Dialect), Summary: r.words(), Incomplete: report.Escape(r.Incomplete),
		Configuration: xmlText(r.Configuration), Left: r.Left, Policy: report.PagePolicy(style, ""), Style: template.CSS(style),
	}
	for _, s := range []struct {
		outcome           Outcome
		title, tone, sign string
	}{{Failed, "Failed: mend the first one first", "bad", "x"}, {Warned, "Warned: Okta works, with a loss", "mod", "!"}, {Passed, "Passed", "new", "+"}, {Skipped, "Skipped", "", "-"}} {
		section := pageSection{Title: s.title, Tone: s.tone, Sign: s.sign, Open: s.outcome == Failed || s.outcome == Warned}
		for _, c := range r.of(s.outcome) {
			section.Checks = append(section.Checks, c.visible())
		}
		if len(section.Checks) > 0 {
			p.Sections = append(p.Sections, section)
		}
	}
	t, err := template.New("probe").Parse(pageTemplate)
	var b bytes.Buffer
	if err == nil {
		err = t.Execute(&b, p)
	}
	if err == nil {
		_, err = w.Write(b.Bytes())
	}
	if err != nil {
		return fmt.Errorf("probe report as HTML: %w", err)
	}
	return nil
}

// visible is the check with every text of the server escaped for the eye.
func (c Result) visible() Result {
	for _, text := range []*string{&c.Title, &c.Detail, &c.Request, &c.Response, &c.OktaDoes, &c.Remedy, &c.Switch} {
		*text = strings.TrimSpace(xmlText(*text))
	}
	return c
}

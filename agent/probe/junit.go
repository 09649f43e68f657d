package probe

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"okta-walkme-agent/agent/report"
)

type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Errors   int          `xml:"errors,attr"`
	Skipped  int          `xml:"skipped,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`

	Out *junitOutput `xml:"system-out"` // of the run as a whole, in the first suite
}

type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Failure *junitFailure `xml:"failure"`
	Skipped *junitSkipped `xml:"skipped"`
	Out     *junitOutput  `xml:"system-out"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",cdata"`
}

type junitOutput struct {
	Text string `xml:",cdata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

// JUnit writes the report as JUnit XML: a testsuite for each suite, one testcase for
// each check, named by its id. A check that warned passes, with its text in
// system-out; with strict it is a failure.
func JUnit(w io.Writer, r *Report, strict bool) error {
	all := junitSuites{Name: "okta-walkme-agent probe " + xmlText(r.Target), Suites: []junitSuite{}}
	for _, suite := range Suites() {
		s := junitSuite{Name: suite}
		for _, c := range r.Checks {
			if c.Suite == suite {
				s.add(c, strict)
			}
		}
		if s.Tests == 0 {
			continue
		}
		all.Tests, all.Failures, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Skipped+s.Skipped
		all.Suites = append(all.Suites, s)
	}
	if story := r.story(); story != "" && len(all.Suites) > 0 {
		all.Suites[0].Out = &junitOutput{xmlText(story)}
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err == nil {
		_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, text)
	}
	if err != nil {
		return fmt.Errorf("probe report as JUnit: %w", err)
	}
	return nil
}

func (s *junitSuite) add(c Result, strict bool) {
	s.Tests++
	out := junitCase{Name: c.ID, Class: "probe." + c.Suite}
	switch {
	case c.Outcome == Skipped:
		s.Skipped++
		out.Skipped = &junitSkipped{xmlText(c.Detail)}
	case c.Outcome == Failed, c.Outcome == Warned && strict:
		s.Failures++
		out.Failure = &junitFailure{xmlText(c.Detail), string(c.Level), xmlText(c.story())}
	case c.Outcome == Warned:
		out.Out = &junitOutput{xmlText("WARNED\n" + c.story())}
	}
	s.Cases = append(s.Cases, out)
}

// story is what has to be said about the run as a whole, in lines; empty for nothing.
func (r *Report) story() string {
	var b strings.Builder
	if r.Incomplete != "" {
		fmt.Fprintf(&b, "not complete: %s\n", r.Incomplete)
	}
	for _, l := range r.Left {
		fmt.Fprintf(&b, "left on the server: %s %s (%s): %s\n", strings.ToLower(l.Type), l.Name, idOf(l), l.State)
	}
	return b.String()
}

// story is everything about a check in lines.
func (c *Result) story() string {
	var b strings.Builder
	for _, f := range []struct{ name, text string }{
		{"check", c.Title}, {"found", c.Detail}, {"asked", c.Request}, {"answer", c.Response},
		{"Okta", c.OktaDoes}, {"remedy", c.Remedy}, {"agent", c.Switch}, {"source", c.Source},
	} {
		if f.text != "" {
			fmt.Fprintf(&b, "%s: %s\n", f.name, f.text)
		}
	}
	return b.String()
}

// xmlText makes text harmless line by line; XML knows no control characters.
func xmlText(s string) string {
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = report.Escape(line)
	}
	return strings.Join(lines, "\n")
}

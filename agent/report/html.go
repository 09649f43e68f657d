package report

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	_ "embed" // the page's template, style and script
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"iter"
	"slices"
	"time"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
)

var (
	//go:embed report.html
	pageTemplate string
	//go:embed report.css
	pageStyle string
	//go:embed report.js
	pageScript string
)

// PlanHTML writes a plan as one HTML file for a browser and a printer. It needs
// no network, and its content security policy allows none: no script and no
// style runs but the two that are built in. The fields for search and filter also
// follow the fragment of the address: #q=ann&action=create&cause=okta&state=held.
// All times are absolute.
func PlanHTML(w io.Writer, p *plan.Plan) error {
	return writeHTML(w, "plan", arrangePlan(p))
}

// RunHTML writes a run in the form of PlanHTML. Of the options only Advise counts.
func RunHTML(w io.Writer, r *agent.Report, o Options) error {
	return writeHTML(w, "run report", arrangeRun(r, o))
}

func writeHTML(w io.Writer, what string, d *document) error {
	if d.err != nil {
		return fmt.Errorf("%s as HTML: %w", what, d.err)
	}
	t, err := template.New("report").Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("%s as HTML: %w", what, err)
	}
	out := bufio.NewWriterSize(w, 64<<10)
	err = t.Execute(out, newPage(d))
	if err := cmp.Or(d.err, err, out.Flush()); err != nil {
		return fmt.Errorf("%s as HTML: %w", what, err)
	}
	return nil
}

// page is what the template shows. Its strings are escaped for the eye; the
// template escapes them for HTML.
type page struct {
	Title, Summary string
	Facts          []pageFact
	Alerts         []pageAlert
	Impact         *pageImpact
	Actions        []choice
	Causes         []choice
	States         []choice
	Sections       []pageSection
	Total          int

	Policy string
	Style  template.CSS
	Script template.JS
}

type pageFact struct{ Name, Value, Note string }

type pageAlert struct {
	Text    string
	Details []string
}

type pageImpact struct {
	Title      string
	Attributes []pageFact
	Samples    []row
}

// choice is an option of a filter.
type choice struct{ Value, Label, Count string }

type pageSection struct {
	State, Title, Note, Approve string
	Advice                      []Advice
	Count                       int
	Rows                        iter.Seq[row]
}

// row is one change or rejection.
type row struct {
	Action, Cause, Sign, Tone, Name, OktaID, Why string

	Values  []valueLine
	In, Out []string // members
	Long    bool     // too many members to show unasked
	InOut   string   // how many
}

type valueLine struct {
	Path, Old, New, Note string
	Changed              bool // there was a value before
}

func newPage(d *document) *page {
	p := &page{
		Title: Escape(d.title()), Summary: Escape(d.summary()),
		Policy: "default-src 'none'; base-uri 'none'; form-action 'none'; style-src " + hashSource(pageStyle) +
			"; script-src " + hashSource(pageScript),
		Style: template.CSS(pageStyle), Script: template.JS(pageScript),
	}
	for _, f := range d.facts(absolute(d.plan.Source.TakenAt)) {
		p.Facts = append(p.Facts, pageFact{f.name, Escape(f.value), Escape(f.note)})
	}
	for _, a := range d.alerts {
		alert := pageAlert{Text: Escape(a.text)}
		for _, detail := range a.details {
			alert.Details = append(alert.Details, Escape(detail))
		}
		p.Alerts = append(p.Alerts, alert)
	}
	if d.impact != nil {
		p.Impact = newPageImpact(d.impact)
	}
	for i := range d.sections {
		p.addSection(d, &d.sections[i])
	}
	p.Actions, p.Causes, p.States = actionChoices(d), causeChoices(d), stateChoices(p.Sections, d.run != nil)
	return p
}

// hashSource allows exactly one inline text (CSP Level 3, section 2.3.1).
func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

func newPageImpact(m *impact) *pageImpact {
	out := &pageImpact{Title: m.words()}
	for _, a := range m.attributes {
		out.Attributes = append(out.Attributes, pageFact{Name: Escape(a.path), Value: a.words()})
	}
	for _, c := range m.samples {
		out.Samples = append(out.Samples, row{Name: Escape(name(c.Name, c.OktaID)), Values: valueLines(c)})
	}
	return out
}

func (p *page) addSection(d *document, s *section) {
	out := pageSection{
		State: stateOf(s.kind), Title: Escape(s.title), Note: Escape(s.note), Approve: Escape(s.approve),
		Count: s.size(),
	}
	for _, a := range s.advice {
		out.Advice = append(out.Advice, Advice{Escape(a.Cause), Escape(a.Remedy)})
	}
	out.Rows = func(yield func(row) bool) {
		for _, c := range s.settled {
			if !yield(settledRow(c)) {
				return
			}
		}
		for c := range d.all(s) {
			if !yield(changeRow(c, d.detail(c, s, time.Time{}), d.plan.People)) {
				return
			}
		}
		for _, r := range s.rejected {
			if !yield(rejectedRow(r)) {
				return
			}
		}
	}
	p.Total += out.Count
	p.Sections = append(p.Sections, out)
}

func settledRow(c apply.Settlement) row {
	return row{
		Action: string(c.Action), Sign: words(c.Action).sign, Tone: tone(c.Action),
		Name: Escape(name(c.Name, c.OktaID)), OktaID: Escape(c.OktaID), Why: Escape(settledText(c)),
	}
}

func rejectedRow(r plan.Rejection) row {
	return row{Sign: "!", Tone: "bad", Name: Escape(name(r.Name, r.OktaID)), OktaID: Escape(r.OktaID), Why: Escape(rejectionText(r))}
}

// statePlanned is the state of everything that a run would send.
const statePlanned = "planned"

func stateOf(kind string) string {
	if slices.Contains(actions(), plan.Action(kind)) {
		return statePlanned
	}
	return kind
}

func changeRow(c *plan.Change, why string, people map[string]string) row {
	r := row{
		Action: string(c.Action), Cause: string(c.Cause), Sign: words(c.Action).sign, Tone: tone(c.Action),
		Name: Escape(name(c.Name, c.OktaID)), OktaID: Escape(c.OktaID), Why: Escape(why),
		Values: valueLines(c), In: escaped(memberNames(c.Members.Add, people)), Out: escaped(memberNames(c.Members.Remove, people)),
	}
	if n := len(r.In) + len(r.Out); n > 2*foldMembers {
		r.Long, r.InOut = true, number(len(r.In))+" in, "+number(len(r.Out))+" out"
	}
	return r
}

func escaped(list []string) []string {
	for i := range list {
		list[i] = Escape(list[i])
	}
	return list
}

func tone(a plan.Action) string {
	switch signStyle(a) {
	case green:
		return "new"
	case red:
		return "bad"
	case cyan:
		return "tie"
	}
	return "mod"
}

func valueLines(c *plan.Change) []valueLine {
	attributes := attributeLines(c)
	out := make([]valueLine, len(attributes))
	for i, a := range attributes {
		out[i] = valueLine{Path: Escape(a.Path), New: Escape(value(a.New)), Changed: showsOld(c, a)}
		if out[i].Changed {
			old, note := before(a)
			out[i].Old, out[i].Note = Escape(value(old)), Escape(note)
		}
	}
	return out
}

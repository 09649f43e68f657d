package report_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/agent/apply"
	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/internal/scim"
)

// hostileNames are what people put into names to attack those who read them.
func hostileNames() []string {
	return []string{
		"<script>alert(1)</script>",
		"</script><script>alert(1)</script>",
		"</style><img src=x onerror=alert(1)>",
		`"><svg onload=alert(1)>`,
		"' onmouseover='alert(1)",
		"<!--", "-->", "{{.Title}}", "${alert(1)}",
		"\x1b[2J\x1b[1;31mred\x1b[0m", "\x1b]0;title\x07", "\x9b31m", "\u009b31m", "a\rb", "a\nb", "a\tb", "a\x00b", "a\x08b", "a\x7fb",
		"\u202egnp.exe", "\u2066iso\u2069", "ze\u200bro", "\ufefftop", "tag\U000E0041",
		"\xff\xfe", "half\xe2\x82",
		"=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "＝1", "\t=1",
		"[click](https://evil.example)", "![x](https://evil.example/x.png)", "https://evil.example", "www.evil.example",
		"a|b", `a\|b`, "`code`", "``", "**bold**", "_em_", "# head", "- item", "~~gone~~", "@everyone", "<details>", "&lt;b&gt;", "$x$",
		"line\u2028break", "  spaced  ", "",
	}
}

// hostilePlan has a name in every place that holds text from outside.
func hostilePlan(names ...string) *plan.Plan {
	p := basePlan()
	for i, n := range names {
		p.People[userID(1000+i)] = n
		update := user(plan.Update, i, n, n, changed(n, n, []any{n}))
		waiting := user(plan.Create, 500+i, n, n, set("title", n))
		waiting.Error = n
		waiting.BlockBy(plan.Block{Kind: plan.BlockUnconfirmed, Detail: "because " + n})
		p.Changes = append(p.Changes, update, waiting,
			group(plan.GroupMembers, i, n, n, plan.MemberChange{Add: []string{userID(1000 + i)}}),
			because(user(plan.Update, 2000+i, n, "mapping", changed("title", n, n)), plan.CauseMapping))
		p.Rejected = append(p.Rejected, plan.Rejection{Type: scim.User, OktaID: userID(3000 + i), Name: n, Path: n, Error: n})
		p.Health.Reasons = append(p.Health.Reasons, n)
	}
	p.Health.Verdict = plan.Degraded
	p.App.Label = strings.Join(names, " ")
	p.Target = p.App.Label
	return finish(p)
}

// hostileRun is a run after one that was killed, in which everything failed.
func hostileRun(n string) (*agent.Report, report.Options) {
	r := &agent.Report{Plan: *hostilePlan(n), Run: ranReport().Run}
	r.Run.Outcome, r.Run.Error, r.Run.Trigger = agent.RunFailed, n, n
	r.Settled = []apply.Settlement{{Type: scim.User, OktaID: n, Name: n, Action: plan.Create, Outcome: "applied", Sentence: n}}
	for i, c := range r.Changes {
		c.Outcome, c.Error = plan.Failed, n
		if i%3 == 0 {
			c.Outcome = plan.Skipped
		}
	}
	return r, report.Options{Full: true, Width: 80, Now: now(), Advise: func(*plan.Change) (report.Advice, bool) {
		return report.Advice{Cause: n, Remedy: n}, true
	}}
}

// TestHostileText reads the report with the eyes of a terminal: nothing in it
// moves the cursor, hides or reorders, and each name is one line.
func TestHostileText(t *testing.T) {
	for _, n := range hostileNames() {
		text := string(render(t, func(w io.Writer) error {
			return report.PlanText(w, hostilePlan(n), report.Options{Full: true, Width: 80, Now: now()})
		}))
		ran, o := hostileRun(n)
		text += string(render(t, func(w io.Writer) error { return report.RunText(w, ran, o) }))
		for line := range strings.Lines(text) {
			if line = strings.TrimSuffix(line, "\n"); report.Escape(line) != line {
				t.Errorf("text with %q: line %q reaches the terminal", n, line)
			}
		}
		if strings.Contains(text, "\x1b") {
			t.Errorf("PlanText with %q without colour has an escape sequence", n)
		}
	}
	r := ranReport()
	r.Run.Outcome, r.Run.Error = agent.RunFailed, "line one\nline two \x1b[2J"
	if line := report.SummaryLine(r); strings.ContainsAny(line, "\n\x1b") {
		t.Errorf("SummaryLine = %q, want one line without escapes", line)
	}
}

// TestHostileMarkdown: outside of code no character from a name is left that
// makes markup, and no cell begins as a formula.
func TestHostileMarkdown(t *testing.T) {
	for _, n := range hostileNames() {
		ran, o := hostileRun(n)
		text := string(render(t, func(w io.Writer) error {
			return errors.Join(report.PlanMarkdown(w, hostilePlan(n), o), report.RunMarkdown(w, ran, o))
		}))
		for line := range strings.Lines(text) {
			if bare := withoutCode(line); strings.ContainsAny(bare, "`@[]!=\\\x1b\r") || strings.Contains(bare, "://") || strings.Contains(bare, "www.") {
				t.Errorf("PlanMarkdown with %q: %q leaves markup: %q", n, line, bare)
			}
			checkCells(t, n, line)
		}
	}
}

// withoutCode removes code spans, code elements and the tags of the report.
func withoutCode(line string) string {
	for {
		start := strings.Index(line, "<code>")
		end := strings.Index(line, "</code>")
		if start < 0 || end < start {
			break
		}
		line = line[:start] + line[end+len("</code>"):]
	}
	var bare strings.Builder
	for i, part := range strings.Split(line, "`") {
		if i%2 == 0 {
			bare.WriteString(part)
		}
	}
	return strings.NewReplacer("<br>", "", "<details>", "", "</details>", "", "<summary>", "", "</summary>", "").Replace(bare.String())
}

func checkCells(t *testing.T, name, line string) {
	t.Helper()
	if !strings.HasPrefix(line, "| ") {
		return
	}
	cells := strings.Split(strings.Trim(line, "|\n"), "|")
	for _, cell := range cells {
		cell = strings.TrimLeft(strings.TrimSpace(cell), "`")
		if strings.HasPrefix(cell, "---") {
			continue
		}
		if strings.IndexAny(cell, "=+-@＝") == 0 {
			t.Errorf("PlanMarkdown with %q: cell %q would be a formula in a spreadsheet", name, cell)
		}
	}
	if n := len(cells); n > 3 {
		t.Errorf("PlanMarkdown with %q: row of %d cells: %q", name, n, line)
	}
}

// TestHostileHTML compares the tags of a page that is full of attacks with those
// of a page of harmless names: they are the same.
func TestHostileHTML(t *testing.T) {
	harmless := tags(renderHTML(t, hostilePlan("ann"))) + tags(renderRunHTML(t, "ann"))
	for _, n := range hostileNames() {
		if n == "" {
			continue // nothing is no attack, and leaves elements out
		}
		page, ran := renderHTML(t, hostilePlan(n)), renderRunHTML(t, n)
		if got := tags(page) + tags(ran); got != harmless {
			t.Errorf("HTML with %q changes the tags of the page:\n%s\nwant\n%s", n, got, harmless)
		}
		body := page[strings.Index(page, "<body>"):strings.Index(page, "<script>")] + ran[strings.Index(ran, "<body>"):strings.Index(ran, "<script>")]
		for line := range strings.Lines(body) {
			if line = strings.TrimSuffix(line, "\n"); report.Escape(line) != line {
				t.Errorf("PlanHTML with %q: line %q hides or reorders text", n, line)
			}
		}
	}
}

func renderHTML(t *testing.T, p *plan.Plan) string {
	t.Helper()
	return string(render(t, func(w io.Writer) error { return report.PlanHTML(w, p) }))
}

func renderRunHTML(t *testing.T, name string) string {
	t.Helper()
	r, o := hostileRun(name)
	return string(render(t, func(w io.Writer) error { return report.RunHTML(w, r, o) }))
}

// tags lists the names of all elements in the order of the page. In well-escaped
// text every < begins a tag.
func tags(page string) string {
	var out strings.Builder
	page = page[strings.Index(page, "<body>"):]
	page = page[:strings.LastIndex(page, "<script>")]
	for {
		i := strings.IndexByte(page, '<')
		if i < 0 {
			return out.String()
		}
		page = page[i+1:]
		end := strings.IndexAny(page, " >")
		fmt.Fprintf(&out, "%s ", page[:end])
	}
}

// TestPolicy holds the page to itself: no address but WalkMe's, no handler in an
// attribute, and a policy without unsafe-inline.
func TestPolicy(t *testing.T) {
	page := renderHTML(t, richPlan())
	for _, bad := range []string{"unsafe-", "src=", "href=", " style=", " onclick", "@import", "url("} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
	for _, want := range []string{"default-src &#39;none&#39;", "script-src &#39;sha256-", "style-src &#39;sha256-"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

package main

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// press presses a key once.
func (b *browser) press(key string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(key))
}

// tabTo presses Tab until the focus is on what says something, and sees that it shows and
// that nothing stands before it (WCAG 2.4.7, 2.4.11). After the last control comes the first.
func (b *browser) tabTo(text string) {
	b.t.Helper()
	for range 250 {
		b.press(kb.Tab)
		at := asks[string](b, `document.activeElement.matches("[role=region], [role=group], body") ? "" : (document.activeElement.getAttribute("aria-label") ?? "") + " " + document.activeElement.textContent.trim() + " " + (document.activeElement.name ?? "")`)
		if !strings.Contains(at, text) {
			continue
		}
		if shown := asks[string](b, `getComputedStyle(document.activeElement).outlineStyle`); shown == "none" {
			b.t.Errorf("nobody sees that the focus is on %q", text)
		}
		b.reports("the focus is hidden", `(() => { const e = document.activeElement, r = e.getBoundingClientRect(), x = r.left + r.width / 2, y = r.top + r.height / 2;
			const top = document.elementFromPoint(x, y); return top && (e.contains(top) || top.contains(e)) ? [] : [e.outerHTML.slice(0, 120) + " at " + x + ", " + y]; })()`)
		return
	}
	b.t.Fatalf("Tab does not lead to %q on\n%s", text, b.text())
}

// goTo follows a link of the navigation.
func (b *browser) goTo(page string) {
	b.t.Helper()
	for range 250 {
		b.press(kb.Tab)
		if asks[bool](b, `document.activeElement.matches(".bar li a") && document.activeElement.textContent === "`+page+`"`) {
			b.press(kb.Enter)
			return
		}
	}
	b.t.Fatalf("Tab does not lead to %s in the navigation of\n%s", page, b.text())
}

// run starts a run from the overview, and waits until its page says something.
func (b *browser) run(says string) {
	b.t.Helper()
	b.goTo("Overview")
	b.says("Last runs")
	b.tabTo("Start a run now")
	b.press(" ")
	b.says(says)
}

// TestConsoleByKeyboard plays the three stories with Tab, Enter, Space and typing alone:
// from the link on no address is opened, and nothing is clicked.
func TestConsoleByKeyboard(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a minute")
	}
	t.Parallel()
	b, d := newBrowser(t), serveDemo(t)
	b.base, _, _ = strings.Cut(d.link, "/session")
	b.open(d.link)
	b.says("There was no run yet")
	b.tabTo("Skip to the content") // comes first
	b.press(kb.Enter)
	b.tabTo("Start a run now") // is what comes after it
	b.press(kb.Enter)
	b.says("6 applied", "ann@example.com")

	b.goTo("People") // why has Ann an account?
	b.says("people", "cara@example.com")
	b.tabTo("Search people")
	b.do(chromedp.KeyEvent("ann"))
	b.asked("?q=ann")
	b.says("1 person", "ann@example.com")
	b.tabTo("ann@example.com")
	b.press(kb.Enter)
	b.says("In scope: assigned in Okta", "user.firstName")

	d.types("merger")
	b.run("41 applied")
	d.types("reorg")
	b.run("8 held")
	b.tabTo("Outcome") // of the run's page: a list to choose from
	b.press("h")       // held
	b.asked("?state=held")
	b.says("8 of 8 changes", "person01@example.com")

	b.goTo("Overview") // approve what is held
	b.says("8 changes are held")
	b.tabTo("See whom it concerns")
	b.press(kb.Enter)
	b.says("Held: 8 deactivations")
	b.tabTo("reason")
	b.do(chromedp.KeyEvent("the reorganisation"))
	b.tabTo("Approve 8 deactivations")
	b.press(" ")
	b.says("Approved by", "the reorganisation")
	b.tabTo("Start the run now")
	b.press(" ")
	b.says("8 applied")
	b.goTo("Overview")
	b.says("All in step")
	b.tabTo("The same as a table")
	b.press(" ")
	b.says("Not accepted", "Longest run", "Day")

	b.goTo("Mappings") // what would a change of a mapping touch?
	b.says("Nobody of 36 would be updated")
	b.tabTo("mapping[name.givenName]")
	b.press(kb.End) // where Tab leaves the caret is the browser's affair
	b.do(chromedp.KeyEvent(" + user.lastName"))
	b.tabTo("See whom it touches")
	b.press(" ")
	b.says("people of 36 would be updated")
	b.tabTo("Attributes that Okta's profiles have")
	b.press(" ")
	b.says("People who have it")
}

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

// tabTo presses Tab until the focus is on what says something, and sees that it shows.
func (b *browser) tabTo(text string) {
	b.t.Helper()
	for range 80 {
		b.press(kb.Tab)
		at := asks[string](b, `document.activeElement.matches("[role=region], [role=group]") ? "" : (document.activeElement.getAttribute("aria-label") ?? "") + " " + document.activeElement.textContent.trim() + " " + (document.activeElement.name ?? "")`)
		if !strings.Contains(at, text) {
			continue
		}
		if shown := asks[string](b, `getComputedStyle(document.activeElement).outlineStyle`); shown == "none" {
			b.t.Errorf("nobody sees that the focus is on %q", text)
		}
		return
	}
	b.t.Fatalf("Tab does not lead to %q on\n%s", text, b.text())
}

// TestConsoleByKeyboard starts a run, finds out why Ann has an account, approves a hold
// and tries a mapping, with Tab, Enter and typing alone.
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
	b.tabTo("Start a run now")
	b.press(kb.Enter)
	b.says("6 applied", "ann@example.com")

	b.open("/people")
	b.tabTo("Search people")
	b.do(chromedp.KeyEvent("ann"))
	b.says("1 person", "ann@example.com")
	b.tabTo("ann@example.com")
	b.press(kb.Enter)
	b.says("In scope: assigned in Okta", "user.firstName")

	d.types("merger")
	b.open("/")
	b.tabTo("Start a run now")
	b.press(kb.Enter)
	b.says("41 applied")
	d.types("reorg")
	b.open("/")
	b.tabTo("Start a run now")
	b.press(kb.Enter)
	b.says("8 held")
	b.open("/")
	b.tabTo("Look whom it concerns")
	b.press(kb.Enter)
	b.says("Held: 8 deactivations")
	b.tabTo("reason")
	b.do(chromedp.KeyEvent("the reorganisation"))
	b.tabTo("Approve 8 deactivations")
	b.press(kb.Enter)
	b.says("Approved by", "the reorganisation")

	b.open("/mappings")
	b.tabTo("mapping[name.givenName]")
	b.press(kb.End) // where Tab leaves the caret is the browser's affair
	b.do(chromedp.KeyEvent(" + user.lastName"))
	b.tabTo("See whom it touches")
	b.press(kb.Enter)
	b.says("would be updated")
}

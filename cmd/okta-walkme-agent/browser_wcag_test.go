package main

import (
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// reports evaluates an expression that is a list of faults.
func (b *browser) reports(what, expression string) {
	b.t.Helper()
	for _, fault := range asks[[]string](b, expression) {
		b.t.Errorf("%s: %s: %s", asks[string](b, "location.pathname"), what, fault)
	}
}

// media emulates what a person has asked the browser for; no pairs end it.
func (b *browser) media(pairs ...string) {
	b.t.Helper()
	var m emulation.SetEmulatedMediaParams
	for i := 0; i < len(pairs); i += 2 {
		m.Features = append(m.Features, &emulation.MediaFeature{Name: pairs[i], Value: pairs[i+1]})
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, m); err != nil {
		b.t.Fatal(err)
	}
}

const (
	// short names an element in a fault.
	short = `const short = (e) => e.outerHTML.slice(0, 120);`

	controls = `[...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter((e) => e.checkVisibility({visibilityProperty: true}))`
)

// conforms checks, on the page as it is, those success criteria of WCAG 2.2 A and AA that
// axe does not look at. docs/accessibility.md names them.
func (b *browser) conforms() {
	b.t.Helper()
	b.structured()
	b.reflows()
	b.forcedColours()
	b.atRest()
}

// structured: titles, headings, tables, targets and the way past the navigation.
func (b *browser) structured() {
	b.t.Helper()
	b.reports("page title (2.4.2)", `/\S – okta-walkme-agent$/.test(document.title) ? [] : [document.title]`)
	b.reports("language (3.1.1)", `document.documentElement.lang === "en" ? [] : [document.documentElement.lang]`)
	b.reports("one main heading (2.4.6)", `((n) => n === 1 ? [] : [n + " elements h1"])(document.querySelectorAll("h1").length)`)
	b.reports("skip link comes first (2.4.1)", `!document.querySelector(".bar") || document.querySelector("a, button, input").matches(".skip[href='#main']") ? [] : [document.querySelector("a, button, input").outerHTML]`)
	b.reports("tables (1.3.1)", `(() => { `+short+` return [...document.querySelectorAll("table")].flatMap((t) =>
		[...(t.caption?.textContent.trim() ? [] : [short(t) + " has no caption"]), ...[...t.querySelectorAll("th")].filter((h) => !h.scope).map((h) => short(h) + " has no scope")]); })()`)
	b.reports("target size (2.5.8)", `(() => { `+short+` return `+controls+`.filter((e) => {
		const r = e.getBoundingClientRect(), sentence = e.matches("a") && getComputedStyle(e).display === "inline" && e.parentElement.textContent.trim() !== e.textContent.trim();
		return !sentence && !e.closest(".skip") && r.height > 0 && (r.height < 24 || r.width < 24) && getComputedStyle(e).display !== "inline"; }).map((e) => short(e) + " is " + e.getBoundingClientRect().width + " by " + e.getBoundingClientRect().height); })()`)
	b.reports("faults are told in words (3.3.1)", `[...document.querySelectorAll("[aria-invalid=true]")].filter((e) => !document.getElementById(e.getAttribute("aria-describedby"))?.textContent.trim()).map((e) => e.name)`)
	b.reports("counts are told (4.1.3)", `[...document.querySelectorAll("form[data-live]")].filter((f) => !f.querySelector("[role=status]")).map((f) => f.action)`)
}

// reflows: at 320 pixels, at twice the size, and with more space between letters, words
// and lines than the page has.
func (b *browser) reflows() {
	b.t.Helper()
	for _, width := range []int64{320, 640} { // 1.4.10, and 1.4.4: 1,280 pixels at 200 %
		b.fits(width)
	}
	asks[int](b, `document.styleSheets[0].insertRule("* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }", document.styleSheets[0].cssRules.length)`)
	asks[int](b, `document.styleSheets[0].insertRule("p { margin-bottom: 2em !important; }", document.styleSheets[0].cssRules.length)`)
	for _, width := range []int64{320, 1280} { // 1.4.12
		b.fits(width)
		b.reports("text is cut off (1.4.12)", `(() => { `+short+` return [...document.querySelectorAll("main *")].filter((e) =>
			!e.closest(".aside, .scroll, pre, svg") && !e.matches("input, select, textarea, meter") && getComputedStyle(e).overflow !== "visible" && (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1)).map(short); })()`)
	}
	for range 2 {
		asks[bool](b, `document.styleSheets[0].deleteRule(document.styleSheets[0].cssRules.length - 1) ?? true`)
	}
	b.do(chromedp.EmulateViewport(1280, 900))
}

// forcedColours: what is told by a colour is there without it, and controls have edges.
func (b *browser) forcedColours() {
	b.t.Helper()
	b.media("forced-colors", "active")
	b.reports("controls have an edge in forced colours (1.4.11)", `[...document.querySelectorAll("button, .button, input:not([type=hidden]), select, textarea")].filter((e) => e.checkVisibility()).filter((e) =>
		getComputedStyle(e).borderTopStyle === "none" || parseFloat(getComputedStyle(e).borderTopWidth) < 1).map((e) => e.outerHTML.slice(0, 120))`)
	b.reports("pictures show in forced colours (1.4.11)", `[...document.querySelectorAll("svg rect")].filter((e) => getComputedStyle(e).fill === getComputedStyle(e.closest("svg")).backgroundColor).map((e) => e.outerHTML.slice(0, 80))`)
	b.media()
}

// atRest: nothing moves for those who want nothing to move.
func (b *browser) atRest() {
	b.t.Helper()
	b.media("prefers-reduced-motion", "reduce")
	b.reports("nothing moves with reduced motion (2.3.3)", `[...document.querySelectorAll("body *")].filter((e) => {
		const s = getComputedStyle(e); return s.transitionDuration.split(", ").some((d) => d !== "0s") || s.animationName !== "none"; }).map((e) => e.outerHTML.slice(0, 80))`)
	b.media()
}

// contrasts checks that bars and edges differ enough from what is behind them (1.4.11).
func (b *browser) contrasts() {
	b.t.Helper()
	b.reports("contrast of what is no text (1.4.11)", `(() => {
		const rgb = (c) => c.match(/[\d.]+/g).slice(0, 3).map(Number);
		const light = (c) => rgb(c).map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
		const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
		const page = getComputedStyle(document.body).backgroundColor;
		const bars = [...document.querySelectorAll(".lane rect")].map((e) => [e.getAttribute("class"), ratio(getComputedStyle(e).fill, getComputedStyle(e.closest("svg")).backgroundColor)]);
		const lines = [...document.querySelectorAll(".lane polyline")].map((e) => ["line", ratio(getComputedStyle(e).stroke, getComputedStyle(e.closest("svg")).backgroundColor)]);
		const edges = [...document.querySelectorAll("main button, main .button, main input:not([type=hidden]), main select, main textarea")].filter((e) => e.checkVisibility()).map((e) => [e.outerHTML.slice(0, 60), ratio(getComputedStyle(e).borderTopColor, page)]);
		return [...new Map([...bars, ...lines, ...edges].filter(([, r]) => r < 3))].map(([what, r]) => what + " has " + r.toFixed(2));
	})()`)
}

// titled: a person tells tabs, and places in a history, apart. seen has the pages by their
// titles.
func (b *browser) titled(page string, seen map[string]string) {
	b.t.Helper()
	title := asks[string](b, "document.title")
	if other, ok := seen[title]; ok {
		b.t.Errorf("%s and %s are both called %q", page, other, title)
	}
	seen[title] = page
}

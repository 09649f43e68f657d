package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Bounds of what a test does in a browser, and of what it waits for, on a machine that has
// much else to do.
const (
	browserTime = 9 * time.Minute
	patience    = 2 * time.Minute
)

// browser is a real one, in which a test does what a person does.
type browser struct {
	t    *testing.T
	ctx  context.Context
	base string // of the console
	axe  string
}

// newBrowser starts a headless Chromium. Where there is none, the test is skipped.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Skip("there is no Chromium on this machine")
	}
	axe, err := os.ReadFile(filepath.Join("testdata", "axe", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.WSURLReadTimeout(patience), chromedp.Flag("disable-dev-shm-usage", true))
	ctx, cancel := context.WithTimeout(context.Background(), browserTime)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	var told complaints
	t.Cleanup(func() { told.report(t) })
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithListener(told.hear), chromedp.WithErrorf(func(string, ...any) {})) // what this version of the protocol does not know is of no interest
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, axe: string(axe)}
	b.do(chromedp.Navigate("about:blank"))
	return b
}

// complaints are what the browser tells its console: of a script that fails, or a policy
// that is broken.
type complaints struct {
	mu   sync.Mutex
	said []string
}

func (c *complaints) hear(event any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		c.said = append(c.said, exception(e.ExceptionDetails))
	case *log.EventEntryAdded:
		if e.Entry.Source != log.EntrySourceNetwork { // pages that are not there are opened on purpose
			c.said = append(c.said, e.Entry.Text)
		}
	}
}

func exception(e *runtime.ExceptionDetails) string {
	if e.Exception != nil {
		return e.Text + " " + e.Exception.Description
	}
	return e.Text
}

func (c *complaints) report(t *testing.T) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, line := range c.said {
		t.Errorf("the browser's console: %s", line)
	}
}

func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// asks evaluates an expression in the page.
func asks[T any](b *browser, expression string, o ...chromedp.EvaluateOption) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, o...))
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// open goes to an address, or a path of the console.
func (b *browser) open(address string) {
	b.t.Helper()
	if strings.HasPrefix(address, "/") {
		address = b.base + address
	}
	b.do(chromedp.Navigate(address))
}

// click clicks the button or link that says something, and waits for the page that
// comes then.
func (b *browser) click(text string) {
	b.t.Helper()
	at := asks[string](b, fmt.Sprintf(`(() => {
		const one = [...document.querySelectorAll("main button, main a")].find((e) => e.textContent.trim().startsWith(%q) && e.offsetParent !== null);
		if (!one) return "";
		one.id ||= "clicked"; return one.id; })()`, text))
	if at == "" {
		b.t.Fatalf("nothing to click says %q on\n%s", text, b.text())
	}
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS("#"+at))); err != nil {
		b.t.Fatal(err)
	}
}

// fill types a text into a field, in the place of what was there.
func (b *browser) fill(field, text string) {
	b.t.Helper()
	at := chromedp.CSS(`[name="` + field + `"]`)
	b.do(chromedp.Focus(at))
	asks[bool](b, `document.activeElement.select() ?? true`)
	b.do(chromedp.SendKeys(at, text))
}

// text is what the page says.
func (b *browser) text() string {
	b.t.Helper()
	return asks[string](b, `document.querySelector("main").innerText`)
}

var errAway = errors.New("the page is another one by now")

// says waits until the page says each of the texts.
func (b *browser) says(texts ...string) {
	b.t.Helper()
	for _, want := range texts {
		quoted, err := json.Marshal(strings.ToLower(want))
		if err != nil {
			b.t.Fatal(err)
		}
		for err = errAway; err != nil && b.ctx.Err() == nil && !errors.Is(err, chromedp.ErrPollingTimeout); { // a page that goes away ends the poll
			_, err = chromedp.Run(b.ctx, chromedp.Poll[bool](`document.querySelector("main")?.innerText.toLowerCase().replace(/\s+/g, " ").includes(`+string(quoted)+`)`,
				chromedp.WithPollingTimeout(patience)))
		}
		if err != nil {
			b.t.Fatalf("the page does not say %q (%v):\n%s", want, err, b.text())
		}
	}
}

// asked waits until the page shows the answer to a search: its address says so then.
func (b *browser) asked(search string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](`location.search === "`+search+`"`, chromedp.WithPollingTimeout(patience))); err != nil {
		b.t.Fatalf("the page does not show %s (%v):\n%s", search, err, b.text())
	}
}

// accessible lets axe-core look at the page, by the rules of WCAG 2.2 A and AA, or by
// those named alone.
func (b *browser) accessible(rules ...string) {
	b.t.Helper()
	only, err := json.Marshal(rules)
	if err != nil {
		b.t.Fatal(err)
	}
	if len(rules) == 0 {
		only = []byte(`["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`)
		asks[int](b, b.axe+"; 0")
	}
	found := asks[string](b, `axe.run(document, {runOnly: `+string(only)+`, resultTypes: ["violations"]})
		.then((r) => JSON.stringify(r.violations.map((v) => v.id + ": " + v.help + ": " + v.nodes.map((n) => n.html + " " + n.any.map((a) => a.message).join("; ")).slice(0, 3).join(" | "))))`,
		chromedp.EvalAwaitPromise)
	var violations []string
	if err := json.Unmarshal([]byte(found), &violations); err != nil {
		b.t.Fatal(err)
	}
	address := asks[string](b, "location.pathname")
	for _, v := range violations {
		b.t.Errorf("%s: %s", address, v)
	}
}

// fits says whether the page stays within the width of the window, and what sticks out.
func (b *browser) fits(width int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, 900))
	wide := asks[string](b, `document.documentElement.scrollWidth <= innerWidth ? "" :
		[...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll")).map((e) => e.outerHTML.slice(0, 120)).slice(0, 4).join("\n") || "something"`)
	if wide != "" {
		b.t.Errorf("at %d pixels the page is wider than the window: %s", width, wide)
	}
	b.reports(fmt.Sprintf("at %d pixels a text stands a letter a line", width), `[...document.querySelectorAll("main td, main th, main p, main dd, main dt, main span, main li, main b")].filter((e) => {
		const r = e.getBoundingClientRect(), text = e.textContent.trim(); return text.length > 4 && r.width > 2 && r.width < 32 && r.height > 3 * parseFloat(getComputedStyle(e).fontSize); }).map((e) => e.outerHTML.slice(0, 120))`)
}

// sizes are those in which pages are looked at.
var sizes = []int64{390, 768, 1280, 1920}

// look checks the page in all sizes, and in both schemes, and leaves pictures in the
// folder that CONSOLE_PICTURES names.
func (b *browser) look(name string) {
	b.t.Helper()
	dir := os.Getenv("CONSOLE_PICTURES")
	for _, scheme := range []string{"light", "dark"} {
		b.media("prefers-color-scheme", scheme)
		b.contrasts()
		for _, width := range sizes {
			if dir == "" && scheme == "dark" {
				break // it changes colours alone
			}
			b.fits(width)
			if dir == "" {
				continue
			}
			picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
			if err == nil {
				err = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, scheme)), picture, 0o600)
			}
			if err != nil {
				b.t.Fatal(err)
			}
		}
		b.do(chromedp.EmulateViewport(1280, 900))
		if scheme == "light" {
			b.accessible()
		} else {
			b.accessible("color-contrast")
		}
	}
	b.conforms()
}

// served demo is one whose lines a test types.
type servedDemo struct {
	t      *testing.T
	link   string
	config string
	lines  io.Writer
	out    *bufio.Scanner
}

// serveDemo runs demo --serve until the test ends.
func serveDemo(t *testing.T) *servedDemo {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	out, stdout := io.Pipe()
	stdin, lines := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"demo", "--serve"}, environment{getenv: func(string) string { return "" }, stdin: stdin, stdout: stdout, stderr: stdout})
	}()
	d := &servedDemo{t: t, lines: lines, out: bufio.NewScanner(out)}
	t.Cleanup(func() {
		stop()
		lines.Close()
		go io.Copy(io.Discard, out) //nolint:errcheck // what comes after is of no interest
		if code := <-ended; code != exitOK {
			t.Errorf("the demo ended with %d", code)
		}
	})
	for d.out.Scan() {
		line := d.out.Text()
		if d.link == "" {
			d.link = line // the first thing that is printed
		}
		if _, config, ok := strings.Cut(line, "export "+configVar+"="); ok {
			d.config = config
		}
		if strings.HasPrefix(line, "WalkMe's requests") {
			break
		}
	}
	return d
}

// types sends a line to the demo, and waits until it has been obeyed.
func (d *servedDemo) types(line string) {
	d.t.Helper()
	go fmt.Fprintln(d.lines, line) //nolint:errcheck // the answer is waited for
	for d.out.Scan() {
		if strings.HasPrefix(d.out.Text(), "okta: ") {
			if !strings.Contains(d.out.Text(), "done") {
				d.t.Fatalf("%s: %s", line, d.out.Text())
			}
			return
		}
	}
}

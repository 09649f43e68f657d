package report_test

import (
	"context"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
)

// browserTime bounds all that is done in the browser, on a machine that has much else to do.
const browserTime = 9 * time.Minute

// TestPagesInBrowser opens pages in a headless Chromium, and reads which rows are left.
func TestPagesInBrowser(t *testing.T) {
	open := startBrowser(t)
	t.Run("filter in the fragment of the address", func(t *testing.T) {
		path := page(t, richPlan())
		for _, tt := range []struct {
			name, fragment string
			want           []string
			count          string
		}{
			{"by person", "q=ann", []string{"ann@example.com", "WalkMe Editors"}, "2 of 26"},
			{"by several words, accents and case aside", "q=BJORN+akesson+00u00000000000000002", []string{"björn@example.com"}, "1 of 26"},
			{"by action", "action=deactivate", []string{"karl@example.com", "lena@example.com", "olga@example.com"}, "3 of 26"},
			{"by cause", "cause=drift", []string{"ivan@example.com"}, "1 of 26"},
			{"by all of them", "q=hana&action=update&cause=failed&state=planned", []string{"hana@example.com"}, "1 of 26"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				dom := open(t, path, tt.fragment)
				if got := shownRows(dom); !slices.Equal(got, tt.want) {
					t.Errorf("rows with #%s = %q, want %q", tt.fragment, got, tt.want)
				}
				if !strings.Contains(dom, ">"+tt.count+"</output>") {
					t.Errorf("page with #%s does not say %q", tt.fragment, tt.count)
				}
			})
		}
	})
	// It has the rows that it should, runs its own script, and no other element than
	// those of the template.
	t.Run("full of attacks", func(t *testing.T) {
		dom := open(t, page(t, hostilePlan(hostileNames()...)), "q=script")
		if !strings.Contains(dom, "</output>") || strings.Contains(dom, `class="tools" hidden`) {
			t.Error("the page's own script did not run")
		}
		for _, bad := range []string{"<svg", "<img", "<script>alert", "onerror=alert(1)>", "onload=alert(1)>"} {
			if strings.Contains(dom, bad) {
				t.Errorf("the page has an element of a name: %s", bad)
			}
		}
	})
	t.Run("10,000 changes", func(t *testing.T) {
		dom := open(t, page(t, bigPlan(10_000)), "q=person04242")
		if got, want := shownRows(dom), []string{"person04242@example.com"}; !slices.Equal(got, want) {
			t.Errorf("rows = %q, want %q", got, want)
		}
	})
}

func page(t *testing.T, p *plan.Plan) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plan.html")
	text := render(t, func(w io.Writer) error { return report.PlanHTML(w, p) })
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// startBrowser starts a browser that reaches files alone, and returns what opens one of
// them there, with a fragment, and gives the page after its script has run. It skips the
// test where there is no Chromium, and with -short.
func startBrowser(t *testing.T) (open func(t *testing.T, path, fragment string) string) {
	t.Helper()
	browser, err := findBrowser()
	if err != nil || testing.Short() {
		t.Skip("no Chromium here, or no time for it")
	}
	ctx, cancel := context.WithTimeout(context.Background(), browserTime)
	t.Cleanup(cancel)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.WSURLReadTimeout(browserTime), chromedp.ProxyServer("127.0.0.1:9"))
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {})) // what this version of the protocol does not know is of no interest
	t.Cleanup(cancel)
	return func(t *testing.T, path, fragment string) string {
		t.Helper()
		address := url.URL{Scheme: "file", Path: path}
		err := chromedp.Do(ctx, chromedp.Navigate("about:blank"), chromedp.Navigate(address.String()+"#"+fragment)) // the blank one, so that it is loaded anew
		if err != nil {
			t.Fatal(err)
		}
		dom, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.documentElement.outerHTML"))
		if err != nil {
			t.Fatal(err)
		}
		return dom
	}
}

func findBrowser() (string, error) {
	var path string
	var err error
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err = exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", err
}

// shownRows are the names of the rows that the page does not hide.
func shownRows(dom string) []string {
	var names []string
	row := regexp.MustCompile(`<li class="row"([^>]*)>.*?<bdi>(.*?)</bdi>`)
	for _, m := range row.FindAllStringSubmatch(dom, -1) {
		if !strings.Contains(m[1], "hidden") {
			names = append(names, m[2])
		}
	}
	return names
}

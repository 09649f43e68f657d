package console_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent/console"
)

// everyAddress are those of the contract, and one that is none.
var everyAddress = []struct{ method, path string }{
	{"GET", "/"}, {"GET", "/runs"}, {"GET", "/runs/1"}, {"GET", "/people?q=a"}, {"GET", "/people/00u1"}, {"GET", "/groups"}, {"GET", "/groups/00g1"},
	{"GET", "/holds/1"}, {"GET", "/mappings"}, {"POST", "/holds/1/approve"}, {"POST", "/holds/1/reject"}, {"POST", "/sync"}, {"POST", "/retry"},
	{"GET", "/session"}, {"GET", "/session?code=x"}, {"HEAD", "/"}, {"GET", "/signin"}, {"GET", "/callback"}, {"GET", "/nothing"}, {"POST", "/signout"},
}

func TestNobodyGetsInWithoutASession(t *testing.T) {
	v := open(t, nil).stranger()
	for _, a := range everyAddress {
		got := v.do(v.request(a.method, a.path, nil))
		if got.status != http.StatusUnauthorized {
			t.Errorf("%s %s: %d, want 401", a.method, a.path, got.status)
		}
		if strings.Contains(got.body, "/people") || len(got.cookies) > 0 {
			t.Errorf("%s %s tells more than that: %s", a.method, a.path, got.body)
		}
	}
}

// TestEveryAnswerIsGuarded looks at the headers of answers of all kinds.
func TestEveryAnswerIsGuarded(t *testing.T) {
	s := open(t, nil)
	in, out := s.visit(false), s.stranger()
	wrongHost := out.request(http.MethodGet, "/", nil)
	wrongHost.Host = "evil.example.com"
	for name, got := range map[string]answered{
		"page": in.get("/"), "no page": in.get("/nothing"), "no session": out.get("/"), "link": out.get(s.link(false)), "wrong host": out.do(wrongHost),
	} {
		for header, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
		} {
			if h := got.header.Get(header); h != want {
				t.Errorf("%s: %s is %q, want %q", name, header, h, want)
			}
		}
		csp := got.header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "script-src 'sha256-", "style-src 'sha256-"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: the policy lacks %q: %s", name, want, csp)
			}
		}
		if strings.Contains(csp, "unsafe") || strings.Contains(csp, "*") {
			t.Errorf("%s: the policy lets too much in: %s", name, csp)
		}
	}
}

func TestLinkOpensOnce(t *testing.T) {
	s := open(t, nil)
	link := s.link(false)
	first := s.stranger()
	if got := first.do(first.request(http.MethodHead, link, nil)); got.status == http.StatusSeeOther || len(got.cookies) > 0 {
		t.Errorf("a look at the link with HEAD opens the console: %d", got.status)
	}
	got := first.get(link)
	if got.status != http.StatusSeeOther || len(got.cookies) != 1 {
		t.Fatalf("the link answers %d with %d cookies", got.status, len(got.cookies))
	}
	c := got.cookies[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Secure || c.Domain != "" || c.Path != "/" {
		t.Errorf("the cookie is %v", c)
	}
	if got := first.get("/"); got.status != http.StatusOK {
		t.Errorf("after the link / answers %d", got.status)
	}
	if got := s.stranger().get(link); got.status != http.StatusUnauthorized || len(got.cookies) > 0 {
		t.Errorf("a link that was used answers %d", got.status)
	}
	old := s.link(false)
	s.clock.advance(5 * time.Minute)
	if got := s.stranger().get(old); got.status != http.StatusUnauthorized {
		t.Errorf("a link of five minutes ago answers %d", got.status)
	}
}

func TestForgedLinks(t *testing.T) {
	s := open(t, nil)
	other := open(t, nil)
	code := func(link string) string { _, c, _ := strings.Cut(link, "code="); return c }
	good := code(s.link(true))
	head, tail, _ := strings.Cut(good, ".")
	for name, forged := range map[string]string{
		"another console's": code(other.link(false)), "head alone": head, "tail alone": "." + tail, "empty": "", "longer": good + "A",
		"another head": code(s.link(false))[:20] + head[20:] + "." + tail, "not base64": "!!.!!",
	} {
		if got := s.stranger().get("/session?code=" + url.QueryEscape(forged)); got.status != http.StatusUnauthorized {
			t.Errorf("%s: %d, want 401", name, got.status)
		}
	}
}

func TestSessionEnds(t *testing.T) {
	s := open(t, nil)
	v := s.visit(false)
	s.clock.advance(8*time.Hour - time.Minute)
	if got := v.get("/"); got.status != http.StatusOK {
		t.Errorf("just before eight hours: %d", got.status)
	}
	s.clock.advance(time.Minute)
	if got := v.get("/"); got.status != http.StatusUnauthorized {
		t.Errorf("after eight hours: %d, want 401", got.status)
	}
	w := s.visit(false)
	if got := w.post("/signout", nil); got.status != http.StatusOK {
		t.Errorf("POST /signout: %d", got.status)
	}
	if got := w.get("/"); got.status != http.StatusUnauthorized {
		t.Errorf("after the sign-out: %d, want 401", got.status)
	}
}

// TestLinkFromAPage: who follows a link from a page of another site, as in a chat, comes in
// too. The browser would send no strict cookie along with a redirect.
func TestLinkFromAPage(t *testing.T) {
	s := open(t, nil)
	for from, want := range map[string]int{"cross-site": http.StatusOK, "same-site": http.StatusOK, "none": http.StatusSeeOther, "same-origin": http.StatusSeeOther, "": http.StatusSeeOther} {
		v := s.stranger()
		link := s.link(false)
		r := v.request(http.MethodGet, link, nil)
		r.Header.Set("Sec-Fetch-Site", from)
		got := v.do(r)
		if got.status != want || len(got.cookies) != 1 || want == http.StatusOK && !strings.Contains(got.body, "url=/") {
			t.Errorf("from %q: %d with %d cookies, want %d: %s", from, got.status, len(got.cookies), want, got.body)
		}
		v.expect("/", "no run yet")
		if got := s.stranger().get(link); got.status != http.StatusUnauthorized {
			t.Errorf("from %q: the link opens twice: %d", from, got.status)
		}
	}
}

// TestHost: a name that somebody else's DNS leads here is none of ours.
func TestHost(t *testing.T) {
	s := open(t, func(o *console.Options, _ *console.Program) { o.PublicURL = "https://walkme-agent.acme.example" })
	s.url = "http://" + hostOf(t, s)
	v := s.stranger()
	_, port, _ := net.SplitHostPort(hostOf(t, s))
	for host, want := range map[string]int{
		hostOf(t, s): 401, "localhost:" + port: 401, "localhost:9000": 401, "localhost": 401, "127.0.0.1:1": 401, "[::1]:8788": 401, "LocalHost": 401,
		"walkme-agent.acme.example": 401, "evil.example.com": 421, "evil.example.com:" + port: 421, "localhost.evil.example.com": 421,
		"127.0.0.2": 421, "walkme-agent.acme.example:81": 421, "localhost:x": 421,
	} {
		r := v.request(http.MethodGet, "/", nil)
		r.Host = host
		if got := v.do(r); got.status != want {
			t.Errorf("Host %s: %d, want %d", host, got.status, want)
		}
	}
}

// TestHostWithItsPort: browsers leave the port of https out, and a configuration or a proxy
// may have it.
func TestHostWithItsPort(t *testing.T) {
	for _, public := range []string{"https://walkme-agent.acme.example", "https://walkme-agent.acme.example:443/", "https://WalkMe-Agent.Acme.Example"} {
		s := open(t, func(o *console.Options, _ *console.Program) { o.PublicURL = public })
		s.url = "http://" + hostOf(t, s)
		link := s.link(false)
		for _, host := range []string{"walkme-agent.acme.example", "walkme-agent.acme.example:443", "WALKME-AGENT.acme.example"} {
			v := s.stranger()
			r := v.request(http.MethodGet, s.url+link[strings.Index(link, "/session"):], nil)
			link, r.Host = s.link(false), host
			got := v.do(r)
			if got.status != http.StatusSeeOther || len(got.cookies) != 1 || !got.cookies[0].Secure || !strings.HasPrefix(got.cookies[0].Name, "__Host-") {
				t.Errorf("%s asked as %s: %d, %v", public, host, got.status, got.cookies)
				continue
			}
			r = v.request(http.MethodPost, "/sync", url.Values{})
			r.Host = host
			r.AddCookie(got.cookies[0])
			r.Header.Set("Origin", "https://walkme-agent.acme.example")
			if got := v.do(r); got.status != http.StatusNotImplemented { // this program has no runs
				t.Errorf("%s asked as %s: a form of its own page: %d", public, host, got.status)
			}
		}
	}
}

// TestProxyThatNamesItself: behind one that puts its own name into Host, the name that the
// browser used counts where it is the configured one, and nothing else does.
func TestProxyThatNamesItself(t *testing.T) {
	s := open(t, func(o *console.Options, _ *console.Program) { o.PublicURL = "https://walkme-agent.acme.example" })
	s.url = "http://" + hostOf(t, s)
	for said, secure := range map[string]bool{"walkme-agent.acme.example": true, "evil.example.com": false, "": false} {
		v := s.stranger()
		link := s.link(false)
		r := v.request(http.MethodGet, link[strings.Index(link, "/session"):], nil)
		r.Header.Set("X-Forwarded-Host", said)
		if got := v.do(r); len(got.cookies) != 1 || got.cookies[0].Secure != secure {
			t.Errorf("forwarded for %q: %d, %v", said, got.status, got.cookies)
		}
	}
}

// hostOf is where the console listens.
func hostOf(t *testing.T, s *site) string {
	t.Helper()
	return s.server.Listener().String()
}

func TestForeignOrigin(t *testing.T) {
	s := open(t, nil)
	v := s.visit(false)
	for _, tt := range []struct {
		header, value string
		want          int
	}{
		{"Origin", "https://evil.example.com", 403}, {"Origin", "http://localhost:9999", 403}, {"Origin", "null", 403},
		{"Sec-Fetch-Site", "cross-site", 403}, {"Sec-Fetch-Site", "same-site", 403},
		{"Sec-Fetch-Site", "same-origin", 501}, {"Origin", s.url, 501}, {"X-None", "", 501},
	} {
		r := v.request(http.MethodPost, "/sync", url.Values{})
		r.Header.Set(tt.header, tt.value)
		if got := v.do(r); got.status != tt.want {
			t.Errorf("%s: %s: %d, want %d", tt.header, tt.value, got.status, tt.want)
		}
	}
}

func TestViewerDecidesNothing(t *testing.T) {
	s := open(t, nil)
	v := s.visit(true)
	if got := v.get("/"); got.status != http.StatusOK || !strings.Contains(got.body, "only looking") || strings.Contains(got.body, "Start a run") {
		t.Errorf("a viewer sees %d: %s", got.status, got.body)
	}
	for _, path := range []string{"/sync", "/retry"} {
		if got := v.post(path, url.Values{}); got.status != http.StatusForbidden {
			t.Errorf("POST %s of a viewer: %d, want 403", path, got.status)
		}
	}
}

// TestIdleConnections: a thousand connections that ask nothing shut nobody out, and
// keep few files open.
func TestIdleConnections(t *testing.T) {
	s := open(t, nil)
	for range 1000 {
		c, err := net.Dial("tcp", hostOf(t, s))
		must(t, err)
		t.Cleanup(func() { c.Close() })
	}
	v := s.visit(false)
	if got := v.get("/"); got.status != http.StatusOK {
		t.Errorf("beside a thousand idle connections / answers %d", got.status)
	}
	if n := s.server.Connections(); n > 128 {
		t.Errorf("%d connections are open", n)
	}
}

func TestPortIsTaken(t *testing.T) {
	s := open(t, nil)
	_, err := console.Open(t.Context(), console.Options{Listen: hostOf(t, s), StatePath: filepath.Join(t.TempDir(), "state.db")}, console.Program{})
	if err == nil || !strings.Contains(err.Error(), "console.listen") {
		t.Errorf("a taken port: %v", err)
	}
	_, err = console.Open(t.Context(), console.Options{Listen: "127.0.0.1:0", StatePath: s.path}, console.Program{})
	if err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second console of one state: %v", err)
	}
}

func TestOpenToAllIsRefused(t *testing.T) {
	for _, listen := range []string{"0.0.0.0:0", ":0", "192.0.2.1:8788"} {
		if _, err := console.Open(t.Context(), console.Options{Listen: listen, StatePath: filepath.Join(t.TempDir(), "s")}, console.Program{}); !errors.Is(err, console.ErrOpenToAll) {
			t.Errorf("%s: %v, want ErrOpenToAll", listen, err)
		}
	}
}

func TestUnixSocket(t *testing.T) {
	dir, err := os.MkdirTemp("", "console")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "c.sock")
	left, err := net.Listen("unix", path) // of a process that was killed
	must(t, err)
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	must(t, left.Close())
	s := open(t, func(o *console.Options, _ *console.Program) { o.Listen = "unix:" + path })
	if link := s.link(false); !strings.HasPrefix(link, "http://localhost/session?code=") {
		t.Errorf("the link is %s", link)
	}
	v := s.stranger()
	v.client.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}, DisableKeepAlives: true}
	if got := v.get(s.link(false)); got.status != http.StatusSeeOther {
		t.Errorf("over the socket the link answers %d", got.status)
	}
	if got := v.get("http://localhost/"); got.status != http.StatusOK {
		t.Errorf("over the socket / answers %d", got.status)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("the socket has mode %v, %v", info.Mode(), err)
	}
}

func TestLinkNeedsAConsole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	if _, err := console.Link(path, "ada", false, time.Now()); !errors.Is(err, console.ErrNoConsole) {
		t.Errorf("Link without a console: %v", err)
	}
	s, err := console.Open(t.Context(), console.Options{Listen: "127.0.0.1:0", StatePath: path}, console.Program{})
	must(t, err)
	info, err := os.Stat(path + ".console")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file with the key: %v, %v", info, err)
	}
	must(t, s.Close())
	if _, err := console.Link(path, "ada", false, time.Now()); !errors.Is(err, console.ErrNoConsole) {
		t.Errorf("Link after the console was closed: %v", err)
	}
}

func ExampleParseAddress() {
	for _, text := range []string{"127.0.0.1:8788", "unix:/run/agent/console.sock", "0.0.0.0:8788", "8788"} {
		a, err := console.ParseAddress(text)
		fmt.Println(a.Network, a.Local(), err)
	}
	// Output:
	// tcp true <nil>
	// unix true <nil>
	// tcp false <nil>
	//  false neither host:port nor unix:/PATH
}

package console_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/agent/console"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/state"
)

// decided says how many decisions are on record.
func (s *site) decided() (n int) {
	s.t.Helper()
	s.fill(func(ctx context.Context, db *state.DB) {
		all, err := db.Decisions(ctx)
		must(s.t, err)
		n = len(all)
	})
	return n
}

// cookie is the session of a visitor, as a header has it.
func (v *visitor) cookie() string {
	v.t.Helper()
	u, err := url.Parse(v.url)
	must(v.t, err)
	var all []string
	for _, c := range v.client.Jar.Cookies(u) {
		all = append(all, c.Name+"="+c.Value)
	}
	return strings.Join(all, "; ")
}

// dial opens a connection to the console.
func (s *site) dial() net.Conn {
	s.t.Helper()
	c, err := net.Dial("tcp", s.server.Listener().String())
	must(s.t, err)
	s.t.Cleanup(func() { c.Close() })
	return c
}

// raw sends a request as it is written, and returns the head of the answer.
func (s *site) raw(lines ...string) (status int, header http.Header) {
	s.t.Helper()
	c := s.dial()
	_, err := io.WriteString(c, strings.Join(append(lines, "Host: localhost", "Connection: close", "", ""), "\r\n"))
	must(s.t, err)
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	must(s.t, err)
	must(s.t, resp.Body.Close())
	return resp.StatusCode, resp.Header
}

// TestHugeAddresses: what no browser sends is refused, and what one can send is bounded.
func TestHugeAddresses(t *testing.T) {
	s := open(t, nil)
	s.people(ann)
	s.journal("run-1", ann)
	s.hold("h1", "00u1")
	v := s.visit(false)
	if got := v.get("/people?q=" + strings.Repeat("a", 100_000)); got.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("an address of 100,000 letters: %d, want 431", got.status)
	}
	r := v.request(http.MethodGet, "/", nil)
	r.Header.Set("X-Long", strings.Repeat("a", 100_000))
	if got := v.do(r); got.status != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("a header of 100,000 letters: %d, want 431", got.status)
	}
	words, fields := strings.Repeat("a+", 15_000), strings.Repeat("q=a&", 7_000)
	for _, path := range []string{"/people", "/people/00u1", "/runs", "/runs/run-1", "/groups", "/accounts", "/holds/h1", "/mappings"} {
		for name, query := range map[string]string{"words": "q=" + words, "fields": fields, "no text": "q=%ff%00%80&action=%ff&state=%00&after=%00&before=%ff", "no query": "%zz&;=&=;&q=%"} {
			got := v.get(path + "?" + query)
			if got.status >= 500 || got.status == http.StatusOK && strings.Contains(got.body, strings.Repeat("a ", 200)) {
				t.Errorf("GET %s with %s: %d", path, name, got.status)
			}
		}
	}
}

// TestHugeBodies decide nothing.
func TestHugeBodies(t *testing.T) {
	s := open(t, nil)
	digest := s.hold("h1", "00u1")
	v := s.visit(false)
	for _, path := range []string{"/holds/h1/approve", "/holds/h1/reject", "/mappings", "/sync", "/retry"} {
		got := v.post(path, url.Values{"digest": {digest}, "reason": {strings.Repeat("a", 1<<20)}})
		if got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("POST %s of a megabyte: %d, want 413", path, got.status)
		}
	}
	if n := s.decided(); n != 0 {
		t.Errorf("%d decisions are on record", n)
	}
	got := v.post("/holds/h1/approve", url.Values{"digest": {digest}, "reason": {strings.Repeat("Ä", 3000)}})
	if got.status != http.StatusSeeOther {
		t.Errorf("a long reason: %d", got.status)
	}
	s.fill(func(ctx context.Context, db *state.DB) {
		all, err := db.Decisions(ctx)
		must(t, err)
		if len(all) != 1 || len(all[0].Reason) > 1000 || strings.ContainsRune(all[0].Reason, '\uFFFD') {
			t.Errorf("on record is %v", all)
		}
	})
}

// TestSlowBrowsers: neither those who send a form slowly nor those who read a page slowly
// keep others, or a run, waiting. There are more of them than pages are made at a time.
func TestSlowBrowsers(t *testing.T) {
	s := open(t, nil)
	s.fill(func(ctx context.Context, db *state.DB) {
		var items []state.HeldItem
		for i := range 500 {
			items = append(items, state.HeldItem{Key: fmt.Sprint(i), Type: scim.User, Action: "deactivate", OktaID: fmt.Sprint(i), Name: strings.Repeat("long ", 4000)})
		}
		must(t, db.PutHolds(ctx, state.ReplacePlanned, []state.Hold{{ID: "h1", Kind: "deactivations", Digest: "d", Count: len(items), Items: items}}))
	})
	v := s.visit(false)
	cookie := "Cookie: " + v.cookie()
	for range 6 {
		slow := s.dial()
		must(t, slow.(*net.TCPConn).SetReadBuffer(4096))
		_, err := io.WriteString(slow, strings.Join([]string{"GET /holds/h1 HTTP/1.1", "Host: localhost", cookie, "", ""}, "\r\n"))
		must(t, err)
		head := make([]byte, 100) // it is being answered, and not taken
		_, err = io.ReadFull(slow, head)
		must(t, err)
		if !strings.HasPrefix(string(head), "HTTP/1.1 200 ") {
			t.Fatalf("beside slow browsers another one is answered %q", head)
		}
		_, err = io.WriteString(s.dial(), strings.Join([]string{"POST /mappings HTTP/1.1", "Host: localhost", cookie, "Content-Type: application/x-www-form-urlencoded", "Content-Length: 100", "", "try=1"}, "\r\n"))
		must(t, err)
	}
	s.journal("run-1", ann) // a run writes
	v.expect("/runs", "run-1")
}

// TestPaths: an address leads to a page of the console or to none, whatever is made of it.
func TestPaths(t *testing.T) {
	s := open(t, nil)
	s.people(ann)
	s.hold("h1", "00u1")
	cookie := "Cookie: " + s.visit(false).cookie()
	for _, path := range []string{
		"//", "///evil.example.com", "//evil.example.com/people", "/people/%2e%2e", "/people/..", "/people/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
		"/people/%00", "/people/a%2fb", "/people/%2f%2fevil.example.com", "/runs/..%5c..", "/people/%ff%fe", "/holds/%0d%0aSet-Cookie:%20x=1", "/holds/%0d%0aSet-Cookie:%20x=1/approve",
		"/people//00u1", "/people/00u1/", "/People", "/people;x=1", "/.", "/./", "/people/%E2%80%AE", "/session/", "/session%2f", "//session", "/holds//approve",
	} {
		if status, _ := s.raw("GET " + path + " HTTP/1.1"); status != http.StatusUnauthorized {
			t.Errorf("GET %s without a session: %d, want 401", path, status)
		}
		status, header := s.raw("GET "+path+" HTTP/1.1", cookie)
		to := header.Get("Location")
		if status >= 500 || to != "" && (!strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`)) || header.Get("Set-Cookie") != "" {
			t.Errorf("GET %s: %d to %q, %v", path, status, to, header["Set-Cookie"])
		}
	}
	for line, want := range map[string]int{
		"GET http://evil.example.com/ HTTP/1.1": 421, "OPTIONS * HTTP/1.1": 0, "GET /\x00 HTTP/1.1": 400, "GET / HTTP/3.0": 505, "CONNECT evil.example.com:443 HTTP/1.1": 421,
	} {
		if status, _ := s.raw(line, cookie); want != 0 && status != want || status >= 506 {
			t.Errorf("%q: %d, want %d", line, status, want)
		}
	}
}

// TestMethods: nothing but a POST decides, whatever a request says of itself.
func TestMethods(t *testing.T) {
	s := open(t, func(_ *console.Options, p *console.Program) {
		p.Sync = func(context.Context, console.RunOptions) error { t.Error("a run was made"); return nil }
	})
	digest := s.hold("h1", "00u1")
	v := s.visit(false)
	for _, path := range []string{"/holds/h1/approve", "/holds/h1/reject", "/sync", "/retry", "/signout"} {
		for _, method := range []string{"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "post", "POSTS"} {
			r := v.request(method, path+"?digest="+digest, url.Values{"digest": {digest}})
			r.Header.Set("X-HTTP-Method-Override", "POST")
			got := v.do(r)
			if back := strings.HasPrefix(path, "/holds/") && (method == "GET" || method == "HEAD"); back && got.header.Get("Location") != "/holds/h1" || !back && got.status != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d to %q", method, path, got.status, got.header.Get("Location"))
			}
		}
	}
	if got := v.do(v.request("DELETE", "/", nil)); got.status != http.StatusMethodNotAllowed || !strings.Contains(got.header.Get("Allow"), "GET") {
		t.Errorf("DELETE /: %d, Allow %q", got.status, got.header.Get("Allow"))
	}
	v.expect("/holds/h1", "Held: 1 deactivation")
	if n := s.decided(); n != 0 {
		t.Errorf("%d decisions are on record", n)
	}
}

// TestFormsOfOtherSites: a body that a page may send elsewhere without being asked first
// is no form, and a digest in the address is none.
func TestFormsOfOtherSites(t *testing.T) {
	s := open(t, nil)
	digest := s.hold("h1", "00u1")
	v := s.visit(false)
	for _, kind := range []string{"text/plain", "text/plain; charset=application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json", "x", "application/x-www-form-urlencoded-too"} {
		r := v.request(http.MethodPost, "/holds/h1/approve", url.Values{"digest": {digest}})
		r.Header.Set("Content-Type", kind)
		if got := v.do(r); got.status != http.StatusBadRequest {
			t.Errorf("a decision as %s: %d, want 400", kind, got.status)
		}
	}
	r := v.request(http.MethodPost, "/holds/h1/approve?digest="+digest, nil)
	if got := v.do(r); got.status != http.StatusConflict {
		t.Errorf("a decision by an address: %d, want 409", got.status)
	}
	if n := s.decided(); n != 0 {
		t.Errorf("%d decisions are on record", n)
	}
}

// TestSessionFixation: a session has a key that was made for it, and none that came with
// the browser; the one that the browser had before ends.
func TestSessionFixation(t *testing.T) {
	s := open(t, nil)
	u, err := url.Parse(s.url)
	must(t, err)
	planted := &http.Cookie{Name: "okta_walkme_agent_console", Value: "PLANTED"}
	v := s.stranger()
	v.client.Jar.SetCookies(u, []*http.Cookie{planted})
	if got := v.get("/"); got.status != http.StatusUnauthorized {
		t.Fatalf("a key that somebody made up: %d, want 401", got.status)
	}
	got := v.get(s.link(false))
	if len(got.cookies) != 1 || got.cookies[0].Value == planted.Value {
		t.Fatalf("the session has the key that was planted: %v", got.cookies)
	}
	thief := s.stranger()
	thief.client.Jar.SetCookies(u, []*http.Cookie{planted})
	if got := thief.get("/"); got.status != http.StatusUnauthorized {
		t.Errorf("the planted key opens the console: %d", got.status)
	}
	first := got.cookies[0]
	v.get(s.link(true))
	thief.client.Jar.SetCookies(u, []*http.Cookie{{Name: first.Name, Value: first.Value}})
	if got := thief.get("/"); got.status != http.StatusUnauthorized {
		t.Errorf("the session before the latest link goes on: %d", got.status)
	}
	v.expect("/", "no run yet")
}

// TestSessionsOfAnotherProcess: neither links nor sessions outlive the service, and one
// console's are none of another's.
func TestSessionsOfAnotherProcess(t *testing.T) {
	o := console.Options{Listen: "127.0.0.1:0", StatePath: t.TempDir() + "/state.db"}
	first, err := console.Open(t.Context(), o, console.Program{})
	must(t, err)
	s := &site{t: t, server: first, path: o.StatePath, url: first.Address(), clock: &clock{}}
	served := make(chan error, 2)
	go func() { served <- first.Serve() }()
	old, v := s.link(false), s.visit(false)
	must(t, first.Close())
	must(t, <-served)
	second, err := console.Open(t.Context(), o, console.Program{})
	must(t, err)
	go func() { served <- second.Serve() }()
	t.Cleanup(func() {
		must(t, second.Close())
		must(t, <-served)
	})
	_, query, _ := strings.Cut(old, "/session")
	s.server, s.url = second, second.Address()
	if got := s.stranger().get("/session" + query); got.status != http.StatusUnauthorized {
		t.Errorf("a link of the former process: %d, want 401", got.status)
	}
	u, err := url.Parse(first.Address())
	must(t, err)
	jar, err := cookiejar.New(nil)
	must(t, err)
	now, err := url.Parse(s.url)
	must(t, err)
	jar.SetCookies(now, v.client.Jar.Cookies(u))
	w := s.stranger()
	w.client.Jar = jar
	if got := w.get("/"); got.status != http.StatusUnauthorized {
		t.Errorf("a session of the former process: %d, want 401", got.status)
	}
}

// TestHeadersHoldNoNames: who opened the console, and what things are called, cannot write
// headers.
func TestHeadersHoldNoNames(t *testing.T) {
	s := open(t, nil)
	const evil = "x\r\nSet-Cookie: stolen=1\r\n\r\n<script>alert(1)</script>"
	link, err := console.Link(s.path, evil, false, s.clock.now())
	must(t, err)
	v := s.stranger()
	v.get(link)
	digest := s.hold("h1\r\nSet-Cookie: stolen=1", "00u1")
	for _, got := range []answered{
		v.get("/"), v.get("/holds/" + url.PathEscape("h1\r\nSet-Cookie: stolen=1")),
		v.post("/holds/"+url.PathEscape("h1\r\nSet-Cookie: stolen=1")+"/approve", url.Values{"digest": {digest}, "reason": {evil}}), v.get("/"),
	} {
		if got.status >= 400 || len(got.cookies) > 0 || strings.Contains(got.body, "<script>alert") {
			t.Errorf("%d, cookies %v: %s", got.status, got.cookies, mainOf(got.body))
		}
		if slices.ContainsFunc(got.header["Location"], func(to string) bool { return strings.ContainsAny(to, "\r\n") }) {
			t.Errorf("the place to go to is %q", got.header["Location"])
		}
	}
}

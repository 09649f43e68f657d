package main

import (
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// TestConsoleOfAService opens the console of a running service by the link that the
// command prints, starts a run, and sees it end with the service.
func TestConsoleOfAService(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"": "console: {listen: \"127.0.0.1:0\"}\n"})
	c.hire("Ann", "Archer")
	c.env["SUDO_USER"] = "zoe"
	s := serving(t, c)
	s.begin()
	s.until(finished)
	out := s.must(exitOK, "console").out
	link := strings.TrimSpace(out)
	if !strings.HasPrefix(link, "http://127.0.0.1:") || strings.Contains(link, "\n") {
		t.Fatalf("console prints %q", out)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	defer client.CloseIdleConnections()
	page := func(resp *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body := new(strings.Builder)
		if _, err := io.Copy(body, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v: %s", resp.Request.URL, resp.Status, err, body)
		}
		return body.String()
	}
	text := page(client.Get(link))
	for _, want := range []string{"All in step", "Next run", "zoe", "1 person and 0 groups are managed"} {
		if !strings.Contains(text, want) {
			t.Errorf("the overview does not say %q", want)
		}
	}
	base, _, _ := strings.Cut(link, "/session")
	for _, path := range []string{"/", "/runs", "/people", "/groups", "/mappings", "/accounts"} {
		text := page(client.Get(base + path))
		for _, secret := range []string{s.org.Token(), walkmetest.DefaultUsername, walkmetest.DefaultPassword} {
			if strings.Contains(text, secret) {
				t.Errorf("%s shows a secret", path)
			}
		}
	}
	s.hire("Bob", "Baker")
	if text = page(client.Post(base+"/sync", "application/x-www-form-urlencoded", nil)); !strings.Contains(text, "by console") {
		t.Errorf("POST /sync leads to %s", text)
	}
	for began := time.Now(); ; time.Sleep(time.Millisecond) { // the run goes on beside its page
		if text = page(client.Get(base + "/")); strings.Contains(text, "2 people and 0 groups are managed") && !strings.Contains(text, "under way") {
			break
		}
		if time.Since(began) > 2*time.Minute {
			t.Fatalf("the run does not end: %s", text)
		}
	}
	s.end()
	if _, err := client.Get(base + "/"); err == nil {
		t.Error("the console outlives the service")
	}
	s.must(exitFailed, "console")
	if got := len(s.tenant.Users()); got != 2 {
		t.Errorf("accounts in WalkMe = %d, want 2", got)
	}
}

// TestConsoleFollowsAReload: it opens, moves and closes as the configuration says.
func TestConsoleFollowsAReload(t *testing.T) {
	s := serve(t, nil)
	s.until(finished)
	if r := s.must(exitConfig, "console"); !strings.Contains(r.err, "console.listen is empty") {
		t.Errorf("console without an address: %s", r.err)
	}
	for _, step := range []struct {
		lines map[string]string
		code  int
	}{
		{map[string]string{"": "console: {listen: \"127.0.0.1:0\"}\n"}, exitOK},
		{map[string]string{"": "console: {listen: \"localhost:0\"}\n"}, exitOK},
		{nil, exitConfig},
	} {
		s.configure(step.lines)
		s.must(exitOK, "reload")
		s.must(step.code, "console")
	}
}

// TestConsolePortIsTaken: the service goes on without its console, and says so.
func TestConsolePortIsTaken(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	s := serve(t, map[string]string{"": "console: {listen: \"" + taken.Addr().String() + "\"}\n"})
	s.until(finished)
	if log := s.logged(); !strings.Contains(log, "no console: the service goes on without it") || !strings.Contains(log, "address already in use") {
		t.Errorf("the log says nothing of it:\n%s", log)
	}
	if got := len(s.tenant.Users()); got != 1 {
		t.Errorf("accounts in WalkMe = %d, want 1", got)
	}
	if r := s.must(exitFailed, "console"); !strings.Contains(r.err, "no service with a console is running") {
		t.Errorf("console without a console: %s", r.err)
	}
}

// TestConsoleOfADryService plans when a run is asked for, and says so.
func TestConsoleOfADryService(t *testing.T) {
	s := serve(t, map[string]string{"": "console: {listen: \"127.0.0.1:0\"}\ndry_run: true\n"})
	s.until(`^READY=1$`)
	out := s.must(exitOK, "console", "--view-only").out
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar}
	defer client.CloseIdleConnections()
	resp, err := client.Get(strings.TrimSpace(out))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body := new(strings.Builder)
	if _, err := io.Copy(body, resp.Body); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Dry run.", "only looking", "Next run"} {
		if !strings.Contains(body.String(), want) {
			t.Errorf("the overview does not say %q:\n%s", want, body)
		}
	}
	if got := len(s.tenant.Users()); got != 0 {
		t.Errorf("accounts in WalkMe = %d, want none", got)
	}
}

// TestConsoleNeedsAConfiguration: what opens the console to others, or twice, is refused.
func TestConsoleNeedsAConfiguration(t *testing.T) {
	for _, lines := range []string{
		"console: {listen: \"0.0.0.0:8788\"}\n", "console: {listen: \"192.0.2.7:8788\", tls: {cert_file: a, key_file: b}}\n",
		"console: {listen: \"127.0.0.1:8787\"}\nhttp: {listen: \"127.0.0.1:8787\"}\n",
	} {
		c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"": lines})
		for _, command := range []string{"console", "run"} {
			if r := c.must(exitConfig, command); !strings.Contains(r.err, "console.listen") {
				t.Errorf("%s with %q: %s", command, lines, r.err)
			}
		}
		if _, err := os.Stat(c.dir + "/state"); err == nil {
			t.Errorf("%q made a state", lines)
		}
	}
}

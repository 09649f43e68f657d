package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"unicode"
	"unicode/utf8"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// secrets are all texts that must be seen nowhere, by what they are.
type secrets struct {
	mu    sync.Mutex
	texts map[string]string // text → what it is
}

func (s *secrets) add(what, text string) {
	if text = strings.TrimSpace(text); text == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.texts == nil {
		s.texts = map[string]string{}
	}
	s.texts[text] = what
}

// check fails the test for each secret in a text.
func (s *secrets) check(t *testing.T, where string, text []byte) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for secret, what := range s.texts {
		for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret))} {
			if bytes.Contains(text, []byte(form)) {
				t.Errorf("%s shows %s", where, what)
				break
			}
		}
	}
}

// watchOkta collects what the token endpoint is sent and answers.
func (s *secrets) watchOkta(org *oktatest.Org) {
	org.Fault(func(r *http.Request) *oktatest.Fault {
		if !strings.HasSuffix(r.URL.Path, tokenPath) {
			return nil
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return &oktatest.Fault{Drop: true}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		for _, text := range []string{string(body), r.URL.RawQuery} {
			if form, err := url.ParseQuery(text); err == nil {
				s.add("the client assertion", form.Get("client_assertion"))
			}
		}
		return &oktatest.Fault{Rewrite: func(_ http.Header, answer []byte) []byte {
			var token struct {
				AccessToken string `json:"access_token"`
			}
			if json.Unmarshal(answer, &token) == nil {
				s.add("the access token", token.AccessToken)
			}
			return answer
		}}
	})
}

// watchWalkMe collects the passwords that were made up for new accounts.
func (s *secrets) watchWalkMe(t *testing.T, tenant *walkmetest.Tenant) {
	t.Helper()
	found := 0
	for _, r := range tenant.Requests() {
		var body struct{ Password string }
		if json.Unmarshal(r.Body, &body) == nil && body.Password != "" {
			s.add("the generated password of an account", body.Password)
			found++
		}
	}
	if found == 0 {
		t.Error("no generated password was seen: the test proves nothing")
	}
}

// everyCommand is the command set, in an order in which each has something to
// show. USER stands for a login, HOLD for the id of a hold.
var everyCommand = []string{
	"version", "check --offline", "check", "plan", "plan --format json", "plan --format markdown", "plan --format html",
	"sync --dry-run", "sync --dry-run --format json", "sync", "sync --format json",
	"resync --dry-run", "resync --user ann@example.com", "explain ann@example.com", "explain ann@example.com --format json",
	"history", "history --full", "history --format json", "status", "status --format json",
	"state check", "state backup BACKUP",
}

// has says whether the program has a command.
func (c *company) has(name string) bool {
	for _, cmd := range (&cli{environment: environment{getenv: noEnv}}).root().Commands() {
		if cmd.Name() == name {
			return true
		}
	}
	return false
}

// hasFlag says whether all commands take a flag.
func hasFlag(name string) bool {
	return (&cli{environment: environment{getenv: noEnv}}).root().PersistentFlags().Lookup(name) != nil
}

// runAll runs the command set and hands each result to see.
func (c *company) runAll(see func(command string, r result)) {
	c.t.Helper()
	for i, command := range everyCommand {
		words := strings.Fields(strings.Replace(command, "BACKUP", filepath.Join(c.dir, "backup.db"), 1))
		if !c.has(words[0]) {
			continue
		}
		if hasFlag("trace") {
			words = append(words, "--trace", filepath.Join(c.dir, fmt.Sprintf("trace%d.har", i)))
		}
		see(command, c.run(words...))
	}
}

// checkFiles greps all that was left in the company's folder, except the files
// that hold the secrets.
func (s *secrets) checkFiles(t *testing.T, c *company) {
	t.Helper()
	given := map[string]bool{"okta-token": true, "okta-key.pem": true, "walkme-password": true, "walkme-token": true, "walkme-username": true}
	seen := 0
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || given[d.Name()] {
			return err
		}
		data, err := os.ReadFile(path)
		s.check(t, d.Name(), data)
		seen++
		return err
	})
	if err != nil || seen < 2 {
		t.Errorf("%d files read, %v, want those of the state", seen, err)
	}
}

// TestSecretsAreNowhere greps what the commands print, log, trace and store for
// every secret that was in use, with each way to sign in.
func TestSecretsAreNowhere(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
	const bearer = "bearer-token-of-walkme-0123456789"
	tests := []struct {
		name         string
		okta, walkme string
	}{
		{"API token and password", "", ""},
		{"private key and Bearer token", "auth: {client_id: 0oaservice, private_key: file:okta-key.pem, key_id: kid1}\n", "auth: {token: file:walkme-token}\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			const apiToken, password = "00secret-okta-token-9876543210", "pa55-of-walkme-0123456789!"
			c := newCompany(t, oktatest.Options{Token: apiToken, ClientID: "0oaservice", PublicKey: key.Public()},
				walkmetest.Options{Password: password, Token: bearer},
				map[string]string{"okta": tt.okta, "walkme": tt.walkme, "log": "level: debug\n", "push_groups": "sources: [{name: Editors}]\n"})
			c.write("okta-key.pem", string(keyPEM))
			c.write("walkme-password", password)
			c.write("walkme-token", "Bearer "+bearer)
			s := &secrets{}
			s.add("the Okta token", apiToken)
			s.add("the WalkMe password", password)
			s.add("the WalkMe credential", base64.StdEncoding.EncodeToString([]byte(walkmetest.DefaultUsername+":"+password)))
			s.add("the Bearer token", bearer)
			for line := range strings.Lines(string(keyPEM)) {
				if !strings.HasPrefix(line, "-----") {
					s.add("a line of the private key", line)
				}
			}
			s.watchOkta(c.org)
			c.hire("Ann", "Archer")
			c.hire("Bob", "Baker")
			c.group("editors", "Editors", "ann")
			c.tenant.SetQuirks(walkmetest.Quirks{EchoPassword: true})
			var all []result
			c.runAll(func(command string, r result) { all = append(all, result{0, command, ""}, r) })
			c.org.Update(c.people["bob"], map[string]any{"lastName": "Brown"})
			all = append(all, c.run("plan"), c.run("sync"), c.run("plan"))
			// An error that repeats what was sent must not bring it out.
			c.hire("Cara", "Cole")
			inUse := c.tenant.Authorization() + " " + password
			if tt.walkme != "" {
				inUse = "Bearer " + bearer
			}
			for _, fails := range []func(*walkmetest.Request) bool{walkmetest.IsWrite, walkmetest.Any} {
				c.tenant.Fault(func(r *walkmetest.Request) walkmetest.Fault {
					if !fails(r) {
						return walkmetest.Fault{}
					}
					echo, err := json.Marshal(map[string]any{
						"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": "400",
						"detail": "bad credential " + inUse + " in " + string(r.Body),
					})
					if err != nil {
						return walkmetest.Fault{}
					}
					return walkmetest.Fault{Status: 400, Body: string(echo)}
				})
				all = append(all, c.run("check"), c.run("sync"), c.run("status"), c.run("plan"))
			}
			s.watchWalkMe(t, c.tenant)
			for i, r := range all {
				s.check(t, fmt.Sprintf("standard output %d", i), []byte(r.out))
				s.check(t, fmt.Sprintf("standard error %d", i), []byte(r.err))
			}
			s.checkFiles(t, c)
		})
	}
}

// TestSecretsAreNotInACrash makes the real program dump all goroutines in the
// middle of a write.
func TestSecretsAreNotInACrash(t *testing.T) {
	t.Parallel()
	const apiToken, password = "00secret-okta-token-9876543210", "pa55-of-walkme-0123456789!"
	c := newCompany(t, oktatest.Options{Token: apiToken}, walkmetest.Options{Password: password}, nil)
	c.write("walkme-password", password)
	c.hire("Ann", "Archer")
	s := &secrets{}
	s.add("the Okta token", apiToken)
	s.add("the WalkMe password", password)
	p := c.doomed(build(t), func(p func() *process) {
		c.gate.watch(func(tenant http.Handler, w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Errorf("body of the request: %v", err)
				}
				r.Body = io.NopCloser(bytes.NewReader(body))
				_ = p().cmd.Process.Signal(syscall.SIGQUIT)
				<-p().dead
			}
			tenant.ServeHTTP(w, r)
		})
	})
	r := p.wait()
	if !strings.Contains(r.err, "SIGQUIT") || !strings.Contains(r.err, "goroutine ") {
		t.Fatalf("the program ended with %d and no dump:\n%s", r.code, r.err)
	}
	c.gate.watch(nil)
	s.watchWalkMe(t, c.tenant)
	s.check(t, "the dump", []byte(r.out+r.err))
	s.checkFiles(t, c)
}

// TestNoRedirectLeavesTheHost answers everything with a redirect elsewhere.
func TestNoRedirectLeavesTheHost(t *testing.T) {
	t.Parallel()
	for _, side := range []string{"okta", "walkme"} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(fmt.Sprintf("%s %d", side, status), func(t *testing.T) {
				t.Parallel()
				var reached atomic.Int64
				elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
				t.Cleanup(elsewhere.Close)
				c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
				c.hire("Ann", "Archer")
				to := http.Header{"Location": {elsewhere.URL + "/landing"}}
				if side == "okta" {
					c.org.Fault(func(*http.Request) *oktatest.Fault { return &oktatest.Fault{Status: status, Header: to} })
				} else {
					c.tenant.Fault(func(*walkmetest.Request) walkmetest.Fault { return walkmetest.Fault{Status: status, Header: to} })
				}
				c.must(exitFailed, "check")
				if r := c.run("sync"); r.code != exitFailed && r.code != exitProblems {
					t.Errorf("sync ended with %d", r.code)
				}
				if n := reached.Load(); n > 0 {
					t.Errorf("%d requests followed the redirect", n)
				}
			})
		}
	}
}

// hostile is a name with everything that a terminal obeys or hides.
const hostile = "Eve\x1b[2J\x1b]0;owned\x07\u009b31m\r\n\u202etxt.exe\u2066\u200b\x00\x7f"

// TestTerminalObeysNobody gives every name from outside control characters.
func TestTerminalObeysNobody(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{AppLabel: "WalkMe " + hostile}, walkmetest.Options{},
		map[string]string{"log": "level: debug\n", "provisioning": "require_email: false\n", "push_groups": "sources: [{rule: {name_starts_with: push}}]\n"})
	c.hire("Ann", "Archer")
	id := c.org.Hire(oktatest.Person{First: hostile, Last: hostile, Login: hostile + "@example.com", Email: "eve@example.com"})
	c.org.Assign(id)
	c.groups["push"] = c.org.NewGroup("push "+hostile, id)
	c.org.NewGroup("push twice " + hostile)
	c.org.NewGroup("push twice " + hostile)
	see := func(command string, r result) {
		t.Helper()
		for name, text := range map[string]string{"standard output": r.out, "standard error": r.err} {
			if bad := obeyed(text); bad != "" {
				t.Errorf("%s of %s holds %s:\n%q", name, command, bad, text)
			}
		}
	}
	c.runAll(see)
	see("sync to a server that refuses", c.refused(func() result { return c.run("sync") }))
	see("check of a server that refuses", c.refused(func() result { return c.run("check") }))
	see("status", c.run("status"))
	see("resync of nobody", c.run("resync", "--user", hostile))
	see("explain of nobody", c.run("explain", hostile))
	see("an unknown command", c.run(hostile))
	see("an unknown format", c.run("plan", "--format", hostile))
	c.org.Fault(func(*http.Request) *oktatest.Fault {
		body, err := json.Marshal(map[string]any{"errorCode": "E" + hostile, "errorSummary": hostile, "errorCauses": []any{}})
		if err != nil {
			return nil
		}
		return &oktatest.Fault{Status: http.StatusBadRequest, Body: string(body)}
	})
	for _, command := range []string{"check", "plan", "sync", "status"} {
		see(command+" of an org that refuses", c.run(command))
	}
}

// refused changes everybody and lets WalkMe refuse with a hostile reason.
func (c *company) refused(command func() result) result {
	c.org.Update(c.people["ann"], map[string]any{"lastName": fmt.Sprint(c.writes())})
	c.tenant.Fault(func(*walkmetest.Request) walkmetest.Fault {
		body, err := json.Marshal(map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:Error"}, "status": "400", "detail": hostile})
		if err != nil {
			return walkmetest.Fault{}
		}
		return walkmetest.Fault{Status: 400, Body: string(body)}
	})
	defer c.tenant.Fault(nil)
	return command()
}

// obeyed names the first character in a text that a terminal would obey or hide.
func obeyed(text string) string {
	for i, r := range text {
		switch {
		case r == '\n' || r == '\t':
		case r == utf8.RuneError:
			return fmt.Sprintf("a byte that is no text at %d", i)
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return fmt.Sprintf("%U at %d", r, i)
		}
	}
	return ""
}

// TestFilesArePrivate holds the modes of what the program makes.
func TestFilesArePrivate(t *testing.T) {
	old := syscall.Umask(0) // nothing helps; files of other tests are in folders of their own
	defer syscall.Umask(old)
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	c.runAll(func(string, result) {})
	seen := 0
	err := filepath.WalkDir(c.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == c.dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("mode of %s = %o, want %o", d.Name(), got, want)
		}
		seen++
		return nil
	})
	if err != nil || seen < 3 {
		t.Errorf("%d files seen, %v, want those of the state", seen, err)
	}
}

// behindTLS serves a handler over TLS.
func behindTLS(t *testing.T, h http.Handler, newest uint16) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: newest}
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // the refused handshakes are meant
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// TestTLS holds that certificates are checked, a private authority can be
// trusted, and nothing older than TLS 1.2 is spoken.
func TestTLS(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		newest  uint16
		trusted bool
		code    int
		says    string
	}{
		{"a private authority that is trusted", tls.VersionTLS13, true, exitOK, ""},
		{"TLS 1.2", tls.VersionTLS12, true, exitOK, ""},
		{"an authority that nobody knows", tls.VersionTLS13, false, exitFailed, "certificate is signed by an unknown authority"},
		{"TLS 1.1", tls.VersionTLS11, true, exitFailed, "protocol version"},
	}
	for _, tt := range tests {
		for _, side := range []string{"okta", "walkme"} {
			t.Run(tt.name+"/"+side, func(t *testing.T) {
				t.Parallel()
				c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
				c.hire("Ann", "Archer")
				handler, line := http.Handler(c.org), "org_url: %s\n"
				if side == "walkme" {
					handler, line = c.tenant, "base_url: %s"+walkmetest.DefaultBasePath+"\n"
				}
				server := behindTLS(t, handler, tt.newest)
				c.write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
				text := fmt.Sprintf(line, server.URL)
				if tt.trusted {
					text += "ca_file: ca.pem\n"
				}
				c.configure(map[string]string{side: text})
				if r := c.must(tt.code, "check"); !strings.Contains(r.out, tt.says) {
					t.Errorf("check says %q, want it to say %q", r.out, tt.says)
				}
				if _, ok := c.tenant.User("ann@example.com"); ok {
					t.Error("check made an account")
				}
				r := c.run("sync")
				if _, ok := c.tenant.User("ann@example.com"); ok != (tt.code == exitOK) {
					t.Errorf("after sync (%d) the account is there: %t\n%s", r.code, ok, r.err)
				}
			})
		}
	}
}

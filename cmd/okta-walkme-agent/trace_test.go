package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// tracedExchange is one entry of an archive, in the words of a test.
type tracedExchange struct {
	StartedDateTime time.Time
	Request         struct {
		Method, URL string
		Headers     []struct{ Name, Value string }
		PostData    struct{ Text string }
	}
	Response struct {
		Status  int
		Content struct{ Text, Encoding string }
		Error   string `json:"_error"`
	}
}

// readTrace parses an archive; nothing may stand after it.
func readTrace(t *testing.T, path string) []tracedExchange {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var archive struct {
		Log *struct {
			Version string
			Creator struct{ Name, Version string }
			Entries []tracedExchange
		}
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&archive); err != nil {
		t.Fatalf("the trace does not parse: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		t.Fatal("something stands after the archive")
	}
	if archive.Log == nil || archive.Log.Version != "1.2" || archive.Log.Creator.Name != programName {
		t.Fatalf("log = %+v, want one of HAR 1.2 by %s", archive.Log, programName)
	}
	return archive.Log.Entries
}

// lines are the exchanges of one side, as the tests of the sides write them.
func exchangeLines(all []tracedExchange, base string) (out []string) {
	for _, e := range all {
		if target, ok := strings.CutPrefix(e.Request.URL, base); ok {
			out = append(out, fmt.Sprintf("%s %s %d", e.Request.Method, target, e.Response.Status))
		}
	}
	return out
}

// tenantLines are the requests that WalkMe saw.
func (c *company) tenantLines() (out []string) {
	for _, r := range c.tenant.Requests() {
		target := r.Path
		if r.RawQuery != "" {
			target += "?" + r.RawQuery
		}
		out = append(out, fmt.Sprintf("%s %s %d", r.Method, target, r.Status))
	}
	return out
}

// TestTraceShowsTheConversation compares the trace of a sync with what both sides
// saw, under compressed answers.
func TestTraceShowsTheConversation(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"", "gzip", "deflate"} {
		t.Run(cmp.Or(encoding, "plain"), func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, oktatest.Options{}, walkmetest.Options{Quirks: walkmetest.Quirks{ContentEncoding: encoding}}, map[string]string{
				"push_groups": "sources: [{name: Editors}]\n", "walkme": "max_in_flight: 1\n"})
			c.hire("Ann", "Archer")
			c.hire("Bob", "Baker")
			c.group("editors", "Editors", "ann", "bob")
			path := filepath.Join(c.dir, "sync.har")
			c.must(exitOK, "sync", "--trace", path)
			all := readTrace(t, path)

			got, want := exchangeLines(all, c.scimURL()), c.tenantLines()
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("traced to WalkMe:\n%s\nseen by WalkMe:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if n := len(exchangeLines(all, c.org.URL())); n != len(c.org.Requests()) || n == 0 {
				t.Errorf("%d exchanges with Okta are traced, %d were made", n, len(c.org.Requests()))
			}
			posted := false
			for _, e := range all {
				if e.Response.Content.Encoding != "" || e.Response.Content.Text != "" && !json.Valid([]byte(e.Response.Content.Text)) {
					t.Errorf("%s %s: the answer is %.80q", e.Request.Method, e.Request.URL, e.Response.Content.Text)
				}
				if e.Request.Method == "POST" && strings.Contains(e.Request.PostData.Text, `"userName":"ann@example.com"`) {
					posted = true
					if !strings.Contains(e.Request.PostData.Text, `"password":"[hidden]"`) || !json.Valid([]byte(e.Request.PostData.Text)) {
						t.Errorf("the request is %s", e.Request.PostData.Text)
					}
				}
			}
			if !posted {
				t.Error("Ann's POST is not in the trace")
			}
		})
	}
}

// TestTraceOfEachCommand: the commands that talk leave a trace, and what a dry one
// refuses to send is not in it.
func TestTraceOfEachCommand(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	saved := filepath.Join(c.dir, "saved.json")
	commands := [][]string{
		{"check"}, {"plan"}, {"plan", "--out", saved}, {"sync", "--dry-run"}, {"apply", saved},
		{"resync", "--dry-run"}, {"resync", "--user", "ann@example.com"}, {"explain", "ann@example.com"}, {"sync"},
	}
	for i, args := range commands {
		path := filepath.Join(c.dir, fmt.Sprintf("trace%d.har", i))
		r := c.run(append(args, "--trace", path)...)
		if r.code != exitOK {
			t.Fatalf("%v ended with %d:\n%s%s", args, r.code, r.out, r.err)
		}
		all := readTrace(t, path)
		if len(all) == 0 {
			t.Errorf("%v left no exchanges", args)
		}
		writes := slices.ContainsFunc(all, func(e tracedExchange) bool { return e.Request.Method != http.MethodGet })
		if want := args[0] == "apply" || len(args) == 3 && args[0] == "resync"; writes != want {
			t.Errorf("%v: writes in the trace: %v, want %v", args, writes, want)
		}
		if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
			t.Errorf("%v: mode = %v, %v, want 0600", args, info.Mode(), err)
		}
	}
}

func TestTraceFile(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	path := filepath.Join(c.dir, "trace.har")
	c.write("trace.har", "precious")
	r := c.must(exitUsage, "plan", "--trace", path)
	if want := programName + ": --trace " + path + ": the file exists already, and is not overwritten\n"; r.err != want {
		t.Errorf("standard error = %q, want %q", r.err, want)
	}
	if data, err := os.ReadFile(path); string(data) != "precious" || err != nil {
		t.Errorf("the file was overwritten: %q, %v", data, err)
	}
	if n := len(c.org.Requests()); n != 0 {
		t.Errorf("%d requests were made without their trace", n)
	}
	if r := c.must(exitFailed, "plan", "--trace", filepath.Join(c.dir, "no", "folder")); !strings.Contains(r.err, "is not there; make it, or name another file") {
		t.Errorf("standard error = %q", r.err)
	}
	if r := c.must(exitOK, "status", "--trace", filepath.Join(c.dir, "status.har")); !strings.Contains(r.err, "there is no trace") {
		t.Errorf("standard error = %q, want a word about the missing trace", r.err)
	}
}

// TestTraceOfBrokenExchanges: what had no answer says so.
func TestTraceOfBrokenExchanges(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	c.tenant.Fault(walkmetest.OnNthWrite(1, walkmetest.AppliedUnanswered()))
	path := filepath.Join(c.dir, "trace.har")
	c.must(exitProblems, "sync", "--trace", path)
	all := readTrace(t, path)
	i := slices.IndexFunc(all, func(e tracedExchange) bool { return e.Request.Method == "POST" })
	if i < 0 || all[i].Response.Status != 0 || all[i].Response.Error == "" {
		t.Errorf("the entries are %+v, want a POST without an answer", all)
	}
}

// TestTraceHasNoSecrets traces with every kind of credential, before a tenant that
// shows in its errors what it was sent.
func TestTraceHasNoSecrets(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	const password = `pass"word/&<1>`
	c := newCompany(t, oktatest.Options{ClientID: "0oaservice", PublicKey: key.Public()}, walkmetest.Options{Password: password},
		map[string]string{"okta": "auth: {client_id: 0oaservice, private_key: file:okta-key.pem, key_id: kid1}\n"})
	c.write("okta-key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})))
	c.write("walkme-password", password)
	for _, first := range []string{"Ann", "Bob", "Cara"} {
		c.hire(first, "Archer")
	}
	c.tenant.Fault(walkmetest.OnNthWrite(2, walkmetest.Fault{Status: 400, ContentType: "text/html",
		Body: "<pre>" + c.tenant.Authorization() + " " + password + "</pre>"}))
	path := filepath.Join(c.dir, "trace.har")
	c.must(exitProblems, "sync", "--trace", path)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	forms := []string{password, c.tenant.Authorization(), base64.StdEncoding.EncodeToString([]byte(walkmetest.DefaultUsername + ":" + password)), "eyJ"}
	quoted, err := json.Marshal(password)
	if err != nil {
		t.Fatal(err)
	}
	forms = append(forms, strings.Trim(string(quoted), `"`), `pass\"word`)
	for _, r := range c.tenant.Requests() {
		var body struct{ Password string }
		if json.Unmarshal(r.Body, &body) == nil && body.Password != "" {
			forms = append(forms, body.Password)
		}
	}
	if len(forms) < 8 {
		t.Error("no request had a password in it; the test shows nothing")
	}
	for _, secret := range forms {
		if i := bytes.Index(text, []byte(secret)); i >= 0 {
			t.Errorf("the trace has a secret in it: …%s…", text[max(0, i-60):i+len(secret)])
		}
	}
	var hidden []string
	for _, e := range readTrace(t, path) {
		for _, h := range e.Request.Headers {
			if h.Name == "Authorization" && h.Value != "[hidden]" {
				t.Errorf("%s: Authorization is shown", e.Request.URL)
			}
		}
		if strings.Contains(e.Request.URL, tokenPath) {
			hidden = append(hidden, e.Request.URL+e.Request.PostData.Text, e.Response.Content.Text)
		}
	}
	if all := strings.Join(hidden, " "); !strings.Contains(all, "client_assertion=[hidden]") || !strings.Contains(all, `"access_token":"[hidden]"`) {
		t.Errorf("the token exchange is %s", all)
	}
}

// TestTraceOfAKilledRun kills the real program at every third request of a run.
// What it leaves is an archive with the exchanges before.
func TestTraceOfAKilledRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts processes")
	}
	t.Parallel()
	binary := build(t)
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"walkme": "max_in_flight: 4\n"})
	for i := range 12 {
		c.hire(fmt.Sprintf("P%02d", i), "Person")
	}
	killed := 0
	for n := int64(1); n <= 31; n += 3 {
		path := filepath.Join(c.dir, fmt.Sprintf("trace%d.har", n))
		var p *process
		started := make(chan struct{})
		seen := make(chan struct{}, 1000)
		c.gate.watch(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			seen <- struct{}{}
			if int64(len(seen)) == n {
				<-started
				p.kill()
				return
			}
			next.ServeHTTP(w, r)
		})
		p = c.start(binary, "sync", "--trace", path)
		close(started)
		<-p.dead
		c.gate.watch(nil)
		if p.code != -1 {
			break // it came to its end
		}
		killed++
		got := exchangeLines(readTrace(t, path), c.scimURL())
		if atLeast := int(n) - 1 - 4; len(got) < atLeast || len(got) >= int(n) {
			t.Errorf("killed at request %d: %d exchanges in the trace, want %d to %d", n, len(got), max(0, atLeast), n-1)
		}
	}
	if killed < 3 {
		t.Errorf("%d runs were killed, want 3 or more", killed)
	}
	t.Logf("%d runs killed", killed)
}

// TestTraceOfTheService: the trace goes on over several runs and is whole while the
// service works.
func TestTraceOfTheService(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"": "schedule: \"@every 1h\"\n"})
	c.hire("Ann", "Archer")
	path := filepath.Join(c.dir, "trace.har")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	posted := make(chan struct{})
	c.gate.watch(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if r.Method == http.MethodPost {
			close(posted)
		}
	})
	ended := make(chan int)
	go func() {
		ended <- run(ctx, c.args([]string{"run", "--trace", path}), environment{
			getenv: func(string) string { return "" }, stdin: strings.NewReader(""), stdout: io.Discard, stderr: io.Discard,
		})
	}()
	<-posted
	readTrace(t, path)
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("the service ended with %d", code)
	}
	if !slices.ContainsFunc(readTrace(t, path), func(e tracedExchange) bool { return e.Request.Method == "POST" }) {
		t.Error("the POST is not in the trace")
	}
}

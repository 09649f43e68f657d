package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"okta-walkme-agent/walkme/walkmetest"
)

// fakeServed is a fake that serve runs in this process.
type fakeServed struct {
	t      *testing.T
	url    string // the first line
	intro  string // the rest, until the last line of the introduction
	client *http.Client
}

// serveFake starts "serve ARGS" on a free port and reads what it says first.
func serveFake(t *testing.T, getenv func(string) string, args ...string) *fakeServed {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	ended := make(chan int, 1)
	var complaint bytes.Buffer
	go func() {
		code := run(ctx, append([]string{"serve"}, args...), environment{getenv: getenv, stdin: strings.NewReader(""), stdout: stdout, stderr: &complaint})
		stdout.Close()
		ended <- code
	}()
	s := &fakeServed{t: t, client: http.DefaultClient}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("serve %v ended with %d: %s", args, <-ended, complaint.String())
		}
		if s.url == "" {
			s.url = strings.TrimSpace(line)
		}
		s.intro += line
		if strings.HasPrefix(line, "Ctrl-C ends it.") {
			break
		}
	}
	go io.Copy(io.Discard, lines) //nolint:errcheck // requests, of no interest here
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != exitOK {
			t.Errorf("serve %v ended with %d: %s", args, code, complaint.String())
		}
	})
	return s
}

func noEnv(string) string { return "" }

// root is the address without the path of the base URL.
func (s *fakeServed) root() string {
	return regexp.MustCompile(`^https?://[^/]+`).FindString(s.url)
}

// ask sends one request; header is a list of names and values.
func (s *fakeServed) ask(method, url, body string, header ...string) (int, string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	reply, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return reply.StatusCode, string(text)
}

func TestServeScim(t *testing.T) {
	t.Parallel()
	s := serveFake(t, noEnv, "scim", "--listen", "127.0.0.1:0", "--quirk", "page-cap=1", "--fault", "status=503,on=GET,path=/Groups")
	if !regexp.MustCompile(`^http://127\.0\.0\.1:\d+/deepui/api/scim/v2$`).MatchString(s.url) {
		t.Errorf("the first line is %q", s.url)
	}
	for _, part := range []string{walkmetest.DefaultUsername, walkmetest.DefaultPassword, "page-cap=1", "status=503,on=GET", "curl"} {
		if !strings.Contains(s.intro, part) {
			t.Errorf("the introduction lacks %q:\n%s", part, s.intro)
		}
	}
	authorization := regexp.MustCompile(`Basic \S+`).FindString(s.intro)
	if status, body := s.ask("GET", s.url+"/Users", ""); status != 401 {
		t.Errorf("without credential: %d %s", status, body)
	}
	if status, body := s.ask("GET", s.url+"/Users", "", "Authorization", authorization); status != 200 || !strings.Contains(body, "admin@example.com") {
		t.Errorf("GET /Users = %d %s", status, body)
	}
	if status, _ := s.ask("GET", s.url+"/Groups", "", "Authorization", authorization); status != 503 {
		t.Errorf("GET /Groups = %d, want the fault's 503", status)
	}
	var requests []struct {
		Path   string
		Status int
	}
	if status, body := s.ask("GET", s.root()+"/_control/requests", ""); status != 200 || json.Unmarshal([]byte(body), &requests) != nil || len(requests) != 3 {
		t.Errorf("_control/requests = %d %s", status, body)
	}
	if status, body := s.ask("GET", s.root()+"/_control/violations", ""); status != 200 || !strings.Contains(body, `"rule":"headers"`) {
		t.Errorf("_control/violations = %d %s", status, body)
	}
	if status, body := s.ask("POST", s.root()+"/_control/quirks", "no-meta", "Origin", "https://elsewhere.example.com"); status != 403 {
		t.Errorf("an order from another site's page = %d %s, want 403", status, body)
	}
}

// Beyond loopback /_control wants a token; with TLS the printed certificate is the
// one to trust.
func TestServeBeyondLoopback(t *testing.T) {
	t.Parallel()
	s := serveFake(t, noEnv, "scim", "--listen", "0.0.0.0:0", "--tls", "--empty", "--quiet")
	pem := s.intro[strings.Index(s.intro, "-----BEGIN"):]
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(pem)) {
		t.Fatalf("no certificate is printed:\n%s", s.intro)
	}
	s.client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	t.Cleanup(s.client.CloseIdleConnections)
	if !strings.HasPrefix(s.url, "https://127.0.0.1:") {
		t.Errorf("the first line is %q", s.url)
	}
	if status, _ := s.ask("GET", s.root()+"/_control/requests", ""); status != 401 {
		t.Errorf("_control without its token = %d, want 401", status)
	}
	token := regexp.MustCompile(`control token +(\S+)`).FindStringSubmatch(s.intro)
	if token == nil {
		t.Fatalf("no control token is printed:\n%s", s.intro)
	}
	if status, body := s.ask("GET", s.root()+"/_control/state", "", "Authorization", "Bearer "+token[1]); status != 200 || !strings.Contains(body, `"accounts":[]`) {
		t.Errorf("_control/state = %d %s", status, body)
	}
}

func TestServeScimAuth(t *testing.T) {
	t.Parallel()
	env := func(key string) string {
		return map[string]string{"SCIM_AUTH": "Bearer abc", "CONTROL": "s3cret"}[key]
	}
	s := serveFake(t, env, "scim", "--listen", "localhost:0", "--auth", "env:SCIM_AUTH", "--control-token", "env:CONTROL", "--path", "/scim/v2")
	if !strings.HasSuffix(s.url, "/scim/v2") || strings.Contains(s.intro, "Bearer abc") {
		t.Errorf("the introduction is\n%s", s.intro)
	}
	if status, _ := s.ask("GET", s.url+"/Users", "", "Authorization", "Bearer abc"); status != 200 {
		t.Errorf("with the credential: %d", status)
	}
	if status, _ := s.ask("GET", s.url+"/Users", "", "Authorization", basicAuthorization(walkmetest.DefaultUsername, walkmetest.DefaultPassword)); status != 401 {
		t.Errorf("with the standard credential: %d", status)
	}
	if status, _ := s.ask("GET", s.root()+"/_control/requests", ""); status != 401 {
		t.Errorf("_control without its token = %d", status)
	}
}

func TestServeRefuses(t *testing.T) {
	t.Parallel()
	taken := serveFake(t, noEnv, "scim", "--listen", "127.0.0.1:0", "--quiet")
	port := strings.TrimPrefix(taken.root(), "http://")
	junk := filepath.Join(t.TempDir(), "junk.pem")
	if err := os.WriteFile(junk, []byte("junk"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"scim --listen 8080", exitUsage, "is not HOST:PORT"},
		{"scim --listen 127.0.0.1:99999", exitUsage, "99999 is no port"},
		{"scim --listen " + port, exitFailed, "address already in use"},
		{"scim --quirk explode", exitUsage, `there is no quirk "explode"`},
		{"scim --fault explode", exitUsage, `there is no fault "explode"; there are status`},
		{"scim --auth env:NOBODY", exitUsage, "--auth env:NOBODY"},
		{"scim --auth secret", exitUsage, "--auth is env:NAME or file:PATH"},
		{"scim --path scim", exitUsage, "begins with /"},
		{"scim --tls-cert a.pem", exitUsage, "go together"},
		{"scim --tls --tls-cert a.pem --tls-key a.pem", exitUsage, "one of the two"},
		{"scim --listen 127.0.0.1:0 --tls-cert " + junk + " --tls-key " + junk, exitUsage, "--tls-cert, --tls-key"},
		{"scim extra", exitUsage, "serve scim takes no argument"},
	} {
		var stderr bytes.Buffer
		code := run(t.Context(), append([]string{"serve"}, strings.Fields(tt.args)...), environment{
			getenv: noEnv, stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr,
		})
		if code != tt.code || !strings.Contains(stderr.String(), tt.want) {
			t.Errorf("serve %s: %d %q, want %d %q", tt.args, code, stderr.String(), tt.code, tt.want)
		}
	}
}

func TestListQuirks(t *testing.T) {
	t.Parallel()
	var stdout bytes.Buffer
	code := run(t.Context(), []string{"serve", "scim", "--list-quirks"}, environment{getenv: noEnv, stdin: strings.NewReader(""), stdout: &stdout, stderr: io.Discard})
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	if code != exitOK || len(lines) != len(walkmetest.KnownQuirks()) {
		t.Errorf("%d, %d lines, want one a quirk", code, len(lines))
	}
	for _, line := range lines {
		name, sentence, _ := strings.Cut(line, " ")
		var q walkmetest.Quirks
		if err := q.Set(name); err != nil || strings.TrimSpace(sentence) == "" {
			t.Errorf("%q: %v", line, err)
		}
	}
}

// The sample command works as it is printed, whatever names the credential, and the
// credential is what one types into Okta.
func TestServeSample(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "it's a token")
	if err := os.WriteFile(file, []byte("abc\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(key string) string {
		return map[string]string{"WHOLE": "Bearer abc", "BARE": "abc", "PAIR": "dTpw"}[key]
	}
	for reference, want := range map[string]struct{ sample, header string }{
		"env:WHOLE":    {`-H "Authorization: $WHOLE"`, "Bearer abc"},
		"env:BARE":     {`-H "Authorization: Bearer $BARE"`, "Bearer abc"},
		"env:PAIR":     {`-H "Authorization: Basic $PAIR"`, "Basic dTpw"},
		"file:" + file: {`-H "Authorization: Bearer $(cat '` + strings.ReplaceAll(file, "'", `'\''`) + `')"`, "Bearer abc"},
	} {
		s := serveFake(t, env, "scim", "--listen", "127.0.0.1:0", "--quiet", "--auth", reference)
		if !strings.Contains(s.intro, want.sample) {
			t.Errorf("the introduction lacks %s\n%s", want.sample, s.intro)
		}
		if status, body := s.ask("GET", s.url+"/Users", "", "Authorization", want.header); status != 200 {
			t.Errorf("%s: %s is answered %d %s", reference, want.header, status, body)
		}
	}
	seed := filepath.Join(t.TempDir(), "org.yaml")
	if err := os.WriteFile(seed, []byte("people: [{login: zoe@example.com}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serveFake(t, env, "okta", "--listen", "127.0.0.1:0", "--quiet", "--token", "env:BARE", "--seed", seed)
	for _, part := range []string{`"Authorization: SSWS $BARE"`, "/users/zoe@example.com/lifecycle/suspend"} {
		if !strings.Contains(s.intro, part) {
			t.Errorf("the introduction lacks %s\n%s", part, s.intro)
		}
	}
}

package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const seedFile = `title: a scenario's org is a seed
org:
  people:
    - {login: ann@example.com, firstName: Ann, lastName: Archer, profile: {costCenter: "0042"}}
    - {login: bob@example.com, firstName: Bob, lastName: Baker, status: SUSPENDED}
  groups:
    - {name: Editors, members: [ANN@example.com], push: ACTIVE}
  assignments: [ann@example.com]
steps: [sync]
`

func TestServeOkta(t *testing.T) {
	t.Parallel()
	seed := filepath.Join(t.TempDir(), "org.yaml")
	if err := os.WriteFile(seed, []byte(seedFile), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(key string) string { return map[string]string{"OKTA_TOKEN": "00secret"}[key] }
	s := serveFake(t, env, "okta", "--listen", "127.0.0.1:0", "--seed", seed, "--token", "env:OKTA_TOKEN", "--app-id", "0oa1",
		"--fault", "status=503,path=/api/v1/groups")
	if strings.Contains(s.intro, "00secret") || !strings.Contains(s.intro, "2 people and 1 group.") {
		t.Errorf("the introduction is\n%s", s.intro)
	}
	ask := func(method, path, body string) (int, string) {
		return s.ask(method, s.url+path, body, "Authorization", "SSWS 00secret")
	}
	for _, tt := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/api/v1/apps/0oa1/users?expand=user", "", 200, `"costCenter":"0042"`},
		{"GET", "/api/v1/apps/0oa1/group-push/mappings", "", 200, `"status":"ACTIVE"`},
		{"GET", "/api/v1/groups", "", 503, "E0000009"},
		{"GET", "/api/v1/groups", "", 200, "Editors"},
		{"POST", "/api/v1/users/bob@example.com/lifecycle/unsuspend", "", 200, "{}"},
		{"GET", "/api/v1/users/bob@example.com", "", 200, `"status":"ACTIVE"`},
		{"GET", "/.well-known/openid-configuration", "", 200, `"issuer":"` + s.url + `"`},
	} {
		if status, body := ask(tt.method, tt.path, tt.body); status != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%s %s = %d %s, want %d %s", tt.method, tt.path, status, body, tt.status, tt.want)
		}
	}
	if status, body := s.ask("GET", s.url+"/_control/state", ""); status != 200 || !strings.Contains(body, "ann@example.com") {
		t.Errorf("_control/state = %d %s", status, body)
	}
}

// Without a seed and a token it brings both, and prints the token.
func TestServeOktaByItself(t *testing.T) {
	t.Parallel()
	s := serveFake(t, noEnv, "okta", "--listen", "127.0.0.1:0", "--quiet")
	token := regexp.MustCompile(`api token +(\S+)`).FindStringSubmatch(s.intro)
	if token == nil {
		t.Fatalf("no token is printed:\n%s", s.intro)
	}
	if status, body := s.ask("GET", s.url+"/api/v1/users", "", "Authorization", "SSWS "+token[1]); status != 200 || !strings.Contains(body, "ann@example.com") {
		t.Errorf("users = %d %s", status, body)
	}
}

func TestServeOktaRefuses(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "org.yaml")
	if err := os.WriteFile(broken, []byte("people:\n  - {login: ann@example.com, fristName: Ann}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args string
		code int
		want string
	}{
		{"--seed " + broken, exitUsage, `org.yaml:2:30: there is no key "fristName" here; did you mean firstName?`},
		{"--seed /nowhere.yaml", exitUsage, "no such file"},
		{"--fault explode", exitUsage, "there is no fault"},
		{"--token s3cret", exitUsage, "--token is env:NAME or file:PATH, never the credential itself"},
		{"--client-secret env:NOBODY", exitUsage, "--client-secret env:NOBODY"},
		{"--listen nowhere", exitUsage, "is not HOST:PORT"},
		{"--service-key " + broken, exitUsage, "it is not PEM"},
		{"--service-key /nowhere.pem", exitUsage, "no such file"},
		{"--service-client-id 0oa1", exitUsage, "--service-client-id wants --service-key"},
	} {
		var stderr bytes.Buffer
		code := run(t.Context(), append([]string{"serve", "okta"}, strings.Fields(tt.args)...), environment{
			getenv: noEnv, stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr,
		})
		if code != tt.code || !strings.Contains(stderr.String(), tt.want) {
			t.Errorf("serve okta %s: %d %q, want %d %q", tt.args, code, stderr.String(), tt.code, tt.want)
		}
	}
}

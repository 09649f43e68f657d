package configs_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"okta-walkme-agent/configs"
)

func TestSecretResolve(t *testing.T) {
	env := machine(
		map[string]string{"TOKEN": "s3cret", "EMPTY": "", "QUOTED": `"s3cret"`, "BLANK": " \n", "CREDENTIALS_DIRECTORY": "/run/credentials/agent"},
		map[string]string{
			"/etc/agent/token":               "0600 s3cret\n",
			"/etc/agent/windows":             "0400 s3cret\r\n",
			"/etc/agent/inner":               "0600  two words \n",
			"/etc/agent/bom":                 "0600 \ufeffs3cret\r\n\r\n",
			"/etc/agent/bom-alone":           "0600 \ufeff\r\n",
			"/etc/agent/utf16":               "0600 \xff\xfes\x003\x00",
			"/etc/agent/latin1":              "0600 s\xe9cret",
			"/etc/agent/zero-width":          "0600 s3cret\u200b",
			"/etc/agent/quoted":              "0600 \"s3cret\"\n",
			"/etc/agent/quoted-bom":          "0600 \ufeff's3cret' \n",
			"/etc/agent/typographic":         "0600 “s3cret”",
			"/etc/agent/one-quote":           "0600 s3c'ret\"",
			"/etc/agent/empty":               "0600 \n\n",
			"/etc/agent/group":               "0640 s3cret",
			"/etc/agent/world":               "0604 s3cret",
			"/etc/agent/writable":            "0620 s3cret",
			"/abs/token":                     "0600 s3cret",
			"/run/credentials/agent/token":   "0440 s3cret\n",
			"/run/credentials/agent/nothing": "0400 ",
		})
	tests := []struct {
		ref  configs.Secret
		want string
		err  string
	}{
		{"env:TOKEN", "s3cret", ""},
		{"file:token", "s3cret", ""},
		{"file:/abs/token", "s3cret", ""},
		{"file:windows", "s3cret", ""},
		{"file:inner", " two words ", ""},
		{"credential:token", "s3cret", ""},
		{"file:bom", "s3cret", ""},
		{"file:one-quote", `s3c'ret"`, ""},
		{"file:bom-alone", "", "file:bom-alone: the secret is empty"},
		{"file:utf16", "", "file:utf16: the text is UTF-16, as some Windows editors write it; save it as UTF-8"},
		{"file:latin1", "", "file:latin1: the secret holds characters that no secret has: it is damaged, or not plain text; copy it again, into a file in UTF-8"},
		{"file:zero-width", "", "file:zero-width: the secret holds characters that no secret has: it is damaged, or not plain text; copy it again, into a file in UTF-8"},
		{"file:quoted", "", "file:quoted: the secret stands in quotes; take the quotes away: the secret stands there alone"},
		{"file:quoted-bom", "", "file:quoted-bom: the secret stands in quotes; take the quotes away: the secret stands there alone"},
		{"file:typographic", "", "file:typographic: the secret stands in quotes; take the quotes away: the secret stands there alone"},
		{"env:QUOTED", "", "env:QUOTED: the secret stands in quotes; take the quotes away: the secret stands there alone"},
		{"env:EMPTY", "", "env:EMPTY: the environment variable is not set or empty"},
		{"env:BLANK", "", "env:BLANK: the secret is empty"},
		{"file:empty", "", "file:empty: the secret is empty"},
		{"file:missing", "", "file:missing: the file cannot be read: file does not exist"},
		{"file:~/token", "", "file:~/token: the file cannot be read: file does not exist; ~ and $ mean something to a shell alone; write the whole path"},
		{"file:$HOME/token", "", "file:$HOME/token: the file cannot be read: file does not exist; ~ and $ mean something to a shell alone; write the whole path"},
		{"file:group", "", "file:group: the file is open to others than its owner (mode 0640); chmod 600 it"},
		{"file:world", "", "file:world: the file is open to others than its owner (mode 0604); chmod 600 it"},
		{"file:writable", "", "file:writable: the file is open to others than its owner (mode 0620); chmod 600 it"},
		{"credential:nothing", "", "credential:nothing: the secret is empty"},
		{"credential:other", "", "credential:other: the file cannot be read: file does not exist; add LoadCredential=other:PATH to the unit"},
		{"s3cret", "", "s3cret: is not a reference to a secret; write env:NAME, file:PATH or credential:NAME, and keep the secret itself out of this file"},
		{"", "", ": is not a reference to a secret; write env:NAME, file:PATH or credential:NAME, and keep the secret itself out of this file"},
	}
	for _, tt := range tests {
		got, err := tt.ref.Resolve(env)
		if got != tt.want || fmt.Sprint(err) != tt.err && (tt.err != "" || err != nil) {
			t.Errorf("Secret(%q).Resolve() = %q, %v, want %q, %s", tt.ref, got, err, tt.want, tt.err)
		}
	}
}

func TestSecretWithoutSystemd(t *testing.T) {
	_, err := configs.Secret("credential:token").Resolve(machine(nil, nil))
	if err == nil || !strings.Contains(err.Error(), "CREDENTIALS_DIRECTORY is not set") {
		t.Errorf("Resolve = %v, want it to name CREDENTIALS_DIRECTORY", err)
	}
}

// The zero Env is the real machine.
func TestSecretFromDisk(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "token")
	if err := os.WriteFile(file, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	secret := configs.Secret("file:" + file)
	if got, err := secret.Resolve(configs.Env{}); got != "s3cret" || err != nil {
		t.Errorf("Resolve = %q, %v, want s3cret", got, err)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := secret.Resolve(configs.Env{}); err == nil {
		t.Error("Resolve of a file with mode 0644 succeeded")
	}
	if _, err := configs.Secret("file:" + dir).Resolve(configs.Env{}); err == nil || !strings.Contains(err.Error(), "it is a folder") {
		t.Errorf("Resolve of a folder = %v", err)
	}
	big := filepath.Join(dir, "big")
	if err := os.WriteFile(big, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := configs.Secret("file:" + big).Resolve(configs.Env{}); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("Resolve of 2 MiB = %v", err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	go func() { // a writer that comes later
		_ = os.WriteFile(pipe, []byte("s3cret\n"), 0o600)
	}()
	if got, err := configs.Secret("file:" + pipe).Resolve(configs.Env{}); got != "s3cret" || err != nil {
		t.Errorf("Resolve of a pipe = %q, %v, want s3cret", got, err)
	}
	t.Setenv("CONFIGS_TEST_TOKEN", "s3cret")
	if got, err := configs.Secret("env:CONFIGS_TEST_TOKEN").Resolve(configs.Env{}); got != "s3cret" || err != nil {
		t.Errorf("Resolve = %q, %v, want s3cret", got, err)
	}
}

// A secret that is no key has one line.
func TestSecretOfTwoLines(t *testing.T) {
	c := parse(t, minimal, machine(map[string]string{"OKTA_TOKEN": "a\nb", "WALKME_TOKEN": "user\nname"}, nil))
	_, oktaErr := c.OktaClient()
	_, walkmeErr := c.WalkMeClient()
	if text := fmt.Sprint(oktaErr); !strings.Contains(text, "the token contains a blank") {
		t.Errorf("OktaClient() = %v, want the blank named", oktaErr)
	}
	if text := fmt.Sprint(walkmeErr); strings.Count(text, "the secret holds a line break or another control character") != 1 {
		t.Errorf("WalkMeClient() = %v, want the line break named", walkmeErr)
	}
}

// What is missing is reported at the place of the reference, all at once.
func TestClientsReportMissingSecretsByPosition(t *testing.T) {
	c := parse(t, `okta:
  org_url: https://acme.okta.com
  app_id: 0oa1
  auth: {client_id: 0oa2, private_key: file:key.pem}
  ca_file: ca.pem
walkme:
  region: us
  auth:
    username: env:WALKME_USERNAME
    password: credential:walkme-password
`, machine(nil, map[string]string{"/etc/agent/key.pem": "0600 s3cret", "/etc/agent/ca.pem": "0644 nothing"}))
	_, oktaErr := c.OktaClient()
	_, walkmeErr := c.WalkMeClient()
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"OktaClient", oktaErr, `agent.yaml:4:40: okta.auth.private_key: file:key.pem: no PEM block is in it; a private key begins with -----BEGIN PRIVATE KEY-----
agent.yaml:5:12: okta.ca_file: /etc/agent/ca.pem: the file holds no certificate in PEM format`},
		{"WalkMeClient", walkmeErr, `agent.yaml:9:15: walkme.auth.username: env:WALKME_USERNAME: the environment variable is not set or empty
agent.yaml:10:15: walkme.auth.password: credential:walkme-password: there are no systemd credentials here: CREDENTIALS_DIRECTORY is not set; ` +
			`the service gets them by LoadCredential= in its unit; for a run by hand, set the variable to a folder that holds the file walkme-password`},
	} {
		var all *configs.Errors
		if !errors.As(tt.err, &all) || tt.err.Error() != tt.want {
			t.Errorf("%s() = %T:\n%v\nwant *Errors:\n%s", tt.name, tt.err, tt.err, tt.want)
		}
	}
}

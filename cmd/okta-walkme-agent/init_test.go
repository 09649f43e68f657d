package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/configs"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// begin runs init for a configuration in dir, with answers typed in.
func begin(t *testing.T, dir, answers string, args ...string) result {
	t.Helper()
	var out, err bytes.Buffer
	code := run(t.Context(), append([]string{"--config", filepath.Join(dir, "agent.yaml"), "init"}, args...), environment{
		getenv: func(string) string { return "" }, stdin: strings.NewReader(answers), stdout: &out, stderr: &err,
	})
	return result{code, out.String(), err.String()}
}

// TestInit makes a configuration by questions and secrets by questions, and checks it
// against an org and a tenant.
func TestInit(t *testing.T) {
	org, tenant := oktatest.Start(oktatest.Options{AppLabel: "WalkMe"}), walkmetest.Start(walkmetest.Options{})
	t.Cleanup(org.Close)
	t.Cleanup(tenant.Close)
	ann := org.Hire(oktatest.Person{First: "Ann", Last: "Archer", Email: "ann@example.com"})
	org.Assign(ann)
	org.NewGroup("Editors: EMEA", ann)
	dir := filepath.Join(t.TempDir(), "etc")
	answers := []string{org.URL(), "", org.AppID(), org.Token(), walkmetest.DefaultUsername, walkmetest.DefaultPassword}
	r := begin(t, dir, strings.Join(answers, "\n")+"\n", "--base-url", tenant.URL(), "--group", "Editors: EMEA", "--write-secrets")
	if r.code != exitOK {
		t.Fatalf("init ended with %d\n%s%s", r.code, r.out, r.err)
	}
	for _, want := range []string{"the credentials are accepted", "1 person maps to active accounts", "1 group to push"} {
		if !strings.Contains(r.out, want) {
			t.Errorf("the check of init says\n%swant %q in it", r.out, want)
		}
	}
	for _, want := range []string{"Read-only Administrator", "Create SCIM Integration", "systemctl enable --now okta-walkme-agent\n", "plan"} {
		if !strings.Contains(r.err, want) {
			t.Errorf("init says\n%swant %q in it", r.err, want)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "agent.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{org.Token(), walkmetest.DefaultUsername, walkmetest.DefaultPassword} {
		if bytes.Contains(text, []byte(secret)) || strings.Contains(r.out+r.err, secret) {
			t.Error("a secret is in the configuration or was shown")
		}
	}
	for name, want := range map[string]os.FileMode{"agent.yaml": 0o644, "okta-api-token": 0o600, "walkme-username": 0o600, "walkme-password": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("mode of %s = %v, %v, want %v", name, info.Mode(), err, want)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 4 {
		t.Errorf("files = %v, %v, want the configuration and three secrets", entries, err)
	}
}

// TestInitText says what each flag does to the first configuration.
func TestInitText(t *testing.T) {
	given := []string{"--okta-org", "https://acme.okta.com", "--okta-app", "0oa1", "--no-check"}
	plain := first(t, append(given, "--region", "us", "--live")...)
	tests := []struct {
		name string
		args []string
		want string // the lines that differ, in order
	}{
		{"with the dry run", []string{"--region", "EU"}, `
  region: eu
# The service plans on schedule and sends nothing until this is false.
dry_run: true`},
		{"a service app and files", []string{"--region", "ca", "--live", "--okta-auth", "service-app", "--client-id", "0oa9abc", "--key-id", "k", "--secrets", "file"}, `
    client_id: 0oa9abc
    private_key: file:okta-private-key
    key_id: "k"
  region: ca
    username: file:walkme-username
    password: file:walkme-password
# The memory, beside this file.
state:
  path: state.db`},
		{"groups, another address, an instance", []string{"--base-url", "https://papi.example.com/scim/v2", "--live", "--group", "A # b", "--group", "123456", "--instance", "staging"}, `
  base_url: https://papi.example.com/scim/v2
  sources:
    - name: "A # b"
    - name: "123456"
# The memory of this instance.
state:
  path: /var/lib/okta-walkme-agent-staging/state.db`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var news []string
			for _, line := range first(t, append(given, tt.args...)...) {
				if !slices.Contains(plain, line) {
					news = append(news, line)
				}
			}
			if got, want := strings.Join(news, "\n"), strings.TrimPrefix(tt.want, "\n"); got != want {
				t.Errorf("lines that differ:\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// first makes a configuration and returns its lines.
func first(t *testing.T, args ...string) []string {
	t.Helper()
	dir := t.TempDir()
	if r := begin(t, dir, "", args...); r.code != exitOK {
		t.Fatalf("init ended with %d\n%s", r.code, r.err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "agent.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := configs.Load(filepath.Join(dir, "agent.yaml"), configs.Env{}); err != nil {
		t.Errorf("Load = %v, want a configuration", err)
	}
	return strings.Split(string(text), "\n")
}

// TestInitAsksAgain repeats a question until its answer can be used.
func TestInitAsksAgain(t *testing.T) {
	org := oktatest.Start(oktatest.Options{AppLabel: "WalkMe"})
	t.Cleanup(org.Close)
	answers := func(lines ...string) string { return strings.Join(lines, "\n") + "\n" }
	secrets := []string{org.Token(), "scim", "secret"}
	tests := []struct {
		name, answers string
		args          []string
		code          int
		says, file    []string
	}{
		{"a path, a region that is none, then right ones", answers("https://acme.okta.com/app", "https://acme.okta.com", "walkme", "0oa1", "mars", "EU"), nil, exitOK,
			[]string{"has a path", `"walkme" is no id of an app`, `"mars" is not one of us, eu, ca`}, []string{"app_id: \"0oa1\"", "region: eu"}},
		{"a base URL at the prompt for the region", answers("https://acme.okta.com", "0oa1", "https://scim.example.com/v2"), nil, exitOK,
			nil, []string{"base_url: https://scim.example.com/v2"}},
		{"an app by its name", answers(append([]string{org.URL(), "walkme", "us"}, secrets...)...), []string{"--write-secrets"}, exitOK,
			[]string{"walkme is " + org.AppID()}, []string{"app_id: " + org.AppID()}},
		{"an app by a name that is none, then by one", answers(append(append([]string{org.URL(), "Walkmee", "us"}, secrets...), "WalkMe")...), []string{"--write-secrets"}, exitOK,
			[]string{`no app is called "Walkmee"; the credentials see "WalkMe"`}, []string{"app_id: " + org.AppID()}},
		{"nobody answers any more", answers("https://acme.okta.com", "0oa1", "mars"), nil, exitConfig, []string{`--region "mars" is not one of us, eu, ca`}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			r := begin(t, dir, tt.answers, append(tt.args, "--no-check")...)
			if r.code != tt.code {
				t.Fatalf("init ended with %d\n%s", r.code, r.err)
			}
			for _, want := range tt.says {
				if !strings.Contains(r.err, want) {
					t.Errorf("init says\n%swant %q in it", r.err, want)
				}
			}
			text, _ := os.ReadFile(filepath.Join(dir, "agent.yaml"))
			for _, want := range tt.file {
				if !strings.Contains(string(text), want+"\n") {
					t.Errorf("the configuration is\n%swant %q in it", text, want)
				}
			}
		})
	}
}

// TestInitAgain changes nothing for the same answers, what was answered for others,
// and nothing that somebody has edited.
func TestInitAgain(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "agent.yaml")
	answers := "token\nscim\nsecret\n"
	args := []string{"--okta-org", "https://acme.okta.com", "--okta-app", "0oa1", "--region", "us", "--write-secrets", "--no-check"}
	r := begin(t, dir, answers, args...)
	for _, name := range []string{"agent.yaml", "okta-api-token", "walkme-username", "walkme-password"} {
		if !strings.Contains(r.err, "written    "+filepath.Join(dir, name)) {
			t.Errorf("init says\n%swant %s among what was written", r.err, name)
		}
	}
	before, err := os.Stat(path)
	if r.code != exitOK || err != nil {
		t.Fatalf("init ended with %d\n%s", r.code, r.err)
	}
	r = begin(t, dir, answers, args...)
	if after, err := os.Stat(path); r.code != exitOK || err != nil || !os.SameFile(before, after) || strings.Count(r.err, "as it was") != 4 {
		t.Errorf("the same answers ended with %d\n%s", r.code, r.err)
	}
	r = begin(t, dir, answers, append(args, "--group", "Editors")...)
	if text, _ := os.ReadFile(path); r.code != exitOK || !strings.Contains(string(text), "- name: Editors\n") {
		t.Errorf("another answer ended with %d\n%s", r.code, r.err)
	}
	text, _ := os.ReadFile(path)
	edited := append(text, "# mine\n"...)
	if err := os.WriteFile(path, edited, 0o600); err != nil {
		t.Fatal(err)
	}
	r = begin(t, dir, answers, args...)
	if text, _ := os.ReadFile(path); r.code != exitConfig || !bytes.Equal(text, edited) || !strings.Contains(r.err, "somebody has edited it; --force replaces it") {
		t.Errorf("an edited file: init ended with %d and\n%s", r.code, r.err)
	}
	if r = begin(t, dir, answers, append(args, "--force")...); r.code != exitOK {
		t.Errorf("--force ended with %d\n%s", r.code, r.err)
	}
}

// TestInitKeepsAnswers names the answer that was wrong, and goes on with the others.
func TestInitKeepsAnswers(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "agent.yaml")
	key := filepath.Join(dir, "key.pem")
	if err := os.WriteFile(key, []byte("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, answers string
		args          []string
		resume, wrong string
	}{
		{"a wrong answer that nobody mends", "https://acme.okta.com\n0oa1\nmars\n", []string{"--group", "Ann's: EMEA", "--live"},
			"init --okta-org https://acme.okta.com --okta-app 0oa1 --group 'Ann'\\''s: EMEA' --live\n",
			"okta-walkme-agent: --region \"mars\" is not one of us, eu, ca\n"},
		{"a file that is not there", "https://acme.okta.com\n0oa1\n0oa9\nus\n/none.pem\n", []string{"--okta-auth", "service-app", "--secrets", "file", "--write-secrets"},
			"init --okta-org https://acme.okta.com --okta-app 0oa1 --okta-auth service-app --client-id 0oa9 --region us --secrets file --write-secrets\n",
			"okta-walkme-agent: okta-private-key: open /none.pem: no such file or directory\n"},
		{"a key that cannot sign", "https://acme.okta.com\n0oa1\n0oa9\nus\n" + key + "\n", []string{"--okta-auth", "service-app", "--write-secrets"},
			"--client-id 0oa9 --region us --write-secrets\n", "is no private key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := begin(t, dir, tt.answers, tt.args...)
			if r.code == exitOK || !strings.Contains(r.err, "okta-walkme-agent --config "+config+" init ") || !strings.Contains(r.err, tt.resume) {
				t.Errorf("init ended with %d and\n%swant the command line %q", r.code, r.err, tt.resume)
			}
			if i := strings.LastIndex(r.err, "\n\n"); !strings.Contains(r.err[i+1:], tt.wrong) || strings.Contains(r.err, "agent.yaml:") {
				t.Errorf("init ended with\n%swant it to say at last %q, without a line of a file that is not there", r.err, tt.wrong)
			}
			if _, err := os.Stat(config); err == nil {
				t.Error("a configuration was written")
			}
		})
	}
}

// TestInitDropIn has the unit read what it does not read by itself, and says what the
// service cannot read.
func TestInitDropIn(t *testing.T) {
	token := []string{"okta-api-token", "walkme-username", "walkme-password"}
	key := []string{"okta-private-key", "walkme-username", "walkme-password"}
	const system, instance, own = "/etc/okta-walkme-agent/agent.yaml", "/etc/okta-walkme-agent/staging/agent.yaml", "/srv/walkme/my.yaml"
	for _, tt := range []struct {
		name, path string
		setup      setup
		load       []string
		says       string
	}{
		{"the packaged unit has it all", system, setup{}, nil, "systemctl enable --now okta-walkme-agent\n"},
		{"an instance", instance, setup{instance: "staging"}, nil, "systemctl enable --now okta-walkme-agent@staging\n"},
		{"a key", system, setup{oktaAuth: authServiceApp}, key, "Let it load the key instead"},
		{"files", system, setup{references: inFiles}, token, "cannot read these files"},
		{"a key in a file", system, setup{references: inFiles, oktaAuth: authServiceApp}, key, "cannot read these files"},
		{"a place of one's own", own, setup{}, token, `Environment="OKTA_WALKME_AGENT_CONFIG=` + own + `"`},
		{"with a key", own, setup{oktaAuth: authServiceApp}, key, "systemctl enable --now okta-walkme-agent\n"},
		{"another instance's", system, setup{instance: "staging"}, token, `Environment="OKTA_WALKME_AGENT_CONFIG=` + system + `"`},
		{"by hand", own, setup{references: inFiles}, nil, "It begins with:\n    okta-walkme-agent init --write-secrets\n"},
		{"by hand, an instance", "/srv/my agent.yaml", setup{references: inFiles, instance: "eu"}, nil,
			"reads /etc/okta-walkme-agent/eu/agent.yaml alone"},
		{"a name with a blank", "/srv/my agent.yaml", setup{references: inFiles}, nil, "--config '/srv/my agent.yaml' plan\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.setup.references = cmp.Or(tt.setup.references, inCredentials)
			tt.setup.oktaAuth = cmp.Or(tt.setup.oktaAuth, authToken)
			said := tt.setup.nextSteps(tt.path)
			var got []string
			for line := range strings.Lines(said) {
				if name, ok := strings.CutPrefix(strings.TrimSpace(line), "LoadCredential="); ok {
					got = append(got, name)
				}
			}
			var want []string
			if tt.load != nil {
				want = []string{""} // which takes away what the unit has
			}
			for _, name := range tt.load {
				want = append(want, name+":"+filepath.Join(filepath.Dir(tt.path), name))
			}
			if !slices.Equal(got, want) {
				t.Errorf("drop-in loads %q, want %q", got, want)
			}
			if !strings.Contains(said, tt.says) {
				t.Errorf("init says\n%swant %q in it", said, tt.says)
			}
			if byHand := tt.setup.references == inFiles && tt.path != system; byHand == strings.Contains(said, "systemctl") {
				t.Errorf("init says\n%swhat systemctl does, though the unit knows nothing of it: %t", said, byHand)
			}
		})
	}
}

// TestInitBesideItsState: a configuration of one's own, with files for secrets, has its
// state beside it, not in that of the service. One that has it there already keeps it.
func TestInitBesideItsState(t *testing.T) {
	given := []string{"--okta-org", "https://acme.okta.com", "--okta-app", "0oa1", "--region", "us", "--no-check"}
	dir := t.TempDir()
	path := filepath.Join(dir, "agent.yaml")
	statePath := func(args ...string) string {
		t.Helper()
		if r := begin(t, dir, "", append(given, args...)...); r.code != exitOK {
			t.Fatalf("init %q ended with %d\n%s", args, r.code, r.err)
		}
		c, err := configs.Load(path, configs.Env{Getenv: noEnv})
		if err != nil {
			t.Fatal(err)
		}
		return c.State.Path
	}
	const ofService = "/var/lib/okta-walkme-agent/state.db"
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, ofService},
		{[]string{"--secrets", "file"}, ofService}, // as it was
		{nil, ofService},
	} {
		if got := statePath(tt.args...); got != tt.want {
			t.Errorf("init %q: the state is %s, want %s", tt.args, got, tt.want)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, want := statePath("--secrets", "file"), filepath.Join(dir, "state.db"); got != want {
			t.Errorf("the state is %s, want %s", got, want)
		}
	}
	if r := begin(t, dir, "", append(given, "--secrets", "file")...); !strings.Contains(r.err, "as it was  "+path) {
		t.Errorf("the same answers again change something:\n%s", r.err)
	}
}

// TestInitRefuses leaves what is there as it is.
func TestInitRefuses(t *testing.T) {
	given := []string{"--okta-org", "https://acme.okta.com", "--okta-app", "0oa1", "--region", "us", "--no-check"}
	tests := []struct {
		name, there string
		args        []string
		code        int
		want        string
	}{
		{"a changed configuration", "# mine\n", given, exitConfig, "--force replaces it"},
		{"nothing to replace the questions", "", []string{"--region", "us"}, exitUsage, "--okta-org is missing"},
		{"an address with a path", "", append([]string{"--okta-org", "https://acme.okta.com/app"}, given[2:]...), exitConfig, "--okta-org has a path"},
		{"a region that is none", "", append(given[:4:4], "--region", "mars"), exitConfig, `--region "mars" is not one of us, eu, ca`},
		{"an unknown sign-in", "", append(given, "--okta-auth", "saml"), exitUsage, "--okta-auth is token or service-app"},
		{"an instance that is a path", "", append(given, "--instance", "../x"), exitUsage, "--instance is a name"},
		{"an instance that is no unit's", "", append(given, "--instance", "a b"), exitUsage, "--instance is a name"},
		{"a client without its sign-in", "", append(given, "--client-id", "0oa9"), exitUsage, "go with --okta-auth service-app"},
		{"two targets", "", append(given, "--base-url", "https://x.example.com"), exitUsage, "region"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "agent.yaml")
			if tt.there != "" {
				if err := os.WriteFile(path, []byte(tt.there), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			r := begin(t, dir, "", tt.args...)
			if r.code != tt.code || !strings.Contains(r.err, tt.want) {
				t.Errorf("init ended with %d and\n%swant %d with %q", r.code, r.err, tt.code, tt.want)
			}
			if got, _ := os.ReadFile(path); string(got) != tt.there {
				t.Errorf("the file is %q, want %q", got, tt.there)
			}
		})
	}
	for _, there := range [][]byte{configs.Sample(), []byte("\n")} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "agent.yaml"), there, 0o600); err != nil {
			t.Fatal(err)
		}
		if r := begin(t, dir, "", given...); r.code != exitOK {
			t.Errorf("init over the sample, or an empty file, ended with %d\n%s", r.code, r.err)
		}
	}
}

// TestInitWhereNothingCanBeWritten says so before it asks for anything, also to --force.
func TestInitWhereNothingCanBeWritten(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "agent.yaml"), 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{dir: "it is no ordinary file", file: "cannot be written: not a directory", filepath.Join(file, "a", "b"): "cannot be written: not a directory"} {
		r := begin(t, in, "https://acme.okta.com\n", "--force")
		if r.code != exitFailed || !strings.Contains(r.err, want) || strings.Contains(r.err, "Address of your Okta org") {
			t.Errorf("init in %s ended with %d and\n%swant %q before any question", in, r.code, r.err, want)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("files = %v, %v, want what was there", entries, err)
	}
}

// cancels calls a function once something that it waits for is written.
type cancels struct {
	bytes.Buffer
	at     string
	cancel func()
}

func (c *cancels) Write(p []byte) (int, error) {
	n, err := c.Buffer.Write(p)
	if strings.Contains(c.String(), c.at) {
		c.cancel()
	}
	return n, err
}

// Ctrl-C ends a question that waits for an answer, and says how to go on.
func TestInitInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	in, typing := io.Pipe()
	t.Cleanup(func() { typing.Close() })
	out := &cancels{at: "The WalkMe app in Okta", cancel: func() { cancel(errInterrupted) }}
	go io.WriteString(typing, "https://acme.okta.com\n") //nolint:errcheck // init may have ended
	dir := t.TempDir()
	code := run(ctx, []string{"--config", filepath.Join(dir, "agent.yaml"), "init"}, environment{
		getenv: func(string) string { return "" }, stdin: in, stdout: io.Discard, stderr: out,
	})
	if text := out.String(); code != exitFailed || !strings.Contains(text, "init --okta-org https://acme.okta.com") || !strings.HasSuffix(text, "interrupted\n") {
		t.Errorf("init ended with %d and said\n%s", code, text)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 0 {
		t.Errorf("files = %v, %v, want none", files, err)
	}
}

// Who mistypes the path of the private key is asked again.
func TestInitAsksForTheKeyAgain(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "key.pem")
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	r := begin(t, dir, "/nowhere\n"+key+"\nokta-scim\npassword\n", "--okta-auth", "service-app", "--client-id", "0oaclient", "--no-check",
		"--okta-org", "https://acme.okta.com", "--okta-app", "0oa1b2c3d4e5f6g7h8i9", "--region", "us", "--write-secrets")
	if r.code != exitOK || !strings.Contains(r.err, "open /nowhere: no such file") {
		t.Errorf("init ended with %d\n%s", r.code, r.err)
	}
	r = begin(t, t.TempDir(), "/nowhere\n", "--okta-auth", "service-app", "--client-id", "0oaclient", "--no-check",
		"--okta-org", "https://acme.okta.com", "--okta-app", "0oa1b2c3d4e5f6g7h8i9", "--region", "us", "--write-secrets")
	if r.code != exitFailed || !strings.Contains(lastLine(r.err), "/nowhere") {
		t.Errorf("init ended with %d\n%s", r.code, r.err)
	}
}

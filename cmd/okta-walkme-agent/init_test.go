package main

import (
	"bytes"
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

// TestInitText says what each flag does to the sample, and that no comment is lost.
func TestInitText(t *testing.T) {
	given := []string{"--okta-org", "https://acme.okta.com", "--okta-app", "0oa1", "--no-check"}
	tests := []struct {
		name string
		args []string
		want string // the lines that are not the sample's
	}{
		{"the usual", []string{"--region", "eu"}, `
    username: credential:walkme-username
  app_id: "0oa1"
  region: "eu"
dry_run: true`},
		{"without a dry run", []string{"--region", "us", "--live"}, `
    username: credential:walkme-username
  app_id: "0oa1"
  region: "us"`},
		{"a service app and files", []string{"--region", "ca", "--okta-auth", "service-app", "--client-id", "0oa9abc", "--key-id", "k", "--secrets", "file"}, `
    # api_token: file:okta-api-token
    client_id: 0oa9abc
    key_id: "k"
    password: file:walkme-password
    private_key: file:okta-private-key
    username: file:walkme-username
  app_id: "0oa1"
  region: "ca"
dry_run: true`},
		{"groups, another address, an instance", []string{"--base-url", "https://papi.example.com/scim/v2", "--group", "A # b", "--group", "123456", "--instance", "staging"}, `
    - name: "123456"
    - name: "A # b"
    username: credential:walkme-username
  # region: us
  app_id: "0oa1"
  base_url: https://papi.example.com/scim/v2
  path: /var/lib/okta-walkme-agent-staging/state.db
  sources:
dry_run: true`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if r := begin(t, dir, "", append(given, tt.args...)...); r.code != exitOK {
				t.Fatalf("init ended with %d\n%s", r.code, r.err)
			}
			text, err := os.ReadFile(filepath.Join(dir, "agent.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			sample := strings.Split(string(configs.Sample()), "\n")
			var news []string
			comments := 0
			for line := range strings.SplitSeq(string(text), "\n") {
				if !slices.Contains(sample, line) {
					news = append(news, line)
				}
				if strings.HasPrefix(strings.TrimSpace(line), "# ") {
					comments++
				}
			}
			slices.Sort(news)
			if got, want := strings.Join(news, "\n"), strings.TrimPrefix(tt.want, "\n"); got != want {
				t.Errorf("lines that differ from the sample:\n%s\nwant\n%s", got, want)
			}
			if comments < 80 {
				t.Errorf("comments = %d, want those of the sample", comments)
			}
			if _, err := configs.Load(filepath.Join(dir, "agent.yaml"), configs.Env{}); err != nil {
				t.Errorf("Load = %v, want a configuration", err)
			}
		})
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
		{"two wrong answers", "https://acme.okta.com/app\n0oa1\nmars\n", []string{"--group", "Ann's: EMEA", "--live"},
			"init --okta-app 0oa1 --group 'Ann'\\''s: EMEA' --live\n",
			"okta-walkme-agent: --okta-org has a path; write the org's own address, as in https://acme.okta.com\nokta-walkme-agent: --region \"mars\" is not one of us, eu, ca\n"},
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

// TestInitDropIn has the unit load what the configuration needs, and says what the
// service cannot read.
func TestInitDropIn(t *testing.T) {
	token := []string{"okta-api-token", "walkme-username", "walkme-password"}
	key := []string{"okta-private-key", "walkme-username", "walkme-password"}
	for _, tt := range []struct {
		args       []string
		load       []string
		unreadable bool
	}{
		{nil, nil, false}, // the packaged unit has it all
		{[]string{"--okta-auth", "service-app", "--client-id", "0oa9"}, key, false},
		{[]string{"--secrets", "file"}, token, true},
		{[]string{"--secrets", "file", "--okta-auth", "service-app", "--client-id", "0oa9"}, key, true},
	} {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			dir := t.TempDir()
			r := begin(t, dir, "", append([]string{"--okta-org", "https://acme.okta.com", "--okta-app", "0oa1", "--region", "us", "--no-check"}, tt.args...)...)
			if r.code != exitOK {
				t.Fatalf("init ended with %d\n%s", r.code, r.err)
			}
			want := ""
			if tt.load != nil {
				want = "LoadCredential=\n"
			}
			for _, name := range tt.load {
				want += "LoadCredential=" + name + ":" + dir + "/" + name + "\n"
			}
			got := ""
			for line := range strings.Lines(r.err) {
				if line = strings.TrimSpace(line); strings.HasPrefix(line, "LoadCredential=") {
					got += line + "\n"
				}
			}
			if got != want {
				t.Errorf("drop-in:\n%swant\n%s", got, want)
			}
			if strings.Contains(r.err, "The service cannot read these files") != tt.unreadable {
				t.Errorf("init says\n%swant that the service cannot read the files: %t", r.err, tt.unreadable)
			}
		})
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
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "agent.yaml"), configs.Sample(), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := begin(t, dir, "", given...); r.code != exitOK {
		t.Errorf("init over the sample ended with %d\n%s", r.code, r.err)
	}
}

package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/agent/probe"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// probed runs the probe of a server and returns its report.
func (c *company) probed(target, token string, more ...string) *probe.Report {
	c.t.Helper()
	c.env["SCIM_TOKEN"] = token
	var out, errOut strings.Builder
	args := append([]string{"probe", target, "--auth", "env:SCIM_TOKEN", "--allow-writes", "--format", "json"}, more...)
	code := run(c.t.Context(), args, environment{
		getenv: func(key string) string { return c.env[key] }, stdin: strings.NewReader(""), stdout: &out, stderr: &errOut,
	})
	var r probe.Report
	if err := json.Unmarshal([]byte(out.String()), &r); err != nil || code != exitOK && code != exitProblems {
		c.t.Fatalf("probe ended with %d: %v\n%s", code, err, errOut.String())
	}
	return &r
}

// adopt makes the probe's configuration the company's, for a server with this token.
func (c *company) adopt(target, token, configuration string, withGroups bool) {
	c.t.Helper()
	c.write("walkme-token", token)
	lines := map[string]string{"walkme": "base_url: " + target + "\nauth: {token: file:walkme-token}\n"}
	section := ""
	for line := range strings.Lines(configuration) {
		switch {
		case strings.HasPrefix(line, "#"):
		case !strings.HasPrefix(line, " "):
			section = strings.TrimSuffix(strings.TrimSpace(line), ":")
		default:
			lines[section] += strings.TrimPrefix(line, "  ")
		}
	}
	if withGroups {
		lines["push_groups"] += "sources: [{name: Team}]\n"
	}
	lines["limits"] = "deactivations: {count: 100, percent: 100}\nmember_removals: {count: 100, percent: 100}\n"
	lines["provisioning"] += "on_missing: error\n"
	lines[""] = "mappings:\n  userName: user.email\n  name.givenName: user.firstName\n  name.familyName: user.lastName\n  emails[primary eq true].value: user.email\n"
	c.configure(lines)
}

// live plays the life of a company against whatever the configuration names, and lists
// where the server is not as Okta has it.
func (c *company) live(target, token string, withGroups bool) (wrong []string) {
	c.t.Helper()
	client, err := walkme.NewClient(walkme.Config{BaseURL: target, Auth: walkme.Auth{Token: token}, Profile: walkme.OIN, Wire: walkme.DefaultWire()})
	if err != nil {
		c.t.Fatal(err)
	}
	defer client.Close()
	c.hire("Ann", "Archer")
	c.hire("Bob", "Baker")
	c.hire("Cara", "Cole")
	if withGroups {
		c.group("team", "Team", "ann", "bob")
	}
	names := map[string]string{"ann": "Ann", "bob": "Bob", "cara": "Cara"}
	step := func(what string, active map[string]bool, members ...string) {
		if r := c.run("sync"); r.code != exitOK {
			wrong = append(wrong, fmt.Sprintf("%s: sync ended with %d: %s", what, r.code, lastLine(r.out+r.err)))
		}
		ids := map[string]string{}
		for name, want := range active {
			u, err := client.FindUser(c.t.Context(), name+"@example.com")
			switch {
			case err != nil:
				wrong = append(wrong, fmt.Sprintf("%s: %s: %v", what, name, err))
			case u.Active != nil && *u.Active != want:
				wrong = append(wrong, fmt.Sprintf("%s: %s is active %t, want %t", what, name, *u.Active, want))
			default:
				ids[u.ID] = name
			}
			if given, shown := shownName(u); shown && given != names[name] {
				wrong = append(wrong, fmt.Sprintf("%s: %s is called %q, want %q", what, name, given, names[name]))
			}
		}
		if !withGroups {
			return
		}
		g, err := client.FindGroup(c.t.Context(), "Team")
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: group: %v", what, err))
			return
		}
		g, err = client.Group(c.t.Context(), g.ID)
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s: group: %v", what, err))
			return
		}
		var in []string
		for _, m := range g.Members {
			in = append(in, ids[m.ID])
		}
		if slices.Sort(in); !slices.Equal(in, members) {
			wrong = append(wrong, fmt.Sprintf("%s: in the group are %q, want %q", what, in, members))
		}
	}
	all := func(cara bool) map[string]bool { return map[string]bool{"ann": true, "bob": true, "cara": cara} }
	step("first day", all(true), "ann", "bob")
	if withGroups {
		c.org.AddMember(c.groups["team"], c.people["cara"])
		c.org.RemoveMember(c.groups["team"], c.people["bob"])
	}
	c.org.Update(c.people["ann"], map[string]any{"firstName": "Anne"})
	names["ann"] = "Anne"
	step("changes", all(true), "ann", "cara")
	if withGroups {
		c.org.RemoveMember(c.groups["team"], c.people["cara"])
		step("Cara leaves the team", all(true), "ann")
	}
	c.org.Unassign(c.people["cara"])
	step("Cara leaves", all(false), "ann")
	c.org.Assign(c.people["cara"])
	step("Cara returns", all(true), "ann")
	return wrong
}

// shownName is the given name, where the server shows one.
func shownName(u *walkme.User) (string, bool) {
	if u == nil {
		return "", false
	}
	value, shown := u.Attribute("name.givenName")
	given, _ := value.(string)
	return given, shown && given != ""
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// TestProbeConfiguration lets the agent live by what the probe recommends, against
// servers that its defaults do not suit.
func TestProbeConfiguration(t *testing.T) {
	quirks := []string{
		"no-patch", "pathless-active-400", "rename-group-500", "no-filter-in-path", "remove-by-filter-no-effect", "members-patch-501",
		"add-existing-409", "add-duplicates", "max-patch-ops=10", "echo-password", "require-password", "put-members-no-effect", "empty-group-null",
	}
	for i, quirk := range quirks {
		if testing.Short() && i%4 != 0 {
			continue
		}
		t.Run(quirk, func(t *testing.T) {
			t.Parallel()
			var q walkmetest.Quirks
			if err := q.Set(quirk); err != nil {
				t.Fatal(err)
			}
			c := newCompany(t, oktatest.Options{}, walkmetest.Options{Quirks: q}, nil)
			c.tenant.AddUser(walkmetest.User{UserName: "ada@corp.example", GivenName: "Ada", FamilyName: "Min", Active: true,
				Extra: map[string]any{"emails": []any{map[string]any{"value": "ada@corp.example", "primary": true}}}})
			r := c.probed(c.scimURL(), c.tenant.Authorization())
			c.adopt(c.scimURL(), c.tenant.Authorization(), r.Configuration, true)
			if wrong := c.live(c.scimURL(), c.tenant.Authorization(), true); len(wrong) > 0 {
				t.Errorf("with the configuration\n%sthe company ends wrong:\n%s", r.Configuration, strings.Join(wrong, "\n"))
			}
		})
	}
}

// foreignVar lets TestForeignServers run: it needs node, npm and their registries.
const foreignVar = "OKTA_WALKME_FOREIGN"

// TestForeignServers probes servers that others wrote, and lives by what it recommends.
func TestForeignServers(t *testing.T) {
	if os.Getenv(foreignVar) == "" {
		t.Skipf("set %s to a folder for what it fetches", foreignVar)
	}
	for _, tt := range []struct {
		name, token string
		groups      bool
	}{
		{"scimmy", "Bearer t0ken", true}, {"elimity", "Bearer t0ken", true},
		{"better-auth", "Bearer " + base64.RawURLEncoding.EncodeToString([]byte("t0ken:okta")), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			base := foreignServer(t, tt.name)
			c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
			r := c.probed(base, tt.token)
			t.Logf("%d failed, %d warned, %d passed, %d skipped\n%s", r.Summary.Failed, r.Summary.Warned, r.Summary.Passed, r.Summary.Skipped, r.Configuration)
			for _, f := range r.Checks {
				if f.Outcome == probe.Failed {
					t.Logf("failed %s: %s", f.ID, f.Detail)
				}
			}
			if len(r.Left) > 0 {
				t.Errorf("left on the server: %v", r.Left)
			}
			c.adopt(base, tt.token, r.Configuration, tt.groups)
			wrong := c.live(base, tt.token, tt.groups)
			if len(wrong) > 0 && !strings.Contains(r.Configuration, "# Cannot:") {
				t.Errorf("with the configuration the company ends wrong:\n%s", strings.Join(wrong, "\n"))
			}
		})
	}
}

// foreignServer starts a server by the script and returns its base URL.
func foreignServer(t *testing.T, name string) string {
	t.Helper()
	script, err := filepath.Abs(filepath.Join("testdata", "foreign", "start"))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(os.Getenv(foreignVar), name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	_ = listener.Close() // the server takes the port
	cmd := exec.CommandContext(t.Context(), script, name, port, "t0ken")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server %s did not start: %v", name, err)
	}
	return strings.TrimSpace(line)
}

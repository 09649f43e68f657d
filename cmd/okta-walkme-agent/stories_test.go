package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme/walkmetest"
)

// story is what somebody lives through with bad input: a company of two people
// who are in sync, something that goes wrong, and commands. What they print, their
// exit codes, and what became of WalkMe and the state are in testdata/stories.
type story struct {
	name     string
	lines    map[string]string // of the configuration
	wrong    func(c *company)
	commands []string
}

var stories = []story{
	{name: "okta_token_refused", wrong: func(c *company) { c.org.SetToken("00another") },
		commands: []string{"check", "plan", "sync", "status"}},
	{name: "okta_unknown_app", wrong: func(c *company) {
		c.configure(map[string]string{"okta": "app_id: 0oa00000000000nobody\n"})
		c.must(exitOK, "state", "adopt")
	}, commands: []string{"check", "plan", "sync"}},
	{name: "okta_inactive_app", wrong: func(c *company) { c.org.SetAppStatus("INACTIVE") },
		commands: []string{"check", "plan", "sync"}},
	{name: "okta_without_admin_role", wrong: func(c *company) { c.org.SetAdminRole(false) },
		commands: []string{"check", "plan", "sync", "status", "status --format json"}},
	{name: "okta_lists_nobody", wrong: func(c *company) {
		c.org.Unassign(c.people["ann"])
		c.org.Unassign(c.people["bob"])
	}, commands: []string{"plan", "sync"}},
	{name: "okta_broken_page", wrong: func(c *company) {
		c.org.Fault(func(r *http.Request) *oktatest.Fault {
			if !strings.HasSuffix(r.URL.Path, "/users") {
				return nil
			}
			return &oktatest.Fault{Status: http.StatusOK, Body: "null"}
		})
	}, commands: []string{"plan", "sync"}},
	{name: "walkme_credentials_refused", wrong: func(c *company) {
		c.hire("Cara", "Cole")
		c.write("walkme-password", "wrong")
	}, commands: []string{"check", "plan", "sync", "status"}},
	{name: "walkme_wrong_region", wrong: func(c *company) {
		c.hire("Cara", "Cole")
		c.tenant.Fault(walkmetest.OnMatch(walkmetest.Any, 0, walkmetest.Gateway(http.StatusForbidden)))
	}, commands: []string{"check", "sync"}},
	{name: "walkme_login_page", wrong: func(c *company) {
		c.hire("Cara", "Cole")
		c.tenant.Fault(walkmetest.OnMatch(walkmetest.Any, 0, walkmetest.Gateway(http.StatusOK)))
	}, commands: []string{"check", "sync"}},
	{name: "walkme_nobody_listens", wrong: func(c *company) {
		c.hire("Cara", "Cole")
		c.configure(map[string]string{"walkme": "base_url: http://127.0.0.1:1/scim\n"})
		c.bind("http://127.0.0.1:1/scim")
	}, commands: []string{"check", "sync"}},
	{name: "state_of_another_app", wrong: func(c *company) {
		c.configure(map[string]string{"okta": "app_id: 0oa00000000000second\n"})
	}, commands: []string{"check", "plan", "sync", "run"}},
	{name: "walkme_ignores_filters", wrong: func(c *company) {
		c.tenant.SetQuirks(walkmetest.Quirks{IgnoreFilter: true})
		c.hire("Cara", "Cole")
	}, commands: []string{"sync", "plan"}},
	{name: "walkme_hides_who_conflicts", wrong: func(c *company) {
		c.hire("Cara", "Cole")
		c.hire("Dan", "Dunn")
		post := func(r *walkmetest.Request) bool {
			return r.Method == http.MethodPost && bytes.Contains(r.Body, []byte("cara@"))
		}
		c.tenant.Fault(walkmetest.OnMatch(post, 0, walkmetest.NotApplied(http.StatusConflict)))
	}, commands: []string{"sync", "sync", "status"}},
	{name: "walkme_refuses_a_value", wrong: func(c *company) {
		c.hire("Cara", "Cole")
		c.hire("Dan", "Dunn")
		post := func(r *walkmetest.Request) bool { return bytes.Contains(r.Body, []byte("cara@")) }
		c.tenant.Fault(walkmetest.OnMatch(post, 0, walkmetest.Fault{Status: 400, Body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"email is missing"}`}))
	}, commands: []string{"sync"}},
	{name: "walkme_breaks_off", wrong: func(c *company) {
		c.hire("Cara", "Cole")
		post := func(r *walkmetest.Request) bool { return r.Method == http.MethodPost }
		c.tenant.Fault(walkmetest.OnMatch(post, 1, walkmetest.AppliedUnanswered()))
	}, commands: []string{"sync", "status", "sync", "plan --detailed-exitcode"}},
	{name: "walkme_lost_an_account", wrong: func(c *company) {
		ann, ok := c.tenant.User("ann@example.com")
		if !ok {
			c.t.Fatal("ann has no account")
		}
		c.tenant.DeleteUser(ann.ID)
		c.org.Update(c.people["ann"], map[string]any{"lastName": "Abel"})
	}, commands: []string{"sync", "check --offline"}},
	{name: "walkme_shows_no_members", lines: map[string]string{"push_groups": "sources: [{rule: {name_starts_with: Editors}}]\n"}, wrong: func(c *company) {
		c.tenant.SetQuirks(walkmetest.Quirks{MembersNeverEchoed: true})
		c.group("editors", "Editors", "ann", "bob")
	}, commands: []string{"sync", "sync", "plan", "plan --offline", "explain Editors", "explain ann@example.com", "sync --refresh", "status", "plan --detailed-exitcode --refresh"}},
	{name: "walkme_cuts_lists_of_members", lines: map[string]string{"push_groups": "sources: [{rule: {name_starts_with: Editors}}]\n"}, wrong: func(c *company) {
		c.tenant.SetQuirks(walkmetest.Quirks{MembersShownMax: 5})
		names := []string{"ann", "bob"}
		for _, first := range []string{"Cara", "Dan", "Eve", "Finn", "Gus"} {
			c.hire(first, "Cole")
			names = append(names, strings.ToLower(first))
		}
		c.group("editors", "Editors", names...)
	}, commands: []string{"sync", "sync", "sync", "plan", "explain Editors", "sync --refresh", "status"}},
	{name: "person_without_email", wrong: func(c *company) {
		c.org.Assign(c.org.Hire(oktatest.Person{First: "Kio", Last: "Sk", Login: "kiosk-7", Email: "kiosk@example.com"}))
		c.hire("Cara", "Cole")
	}, commands: []string{"check", "sync", "plan"}},
	{name: "two_people_one_name", wrong: func(c *company) {
		c.hire("Cara", "Cole")
		c.hire("Zed", "Zorn")
		c.hire("Dan", "Dunn")
		c.org.SetAppProfile(c.people["zed"], "Cara@example.com", map[string]any{})
		c.org.SetAppProfile(c.people["dan"], "ANN@example.com", map[string]any{}) // Ann's account is there already
	}, commands: []string{"sync", "plan"}},
	{name: "odd_names", wrong: func(c *company) {
		for _, login := range oddLogins {
			c.org.Assign(c.org.Hire(oktatest.Person{First: "O'Néill \"Ø\"", Last: "李 + 1", Login: login, Email: "odd@example.com"}))
		}
	}, commands: []string{"sync", "plan --detailed-exitcode"}},
	{name: "odd_names_that_are_no_addresses", lines: map[string]string{"provisioning": "require_email: false\n"}, wrong: func(c *company) {
		for _, login := range oddLogins {
			c.org.Assign(c.org.Hire(oktatest.Person{First: "Odd", Last: "One", Login: strings.TrimSuffix(login, "@example.com"), Email: "odd@example.com"}))
		}
	}, commands: []string{"sync", "plan --detailed-exitcode"}},
	{name: "state_of_a_newer_version", wrong: func(c *company) {
		c.overwriteState(60, binary.BigEndian.AppendUint32(nil, 99)) // user_version, https://sqlite.org/fileformat.html
		c.hire("Cara", "Cole")
	}, commands: []string{"check", "check --offline", "plan", "sync", "status"}},
	{name: "state_damaged", wrong: func(c *company) {
		c.overwriteState(4096, bytes.Repeat([]byte("damage"), 4096))
		c.hire("Cara", "Cole")
	}, commands: []string{"check --offline", "plan", "sync", "status", "history"}},
	{name: "state_replaced_during_a_run", wrong: func(c *company) {
		c.hire("Cara", "Cole")
		backup := c.stateFile()
		once := sync.OnceFunc(func() {
			c.write("backup.db", backup)
			if err := os.Rename(filepath.Join(c.dir, "backup.db"), c.statePath()); err != nil {
				c.t.Error(err)
			}
		})
		c.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool {
			if r.Method == http.MethodPost {
				once()
			}
			return false
		}, 0, walkmetest.Fault{}))
	}, commands: []string{"sync", "check --offline", "plan --detailed-exitcode"}},
	{name: "state_of_another_kind", wrong: func(c *company) {
		c.overwriteState(0, bytes.Repeat([]byte("text, not a database\n"), 400))
		c.hire("Cara", "Cole")
	}, commands: []string{"check --offline", "plan", "sync", "status"}},
	{name: "state_is_a_folder", wrong: func(c *company) {
		c.configure(map[string]string{"state": "path: state\n"})
		c.hire("Cara", "Cole")
	}, commands: []string{"plan", "sync", "status"}},
	{name: "second_process", wrong: func(c *company) {
		db, err := state.Open(c.t.Context(), state.Options{Path: c.statePath(), Holder: programName + " run"})
		if err != nil {
			c.t.Fatal(err)
		}
		c.t.Cleanup(func() { db.Close() })
		c.hire("Cara", "Cole")
	}, commands: []string{"sync", "plan", "status"}},
	{name: "state_begins_anew", wrong: func(c *company) {
		c.configure(map[string]string{"state": "path: stat/state.db\n"})
	}, commands: []string{"plan"}},
	{name: "names_of_nobody", wrong: func(*company) {}, commands: []string{
		"explain anm@example.com", "explain zoe@example.com", "resync --user bbo@example.com --dry-run",
		"history --user anm@example.com", "history --user zoe@example.com", "history --group Editors",
	}},
	{name: "configuration_missing", wrong: func(c *company) {
		if err := os.Remove(filepath.Join(c.dir, "agent.yaml")); err != nil {
			c.t.Fatal(err)
		}
	}, commands: []string{"check", "plan", "sync", "status"}},
	{name: "configuration_wrong", wrong: func(c *company) {
		c.configure(map[string]string{"walkme": "wire_profil: oin\nauth: {username: file:walkme-username, password: hunter2}\n", "": "schedule: hourly\n"})
	}, commands: []string{"check", "plan", "sync", "status"}},
	{name: "secrets_missing", wrong: func(c *company) {
		c.configure(map[string]string{"okta": "auth: {api_token: env:OKTA_TOKEN}\n", "walkme": "auth: {username: file:walkme-username, password: file:nothing}\n"})
	}, commands: []string{"check", "sync"}},
	{name: "usage_wrong", wrong: func(*company) {},
		commands: []string{"snyc", "sync --dry", "plan --format xml", "sync now", "sync --approve deactivations-12345678", "explain", "apply a b", "resync --attribute nickName", "resync ann@example.com", "plan --color bogus", "status --max-age -5m", "completion tcsh"}},
}

// oddLogins are userNames with everything that a filter, a path or a query could
// trip over.
var oddLogins = []string{
	"o'brien@example.com", "a+b@example.com", `"quo ted"@example.com`, "back\\slash@example.com",
	"zoë.müller@example.com", "李雷@example.com", "percent%41@example.com", "amp&eq=1@example.com",
	`x" or userName eq "ann@example.com`, "slash/and?mark#@example.com", "emoji😀@example.com",
}

func TestStories(t *testing.T) {
	t.Parallel()
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			lines := map[string]string{"log": "level: error\nformat: text\n"}
			for section, text := range s.lines {
				lines[section] = text
			}
			c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, lines)
			c.hire("Ann", "Archer")
			c.hire("Bob", "Baker")
			c.tenant.Protect(c.tenant.AddUser(walkmetest.User{UserName: "admin@example.com", Active: true}))
			c.must(exitOK, "sync")
			s.wrong(c)
			golden(t, filepath.Join("testdata", "stories", s.name+".txt"), c.tell(s.commands))
		})
	}
}

// tell runs the commands and describes all that came of it.
func (c *company) tell(commands []string) string {
	var b strings.Builder
	for _, command := range commands {
		tenant, file, writes := c.tenant.State(), c.stateFile(), c.writes()
		r := c.run(strings.Fields(command)...)
		fmt.Fprintf(&b, "$ %s %s\n%s", programName, command, r.out)
		for line := range strings.Lines(r.err) {
			b.WriteString("! " + line)
		}
		fmt.Fprintf(&b, "exit %d; WalkMe: %d writes, %s; state file %s\n\n", r.code, c.writes()-writes,
			same(c.tenant.State() == tenant), same(c.stateFile() == file))
	}
	if d := c.duplicates(); len(d) > 0 {
		fmt.Fprintf(&b, "duplicates: %q\n", d)
	}
	if v := c.tenant.Violations(); len(v) > 0 {
		fmt.Fprintf(&b, "violations: %q\n", v)
	}
	for _, u := range c.tenant.Users() {
		fmt.Fprintf(&b, "%s active=%t\n", u.UserName, u.Active)
	}
	return c.timeless(b.String())
}

func same(yes bool) string {
	if yes {
		return "as before"
	}
	return "changed"
}

// stateFile is the content of the state's file.
func (c *company) stateFile() string {
	data, err := os.ReadFile(c.statePath())
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// overwriteState damages the state's file at an offset.
func (c *company) overwriteState(offset int64, data []byte) {
	c.t.Helper()
	f, err := os.OpenFile(c.statePath(), os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteAt(data, offset)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// changing is what differs from run to run in an output.
var changing = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(Z|[+-]\d\d:\d\d)`), "TIME"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?( UTC)?`), "TIME"},
	{regexp.MustCompile(`(, |\bin |\bafter )(\d+m\d+s|\d+(\.\d)? s)\b`), "${1}N s"},
	{regexp.MustCompile(`\(\d+ min ago\)`), "(just now)"},    // where a command takes long
	{regexp.MustCompile(`\(in 1[5-9] min\)`), "(in 20 min)"}, // the same
	{regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\b`), "RUN"},
	{regexp.MustCompile(`Plan    [0-9a-f]{16}`), "Plan    ID"},
	{regexp.MustCompile(`versions up to \d+`), "versions up to N"},
	{regexp.MustCompile(`process \d+`), "process PID"},
	{regexp.MustCompile(`127\.0\.0\.1:\d{3,}`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`\[request [^\]]*\]`), "[request ID]"},
}

// timeless takes addresses, times and random ids out of a text.
func (c *company) timeless(text string) string {
	text = strings.NewReplacer(c.org.URL(), "OKTA", c.gate.URL, "WALKME", c.dir, "DIR").Replace(text)
	for _, ch := range changing {
		text = ch.pattern.ReplaceAllString(text, ch.name)
	}
	return text
}

// goldenVar makes the tests write what they get instead of comparing it.
const goldenVar = "OKTA_WALKME_GOLDEN"

// golden compares a text with that of a file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv(goldenVar) == "write" {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s: other output (-want +got); %s=write writes it anew:\n%s", file, goldenVar, d)
	}
}

// bind makes the state be about another address, which state adopt does only for one
// that answers.
func (c *company) bind(target string) {
	c.t.Helper()
	db, err := state.Open(c.t.Context(), state.Options{Path: c.statePath(), Build: "test", Holder: "test"})
	if err == nil {
		err = errors.Join(agent.Bind(c.t.Context(), db, agent.Binding{AppID: c.org.AppID(), Target: target}), db.Close())
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

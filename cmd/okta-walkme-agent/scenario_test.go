package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"okta-walkme-agent/agent/probe/scenario"
	"okta-walkme-agent/walkme/walkmetest"
)

// runAgent is the program in this process.
func runAgent(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return run(ctx, args, environment{getenv: noEnv, stdin: strings.NewReader(""), stdout: stdout, stderr: stderr})
}

// TestScenarios plays every scenario that ships.
func TestScenarios(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join("..", "..", "docs", "scenarios", "*.yaml"))
	if err != nil || len(paths) < 15 {
		t.Fatalf("%d scenarios, %v", len(paths), err)
	}
	opts := scenario.Options{Program: runAgent, Executable: []string{build(t)}}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".yaml"), func(t *testing.T) {
			t.Parallel()
			f, err := scenario.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			if f.Title == "" || f.Says == "" || f.Source == "" {
				t.Error("a scenario that ships has a title, a sentence and its source")
			}
			results, err := scenario.Play(t.Context(), f, opts)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				for _, failure := range r.Failures {
					t.Errorf("%s:%d (%s): %s", path, failure.Line, r.WireProfile, failure.Text)
				}
			}
		})
	}
}

// play runs "scenario ARGS" on a file with this text.
func play(t *testing.T, getenv func(string) string, text string, args ...string) (int, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "s.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	code := run(t.Context(), append([]string{"scenario", "run", path}, args...), environment{getenv: getenv, stdin: strings.NewReader(text), stdout: &out, stderr: &out})
	return code, strings.ReplaceAll(out.String(), path, "s.yaml")
}

// The example holds, against the built-in tenant and against a foreign server, which
// is as it was afterwards.
func TestScenarioExample(t *testing.T) {
	t.Parallel()
	var example bytes.Buffer
	if code := run(t.Context(), []string{"scenario", "example"}, environment{getenv: noEnv, stdin: strings.NewReader(""), stdout: &example, stderr: io.Discard}); code != exitOK {
		t.Fatalf("scenario example ended with %d", code)
	}
	if code, out := play(t, noEnv, example.String()); code != exitOK || !strings.HasPrefix(out, "ok ") {
		t.Errorf("%d %s", code, out)
	}
	tenant := walkmetest.Start(walkmetest.Options{})
	t.Cleanup(tenant.Close)
	tenant.AddUser(walkmetest.User{UserName: "admin@example.com", Active: true})
	before := tenant.State()
	env := func(key string) string { return map[string]string{"SCIM_AUTH": tenant.Authorization()}[key] }
	if code, out := play(t, env, example.String(), "--target", tenant.URL(), "--auth", "env:SCIM_AUTH"); code != exitOK {
		t.Errorf("against a target: %d %s", code, out)
	}
	if after := tenant.State(); after != before {
		t.Errorf("the target holds in the end\n%s\nbefore\n%s", after, before)
	}
	tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool { return r.Method == "DELETE" }, 0, walkmetest.NotApplied(501)))
	if code, out := play(t, env, example.String(), "--target", tenant.URL(), "--auth", "env:SCIM_AUTH"); code != exitFailed || !strings.Contains(out, "left on the server: DELETE /Groups/") {
		t.Errorf("against a target without DELETE: %d %s", code, out)
	}
}

const oneSync = `title: one sync
org:
  people: [{login: ann@example.com, firstName: Ann, lastName: Archer}]
  groups: [{name: Editors, members: [ann@example.com]}]
  assignments: [ann@example.com]
config: {push_groups: {sources: [{name: Editors}]}}
steps:
  - sync:
`

// An expectation that does not hold is said with its line and both values.
func TestScenarioFailures(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ expectation, want string }{
		"exit code":         {"    expect_exit: 3", `s.yaml:9: expect_exit: the command ended with 0, want 3`},
		"no such request":   {"    expect_requests: [GET /Users, DELETE /Users/*]", `s.yaml:9: expect_requests: there is no DELETE /Users/\* after the 1 expected before it\n +POST /Users -> 201`},
		"another body":      {"    expect_requests:\n      - {method: POST, path: /Users, body: {active: false}}", `s.yaml:10: expect_requests: no POST /Users is as expected; of POST /Users -> 201 active is true, want false`},
		"a key too many":    {"    expect_requests:\n      - {method: POST, path: /Users, without: [name.givenName]}", `name.givenName is "Ann", want it not there`},
		"another status":    {"    expect_requests: [POST /Users -> 200]", `the status is 201, want 200`},
		"another header":    {"    expect_requests: [{method: POST, path: /Users, headers: {User-Agent: curl}}]", `the header User-Agent is "Okta SCIM Client 1.0.0", want "curl"`},
		"another answer":    {"    expect_requests: [{method: POST, path: /Users, answer: {userName: bob}}]", `userName is "ann@example.com", want "bob"`},
		"none at all":       {"    expect_requests: []", `expect_requests: \d requests were sent, want none`},
		"more than these":   {"    expect_only_requests: [GET /Users]", `expect_only_requests: \d requests were sent, want 1; the first too many is POST /Users -> 201`},
		"others than these": {"    expect_only_requests: [GET /Groups]", `expect_only_requests: request 1 is GET /Users\?filter=userName eq "ann@example.com" -> 200: the path is /Users, want /Groups`},
		"by a pattern":      {"    expect_no_requests: [POST /Use*]", `expect_no_requests: POST /Users -> 201 was sent, want no POST /Use\*`},
		"one of these":      {"    expect_no_requests: [POST /Users]", `expect_no_requests: POST /Users -> 201 was sent, want no POST /Users`},
		"text":              {"    expect_text: nonsense", `expect_text: "nonsense" is not in the output`},
		"no text":           {"    expect_no_text: Created", `expect_no_text: "Created" is in the output`},
		"no such account":   {"    expect_accounts: [bob@example.com]", `there is no account bob@example.com, want one; there are ann@example.com`},
		"another value":     {"    expect_accounts:\n      - userName: ann@example.com\n        name.givenName: Anna", `s.yaml:11: expect_accounts: ann@example.com: name.givenName is "Ann", want "Anna"`},
		"an account":        {"    expect_no_accounts: ann@example.com", `want no account ann@example.com`},
		"no such group":     {"    expect_groups: [{name: Authors}]", `there is no group Authors, want one; there are Editors`},
		"other members":     {"    expect_groups: [{name: Editors, members: []}]", `Editors has the members ann@example.com, want none`},
		"a group":           {"    expect_no_groups: Editors", `there is Editors with 1 members, want no group Editors`},
		"no violations":     {"    expect_violations: [json]", `the rules broken are none, want json`},
		"the same id":       {"    expect_accounts: [{userName: ann@example.com, same_id_as: eve@example.com}]", `there was no user eve@example.com before`},
		"in the end":        {"expect_accounts: [bob@example.com]", `s.yaml:9: expect_accounts: there is no account bob`},
		"a wrong command":   {"  - run: synk", `s.yaml:9: the command is not one of the agent's`},
		"nothing to decide": {"  - sync: {approve: all}", `s.yaml:9: approve: nothing waits for a decision`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out := play(t, noEnv, oneSync+tt.expectation+"\n")
			if code != exitProblems || !regexp.MustCompile(tt.want).MatchString(out) {
				t.Errorf("%d %s\nwant %d %s", code, out, exitProblems, tt.want)
			}
		})
	}
}

// A file that says what cannot be is told with line and column.
func TestScenarioRefuses(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text, want string
		args       []string
	}{
		"no YAML":           {text: "steps: [", want: "s.yaml:2:1: syntax error"},
		"empty":             {text: "", want: "the file is empty"},
		"no steps":          {text: "title: x\n", want: "a scenario has steps"},
		"a misspelt key":    {text: oneSync + "    expect_exits: 0\n", want: `s.yaml:9:5: there is no key "expect_exits" here; did you mean expect_exit?`},
		"two actions":       {text: oneSync + "    unassign: ann@example.com\n", want: "s.yaml:8:5: one step does one thing, not sync and unassign"},
		"a wrong type":      {text: oneSync + "    expect_exit: soon\n", want: `s.yaml:9:18: a whole number is wanted here, not "soon"`},
		"no such step":      {text: "steps: [dance]\n", want: `there is no key "dance" here`},
		"a wrong request":   {text: oneSync + "    expect_requests: [users]\n", want: `a request is written "METHOD /path"`},
		"nobody":            {text: "steps: [unassign: bob@example.com]\n", want: `s.yaml:1:1: nobody has the login "bob@example.com"`},
		"nobody in groups":  {text: "org: {groups: [{name: g, members: [x]}]}\nsteps: [sync]\n", want: `nobody in org.people has the login "x"`},
		"a wrong fault":     {text: "steps: [fault: {walkme: explode}]\n", want: `there is no fault "explode"`},
		"a wrong quirk":     {text: "tenant: {quirks: [explode]}\nsteps: [sync]\n", want: `there is no quirk "explode"`},
		"a wrong profile":   {text: "wire_profile: okta\nsteps: [sync]\n", want: `s.yaml:1:1: wire_profile is oin, aiw or both, not "okta"`},
		"exit of nothing":   {text: "steps: [{expect_exit: 0}]\n", want: "expect_exit stands beside a command"},
		"a key twice":       {text: oneSync + "    expect_exit: 0\n    expect_exit: 3\n", want: `s.yaml:10:5: the key "expect_exit" is there twice`},
		"a group twice":     {text: "org:\n  groups:\n    - {name: g}\n    - {name: g}\nsteps: [sync]\n", want: `s.yaml:4:7: org.groups: the name "g" is there twice`},
		"a line of lists":   {text: "org:\n  assignments: [x]\ntenant:\n  faults: [explode]\nsteps: [sync]\n", want: `s.yaml:4:3: tenant.faults: there is no fault "explode"`},
		"a wrong status":    {text: "org:\n  people:\n    - {login: a, status: ASLEEP}\nsteps: [sync]\n", want: "s.yaml:3:7: org.people: the status is one of STAGED, "},
		"a wrong push":      {text: "org:\n  groups:\n    - {name: a, push: NOW}\nsteps: [sync]\n", want: "s.yaml:3:7: org.groups: push is one of ACTIVE, INACTIVE, ERROR"},
		"a method":          {text: oneSync + "    expect_no_requests: [get /Users]\n", want: `s.yaml:9:26: a method is one of GET, POST, PUT, PATCH, DELETE, not "get"`},
		"a path":            {text: oneSync + "    expect_requests: [{method: GET, path: Users}]\n", want: "a path begins with a slash"},
		"a slip in a path":  {text: oneSync + "    expect_no_requests:\n      - PUT /Users/{an@example.com}\n", want: "s.yaml:10:9: {an@example.com} stands for nothing: this file speaks of no such person, account or group; did you mean ann@example.com?"},
		"a slip in a body":  {text: oneSync + "    expect_no_requests:\n      - {method: PATCH, path: /Groups/*, body: {Operations: [{value: [{value: \"{bo}\"}]}]}}\n", want: "s.yaml:10:9: {bo} stands for nothing"},
		"a slip in a list":  {text: oneSync + "    expect_only_requests:\n      - GET /Users\n      - GET /Groups/{Editor}\n", want: "s.yaml:11:9: {Editor} stands for nothing: this file speaks of no such person, account or group; did you mean Editors?"},
		"a slip in without": {text: oneSync + "    expect_requests:\n      - {method: POST, path: /Groups, without: ['members[value eq \"{eve}\"]']}\n", want: "s.yaml:10:9: {eve} stands for nothing"},
		"nobody in Okta":    {text: "tenant: {accounts: [{userName: dan@example.com}]}\n" + oneSync + "expect_no_requests:\n  - {method: POST, body: {externalId: \"{okta:dan@example.com}\"}}\n", want: "s.yaml:11:5: {okta:dan@example.com} stands for nothing"},
		"no such endpoint":  {text: oneSync + "    expect_no_requests: [PUT /User/*]\n", want: "s.yaml:9:5: expect_no_requests: nothing is ever sent to /User/*; SCIM has /Users, /Groups, /Me"},
		"a folder":          {text: oneSync, args: []string{"/"}, want: "/ is a folder, not a file"},
		"auth alone":        {text: oneSync, args: []string{"--auth", "env:X"}, want: "--auth is for --target"},
		"target alone":      {text: oneSync, args: []string{"--target", "http://127.0.0.1:1"}, want: "--target wants --auth"},
		"flag":              {text: oneSync, args: []string{"--wire-profile", "x"}, want: "--wire-profile is oin, aiw or both"},
		"no such file":      {text: oneSync, args: []string{"/nowhere.yaml"}, want: "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out := play(t, noEnv, tt.text, tt.args...)
			if code != exitUsage || !strings.Contains(out, tt.want) {
				t.Errorf("%d %s\nwant %d %s", code, out, exitUsage, tt.want)
			}
		})
	}
	var stderr bytes.Buffer
	if code := run(t.Context(), []string{"scenario", "run"}, environment{getenv: noEnv, stdin: strings.NewReader(""), stdout: io.Discard, stderr: &stderr}); code != exitUsage {
		t.Errorf("without a file: %d %s", code, stderr.String())
	}
}

// {NAME} may be anybody of whom the file speaks: who is there later, in WalkMe alone, under
// a new name or in another case, whether or not an account ever was.
func TestScenarioNames(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"never provisioned": "org: {people: [{login: bob@example.com, firstName: B, lastName: B}]}\nsteps: [sync]\nexpect_no_requests: ['PUT /Users/{bob@example.com}', 'POST /Groups/{okta:bob@example.com}']\n",
		"in WalkMe alone":   "tenant: {accounts: [{userName: dan@example.com}]}\nsteps: [sync]\nexpect_no_requests: ['PUT /Users/{dan@example.com}']\n",
		"a linked group":    "org: {groups: [{name: A}]}\ntenant: {groups: [{name: B}]}\nconfig: {push_groups: {sources: [{name: A, link: B}]}}\nsteps: [sync]\nexpect_no_requests: ['DELETE /Groups/{B}']\n",
		"a new name":        oneSync + "  - change: {login: ann@example.com, set: {login: anna@example.com}}\n  - sync:\n    expect_no_requests: ['DELETE /Users/{anna@example.com}', 'DELETE /Users/{ANN@example.com}']\n",
		"computed":          strings.Replace(oneSync, "config: {", "config: {mappings: {userName: '\"x-\" + user.login', name.givenName: user.firstName, name.familyName: user.lastName}, ", 1) + "    expect_no_requests: ['PUT /Users/{x-ann@example.com}']\n",
		"a text in braces":  oneSync + "    expect_requests: [{method: POST, path: /Users, without: [nickName]}]\n  - change: {login: ann@example.com, set: {lastName: \"{A}\"}}\n  - sync:\n    expect_requests: [{method: PUT, path: /Users/*, body: {name: {familyName: \"{A}\"}}}]\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if code, out := play(t, noEnv, text, "--wire-profile", "oin"); code != exitOK {
				t.Errorf("%d %s", code, out)
			}
		})
	}
	computed := "config: {mappings: {userName: '\"x-\" + user.login'}}\nsteps: [sync]\nexpect_no_requests:\n  - PUT /Users/{y-ann@example.com}\n"
	if code, out := play(t, noEnv, computed); code != exitProblems || !strings.Contains(out, "s.yaml:4: expect_no_requests: {y-ann@example.com} stands for nothing: there has been no such account or group") {
		t.Errorf("a computed name that nobody has: %d %s", code, out)
	}
}

// A target that nobody serves cannot be played against.
func TestScenarioWithoutTarget(t *testing.T) {
	t.Parallel()
	env := func(string) string { return "Basic dTpw" }
	if code, out := play(t, env, oneSync, "--target", "http://127.0.0.1:1/scim", "--auth", "env:X"); code != exitFailed || !strings.Contains(out, "connection refused") {
		t.Errorf("%d %s", code, out)
	}
}

// A configuration that the agent refuses lets nothing hold, unless the file says so.
func TestScenarioRefusedConfiguration(t *testing.T) {
	t.Parallel()
	text := "config: {walkme: {nope: 1}}\nsteps: [sync]\n"
	if code, out := play(t, noEnv, text); code != exitProblems || !strings.Contains(out, "s.yaml:2: the configuration is refused") || !strings.Contains(out, "walkme.nope") {
		t.Errorf("%d %s", code, out)
	}
	for _, expected := range []string{text + "expect_exit: 78\n", "config: {walkme: {nope: 1}}\nsteps: [{sync: , expect_exit: 78}]\n"} {
		if code, out := play(t, noEnv, expected); code != exitOK {
			t.Errorf("%s: %d %s", expected, code, out)
		}
	}
}

// The credential of a target is what one types into Okta: a bare token is sent as Bearer.
func TestScenarioBareToken(t *testing.T) {
	t.Parallel()
	tenant := walkmetest.Start(walkmetest.Options{Authorization: "Bearer t0ken"})
	t.Cleanup(tenant.Close)
	env := func(key string) string { return map[string]string{"TOKEN": "t0ken"}[key] }
	if code, out := play(t, env, oneSync, "--target", tenant.URL(), "--auth", "env:TOKEN"); code != exitOK {
		t.Errorf("%d %s", code, out)
	}
}

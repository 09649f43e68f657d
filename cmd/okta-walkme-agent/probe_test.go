package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"okta-walkme-agent/agent/probe"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// probeStage is a tenant over HTTP with people whom nobody may touch.
type probeStage struct {
	*testing.T
	tenant *walkmetest.Tenant
	env    map[string]string
	stdin  string
}

func newProbeStage(t *testing.T, o walkmetest.Options) *probeStage {
	t.Helper()
	tenant := walkmetest.Start(o)
	t.Cleanup(tenant.Close)
	for _, name := range []string{"ada@corp.example", "bob@corp.example"} {
		id := tenant.AddUser(walkmetest.User{UserName: name, GivenName: "Real", FamilyName: "Secretname", Active: true,
			Extra: map[string]any{"emails": []any{map[string]any{"value": name, "primary": true}}}})
		tenant.Protect(id)
	}
	return &probeStage{T: t, tenant: tenant, env: map[string]string{"TOKEN": tenant.Authorization()}}
}

func (s *probeStage) run(ctx context.Context, args ...string) result {
	s.Helper()
	var out, errOut bytes.Buffer
	code := run(ctx, append([]string{"probe"}, args...), environment{
		getenv: func(key string) string { return s.env[key] }, stdin: strings.NewReader(s.stdin), stdout: &out, stderr: &errOut,
	})
	return result{code, out.String(), errOut.String()}
}

// probe judges the tenant.
func (s *probeStage) probe(args ...string) result {
	s.Helper()
	return s.run(s.Context(), append([]string{s.tenant.URL(), "--auth", "env:TOKEN"}, args...)...)
}

func (s *probeStage) report(r result) *probe.Report {
	s.Helper()
	var report probe.Report
	if err := json.Unmarshal([]byte(r.out), &report); err != nil {
		s.Fatalf("the report is no JSON: %v\n%s%s", err, r.out, r.err)
	}
	return &report
}

// untouched fails unless the tenant has what it had before, and nothing else.
func (s *probeStage) untouched() {
	s.Helper()
	if n, m := len(s.tenant.Users()), len(s.tenant.Groups()); n != 2 || m != 0 {
		s.Errorf("the tenant has %d accounts and %d groups, want the 2 of before and none", n, m)
	}
	for _, v := range s.tenant.Violations() {
		if strings.HasPrefix(v, string(walkmetest.RuleProtected)) {
			s.Errorf("the probe touched what it did not make: %s", v)
		}
	}
}

func TestProbeUsage(t *testing.T) {
	s := newProbeStage(t, walkmetest.Options{})
	url := s.tenant.URL()
	literal := "Basic c2VjcmV0OnNlY3JldA=="
	for _, tt := range []struct {
		args []string
		want string // on standard error
	}{
		{nil, "wants the SCIM base URL"},
		{[]string{url}, "--auth is missing"},
		{[]string{url, "--auth", "env:NOBODY"}, "env:NOBODY: the environment variable is not set"},
		{[]string{url, "--auth", "file:/nowhere/token"}, "file:/nowhere/token"},
		{[]string{url, "--auth", literal}, "never the credential itself"},
		{[]string{url, url, "--auth", "env:TOKEN"}, "one base URL, not 2"},
		{[]string{"http://example.com/scim", "--auth", "env:TOKEN"}, "plain http is accepted for loopback addresses only"},
		{[]string{url + "/Users", "--auth", "env:TOKEN"}, "ends before the resource"},
		{[]string{url, "--auth", "env:TOKEN", "--dialect", "entra"}, "oin, aiw or both"},
		{[]string{url, "--auth", "env:TOKEN", "--format", "yaml"}, "--format is one of text, json, junit"},
		{[]string{url, "--auth", "env:TOKEN", "--suite", "nothing"}, `there is no suite "nothing"`},
		{[]string{url, "--auth", "env:TOKEN", "--only", "deactivate"}, "did you mean wire.oin.deactivate?"},
		{[]string{url, "--auth", "env:TOKEN", "--skip", "x.y"}, `there is no check "x.y"`},
		{[]string{url, "--auth", "env:TOKEN", "--timeout", "0s"}, "--timeout is more than 0s"},
		{[]string{url, "--auth", "env:TOKEN", "--prefix", "a b"}, "--prefix"},
	} {
		r := s.run(t.Context(), tt.args...)
		if r.code != exitUsage || !strings.Contains(r.err, tt.want) || strings.Contains(r.err, "c2VjcmV0") {
			t.Errorf("probe %q ends with %d: %s, want %d and %q", tt.args, r.code, r.err, exitUsage, tt.want)
		}
	}
	if n := s.tenant.RequestCount(); n > 0 {
		t.Errorf("%d requests were sent for wrong usage", n)
	}
}

func TestProbeReadsOnly(t *testing.T) {
	s := newProbeStage(t, walkmetest.Options{})
	r := s.probe("--format", "json")
	report := s.report(r)
	if r.code != exitOK || report.Summary.Failed+report.Summary.Warned > 0 || report.Summary.Passed == 0 {
		t.Errorf("probe ends with %d and %+v, want 0 and nothing failed", r.code, report.Summary)
	}
	for _, c := range report.Checks {
		if c.Outcome == probe.Skipped && c.Detail == "" {
			t.Errorf("%s is skipped without a reason", c.ID)
		}
	}
	for _, q := range s.tenant.Requests() {
		if walkmetest.IsWrite(&q) {
			t.Errorf("a run that only reads sent %s %s", q.Method, q.Path)
		}
	}
	if strings.Contains(r.out, "Secretname") || strings.Contains(r.out, "ada@corp.example") {
		t.Error("the report shows who is on the server")
	}
}

func TestProbeWrongToken(t *testing.T) {
	s := newProbeStage(t, walkmetest.Options{})
	s.env["TOKEN"] = "Bearer wrong-one"
	r := s.probe("--allow-writes", "--format", "json")
	report := s.report(r)
	if r.code != exitProblems || report.Summary.Failed != 1 || report.Checks[0].ID != "spec.credentials" || report.Summary.Passed+report.Summary.Warned > 0 {
		t.Errorf("probe ends with %d and %+v, first %s; want %d and spec.credentials alone failed", r.code, report.Summary, report.Checks[0].ID, exitProblems)
	}
}

func TestProbeUnreachable(t *testing.T) {
	t.Parallel()
	s := newProbeStage(t, walkmetest.Options{})
	r := s.run(t.Context(), "http://127.0.0.1:1/scim/v2", "--auth", "env:TOKEN")
	if r.code != exitFailed || r.out != "" || !strings.Contains(r.err, "remedy: ") {
		t.Errorf("probe of nobody ends with %d:\n%s%s", r.code, r.out, r.err)
	}
}

// TestProbeInterrupted stops a run in the middle, at a POST.
func TestProbeInterrupted(t *testing.T) {
	s := newProbeStage(t, walkmetest.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	posts := 0
	s.tenant.Fault(func(r *walkmetest.Request) walkmetest.Fault {
		if r.Method == http.MethodPost {
			if posts++; posts == 30 {
				cancel()
				return walkmetest.AppliedUnanswered()
			}
		}
		return walkmetest.Fault{}
	})
	began := time.Now()
	r := s.run(ctx, s.tenant.URL(), "--auth", "env:TOKEN", "--allow-writes", "--format", "json")
	report := s.report(r)
	if r.code != exitInterrupted || report.Incomplete == "" || report.Summary.Skipped == 0 || len(report.Left) > 0 {
		t.Errorf("an interrupted probe ends with %d: %+v, left %v; want %d and nothing left", r.code, report.Summary, report.Left, exitInterrupted)
	}
	if took := time.Since(began); took > patience {
		t.Errorf("it took %s", took)
	}
	s.untouched()
}

// TestProbeTimeUp ends a run that has no time, and cleans up all the same.
func TestProbeTimeUp(t *testing.T) {
	t.Parallel()
	s := newProbeStage(t, walkmetest.Options{Latency: 20 * time.Millisecond})
	r := s.probe("--allow-writes", "--timeout", "3s", "--format", "json")
	if report := s.report(r); r.code != exitFailed || !strings.Contains(r.err, "the time was up") || report.Incomplete == "" {
		t.Errorf("probe without time ends with %d: %s", r.code, r.err)
	}
	s.untouched()
}

// TestProbeLeavesNothing cleans up after answers that were lost, ids that did not come,
// and checks that failed.
func TestProbeLeavesNothing(t *testing.T) {
	s := newProbeStage(t, walkmetest.Options{Quirks: walkmetest.Quirks{NoFilterInPath: true}})
	s.tenant.Fault(walkmetest.FirstOf(
		walkmetest.OnMatch(isPost, 7, walkmetest.AppliedUnanswered()), walkmetest.OnMatch(isPost, 12, walkmetest.AppliedButStatus(500)),
		walkmetest.OnMatch(isPost, 20, walkmetest.Fault{Apply: true, Status: http.StatusCreated, Body: `{"schemas":[]}`}),
	))
	r := s.probe("--allow-writes", "--format", "json", "--suite", "spec,wire")
	if report := s.report(r); r.code != exitProblems || len(report.Left) > 0 {
		t.Errorf("probe ends with %d, left %v", r.code, report.Left)
	}
	s.untouched()
}

func isPost(r *walkmetest.Request) bool { return r.Method == http.MethodPost }

// TestProbeNamesWhatIsLeft deactivates where DELETE is refused.
func TestProbeNamesWhatIsLeft(t *testing.T) {
	s := newProbeStage(t, walkmetest.Options{})
	s.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool {
		return r.Method == http.MethodDelete && strings.HasPrefix(r.Path, "/Users")
	}, 0, walkmetest.NotApplied(http.StatusMethodNotAllowed)))
	r := s.probe("--allow-writes", "--suite", "crud", "--dialect", "oin", "--prefix", "ci")
	if r.code != exitOK || !strings.Contains(r.out, "Left on the server: ") {
		t.Fatalf("probe ends with %d:\n%s%s", r.code, r.out, r.err)
	}
	for _, u := range s.tenant.Users() {
		ours := strings.HasPrefix(u.UserName, "ci-")
		if ours && (u.Active || !strings.Contains(r.out, u.UserName)) {
			t.Errorf("%s is active %t, and has to be inactive and named:\n%s", u.UserName, u.Active, r.out)
		}
		if !ours && !strings.HasSuffix(u.UserName, "@corp.example") {
			t.Errorf("%s has not the prefix", u.UserName)
		}
	}
}

// TestProbeDeletesInReverse holds the order of the clean-up.
func TestProbeDeletesInReverse(t *testing.T) {
	s := newProbeStage(t, walkmetest.Options{})
	s.probe("--allow-writes", "--only", "plan.C9312")
	var made, removed []string
	for _, q := range s.tenant.Requests() {
		var body struct{ ID string }
		_ = json.Unmarshal(q.RespBody, &body)
		switch {
		case q.Method == http.MethodPost:
			made = append(made, q.Path+"/"+body.ID)
		case q.Method == http.MethodDelete:
			removed = append(removed, q.Path)
		}
	}
	if slices.Reverse(made); !slices.Equal(made, removed) || len(made) < 4 {
		t.Errorf("made, in reverse: %q\nremoved: %q", made, removed)
	}
}

func TestProbeFormats(t *testing.T) {
	s := newProbeStage(t, walkmetest.Options{Quirks: walkmetest.Quirks{RenameGroup500: true, NoDiscovery: true}})
	s.env["COLUMNS"] = "80"
	args := []string{"--allow-writes", "--suite", "spec,wire,discovery"}
	trace := filepath.Join(t.TempDir(), "probe.har")
	jsonRun := s.run(t.Context(), append(args, s.tenant.URL(), "--auth", "env:TOKEN", "--format", "json", "--trace", trace)...)
	report := s.report(jsonRun)
	var ids []string
	for _, c := range report.Checks {
		ids = append(ids, c.ID)
		if c.Outcome == probe.Failed && (c.Request == "" || c.Response == "" || c.OktaDoes == "" || c.Remedy == "" || c.Source == "" || c.Detail == "") {
			t.Errorf("%s failed and does not say all of it: %+v", c.ID, c)
		}
	}
	if har, err := os.ReadFile(trace); err != nil || bytes.Contains(har, []byte(strings.TrimPrefix(s.tenant.Authorization(), "Basic "))) || !bytes.Contains(har, []byte("/Groups/")) {
		t.Errorf("the trace is not there, not whole, or shows the credential: %v", err)
	}

	junitRun := s.probe(append(args, "--format", "junit")...)
	var suites struct {
		Suites []struct {
			Cases []struct {
				Name    string `xml:"name,attr"`
				Failure *struct{}
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal([]byte(junitRun.out), &suites); err != nil {
		t.Fatal(err)
	}
	var cases []string
	for _, suite := range suites.Suites {
		for _, c := range suite.Cases {
			cases = append(cases, c.Name)
		}
	}
	slices.Sort(ids)
	if slices.Sort(cases); !slices.Equal(ids, cases) {
		t.Errorf("JUnit has the cases %q, want %q", cases, ids)
	}

	text := s.probe(args...)
	for line := range strings.Lines(text.out) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 && !strings.Contains(line, "asked") && !strings.Contains(line, "then GET") {
			t.Errorf("a line of %d columns: %s", n, line)
		}
	}
	if i := strings.Index(text.out, "fail "); i < 0 || !strings.HasPrefix(text.out[i:], "fail wire.oin.group-rename") {
		t.Errorf("the first line to mend is not the rename:\n%.600s", text.out)
	}
	if page := s.probe(append(args, "--format", "html")...); !strings.Contains(page.out, "default-src &#39;none&#39;") || !strings.Contains(page.out, "wire.oin.group-rename") {
		t.Errorf("the page has no policy, or not the check:\n%.800s", page.out)
	}
	if md := s.probe(append(args, "--format", "markdown")...); !strings.Contains(md.out, "### `wire.oin.group-rename`") {
		t.Errorf("Markdown says\n%.800s", md.out)
	}
	for _, r := range []result{jsonRun, junitRun, text} {
		if r.code != exitProblems {
			t.Errorf("probe ends with %d, want %d: %s", r.code, exitProblems, r.err)
		}
	}
}

// TestProbeStrict makes warnings fail.
func TestProbeStrict(t *testing.T) {
	s := newProbeStage(t, walkmetest.Options{Quirks: walkmetest.Quirks{NoDiscovery: true}})
	if r := s.probe("--suite", "discovery"); r.code != exitOK {
		t.Errorf("probe ends with %d, want 0 although discovery is missing", r.code)
	}
	if r := s.probe("--suite", "discovery", "--strict"); r.code != exitProblems {
		t.Errorf("probe --strict ends with %d, want %d", r.code, exitProblems)
	}
}

// TestProbeByConfiguration writes into a configured tenant only when its host was typed.
func TestProbeByConfiguration(t *testing.T) {
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	file := filepath.Join(c.dir, "agent.yaml")
	s := &probeStage{T: t, tenant: c.tenant, env: c.env}
	for _, tt := range []struct {
		stdin string
		args  []string
		code  int
	}{
		{"", []string{"--suite", "spec"}, exitOK}, // it only reads
		{"", []string{"--suite", "spec", "--allow-writes"}, exitFailed},
		{"example.com\n", []string{"--suite", "spec", "--allow-writes"}, exitFailed},
		{"127.0.0.1\n", []string{"--suite", "spec", "--allow-writes"}, exitOK},
		{"", []string{"--suite", "spec", "--allow-writes", "--yes"}, exitOK},
		{"", []string{"https://other.example.com/scim", "--suite", "spec"}, exitUsage},
	} {
		s.stdin = tt.stdin
		before := c.writes()
		r := s.run(t.Context(), append([]string{"--config", file}, tt.args...)...)
		if r.code != tt.code && !(tt.code == exitOK && r.code == exitProblems) {
			t.Errorf("probe --config %q with %q typed ends with %d, want %d: %s", tt.args, tt.stdin, r.code, tt.code, r.err)
		}
		if wrote := c.writes() > before; wrote && tt.code != exitOK {
			t.Errorf("probe --config %q with %q typed wrote", tt.args, tt.stdin)
		}
	}
	if !walkMeHost("papi.walkme.com") || !walkMeHost("papi-ca1.walkmedap.com") || walkMeHost("walkme.com.example.com") {
		t.Error("WalkMe's hosts are not told from others")
	}
}

// TestProbeHas60Checks holds what the command line promises.
func TestProbeHas60Checks(t *testing.T) {
	s := newProbeStage(t, walkmetest.Options{})
	r := s.run(t.Context(), "--list")
	if n := strings.Count(r.out, "\nwire."); r.code != exitOK || n < 60 || s.tenant.RequestCount() > 0 {
		t.Errorf("--list ends with %d and has %d checks of the wire", r.code, n)
	}
	if r := s.run(t.Context(), "--list", "--suite", "spec", "--skip", "spec.group*"); r.code != exitOK || strings.Contains(r.out, "wire.") || strings.Contains(r.out, "spec.groups") || !strings.HasPrefix(r.out, "spec.credentials") {
		t.Errorf("--list of a suite ends with %d:\n%s", r.code, r.out)
	}
	if r := s.run(t.Context(), "--list", "--suite", "sepc"); r.code != exitUsage {
		t.Errorf("--list of no suite ends with %d", r.code)
	}
	seen := map[string]bool{}
	for _, c := range probe.Catalogue([]walkme.Profile{walkme.OIN, walkme.AIW}) {
		if seen[c.ID] || c.Title == "" || c.Source == "" || c.Okta == "" || c.Level == "" || c.Remedy == "" && c.Level != probe.Info {
			t.Errorf("the check %s is there twice or does not say all of it", c.ID)
		}
		seen[c.ID] = true
	}
}

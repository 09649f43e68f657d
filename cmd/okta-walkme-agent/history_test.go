package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/state"
	"okta-walkme-agent/walkme/walkmetest"
)

// past is a company with a journal of known times and ids.
func past(t *testing.T) *company {
	t.Helper()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.Local)
	db, err := state.Open(t.Context(), state.Options{Path: c.statePath(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	record := func(typ scim.Type, id, name string) state.Record {
		return state.Record{Resource: scim.Resource{Type: typ, SourceID: id, ID: "w-" + id, Active: true}, Name: name, Origin: state.Created}
	}
	change := func(e state.Entry, out state.Outcome, recs ...state.Record) {
		t.Helper()
		id, err := db.Begin(t.Context(), e)
		must(err)
		now = now.Add(time.Second)
		if out.State != state.Pending {
			must(db.Finish(t.Context(), id, out, recs...))
		}
	}

	must(db.BeginRun(t.Context(), state.Run{ID: "0195-a", Trigger: "schedule"}))
	change(state.Entry{RunID: "0195-a", Seq: 1, Type: scim.User, SourceID: "00uann", Name: "ann@example.com", Action: "create", Cause: "okta", Reason: "assigned in Okta",
		Change: json.RawMessage(`{"attributes":[{"path":"name.givenName","old":null,"new":"Ann"},{"path":"userName","old":null,"new":"ann@example.com"}]}`)},
		state.Outcome{State: state.Applied, HTTPStatus: 201}, record(scim.User, "00uann", "ann@example.com"))
	change(state.Entry{RunID: "0195-a", Seq: 2, Type: scim.User, SourceID: "00uevil", Name: "evil\x1b[2J\u202e@example.com", Action: "create", Cause: "okta", Reason: "assigned in Okta"},
		state.Outcome{State: state.Failed, HTTPStatus: 400, Error: "WalkMe: 400 invalidValue:\nline two\x07"})
	must(db.FinishRun(t.Context(), state.Run{ID: "0195-a", Outcome: "problems"}))

	now = now.Add(24 * time.Hour)
	must(db.BeginRun(t.Context(), state.Run{ID: "0196-b", Trigger: "sync"}))
	change(state.Entry{RunID: "0196-b", Seq: 1, Type: scim.User, SourceID: "00uann", Name: "ann@example.com", Action: "update", Cause: "mapping", Reason: "mapping of userName changed",
		Change: json.RawMessage(`{"attributes":[{"path":"userName","old":"ann@example.com","new":"a.archer@example.com"},{"path":"x","old":["a",1],"new":true}]}`)},
		state.Outcome{State: state.Applied, HTTPStatus: 200}, record(scim.User, "00uann", "a.archer@example.com"))
	must(db.SaveSourceGroups(t.Context(), []state.SourceGroup{{ID: "00geds", Name: "Okta Editors", Members: []string{}}}, nil))
	change(state.Entry{RunID: "0196-b", Seq: 2, Type: scim.Group, SourceID: "00geds", Name: "Editors", Action: "group_members", Cause: "okta", Reason: "members changed in Okta",
		Change: json.RawMessage(`{"members":{"add":["00uann","00ugone"],"remove":["00uevil"]}}`)},
		state.Outcome{State: state.Applied, HTTPStatus: 204}, record(scim.Group, "00geds", "Editors"))
	change(state.Entry{RunID: "0196-b", Seq: 3, Type: scim.User, SourceID: "00ubob", Name: "bob@example.com", Action: "create", Cause: "okta", Reason: "assigned in Okta"},
		state.Outcome{State: state.Pending})
	return c
}

func TestHistoryText(t *testing.T) {
	t.Parallel()
	c := past(t)
	for _, tt := range []struct {
		file string
		args []string
	}{
		{"short.txt", nil},
		{"full.txt", []string{"--full"}},
		{"limited.txt", []string{"--limit", "2"}},
	} {
		golden(t, filepath.Join("testdata", "history", tt.file), c.must(exitOK, append([]string{"history"}, tt.args...)...).out)
	}
}

func TestHistoryJSON(t *testing.T) {
	t.Parallel()
	c := past(t)
	var got struct {
		Schema  string
		More    bool
		People  map[string]string
		Entries []map[string]any
	}
	r := c.must(exitOK, "history", "--format", "json", "--full", "--group", "Editors")
	dec := json.NewDecoder(strings.NewReader(r.out))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&got); err != nil {
		t.Fatalf("%v in %s", err, r.out)
	}
	at := time.Date(2026, 3, 2, 9, 0, 3, 0, time.Local).UTC()
	want := map[string]any{
		"id": 4.0, "run_id": "0196-b", "trigger": "sync", "type": "Group", "action": "group_members", "okta_id": "00geds", "walkme_id": "",
		"name": "Editors", "cause": "okta", "reason": "members changed in Okta", "outcome": "applied", "http_status": 204.0, "error": "",
		"started_at": at.Format(time.RFC3339), "finished_at": at.Add(time.Second).Format(time.RFC3339),
		"members": map[string]any{"add": []any{"00uann", "00ugone"}, "remove": []any{"00uevil"}},
	}
	if got.Schema != "okta-walkme-agent/history/v1" || got.More || len(got.Entries) != 1 {
		t.Fatalf("history = %s", r.out)
	}
	if diff := cmp.Diff(want, got.Entries[0]); diff != "" {
		t.Errorf("entry (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"00uann": "a.archer@example.com"}, got.People); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
}

func TestHistorySelection(t *testing.T) {
	t.Parallel()
	c := past(t)
	tests := []struct {
		args string
		want []int64 // ids
	}{
		{"", []int64{5, 4, 3, 2, 1}},
		{"--user ann@example.com", []int64{3, 1}},      // a name of before
		{"--user A.Archer@example.com", []int64{3, 1}}, // the name now
		{"--user 00uann", []int64{3, 1}},
		{"--group Editors", []int64{4}},
		{"--group 00geds", []int64{4}},
		{"--user 00uann --group editors", []int64{4, 3, 1}},
		{"--user 00uann --limit 1", []int64{3}},
		{"--user 00uann --user bob@example.com --limit 2", []int64{5, 3}},
		{"--run 0195-a", []int64{2, 1}},
		{"--run 0196", []int64{5, 4, 3}},
		{"--run 0196 --user 00uann", []int64{3}},
		{"--since 2026-03-02", []int64{5, 4, 3}},
		{"--since 2026-03-02 --user 00uann", []int64{3}},
		{"--since 1s", nil},
		{"--limit 2", []int64{5, 4}},
		{"--limit 0", []int64{5, 4, 3, 2, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			r := c.must(exitOK, append([]string{"history", "--format", "json"}, strings.Fields(tt.args)...)...)
			var view struct{ Entries []struct{ ID int64 } }
			if err := json.Unmarshal([]byte(r.out), &view); err != nil {
				t.Fatal(err)
			}
			var got []int64
			for _, e := range view.Entries {
				got = append(got, e.ID)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("history %s = %v, want %v", tt.args, got, tt.want)
			}
		})
	}
	// The name of a group in Okta may have spaces.
	if r := c.must(exitOK, "history", "--group", "okta editors"); !strings.Contains(r.out, "group_members") {
		t.Errorf("history by the group's name in Okta = %s", r.out)
	}
}

// TestHistoryByLogin: the app may have another name for a person than Okta.
func TestHistoryByLogin(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"": "mappings:\n  userName: '\"wm-\" + user.login'\n"})
	c.hire("Ann", "Archer")
	c.hire("Bob", "Baker")
	c.must(exitOK, "sync")
	r := c.must(exitOK, "history", "--user", "ann@example.com")
	if !strings.Contains(r.out, "wm-ann@example.com") || strings.Contains(r.out, "bob") {
		t.Errorf("history --user LOGIN = %s", r.out)
	}
}

func TestHistoryUsage(t *testing.T) {
	t.Parallel()
	c := past(t)
	tests := []struct {
		args string
		code int
		want string
	}{
		{"--format xml", exitUsage, "--format is text or json"},
		{"--limit -1", exitUsage, "--limit is a number"},
		{"--since yesterday", exitUsage, "--since is a duration"},
		{"--since -1h", exitUsage, "--since is a duration"},
		{"--run 019", exitUsage, "2 runs begin with"},
		{"--run 0197", exitFailed, "there is no run"},
		{"someone", exitUsage, "history takes no argument"},
	}
	for _, tt := range tests {
		if r := c.must(tt.code, append([]string{"history"}, strings.Fields(tt.args)...)...); !strings.Contains(r.err, tt.want) {
			t.Errorf("history %s: %q, want %q in it", tt.args, r.err, tt.want)
		}
	}
}

func TestHistoryWithoutState(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	if r := c.must(exitOK, "history", "--user", "ann@example.com", "--run", "x"); r.out != "No changes are recorded.\n" {
		t.Errorf("history = %q", r.out)
	}
	want := "{\n  \"schema\": \"okta-walkme-agent/history/v1\",\n  \"entries\": [],\n  \"more\": false\n}\n"
	if r := c.must(exitOK, "history", "-f", "json"); r.out != want {
		t.Errorf("history -f json = %q, want %q", r.out, want)
	}
	if _, err := os.Stat(c.statePath()); !os.IsNotExist(err) {
		t.Errorf("history made a state file: %v", err)
	}
}

// TestWhileTheServiceRuns reads, copies and checks the state under the lock of a
// writer.
func TestWhileTheServiceRuns(t *testing.T) {
	t.Parallel()
	c := past(t)
	db, err := state.Open(t.Context(), state.Options{Path: c.statePath(), Holder: "the service"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if r := c.must(exitOK, "history"); !strings.Contains(r.out, "ann@example.com") {
		t.Errorf("history = %s", r.out)
	}
	if r := c.must(exitOK, "state", "check"); r.out != c.statePath()+" is sound\n" {
		t.Errorf("state check = %q", r.out)
	}
	copied := filepath.Join(c.dir, "copy.db")
	c.must(exitOK, "state", "backup", copied)
	if err := state.Check(t.Context(), copied); err != nil {
		t.Errorf("the copy: %v", err)
	}
	if info, err := os.Stat(copied); err != nil || info.Mode() != fs.FileMode(0o600) {
		t.Errorf("mode of the copy = %v, %v, want 0600", info.Mode(), err)
	}
	if r := c.must(exitFailed, "state", "backup", copied); !strings.Contains(r.err, "exists already, and is not overwritten") {
		t.Errorf("a second backup: %q", r.err)
	}
}

func TestStateCommands(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	for _, args := range [][]string{{"state", "check"}, {"state", "backup", filepath.Join(c.dir, "copy.db")}} {
		if r := c.must(exitFailed, args...); !strings.Contains(r.err, "there is no state file at "+c.statePath()) {
			t.Errorf("%v without a state: %q", args, r.err)
		}
	}
	for _, args := range [][]string{{"state"}, {"state", "mend"}, {"state", "backup"}, {"state", "check", "x", "y"}} {
		c.must(exitUsage, args...)
	}
	if err := os.MkdirAll(filepath.Dir(c.statePath()), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.statePath(), []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	r := c.must(exitFailed, "state", "check")
	t.Logf("%s", r.err)
}

func TestParseSince(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.FixedZone("CET", 3600))
	tests := []struct{ text, want string }{
		{"", "0001-01-01T00:00:00Z"},
		{"90m", "2026-03-10T10:30:00+01:00"},
		{"1h30m", "2026-03-10T10:30:00+01:00"},
		{"7d", "2026-03-03T12:00:00+01:00"},
		{"1.5d", "2026-03-09T00:00:00+01:00"},
		{"2w", "2026-02-24T12:00:00+01:00"},
		{"0s", "2026-03-10T12:00:00+01:00"},
		{"2026-03-01", "2026-03-01T00:00:00+01:00"},
		{"2026-03-01 10:30", "2026-03-01T10:30:00+01:00"},
		{"2026-03-01T10:30:15", "2026-03-01T10:30:15+01:00"},
		{"2026-03-01T10:30:15Z", "2026-03-01T10:30:15Z"},
		{"-7d", ""}, {"d", ""}, {"NaNd", ""}, {"1e300w", ""}, {"-1m", ""}, {"2026-13-01", ""}, {"now", ""},
	}
	for _, tt := range tests {
		got, err := parseSince(tt.text, now)
		if text := got.Format(time.RFC3339); tt.want != "" && (text != tt.want || err != nil) {
			t.Errorf("parseSince(%q) = %s, %v, want %s", tt.text, text, err, tt.want)
		}
		if tt.want == "" && exitCode(err) != exitUsage {
			t.Errorf("parseSince(%q) = %v, want an error of usage", tt.text, err)
		}
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	c := past(t)
	const none = ""
	tests := []struct {
		words []string
		want  string
	}{
		{[]string{"history", "--user", ""}, "a.archer@example.com"},
		{[]string{"history", "--user", "A.AR"}, "a.archer@example.com"},
		{[]string{"history", "--user", "b"}, none},
		{[]string{"history", "--group", ""}, "Editors"},
		{[]string{"history", "--run", "0195"}, "0195-a"},
		{[]string{"resync", "--user", ""}, "a.archer@example.com"},
		{[]string{"resync", "--group", ""}, "Editors"},
		{[]string{"explain", ""}, "a.archer@example.com Editors"},
		{[]string{"explain", "Editors", ""}, none},
	}
	complete := func(config string, words []string) string {
		r := c.must(exitOK, append([]string{"__complete", "--config", config}, words...)...)
		lines := strings.Split(strings.TrimSpace(r.out), "\n")
		if last := lines[len(lines)-1]; last != ":4" { // cobra.ShellCompDirectiveNoFileComp
			t.Errorf("completion of %q ends with %q", words, last)
		}
		return strings.Join(lines[:len(lines)-1], " ")
	}
	for _, tt := range tests {
		if got := complete(filepath.Join(c.dir, "agent.yaml"), tt.words); got != tt.want {
			t.Errorf("completion of %q = %q, want %q", tt.words, got, tt.want)
		}
	}
	if got := complete(filepath.Join(c.dir, "missing.yaml"), []string{"history", "--user", ""}); got != none {
		t.Errorf("completion without a configuration = %q", got)
	}
}

// TestCompletionScripts makes the script for each shell.
func TestCompletionScripts(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	for shell, mark := range map[string]string{
		"bash": "complete -o default -F __start_" + programName, "zsh": "#compdef " + programName,
		"fish": "complete -c " + programName, "powershell": "Register-ArgumentCompleter -CommandName '" + programName + "'",
	} {
		if r := c.must(exitOK, "completion", shell); !strings.Contains(r.out, mark) || r.err != "" {
			t.Errorf("completion %s lacks %q: %.300s%s", shell, mark, r.out, r.err)
		}
	}
	if r := c.run("completion", "tcsh"); r.code == exitOK && !strings.Contains(r.out, "Available Commands") {
		t.Errorf("completion tcsh = %d, %q", r.code, r.out)
	}
}

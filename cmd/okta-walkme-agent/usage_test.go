package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// What cannot be meant is refused before anything is read or sent, in words that name
// what may be meant.
func TestUsage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ args, want string }{
		{"pln", `there is no command "pln"; did you mean plan?`},
		{"help pln", `there is no command "pln"; did you mean plan?`},
		{"help holds approv", `there is no command "holds approv"; did you mean approve?`},
		{"holds aprove x", `there is no command "holds aprove"; did you mean approve?`},
		{"notify all", `there is no command "notify all"; see okta-walkme-agent notify --help`},
		{"plan now", `plan takes no argument, and "now" is one; see okta-walkme-agent plan --help`},
		{"plan --formt json", "plan has no flag --formt; did you mean --format?"},
		{"holds show --reason x", "holds show has no flag --reason; see okta-walkme-agent holds show --help"},
		{"--colour never", "okta-walkme-agent has no flag --colour; did you mean --color?"},
		{"status --max-age soon", `--max-age is a duration such as 90m or 12h, not "soon"`},
		{"history --limit all", `--limit is a number, not "all"`},
		{"plan --full=perhaps", `--full is true or false, not "perhaps"`},
		{"sync --reason done", "--reason goes with --approve"},
		{"resync --reason done", "--reason goes with --approve"},
		{"resync --changed --force", "--force and --changed say the opposite"},
		{"resync --attribute title --group Editors", "--attribute is for people, and --group names none"},
	} {
		if code, _, said := called(t, strings.Fields(tt.args)...); code != exitUsage || !strings.Contains(said, tt.want) {
			t.Errorf("%s: %d %q, want %d %q", tt.args, code, said, exitUsage, tt.want)
		}
	}
	if code, _, said := called(t, "explain", " "); code != exitUsage || !strings.Contains(said, "is empty") {
		t.Errorf("explain nobody: %d %q", code, said)
	}
}

// A file of the wrong kind has a problem in each line: a few are printed, and the last.
func TestManyProblems(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "agent.yaml")
	text := "okta:\n"
	for i := range 3000 {
		text += fmt.Sprintf("  key%d: x\n", i)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, said := called(t, "--config", path, "check")
	lines := strings.Split(strings.TrimSpace(said), "\n")
	if code != exitConfig || len(lines) > 2*mostLines || !strings.Contains(said, "more are not shown") {
		t.Errorf("%d, and %d lines:\n%.2000s", code, len(lines), said)
	}
	if last := lines[len(lines)-1]; !strings.Contains(last, "okta.key2999") {
		t.Errorf("the last line is %q", last)
	}
}

// A value that is empty comes of a variable that is not set: it never means that the
// flag was not given, which is everybody for resync --user. To leave out no check of a
// probe is what a pipeline may want.
func TestEmptyFlags(t *testing.T) {
	t.Parallel()
	root := (&cli{environment: environment{getenv: noEnv, stdout: io.Discard}}).root()
	for cmd := range walk(root) {
		if cmd.Hidden || !cmd.Runnable() {
			continue
		}
		cmd.InheritedFlags() // now Flags has those of all commands, too
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			given := strings.Fields(viewName(cmd))
			if f.NoOptDefVal != "" || f.Hidden || len(given) == 0 || given[0] == "init" || f.Name == "reason" || viewName(cmd)+" "+f.Name == "probe skip" {
				return
			}
			given = append(given, "--"+f.Name, "")
			for _, more := range [][]string{nil, {"a"}, {"a", "b"}} { // as many arguments as the command wants
				code, _, said := called(t, append(given, more...)...)
				if code != exitUsage {
					t.Errorf("%q: %d %q", given, code, said)
				}
				if strings.Contains(said, "--"+f.Name) {
					return
				}
			}
			t.Errorf("%q: nothing is said of the flag", given)
		})
	}
}

// Help keeps to the columns of its reader. What is copied stays whole.
func TestHelpKeepsToTheColumns(t *testing.T) {
	t.Parallel()
	root := (&cli{environment: environment{getenv: noEnv, stdout: io.Discard}}).root()
	for cmd := range walk(root) {
		for columns, limit := range map[string]int{"": 80, "80": 80, "120": 120} {
			_, text, _ := calledWith(t, map[string]string{"COLUMNS": columns}, append(strings.Fields(viewName(cmd)), "--help")...)
			for line := range strings.Lines(strings.ReplaceAll(text, cmd.Example, "")) {
				copied := strings.HasPrefix(line, "\t")
				if !copied && utf8.RuneCountInString(strings.TrimRight(line, "\n")) > limit {
					t.Errorf("%s --help, COLUMNS=%s: %s", viewName(cmd), columns, line)
				}
			}
			checkWhole(t, cmd, text)
		}
	}
}

// checkWhole misses no word of a command's description.
func checkWhole(t *testing.T, cmd *cobra.Command, text string) {
	t.Helper()
	words := strings.Join(strings.Fields(text), " ")
	if long := strings.Join(strings.Fields(cmd.Long), " "); !strings.Contains(words, long) {
		t.Errorf("%s --help lacks some of %q", viewName(cmd), long)
	}
}

// Names hold commas and quotes, and so do paths of attributes.
func TestResyncTakesOddNames(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{
		"":            "mappings: {userName: appuser.userName, 'emails[type eq \"work\"].value': user.email}\n",
		"push_groups": "sources: [{name: 'Sales, \"EMEA\"'}]\n",
	})
	c.hire("Ann", "Archer")
	c.group("sales", `Sales, "EMEA"`, "ann")
	c.must(exitOK, "sync")
	if r := c.must(exitOK, "resync", "--dry-run", "--group", `Sales, "EMEA"`); !strings.Contains(r.out, "1 to change") {
		t.Errorf("the group is not pushed:\n%s", r.out)
	}
	if r := c.must(exitOK, "resync", "--dry-run", "--attribute", `emails[type eq "work"].value`); !strings.Contains(r.out, "1 to update") {
		t.Errorf("nobody is pushed for the attribute:\n%s", r.out)
	}
}

// A list with commas selects as the flag does when it is repeated, unless all of it is a
// name; paths are in any case.
func TestResyncTakesLists(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	for _, name := range []string{"Ann", "Bob", "Cara"} {
		c.hire(name, "Archer")
	}
	c.must(exitOK, "sync")
	for list, want := range map[string]string{
		"--user=ann@example.com,bob@example.com":        "2 to update",
		"--user=ann@example.com, cara@example.com":      "2 to update",
		"--attribute=name.givenName,NAME.familyName":    "3 to update",
		"--attribute=name.givenName , name.familyName ": "3 to update",
	} {
		if r := c.must(exitOK, "resync", "--dry-run", list); !strings.Contains(r.out, want) {
			t.Errorf("%s: want %s:\n%s", list, want, r.out)
		}
	}
	for list, want := range map[string]struct {
		code int
		said string
	}{
		"--user=ann@example.com,bbo@example.com":     {exitFailed, `: user "bbo@example.com"; did you mean bob@example.com?`},
		"--user=zoe@example.com,yve@example.com":     {exitFailed, `: user "zoe@example.com,yve@example.com"`},
		"--user=ann@example.com,":                    {exitFailed, `: user ""`},
		"--attribute=name.givenName,name.familyNmae": {exitUsage, "--attribute name.familyNmae: it is not under mappings; did you mean name.familyName?"},
	} {
		if r := c.must(want.code, "resync", "--dry-run", list); !strings.Contains(r.err, want.said) {
			t.Errorf("%s: %s", list, r.err)
		}
	}
}

// A dry run says so, too, when it is to release what is not held.
func TestDryRunOfAnUnknownApproval(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	for range 2 { // without and with a state
		if r := c.must(exitFailed, "sync", "--dry-run", "--approve", "deactivations-12345678"); !strings.Contains(r.err, "approval of deactivations-12345678: no such hold") {
			t.Errorf("said: %s", r.err)
		}
		c.must(exitOK, "sync")
	}
}

func called(t *testing.T, args ...string) (code int, out, said string) {
	t.Helper()
	return calledWith(t, nil, args...)
}

// calledWith runs the program where there is no configuration.
func calledWith(t *testing.T, env map[string]string, args ...string) (code int, out, said string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, environment{
		getenv: func(name string) string { return env[name] }, stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr,
	})
	return code, stdout.String(), stderr.String()
}

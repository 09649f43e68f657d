package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// logOf runs a sync whose standard error is a file, with JOURNAL_STREAM naming
// that file where journal says so, else another one. One person is created, and one fails.
func logOf(t *testing.T, format string, journal bool) string {
	t.Helper()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"log": "level: debug\nformat: " + format + "\n"})
	c.hire("Ann", "Archer")
	c.hire("Bob", "Baker")
	c.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool { return strings.Contains(string(r.Body), "bob@") }, 0,
		walkmetest.NotApplied(400)))
	stderr, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	var stat syscall.Stat_t
	if err := syscall.Fstat(int(stderr.Fd()), &stat); err != nil {
		t.Fatal(err)
	}
	stream := fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)
	if !journal {
		stream += "0"
	}
	code := run(t.Context(), c.args([]string{"sync"}), environment{
		getenv: func(key string) string { return map[string]string{journalVar: stream}[key] },
		stdin:  strings.NewReader(""), stdout: &bytes.Buffer{}, stderr: stderr,
	})
	if code != exitProblems {
		t.Fatalf("sync ended with %d, want %d", code, exitProblems)
	}
	text, err := os.ReadFile(stderr.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Where standard error is the journal, each line begins with its priority, as
// sd-daemon(3) has it. Where it is not, no line does, whatever was inherited.
func TestJournalPriorities(t *testing.T) {
	t.Parallel()
	levels := map[string]string{"ERROR": "<3>", "WARN": "<4>", "INFO": "<6>", "DEBUG": "<7>"}
	level := regexp.MustCompile(`level"?[=:]"?([A-Z]+)`)
	for _, format := range []string{"text", "json", "auto"} {
		seen := map[string]bool{}
		for line := range strings.Lines(logOf(t, format, true)) {
			if strings.HasPrefix(line, programName+": ") {
				continue // what the command says to whoever called it
			}
			m := level.FindStringSubmatch(line)
			if m == nil {
				t.Errorf("a line without a level: %q", line)
				continue
			}
			seen[m[1]] = true
			if want := levels[m[1]]; !strings.HasPrefix(line, want) || strings.HasPrefix(line[len(want):], "<") {
				t.Errorf("%s line %q, want it to begin with %s", format, line, want)
			}
		}
		if journal := logOf(t, format, true); format != "json" && strings.Contains(journal, "time=") {
			t.Errorf("the journal gets a second time stamp:\n%s", journal)
		}
		for _, l := range []string{"WARN", "INFO"} {
			if !seen[l] {
				t.Errorf("no %s line in the log: the test proves nothing", l)
			}
		}
		for line := range strings.Lines(logOf(t, format, false)) {
			if strings.HasPrefix(line, "<") {
				t.Errorf("%s line %q, want no priority: it does not go to the journal", format, line)
			}
		}
	}
}

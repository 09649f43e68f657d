package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// At 80 columns no line is longer, unless it is one word, such as an address, or a
// command: those are copied. Seen are a change, a hold, a failure and an error.
func TestEightyColumns(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{
		"limits": "deactivations: {count: 0, percent: 0}\n", "log": "level: error\nformat: text\n",
	})
	c.env["COLUMNS"] = "80"
	c.hire("Ann", "Archer")
	c.hire("Bob", "Baker")
	c.must(exitOK, "sync")
	c.org.Unassign(c.people["bob"])
	post := func(r *walkmetest.Request) bool { return strings.Contains(string(r.Body), "cara@") }
	c.tenant.Fault(walkmetest.OnMatch(post, 0, walkmetest.Fault{Status: 400, Body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidValue","detail":"a mandatory field of the profile is missing, or its value is none that is allowed there"}`}))
	c.hire("Cara", "Cole")
	for _, command := range []string{
		"check", "plan", "sync", "status", "holds", "groups", "accounts", "history --limit 1", "history --user anm@example.com",
		"explain ann@example.com", "explain bob@example.com", "explain cara@example.com", "sync --approve deactivations-12345678",
		"state check nothing.db", "--config nothing.yaml plan",
	} {
		r := c.run(strings.Fields(command)...)
		if r.out+r.err == "" {
			t.Errorf("%s prints nothing", command)
		}
		text, said := r.out+r.err, lastLine(r.err)
		if r.code == exitFailed || r.code == exitUsage || r.code == exitConfig { // scripts read why
			text = strings.TrimSuffix(text, said+"\n")
			if !strings.HasPrefix(said, programName+": ") {
				t.Errorf("%s: the last line on standard error is %q", command, said)
			}
		}
		for line := range strings.Lines(text) {
			line = strings.TrimRight(line, "\n")
			text := strings.TrimSpace(strings.TrimPrefix(line, programName+": "))
			copied := !strings.Contains(text, " ") || strings.HasPrefix(text, programName+" ")
			if utf8.RuneCountInString(line) > 80 && !copied {
				t.Errorf("%s: a line of %d columns: %s", command, utf8.RuneCountInString(line), line)
			}
		}
	}
	golden(t, filepath.Join("testdata", "eighty_columns.txt"), c.eightyColumns())
}

// eightyColumns is what a fixed few commands print, without what takes another room in
// each test.
func (c *company) eightyColumns() string {
	var b strings.Builder
	for _, command := range []string{"history --user anm@example.com", "--config /nothing.yaml plan", "resync --attribute nickName"} {
		r := c.run(strings.Fields(command)...)
		fmt.Fprintf(&b, "$ %s %s\n%s%s\n", programName, command, r.out, r.err)
	}
	return b.String()
}

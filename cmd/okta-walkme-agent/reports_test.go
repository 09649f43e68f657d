package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/agent/report"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// A wrong password fails everybody with one text. The report says it once, with
// the number of people, and then what to do.
func TestOneFailureOfManyIsSaidOnce(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"log": "level: error\n", "walkme": "verify_every: 0s\n"})
	for i := range 40 {
		c.hire(fmt.Sprintf("Person%02d", i), "Example")
	}
	c.must(exitOK, "sync")
	c.write("walkme-password", "wrong")
	for i := range 40 {
		c.org.Update(c.people[fmt.Sprintf("person%02d", i)], map[string]any{"lastName": "Married"})
	}
	r := c.must(exitFailed, "sync")
	for text, times := range map[string]int{
		"Unauthorized. Errors reported by remote server":  1,
		"The run failed: WalkMe refuses the credentials.": 1,
		"(WalkMe refuses the credentials)":                1, // those whose turn did not come
		"remedy  copy user name and password again":       1,
	} {
		if n := strings.Count(r.out, text); n != times {
			t.Errorf("the report says %q %d times, want %d:\n%s", text, n, times, r.out)
		}
	}
}

// What ended a run before it had a plan hides nothing of what it settled.
func TestSettledIsSaidWhenTheRunFails(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{"log": "level: error\n"})
	c.hire("Ann", "Archer")
	post := func(r *walkmetest.Request) bool { return r.Method == http.MethodPost }
	c.tenant.Fault(walkmetest.OnMatch(post, 1, walkmetest.AppliedUnanswered()))
	c.must(exitProblems, "sync")
	c.org.SetAppStatus("INACTIVE")
	r := c.must(exitFailed, "sync")
	if want := "+ ann@example.com  create: WalkMe had made the account; it is recorded\n"; !strings.Contains(r.out, want) {
		t.Errorf("sync printed %q, want %q in it", r.out, want)
	}
}

// Every format that a plan has, the report of a run has, too.
func TestRunInEveryFormat(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"text": "Created 1 user", "json": `"outcome": "applied"`, "markdown": "## Created 1 user", "html": "<h2>Created 1 user",
	} {
		c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
		c.hire("Ann", "Archer")
		if r := c.must(exitOK, "sync", "--format", format); !strings.Contains(r.out, want) {
			t.Errorf("sync --format %s prints %q, want %q in it", format, r.out, want)
		}
	}
}

// Names with what a terminal obeys are escaped in everything that is printed as
// JSON, and are the same names when it is read back.
func TestJSONEscapesHostileNames(t *testing.T) {
	t.Parallel()
	const name = "Edit\u009b31mors\x7f\u202e"
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, map[string]string{
		"push_groups": "sources: [{rule: {name_starts_with: Edit}}]\n",
	})
	c.hire("Ann", "Archer")
	c.group("editors", name, "ann")
	c.tenant.Fault(walkmetest.OnMatch(func(r *walkmetest.Request) bool { return strings.HasPrefix(r.Path, "/Groups") && walkmetest.IsWrite(r) }, 0,
		walkmetest.NotApplied(http.StatusBadRequest)))
	c.must(exitProblems, "sync")
	for _, command := range []string{"status", "history", "explain", "plan"} {
		args := []string{command, "--format", "json"}
		if command == "explain" {
			args = []string{command, c.groups["editors"], "--format", "json"}
		}
		out := c.must(exitOK, args...).out
		if flat := strings.ReplaceAll(out, "\n", ""); report.Escape(flat) != flat {
			t.Errorf("%s --format json prints what a terminal obeys: %q", command, out)
		}
		var document any
		if err := json.Unmarshal([]byte(out), &document); err != nil {
			t.Errorf("%s --format json: %v", command, err)
		}
		if !strings.Contains(fmt.Sprintf("%q", document), fmt.Sprintf("%q", name)) {
			t.Errorf("%s --format json does not hold the name %q: %s", command, name, out)
		}
	}
}

// Counted words in status and check agree with their numbers.
func TestStatusCounts(t *testing.T) {
	t.Parallel()
	for people, want := range map[int][2]string{
		0: {"Managed    0 users, 0 groups\n", "0 people are assigned"},
		1: {"Managed    1 user, 1 group\n", "1 person is assigned"},
		2: {"Managed    2 users, 1 group\n", "2 people are assigned"},
	} {
		c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, pushLines)
		var names []string
		for i := range people {
			c.hire(fmt.Sprintf("P%d", i), "Example")
			names = append(names, fmt.Sprintf("p%d", i))
		}
		c.group("editors", "Editors", names...)
		c.run("sync")
		if people == 0 {
			want[0] = "Managed    0 users, 1 group\n"
		}
		if r := c.run("status"); !strings.HasPrefix(r.out, want[0]) {
			t.Errorf("status with %d people prints %q, want it to begin with %q", people, r.out, want[0])
		}
		if r := c.run("check"); !strings.Contains(r.out, want[1]) {
			t.Errorf("check with %d people prints %q, want %q in it", people, r.out, want[1])
		}
	}
}

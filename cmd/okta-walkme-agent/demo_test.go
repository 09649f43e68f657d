package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// TestDemoPrintsWhatRuns holds the commands that demo --serve prints to a program that
// is there, and a configuration that it takes.
func TestDemoPrintsWhatRuns(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	out, stdout := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"demo", "--serve"}, environment{getenv: func(string) string { return "" }, stdin: strings.NewReader(""), stdout: stdout, stderr: stdout})
	}()
	config, commands := "", 0
	lines := bufio.NewScanner(out)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "WalkMe's requests") {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 2 && words[0] == "export":
			_, config, _ = strings.Cut(words[1], "=")
		case len(words) == 2 && strings.HasPrefix(lines.Text(), "  ") && slices.Contains([]string{"check", "plan", "sync"}, words[1]):
			commands++
			if _, err := exec.LookPath(words[0]); err != nil {
				t.Errorf("%q cannot be run: %v", lines.Text(), err)
			}
			if code := run(ctx, []string{words[1]}, environment{
				getenv: func(key string) string { return map[string]string{configVar: config}[key] },
				stdin:  strings.NewReader(""), stdout: io.Discard, stderr: io.Discard,
			}); code != exitOK {
				t.Errorf("%q ends with %d", lines.Text(), code)
			}
		}
	}
	if commands != 3 {
		t.Errorf("%d commands are printed, want 3", commands)
	}
	go io.Copy(io.Discard, out) //nolint:errcheck // what comes after is of no interest
	stop()
	if code := <-ended; code != exitOK {
		t.Errorf("the demo ended with %d", code)
	}
}

// The README shows what the demo prints, with other ports and times; […] stands for the
// rest.
func TestReadmeShowsTheDemo(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	code := run(t.Context(), []string{"demo"}, environment{getenv: func(string) string { return "" }, stdin: strings.NewReader(""), stdout: &out, stderr: &out})
	if code != exitOK {
		t.Fatalf("the demo ended with %d\n%s", code, out.String())
	}
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(readme), "$ go run ./cmd/okta-walkme-agent demo\n")
	block, _, _ = strings.Cut(block, "```")
	rooms := regexp.MustCompile(`okta-walkme-demo-\d+|127\.0\.0\.1:\d+|\d{4}-\d\d-\d\d \d\d:\d\d|Plan    [0-9a-f]{16}`)
	printed := strings.ReplaceAll(out.String(), filepath.Join(os.TempDir(), "okta-"), "/tmp/okta-")
	printed = rooms.ReplaceAllString(printed, "…")
	for part := range strings.SplitSeq(rooms.ReplaceAllString(block, "…"), "\n[…]\n") {
		if part = strings.TrimSpace(part); part == "" || !strings.Contains(printed, part) {
			t.Errorf("the demo does not print\n%s\nbut\n%s", part, printed)
		}
	}
}

// TestDemoObeys changes the org of a served demo.
func TestDemoObeys(t *testing.T) {
	t.Parallel()
	d := &demo{
		cli: &cli{}, org: oktatest.Start(oktatest.Options{}), tenant: walkmetest.Start(walkmetest.Options{}),
		people: map[string]string{}, emails: map[string]string{}, groups: map[string]string{},
	}
	t.Cleanup(d.org.Close)
	t.Cleanup(d.tenant.Close)
	d.populate()
	d.config = filepath.Join(t.TempDir(), "agent.yaml")
	if err := os.WriteFile(d.config, []byte(demoConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ line, want string }{
		{"hire eve@example.com Eve van den Berg", "done"},
		{"hire EVE@example.com Eve Evans", "EVE@example.com is there already"},
		{"leave ann@example.com", "done"},
		{"return ann@example.com", "done"},
		{"set ann@example.com lastName Abel", "done"},
		{"join ann@example.com Content Authors", "done"},
		{"join ann@example.com A New Group", "done"},
		{"part ann@example.com Content Authors", "done"},
		{"part ann@example.com Nothing", `there is no group "Nothing"; there are A New Group, Content Authors, WalkMe Editors`},
		{"suspend ann@example.com", "done"},
		{"reactivate ann@example.com", "done"},
		{"deactivate dan@example.com", "done"},
		{"rename bob@example.com robert@example.com", "done"},
		{"rename robert@example.com ann@example.com", "ann@example.com is there already"},
		{"leave bob@example.com", `nobody has the address "bob@example.com"`},
		{"rename-group WalkMe Editors -> Chief Editors", "done"},
		{"rename-group Content Authors -> Chief Editors", `there is a group "Chief Editors" already`},
		{"rename-group Chief Editors", "usage: rename-group GROUP -> NEW"},
		{"push A New Group", "done"},
		{"link Chief Editors -> Editors of WalkMe", "done"},
		{"link Nothing -> Editors", `there is no group "Nothing"`},
		{"delete-group A New Group", "done"},
		{"delete-group A New Group", `there is no group "A New Group"`},
		{"quirks", "none"},
		{"quirk page-cap=2", "done"},
		{"quirks", "page-cap=2"},
		{"quirk explode", "there is no quirk"},
		{"quirk none", "done"},
		{"fault lost-answer,on=POST", "done"},
		{"fault explode", "there is no fault"},
		{"leave nobody@example.com", `nobody has the address "nobody@example.com"`},
		{"set ann@example.com lastName", "done"},
		{"set ann@example.com", "usage: set EMAIL ATTRIBUTE [VALUE]"},
		{"leave", "usage: leave EMAIL"},
		{"fire ann@example.com", `there is no command "fire"; there are`},
	} {
		if got := d.answer(tt.line); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.line, got, tt.want)
		}
	}
	text, err := os.ReadFile(d.config)
	if err != nil {
		t.Fatal(err)
	}
	want := `  sources:
    - name: "A New Group"
    - name: "Chief Editors"
      link: "Editors of WalkMe"
    - name: Content Authors
      link: Authors
`
	if !strings.Contains(string(text), want) {
		t.Errorf("agent.yaml is\n%s\nwant in it\n%s", text, want)
	}
}

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// TestPlanOut writes a plan over a plan, an empty file and nothing, and over nothing
// else: what is there stays as it is.
func TestPlanOut(t *testing.T) {
	t.Parallel()
	c := newCompany(t, oktatest.Options{}, walkmetest.Options{}, nil)
	c.hire("Ann", "Archer")
	c.write("empty.json", "")
	c.write("notes.txt", "mine\n")
	path := func(name string) string { return filepath.Join(c.dir, name) }
	for _, name := range []string{"new.json", "new.json", "empty.json"} {
		c.must(exitOK, "plan", "--out", path(name))
	}
	config, err := os.ReadFile(path("agent.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"agent.yaml": "is there already and is no plan", "notes.txt": "is there already and is no plan",
		"none/plan.json": "is not there; make it, or name another file", ".": "is no file",
	} {
		if r := c.must(exitFailed, "plan", "--out", path(name)); !strings.Contains(r.err, want) || r.out != "" {
			t.Errorf("--out %s: %q, %q, want %q and no plan", name, r.out, r.err, want)
		}
	}
	if now, _ := os.ReadFile(path("agent.yaml")); string(now) != string(config) {
		t.Error("the configuration has changed")
	}
	if now, _ := os.ReadFile(path("notes.txt")); string(now) != "mine\n" {
		t.Error("the notes have changed")
	}
}

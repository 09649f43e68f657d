package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// TestManual holds the page to the commands, and to what man itself warns of.
func TestManual(t *testing.T) {
	c := &cli{environment: environment{getenv: func(string) string { return "" }}}
	root := c.root()
	root.InitDefaultHelpCmd()
	var page bytes.Buffer
	writeMan(&page, root)
	for _, cmd := range root.Commands() {
		if named := strings.Contains(page.String(), "\n.SS "+roff(cmd.Name())); named != cmd.IsAvailableCommand() && !cmd.HasSubCommands() {
			t.Errorf("%s is in the page: %v, want %v", cmd.Name(), named, cmd.IsAvailableCommand())
		}
	}
	man, err := exec.LookPath("man")
	if err != nil {
		t.Skip("man is not here")
	}
	cmd := exec.CommandContext(t.Context(), man, "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", "-")
	cmd.Stdin = &page
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Errorf("man --warnings = %v\n%s", err, stderr.String())
	}
}

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
	checkManual(t, &page)
}

// TestConfigManual holds the page to the keys of the sample, in their order.
func TestConfigManual(t *testing.T) {
	var page bytes.Buffer
	writeConfigMan(&page)
	rest := page.String()
	for _, want := range []string{
		".SH DESCRIPTION\nokta", ".SS okta\n", ".B okta.org_url: https://acme.okta.com\nRequired.", ".B okta.auth.private_key: file:okta\\-key.pem",
		".SS walkme\n", ".B walkme.wire.cleared_value: empty\n", ".B limits.deactivations.count: 20", ".SS dry_run\n",
	} {
		at := strings.Index(rest, want)
		if at < 0 {
			t.Fatalf("%q is not in the page, or not after what comes before it in the sample:\n%s", want, page.String())
		}
		rest = rest[at:]
	}
	checkManual(t, &page)
}

// checkManual has man read a page; it warns of what it does not understand.
func checkManual(t *testing.T, page *bytes.Buffer) {
	t.Helper()
	man, err := exec.LookPath("man")
	if err != nil {
		t.Skip("man is not here")
	}
	cmd := exec.CommandContext(t.Context(), man, "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", "-")
	cmd.Stdin = page
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Errorf("man --warnings = %v\n%s", err, stderr.String())
	}
}

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const deployDir = "../../deploy"

func deployed(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(deployDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var units = []string{"okta-walkme-agent.service", "okta-walkme-agent@.service"}

// TestUnitsAreValid has systemd read the units. It also complains on standard error
// alone, so any output there fails. The program need not be installed for it.
func TestUnitsAreValid(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not here")
	}
	program := regexp.MustCompile(`(?m)=/usr/bin/(okta-walkme-agent|litestream) .*$`)
	for _, unit := range append(slices.Clone(units), "litestream/okta-walkme-agent-litestream.service") {
		path := filepath.Join(t.TempDir(), filepath.Base(unit))
		if err := os.WriteFile(path, []byte(program.ReplaceAllString(deployed(t, unit), "=/bin/true")), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{
			{"verify", "--man=no", path},
			{"security", "--offline=true", "--threshold=15", path}, // an exposure of 1.5
		} {
			var stderr bytes.Buffer
			cmd := exec.CommandContext(t.Context(), analyze, args...)
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if err != nil || stderr.Len() > 0 {
				t.Errorf("systemd-analyze %s of %s = %v\n%s%s", args[0], unit, err, out, stderr.String())
			}
		}
	}
}

// TestUnitsGiveReasons looks for a comment above each group of settings that
// restricts the service.
func TestUnitsGiveReasons(t *testing.T) {
	for _, unit := range units {
		_, service, _ := strings.Cut(deployed(t, unit), "[Service]\n")
		service, _, _ = strings.Cut(service, "[Install]")
		for _, block := range strings.Split(strings.TrimSpace(service), "\n\n") {
			if !strings.HasPrefix(block, "#") {
				t.Errorf("%s: no reason above\n%s", unit, block)
			}
		}
	}
}

// TestUnitsAgree holds the two units to the same settings, except for what makes an
// instance.
func TestUnitsAgree(t *testing.T) {
	settings := func(unit string) []string {
		var out []string
		for line := range strings.Lines(deployed(t, unit)) {
			if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "Environment=") {
				continue
			}
			out = append(out, strings.NewReplacer("/%i/", "/", "-%i", "", ", %i", "").Replace(line))
		}
		return out
	}
	if plain, template := settings(units[0]), settings(units[1]); !slices.Equal(plain, template) {
		t.Errorf("the template says\n%s\nwant as the plain unit\n%s", strings.Join(template, "\n"), strings.Join(plain, "\n"))
	}
}

// TestAlerts runs the alert rules' own tests.
func TestAlerts(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not here")
	}
	for _, args := range [][]string{
		{"check", "rules", "okta-walkme-agent.rules.yaml"}, {"test", "rules", "okta-walkme-agent.rules.test.yaml"},
	} {
		cmd := exec.CommandContext(t.Context(), promtool, args...)
		cmd.Dir = filepath.Join(deployDir, "prometheus")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// TestInstallIsPlayed holds the README to commands that the booted machine plays: each
// line of its Install, in that order, but for the making of the package.
func TestInstallIsPlayed(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, install, _ := strings.Cut(string(readme), "\n## Install\n")
	_, install, _ = strings.Cut(install, "```sh\n")
	install, _, _ = strings.Cut(install, "```")
	var played []string
	for _, m := range regexp.MustCompile(`(?m)^readme (\w+)`).FindAllStringSubmatch(deployed(t, "e2e/guest.sh"), -1) {
		played = append(played, m[1])
	}
	lines := strings.Split(strings.TrimSpace(install), "\n")
	if len(lines) != len(played)+1 || lines[0] != "make package" {
		t.Fatalf("README's Install is %q, the booted machine plays the lines with %q", lines, played)
	}
	for i, word := range played {
		if !slices.Contains(strings.Fields(lines[i+1]), word) {
			t.Errorf("line %d of README's Install is %q, the booted machine plays the one with %q", i+2, lines[i+1], word)
		}
	}
}

// TestKubernetesConfiguration reads the configuration that the manifests begin with, with
// secrets where they are mounted.
func TestKubernetesConfiguration(t *testing.T) {
	secrets := t.TempDir()
	for _, name := range []string{"okta-api-token", "walkme-username", "walkme-password"} {
		if err := os.WriteFile(filepath.Join(secrets, name), []byte("secret\n"), 0o440); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(deployDir, "kubernetes", "agent.yaml")
	getenv := func(key string) string { return map[string]string{credentialsVar: secrets}[key] }
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"--config", config, "check", "--offline"}, environment{getenv: getenv, stdout: &stdout, stderr: &stderr})
	if code != 0 {
		t.Errorf("check --offline = %d\n%s%s", code, stdout.String(), stderr.String())
	}
}

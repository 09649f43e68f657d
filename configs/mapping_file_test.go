package configs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okta-walkme-agent/configs"
)

func TestLoadMappings(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"bare lines", "userName: appuser.userName\ntitle: user.title\n", "userName=appuser.userName title=user.title"},
		{"a section", "mappings:\n  userName: user.login\n", "userName=user.login"},
		{"a whole configuration", "dry_run: true\nmappings:\n  userName: user.email\n", "userName=user.email"},
		{"without userName", "title: user.title\n", "error: mappings: has no userName"},
		{"a wrong expression", "userName: usr.login\n", "error: f.yaml:1:11: mappings.userName"},
		{"an expression that YAML cannot read", "userName: user.login\ntitle: \"Dr. \" + user.lastName\n", `error: put the whole expression between single quotes`},
		{"a list", "- userName\n", "error: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "f.yaml")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got := describe(configs.LoadMappings(path, configs.Env{}))
			if want, isError := strings.CutPrefix(tt.want, "error: "); isError {
				if !strings.HasPrefix(got, "error: ") || !strings.Contains(got, want) {
					t.Errorf("LoadMappings(%q) = %s, want an error with %q", tt.text, got, want)
				}
			} else if got != tt.want {
				t.Errorf("LoadMappings(%q) = %s, want %s", tt.text, got, tt.want)
			}
		})
	}
	if _, err := configs.LoadMappings(filepath.Join(t.TempDir(), "none"), configs.Env{}); err == nil {
		t.Error("LoadMappings(no file) = nil error, want one")
	}
}

func describe(m configs.Mappings, err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	var lines []string
	for _, line := range m {
		lines = append(lines, line.Path+"="+line.Expr.String())
	}
	return strings.Join(lines, " ")
}

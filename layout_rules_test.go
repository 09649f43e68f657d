package layout_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestRules plants one violation of each rule, and its lawful neighbour.
func TestRules(t *testing.T) {
	const walkme = "// Package walkme speaks.\npackage walkme\n\n"
	tests := []struct {
		name, file, source string
		want               string // part of the only violation; "": none
	}{
		{"a lawful import", "walkme/a.go", walkme + `import _ "okta-walkme-agent/internal/scim"`, ""},
		{"an import against the arrows", "walkme/a.go", walkme + `import _ "okta-walkme-agent/okta"`,
			"walkme/a.go:4:8: must not import okta-walkme-agent/okta"},
		{"an import of the whole module", "walkme/a.go", walkme + `import _ "okta-walkme-agent/cmd/okta-walkme-agent"`, "must not import"},
		{"a fake in the program", "walkme/a.go", walkme + `import _ "okta-walkme-agent/walkme/walkmetest"`, "must not import"},
		{"a fake in a test", "walkme/a_test.go", "package walkme_test\nimport _ \"okta-walkme-agent/walkme/walkmetest\"", ""},
		{"a test of another layer", "walkme/a_test.go", "package walkme_test\nimport _ \"okta-walkme-agent/agent\"", "must not import"},
		{"the tests of a fake use its subject", "okta/oktatest/a_test.go", "package oktatest_test\nimport _ \"okta-walkme-agent/okta\"", ""},
		{"a module by its owner", "walkme/a.go", walkme + `import _ "github.com/hashicorp/go-retryablehttp"`, ""},
		{"a module by another package", "walkme/a.go", walkme + `import _ "modernc.org/sqlite"`, "must not import modernc.org/sqlite"},
		{"a subpackage of an owned module", "walkme/a.go", walkme + `import _ "github.com/okta/okta-sdk-golang/v2/okta/query"`, "must not import"},
		{"a module whose name begins as an owned one", "walkme/a.go", walkme + `import _ "golang.org/x/timeout"`, "must not import"},
		{"a module that nobody owns", "walkme/a.go", walkme + `import _ "github.com/spf13/viper"`, "must not import"},
		{"a test library in the program", "walkme/a.go", walkme + `import _ "github.com/google/go-cmp/cmp"`, "must not import"},
		{"a test library in a test", "walkme/a_test.go", "package walkme_test\nimport _ \"github.com/google/go-cmp/cmp\"", ""},
		{"cgo", "walkme/a.go", walkme + `import "C"`, "must not import C"},
		{"a package that is not in the table", "walkme/scim/a.go", "// Package scim is here.\npackage scim\n", "walkme/scim: the package is not in the table"},
		{"a program at the root", "a.go", "// Command a.\npackage main\n", "root: the package is not in the table"},
		{"test data is no package", "walkme/testdata/a.go", "package x\n", ""},
		{"no package comment", "walkme/a.go", "package walkme\n", "walkme: no file has a package comment"},
		{"a package comment that is none", "walkme/a.go", "// Copyright.\npackage walkme\n", "no file has a package comment"},
		{"init", "walkme/a.go", walkme + "func init() {}\n", "walkme/a.go:4:1: func init"},
		{"a method named init", "walkme/a.go", walkme + "type t struct{}\nfunc (t) init() {}\n", ""},
		{"an undocumented function", "walkme/a.go", walkme + "func Speak() {}\n", "Speak is exported and has no comment"},
		{"an undocumented type", "walkme/a.go", walkme + "type Client struct{}\n", "Client is exported"},
		{"an undocumented method", "walkme/a.go", walkme + "// Client speaks.\ntype Client[T any] struct{}\nfunc (*Client[T]) Speak() {}\n", "Speak is exported"},
		{"a method of an unexported type", "walkme/a.go", walkme + "type client struct{}\nfunc (client) Speak() {}\n", ""},
		{"a method of the standard library", "walkme/a.go", walkme + "// E is it.\ntype E struct{}\nfunc (E) Error() string { return \"\" }\n", ""},
		{"an undocumented constant", "walkme/a.go", walkme + "const (\n\tA = 1 // first\n\tB = 2\n)\n", "walkme/a.go:6:2: B is exported"},
		{"a documented group", "walkme/a.go", walkme + "// Two of them.\nconst (\n\tA = 1\n\tB = 2\n)\n", ""},
		{"an undocumented variable", "walkme/a.go", walkme + "var Err error\n", "Err is exported"},
		{"tests need no comments", "walkme/a_test.go", "package walkme_test\nfunc Speak() {}\nfunc init() {}\n", ""},
		{"a clock in a pure package", "agent/plan/a.go", "// Package plan is pure.\npackage plan\n\nimport \"time\"\n\nvar now = time.Now()\n", "agent/plan is pure, and must not use time.Now"},
		{"times in a pure package", "agent/plan/a.go", "// Package plan is pure.\npackage plan\n\nimport \"time\"\n\nvar day = 24 * time.Hour\n", ""},
		{"a context in a pure package", "agent/plan/a.go", "// Package plan is pure.\npackage plan\n\nimport _ \"context\"\n", "agent/plan is pure, and must not import context"},
		{"the network in a pure package", "agent/plan/a.go", "// Package plan is pure.\npackage plan\n\nimport _ \"net/http\"\n", "agent/plan is pure, and must not import net/http"},
		{"a context in another package", "agent/apply/a.go", "// Package apply sends.\npackage apply\n\nimport _ \"context\"\n", ""},
		{"a long file", "walkme/a.go", walkme + strings.Repeat("//\n", 398), "walkme/a.go: has 401 lines"},
		{"a long test", "walkme/a_test.go", "package walkme_test\n" + strings.Repeat("//\n", 500), ""},
		{"a folded name", "walkme/a.go", walkme + "func same(u user, name string) bool { return strings.EqualFold(u.UserName, name) }\n", "folds the case of a name"},
		{"a name in lower case", "walkme/a.go", walkme + "func key(c change) string { return strings.ToLower(c.want.Name()) }\n", "folds the case of a name"},
		{"a folded word of a protocol", "walkme/a.go", walkme + "func basic(scheme string) bool { return strings.EqualFold(scheme, \"Basic\") }\n", ""},
		{"a folded attribute name where those are read", "internal/scim/a.go", "// Package scim is here.\npackage scim\n\nfunc same(name string) bool { return strings.EqualFold(name, \"id\") }\n", ""},
		{"a long function", "walkme/a.go", walkme + "func speak() {\n" + strings.Repeat("\n", 69) + "}\n", "speak has 71 lines"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := violations(t, fstest.MapFS{tt.file: {Data: []byte(tt.source)}})
			switch {
			case tt.want == "" && len(got) > 0:
				t.Errorf("violations = %q, want none", got)
			case tt.want != "" && (len(got) != 1 || !strings.Contains(got[0], tt.want)):
				t.Errorf("violations = %q, want one with %q", got, tt.want)
			}
		})
	}
}

// TestBucketNames needs a table entry to get past the rule before it.
func TestBucketNames(t *testing.T) {
	for _, name := range []string{"internal/util", "walkme/common", "helpers"} {
		tree := fstest.MapFS{name + "/a.go": {Data: []byte("// Package x is here.\npackage x\n")}}
		got := violations(t, tree)
		if !slices.ContainsFunc(got, func(v string) bool { return strings.Contains(v, "says nothing") }) {
			t.Errorf("violations of package %s = %q, want one about its name", name, got)
		}
	}
}

// TestTable holds the table itself: every package it names as importable is a
// row of its own, and the arrows have no cycle.
func TestTable(t *testing.T) {
	var walk func(dir string, above []string)
	walk = func(dir string, above []string) {
		if slices.Contains(above, dir) {
			t.Fatalf("the table has a cycle: %s", strings.Join(append(above, dir), " → "))
		}
		targets, ok := imports[dir]
		if !ok {
			t.Errorf("%s imports %s, which is not in the table", above[len(above)-1], dir)
		}
		for _, target := range targets {
			walk(target, append(slices.Clip(above), dir))
		}
	}
	for dir := range imports {
		walk(dir, nil)
	}
	for mod, packages := range owners {
		for _, dir := range packages {
			if _, ok := imports[dir]; !ok {
				t.Errorf("%s is owned by %s, which is not in the table", mod, dir)
			}
		}
	}
}

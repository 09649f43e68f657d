// Package layout_test holds the architecture: who may import whom, which package
// owns which third-party module, and the habits that keep files readable. It
// reads the sources in this process, because a test that asks the go command is
// answered from the test cache when only a source file has changed.
package layout_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module      = "okta-walkme-agent"
	maxFile     = 400 // lines of a file that is not a test
	maxFunction = 70  // lines of a function that is not in a test
)

// imports says which packages of this module a package may import. Packages
// that are not listed here must not exist.
var imports = map[string][]string{
	"internal/scim":     {},
	"internal/el":       {},
	"internal/fault":    {},
	"internal/har":      {},
	"internal/near":     {},
	"internal/ramdisk":  {},
	"okta":              {},
	"okta/oktatest":     {"internal/fault"},
	"walkme":            {"internal/scim"},
	"walkme/walkmetest": {"internal/fault", "internal/scim"},
	"state":             {"internal/scim"},
	"agent/plan":        {"internal/near", "internal/scim", "internal/el", "okta", "state"},
	"agent/apply":       {"agent/plan", "internal/near", "internal/scim", "walkme", "state"},
	"agent":             {"agent/plan", "agent/apply", "internal/near", "internal/scim", "internal/el", "okta", "walkme", "state"},
	"agent/report":      {"agent", "agent/plan", "agent/apply", "internal/scim"},
	"agent/console":     {"agent", "agent/plan", "agent/report", "internal/el", "internal/scim", "okta", "state"},
	"agent/probe":       {"agent/report", "internal/scim", "walkme"},
	"agent/service":     {"agent", "agent/plan", "agent/report", "internal/scim", "okta", "state", "walkme"},
	"configs":           {"agent", "agent/plan", "agent/service", "internal/el", "internal/near", "okta", "walkme"},

	// The test bench plays the agent against the fakes.
	"agent/probe/conversation": {"internal/scim"},
	"agent/probe/scenario":     {"internal/fault", "internal/near", "internal/scim", "okta/oktatest", "walkme/walkmetest"},

	"cmd/okta-walkme-agent": {
		"agent", "agent/plan", "agent/apply", "agent/console", "agent/probe", "agent/report", "agent/service", "configs", "internal/scim", "internal/el", "internal/har", "internal/near", "okta", "okta/oktatest", "state", "walkme", "walkme/walkmetest",
		"agent/probe/conversation", "agent/probe/scenario", "internal/fault",
	},
}

// inTests may be imported by every test. Of the program itself only the demo wires the
// fakes, and nothing the ramdisk.
var inTests = []string{"internal/ramdisk", "okta/oktatest", "walkme/walkmetest"}

// subjects are what the tests of a fake hold it against.
var subjects = map[string]string{"okta/oktatest": "okta", "walkme/walkmetest": "walkme"}

// owners says which packages may use a third-party module.
var owners = map[string][]string{
	"github.com/coreos/go-oidc/v3":          {"agent/console"},
	"github.com/coreos/go-systemd/v22":      {"agent/service"},
	"github.com/go-jose/go-jose/v3":         {"okta", "okta/oktatest"},
	"github.com/google/uuid":                {"agent", "state"},
	"github.com/hashicorp/go-retryablehttp": {"agent/probe", "okta", "walkme"},
	"github.com/mattn/go-runewidth":         {"agent/report"},
	"github.com/nicholas-fedor/shoutrrr":    {"agent/service"},
	"github.com/okta/okta-sdk-golang/v2":    {"okta"},
	"github.com/prometheus/client_golang":   {"agent/service"},
	"github.com/robfig/cron/v3":             {"configs"},
	"github.com/spf13/cobra":                {"cmd/okta-walkme-agent"},
	"github.com/spf13/pflag":                {"cmd/okta-walkme-agent"},
	"go.yaml.in/yaml/v4":                    {"agent/probe/scenario", "configs"},
	"golang.org/x/oauth2":                   {"agent/console"},
	"golang.org/x/sync":                     {"agent", "agent/apply", "okta", "walkme"},
	"golang.org/x/sys":                      {"state"},
	"golang.org/x/term":                     {"cmd/okta-walkme-agent"},
	"golang.org/x/text":                     {"internal/scim", "internal/el"},
	"golang.org/x/time":                     {"agent/probe", "okta", "walkme"},
	"modernc.org/sqlite":                    {"state"},
	"github.com/chromedp/cdproto":           testsOnly,
	"github.com/chromedp/chromedp":          testsOnly,
	"github.com/google/go-cmp":              testsOnly,
	"github.com/google/jsonschema-go":       testsOnly,
	"github.com/prometheus/common":          testsOnly,
	"github.com/rogpeppe/go-internal":       testsOnly,
	"go.uber.org/goleak":                    testsOnly,
	"pgregory.net/rapid":                    testsOnly,
}

// pure lists the packages that decide, and reach for nothing: the same values in, the
// same values out.
var pure = []string{"agent/plan"}

// impure are the packages of the standard library that a pure package does not
// import, with those below them; and the functions that read a clock, by package.
var (
	impure = []string{"context", "database/sql", "io/fs", "log", "math/rand", "net", "os", "sync", "syscall", "testing"}
	clocks = map[string][]string{"time": {"Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Sleep", "Tick"}}
)

// testsOnly owns the modules that every test may use and no program.
var testsOnly []string

// otherNames are the places that fold the case of names which are nobody's: of
// attributes, functions, headers, keys. They are ASCII by their standards.
var otherNames = map[string]string{
	"internal/near":                      "what may have been meant: its answers are questions",
	"internal/el":                        "functions and keywords of expressions, and what expressions compute",
	"agent/probe/conversation/header.go": "HTTP header names (RFC 9110, section 5.1)",
	"internal/har":                       "HTTP header names (RFC 9110, section 5.1)",
	"internal/scim":                      "attribute names (RFC 7643, section 2.1), and the comparison itself",
	"configs":                            "keys and words of the configuration",
	"okta/page.go":                       "parameters of a Link header (RFC 8288, section 3)",
	"okta/oktatest/people.go":            "Okta's logins; the fake stands on its own",
	"okta/oktatest/render.go":            "Okta's search by the beginning of a name; the fake stands on its own",
	"agent/plan/mapping.go":              "attribute names",
	"walkme/walkmetest":                  "attribute names; resources are compared in collation.go",
}

// bucketNames are package names that say nothing about what is inside.
var bucketNames = []string{"util", "utils", "common", "helper", "helpers", "types", "model", "models", "misc", "base", "shared", "interfaces", "constants"}

// documentedElsewhere are methods whose meaning the standard library's
// interfaces fix.
var documentedElsewhere = []string{
	"As", "Error", "Format", "Is", "LogValue", "MarshalJSON", "MarshalText", "RoundTrip", "ServeHTTP", "String",
	"UnmarshalJSON", "UnmarshalText", "Unwrap",
}

func TestLayout(t *testing.T) {
	for _, violation := range violations(t, os.DirFS(".")) {
		t.Error(violation)
	}
}

// violations lists what breaks the rules in a module's source tree, sorted.
func violations(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var out []string
	for _, p := range packages(t, tree) {
		out = append(out, p.check()...)
	}
	slices.Sort(out)
	return out
}

// sourcePackage is the Go files of one folder.
type sourcePackage struct {
	dir   string // "" is the root
	fset  *token.FileSet
	files []*ast.File
	names []string // of the files, with their folder
}

// packages parses all Go files below the root, except test data, other modules and
// folders that the go command passes over, too.
func packages(t *testing.T, tree fs.FS) []*sourcePackage {
	t.Helper()
	byDir := map[string]*sourcePackage{}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := entry.Name()
		if entry.IsDir() {
			if name != "." && (base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_")) {
				return fs.SkipDir
			}
			if _, err := fs.Stat(tree, path.Join(name, "go.mod")); name != "." && err == nil {
				return fs.SkipDir // a module of its own, such as the tools'
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		data, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		dir := strings.TrimPrefix(path.Dir(name), ".")
		p := byDir[dir]
		if p == nil {
			p = &sourcePackage{dir: dir, fset: token.NewFileSet()}
			byDir[dir] = p
		}
		file, err := parser.ParseFile(p.fset, name, data, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		p.files, p.names = append(p.files, file), append(p.names, name)
		return nil
	})
	if err != nil {
		t.Fatalf("reading the sources: %v", err)
	}
	out := make([]*sourcePackage, 0, len(byDir))
	for _, p := range byDir {
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b *sourcePackage) int { return cmp.Compare(a.dir, b.dir) })
	return out
}

func (p *sourcePackage) check() []string {
	var out []string
	program := slices.ContainsFunc(p.names, func(n string) bool { return !isTest(n) })
	if _, ok := imports[p.dir]; !ok && (program || p.dir != "") {
		out = append(out, fmt.Sprintf("%s: the package is not in the table of the layout test", cmp.Or(p.dir, "root")))
	}
	if name := path.Base(p.dir); slices.Contains(bucketNames, name) {
		out = append(out, fmt.Sprintf("%s: %q says nothing about what is inside; name the package for what it provides", p.dir, name))
	}
	if program && !slices.ContainsFunc(p.files, hasPackageComment) {
		out = append(out, fmt.Sprintf("%s: no file has a package comment", p.dir))
	}
	for i, f := range p.files {
		out = append(out, p.checkImports(f, p.names[i])...)
		if !isTest(p.names[i]) {
			out = append(out, p.checkSize(f, p.names[i])...)
			out = append(out, p.checkNames(f, p.names[i])...)
			out = append(out, p.checkDeclarations(f)...)
			out = append(out, p.checkPurity(f)...)
		}
	}
	return out
}

func hasPackageComment(f *ast.File) bool {
	if f.Doc == nil {
		return false
	}
	prefix := "Package " + f.Name.Name + " "
	if f.Name.Name == "main" {
		prefix = "Command "
	}
	return strings.HasPrefix(f.Doc.Text(), prefix)
}

func (p *sourcePackage) checkImports(f *ast.File, name string) []string {
	var out []string
	for _, spec := range f.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil || p.mayImport(target, isTest(name)) {
			continue
		}
		out = append(out, fmt.Sprintf("%s: must not import %s", p.fset.Position(spec.Pos()), target))
	}
	return out
}

// checkPurity finds what a pure package reaches for.
func (p *sourcePackage) checkPurity(f *ast.File) []string {
	if !slices.Contains(pure, p.dir) {
		return nil
	}
	var out []string
	for _, spec := range f.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err == nil && slices.ContainsFunc(impure, func(i string) bool { return target == i || strings.HasPrefix(target, i+"/") }) {
			out = append(out, fmt.Sprintf("%s: %s is pure, and must not import %s", p.fset.Position(spec.Pos()), p.dir, target))
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := sel.X.(*ast.Ident); ok && slices.Contains(clocks[pkg.Name], sel.Sel.Name) {
			out = append(out, fmt.Sprintf("%s: %s is pure, and must not use %s.%s", p.fset.Position(sel.Pos()), p.dir, pkg.Name, sel.Sel.Name))
		}
		return true
	})
	return out
}

// mayImport is the whole of the import rules.
func (p *sourcePackage) mayImport(target string, test bool) bool {
	if own, ok := strings.CutPrefix(target, module+"/"); ok {
		switch {
		case slices.Contains(imports[p.dir], own):
			return true
		case !test:
			return false
		}
		return own == p.dir || slices.Contains(inTests, own) || subjects[p.dir] == own
	}
	if first, _, _ := strings.Cut(target, "/"); !strings.Contains(first, ".") {
		return target != "C"
	}
	for mod, packages := range owners {
		if target == mod || strings.HasPrefix(target, mod+"/") {
			return slices.Contains(packages, p.dir) || test && packages == nil
		}
	}
	return false
}

func (p *sourcePackage) checkSize(f *ast.File, name string) []string {
	var out []string
	if lines := p.fset.File(f.Pos()).LineCount(); lines > maxFile {
		out = append(out, fmt.Sprintf("%s: has %d lines, more than %d; split it by subject", name, lines, maxFile))
	}
	for _, decl := range f.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		first, last := p.fset.Position(fn.Pos()), p.fset.Position(fn.End())
		if lines := last.Line - first.Line + 1; lines > maxFunction {
			out = append(out, fmt.Sprintf("%s: %s has %d lines, more than %d", first, fn.Name.Name, lines, maxFunction))
		}
	}
	return out
}

// checkNames refuses a comparison of names of people, accounts and groups that is not
// scim.SameName: a fold, and lower case alone, make two names of different people one.
func (p *sourcePackage) checkNames(f *ast.File, name string) []string {
	if otherNames[p.dir] != "" || otherNames[name] != "" {
		return nil
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || !foldsCase(call.Fun) {
			return true
		}
		for _, arg := range call.Args {
			if isNameOfResource(arg) {
				out = append(out, fmt.Sprintf("%s: folds the case of a name; compare with scim.SameName, index by scim.NameKey", p.fset.Position(call.Pos())))
				break
			}
		}
		return true
	})
	return out
}

func foldsCase(fn ast.Expr) bool {
	sel, ok := fn.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	from, ok := sel.X.(*ast.Ident)
	return ok && (from.Name == "strings" || from.Name == "bytes") &&
		slices.Contains([]string{"EqualFold", "ToLower", "ToUpper", "ToTitle"}, sel.Sel.Name)
}

// isNameOfResource goes by what an expression is called.
func isNameOfResource(expr ast.Expr) bool {
	var called string
	switch e := expr.(type) {
	case *ast.Ident:
		called = e.Name
	case *ast.SelectorExpr:
		called = e.Sel.Name
	case *ast.CallExpr:
		return isNameOfResource(e.Fun)
	case *ast.SliceExpr:
		return false // the beginning of one, for completion
	}
	called = strings.ToLower(called)
	return slices.ContainsFunc([]string{"name", "login", "label", "email"}, func(part string) bool { return strings.Contains(called, part) })
}

func (p *sourcePackage) checkDeclarations(f *ast.File) []string {
	var out []string
	report := func(at token.Pos, format string, args ...any) {
		out = append(out, fmt.Sprintf("%s: %s", p.fset.Position(at), fmt.Sprintf(format, args...)))
	}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == "init" {
				report(d.Pos(), "func init runs behind the reader's back; call it by name")
			}
			if d.Doc == nil && needsDoc(d) {
				report(d.Pos(), "%s is exported and has no comment", d.Name.Name)
			}
		case *ast.GenDecl:
			for _, name := range undocumented(d) {
				report(name.Pos(), "%s is exported and has no comment", name.Name)
			}
		}
	}
	return out
}

// needsDoc is true of an exported function, and of an exported method of an
// exported type.
func needsDoc(d *ast.FuncDecl) bool {
	if !d.Name.IsExported() {
		return false
	}
	if d.Recv == nil {
		return true
	}
	return ast.IsExported(receiver(d.Recv.List[0].Type)) && !slices.Contains(documentedElsewhere, d.Name.Name)
}

func receiver(expr ast.Expr) string {
	switch e := expr.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// undocumented lists the exported names of a declaration that neither it nor
// their own line explains.
func undocumented(d *ast.GenDecl) []*ast.Ident {
	var out []*ast.Ident
	for _, spec := range d.Specs {
		switch s := spec.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
				out = append(out, s.Name)
			}
		case *ast.ValueSpec:
			if d.Doc != nil || s.Doc != nil || s.Comment != nil {
				continue
			}
			for _, name := range s.Names {
				if name.IsExported() {
					out = append(out, name)
				}
			}
		}
	}
	return out
}

func isTest(name string) bool { return strings.HasSuffix(name, "_test.go") }

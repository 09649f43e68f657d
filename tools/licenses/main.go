// Command licenses writes the licences of every module that is linked into the
// program, with their SPDX identifiers, for packages and images. It fails when a
// module has no licence, or one that it does not know.
//
//	licenses -module DIR -out FILE
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	classifier "github.com/google/licenseclassifier/v2"
	"github.com/google/licenseclassifier/v2/assets"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("licenses", flag.ContinueOnError)
	flags.SetOutput(stderr)
	dir := flags.String("module", ".", "folder of the module")
	out := flags.String("out", "", "file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	modules, err := linked(ctx, *dir)
	if err != nil {
		return err
	}
	known, err := assets.DefaultClassifier()
	if err != nil {
		return fmt.Errorf("texts of the known licences: %w", err)
	}
	var text bytes.Buffer
	text.WriteString("Third-party software that is part of okta-walkme-agent.\n")
	var problems []error
	for _, m := range modules {
		if err := m.write(&text, known); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", m.Path, err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	return os.WriteFile(*out, text.Bytes(), 0o644)
}

// module is one that is linked into the program, or Go's own library.
type module struct {
	Path, Version, Dir string
	Main               bool
	Replace            *module
}

// linked lists the modules behind the packages of the program, and Go, sorted by
// path.
func linked(ctx context.Context, dir string) ([]module, error) {
	list := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Module", "./cmd/okta-walkme-agent")
	list.Dir, list.Stderr = dir, os.Stderr
	list.Env = append(os.Environ(), "GOOS=linux", "CGO_ENABLED=0")
	data, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("list of the packages: %w", err)
	}
	seen := map[string]module{}
	for decoder := json.NewDecoder(bytes.NewReader(data)); ; {
		var p struct{ Module *module }
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("list of the packages: %w", err)
		}
		if p.Module != nil && !p.Module.Main {
			seen[p.Module.Path] = *p.Module
		}
	}
	env, err := exec.CommandContext(ctx, "go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return nil, fmt.Errorf("where Go is: %w", err)
	}
	root, version, _ := strings.Cut(strings.TrimSpace(string(env)), "\n")
	out := []module{{Path: "Go and its standard library", Version: version, Dir: root}}
	for _, m := range seen {
		out = append(out, m)
	}
	slices.SortFunc(out[1:], func(a, b module) int { return cmp.Compare(a.Path, b.Path) })
	return out, nil
}

// licenceName is how files with licences and notices are called.
var licenceName = regexp.MustCompile(`(?i)^(li[cs]en[cs]e|copying|notice|copyright)([-._].*)?$`)

// write appends the licences of a module.
func (m module) write(w *bytes.Buffer, known *classifier.Classifier) error {
	dir := m.Dir
	if m.Replace != nil {
		dir = m.Replace.Dir
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var ids []string
	var texts bytes.Buffer
	for _, f := range files {
		if f.IsDir() || !licenceName.MatchString(f.Name()) || filepath.Ext(f.Name()) == ".go" {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return err
		}
		for _, match := range known.Match(text).Matches {
			if match.MatchType == "License" && !slices.Contains(ids, match.Name) {
				ids = append(ids, match.Name)
			}
		}
		fmt.Fprintf(&texts, "\n--- %s ---\n\n%s\n", f.Name(), bytes.TrimSpace(text))
	}
	if len(ids) == 0 {
		return errors.New("no licence is known; look at it by hand")
	}
	slices.Sort(ids)
	fmt.Fprintf(w, "\n%s\n%s %s\nSPDX-License-Identifier: %s\n%s", strings.Repeat("=", 80), m.Path, m.Version, strings.Join(ids, " AND "), texts.Bytes())
	return nil
}

package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"okta-walkme-agent/internal/fault"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta/oktatest"
	"okta-walkme-agent/walkme/walkmetest"
)

// maxFile bounds a file, in bytes.
const maxFile = 4 << 20

// FormatError says what is wrong with a file, a line each, with its position.
type FormatError struct{ Problems []string }

func (e *FormatError) Error() string { return strings.Join(e.Problems, "\n") }

// Load reads a scenario. What is wrong with its text is a *FormatError.
func Load(path string) (*File, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, data)
}

func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read a scenario: %w", err)
	case info.IsDir():
		return nil, fmt.Errorf("%s is a folder, not a file", path)
	case info.Size() > maxFile:
		return nil, fmt.Errorf("%s is larger than %d MiB", path, maxFile>>20)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read a scenario: %w", err)
	}
	return data, nil
}

// Parse is Load of a text; name stands for the file in messages.
func Parse(name string, data []byte) (*File, error) {
	d := &decoder{file: name, lines: strings.Split(string(data), "\n")}
	root, err := d.document(data)
	if err != nil {
		return nil, err
	}
	f := &File{Path: name, WireProfile: "oin", lines: d.lines}
	d.value(root, reflect.ValueOf(f).Elem())
	if len(d.problems) == 0 {
		f.check(d)
		f.checkNames(d, root)
	}
	if len(d.problems) > 0 {
		return nil, &FormatError{d.problems}
	}
	return f, nil
}

// LoadSeed reads the org of a scenario, or a file that is one: its people, groups and
// assignments stand at the top.
func LoadSeed(path string) (*Org, error) {
	data, err := read(path)
	if err != nil {
		return nil, err
	}
	d := &decoder{file: path, lines: strings.Split(string(data), "\n")}
	root, err := d.document(data)
	if err != nil {
		return nil, err
	}
	for i := 0; root.Kind == yaml.MappingNode && i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "org" {
			root = root.Content[i+1]
			break
		}
	}
	var org Org
	d.value(root, reflect.ValueOf(&org).Elem())
	if len(d.problems) == 0 {
		org.check(d)
	}
	if len(d.problems) > 0 {
		return nil, &FormatError{d.problems}
	}
	return &org, nil
}

func (d *decoder) document(data []byte) (*yaml.Node, error) {
	var doc yaml.Node
	err := yaml.Load(bytes.TrimPrefix(data, []byte("\ufeff")), &doc)
	var load *yaml.LoadError
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return nil, &FormatError{[]string{d.file + ": the file is empty"}}
	case errors.As(err, &load):
		return nil, &FormatError{[]string{fmt.Sprintf("%s:%d:%d: syntax error: %s", d.file, max(load.Mark.Line, 1), max(load.Mark.Column, 1), load.Message)}}
	case err != nil:
		return nil, &FormatError{[]string{d.file + ": " + err.Error()}}
	case len(doc.Content) == 0:
		return nil, &FormatError{[]string{d.file + ": the file is empty"}}
	}
	return doc.Content[0], nil
}

// check looks for what types cannot say.
func (f *File) check(d *decoder) {
	if !slices.Contains([]string{"oin", "aiw", "both"}, f.WireProfile) {
		d.wrong(d.at(f.Lines["wire_profile"]), "wire_profile is oin, aiw or both, not %q", f.WireProfile)
	}
	if len(f.Steps) == 0 {
		d.wrong(d.at(1), "a scenario has steps: a list of what happens")
	}
	f.Org.check(d)
	f.Tenant.check(d)
	for i := range f.Steps {
		f.Steps[i].check(d)
	}
}

// What people and group-push mappings of Okta may be.
var (
	statuses = []string{"STAGED", "PROVISIONED", "ACTIVE", "RECOVERY", "LOCKED_OUT", "PASSWORD_EXPIRED", "SUSPENDED", "DEPROVISIONED"}
	pushes   = []string{"ACTIVE", "INACTIVE", "ERROR"}
)

func (o *Org) check(d *decoder) {
	known := map[string]bool{}
	for _, p := range o.People {
		if p.Login == "" {
			d.wrong(d.at(p.Line), "org.people: everybody has a login")
		}
		if known[scim.NameKey(p.Login)] {
			d.wrong(d.at(p.Line), "org.people: the login %q is there twice", p.Login)
		}
		known[scim.NameKey(p.Login)] = true
		if p.Status != "" && !slices.Contains(statuses, p.Status) {
			d.wrong(d.at(p.Line), "org.people: the status is one of %s, not %q", strings.Join(statuses, ", "), p.Status)
		}
	}
	wantPerson := func(line int, what, login string) {
		if !known[scim.NameKey(login)] {
			d.wrong(d.at(line), "%s: nobody in org.people has the login %q", what, login)
		}
	}
	for _, login := range o.Assignments {
		wantPerson(o.Lines["assignments"], "org.assignments", login)
	}
	named := map[string]bool{}
	for _, g := range o.Groups {
		if g.Name == "" {
			d.wrong(d.at(g.Line), "org.groups: every group has a name")
		}
		if named[g.Name] {
			d.wrong(d.at(g.Line), "org.groups: the name %q is there twice, which Okta refuses", g.Name)
		}
		named[g.Name] = true
		if g.Push != "" && !slices.Contains(pushes, g.Push) {
			d.wrong(d.at(g.Line), "org.groups: push is one of %s, not %q", strings.Join(pushes, ", "), g.Push)
		}
		for _, login := range g.Members {
			wantPerson(g.Line, "org.groups: "+g.Name, login)
		}
	}
}

func (t *Tenant) check(d *decoder) {
	var q walkmetest.Quirks
	for _, text := range t.Quirks {
		if err := q.Set(text); err != nil {
			d.wrong(d.at(t.Lines["quirks"]), "tenant.quirks: %v", err)
		}
	}
	for _, text := range t.Faults {
		if _, err := fault.Parse(text, walkmetest.FaultKinds()); err != nil {
			d.wrong(d.at(t.Lines["faults"]), "tenant.faults: %v", err)
		}
	}
}

func (s *Step) check(d *decoder) {
	names := s.actions()
	if len(names) > 1 {
		d.wrong(d.at(s.Line), "one step does one thing, not %s", strings.Join(names, " and "))
	}
	if len(names) == 0 && len(s.Lines) == 0 {
		d.wrong(d.at(s.Line), "the step is empty")
	}
	if s.Exit != nil && (len(names) == 0 || !slices.Contains([]string{"check", "plan", "sync", "resync", "run"}, names[0])) {
		d.wrong(d.at(s.Lines["expect_exit"]), "expect_exit stands beside a command: check, plan, sync, resync or run")
	}
	if s.Fault != nil {
		if _, err := s.Fault.rule(); err != nil {
			d.wrong(d.at(s.Lines["fault"]), "%v", err)
		}
	}
	if s.Quirks != nil {
		var q walkmetest.Quirks
		for _, text := range *s.Quirks {
			if err := q.Set(text); err != nil {
				d.wrong(d.at(s.Lines["quirks"]), "%v", err)
			}
		}
	}
	if s.Kill != nil && !slices.Contains([]string{"", "before", "after"}, s.Kill.When) {
		d.wrong(d.at(s.Lines["kill"]), "kill.when is before or after, not %q", s.Kill.When)
	}
}

// actions are the keys of a step that do something.
func (s *Step) actions() []string {
	var out []string
	for key, field := range fieldsOf(reflect.ValueOf(s).Elem()) {
		if strings.HasPrefix(key, "\x00") || strings.HasPrefix(key, "expect_") || field.IsZero() {
			continue
		}
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}

// rule is the fault as the servers take it.
func (f *Fault) rule() (fault.Rule, error) {
	if (f.WalkMe == "") == (f.Okta == "") {
		return fault.Rule{}, errors.New("a fault is one of walkme or okta: KIND, or KIND=VALUE")
	}
	text, kinds := f.WalkMe, walkmetest.FaultKinds()
	if f.Okta != "" {
		text, kinds = f.Okta, oktatest.FaultKinds()
	}
	for _, part := range [][2]string{{"on", f.On}, {"path", f.Path}, {"about", f.About}, {"times", f.Times}} {
		if part[1] != "" {
			text += "," + part[0] + "=" + part[1]
		}
	}
	if f.Nth > 0 {
		text += fmt.Sprintf(",nth=%d", f.Nth)
	}
	return fault.Parse(text, kinds)
}

package scenario_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/jsonschema-go/jsonschema"
	"go.yaml.in/yaml/v4"

	"okta-walkme-agent/agent/probe/scenario"
)

const schemaFile = "scenario.schema.json"

func docs(elements ...string) string {
	return filepath.Join(append([]string{"..", "..", "..", "docs"}, elements...)...)
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(docs(schemaFile))
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

// keysOf are the keys that the decoder takes for a struct.
func keysOf(t reflect.Type) []string {
	var out []string
	for i := range t.NumField() {
		name, option, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		switch {
		case option == "inline":
			out = append(out, keysOf(t.Field(i).Type)...)
		case name != "" && name != "-":
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func properties(s *jsonschema.Schema) []string {
	var out []string
	for name := range s.Properties {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

func TestSchemaIsPublished(t *testing.T) {
	text, err := os.ReadFile(docs(schemaFile))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), string(scenario.Schema)); diff != "" {
		t.Errorf("docs/%s differs from the one in the program (-docs +program):\n%s", schemaFile, diff)
	}
}

// The published schema has the keys of the types, no more and no fewer.
func TestSchemaHasTheKeys(t *testing.T) {
	s := schema(t)
	step := s.Defs["step"].OneOf[1]
	for name, tt := range map[string]struct {
		published *jsonschema.Schema
		of        reflect.Type
	}{
		"the file":    {s, reflect.TypeFor[scenario.File]()},
		"org":         {s.Defs["org"], reflect.TypeFor[scenario.Org]()},
		"person":      {s.Defs["person"], reflect.TypeFor[scenario.Person]()},
		"group":       {s.Defs["group"], reflect.TypeFor[scenario.Group]()},
		"tenant":      {s.Properties["tenant"], reflect.TypeFor[scenario.Tenant]()},
		"account":     {s.Defs["account"], reflect.TypeFor[scenario.Account]()},
		"step":        {step, reflect.TypeFor[scenario.Step]()},
		"request":     {s.Defs["request"].OneOf[1], reflect.TypeFor[scenario.RequestExpectation]()},
		"group there": {s.Defs["group_expectation"], reflect.TypeFor[scenario.GroupExpectation]()},
		"fault":       {step.Properties["fault"], reflect.TypeFor[scenario.Fault]()},
		"kill":        {step.Properties["kill"], reflect.TypeFor[scenario.Kill]()},
		"command":     {step.Properties["sync"], reflect.TypeFor[scenario.Command]()},
		"resync":      {step.Properties["resync"], reflect.TypeFor[scenario.ResyncCommand]()},
		"change":      {step.Properties["change"], reflect.TypeFor[scenario.Change]()},
		"move":        {step.Properties["move"], reflect.TypeFor[scenario.Moving]()},
		"credentials": {step.Properties["credentials"], reflect.TypeFor[scenario.Credentials]()},
	} {
		if diff := cmp.Diff(keysOf(tt.of), properties(tt.published)); diff != "" {
			t.Errorf("%s: keys of the type and of the schema (-type +schema):\n%s", name, diff)
		}
	}
}

// What ships is valid by the schema, so that editors do not complain about it.
func TestSchemaTakesWhatShips(t *testing.T) {
	resolved, err := schema(t).Resolve(&jsonschema.ResolveOptions{})
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string][]byte{"example": scenario.Example}
	paths, err := filepath.Glob(docs("scenarios", "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(path)] = text
	}
	for name, text := range texts {
		var v any
		if err := yaml.Unmarshal(text, &v); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := resolved.Validate(asJSON(t, v)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{
		"no steps": "title: x\n", "an unknown step": "steps: [{dance: x}]\n", "an unknown key": "steps: [sync]\nexpect_exits: 0\n",
	} {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if resolved.Validate(asJSON(t, v)) == nil {
			t.Errorf("%s is valid by the schema", name)
		}
	}
}

// asJSON gives values the types of a JSON decoder.
func asJSON(t *testing.T, v any) any {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

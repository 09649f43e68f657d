package report_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/agent/report"
)

func loadSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "plan.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var s jsonschema.Schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

func resolve(t *testing.T, s *jsonschema.Schema) *jsonschema.Resolved {
	t.Helper()
	r, err := s.Resolve(&jsonschema.ResolveOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// closed makes every object of the schema refuse properties that it does not
// name, so that a field which is missing in the published schema shows.
func closed(s *jsonschema.Schema) *jsonschema.Schema {
	if s.Properties != nil && s.AdditionalProperties == nil {
		s.AdditionalProperties = &jsonschema.Schema{Not: &jsonschema.Schema{}}
	}
	for _, part := range s.Properties {
		closed(part)
	}
	for _, part := range s.Defs {
		closed(part)
	}
	if s.Items != nil {
		closed(s.Items)
	}
	return s
}

// TestSchema validates everything that is written as JSON against the published
// schema.
func TestSchema(t *testing.T) {
	strict := resolve(t, closed(loadSchema(t)))
	documents := map[string]func(io.Writer) error{
		"big":     func(w io.Writer) error { return report.PlanJSON(w, bigPlan(2000)) },
		"hostile": func(w io.Writer) error { return report.PlanJSON(w, hostilePlan(hostileNames()...)) },
		"leavers": func(w io.Writer) error { return report.PlanJSON(w, leaversPlan()) },
		"quiet":   func(w io.Writer) error { return report.RunJSON(w, quietReport()) },
		"zero":    func(w io.Writer) error { return report.PlanJSON(w, &plan.Plan{}) },
	}
	for file, write := range stories() {
		if strings.HasSuffix(file, ".json") {
			documents[file] = write
		}
	}
	for name, write := range documents {
		t.Run(name, func(t *testing.T) {
			var document any
			if err := json.Unmarshal(render(t, write), &document); err != nil {
				t.Fatal(err)
			}
			if err := strict.Validate(document); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSchemaRefuses breaks a valid document in single places.
func TestSchemaRefuses(t *testing.T) {
	schema := resolve(t, loadSchema(t))
	valid := render(t, func(w io.Writer) error { return report.PlanJSON(w, richPlan()) })
	change := func(d map[string]any) map[string]any { return d["changes"].([]any)[0].(map[string]any) }
	tests := map[string]func(map[string]any){
		"another version":          func(d map[string]any) { d["schema"] = "okta-walkme-agent/plan/v2" },
		"no changes":               func(d map[string]any) { delete(d, "changes") },
		"an action that is none":   func(d map[string]any) { change(d)["action"] = "delete" },
		"a cause that is none":     func(d map[string]any) { change(d)["cause"] = "weather" },
		"a type that is none":      func(d map[string]any) { change(d)["type"] = "Device" },
		"members without removals": func(d map[string]any) { change(d)["members"] = map[string]any{"add": []any{}} },
		"members null":             func(d map[string]any) { change(d)["members"] = map[string]any{"add": nil, "remove": nil} },
		"a value that is an object": func(d map[string]any) {
			change(d)["attributes"] = []any{map[string]any{"path": "name", "old": nil, "new": map[string]any{}}}
		},
		"an outcome that is none": func(d map[string]any) { change(d)["outcome"] = "perhaps" },
		"a negative count":        func(d map[string]any) { d["summary"].(map[string]any)["create"] = -1 },
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		var document map[string]any
		if err := json.Unmarshal(valid, &document); err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(document); err != nil {
			t.Fatalf("unbroken document: %v", err)
		}
		tests[name](document)
		if err := schema.Validate(document); err == nil {
			t.Errorf("Validate(document with %s) = nil, want an error", name)
		}
	}
}

// TestJSONReadsBack holds the JSON to the plan that it was written from, and to
// plain ASCII control: no character of it moves a terminal.
func TestJSONReadsBack(t *testing.T) {
	planned := hostilePlan(hostileNames()...)
	text := render(t, func(w io.Writer) error { return report.PlanJSON(w, planned) })
	if escaped := report.Escape(strings.ReplaceAll(string(text), "\n", "")); escaped != strings.ReplaceAll(string(text), "\n", "") {
		t.Errorf("the JSON holds characters that a terminal obeys or hides: %s", escaped)
	}
	var back plan.Plan
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	for i, c := range planned.Changes {
		want := string([]rune(c.Name)) // each byte that is no UTF-8 becomes U+FFFD
		if got := back.Changes[i].Name; got != want {
			t.Errorf("name after JSON = %q, want %q", got, want)
		}
	}
	again := render(t, func(w io.Writer) error { return report.PlanJSON(w, &back) })
	if !bytes.Equal(text, again) {
		t.Error("a plan that was read back is written with other bytes")
	}
}

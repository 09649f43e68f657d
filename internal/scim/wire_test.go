package scim_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"okta-walkme-agent/internal/scim"
)

func TestPatchOp(t *testing.T) {
	const head = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":`
	for _, tt := range []struct {
		operations []scim.Operation
		want       string
	}{
		{[]scim.Operation{{Op: "replace", Value: json.RawMessage(`{"active":false}`)}}, head + `[{"op":"replace","value":{"active":false}}]}`},
		{[]scim.Operation{{Op: "remove", Path: `members[value eq "1"]`}, {Op: "add", Path: "members", Value: json.RawMessage("[]")}},
			head + `[{"op":"remove","path":"members[value eq \"1\"]"},{"op":"add","path":"members","value":[]}]}`},
	} {
		if got := string(scim.PatchOp(tt.operations...)); got != tt.want {
			t.Errorf("PatchOp() = %s, want %s", got, tt.want)
		}
	}
}

func TestAppendValue(t *testing.T) {
	for _, tt := range []struct {
		value any
		want  string
	}{
		{nil, "null"}, {true, "true"}, {int64(-7), "-7"}, {1.5, "1.5"}, {[]any{}, "[]"},
		{[]any{"a", int64(1), nil, []any{false}}, `["a",1,null,[false]]`},
		{"<o'brien> & zoë \u2028", "\"<o'brien> & zoë \u2028\""},
		{"\"\\\n\r\t\x01", `"\"\\\n\r\t\u0001"`},
		{"a\xffb", "\"a\ufffdb\""},
	} {
		got, err := scim.AppendValue(nil, tt.value)
		if err != nil || string(got) != tt.want {
			t.Errorf("AppendValue(%v) = %s, %v, want %s", tt.value, got, err, tt.want)
		}
	}
	for _, v := range []any{map[string]any{}, 7, math.NaN(), []any{math.Inf(1)}, []any{struct{}{}}} {
		if got, err := scim.AppendValue(nil, v); err == nil {
			t.Errorf("AppendValue(%v) = %s, want an error", v, got)
		}
	}
}

func FuzzAppendString(f *testing.F) {
	f.Add("o'brien \"zoë\"\x00\u2028<&>")
	f.Fuzz(func(t *testing.T, s string) {
		text := scim.AppendString(nil, s)
		var back string
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatalf("AppendString(%q) = %s: %v", s, text, err)
		}
		if utf8.ValidString(s) && back != s {
			t.Errorf("AppendString(%q) reads back as %q", s, back)
		}
	})
}

func TestFilter(t *testing.T) {
	for _, tt := range []struct{ value, filter, escaped string }{
		{"ann@example.com", `userName eq "ann@example.com"`, "userName%20eq%20%22ann%40example.com%22"},
		{`a+b "c"\d`, `userName eq "a+b \"c\"\\d"`, "userName%20eq%20%22a%2Bb%20%5C%22c%5C%22%5C%5Cd%22"},
		{"zoë", `userName eq "zoë"`, "userName%20eq%20%22zo%C3%AB%22"},
	} {
		got := scim.FilterEq("userName", tt.value)
		if got != tt.filter || scim.QueryEscape(got) != tt.escaped {
			t.Errorf("FilterEq(%s) = %s, escaped %s, want %s, %s", tt.value, got, scim.QueryEscape(got), tt.filter, tt.escaped)
		}
	}
}

func TestParseListResponse(t *testing.T) {
	for _, tt := range []struct {
		body    string
		total   int
		entries int
		err     string
	}{
		{`{"totalResults":2,"Resources":[{"id":"1"},{"id":"2"}]}`, 2, 2, ""},
		{`{"totalresults":"2","resources":[{}]}`, 2, 1, ""},
		{`{"totalResults":0,"Resources":null}`, 0, 0, ""},
		{`{"Resources":[]}`, -1, 0, ""},
		{`{"totalResults":1,"Resources":null}`, 0, 0, "Resources is null although totalResults is 1"},
		{`{"totalResults":0}`, 0, 0, "it has no Resources"},
		{`{"status":"error","msg":"x"}`, 0, 0, "it has no Resources"},
		{`{"Resources":{}}`, 0, 0, "Resources is not an array"},
		{`{"Resources":[1]}`, 0, 0, "Resources[0] is not an object"},
		{`[]`, 0, 0, "not a JSON object"},
		{``, 0, 0, "not a JSON object"},
		{`<html>`, 0, 0, "not a JSON object"},
	} {
		got, err := scim.ParseListResponse([]byte(tt.body))
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("ParseListResponse(%s) = %v, want %s", tt.body, err, tt.err)
			}
			continue
		}
		if err != nil || got.TotalResults != tt.total || len(got.Resources) != tt.entries {
			t.Errorf("ParseListResponse(%s) = %+v, %v, want %d of %d", tt.body, got, err, tt.entries, tt.total)
		}
	}
}

func FuzzParseListResponse(f *testing.F) {
	f.Add([]byte(`{"totalResults":1,"Resources":[{"id":"1"}]}`))
	f.Add([]byte(`{"resources":null,"Resources":[]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := scim.ParseListResponse(body)
		if err != nil {
			return
		}
		for _, r := range list.Resources {
			var o map[string]any
			if json.Unmarshal(r, &o) != nil {
				t.Errorf("ParseListResponse(%q) has an entry %q", body, r)
			}
		}
	})
}

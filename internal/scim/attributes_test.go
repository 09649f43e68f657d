package scim_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"okta-walkme-agent/internal/scim"
)

func TestNewAttributes(t *testing.T) {
	got := scim.NewAttributes([]scim.Attribute{{"title", "a"}, {"userName", "ann"}, {"locale", nil}, {"title", "b"}})
	want := scim.Attributes{{"locale", nil}, {"title", "b"}, {"userName", "ann"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("NewAttributes() (-want +got):\n%s", diff)
	}
	for path, value := range map[string]any{"title": "b", "locale": nil, "nickName": nil} {
		if v := got.Get(path); v != value {
			t.Errorf("Get(%s) = %v, want %v", path, v, value)
		}
	}
}

func TestDiffAttributes(t *testing.T) {
	old := scim.Attributes{{"a", "1"}, {"b", "2"}, {"d", ""}, {"e", int64(1)}}
	want := scim.Attributes{{"a", "1"}, {"b", "3"}, {"c", "4"}, {"d", nil}, {"e", 1.0}}
	got := scim.DiffAttributes(old, want)
	if diff := cmp.Diff([]scim.AttributeChange{{Path: "b", Old: "2", New: "3"}, {Path: "c", New: "4"}}, got); diff != "" {
		t.Errorf("DiffAttributes() (-want +got):\n%s", diff)
	}
	if got := scim.DiffAttributes(old, nil); got != nil {
		t.Errorf("DiffAttributes() = %v for what is no longer mapped, want nothing", got)
	}
}

func TestEqual(t *testing.T) {
	for _, tt := range []struct {
		a, b any
		want bool
	}{
		{nil, "", true}, {nil, []any{}, true}, {"", []any{}, true}, {nil, false, false}, {nil, int64(0), false},
		{"a", "a", true}, {"a", "A", false}, {"1", int64(1), false}, {int64(1), 1.0, true}, {true, true, true}, {true, "true", false},
		{[]any{"a", int64(1)}, []any{"a", 1.0}, true}, {[]any{"a", "b"}, []any{"b", "a"}, true}, {[]any{"a", "a", "b"}, []any{"a", "b", "b"}, false}, {[]any{"a", "b"}, []any{"a"}, false}, {[]any{"a"}, "a", false}, {"a", []any{"a"}, false},
	} {
		if got := scim.Equal(tt.a, tt.b); got != tt.want || scim.Equal(tt.b, tt.a) != tt.want {
			t.Errorf("Equal(%#v, %#v) = %t, want %t", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestValue(t *testing.T) {
	for _, tt := range []struct{ in, want any }{
		{nil, nil}, {"a", "a"}, {true, true}, {7, int64(7)}, {2.0, int64(2)}, {2.5, 2.5}, {math.MaxFloat64, math.MaxFloat64},
		{float64(1<<53 - 1), int64(1<<53 - 1)}, {float64(1 << 53), float64(1 << 53)}, {-float64(1 << 53), -float64(1 << 53)},
		{json.Number("7"), int64(7)}, {json.Number("7.5"), 7.5}, {[]any{1.0, "a"}, []any{int64(1), "a"}},
	} {
		got, err := scim.Value(tt.in)
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("Value(%v) = %v, %v, want %v", tt.in, got, err, tt.want)
		}
	}
	for _, v := range []any{map[string]any{}, []any{map[string]any{}}, struct{}{}} {
		if got, err := scim.Value(v); err == nil {
			t.Errorf("Value(%v) = %v, want an error", v, got)
		}
	}
}

func TestAttributesJSON(t *testing.T) {
	as := scim.Attributes{{"active", true}, {"emails[primary eq true].value", "zoë <&>"}, {"n", int64(1 << 60)}, {"x", []any{"a", nil}}}
	const want = `{"active":true,"emails[primary eq true].value":"zoë <&>","n":1152921504606846976,"x":["a",null]}`
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(as); err != nil || strings.TrimSpace(b.String()) != want {
		t.Errorf("Encode() = %s, %v, want %s", b.String(), err, want)
	}
	if text, err := (scim.Attributes{{"n", math.Inf(1)}}).MarshalJSON(); err == nil {
		t.Errorf("MarshalJSON() of a number without end = %s, want an error", text)
	}
	var back scim.Attributes
	if err := json.Unmarshal([]byte(want), &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(as, back); diff != "" {
		t.Errorf("Unmarshal() (-want +got):\n%s", diff)
	}
	for _, bad := range []string{`[]`, `{"a":{}}`, `{"a":`} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("Unmarshal(%s) = %v, want an error", bad, back)
		}
	}
}

// Attributes survive the way to the state file and back.
func TestAttributesJSONRoundTrip(t *testing.T) {
	scalar := rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Map(rapid.String(), func(s string) any { return strings.ToValidUTF8(s, "") }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.Int64(), func(n int64) any { return n }),
	)
	attribute := rapid.Custom(func(t *rapid.T) scim.Attribute {
		return scim.Attribute{Path: rapid.StringMatching(`[a-z]{1,3}`).Draw(t, "path"), Value: scalar.Draw(t, "value")}
	})
	rapid.Check(t, func(t *rapid.T) {
		as := scim.NewAttributes(rapid.SliceOf(attribute).Draw(t, "attributes"))
		text, err := as.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var back scim.Attributes
		if err := back.UnmarshalJSON(text); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(as, back); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", text, diff)
		}
	})
}

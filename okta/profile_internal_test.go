package okta

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestProjector(t *testing.T) {
	for _, tc := range []struct {
		name, in, want string
		keep           []string
	}{
		{"sorted", `{"b": 1, "a" : "x"}`, `{"a":"x","b":1}`, nil},
		{"nested", `{"o":{"y":[ 1 , {"q":1,"p":2} ],"x":null}, "e":[], "f":{}}`, `{"e":[],"f":{},"o":{"x":null,"y":[1,{"p":2,"q":1}]}}`, nil},
		{"numbers keep their digits", `{"n":12345678901234567890,"m":1.10e5,"z":-0}`, `{"m":1.10e5,"n":12345678901234567890,"z":-0}`, nil},
		{"escapes in values stay", `{"a":"\u00e9\"\\"}`, `{"a":"\u00e9\"\\"}`, nil},
		{"escaped keys", `{"\u0062":1,"a":2}`, `{"a":2,"b":1}`, nil},
		{"keys that need escapes", `{"q\"":1}`, `{"q\"":1}`, nil},
		{"last of a repeated key", `{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`, nil},
		{"kept", `{"c":3,"b":2,"a":1}`, `{"a":1,"c":3}`, []string{"c", "a", "missing"}},
		{"nothing kept", `{"a":1}`, `{}`, []string{"z"}},
		{"kept at the top only", `{"a":{"b":1}}`, `{"a":{"b":1}}`, []string{"a"}},
		{"null", `null`, `{}`, nil},
		{"nothing", ``, `{}`, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := &projector{}
			if tc.keep != nil {
				p = newProjector(tc.keep)
			}
			got, err := p.object(json.RawMessage(tc.in))
			if err != nil || string(got) != tc.want {
				t.Errorf("object(%s) = %s, %v, want %s", tc.in, got, err, tc.want)
			}
		})
	}
	for _, in := range []string{`[]`, `"x"`, `1`, `true`} {
		if got, err := (&projector{}).object(json.RawMessage(in)); err == nil {
			t.Errorf("object(%s) = %s, want an error", in, got)
		}
	}
}

// FuzzProjector compares the canonical form with that of encoding/json.
func FuzzProjector(f *testing.F) {
	f.Add([]byte(`{"b":[1,{"d":"\\\"","c":null}],"a":{"\u0000":1e5}}`))
	f.Add([]byte(`{"a":1,"a":{"x":[[]]}}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		if !json.Valid(in) || !strings.HasPrefix(string(bytes.TrimSpace(in)), "{") {
			t.Skip()
		}
		got, err := (&projector{}).object(in)
		if err != nil {
			t.Fatalf("object(%s) = %v, want no error", in, err)
		}
		if a, b := reencode(t, in), reencode(t, got); a != b {
			t.Errorf("object(%s) = %s, want the same value: %s", in, b, a)
		}
		again, err := (&projector{}).object(got)
		if err != nil || !bytes.Equal(again, got) {
			t.Errorf("object(object(x)) = %s, %v, want %s", again, err, got)
		}
	})
}

func reencode(t *testing.T, raw []byte) string {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("Decode(%s) = %v", raw, err)
	}
	out, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestTexts(t *testing.T) {
	for profile, want := range map[string]struct {
		texts []string // of a, b and c; "-" is none
		all   bool
	}{
		``:                                  {[]string{"-", "-", "-"}, true},
		`{}`:                                {[]string{"-", "-", "-"}, true},
		`{"a":"1","b":"","c":"ä, }"}`:       {[]string{"1", "", "ä, }"}, true},
		`{"a":null,"c":"3","d":7}`:          {[]string{"-", "-", "3"}, true},
		`{"a":1,"b":"2"}`:                   {[]string{"-", "2", "-"}, false},
		`{"a":"1","b":"\"","c":["3"]}`:      {[]string{"1", "-", "-"}, false},
		`{"a":{"b":"2"},"c":true}`:          {[]string{"-", "-", "-"}, false},
		`{"A":"1","other":"\u0041","b":""}`: {[]string{"-", "", "-"}, true},
	} {
		texts := [][]byte{nil, []byte("of the person before"), nil}
		all := Texts(json.RawMessage(profile), []string{"a", "b", "c"}, texts)
		var got []string
		for _, text := range texts {
			if got = append(got, string(text)); text == nil {
				got[len(got)-1] = "-"
			}
		}
		if !slices.Equal(got, want.texts) || all != want.all {
			t.Errorf("Texts(%s) = %q, %t, want %q, %t", profile, got, all, want.texts, want.all)
		}
	}
}

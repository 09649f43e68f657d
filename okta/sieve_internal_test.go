package okta

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitArray(t *testing.T) {
	for _, tt := range []struct {
		body string
		want []string // nil: incomplete
	}{
		{`[]`, []string{}},
		{" [ \n] \t", []string{}},
		{`[{}]`, []string{`{}`}},
		{`[{"id":"a"},{"id":"b"}]`, []string{`{"id":"a"}`, `{"id":"b"}`}},
		{`[ {"a":[{"b":"]}"}]} , {"c":"\\"} ]`, []string{`{"a":[{"b":"]}"}]}`, `{"c":"\\"}`}},
		{`[{"q":"\"{"}]`, []string{`{"q":"\"{"}`}},
		{``, nil}, {`null`, nil}, {`{}`, nil}, {`[`, nil}, {`[{`, nil}, {`[{}`, nil}, {`[{},`, nil}, {`[{},]`, nil}, {`[{}{}]`, nil},
		{`[1]`, nil}, {`["a"]`, nil}, {`[null]`, nil}, {`[{"a":"`, nil}, {`[{"a":"\"}]`, nil}, {`[{}]x`, nil}, {`[{}][]`, nil},
	} {
		elements, err := splitArray([]byte(tt.body))
		if tt.want == nil {
			if !errors.Is(err, ErrIncomplete) {
				t.Errorf("splitArray(%s) = %q, %v, want ErrIncomplete", tt.body, elements, err)
			}
			continue
		}
		got := []string{}
		for _, e := range elements {
			got = append(got, string(e))
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
			t.Errorf("splitArray(%s): %v (-want +got):\n%s", tt.body, err, diff)
		}
	}
}

// FuzzSplitArray: what is a JSON array of objects is cut into just these, and what is
// none is not taken for one in which every element is an object.
func FuzzSplitArray(f *testing.F) {
	for _, seed := range []string{`[]`, `[{"id":"a","x":["}"]},{}]`, `[{"a":"\\\""}]`, `[{},]`, `[{"a":1}] `, `[{]}]`, `[{"a":"b}]`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		elements, err := splitArray([]byte(body))
		var want []json.RawMessage
		valid := json.Unmarshal([]byte(body), &want) == nil && want != nil
		whole := true // each element is a valid object
		for _, e := range elements {
			firstID(e) // must not panic
			whole = whole && json.Valid(e)
		}
		for _, w := range want {
			valid = valid && strings.HasPrefix(string(w), "{")
		}
		if valid != (err == nil && whole) {
			t.Fatalf("splitArray(%q) = %q, %v; valid: %t", body, elements, err, valid)
		}
		if !valid {
			return
		}
		for i, w := range want {
			if string(w) != string(elements[i]) {
				t.Errorf("splitArray(%q)[%d] = %s, want %s", body, i, elements[i], w)
			}
		}
	})
}

func TestFirstID(t *testing.T) {
	for raw, want := range map[string]string{
		`{"id":"00u1","x":1}`: "00u1", `{"id":"a\u0062"}`: "", `{"x":[{"id":"b"}],"y":"\\",  "id" : "a"}`: "a", `{ "id":"a"}`: "a", `{"x":1,"id":2}`: "", `{:}`: "", `{"x":1,,}`: "", `{"x"`: "", `{"x":`: "", `{"x":{`: "", `{"id":""}`: "", `{"id":"a`: "", `{}`: "",
	} {
		if got := firstID([]byte(raw)); got != want {
			t.Errorf("firstID(%s) = %q, want %q", raw, got, want)
		}
	}
}

func TestProfilesOf(t *testing.T) {
	account, app := profilesOf([]byte(`{"id":"a","profile":{"x":1},"_embedded":{"user":{"id":"a","profile":{"y":{"z":"}"}}}}}`))
	if string(account) != `{"y":{"z":"}"}}` || string(app) != `{"x":1}` {
		t.Errorf("profilesOf() = %s, %s", account, app)
	}
	if account, app = profilesOf([]byte(`{"_embedded":null}`)); account != nil || app != nil {
		t.Errorf("profilesOf() = %s, %s, want none", account, app)
	}
}

package walkme

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzParseObject holds the reading of objects against encoding/json.
func FuzzParseObject(f *testing.F) {
	for _, text := range []string{
		`{}`, ` { } `, `{"a":1}`, `{"a":1,"a":"x","A":null}`, `{"a" : { "b" : [ 1 , "}" , {} ] } , "c" : "\"]" }`, `{"\u0061":"\u00e9\\","b":"\\"}`,
		`{"a":-1.50e3,"b":true,"c":[],"d":[[{"x":[]}]]}`, `[]`, `null`, ``, ` `, `{`, `{"a"}`, `{"a":}`, `{"a":1}x`, `{"a":1,}`, "{\"a\":\"\xff\"}", "{\"\xff\":1}", "\f{}", "{}\u00a0",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := parseObject(text)
		var want map[string]json.RawMessage
		if !json.Valid(text) || bytes.TrimSpace(text)[0] != '{' {
			if err == nil {
				t.Fatalf("parseObject(%q) = %v, want an error", text, got)
			}
			return
		}
		if err != nil {
			t.Fatalf("parseObject(%q): %v", text, err)
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		shown := map[string]json.RawMessage{}
		for _, m := range got {
			if _, twice := shown[m.key]; twice {
				t.Fatalf("parseObject(%q) has %q twice", text, m.key)
			}
			shown[m.key] = m.value
		}
		for key, value := range want {
			var b bytes.Buffer
			if err := json.Compact(&b, value); err != nil {
				t.Fatal(err)
			}
			want[key] = b.Bytes()
		}
		if diff := cmp.Diff(want, shown); diff != "" {
			t.Fatalf("parseObject(%q) (-want +got):\n%s", text, diff)
		}
		for _, m := range got {
			var v any
			if err := json.Unmarshal(m.value, &v); err != nil {
				t.Fatal(err)
			}
			if text, is := v.(string); is && decode(m.value) != text {
				t.Fatalf("decode(%s) = %q, want %q", m.value, decode(m.value), text)
			}
		}
	})
}

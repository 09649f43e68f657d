package har

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestHideJSON(t *testing.T) {
	tests := []struct {
		name, text, want string
		cut              bool
		found            []string
	}{
		{"nothing secret", `{"a": [1, "x", {"passwordChanged": "2026"}]}`, `{"a": [1, "x", {"passwordChanged": "2026"}]}`, false, nil},
		{"null stays", `{"password":null,"b":true}`, `{"password":null,"b":true}`, false, nil},
		{"in a list", `[{"password":"s1"},{"password":"s2"}]`, `[{"password":"[hidden]"},{"password":"[hidden]"}]`, false, []string{"s1", "s2"}},
		{"in an object", `{"credentials":{"password":{"hash":{"value":"s1"}},"provider":"x"}}`,
			`{"credentials":{"password":{"hash":{"value":"[hidden]"}},"provider":"x"}}`, false, []string{"s1"}},
		{"the next member is none", `{"password":"s1","a":"x"}`, `{"password":"[hidden]","a":"x"}`, false, []string{"s1"}},
		{"an escaped key", `{"p\u0061ssword":"s1"}`, `{"p\u0061ssword":"[hidden]"}`, false, []string{"s1"}},
		{"quotes", `{"password":"s\"1\\","a":"x"}`, `{"password":"[hidden]","a":"x"}`, false, []string{`s"1\`}},
		{"PATCH without path", `{"Operations":[{"op":"replace","value":{"password":"s1","active":true}}]}`,
			`{"Operations":[{"op":"replace","value":{"password":"[hidden]","active":true}}]}`, false, []string{"s1"}},
		{"PATCH, path first", `{"op":"replace","path":"password","value":"s1","x":"y"}`, `{"op":"replace","path":"password","value":"[hidden]","x":"y"}`, false, []string{"s1"}},
		{"PATCH, path last", `[{"value":["s1",2],"path":"password"},{"value":"x","path":"title"}]`,
			`[{"value":["[hidden]","[hidden]"],"path":"password"},{"value":"x","path":"title"}]`, false, []string{"s1", "2"}},
		{"cut in the secret", `{"password":"s1 and no en`, `{"password":"[hidden]"`, true, []string{"s1 and no en"}},
		{"cut before the path", `[{"op":"replace","value":"s1"`, `[{"op":"replace","value":"[hidden]"`, true, []string{"s1"}},
		{"cut after a harmless path", `[{"path":"title","value":"x"`, `[{"path":"title","value":"x"`, true, nil},
		{"several texts", "{\"password\":\"s1\"}\n{\"a\":\"x\"}", "{\"password\":\"[hidden]\"}\n{\"a\":\"x\"}", false, []string{"s1"}},
		{"too many brackets", `]]}}{"password":"s1"}`, `]]}}{"password":"[hidden]"}`, false, []string{"s1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, found := hideJSON([]byte(tt.text), tt.cut)
			if got != tt.want || !slices.Equal(found, tt.found) {
				t.Errorf("hideJSON(%s) = %s, %q, want %s, %q", tt.text, got, found, tt.want, tt.found)
			}
		})
	}
}

// FuzzHideJSON: JSON stays JSON, nothing is hidden twice, and no member of a
// secret name keeps a string.
func FuzzHideJSON(f *testing.F) {
	for _, seed := range []string{`{"password":"s1"}`, `{"op":"add","path":"password","value":[{"a":1}]}`, `{"a":{"token":[1,2,{"b":"c"}]}}`, `"`, `{"password":"\`} {
		f.Add([]byte(seed), true)
	}
	f.Fuzz(func(t *testing.T, text []byte, cut bool) {
		got, _ := hideJSON(text, cut)
		if again, _ := hideJSON([]byte(got), cut); again != got {
			t.Errorf("hideJSON(%q) = %q, and of that %q", text, got, again)
		}
		var before, after any
		if json.Unmarshal(text, &before) != nil {
			return
		}
		if err := json.Unmarshal([]byte(got), &after); err != nil {
			t.Fatalf("hideJSON(%q) = %q: %v", text, got, err)
		}
		if secret := kept(after, false); secret != "" {
			t.Errorf("hideJSON(%q) = %q, which keeps %q", text, got, secret)
		}
	})
}

func kept(v any, secret bool) string {
	switch v := v.(type) {
	case string:
		if secret && v != hidden {
			return v
		}
	case []any:
		for _, e := range v {
			if s := kept(e, secret); s != "" {
				return s
			}
		}
	case map[string]any:
		for k, e := range v {
			if s := kept(e, secret || isSecretName(strings.ToLower(k))); s != "" {
				return s
			}
		}
	}
	return ""
}

func TestHideURL(t *testing.T) {
	tests := []struct{ address, want string }{
		{"https://x.example/Users?filter=userName%20eq%20%22a%22&count=1", "https://x.example/Users?filter=userName%20eq%20%22a%22&count=1"},
		{"https://x.example/token?a=1&client_assertion=eyJ.x&b", "https://x.example/token?a=1&client_assertion=[hidden]&b"},
		{"https://ann:secret@x.example/a@b", "https://[hidden]@x.example/a@b"},
		{"https://x.example#access_token=eyJ&x=1", "https://x.example#access_token=[hidden]&x=1"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := (&secrets{}).hideURL(tt.address); got != tt.want {
			t.Errorf("hideURL(%q) = %q, want %q", tt.address, got, tt.want)
		}
	}
}

// TestUnwritable: an entry that cannot be written leaves the archive as it was, and
// the exchange never hears of it.
func TestUnwritable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace.har")
	r, err := Create(path, Creator{Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	r.add(&entry{Connection: "1"})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	writable := r.file
	defer writable.Close()
	if r.file, err = os.Open(path); err != nil {
		t.Fatal(err)
	}
	r.add(&entry{Connection: "2"})
	r.add(&entry{Connection: "3"})
	if err := r.Close(); !errors.Is(err, syscall.EBADF) {
		t.Errorf("Close = %v, want the error of the write", err)
	}
	if got, err := os.ReadFile(path); string(got) != string(whole) || err != nil || !json.Valid(got) {
		t.Errorf("the file is %s, %v, want %s", got, err, whole)
	}
}

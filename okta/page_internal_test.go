package okta

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestNextLink(t *testing.T) {
	for _, tc := range []struct {
		name  string
		lines []string
		want  string
	}{
		{"none", nil, ""},
		{"self only", []string{`<https://a/x?limit=5>; rel="self"`}, ""},
		{"lines of their own", []string{`<https://a/x>; rel="self"`, `<https://a/x?after=1>; rel="next"`}, "https://a/x?after=1"},
		{"joined", []string{`<https://a/x>; rel="self", <https://a/x?after=1>; rel="next"`}, "https://a/x?after=1"},
		{"joined, next first", []string{`<https://a/x?after=1>; rel="next", <https://a/x>; rel="self"`}, "https://a/x?after=1"},
		{"comma and semicolon in the target", []string{`<https://a/x?q=1,2;3>; rel=next`}, "https://a/x?q=1,2;3"},
		{"other parameters", []string{`<https://a/x>; title="rel=next"; rel="self"`}, ""},
		{"unclosed", []string{`<https://a/x; rel="next"`}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := linkTo(http.Header{"Link": tc.lines}, "next"); got != tc.want {
				t.Errorf("linkTo(%q) = %q, want %q", tc.lines, got, tc.want)
			}
		})
	}
}

func TestNextPath(t *testing.T) {
	const host, current = "acme.okta.com", "/api/v1/apps/0oa1/users?expand=user&limit=500"
	for _, tc := range []struct{ link, want string }{
		{"", ""},
		{"https://acme.okta.com/api/v1/apps/0oa1/users?after=x&limit=200", "/api/v1/apps/0oa1/users?after=x&expand=user&limit=200"},
		{"https://acme.okta.com/api/v1/apps/0oa1/users?after=x&expand=user&limit=500", "/api/v1/apps/0oa1/users?after=x&expand=user&limit=500"},
		{"http://ACME.okta.com:443/api/v1/apps/0oa1/users?after=x", "/api/v1/apps/0oa1/users?after=x&expand=user&limit=500"},
		{"/api/v1/apps/0oa1/users?after=a%2Bb", "/api/v1/apps/0oa1/users?after=a%2Bb&expand=user&limit=500"},
	} {
		if got, err := nextPath(host, current, tc.link); got != tc.want || err != nil {
			t.Errorf("nextPath(current, %q) = %q, %v, want %q", tc.link, got, err, tc.want)
		}
	}
	for _, link := range []string{"http://%zz", "https://acme.okta.com/x", "evil.example.com", "//evil/y", "mailto:x",
		"https://acme.okta.com/api/v1/apps/0oa1/users?a=%zz", "https://evil.example.com/api/v1/apps/0oa1/users?after=x",
		"https://acme.okta.com:8443/api/v1/apps/0oa1/users?after=x", "https://acme.okta.com/api/v1/apps/0oa2/users?after=x",
		"https://acme.okta.com/api/v1/apps/0oa1/users/00u1?after=x", "https://acme.okta.com/api/v1/apps/0oa1/groups?after=x"} {
		if got, err := nextPath(host, current, link); err == nil {
			t.Errorf("nextPath(current, %q) = %q, want an error", link, got)
		}
	}
}

func FuzzNextPath(f *testing.F) {
	f.Add(`<https://a/api/v1/x?after=1>; rel="next"`)
	f.Fuzz(func(t *testing.T, line string) {
		path, err := nextPath("a", "/api/v1/x?expand=user", linkTo(http.Header{"Link": {line}}, "next"))
		if err != nil || path == "" {
			return
		}
		u, err := url.Parse("https://org.example.com" + path)
		if err != nil || u.Host != "org.example.com" {
			t.Errorf("nextPath of %q = %q, which leads to %v, %v", line, path, u, err)
		}
	})
}

func FuzzDecodeArray(f *testing.F) {
	f.Add(`[{"id":"00u1","profile":{"a":1}}]`)
	f.Add(`[null]`)
	f.Fuzz(func(t *testing.T, body string) {
		items, err := decodeArray[appUser](strings.NewReader(body))
		if err != nil {
			return
		}
		r := newUserReader(&Projection{User: []string{"a"}, AppUser: []string{"b"}})
		for i := range items {
			if items[i].ID == "" {
				t.Errorf("decodeArray(%q) gave an element without an id", body)
			}
			_, _ = r.user(&items[i]) // must not panic
		}
	})
}

// FuzzDecodeMembers: a page of members is what encoding/json takes it for, in whatever form it
// comes.
func FuzzDecodeMembers(f *testing.F) {
	for _, seed := range []string{
		`[{"id":"00u1","profile":{"id":"x","a":["}"]}},{"id":"00u2"}]`, `[]`, ` [ ] `, `[{"id":"a"},]`, `[{"id":"a"}`, `[{"id":"a"}]x`, `[null]`, `[7]`, `[{}]`,
		`[{"ID":"a"}]`, `[{"id":"a","id":"b"}]`, `[{"\u0069d":"a"}]`, `[{"id":"\u0061"}]`, "[{\"id\":\"\xff\"}]", `[{"id":1}]`, `[{"id":null}]`, `[{"id":""}]`, `[{"id":"a",}]`,
		"[{\"id\":\"a\"}\f]", `{}`, `null`, ``, `[{"x":01,"id":"a"}]`, "[{\"\xff\":1,\"id\":\"a\"}]",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, errGot := decodeMembers([]byte(body))
		want, errWant := decodeArray[memberObject](strings.NewReader(body))
		if (errGot == nil) != (errWant == nil) {
			t.Fatalf("decodeMembers(%q) = %v, want %v", body, errGot, errWant)
		}
		if errWant == nil && !slices.Equal(got, want) {
			t.Errorf("decodeMembers(%q) = %q, want %q", body, got, want)
		}
	})
}

func FuzzParseAPIError(f *testing.F) {
	f.Add(`{"errorCode":"E0000007","errorSummary":"x","errorCauses":[{"errorSummary":"y"}]}`, `Bearer error="x", error_description="y"`)
	f.Fuzz(func(t *testing.T, body, header string) {
		v := &veil{}
		e := v.parseAPIError(400, []byte(body))
		v.challenge(e, header)
		if strings.ContainsAny(e.Error(), "\x1b\r\n\x00") {
			t.Errorf("Error() = %q, want no control characters", e.Error())
		}
	})
}

func TestAPIPath(t *testing.T) {
	got, err := apiPath(url.Values{"limit": {"5"}}, "groups", "a/../b?x", "users")
	if want := "/api/v1/groups/a%2F..%2Fb%3Fx/users?limit=5"; got != want || err != nil {
		t.Errorf("apiPath(…) = %q, %v, want %q", got, err, want)
	}
	for _, id := range []string{"", ".", ".."} {
		if got, err := apiPath(nil, "groups", id); err == nil {
			t.Errorf("apiPath(groups, %q) = %q, want an error", id, got)
		}
	}
}

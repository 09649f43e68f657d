package conversation_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent/probe/conversation"
)

// said is one exchange of a recording in a few words.
type said struct {
	method, target, body string
	status               int
	answer               string
}

// tenant is what differs from one recording to the next.
type tenant struct {
	base, ann, bob, group, okta, time, password string
}

var (
	here  = tenant{"http://127.0.0.1:8080/scim/v2", "u-1", "u-2", "g-1", "00u1", "2026-11-30T02:14:00.484Z", "gl^m&qWZ"}
	there = tenant{"https://api.example.com/orgs/7/scim", "5fc0c238-1112-11e8", "77", "editors-id", "00uabc", "2018-02-13T15:05:24.000-08:00", "[hidden]"}
)

// life is a joiner, a change and a pushed group, as a tenant sees it.
func (t tenant) life() []said {
	user := func(id, name string) string {
		return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":%q,"userName":%q,"externalId":%q,"active":true,"meta":{"created":%q,"location":"%s/Users/%s","version":"W/\"%s\""}}`,
			id, name, t.okta+name, t.time, t.base, id, id)
	}
	post := func(name string) string {
		return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"externalId":%q,"password":%q,"active":true}`, name, t.okta+name, t.password)
	}
	group := fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Editors","members":[{"value":%q,"display":"ann@example.com"}]}`, t.ann)
	return []said{
		{"GET", `/Users?filter=userName%20eq%20%22ann%40example.com%22&startIndex=1&count=100`, "", 200, `{"totalResults":0,"Resources":[]}`},
		{"POST", "/Users", post("ann@example.com"), 201, user(t.ann, "ann@example.com")},
		{"POST", "/Users", post("bob@example.com"), 201, user(t.bob, "bob@example.com")},
		{"POST", "/Groups", group, 201, strings.Replace(group, `"displayName"`, fmt.Sprintf(`"id":%q,"displayName"`, t.group), 1)},
		{"PATCH", "/Groups/" + t.group, fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members[value eq \"%s\"]"},{"op":"add","path":"members","value":[{"value":%q}]}]}`, t.ann, t.bob), 204, ""},
		{"GET", "/Users/" + t.ann, "", 200, user(t.ann, "ann@example.com")},
		{"PUT", "/Users/" + t.ann, user(t.ann, "ann@example.com"), 200, user(t.ann, "ann@example.com")},
	}
}

// record makes a HAR of it, with one exchange with Okta among them.
func (t tenant) record(tb testing.TB, all []said) []conversation.Exchange {
	tb.Helper()
	entries := []any{entry("GET", "https://acme.okta.com/api/v1/apps/"+t.okta, "", 200, "{}", 0)}
	for i, s := range all {
		entries = append(entries, entry(s.method, t.base+s.target, s.body, s.status, s.answer, i+1))
	}
	text, err := json.Marshal(map[string]any{"log": map[string]any{"version": "1.2", "entries": entries}})
	if err != nil {
		tb.Fatal(err)
	}
	exchanges, err := conversation.Parse(text)
	if err != nil {
		tb.Fatal(err)
	}
	return exchanges
}

func entry(method, url, body string, status int, answer string, second int) map[string]any {
	return map[string]any{
		"startedDateTime": fmt.Sprintf("2026-11-30T02:14:%02d.000Z", second), "time": 1.5,
		"request": map[string]any{"method": method, "url": url, "postData": map[string]string{"text": body}, "headers": []any{
			map[string]string{"name": "User-Agent", "value": "Okta SCIM Client 1.0.0"}, map[string]string{"name": "Host", "value": url},
			map[string]string{"name": "Authorization", "value": "Basic " + url},
		}},
		"response": map[string]any{"status": status, "content": map[string]string{"text": answer}, "headers": []any{
			map[string]string{"name": "Content-Type", "value": "application/scim+json"}, map[string]string{"name": "Date", "value": url},
		}},
	}
}

func TestTheSame(t *testing.T) {
	a := here.record(t, here.life())
	if d := conversation.Diff(a, a, conversation.Options{}); len(d) > 0 {
		t.Errorf("a recording and itself: %+v", d)
	}
	if d := conversation.Diff(a, there.record(t, there.life()), conversation.Options{}); len(d) > 0 {
		t.Errorf("the same conversation with another tenant: %+v", d)
	}
	life := here.life()
	life[1], life[2] = life[2], life[1]
	if d := conversation.Diff(a, here.record(t, life), conversation.Options{}); len(d) > 0 {
		t.Errorf("two people in another order: %+v", d)
	}
}

// One thing is changed in the second recording; the difference names it.
func TestDifferences(t *testing.T) {
	edit := func(at int, change func(*said)) func([]said) []said {
		return func(all []said) []said {
			change(&all[at])
			return all
		}
	}
	replace := func(old, new string) func(*said) {
		return func(s *said) { s.body = strings.Replace(s.body, old, new, 1) }
	}
	for name, tt := range map[string]struct {
		change func([]said) []said
		want   conversation.Difference
	}{
		"a value in a body": {edit(6, replace(`"active":true`, `"active":false`)),
			conversation.Difference{Request: "PUT /Users/{user ann@example.com}", AtA: 7, AtB: 7, Where: "body: active", A: "true", B: "false"}},
		"a key that is missing": {edit(1, replace(`,"password":"gl^m&qWZ"`, "")),
			conversation.Difference{Request: "POST /Users", AtA: 2, AtB: 2, Where: "body: password", A: `"{password}"`, B: "not there"}},
		"a key too many": {edit(1, replace(`"active":true`, `"active":true,"title":"x"`)),
			conversation.Difference{Request: "POST /Users", AtA: 2, AtB: 2, Where: "body: title", A: "not there", B: `"x"`}},
		"the order of keys": {edit(3, replace(`"displayName":"Editors","members":[{"value":"u-1","display":"ann@example.com"}]`, `"members":[{"value":"u-1","display":"ann@example.com"}],"displayName":"Editors"`)),
			conversation.Difference{Request: "POST /Groups", AtA: 4, AtB: 4, Where: "key order of the body", A: "[schemas displayName members]", B: "[schemas members displayName]"}},
		"another member": {edit(4, replace("u-1", "u-2")),
			conversation.Difference{Request: "PATCH /Groups/{group editors}", AtA: 5, AtB: 5, Where: "body: Operations[0].path",
				A: `"members[value eq \"{user ann@example.com}\"]"`, B: `"members[value eq \"{user bob@example.com}\"]"`}},
		"a status": {edit(1, func(s *said) { s.status = 200 }),
			conversation.Difference{Request: "POST /Users", AtA: 2, AtB: 2, Where: "status", A: "201", B: "200"}},
		"an answer": {edit(5, func(s *said) { s.answer = strings.Replace(s.answer, "true", `"True"`, 1) }),
			conversation.Difference{Request: "GET /Users/{user ann@example.com}", AtA: 6, AtB: 6, Where: "answer: active", A: "true", B: `"True"`}},
		"a query": {edit(0, func(s *said) { s.target = strings.Replace(s.target, "count=100", "count=50", 1) }),
			conversation.Difference{Request: `GET /Users?filter=userName eq "ann@example.com"&startIndex=1&count=100`, AtA: 1, AtB: 1, Where: "query count", A: "100", B: "50"}},
		"the order of the query": {edit(0, func(s *said) {
			s.target = strings.Replace(s.target, "startIndex=1&count=100", "count=100&startIndex=1", 1)
		}),
			conversation.Difference{Request: `GET /Users?filter=userName eq "ann@example.com"&startIndex=1&count=100`, AtA: 1, AtB: 1, Where: "order of the query ", A: "startIndex", B: "count"}},
		"a method": {edit(6, func(s *said) { s.method = "PATCH" }),
			conversation.Difference{Request: "PUT /Users/{user ann@example.com}", AtA: 7, AtB: 7, Where: "request", A: "PUT /Users/{user ann@example.com}", B: "PATCH /Users/{user ann@example.com}"}},
		"a request that is missing": {func(all []said) []said { return all[:6] },
			conversation.Difference{Request: "PUT /Users/{user ann@example.com}", AtA: 7, Where: "request", A: "sent", B: "not sent"}},
		"a request too many": {func(all []said) []said { return append(all, said{"DELETE", "/Users/u-2", "", 204, ""}) },
			conversation.Difference{Request: "DELETE /Users/{user bob@example.com}", AtB: 8, Where: "request", A: "not sent", B: "sent"}},
		"the order of one person's requests": {func(all []said) []said { all[5], all[6] = all[6], all[5]; return all },
			conversation.Difference{Request: "GET /Users/{user ann@example.com}", AtA: 6, AtB: 6, Where: "request", A: "GET /Users/{user ann@example.com}", B: "PUT /Users/{user ann@example.com}"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := conversation.Diff(here.record(t, here.life()), here.record(t, tt.change(here.life())), conversation.Options{})
			if len(got) == 0 {
				t.Fatal("no difference")
			}
			if diff := cmp.Diff(tt.want, got[0]); diff != "" {
				t.Errorf("the first difference (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeadersAndAnswersThatCount(t *testing.T) {
	a, b := here.record(t, here.life()), here.record(t, here.life())
	b[2].Header[0].Value = "curl/8"
	want := []conversation.Difference{{Request: "POST /Users", AtA: 2, AtB: 2, Where: "header user-agent", A: "Okta SCIM Client 1.0.0", B: "curl/8"}}
	if diff := cmp.Diff(want, conversation.Diff(a, b, conversation.Options{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// A log that was turned into HAR has no headers and no answers; whom an id belongs to
	// is then known from requests alone.
	withoutPatch := append(here.life()[:4:4], here.life()[5:]...)
	a, b = here.record(t, withoutPatch), here.record(t, withoutPatch)
	for i := range b {
		b[i].Header, b[i].Answer, b[i].Status = nil, conversation.Answer{}, 0
	}
	if d := conversation.Diff(a, b, conversation.Options{}); len(d) > 0 {
		t.Errorf("against a log without headers and answers: %+v", d)
	}
	other := here.life()
	other[1].status, other[1].answer = 200, strings.Replace(other[1].answer, "active", "Active", 1)
	if d := conversation.Diff(here.record(t, here.life()), here.record(t, other), conversation.Options{RequestsOnly: true}); len(d) > 0 {
		t.Errorf("requests only: %+v", d)
	}
}

func TestShow(t *testing.T) {
	var b bytes.Buffer
	if err := conversation.Show(&b, here.record(t, here.life()[:2]), conversation.ShowOptions{Bodies: true, Escape: strings.TrimSpace}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(b.String(), "\n")
	if lines[0] != "1  GET    /api/v1/apps/00u1 → 200  1.5ms" || !strings.HasPrefix(lines[2], `2  GET    /Users?filter=userName eq "ann@example.com"&startIndex=1&count=100 → 200`) {
		t.Errorf("shown is\n%s", b.String())
	}
	if strings.Contains(b.String(), "gl^m") || !strings.Contains(b.String(), `"password":"…"`) {
		t.Errorf("the password is shown:\n%s", b.String())
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "not a HAR file",
		"{}":                         "there is no log in it",
		`{"log":{"entries":[{}]}}`:   "entry 1: the request",
		`{"log":{"entries":"many"}}`: "not a HAR file: log.entries is a JSON string",
		"[]":                         "not a HAR file: it is a JSON array",
		`{"log":{"entries":[`:        "not a HAR file: it breaks off",
		"hello":                      "at byte 1",
	} {
		if _, err := conversation.Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Parse(%q): %v, want %q", text, err, want)
		}
	}
}

// Proxies, and people who make a HAR of a log, take liberties; the requests are read.
func TestParseLoosely(t *testing.T) {
	plain := `{"log":{"entries":[{"request":{"method":"POST","url":"/scim/v2/Users","postData":{"text":"{\"userName\":\"a\"}"}},"response":{"status":201}},
		{"request":{"method":"GET","url":"/scim/v2/Users/1"},"response":{"status":404}}]}}`
	want, err := conversation.Parse([]byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"a byte order mark":      "\ufeff" + plain,
		"a status in quotes":     strings.ReplaceAll(plain, "201", `"201"`),
		"a body that is JSON":    strings.ReplaceAll(plain, `"{\"userName\":\"a\"}"`, `{"userName":"a"}`),
		"times of a log":         strings.ReplaceAll(plain, `{"request"`, `{"startedDateTime":"2026-11-30 08:00:00","time":null,"request"`),
		"a time that is none":    strings.Replace(plain, `{"request"`, `{"startedDateTime":"yesterday","time":"soon","request"`, 1),
		"times of some, no zone": strings.Replace(plain, `{"request"`, `{"startedDateTime":"2026-11-30T08:00:00","request"`, 1),
	} {
		got, err := conversation.Parse([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := conversation.Diff(want, got, conversation.Options{}); len(d) > 0 {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func FuzzDiff(f *testing.F) {
	f.Add(`{"log":{"entries":[{"request":{"method":"PUT","url":"http://h/Users/1","postData":{"text":"{\"id\":\"1\",\"userName\":\"a\"}"}},"response":{"status":200}}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		all, err := conversation.Parse([]byte(text))
		if err != nil {
			return
		}
		if d := conversation.Diff(all, all, conversation.Options{}); len(d) > 0 {
			t.Errorf("a recording differs from itself: %+v", d)
		}
	})
}

// The agent's recordings hide the header Authorization, scheme and all; Okta's, made by a
// proxy, have it. A credential without a scheme is shown of neither.
func TestCredentials(t *testing.T) {
	recording := func(authorization string) []conversation.Exchange {
		text := fmt.Sprintf(`{"log":{"entries":[{"request":{"method":"GET","url":"https://scim.example.com/Users?count=2",
			"headers":[{"name":"Authorization","value":%q}]},"response":{"status":200}}]}}`, authorization)
		exchanges, err := conversation.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return exchanges
	}
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"Bearer abcdef", "[hidden]", true}, {"[hidden]", "Basic dTpw", true}, {"Bearer abcdef", "Bearer ghijkl", true},
		{"abcdef", "ghijkl", true}, {"Bearer abcdef", "Basic dTpw", false},
	} {
		d := conversation.Diff(recording(tt.a), recording(tt.b), conversation.Options{})
		if len(d) == 0 != tt.same || strings.Contains(fmt.Sprint(d), "abcdef") {
			t.Errorf("%s and %s: %+v", tt.a, tt.b, d)
		}
	}
}

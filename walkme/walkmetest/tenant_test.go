package walkmetest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/walkme/walkmetest"
)

func TestRequests(t *testing.T) {
	tenant := fixture(t, walkmetest.Options{})
	body := user(`"userName":"dan@example.com"`)
	run(t, tenant, []step{{"GET", lookup("Users", `userName eq "x"`), "", 200, nil}, {"POST", "/Users", body, 201, nil}})
	requests := tenant.Requests()
	if len(requests) != 2 {
		t.Fatalf("Requests() has %d, want 2", len(requests))
	}
	if got, want := requests[0].String(), "GET /Users?filter=userName%20eq%20%22x%22&startIndex=1&count=100 -> 200"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	post := requests[1]
	if got, want := post.String(), "POST /Users -> 201\n"+body; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
	if !strings.Contains(string(post.RespBody), "dan@example.com") || post.Seq != 2 {
		t.Errorf("request = %d %s, want the second, with its answer", post.Seq, post.RespBody)
	}
	want := http.Header{
		"Accept": {"application/scim+json"}, "Accept-Charset": {"utf-8"}, "Accept-Encoding": {"gzip,deflate"},
		"Authorization": {"Basic [redacted]"}, "Content-Type": {"application/scim+json; charset=utf-8"},
		"User-Agent": {"Okta SCIM Client 1.0.0"},
	}
	if diff := cmp.Diff(want, post.Header); diff != "" {
		t.Errorf("Header (-want +got):\n%s", diff)
	}
	tenant.ResetRequests()
	run(t, tenant, []step{{"GET", "/Users/u-ann", "", 200, nil}})
	if got := tenant.Requests(); len(got) != 1 || got[0].Seq != 3 || tenant.RequestCount() != 3 {
		t.Errorf("after ResetRequests: %v, count %d, want request 3 alone", got, tenant.RequestCount())
	}
}

func TestKeepRequests(t *testing.T) {
	for keep, want := range map[int]int{0: 9, 2: 2, 20: 9, -1: 0} {
		tenant := fixture(t, walkmetest.Options{KeepRequests: keep})
		for range 9 {
			run(t, tenant, []step{{"GET", "/Users/u-ann", "", 200, nil}})
		}
		got := tenant.Requests()
		if len(got) != want || want > 0 && got[want-1].Seq != 9 {
			t.Errorf("KeepRequests %d: %v, want the last %d of 9", keep, got, want)
		}
	}
}

// Two tenants that got to the same state by different ways have the same text.
func TestState(t *testing.T) {
	const want = `user Ann@example.com
  accessRole "2819c223-7f76-453a-919d-740170420184"
  active true
  emails [{"primary":true,"type":"work","value":"ann.lee@example.com"}]
  externalId "00u1"
  name.familyName "Lee"
  name.givenName "Ann"
  schemas ["urn:ietf:params:scim:schemas:core:2.0:User"]
  userName "Ann@example.com"
user bob@example.com
  accessRole "2819c223-7f76-453a-919d-740170420184"
  active true
  name.familyName "Ray"
  name.givenName "Bob"
  schemas ["urn:ietf:params:scim:schemas:core:2.0:User"]
  userName "bob@example.com"
group Editors
  displayName "Editors"
  schemas ["urn:ietf:params:scim:schemas:core:2.0:Group"]
  member (unknown) ghost
  member Ann@example.com
`
	byHand := fixture(t, walkmetest.Options{})
	byHand.DeleteUser("u-cid")
	byHand.SetUser("u-bob", func(u *walkmetest.User) { u.Active = true })
	editors, _ := byHand.Group("Editors")
	byHand.SetMembers(editors.ID, "u-ann", "ghost")

	byClient := walkmetest.Start(walkmetest.Options{Seed: 7, Quirks: walkmetest.Quirks{UnknownMember: walkmetest.UnknownMemberStored}})
	defer byClient.Close()
	run(t, byClient, []step{
		{"POST", "/Users", user(`"active":true,"password":"p","userName":"bob@example.com","name":{"givenName":"Bob","familyName":"Ray"}`), 201, nil},
		{"POST", "/Users", user(`"userName":"Ann@example.com","name":{"familyName":"Lee","givenName":"Ann"},"externalId":"00u1",` +
			`"emails":[{"primary":true,"value":"ann.lee@example.com","type":"work"}]`), 201, nil},
		{"POST", "/Groups", group(`"displayName":"Editors","members":[{"value":"ghost"},{"value":"{new}"}]`), 201, nil},
	})
	if diff := cmp.Diff(want, byHand.State()); diff != "" {
		t.Errorf("State() by hand (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, byClient.State()); diff != "" {
		t.Errorf("State() by the client (-want +got):\n%s", diff)
	}
}

func TestAdministrator(t *testing.T) {
	tenant := fixture(t, walkmetest.Options{})
	want := []walkmetest.User{
		{ID: "u-ann", UserName: "Ann@example.com", GivenName: "Ann", FamilyName: "Lee", ExternalID: "00u1", Active: true, Extra: map[string]any{
			"accessRole": walkmetest.DefaultRole,
			"emails":     []any{map[string]any{"value": "ann.lee@example.com", "type": "work", "primary": true}},
		}},
		{ID: "u-bob", UserName: "bob@example.com", GivenName: "Bob", FamilyName: "Ray", Extra: map[string]any{"accessRole": walkmetest.DefaultRole}},
		{ID: "u-cid", UserName: "cid@example.com", GivenName: "Cid", FamilyName: "Fox", Active: true, Extra: map[string]any{"accessRole": "editor-role"}},
	}
	if diff := cmp.Diff(want, tenant.Users()); diff != "" {
		t.Errorf("Users() (-want +got):\n%s", diff)
	}
	before := tenant.State()
	tenant.SetUser("u-ann", func(*walkmetest.User) {})
	if diff := cmp.Diff(before, tenant.State()); diff != "" {
		t.Errorf("an edit that edits nothing (-before +after):\n%s", diff)
	}

	editors, ok := tenant.Group("editors")
	if diff := cmp.Diff(walkmetest.Group{ID: editors.ID, DisplayName: "Editors", Members: []string{"u-ann"}, UserNames: []string{"Ann@example.com"}, Extra: map[string]any{}}, editors); !ok || diff != "" {
		t.Errorf("Group(editors) (-want +got):\n%s", diff)
	}
	tenant.SetMembers(editors.ID, "u-cid", "u-bob")
	tenant.RenameGroup(editors.ID, "Writers")
	if g, _ := tenant.Group("writers"); g.ID != editors.ID || fmt.Sprint(g.UserNames) != "[bob@example.com cid@example.com]" {
		t.Errorf("Group(writers) = %+v, want Editors with bob and cid", g)
	}
	tenant.DeleteUser("u-bob")
	if g, _ := tenant.Group("Writers"); fmt.Sprint(g.Members) != "[u-cid]" {
		t.Errorf("after DeleteUser: members = %v, want [u-cid]", g.Members)
	}
	tenant.DeleteGroup(editors.ID)
	if got := tenant.Groups(); len(got) != 0 {
		t.Errorf("Groups() = %v, want none", got)
	}
	for name, done := range map[string]bool{
		"SetUser": tenant.SetUser("x", nil), "DeleteUser": tenant.DeleteUser("x"), "DeleteGroup": tenant.DeleteGroup("x"),
		"RenameGroup": tenant.RenameGroup("x", "y"), "SetMembers": tenant.SetMembers("x"),
	} {
		if done {
			t.Errorf("%s(unknown) = true, want false", name)
		}
	}
	if got := tenant.Requests(); len(got) != 0 {
		t.Errorf("Requests() = %v, want none", got)
	}
}

// Ids do not depend on the order of creation, so that runs can be compared.
func TestIDsAreDeterministic(t *testing.T) {
	ids := func(seed int64, names ...string) map[string]string {
		tenant := walkmetest.New(walkmetest.Options{Seed: seed})
		out := make(map[string]string)
		for _, name := range names {
			out[name] = tenant.AddUser(walkmetest.User{UserName: name})
		}
		return out
	}
	if diff := cmp.Diff(ids(1, "a", "b"), ids(1, "b", "a")); diff != "" {
		t.Errorf("ids in another order (-first +second):\n%s", diff)
	}
	if ids(1, "a")["a"] == ids(2, "a")["a"] {
		t.Error("another seed gave the same id")
	}
}

func TestConcurrentUse(t *testing.T) {
	tenant := fixture(t, walkmetest.Options{})
	editors, _ := tenant.Group("Editors")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name := fmt.Sprintf("user%d@example.com", i)
			for _, req := range []*http.Request{
				newRequest(t, tenant, "POST", "/Users", user(`"userName":"`+name+`"`)),
				newRequest(t, tenant, "GET", lookup("Users", `userName eq "`+name+`"`), ""),
				newRequest(t, tenant, "PATCH", "/Groups/"+editors.ID, patch(`{"op":"add","path":"members","value":[{"value":"u-cid"}]}`)),
			} {
				if _, _, err := send(http.DefaultClient, req); err != nil {
					t.Error(err)
				}
			}
			tenant.SetQuirks(walkmetest.Quirks{Patch204: i%2 == 0})
			_, _, _ = tenant.State(), tenant.Users(), tenant.Violations()
		})
	}
	wg.Wait()
	if got := len(tenant.Users()); got != 11 {
		t.Errorf("%d users, want 11", got)
	}
	if got := tenant.Invitations(); got != 8 {
		t.Errorf("Invitations() = %d, want 8", got)
	}
}

// The tenant survives whatever it is sent.
func FuzzRequest(f *testing.F) {
	f.Add("GET", lookup("Users", `userName eq "Ann@example.com" or not (emails[type eq "work"])`), "")
	f.Add("POST", "/Users", user(`"userName":"a@example.com","name":{"familyName":"x"}`))
	f.Add("PATCH", "/Users/u-ann", patch(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}`))
	f.Add("PATCH", "/Users/u-ann", patch(`{"op":"add","path":"urn:a:b.c","value":{"d":[1]}}`))
	f.Add("PATCH", "/Groups/g", patch(`{"op":"remove","path":"members[value eq \"u-ann\"]"}`))
	f.Add("PUT", "/Groups/g", group(`"displayName":"E","members":[{"value":"u-ann"}]`))
	f.Fuzz(func(t *testing.T, method, target, body string) {
		tenant := walkmetest.New(walkmetest.Options{})
		tenant.AddUser(walkmetest.User{ID: "u-ann", UserName: "Ann@example.com", Active: true,
			Extra: map[string]any{"emails": []any{map[string]any{"value": "a@example.com", "type": "work"}}}})
		id := tenant.AddGroup("Editors", "u-ann")
		target = strings.Replace(target, "/Groups/g", "/Groups/"+id, 1)
		req, err := http.NewRequestWithContext(t.Context(), method, "http://walkme.example.com"+walkmetest.DefaultBasePath+target, strings.NewReader(body))
		if err != nil {
			t.Skip()
		}
		req.Header.Set("Authorization", tenant.Authorization())
		req.Header.Set("Content-Type", "application/scim+json")
		reply, err := tenant.Transport().RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		if reply.StatusCode >= 500 {
			t.Errorf("%s %s %q = %d", method, target, body, reply.StatusCode)
		}
		_ = tenant.State()
	})
}

func BenchmarkLookup(b *testing.B) {
	tenant := walkmetest.New(walkmetest.Options{KeepRequests: -1, Allow: []walkmetest.Rule{walkmetest.RuleHeaders}})
	for i := range 100_000 {
		tenant.AddUser(walkmetest.User{UserName: fmt.Sprintf("user%06d@example.com", i), Active: true})
	}
	client := &http.Client{Transport: tenant.Transport()}
	b.ReportAllocs()
	for b.Loop() {
		reply, _, err := send(client, newRequest(b, tenant, "GET", lookup("Users", `userName eq "USER050000@example.com"`), ""))
		if err != nil || reply.StatusCode != http.StatusOK {
			b.Fatal(reply, err)
		}
	}
}

func BenchmarkCreateUser(b *testing.B) {
	tenant := walkmetest.New(walkmetest.Options{KeepRequests: -1})
	client := &http.Client{Transport: tenant.Transport()}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		body := user(fmt.Sprintf(`"userName":"user%d@example.com","name":{"givenName":"A","familyName":"B"},"groups":[],"active":true`, i))
		reply, _, err := send(client, newRequest(b, tenant, "POST", "/Users", body))
		if err != nil || reply.StatusCode != http.StatusCreated {
			b.Fatal(reply, err)
		}
	}
}

package walkme_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

func isErr(err, target error) bool { return errors.Is(err, target) }

func TestFindUserHits(t *testing.T) {
	admin := userJSON("1", "admin@example.com", "")
	for _, tt := range []struct {
		name   string
		answer string
		want   string // id, or a word for the error
	}{
		{"the hit", list(userJSON("42", "ann@example.com", "")), "42"},
		{"another case of the same name", list(userJSON("42", "Ann@Example.com", "")), "42"},
		{"another letter that folds to one of the name", list(userJSON("42", "ann@exa\u017fmple.com", ""), userJSON("43", "\u00c5nn@example.com", "")), "not found"},
		{"the filter is ignored, ours among all", list(admin, userJSON("42", "ann@example.com", "")), "42"},
		{"the filter is ignored, ours not among them", list(admin), "not found"},
		{"two accounts that differ in case", list(userJSON("42", "ann@example.com", ""), userJSON("43", "ANN@example.com", "")), "ambiguous [42 43]"},
		{"the same account twice", list(userJSON("42", "ann@example.com", ""), userJSON("42", "ann@example.com", "")), "42"},
		{"a hit without id", list(`{"userName":"ann@example.com"}`), "not found"},
		{"Resources null and no results", `{"totalResults":0,"Resources":null}`, "not found"},
		{"Resources null but results", `{"totalResults":3,"Resources":null}`, "unusable"},
		{"lower-case keys, integers as strings", `{"totalresults":"1","startindex":"1","resources":[` + userJSON("42", "ann@example.com", "") + `]}`, "42"},
		{"a failed login answered as 200", `{"status":"error","msg":"Access token doesn't exist in database"}`, "unusable"},
		{"a page of HTML answered as 200", `<html><title>Sign in</title></html>`, "unusable"},
		{"nothing", ``, "unusable"},
		{"cut off", `{"totalResults":1,"Resources":[{"id":`, "unusable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := converse(t, walkme.Config{}, turn{findAnn, 200, tt.answer})
			u, err := c.FindUser(t.Context(), "ann@example.com")
			if got := found(u, err); got != tt.want {
				t.Errorf("FindUser() = %s (%v), want %s", got, err, tt.want)
			}
		})
	}
}

func found(u *walkme.User, err error) string {
	var ambiguous *walkme.AmbiguousError
	var unusable *walkme.AnswerError
	switch {
	case err == nil:
		return u.ID
	case errors.As(err, &ambiguous):
		return "ambiguous [" + strings.Join(ambiguous.Hits, " ") + "]"
	case errors.As(err, &unusable):
		return "unusable"
	case errors.Is(err, scim.ErrNotFound):
		return "not found"
	}
	return err.Error()
}

func TestFindUserEscapesTheName(t *testing.T) {
	c, _ := converse(t, walkme.Config{},
		turn{`GET /Users?filter=userName%20eq%20%22o%27brien%2B%5C%22zo%C3%AB%5C%22%20%26%20co%40example.com%22&startIndex=1&count=100`, 200, noHits})
	if _, err := c.FindUser(t.Context(), `o'brien+"zoë" & co@example.com`); !isErr(err, scim.ErrNotFound) {
		t.Error(err)
	}
}

func TestFindGroupHits(t *testing.T) {
	group := func(id, name string) string {
		return groupSchemas + `"id":"` + id + `","displayName":"` + name + `"}`
	}
	for _, tt := range []struct {
		name   string
		answer string
		want   string
	}{
		{"the exact name", list(group("1", "editors"), group("2", "Editors")), "2"},
		{"only another case", list(group("1", "editors")), "1"},
		{"only other cases, two", list(group("1", "editors"), group("3", "EDITORS")), "ambiguous [1 3]"},
		{"the exact name twice", list(group("2", "Editors"), group("1", "Editors")), "ambiguous [1 2]"},
		{"none", list(), "not found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := converse(t, walkme.Config{},
				turn{"GET /Groups?filter=displayName%20eq%20%22Editors%22&startIndex=1&count=100", 200, tt.answer})
			g, err := c.FindGroup(t.Context(), "Editors")
			var u *walkme.User
			if g != nil {
				u = &walkme.User{ID: g.ID}
			}
			if got := found(u, err); got != tt.want {
				t.Errorf("FindGroup() = %s, want %s", got, tt.want)
			}
		})
	}
}

// A server that ignores the filter is asked for all of its groups, of which a page
// may not hold the one.
func TestFindGroupWithoutFilter(t *testing.T) {
	group := func(id, name string) string {
		return groupSchemas + `"id":"` + id + `","displayName":"` + name + `"}`
	}
	const lookUp, first, second, third = "GET /Groups?filter=displayName%20eq%20%22Editors%22&startIndex=1&count=100",
		"GET /Groups?startIndex=1&count=100", "GET /Groups?startIndex=2&count=100", "GET /Groups?startIndex=3&count=100"
	for name, tt := range map[string]struct {
		turns []turn
		want  string
	}{
		"on a later page": {[]turn{
			{lookUp, 200, list(group("1", "Admins"))}, {first, 200, list(group("1", "Admins"))},
			{second, 200, list(group("2", "Editors"))}, {third, 200, list()}}, "2"},
		"better on a later page": {[]turn{
			{lookUp, 200, list(group("1", "Admins"), group("3", "editors"))}, {first, 200, list(group("1", "Admins"), group("3", "editors"))},
			{third, 200, list(group("2", "Editors"))}, {"GET /Groups?startIndex=4&count=100", 200, list()}}, "2"},
		"on the first page":               {[]turn{{lookUp, 200, list(group("1", "Admins"), group("2", "Editors"))}}, "2"},
		"nowhere":                         {[]turn{{lookUp, 200, list(group("1", "Admins"))}, {first, 200, list(group("1", "Admins"))}, {second, 200, list()}}, "not found"},
		"unknown, as the list breaks off": {[]turn{{lookUp, 200, list(group("1", "Admins"))}, {first, 500, ""}}, "error"},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := converse(t, walkme.Config{}, tt.turns...)
			g, err := c.FindGroup(t.Context(), "Editors")
			got := "error"
			switch {
			case err == nil:
				got = g.ID
			case isErr(err, scim.ErrNotFound):
				got = "not found"
			}
			if got != tt.want {
				t.Errorf("FindGroup() = %s (%v), want %s", got, err, tt.want)
			}
		})
	}
}

func TestResolveConflict(t *testing.T) {
	want := person("00u1", scim.Attribute{Path: "userName", Value: "Ann@Example.com"},
		scim.Attribute{Path: "emails[primary eq true].value", Value: "mail@example.com"})
	lower := findAnn
	externalID := "GET /Users?filter=externalId%20eq%20%2200u1%22&" + firstPage
	mail := "GET /Users?filter=emails.value%20eq%20%22mail%40example.com%22&" + firstPage
	admin := userJSON("1", "admin@example.com", "")
	ann := userJSON("42", "ann@example.com", "")
	for _, tt := range []struct {
		name  string
		turns []turn
		want  string
	}{
		{"the server compares by case", []turn{{lower, 200, list(ann)}}, "42"},
		{"found by externalId under another name",
			[]turn{{lower, 200, noHits}, {externalID, 200, list(userJSON("42", "old@example.com", `,"externalId":"00u1"`))}}, "42"},
		{"found by e-mail", []turn{{lower, 200, noHits}, {externalID, 400, `{}`}, {mail, 200, list(ann)}}, "42"},
		{"a stranger with that e-mail", []turn{{lower, 200, noHits}, {externalID, 500, ``},
			{mail, 200, list(userJSON("9", "bob@example.com", `,"externalId":"00u2"`))},
			{"GET /Users?" + firstPage, 200, list(admin, ann)}, {"GET /Users?startIndex=3&count=100", 200, list()}}, "42"},
		{"the filter is ignored, two of that name",
			[]turn{{lower, 200, list(admin, ann, userJSON("43", "ANN@example.com", ""))}}, "ambiguous [42 43]"},
		{"nowhere", []turn{{lower, 200, noHits}, {externalID, 200, noHits}, {mail, 200, noHits},
			{"GET /Users?" + firstPage, 200, list(admin)}, {"GET /Users?startIndex=2&count=100", 200, list()}}, "not found"},
		{"credential revoked", []turn{{lower, 401, ``}}, "walkme: resolve conflict: Unauthorized"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := converse(t, walkme.Config{}, tt.turns...)
			u, err := c.ResolveConflict(t.Context(), want)
			if got := found(u, err); got != tt.want {
				t.Errorf("ResolveConflict() = %s (%v), want %s", got, err, tt.want)
			}
		})
	}
	c, _ := converse(t, walkme.Config{Wire: wire(func(w *walkme.Wire) { w.ResolveConflicts = false })})
	if _, err := c.ResolveConflict(t.Context(), want); !isErr(err, scim.ErrNotFound) {
		t.Errorf("ResolveConflict() switched off = %v, want ErrNotFound", err)
	}
}

func TestUsersPaging(t *testing.T) {
	page := func(start string) string { return "GET /Users?startIndex=" + start + "&count=100" }
	a, b, c := userJSON("a", "a", ""), userJSON("b", "b", ""), userJSON("c", "c", "")
	for _, tt := range []struct {
		name  string
		turns []turn
		want  string
	}{
		{"two pages, capped by the server", []turn{{page("1"), 200, list(a, b)}, {page("3"), 200, list(c)}, {page("4"), 200, list()}}, "a b c"},
		{"paging ignored: the same answer for ever", []turn{{page("1"), 200, list(a, b)}, {page("3"), 200, list(a, b)}}, "a b"},
		{"an entry without id still counts", []turn{{page("1"), 200, list(a, `{"userName":"x"}`)}, {page("3"), 200, list(b)}, {page("4"), 200, list()}}, "a b"},
		{"empty", []turn{{page("1"), 200, `{"totalResults":0,"Resources":null}`}}, ""},
		{"a broken second page", []turn{{page("1"), 200, list(a)}, {page("2"), 200, `{}`}}, "a unusable"},
		{"a refused second page", []turn{{page("1"), 200, list(a)}, {page("2"), 403, `{}`}}, "a walkme: list users: from entry 2: Forbidden"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, _ := converse(t, walkme.Config{}, tt.turns...)
			var got []string
			for u, err := range client.Users(t.Context()) {
				got = append(got, found(u, err))
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Errorf("Users() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGroupsPaging(t *testing.T) {
	one := groupSchemas + `"id":"1","displayName":"Editors","members":[{"value":"42","display":"ann@example.com"},{"display":"no id"}]}`
	c, _ := converse(t, walkme.Config{}, turn{"GET /Groups?" + firstPage, 200, list(one)}, turn{"GET /Groups?startIndex=2&count=100", 200, list(one)})
	var got []walkme.Group
	for g, err := range c.Groups(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, walkme.Group{ID: g.ID, DisplayName: g.DisplayName, Members: g.Members, MembersShown: g.MembersShown})
	}
	want := []walkme.Group{{ID: "1", DisplayName: "Editors", MembersShown: true, Members: []walkme.Member{{ID: "42", Display: "ann@example.com"}}}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(walkme.Group{})); diff != "" {
		t.Errorf("Groups() (-want +got):\n%s", diff)
	}
}

// After a 409 that no look-up announced the groups are listed, and their names compared.
func TestResolveGroupConflict(t *testing.T) {
	group := func(id, name string) string { return fmt.Sprintf(`{"id":%q,"displayName":%q}`, id, name) }
	for _, tt := range []struct {
		name   string
		status int
		groups []string
		want   string // the id, or a part of the error after !
	}{
		{"exactly", 200, []string{group("1", "editors"), group("2", "Editors")}, "2"},
		{"in another case", 200, []string{group("1", "editors"), group("2", "Viewers")}, "1"},
		{"none", 200, []string{group("2", "Viewers")}, "!not found"},
		{"several", 200, []string{group("1", "editors"), group("2", "EDITORS")}, "!1, 2"},
		{"no list", 400, nil, "!Bad Request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{answering(tt.status, list(tt.groups...))}})
			g, err := c.ResolveGroupConflict(t.Context(), "Editors")
			if message, fails := strings.CutPrefix(tt.want, "!"); fails {
				if err == nil || !strings.HasPrefix(err.Error(), "walkme: resolve conflict of a group: ") || !strings.Contains(err.Error(), message) {
					t.Errorf("ResolveGroupConflict() = %v, %v, want %s", g, err, message)
				}
				return
			}
			if err != nil || g.ID != tt.want {
				t.Errorf("ResolveGroupConflict() = %v, %v, want %s", g, err, tt.want)
			}
		})
	}
	c, _ := converse(t, walkme.Config{Wire: wire(func(w *walkme.Wire) { w.ResolveConflicts = false })})
	if g, err := c.ResolveGroupConflict(t.Context(), "Editors"); !errors.Is(err, scim.ErrNotFound) {
		t.Errorf("ResolveGroupConflict() without the switch = %v, %v, want none and no request", g, err)
	}
}

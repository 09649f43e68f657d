package walkme_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
	"okta-walkme-agent/walkme/walkmetest"
)

// tenantOf is a tenant with n accounts, p000@example.com and on, and its client.
func tenantOf(t testing.TB, n int, quirks walkmetest.Quirks, cfg walkme.Config) (*walkmetest.Tenant, *walkme.Client) {
	tenant := walkmetest.Start(walkmetest.Options{Username: "okta", Password: "s3cret", Quirks: quirks})
	t.Cleanup(tenant.Close)
	for i := range n {
		tenant.AddUser(walkmetest.User{UserName: fmt.Sprintf("p%03d@example.com", i), Active: i%7 != 3})
	}
	return tenant, clientOf(t, tenant, cfg)
}

// people are n userNames: every second one has an account if there are n accounts.
func people(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("P%03d@example.com", 2*i)
	}
	return names
}

// The list takes the place of look-ups when it is whole and cheaper. Whatever the server
// does, each account is found, and nobody else's.
func TestAccounts(t *testing.T) {
	for _, tt := range []struct {
		name      string
		accounts  int
		quirks    walkmetest.Quirks
		matching  walkme.Matching
		lookups   int
		everybody bool
		listed    bool
		requests  int // to prepare
	}{
		{"as Okta", 250, walkmetest.Quirks{}, walkme.MatchLookup, 200, true, false, 0},
		{"the list", 250, walkmetest.Quirks{}, walkme.MatchList, 200, true, true, 3},
		{"a tenant without anybody", 0, walkmetest.Quirks{}, walkme.MatchList, 200, true, true, 1},
		{"one page, and a look behind it", 30, walkmetest.Quirks{}, walkme.MatchList, 200, true, true, 2},
		{"a full page", 100, walkmetest.Quirks{}, walkme.MatchList, 200, true, true, 2},
		{"a few people of a first sync", 250, walkmetest.Quirks{}, walkme.MatchList, 2, true, true, 3},
		{"a few people of any other run", 250, walkmetest.Quirks{}, walkme.MatchList, 2, false, false, 1},
		{"as many people as pages", 250, walkmetest.Quirks{}, walkme.MatchList, 3, false, true, 3},
		{"one person of a first sync", 250, walkmetest.Quirks{}, walkme.MatchList, 1, true, true, 3},
		{"a first sync of no one", 250, walkmetest.Quirks{}, walkme.MatchList, 0, true, false, 0},
		{"one person", 250, walkmetest.Quirks{}, walkme.MatchList, 1, false, false, 0},
		{"auto, many", 250, walkmetest.Quirks{}, walkme.MatchAuto, 100, false, true, 3},
		{"auto, few", 250, walkmetest.Quirks{}, walkme.MatchAuto, 99, true, false, 0},
		{"auto, a tenant that is too big", 10_100, walkmetest.Quirks{}, walkme.MatchAuto, 100, true, false, 1},
		{"pages that the server cuts", 250, walkmetest.Quirks{PageCap: 40}, walkme.MatchList, 200, true, true, 7},
		{"everything on every page", 250, walkmetest.Quirks{IgnorePaging: true}, walkme.MatchList, 200, true, true, 2},
		{"everything behind the end", 250, walkmetest.Quirks{EverythingPastEnd: true}, walkme.MatchList, 200, true, true, 3},
		{"totalResults is the size of the page", 250, walkmetest.Quirks{TotalIsPageSize: true}, walkme.MatchList, 200, true, false, 2},
		{"and pages are cut", 250, walkmetest.Quirks{TotalIsPageSize: true, PageCap: 40}, walkme.MatchList, 200, true, false, 2},
		{"keys in lower case", 250, walkmetest.Quirks{LowerCaseListKeys: true}, walkme.MatchList, 200, true, true, 3},
		{"inactive accounts are not listed", 250, walkmetest.Quirks{InactiveHidden: true}, walkme.MatchList, 200, true, true, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tenant, c := tenantOf(t, tt.accounts, tt.quirks, walkme.Config{Matching: tt.matching})
			names := people(tt.lookups)
			accounts := c.Accounts(t.Context(), walkme.Wanted{UserNames: names, Everybody: tt.everybody})
			if listed, why := accounts.Listed(); listed != tt.listed {
				t.Errorf("Listed() = %t (%s), want %t", listed, why, tt.listed)
			}
			if got := len(tenant.Requests()); got != tt.requests {
				t.Errorf("%d requests, want %d", got, tt.requests)
			}
			for i, name := range names[:min(len(names), 40)] {
				there := 2*i < tt.accounts && !(tt.quirks.InactiveHidden && 2*i%7 == 3)
				u, err := accounts.Find(t.Context(), name)
				if there && (err != nil || !scim.SameName(u.UserName, name)) || !there && !errors.Is(err, scim.ErrNotFound) {
					t.Errorf("Find(%s) = %v, %v, want it found: %t", name, u, err, there)
				}
			}
			if looked := len(tenant.Requests()) - tt.requests; len(names) > 0 && (looked == 0) != tt.listed {
				t.Errorf("%d look-ups, want none: %t", looked, tt.listed)
			}
		})
	}
}

// A list that repeats entries, loses some, or changes while it is read shows nobody's
// absence.
func TestAccountsByABadList(t *testing.T) {
	page := func(total int, ids ...string) string {
		entries := make([]string, len(ids))
		for i, id := range ids {
			entries[i] = userJSON(id, id+"@example.com", "")
		}
		return strings.Replace(list(entries...), fmt.Sprintf(`"totalResults":%d`, len(ids)), fmt.Sprintf(`"totalResults":%d`, total), 1)
	}
	for name, pages := range map[string][]string{
		"an entry twice":        {page(4, "a", "b"), page(4, "b", "c"), page(4)},
		"an entry is missing":   {page(4, "a", "b"), page(4, "c"), page(4)},
		"it grows":              {page(3, "a", "b"), page(4, "c", "d")},
		"it was empty":          {page(0, "a"), page(2, "b")},
		"it shrinks":            {page(4, "a", "b"), page(3, "c")},
		"no totalResults":       {strings.Replace(page(2, "a", "b"), `"totalResults":2,`, "", 1)},
		"an entry without id":   {strings.Replace(page(2, "a", "b"), `"id":"b",`, "", 1), page(2)},
		"more behind its end":   {page(2, "a", "b"), page(2, "c")},
		"an error on the way":   {page(4, "a", "b"), ""},
		"no list":               {`{"status":"error"}`},
		"an error at the start": {""},
	} {
		t.Run(name, func(t *testing.T) {
			asked := 0
			server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Has("filter") {
					fmt.Fprint(w, list(userJSON("x", "x@example.com", "")))
					return
				}
				if asked++; asked > len(pages) || pages[asked-1] == "" {
					w.WriteHeader(http.StatusInternalServerError)
					return
				}
				fmt.Fprint(w, pages[asked-1])
			})
			c := client(t, walkme.Config{BaseURL: target, Matching: walkme.MatchList, Transport: handlerTransport{server}})
			accounts := c.Accounts(t.Context(), walkme.Wanted{UserNames: []string{"a@example.com", "x@example.com"}, Everybody: true})
			if listed, why := accounts.Listed(); listed || why == "" {
				t.Errorf("Listed() = %t, %q, want the reason why it does not count", listed, why)
			}
			if u, err := accounts.Find(t.Context(), "x@example.com"); err != nil || u.ID != "x" {
				t.Errorf("Find() = %v, %v, want the hit of a look-up", u, err)
			}
		})
	}
}

// A link by a list reads the account before it writes: the list may be old by then.
func TestLinkByAList(t *testing.T) {
	const listAll = "GET /Users?startIndex=1&count=100"
	ann := person("00u1", scim.Attribute{Path: "userName", Value: "ann@example.com"})
	shown := func(more string) string { return userJSON("42", "ann@example.com", more) }
	put := "PUT /Users/42 " + userJSON("42", "ann@example.com", annActive+`,"externalId":"00u1","groups":[]`)
	for _, tt := range []struct {
		name  string
		turns []turn
		want  string // part of the error
	}{
		{"active", []turn{{"GET /Users/42", 200, shown(annActive)}, {put, 204, ""}}, ""},
		{"deactivated since", []turn{{"GET /Users/42", 200, shown(annInactive)}, {"PATCH /Users/42 " + activate, 204, ""},
			{"GET /Users/42", 200, shown(annActive)}, {put, 204, ""}}, ""},
		{"renamed since", []turn{{"GET /Users/42", 200, userJSON("42", "bob@example.com", annActive)}}, "has another userName by now"},
		{"deleted since", []turn{{"GET /Users/42", 404, notFound}}, "Matching user not found"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, _ := converse(t, walkme.Config{Matching: walkme.MatchList, UpdateAttributes: true}, slices.Concat([]turn{
				{listAll, 200, list(shown(annActive))}, {"GET /Users?startIndex=2&count=100", 200, noHits}}, tt.turns)...)
			found, err := c.Accounts(t.Context(), walkme.Wanted{UserNames: []string{"ann@example.com"}, Everybody: true}).Find(t.Context(), "ann@example.com")
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.LinkUser(t.Context(), found, ann)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || walkme.Outcome(err) != walkme.Refused) {
				t.Errorf("LinkUser() = %v, want %q", err, tt.want)
			}
		})
	}
}

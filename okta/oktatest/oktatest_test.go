package oktatest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/okta/oktatest"
)

func start(t *testing.T, opts oktatest.Options) *oktatest.Org {
	t.Helper()
	org := oktatest.Start(opts)
	t.Cleanup(org.Close)
	return org
}

// get asks the org for path below /api/v1, with the API token.
func get(t *testing.T, org *oktatest.Org, path string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, org.URL()+"/api/v1"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "SSWS "+org.Token())
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("GET %s: body: %v", path, err)
	}
	return resp, string(body)
}

// ids are the ids of a JSON array of objects.
func ids(t *testing.T, body string) []string {
	t.Helper()
	var items []struct{ ID string }
	if err := json.Unmarshal([]byte(body), &items); err != nil {
		t.Fatalf("body %s: %v", body, err)
	}
	got := []string{}
	for _, i := range items {
		got = append(got, i.ID)
	}
	return got
}

func TestAssignmentOfAnAppWithoutProvisioning(t *testing.T) {
	org := start(t, oktatest.Options{Now: func() time.Time { return time.Date(2020, 8, 27, 18, 14, 16, 5e8, time.UTC) }})
	id := org.Hire(oktatest.Person{First: "Ann", Last: "Lee", Email: "ann@example.com"})
	org.Assign(id)
	_, body := get(t, org, "/apps/"+org.AppID()+"/users")
	want := `[{"_links":{"app":{"href":"URL/api/v1/apps/APP"},"user":{"href":"URL/api/v1/users/ID"}},"created":"2020-08-27T18:14:16.000Z",` +
		`"credentials":{"userName":"ann@example.com"},"externalId":null,"id":"ID","lastUpdated":"2020-08-27T18:14:16.000Z","passwordChanged":null,` +
		`"profile":{"email":"ann@example.com","firstName":"Ann","lastName":"Lee","mobilePhone":null},"scope":"USER","status":"ACTIVE",` +
		`"statusChanged":"2020-08-27T18:14:16.000Z","syncState":"DISABLED"}]`
	got := strings.NewReplacer(org.URL(), "URL", org.AppID(), "APP", id, "ID").Replace(body)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

// Self and next are lines of their own, and the next link forgets expand.
func TestLinks(t *testing.T) {
	org := start(t, oktatest.Options{})
	for i := range 60 {
		org.Assign(org.Hire(oktatest.Person{Email: fmt.Sprintf("p%d@example.com", i)}))
	}
	resp, body := get(t, org, "/apps/"+org.AppID()+"/users?expand=user")
	links := resp.Header.Values("Link")
	if len(ids(t, body)) != 50 || len(links) != 2 || !strings.HasSuffix(links[0], `?limit=50>; rel="self"`) ||
		!strings.HasSuffix(links[1], `&limit=50>; rel="next"`) || strings.Contains(links[1], "expand") {
		t.Errorf("first page: %d users, links %q, want 50 and links without expand", len(ids(t, body)), links)
	}
	resp, body = get(t, org, "/apps/"+org.AppID()+"/users?limit=9999")
	if len(ids(t, body)) != 60 || len(resp.Header.Values("Link")) != 1 {
		t.Errorf("limit above the maximum: %d users, links %q, want all and no next", len(ids(t, body)), resp.Header.Values("Link"))
	}
}

func TestErrors(t *testing.T) {
	org := start(t, oktatest.Options{})
	group := org.NewGroup("Sales")
	for path, want := range map[string]string{
		"/apps/0oaother": "404 E0000007",
		"/apps/" + org.AppID() + "/users/00unobody":       "404 E0000007",
		"/apps/" + org.AppID() + "/users?after=x":         "400 E0000029",
		"/apps/" + org.AppID() + "/users?limit=0":         "400 E0000001",
		"/apps/" + org.AppID() + "/group-push/mappings":   "400 E0000001",
		"/apps/" + org.AppID() + "/features":              "400 E0000001",
		"/groups/00gnone":                                 "404 E0000007",
		"/groups/00gnone/users":                           "404 E0000007",
		"/users/nobody@example.com":                       "404 E0000007",
		"/users/00unobody/groups":                         "404 E0000007",
		"/groups?search=profile.name+co+%22a%22":          "400 E0000031",
		"/groups?search=profile.name+eq":                  "400 E0000031",
		"/groups?search=(profile.name+eq+%22a%22":         "400 E0000031",
		"/groups?search=profile.name+eq+%22a%22+nonsense": "400 E0000031",
		"/logs?since=yesterday":                           "400 E0000001",
		"/elsewhere":                                      "404 E0000022",
		"/groups/" + group + "/users?limit=x":             "400 E0000001",
	} {
		resp, body := get(t, org, path)
		var e struct {
			ErrorCode, ErrorID string
			ErrorCauses        []any
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil || e.ErrorID == "" || e.ErrorCauses == nil {
			t.Errorf("GET %s: body %s, want Okta's error shape", path, body)
		}
		if got := fmt.Sprint(resp.StatusCode, " ", e.ErrorCode); got != want {
			t.Errorf("GET %s = %s, want %s", path, got, want)
		}
	}
	org.SetToken("another")
	if resp, err := http.Get(org.URL() + "/api/v1/groups"); err != nil || resp.StatusCode != 401 {
		t.Errorf("GET without a token = %v, %v, want 401", resp, err)
	} else if text, err := io.ReadAll(resp.Body); errors.Join(err, resp.Body.Close()) != nil || !strings.Contains(string(text), "E0000005") {
		t.Errorf("GET without a token = %s, %v, want E0000005", text, err)
	}
	if resp, body := get(t, org, "/groups"); resp.StatusCode != 401 || !strings.Contains(body, "E0000011") {
		t.Errorf("GET with a revoked token = %d %s, want 401 E0000011", resp.StatusCode, body)
	}
}

func TestSearch(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	org := start(t, oktatest.Options{Now: func() time.Time { return now }})
	a, b := org.NewGroup("Alpha"), org.NewGroup("alpine")
	org.DescribeGroup(b, `say "hi"`)
	now = now.Add(time.Hour)
	c := org.NewGroup("Beta")
	for search, want := range map[string][]string{
		`profile.name eq "ALPHA"`:                                   {a},
		`profile.name sw "alp"`:                                     {a, b},
		`profile.description eq "say \"hi\""`:                       {b},
		`id eq "` + c + `" or profile.name eq "alpha"`:              {a, c},
		`profile.name sw "al" and (id eq "x" or id eq "` + b + `")`: {b},
		`lastMembershipUpdated gt "2026-01-01T00:30:00.000Z"`:       {c},
		`lastUpdated ge "2026-01-01T01:00:00.000Z"`:                 {c},
		`lastUpdated lt "2026-01-01T01:00:00.000Z"`:                 {a, b},
		`lastUpdated le "2026-01-01T01:00:00.000Z"`:                 {a, b, c},
		`type eq "OKTA_GROUP" and lastUpdated gt "2027"`:            {},
	} {
		_, body := get(t, org, "/groups?search="+strings.NewReplacer(" ", "%20", `"`, "%22", `\`, "%5C").Replace(search))
		if diff := cmp.Diff(want, ids(t, body)); diff != "" {
			t.Errorf("search %s (-want +got):\n%s", search, diff)
		}
	}
}

func TestAssignmentsFollowTheOrg(t *testing.T) {
	org := start(t, oktatest.Options{})
	ann := org.Hire(oktatest.Person{First: "Ann", Email: "ann@example.com"})
	first, second := org.NewGroup("First", ann), org.NewGroup("Second", ann)
	state := func() string {
		p := org.People()[0]
		return strings.NewReplacer(first, "first", second, "second").Replace(fmt.Sprint(p.Status, " ", p.Assigned, " ", p.Scope, " ", p.GroupID))
	}
	for _, step := range []struct {
		name string
		do   func()
		want string
	}{
		{"hired", func() {}, "ACTIVE false  "},
		{"group assigned", func() { org.AssignGroup(second) }, "ACTIVE true GROUP second"},
		{"another group assigned", func() { org.AssignGroup(first) }, "ACTIVE true GROUP second"},
		{"leaves the group", func() { org.RemoveMember(second, ann) }, "ACTIVE true GROUP first"},
		{"assigned by hand", func() { org.Assign(ann) }, "ACTIVE true USER "},
		{"suspended", func() { org.Suspend(ann) }, "SUSPENDED true USER "},
		{"unsuspended", func() { org.Unsuspend(ann) }, "ACTIVE true USER "},
		{"deactivated", func() { org.Deactivate(ann) }, "DEPROVISIONED false  "},
		{"reactivated", func() { org.Reactivate(ann) }, "ACTIVE true GROUP first"},
		{"app deactivated", func() { org.SetAppStatus("INACTIVE") }, "ACTIVE false  "},
		{"app activated", func() { org.SetAppStatus("ACTIVE") }, "ACTIVE true GROUP first"},
		{"group unassigned", func() { org.UnassignGroup(first) }, "ACTIVE false  "},
		{"group assigned again, then deleted", func() { org.AssignGroup(first); org.DeleteGroup(first) }, "ACTIVE false  "},
	} {
		step.do()
		if got := state(); got != step.want {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
	}
	if g := org.Groups(); len(g) != 1 || len(g[0].Members) != 0 {
		t.Errorf("groups = %+v, want Second, empty", g)
	}
}

func TestUpdateMovesTheAppProfile(t *testing.T) {
	org := start(t, oktatest.Options{})
	ann := org.Hire(oktatest.Person{First: "Ann", Email: "ann@example.com"})
	org.Assign(ann)
	org.Update(ann, map[string]any{"lastName": "New", "login": "new@example.com"})
	if p := org.People()[0]; p.AppProfile["lastName"] != "New" || p.UserName != "new@example.com" {
		t.Errorf("person = %+v, want the app's profile and user name moved", p)
	}
	org.SetAppProfile(ann, "override", map[string]any{"lastName": "Stage"})
	org.Update(ann, map[string]any{"lastName": "Other"})
	if p := org.People()[0]; p.AppProfile["lastName"] != "Stage" || p.UserName != "override" || p.Profile["lastName"] != "Other" {
		t.Errorf("person = %+v, want the override kept", p)
	}
	group := org.NewGroup("G", ann)
	org.Delete(ann)
	if len(org.People()) != 0 || len(org.Groups()[0].Members) != 0 || org.Groups()[0].ID != group {
		t.Errorf("people, groups = %v, %v, want nobody anywhere", org.People(), org.Groups())
	}
}

func TestRateLimit(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	org := start(t, oktatest.Options{Now: func() time.Time { return now }, RateLimits: map[string]int{"/api/v1/groups": 2}})
	for i, want := range []string{"200 1", "200 0", "429 0"} {
		resp, _ := get(t, org, "/groups")
		if got := fmt.Sprint(resp.StatusCode, " ", resp.Header.Get("X-Rate-Limit-Remaining")); got != want {
			t.Errorf("request %d: status, remaining = %s, want %s", i, got, want)
		}
		if got, want := resp.Header.Get("X-Rate-Limit-Reset"), fmt.Sprint(now.Add(time.Minute).Unix()); got != want || resp.Header.Get("Retry-After") != "" {
			t.Errorf("request %d: reset = %s, Retry-After = %q, want %s and none", i, got, resp.Header.Get("Retry-After"), want)
		}
	}
	now = now.Add(time.Minute)
	if resp, _ := get(t, org, "/groups"); resp.StatusCode != 200 {
		t.Errorf("status in the next window = %d, want 200", resp.StatusCode)
	}
}

func TestGeneratedPeople(t *testing.T) {
	org := start(t, oktatest.Options{Generated: 700})
	hired := org.Hire(oktatest.Person{Email: "ann@example.com"})
	org.Assign(hired)
	org.Unassign(org.GeneratedID(3))
	var all []string
	path := "/apps/" + org.AppID() + "/users?limit=500"
	for path != "" {
		resp, body := get(t, org, path)
		all = append(all, ids(t, body)...)
		path = ""
		for _, l := range resp.Header.Values("Link") {
			if strings.HasSuffix(l, `rel="next"`) {
				_, path, _ = strings.Cut(strings.SplitN(l, ">", 2)[0], "/api/v1")
			}
		}
	}
	if len(all) != 700 || all[0] != hired || all[4] != org.GeneratedID(4) || all[699] != org.GeneratedID(699) {
		t.Errorf("%d people, want Ann and 699 generated ones", len(all))
	}
	if resp, _ := get(t, org, "/apps/"+org.AppID()+"/users/"+org.GeneratedID(3)); resp.StatusCode != 404 {
		t.Errorf("assignment of somebody unassigned = %d, want 404", resp.StatusCode)
	}
	if resp, body := get(t, org, "/apps/"+org.AppID()+"/users/"+org.GeneratedID(4)+"?expand=user"); resp.StatusCode != 200 || !json.Valid([]byte(body)) {
		t.Errorf("assignment = %d %s, want valid JSON", resp.StatusCode, body)
	}
}

// A fault looks the same over a network and through Transport.
func TestFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		fault oktatest.Fault
		want  string
	}{
		"none":    {oktatest.Fault{}, "200 []"},
		"status":  {oktatest.Fault{Status: 503, Body: "busy"}, "503 busy"},
		"empty":   {oktatest.Fault{Status: 200}, "200 "},
		"drop":    {oktatest.Fault{Drop: true}, "no answer"},
		"cut":     {oktatest.Fault{Status: 200, Body: "[1,2,3]", CutAfter: 3}, "200 [1, and broken"},
		"rewrite": {oktatest.Fault{Rewrite: func(_ http.Header, b []byte) []byte { return append(b, '!') }}, "200 []!"},
		"slow":    {oktatest.Fault{Delay: time.Millisecond}, "200 []"},
	} {
		t.Run(name, func(t *testing.T) {
			org := start(t, oktatest.Options{})
			org.Fault(func(*http.Request) *oktatest.Fault { return &tc.fault })
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			for kind, rt := range map[string]http.RoundTripper{"network": transport, "transport": org.Transport()} {
				if got := describe(t, org, rt); got != tc.want {
					t.Errorf("over %s: %q, want %q", kind, got, tc.want)
				}
			}
			if n := len(org.Requests()); n != 2 {
				t.Errorf("requests = %d, want both recorded", n)
			}
		})
	}
}

func describe(t *testing.T, org *oktatest.Org, rt http.RoundTripper) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, org.URL()+"/api/v1/groups", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "SSWS "+org.Token())
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return "no answer"
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	got := fmt.Sprintf("%d %s", resp.StatusCode, body)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		got += " and broken"
	}
	return got
}

func TestAge(t *testing.T) {
	org := start(t, oktatest.Options{})
	org.NewGroup("Sales")
	org.Age(48 * time.Hour)
	since := time.Now().Add(-47 * time.Hour).UTC().Format("2006-01-02T15:04:05.000Z")
	if _, body := get(t, org, "/groups?search=lastUpdated%20gt%20%22"+since+"%22"); body != "[]" {
		t.Errorf("groups changed in the last 47 hours = %s, want none", body)
	}
}

func FuzzSearch(f *testing.F) {
	f.Add(`profile.name eq "a\"b" and (id sw "x" or id gt "y")`)
	org := oktatest.Start(oktatest.Options{})
	f.Cleanup(org.Close)
	org.NewGroup("a")
	f.Fuzz(func(t *testing.T, search string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, org.URL()+"/api/v1/groups", nil)
		if err != nil {
			t.Fatal(err)
		}
		q := req.URL.Query()
		q.Set("search", search)
		req.URL.RawQuery = q.Encode()
		req.Header.Set("Authorization", "SSWS "+org.Token())
		resp, err := org.Transport().RoundTrip(req)
		if err != nil {
			t.Fatalf("search %q: %v", search, err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != 200 && resp.StatusCode != 400 {
			t.Errorf("search %q = %d, want 200 or 400", search, resp.StatusCode)
		}
	})
}

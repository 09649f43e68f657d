package okta_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

func TestSnapshotReadsEveryPage(t *testing.T) {
	org := startOrg(t, oktatest.Options{PageLimit: 2})
	var want []string
	for i := range 5 {
		want = append(want, hire(org, fmt.Sprintf("p%d@example.com", i)))
	}
	s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{})
	if err != nil {
		t.Fatalf("Snapshot() = %v, want no error", err)
	}
	var got []string
	for _, u := range s.Users {
		got = append(got, u.ID)
		if u.AccountStatus != "ACTIVE" {
			t.Errorf("user %s: AccountStatus = %q, want ACTIVE: expand must survive Okta's next links", u.ID, u.AccountStatus)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	if s.Requests != 4 {
		t.Errorf("Requests = %d, want 4: the app and three pages", s.Requests)
	}
	if s.TakenAt.IsZero() || s.Watermark.Before(s.TakenAt) {
		t.Errorf("TakenAt, Watermark = %v, %v, want Okta's clock in order", s.TakenAt, s.Watermark)
	}
}

func TestSnapshotUser(t *testing.T) {
	org := startOrg(t, oktatest.Options{Settings: map[string]any{"b": 2, "a": "x"}})
	ann := org.Hire(oktatest.Person{First: "Ann", Last: "Lee", Email: "ann@example.com", Profile: map[string]any{
		"badge": json.Number("12345678901234567890"), "ratio": json.Number("1.10"), "tags": []string{"b", "a"}, "note": nil,
	}})
	group := org.NewGroup("Everyone in sales", ann)
	org.AssignGroup(group)
	org.Suspend(ann)
	org.SetTransitioning(ann, "DEPROVISIONED")

	s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{})
	if err != nil {
		t.Fatalf("Snapshot() = %v, want no error", err)
	}
	if len(s.Users) != 1 {
		t.Fatalf("len(Users) = %d, want 1", len(s.Users))
	}
	got := s.Users[0]
	got.LastUpdated = ""
	want := okta.User{
		ID: ann, UserName: "ann@example.com", Scope: "GROUP", Status: "ACTIVE", GroupID: group,
		AccountStatus: "SUSPENDED",
		AppProfile:    json.RawMessage(`{"badge":12345678901234567890,"email":"ann@example.com","firstName":"Ann","lastName":"Lee","mobilePhone":null,"note":null,"ratio":1.10,"tags":["b","a"]}`),
		Profile:       json.RawMessage(`{"badge":12345678901234567890,"email":"ann@example.com","firstName":"Ann","lastName":"Lee","login":"ann@example.com","mobilePhone":null,"note":null,"ratio":1.10,"secondEmail":null,"tags":["b","a"]}`),
	}
	if diff := cmp.Diff(want, got, cmp.Transformer("text", func(r json.RawMessage) string { return string(r) })); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
	if got, want := string(s.App.Settings), `{"a":"x","b":2}`; got != want {
		t.Errorf("App.Settings = %s, want %s", got, want)
	}
}

func TestSnapshotKeepsWhatIsAskedFor(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	ann := hire(org, "ann@example.com")
	var whole []string
	s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{
		Keep: &okta.Projection{User: []string{"lastName", "firstName", "missing"}, AppUser: []string{"email"}},
		Each: func(u okta.User) error { whole = append(whole, string(u.Profile)); return nil },
	})
	if err != nil {
		t.Fatalf("Snapshot() = %v, want no error", err)
	}
	if got, want := string(s.Users[0].Profile), `{"firstName":"ann","lastName":"Example"}`; got != want {
		t.Errorf("Profile of %s = %s, want %s", ann, got, want)
	}
	if got, want := string(s.Users[0].AppProfile), `{"email":"ann@example.com"}`; got != want {
		t.Errorf("AppProfile = %s, want %s", got, want)
	}
	if len(whole) != 1 || !strings.Contains(whole[0], `"login":"ann@example.com"`) {
		t.Errorf("Each saw %q, want the full profile once", whole)
	}
	voided := errors.New("enough")
	s, err = newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{Each: func(okta.User) error { return voided }})
	if s != nil || !errors.Is(err, voided) {
		t.Errorf("Snapshot() with a failing Each = %v, %v, want nil and its error", s, err)
	}
}

func TestSnapshotStopsAtAnInactiveApp(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	hire(org, "ann@example.com")
	org.SetAppStatus("INACTIVE")
	_, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{})
	var inactive *okta.InactiveAppError
	if !errors.Is(err, okta.ErrAppInactive) || !errors.As(err, &inactive) || inactive.Status != "INACTIVE" || inactive.Label != "WalkMe" {
		t.Errorf("Snapshot() = %v, want ErrAppInactive with label and status", err)
	}
	if want := "okta: app " + org.AppID() + " (WalkMe) is INACTIVE, not ACTIVE: its assignments cannot be relied on"; err.Error() != want {
		t.Errorf("error = %q, want %q", err, want)
	}
	if got := len(org.Requests()); got != 1 {
		t.Errorf("requests = %d, want 1: the assignments of an inactive app mean nothing", got)
	}
}

// A page that is not certainly whole must never read as "nobody".
func TestSnapshotIsVoidedByABadPage(t *testing.T) {
	html := oktatest.Fault{Status: 200, Body: "<html>sign in</html>", Header: http.Header{"Content-Type": {"text/html"}}}
	for _, tc := range []struct {
		name  string
		fault oktatest.Fault
		want  error
	}{
		{"empty body", oktatest.Fault{Status: 200}, okta.ErrIncomplete},
		{"white space", oktatest.Fault{Status: 200, Body: " \n"}, okta.ErrIncomplete},
		{"null", oktatest.Fault{Status: 200, Body: "null"}, okta.ErrIncomplete},
		{"object", oktatest.Fault{Status: 200, Body: "{}"}, okta.ErrIncomplete},
		{"null element", oktatest.Fault{Status: 200, Body: "[null]"}, okta.ErrIncomplete},
		{"element without an id", oktatest.Fault{Status: 200, Body: `[{"status":"ACTIVE"}]`}, okta.ErrIncomplete},
		{"bytes after the array", oktatest.Fault{Status: 200, Body: "[] []"}, okta.ErrIncomplete},
		{"truncated", oktatest.Fault{Status: 200, Body: `[{"id":"00u1","_embedded":{"user":{}}}`}, okta.ErrIncomplete},
		{"cut", oktatest.Fault{CutAfter: 40}, okta.ErrIncomplete},
		{"html", html, okta.ErrIncomplete},
		{"repeated page", oktatest.Fault{RepeatPage: true}, okta.ErrIncomplete},
		{"no account embedded", oktatest.Fault{Rewrite: func(_ http.Header, b []byte) []byte {
			return []byte(strings.ReplaceAll(string(b), "_embedded", "_elsewhere"))
		}}, okta.ErrIncomplete},
		{"profile is a list", oktatest.Fault{Status: 200, Body: `[{"id":"00u1","profile":[],"_embedded":{"user":{}}}]`}, okta.ErrIncomplete},
		{"the account of another", oktatest.Fault{Status: 200, Body: `[{"id":"00u1","_embedded":{"user":{"id":"00u2","profile":{}}}}]`}, okta.ErrIncomplete},
		{"malformed next link", link("http://%zz/x"), okta.ErrIncomplete},
		{"next link out of the API", link("evil.example.com"), okta.ErrIncomplete},
		{"next link to another host", link("https://elsewhere.invalid/api/v1/apps/0oa00000000000walkme/users?after=x"), okta.ErrIncomplete},
		{"next link to another list", link("/api/v1/apps/0oa00000000000other/users?after=x"), okta.ErrIncomplete},
		{"401", oktatest.Fault{Status: 401, Body: `{"errorCode":"E0000011","errorSummary":"Invalid token provided"}`}, okta.ErrUnauthorized},
		{"403", oktatest.Fault{Status: 403, Body: `{"errorCode":"E0000006","errorSummary":"no permission"}`}, okta.ErrForbidden},
		{"404", oktatest.Fault{Status: 404, Body: `{"errorCode":"E0000007","errorSummary":"Not found"}`}, okta.ErrNotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{})
			hire(org, "ann@example.com")
			org.Fault(always("/users", tc.fault))
			s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{})
			if s != nil || !errors.Is(err, tc.want) {
				t.Errorf("Snapshot() = %v, %v, want nil, %v", s, err, tc.want)
			}
		})
	}
}

func link(target string) oktatest.Fault {
	return oktatest.Fault{Rewrite: func(h http.Header, b []byte) []byte {
		h.Set("Link", "<"+target+`>; rel="next"`)
		return b
	}}
}

// An answer that is cut once, or comes empty once, is read again from its beginning.
func TestSnapshotReadsACutPageAgain(t *testing.T) {
	for name, fault := range map[string]oktatest.Fault{"cut": {CutAfter: 40}, "empty": {Status: 200}, "dropped": {Drop: true}} {
		t.Run(name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{})
			hire(org, "ann@example.com")
			hire(org, "bob@example.com")
			org.Fault(times(2, "/users", fault))
			seen := 0
			s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{Each: func(okta.User) error { seen++; return nil }})
			if err != nil {
				t.Fatalf("Snapshot() = %v, want no error", err)
			}
			// net/http itself tries a dropped connection once more, uncounted.
			if len(s.Users) != 2 || seen != 2 || s.Requests < 3 || s.Requests > 4 {
				t.Errorf("users, seen by Each, requests = %d, %d, %d, want 2, 2, at most 4", len(s.Users), seen, s.Requests)
			}
		})
	}
}

// Links come in many forms, with and without expand, and may be joined by a proxy.
func TestSnapshotFollowsLinks(t *testing.T) {
	for name, rewrite := range map[string]func(http.Header){
		"joined by a comma": func(h http.Header) { h["Link"] = []string{strings.Join(h["Link"], ", ")} },
		"without a host": func(h http.Header) {
			for i, l := range h["Link"] {
				h["Link"][i] = "<" + l[strings.Index(l, "/api/"):]
			}
		},
		"that repeat expand": func(h http.Header) {
			for i, l := range h["Link"] {
				h["Link"][i] = strings.Replace(l, "?", "?expand=user&", 1)
			}
		},
		"unquoted rel": func(h http.Header) {
			for i, l := range h["Link"] {
				h["Link"][i] = strings.Replace(l, `rel="next"`, "title=x; rel=next", 1)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			org := startOrg(t, oktatest.Options{PageLimit: 2})
			for i := range 5 {
				hire(org, fmt.Sprintf("p%d@example.com", i))
			}
			org.Fault(always("/users", oktatest.Fault{Rewrite: func(h http.Header, b []byte) []byte { rewrite(h); return b }}))
			s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{})
			if err != nil || len(s.Users) != 5 || s.Requests != 4 {
				t.Errorf("Snapshot() = %+v, %v, want 5 users in 4 requests", s, err)
			}
		})
	}
}

// A list that shifts while it is read may show somebody twice.
func TestSnapshotUsersAreUniqueAndSorted(t *testing.T) {
	org := startOrg(t, oktatest.Options{PageLimit: 2})
	for i := range 4 {
		hire(org, fmt.Sprintf("p%d@example.com", i))
	}
	first := true
	org.Fault(always("/users", oktatest.Fault{Rewrite: func(_ http.Header, b []byte) []byte {
		if first {
			first = false
			return b
		}
		var items, one []json.RawMessage
		if json.Unmarshal(b, &items) != nil || len(items) < 2 {
			return b
		}
		one = []json.RawMessage{json.RawMessage(strings.Replace(string(items[0]), items0ID(items[0]), org.People()[0].ID, 1)), items[1], items[0]}
		out, _ := json.Marshal(one)
		return out
	}}))
	s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{})
	if err != nil {
		t.Fatalf("Snapshot() = %v, want no error", err)
	}
	var ids []string
	for _, u := range s.Users {
		ids = append(ids, u.ID)
	}
	if !slices.IsSorted(ids) || len(ids) != 4 {
		t.Errorf("ids = %v, want four, sorted", ids)
	}
}

func items0ID(raw json.RawMessage) string {
	var v struct{ ID string }
	_ = json.Unmarshal(raw, &v)
	return v.ID
}

func TestSnapshotOneAssignmentWithoutAccount(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	hire(org, "ann@example.com")
	hire(org, "bob@example.com")
	org.Fault(always("/users", oktatest.Fault{Rewrite: func(_ http.Header, b []byte) []byte {
		return []byte(strings.Replace(string(b), "_embedded", "_elsewhere", 1))
	}}))
	s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{})
	if err != nil {
		t.Fatalf("Snapshot() = %v, want no error", err)
	}
	if a, b := s.Users[0], s.Users[1]; a.AccountStatus != "" || string(a.Profile) != "{}" || b.AccountStatus != "ACTIVE" {
		t.Errorf("users = %+v, %+v, want the first with unknown account", a, b)
	}
}

func TestSnapshotWithoutAdminRoleIsEmpty(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	hire(org, "ann@example.com")
	org.SetAdminRole(false)
	s, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{})
	if err != nil || len(s.Users) != 0 {
		t.Errorf("Snapshot() = %+v, %v, want an empty one: only the caller can know that it is suspicious", s, err)
	}
}

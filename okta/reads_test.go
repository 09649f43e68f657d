package okta_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

func TestApp(t *testing.T) {
	org := startOrg(t, oktatest.Options{AppLabel: "WalkMe (Production)"})
	org.SetProvisioning(true)
	app, err := newClient(t, org).App(t.Context())
	want := okta.App{ID: org.AppID(), Name: "walkme", Label: "WalkMe (Production)", Status: "ACTIVE", Kind: okta.CatalogApp, Settings: json.RawMessage("{}"),
		Features: []string{"GROUP_PUSH", "PUSH_NEW_USERS", "PUSH_PROFILE_UPDATES", "PUSH_USER_DEACTIVATION"}}
	if diff := cmp.Diff(want, app); diff != "" || err != nil {
		t.Errorf("App() (-want +got), %v:\n%s", err, diff)
	}
	_, err = newClient(t, org, func(cfg *okta.Config) { cfg.AppID = "0oaother" }).App(t.Context())
	if !errors.Is(err, okta.ErrNotFound) {
		t.Errorf("App() of an unknown app = %v, want ErrNotFound", err)
	}
}

// An answer of another shape is named as JSON has it, and none of the program's types.
func TestAnswerOfAnotherShape(t *testing.T) {
	org := oktatest.Start(oktatest.Options{})
	t.Cleanup(org.Close)
	for body, want := range map[string]string{
		`[]`:             "object: it is of JSON type array",
		`{"id":7}`:       "object: id is of JSON type number",
		`{"id":"0oa1"`:   "object: unexpected EOF",
		`{"name":"app"}`: "object without an id",
	} {
		org.Fault(always("/apps/"+org.AppID(), oktatest.Fault{Status: 200, Body: body}))
		_, err := newClient(t, org).App(t.Context())
		if !errors.Is(err, okta.ErrIncomplete) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("App() of %s = %v, want ErrIncomplete: %s", body, err, want)
		}
	}
}

// An answer about another app says nothing about this one.
func TestAnotherApp(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	org.Fault(always(org.AppID(), oktatest.Fault{Status: 200, Body: `{"id":"0oaother","label":"Other","status":"ACTIVE"}`}))
	if _, err := newClient(t, org).Snapshot(t.Context(), okta.SnapshotRequest{}); !errors.Is(err, okta.ErrIncomplete) || !strings.Contains(err.Error(), "0oaother") {
		t.Errorf("Snapshot() = %v, want ErrIncomplete that names the other app", err)
	}
}

// A 304, which a cache on the way may answer, leads nowhere.
func TestNotModified(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	org.Fault(always("", oktatest.Fault{Status: http.StatusNotModified}))
	_, err := newClient(t, org).App(t.Context())
	if err == nil || !strings.Contains(err.Error(), "HTTP 304 Not Modified") || strings.Contains(err.Error(), "redirect") {
		t.Errorf("App() = %v, want the status and nothing of a redirect", err)
	}
}

// Only Okta's own "no such object" proves that somebody is not assigned.
func TestAssignment(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	ann, bob := hire(org, "ann@example.com"), org.Hire(oktatest.Person{Email: "bob@example.com"})
	c := newClient(t, org)
	if u, err := c.Assignment(t.Context(), ann); err != nil || u.ID != ann || u.AccountStatus != "ACTIVE" || u.UserName != "ann@example.com" {
		t.Errorf("Assignment(ann) = %+v, %v, want hers with her account", u, err)
	}
	if _, err := c.Assignment(t.Context(), bob); !errors.Is(err, okta.ErrNotFound) {
		t.Errorf("Assignment(bob) = %v, want ErrNotFound", err)
	}
	if _, err := c.Assignment(t.Context(), ".."); err == nil || errors.Is(err, okta.ErrNotFound) {
		t.Errorf("Assignment(..) = %v, want an error before any request", err)
	}
	for name, f := range map[string]oktatest.Fault{
		"404 of a gateway":         {Status: 404, Body: "<html>", Header: http.Header{"Content-Type": {"text/html"}}},
		"404, other code":          {Status: 404, Body: `{"errorCode":"E0000022"}`},
		"404 about the app":        {Status: 404, Body: `{"errorCode":"E0000007","errorSummary":"Not found: Resource not found: 0oa00000000000walkme (AppInstance)"}`},
		"404 about another person": {Status: 404, Body: `{"errorCode":"E0000007","errorSummary":"Not found: Resource not found: 00u1 (AppUser)"}`},
		"404 about the path":       {Status: 404, Body: `{"errorCode":"E0000007","errorSummary":"Not found: Resource not found: /api/v1/apps (Path)"}`},
		"404 about nothing":        {Status: 404, Body: `{"errorCode":"E0000007","errorSummary":"Not found"}`},
		"null":                     {Status: 200, Body: "null"},
		"empty":                    {Status: 200},
		"another person":           {Status: 200, Body: `{"id":"00uother"}`},
	} {
		org.Fault(always(ann, f))
		if _, err := c.Assignment(t.Context(), ann); err == nil || errors.Is(err, okta.ErrNotFound) {
			t.Errorf("Assignment(ann) with %s = %v, want an error that is not ErrNotFound", name, err)
		}
	}
}

func TestPerson(t *testing.T) {
	org := startOrg(t, oktatest.Options{PageLimit: 1})
	id := org.Hire(oktatest.Person{First: "Zoë", Last: "O'Neil", Login: "zoë+test/1@example.com"})
	b, a := org.NewGroup("B", id), org.NewGroup("A", id)
	org.NewGroup("C")
	c := newClient(t, org)
	for _, key := range []string{id, "zoë+test/1@example.com", "ZOË+test/1@example.com"} {
		p, err := c.Person(t.Context(), key)
		if err != nil || p.ID != id || p.Login != "zoë+test/1@example.com" || p.Status != "ACTIVE" {
			t.Errorf("Person(%q) = %+v, %v, want Zoë", key, p, err)
		}
	}
	if _, err := c.Person(t.Context(), "nobody@example.com"); !errors.Is(err, okta.ErrNotFound) {
		t.Errorf("Person(nobody) = %v, want ErrNotFound", err)
	}
	groups, err := c.PersonGroups(t.Context(), id)
	everyone := okta.GroupRef{ID: "00g000000000000okta5", Name: "Everyone"}
	if diff := cmp.Diff([]okta.GroupRef{{ID: a, Name: "A"}, {ID: b, Name: "B"}, everyone}, groups); diff != "" || err != nil {
		t.Errorf("PersonGroups() (-want +got), %v:\n%s", err, diff)
	}
}

func TestAppGroups(t *testing.T) {
	org := startOrg(t, oktatest.Options{PageLimit: 1})
	b, a := org.NewGroup("B"), org.NewGroup("A")
	org.AssignGroup(a)
	org.AssignGroup(b)
	got, err := newClient(t, org).AppGroups(t.Context())
	want := []okta.AppGroup{{ID: a, Name: "A", Priority: 0}, {ID: b, Name: "B", Priority: 1}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("AppGroups() (-want +got), %v:\n%s", err, diff)
	}
}

func TestEvents(t *testing.T) {
	org := startOrg(t, oktatest.Options{PageLimit: 3})
	start := time.Now().Add(-time.Minute)
	c := newClient(t, org)
	poll := func(after string) okta.Events {
		t.Helper()
		e, err := c.Events(t.Context(), after, start)
		if err != nil {
			t.Fatalf("Events(%q) = %v, want no error", after, err)
		}
		return e
	}
	ann := hire(org, "ann@example.com")
	group := org.NewGroup("Sales", ann)
	first := poll("")
	if diff := cmp.Diff(okta.Events{UserIDs: []string{ann}, Next: first.Next}, first); diff != "" {
		t.Errorf("first poll (-want +got):\n%s", diff)
	}

	org.ResetRequests()
	idle := poll(first.Next)
	if len(idle.UserIDs)+len(idle.GroupIDs) != 0 || idle.App || idle.Next == "" || len(org.Requests()) != 1 {
		t.Errorf("idle poll = %+v in %d requests, want nothing in 1", idle, len(org.Requests()))
	}
	if org.Requests()[0].Query.Has("since") {
		t.Errorf("query = %v, want no since beside the cursor", org.Requests()[0].Query)
	}

	org.LogEvent("user.session.start", "User", "00uother")
	org.LogEvent("application.user_membership.add", "AppInstance", "0oaother")
	org.AssignGroup(group)
	org.Suspend(ann)
	next := poll(idle.Next)
	if diff := cmp.Diff(okta.Events{UserIDs: []string{ann}, GroupIDs: []string{group}, App: true, Next: next.Next}, next); diff != "" {
		t.Errorf("third poll (-want +got):\n%s", diff)
	}

	org.SetAppStatus("INACTIVE")
	if e := poll(next.Next); !e.App {
		t.Errorf("poll after the app was deactivated = %+v, want App", e)
	}
}

func TestEventsPosition(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	ann := hire(org, "ann@example.com")
	c := newClient(t, org)
	e, err := c.Events(t.Context(), "/api/v1/logs?after=forgotten&limit=1000", time.Now().Add(-time.Minute))
	if err != nil || len(e.UserIDs) != 1 || e.UserIDs[0] != ann {
		t.Errorf("Events() at a position that Okta forgot = %+v, %v, want everything since the time given", e, err)
	}
	org.ResetRequests()
	for _, after := range []string{"/api/v1/users?limit=1", "https://evil.example.com/x", "%zz"} {
		if _, err := c.Events(t.Context(), after, time.Time{}); err == nil {
			t.Errorf("Events(%q) = nil, want an error", after)
		}
	}
	if n := len(org.Requests()); n != 0 {
		t.Errorf("requests = %d, want none", n)
	}
	org.Fault(always("/logs", oktatest.Fault{Status: 403}))
	if _, err := c.Events(t.Context(), "", time.Time{}); !errors.Is(err, okta.ErrForbidden) {
		t.Errorf("Events() without the scope = %v, want ErrForbidden", err)
	}
}

func TestAPIErrorText(t *testing.T) {
	org := startOrg(t, oktatest.Options{})
	org.Fault(always("", oktatest.Fault{Status: 400, Header: http.Header{"X-Okta-Request-Id": {"req1"}},
		Body: `{"errorCode":"E0000001","errorSummary":"Api validation\u001b[31m failed: x","errorLink":"E0000001","errorId":"oae1","errorCauses":[{"errorSummary":"one"},{"errorSummary":"two"}]}`}))
	_, err := newClient(t, org).App(t.Context())
	want := "okta: read app " + org.AppID() + ": HTTP 400 E0000001: Api validation [31m failed: x (one; two) [request req1]"
	if err == nil || err.Error() != want {
		t.Errorf("App() = %v, want %s", err, want)
	}
}

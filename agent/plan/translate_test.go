package plan_test

import (
	"encoding/json"
	"testing"
	"time"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
)

// A translator gives one person after the other what Okta has of them, and nothing of the
// one before.
func TestTranslator(t *testing.T) {
	m := mapping(t, "userName", "appuser.userName", "nickName", `user.getInternalProperty("id")`, "title", "user.level", "locale", "user.flag")
	tr := m.Translator(nil, plan.DesirePolicy{})
	first := okta.User{
		ID: "00u1", UserName: "ann@example.com", Status: "ACTIVE", AccountStatus: "ACTIVE", LastUpdated: "2026-02-01T10:00:00.000Z",
		Profile: json.RawMessage(`{"level":12,"flag":false}`), AppProfile: json.RawMessage(`{}`),
	}
	second := first
	second.ID, second.UserName, second.LastUpdated, second.Profile = "00u2", "bob@example.com", "", json.RawMessage(`{"level":"a \"quoted\" one"}`)
	want := func(p plan.Person, at time.Time, userName, id string, level, flag any) {
		t.Helper()
		if !p.AssignedAt.Equal(at) || p.AssignedAt.IsZero() != at.IsZero() {
			t.Errorf("AssignedAt = %s, want %s", p.AssignedAt, at)
		}
		for path, value := range map[string]any{"userName": userName, "nickName": id, "title": level, "locale": flag} {
			if got := p.Attributes.Get(path); !scim.Equal(got, value) {
				t.Errorf("%s: %s = %#v, want %#v", userName, path, got, value)
			}
		}
	}
	want(tr.Person(&first), time.Date(2026, 2, 1, 10, 0, 0, 0, time.UTC), "ann@example.com", "00u1", int64(12), false)
	want(tr.Person(&second), time.Time{}, "bob@example.com", "00u2", `a "quoted" one`, nil)
	third := second
	third.Profile = json.RawMessage(`{"level":"\\"}`)
	want(tr.Person(&third), time.Time{}, "bob@example.com", "00u2", `\`, nil)
}

// A mapping may read nothing but what Okta keeps outside the profiles.
func TestTranslatorOfInternalsAlone(t *testing.T) {
	u := okta.User{ID: "00u1", UserName: "ann@example.com", Status: "ACTIVE", AccountStatus: "ACTIVE", Profile: json.RawMessage(`{}`), AppProfile: json.RawMessage(`{}`)}
	p := mapping(t, "userName", `user.getInternalProperty("id")`).Translator(nil, plan.DesirePolicy{}).Person(&u)
	if p.Name() != "00u1" {
		t.Errorf("userName = %q, want the id", p.Name())
	}
}

// A profile that is no JSON is a rejection, wherever it breaks off.
func TestTranslatorOfBrokenProfiles(t *testing.T) {
	tr := mapping(t, "userName", "appuser.userName", "title", "user.title").Translator(nil, plan.DesirePolicy{})
	whole := `{"title":"a","other":[1]}`
	for i := 1; i < len(whole); i++ {
		u := okta.User{ID: "00u1", UserName: "ann@example.com", Status: "ACTIVE", AccountStatus: "ACTIVE", Profile: json.RawMessage(whole[:i])}
		if p := tr.Person(&u); p.Rejection == nil || p.Rejection.Path != "user" {
			t.Errorf("profile %s: rejection = %+v, want one of the profile", u.Profile, p.Rejection)
		}
	}
}

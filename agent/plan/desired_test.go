package plan_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
)

// assigned is a person with a direct assignment, in good order.
func assigned(id, userName string) okta.User {
	return okta.User{
		ID: id, UserName: userName, Scope: "USER", Status: "ACTIVE", AccountStatus: "ACTIVE",
		AppProfile: json.RawMessage(`{}`), Profile: json.RawMessage(`{"firstName":"Ann","lastName":"Lee"}`),
	}
}

// desire maps users under the mapping of WalkMe's guide.
func desire(t *testing.T, policy plan.DesirePolicy, users ...okta.User) plan.Desired {
	t.Helper()
	return walkMeMapping(t).Desired(&okta.Snapshot{Users: users}, policy)
}

// rejections lists who is rejected as "id path: error".
func rejections(d plan.Desired) []string {
	var out []string
	for _, p := range d.People {
		if r := p.Rejection; r != nil {
			out = append(out, fmt.Sprintf("%s %s: %s", r.OktaID, r.Path, r.Error))
		}
	}
	return out
}

// TestPresence has every status of an assignment and of an account that Okta's
// API describes, one that it does not, and none.
func TestPresence(t *testing.T) {
	tests := []struct {
		assignment, account string
		want                plan.Presence
		why                 string
	}{
		{"ACTIVE", "ACTIVE", plan.Present, "assigned in Okta"},
		{"PROVISIONED", "ACTIVE", plan.Present, "assigned in Okta"},
		{"STAGED", "ACTIVE", plan.Present, "assigned in Okta"},
		{"PENDING", "ACTIVE", plan.Present, "assigned in Okta"},
		{"APPROVED", "ACTIVE", plan.Present, "assigned in Okta"},
		{"IMPLICIT", "ACTIVE", plan.Present, "assigned in Okta"},
		{"INACTIVE", "ACTIVE", plan.Absent, "the assignment is inactive in Okta"},
		{"SUSPENDED", "ACTIVE", plan.Absent, "the assignment is suspended in Okta"},
		{"DEPROVISIONED", "ACTIVE", plan.Absent, "the assignment is deprovisioned in Okta"},
		{"REVOKED", "ACTIVE", plan.Absent, "the assignment is revoked in Okta"},
		{"IMPORTED", "ACTIVE", plan.Keep, "the app user was imported, not assigned"},
		{"MATCHED", "ACTIVE", plan.Keep, "the app user was imported, not assigned"},
		{"UNASSIGNED", "ACTIVE", plan.Keep, "the app user was imported, not assigned"},
		{"MELTED", "ACTIVE", plan.Keep, `unknown assignment status "MELTED"`},
		{"", "ACTIVE", plan.Keep, `unknown assignment status ""`},

		{"ACTIVE", "PROVISIONED", plan.Present, "assigned in Okta"},
		{"ACTIVE", "RECOVERY", plan.Present, "assigned in Okta"},
		{"ACTIVE", "PASSWORD_EXPIRED", plan.Present, "assigned in Okta"},
		{"ACTIVE", "LOCKED_OUT", plan.Present, "assigned in Okta"},
		{"ACTIVE", "STAGED", plan.Present, "assigned in Okta"},
		{"ACTIVE", "SUSPENDED", plan.Keep, "suspended in Okta: nothing is sent"},
		{"ACTIVE", "DEPROVISIONED", plan.Absent, "deactivated in Okta"},
		{"ACTIVE", "MELTED", plan.Keep, `unknown account status "MELTED"`},
		{"ACTIVE", "", plan.Keep, "Okta did not say the account's status"},

		{"REVOKED", "SUSPENDED", plan.Absent, "the assignment is revoked in Okta"},
		{"IMPORTED", "DEPROVISIONED", plan.Keep, "the app user was imported, not assigned"},
	}
	for _, tt := range tests {
		u := assigned("00u1", "ann@example.com")
		u.Status, u.AccountStatus = tt.assignment, tt.account
		got := desire(t, plan.DesirePolicy{}, u).People[0]
		if got.Presence != tt.want || got.Why != tt.why {
			t.Errorf("assignment %q, account %q = %s (%s), want %s (%s)",
				tt.assignment, tt.account, got.Presence, got.Why, tt.want, tt.why)
		}
		if got.Active != (tt.want == plan.Present) {
			t.Errorf("assignment %q, account %q: Active = %t", tt.assignment, tt.account, got.Active)
		}
	}
}

func TestSuspendedByPolicy(t *testing.T) {
	u := assigned("00u1", "ann@example.com")
	u.AccountStatus = "SUSPENDED"
	got := desire(t, plan.DesirePolicy{DeactivateSuspended: true}, u).People[0]
	if got.Presence != plan.Absent || got.Why != "suspended in Okta" {
		t.Errorf("suspended = %s (%s), want absent (suspended in Okta)", got.Presence, got.Why)
	}
}

func TestAssignedWhy(t *testing.T) {
	for _, tt := range []struct{ scope, group, want string }{
		{"USER", "", "assigned in Okta"},
		{"USER", "00g1", "assigned in Okta"},
		{"GROUP", "00g1", "assigned in Okta through group 00g1"},
		{"GROUP", "", "assigned in Okta through a group"},
	} {
		u := assigned("00u1", "ann@example.com")
		u.Scope, u.GroupID = tt.scope, tt.group
		if got := desire(t, plan.DesirePolicy{}, u).People[0].Why; got != tt.want {
			t.Errorf("scope %s, group %q: Why = %q, want %q", tt.scope, tt.group, got, tt.want)
		}
	}
}

func TestUserNameRejected(t *testing.T) {
	tests := []struct {
		name, userName string
		policy         plan.DesirePolicy
		want           []string
	}{
		{"none", "", plan.DesirePolicy{}, []string{"00u1 userName: Okta has no value for it, and WalkMe needs one"}},
		{"blank", "  ", plan.DesirePolicy{}, []string{"00u1 userName: Okta has no value for it, and WalkMe needs one"}},
		{"no e-mail address, not asked for", "ann", plan.DesirePolicy{}, nil},
		{"no e-mail address", "ann", plan.DesirePolicy{RequireEmail: true},
			[]string{`00u1 userName: "ann" is not an e-mail address, which WalkMe asks for`}},
		{"no domain", "ann@", plan.DesirePolicy{RequireEmail: true},
			[]string{`00u1 userName: "ann@" is not an e-mail address, which WalkMe asks for`}},
		{"two @", "ann@x@example.com", plan.DesirePolicy{RequireEmail: true},
			[]string{`00u1 userName: "ann@x@example.com" is not an e-mail address, which WalkMe asks for`}},
		{"a blank inside", "ann lee@example.com", plan.DesirePolicy{RequireEmail: true},
			[]string{`00u1 userName: "ann lee@example.com" is not an e-mail address, which WalkMe asks for`}},
		{"an apostrophe, a plus, letters beyond ASCII", "o'brien+é@example.com", plan.DesirePolicy{RequireEmail: true}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := desire(t, tt.policy, assigned("00u1", tt.userName))
			if diff := cmp.Diff(tt.want, rejections(d)); diff != "" {
				t.Errorf("rejections (-want +got):\n%s", diff)
			}
			want := plan.Present
			if tt.want != nil {
				want = plan.Keep
			}
			if p := d.People[0]; p.Presence != want || p.Active != (want == plan.Present) {
				t.Errorf("Presence = %s, Active = %t, want %s", p.Presence, p.Active, want)
			}
		})
	}
}

func TestUserNameMustBeText(t *testing.T) {
	m := mapping(t, "userName", "user.employeeNumber")
	u := assigned("00u1", "ann@example.com")
	u.Profile = json.RawMessage(`{"employeeNumber":17}`)
	want := []string{"00u1 userName: must be text, not 17"}
	if diff := cmp.Diff(want, rejections(m.Desired(&okta.Snapshot{Users: []okta.User{u}}, plan.DesirePolicy{}))); diff != "" {
		t.Errorf("rejections (-want +got):\n%s", diff)
	}
}

// TestOnlyPresentAreRejected: of somebody who is kept or gone nothing would be
// sent, so there is nothing to reject.
func TestOnlyPresentAreRejected(t *testing.T) {
	for _, status := range []string{"IMPORTED", "DEPROVISIONED", "MELTED"} {
		u := assigned("00u1", "")
		u.Status = status
		if got := rejections(desire(t, plan.DesirePolicy{RequireEmail: true}, u)); got != nil {
			t.Errorf("%s: rejections = %q, want none", status, got)
		}
	}
}

// TestSharedUserName: pushing either would hand one person's account to another.
func TestSharedUserName(t *testing.T) {
	suspended := assigned("00u4", "ann@example.com")
	suspended.AccountStatus = "SUSPENDED"
	gone := assigned("00u5", "ann@example.com")
	gone.Status = "DEPROVISIONED"
	shared := func(id, name, others, all string) string {
		return fmt.Sprintf("%s userName: %q is the userName of this Okta user, %s, and also of %s; %s are left as they are", id, name, id, others, all)
	}
	both := func(id, name, other string) string { return shared(id, name, other, "both") }
	tests := []struct {
		name  string
		users []okta.User
		want  []string
	}{
		{"two", []okta.User{assigned("00u1", "ann@example.com"), assigned("00u2", "ann@example.com")},
			[]string{both("00u1", "ann@example.com", "00u2"), both("00u2", "ann@example.com", "00u1")}},
		{"two in different case", []okta.User{assigned("00u1", "Ann@Example.com"), assigned("00u2", "ann@example.com")},
			[]string{both("00u1", "Ann@Example.com", "00u2"), both("00u2", "ann@example.com", "00u1")}},
		{"three", []okta.User{assigned("00u1", "a@x.example"), assigned("00u2", "a@x.example"), assigned("00u3", "A@x.example")},
			[]string{shared("00u1", "a@x.example", "00u2, 00u3", "all"), shared("00u2", "a@x.example", "00u1, 00u3", "all"), shared("00u3", "A@x.example", "00u1, 00u2", "all")}},
		{"four", []okta.User{assigned("00u1", "a@x.example"), assigned("00u2", "a@x.example"), assigned("00u3", "a@x.example"), assigned("00u4", "a@x.example")},
			[]string{shared("00u1", "a@x.example", "00u2, 00u3, 00u4", "all"), shared("00u2", "a@x.example", "00u1, 00u3, 00u4", "all"),
				shared("00u3", "a@x.example", "00u1, 00u2, 00u4", "all"), shared("00u4", "a@x.example", "00u1, 00u2, 00u3", "all")}},
		{"beyond ASCII", []okta.User{assigned("00u1", "ÉMILE@example.com"), assigned("00u2", "émile@example.com")},
			[]string{both("00u1", "ÉMILE@example.com", "00u2"), both("00u2", "émile@example.com", "00u1")}},
		{"with somebody suspended or gone", []okta.User{assigned("00u1", "ann@example.com"), suspended, gone}, nil},
		{"two without a name have their own reason", []okta.User{assigned("00u1", ""), assigned("00u2", "")},
			[]string{"00u1 userName: Okta has no value for it, and WalkMe needs one", "00u2 userName: Okta has no value for it, and WalkMe needs one"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := desire(t, plan.DesirePolicy{}, tt.users...)
			if diff := cmp.Diff(tt.want, rejections(d)); diff != "" {
				t.Errorf("rejections (-want +got):\n%s", diff)
			}
			for _, p := range d.People {
				if p.Rejection != nil && (p.Presence != plan.Keep || p.Active) {
					t.Errorf("%s: Presence = %s, Active = %t, want keep, false", p.SourceID, p.Presence, p.Active)
				}
			}
		})
	}
}

// TestSharedValue: where the mapping gives two people one name, their names in the app
// tell them apart. Of many only some are named.
func TestSharedValue(t *testing.T) {
	var users []okta.User
	for i := range 6 {
		u := assigned(fmt.Sprintf("00u%d", i), fmt.Sprintf("person%d@example.com", i))
		u.Profile = json.RawMessage(`{"email":"team@example.com"}`)
		users = append(users, u)
	}
	want := `00u0 userName: "team@example.com" is the userName of this Okta user, 00u0 (person0@example.com), and also of ` +
		`00u1 (person1@example.com), 00u2 (person2@example.com), 00u3 (person3@example.com) and 2 more; all are left as they are`
	got := rejections(mapping(t, "userName", "user.email").Desired(&okta.Snapshot{Users: users}, plan.DesirePolicy{}))
	if len(got) != 6 || got[0] != want {
		t.Errorf("rejections = %q, want 6, the first %q", got, want)
	}
}

func TestDesiredValues(t *testing.T) {
	m := mapping(t, "userName", "appuser.userName", "title", "user.title", "nickName", "app.label",
		"userType", "user.getInternalProperty(\"id\")", "locale", "user.getInternalProperty(\"status\")")
	tests := []struct{ name, profile, appProfile, settings, want string }{
		{"values", `{"title":"Dr."}`, `{}`, `{}`, `{"locale":"ACTIVE","nickName":"WalkMe","title":"Dr.","userName":"ann@example.com","userType":"00u1"}`},
		{"null values", `{"title":null}`, `{"userName":null}`, `{"x":null}`, `{"locale":"ACTIVE","nickName":"WalkMe","title":null,"userName":"ann@example.com","userType":"00u1"}`},
		{"no profiles", ``, ``, ``, `{"locale":"ACTIVE","nickName":"WalkMe","title":null,"userName":"ann@example.com","userType":"00u1"}`},
		{"profiles of null", `null`, `null`, `null`, `{"locale":"ACTIVE","nickName":"WalkMe","title":null,"userName":"ann@example.com","userType":"00u1"}`},
		{"a setting of the app's own", `{}`, `{}`, `{"label":"Mine"}`, `{"locale":"ACTIVE","nickName":"Mine","title":null,"userName":"ann@example.com","userType":"00u1"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := assigned("00u1", "ann@example.com")
			u.Profile, u.AppProfile = json.RawMessage(tt.profile), json.RawMessage(tt.appProfile)
			snap := &okta.Snapshot{App: okta.App{Label: "WalkMe", Settings: json.RawMessage(tt.settings)}, Users: []okta.User{u}}
			p := m.Desired(snap, plan.DesirePolicy{}).People[0]
			got, err := json.Marshal(p.Attributes)
			if err != nil || p.Rejection != nil {
				t.Fatal(err, p.Rejection)
			}
			if string(got) != tt.want {
				t.Errorf("Attributes = %s, want %s", got, tt.want)
			}
		})
	}
}

// An org may have attributes of its own that are called like what Okta keeps of each
// user. An expression means the attribute, and null where there is none.
func TestProfileOwnsItsNames(t *testing.T) {
	m := mapping(t, "userName", "appuser.userName", "title", "user.status", "userType", "user.id",
		"locale", `user.getInternalProperty("status")`)
	if diff := cmp.Diff(okta.Projection{User: []string{"id", "status"}, AppUser: []string{"userName"}}, m.Projection()); diff != "" {
		t.Errorf("Projection() (-want +got):\n%s", diff)
	}
	own, none := assigned("00u1", "ann@example.com"), assigned("00u2", "bob@example.com")
	own.Profile = json.RawMessage(`{"id":"E-4711","status":"contractor"}`)
	people := m.Desired(&okta.Snapshot{Users: []okta.User{own, none}}, plan.DesirePolicy{}).People
	for i, want := range []string{
		`{"locale":"ACTIVE","title":"contractor","userName":"ann@example.com","userType":"E-4711"}`,
		`{"locale":"ACTIVE","title":null,"userName":"bob@example.com","userType":null}`,
	} {
		if got, err := json.Marshal(people[i].Attributes); string(got) != want || err != nil {
			t.Errorf("Attributes = %s, %v, want %s", got, err, want)
		}
	}
}

func TestUnreadableProfileIsRejected(t *testing.T) {
	u := assigned("00u1", "ann@example.com")
	u.Profile = json.RawMessage(`{"firstName":`)
	d := desire(t, plan.DesirePolicy{}, u)
	if got := rejections(d); len(got) != 1 || !strings.HasPrefix(got[0], "00u1 user: ") || d.People[0].Presence != plan.Keep {
		t.Errorf("rejections = %q, Presence = %s, want one under user, keep", got, d.People[0].Presence)
	}
}

// TestSourceDigest: whatever the plan depends on moves the digest, and nothing
// else does.
func TestSourceDigest(t *testing.T) {
	base := assigned("00u1", "ann@example.com")
	digest := func(change func(*okta.User)) string {
		u := base
		change(&u)
		return desire(t, plan.DesirePolicy{}, u).People[0].SourceDigest
	}
	want := digest(func(*okta.User) {})
	for name, change := range map[string]func(*okta.User){
		"id":             func(u *okta.User) { u.ID = "00u2" },
		"userName":       func(u *okta.User) { u.UserName = "bob@example.com" },
		"status":         func(u *okta.User) { u.Status = "STAGED" },
		"account status": func(u *okta.User) { u.AccountStatus = "STAGED" },
		"profile":        func(u *okta.User) { u.Profile = json.RawMessage(`{"firstName":"Bob"}`) },
		"app profile":    func(u *okta.User) { u.AppProfile = json.RawMessage(`{"firstName":"Bob"}`) },
		"a shifted border": func(u *okta.User) {
			u.AppProfile, u.Profile = json.RawMessage(string(u.AppProfile)+string(u.Profile)), nil
		},
	} {
		if digest(change) == want {
			t.Errorf("another %s: the same SourceDigest", name)
		}
	}
	if got := digest(func(u *okta.User) { u.LastUpdated = "2026-01-01T00:00:00.000Z" }); got != want {
		t.Errorf("SourceDigest = %s after a change that nothing depends on, want %s", got, want)
	}
}

func TestDesiredFind(t *testing.T) {
	var users []okta.User
	for _, id := range []string{"00u1", "00u3", "00u5"} {
		users = append(users, assigned(id, id+"@example.com"))
	}
	d := desire(t, plan.DesirePolicy{}, users...)
	for _, id := range []string{"", "00u0", "00u1", "00u2", "00u3", "00u4", "00u5", "00u6"} {
		known := slices.ContainsFunc(users, func(u okta.User) bool { return u.ID == id })
		p := d.Find(id)
		if (p != nil) != known || p != nil && p.SourceID != id {
			t.Errorf("Find(%q) = %v, want a person: %t", id, p, known)
		}
	}
	if got := (plan.Desired{}).Find("00u1"); got != nil {
		t.Errorf("Find in nobody = %v, want nil", got)
	}
}

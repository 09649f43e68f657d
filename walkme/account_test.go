package walkme_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// An account is looked at before its status is changed, and one that is somebody else's
// by now is left alone.
func TestAccountOfSomebodyElse(t *testing.T) {
	ann := walkme.Account{ID: "42", UserName: "ann@example.com", SourceID: "00u1"}
	const active = `,"active":true`
	for _, tt := range []struct {
		name  string
		shown string // the account 42
		seen  bool   // the server has shown an externalId before
		left  bool
	}{
		{"hers", userJSON("42", "ann@example.com", `,"externalId":"00u1"`+active), false, false},
		{"hers, in another case", userJSON("42", "ANN@example.com", active), true, false},
		{"renamed by hand", userJSON("42", "ann.lee@example.com", `,"externalId":"00u1"`+active), false, false},
		{"linked, with the externalId of before", userJSON("42", "ann@example.com", `,"externalId":"E-17"`+active), false, false},
		{"another name, on a server without externalId", userJSON("42", "bob@example.com", active), false, false},
		{"another name and no externalId, where others have one", userJSON("42", "bob@example.com", active), true, true},
		{"another name and another externalId", userJSON("42", "bob@example.com", `,"externalId":"00u2"`+active), false, true},
	} {
		for name, act := range map[string]func(*walkme.Client) error{
			"deactivate": func(c *walkme.Client) error { return c.DeactivateAccount(t.Context(), ann) },
			"update": func(c *walkme.Client) error {
				want := person("00u1", scim.Attribute{Path: "userName", Value: "ann@example.com"})
				return second(c.UpdateAccount(t.Context(), ann, want))
			},
		} {
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				writes := 0
				server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					switch {
					case r.Method != http.MethodGet:
						writes++
						w.WriteHeader(http.StatusNoContent)
					case r.URL.RawQuery != "":
						io.WriteString(w, list(userJSON("7", "ann@example.com", `,"externalId":"00u9"`)))
					default:
						io.WriteString(w, tt.shown)
					}
				})
				c := client(t, walkme.Config{BaseURL: target, Wire: walkme.DefaultWire(), Transport: handlerTransport{server}})
				if tt.seen {
					if _, err := c.FindUser(t.Context(), "ann@example.com"); err != nil {
						t.Fatal(err)
					}
				}
				err := act(c)
				other, left := errors.AsType[*walkme.AnotherOwnerError](err)
				if left != tt.left || !left && err != nil || left && (walkme.Outcome(err) != walkme.Refused || other.ID != "42") {
					t.Errorf("error = %v, want the account left alone: %t", err, tt.left)
				}
				if left && strings.Contains(err.Error(), "no externalId") != (other.ExternalID == "") {
					t.Errorf("error = %v, want it to name the externalId %q", err, other.ExternalID)
				}
				if (writes == 0) != tt.left {
					t.Errorf("%d writes, want the account left alone: %t", writes, tt.left)
				}
			})
		}
	}
}

// What is found after a create without an answer is what that made only if it has what
// was sent.
func TestBears(t *testing.T) {
	want := person("00u1",
		scim.Attribute{Path: "name.givenName", Value: "Ann"}, scim.Attribute{Path: "nickName", Value: nil},
		scim.Attribute{Path: "userName", Value: "ann@example.com"})
	for _, tt := range []struct {
		name, shown string
		want        bool
	}{
		{"the Okta id", userJSON("42", "x", `,"externalId":"00u1"`), true},
		{"the Okta id of somebody else", userJSON("42", "ann@example.com", `,"externalId":"00u2","name":{"givenName":"Ann"}`), false},
		{"each value", userJSON("42", "Ann@example.com", `,"active":true,"name":{"givenName":"Ann"}`), true},
		{"another value", userJSON("42", "ann@example.com", `,"active":true,"name":{"givenName":"Anna"}`), false},
		{"a value that is not shown", userJSON("42", "ann@example.com", `,"active":true`), false},
		{"another status", userJSON("42", "ann@example.com", `,"active":false,"name":{"givenName":"Ann"}`), false},
	} {
		c, _ := converse(t, walkme.Config{}, turn{"GET /Users/42", 200, tt.shown})
		u, err := c.User(t.Context(), "42")
		if err != nil {
			t.Fatal(err)
		}
		if got := u.Bears(want); got != tt.want {
			t.Errorf("%s: Bears() = %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestGroupBears(t *testing.T) {
	sent := members("1", "2")
	for _, tt := range []struct {
		name  string
		group walkme.Group
		want  bool
	}{
		{"name and members", walkme.Group{DisplayName: "Editors", MembersShown: true, Members: members("2", "1")}, true},
		{"another name", walkme.Group{DisplayName: "editors", MembersShown: true, Members: members("1", "2")}, false},
		{"a stranger", walkme.Group{DisplayName: "Editors", MembersShown: true, Members: members("1", "2", "3")}, false},
		{"a stranger in place of a member", walkme.Group{DisplayName: "Editors", MembersShown: true, Members: members("1", "3")}, false},
		{"a member is missing", walkme.Group{DisplayName: "Editors", MembersShown: true, Members: members("1")}, false},
		{"members are not shown", walkme.Group{DisplayName: "Editors"}, false},
	} {
		if got := tt.group.Bears("Editors", sent); got != tt.want {
			t.Errorf("%s: Bears() = %t, want %t", tt.name, got, tt.want)
		}
	}
}

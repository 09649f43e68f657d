package plan_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/internal/el"
	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
)

// expr compiles an Okta expression.
func expr(t *testing.T, src string) *el.Expr {
	t.Helper()
	e, err := el.Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// mapping compiles alternating paths and expressions.
func mapping(t *testing.T, pathsAndExprs ...string) plan.Mapping {
	t.Helper()
	var rules []plan.MappingRule
	for i := 0; i < len(pathsAndExprs); i += 2 {
		rules = append(rules, plan.MappingRule{Path: pathsAndExprs[i], Expr: expr(t, pathsAndExprs[i+1])})
	}
	m, err := plan.NewMapping(rules)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// walkMeMapping is what WalkMe's guide asks for.
func walkMeMapping(t *testing.T) plan.Mapping {
	t.Helper()
	return mapping(t, "userName", "appuser.userName", "name.givenName", "user.firstName", "name.familyName", "user.lastName")
}

func TestNewMappingRefuses(t *testing.T) {
	tests := []struct {
		name  string
		paths []string
		want  string
	}{
		{"no rules", nil, "mapping of userName: is missing, and every SCIM user needs one"},
		{"no userName", []string{"title"}, "mapping of userName: is missing, and every SCIM user needs one"},
		{"one path twice", []string{"title", "userName", "title"}, "mapping of title: is mapped twice"},
		{"one path in two cases", []string{"urn:example:User:Badge", "userName", "urn:example:User:badge"}, "mapping of urn:example:User:badge: is mapped twice"},
		{"another case", []string{"Title", "userName"}, "mapping of Title: is not an attribute of a SCIM user"},
		{"userName in two cases", []string{"userName", "username"}, "mapping of username: is not an attribute of a SCIM user"},
		{"a misspelt part", []string{"userName", "name.giveName"}, "mapping of name.giveName: name has no sub-attribute giveName"},
		{"active", []string{"userName", "active"}, "mapping of active: cannot be mapped: assignment decides it"},
		{"active in another case", []string{"userName", "Active"}, "mapping of Active: cannot be mapped: assignment decides it"},
		{"externalId", []string{"userName", "externalId"}, "mapping of externalId: cannot be mapped: it is the Okta user id"},
		{"id", []string{"userName", "id"}, "mapping of id: cannot be mapped: WalkMe gives it"},
		{"a part of meta", []string{"userName", "meta.location"}, "mapping of meta.location: cannot be mapped: WalkMe gives it"},
		{"password", []string{"userName", "PASSWORD"}, "mapping of PASSWORD: cannot be mapped: passwords are never synchronised"},
		{"schemas", []string{"userName", "schemas"}, "mapping of schemas: cannot be mapped: the mapped attributes decide it"},
		{"groups", []string{"userName", "groups[type eq \"x\"].value"}, `mapping of groups[type eq "x"].value: cannot be mapped: group push decides it`},
		{"no path", []string{"userName", ""}, `mapping of : attribute path "": is empty, write userName or name.givenName`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var rules []plan.MappingRule
			for _, p := range tt.paths {
				rules = append(rules, plan.MappingRule{Path: p, Expr: expr(t, `"x"`)})
			}
			_, err := plan.NewMapping(rules)
			var me *plan.MappingError
			if !errors.As(err, &me) || err.Error() != tt.want {
				t.Errorf("NewMapping(%q) = %v, want a *MappingError %q", tt.paths, err, tt.want)
			}
		})
	}
}

// An extension may have an attribute that is called as a core one.
func TestNewMappingAcceptsExtension(t *testing.T) {
	m := mapping(t, "userName", "appuser.userName", "urn:example:params:User:id", "user.employeeNumber")
	if got := len(m.Rules()); got != 2 {
		t.Errorf("len(Rules()) = %d, want 2", got)
	}
}

func TestMappingDigest(t *testing.T) {
	base := mapping(t, "userName", "appuser.userName", "title", "user.title")
	same := mapping(t, "title", "user.title", "userName", "appuser.userName")
	if base.Digest() != same.Digest() {
		t.Error("Digest() depends on the order of the rules")
	}
	for name, other := range map[string]plan.Mapping{
		"another expression": mapping(t, "userName", "appuser.userName", "title", "user.nickName"),
		"another path":       mapping(t, "userName", "appuser.userName", "nickName", "user.title"),
		"one rule less":      mapping(t, "userName", "appuser.userName"),
		"one rule more":      mapping(t, "userName", "appuser.userName", "title", "user.title", "nickName", "user.title"),
		"swapped":            mapping(t, "userName", "user.title", "title", "appuser.userName"),
	} {
		if base.Digest() == other.Digest() {
			t.Errorf("%s: Digest() = %s for both", name, base.Digest())
		}
	}
}

func TestMappingExpressions(t *testing.T) {
	m := mapping(t, "title", `user.title + "!"`, "userName", "appuser.userName")
	want := map[string]string{"title": `user.title + "!"`, "userName": "appuser.userName"}
	if diff := cmp.Diff(want, m.Expressions()); diff != "" {
		t.Errorf("Expressions() (-want +got):\n%s", diff)
	}
}

// The projection is what keeps a snapshot of 100,000 people small; an attribute
// that it forgets reads as null for everybody.
func TestMappingProjection(t *testing.T) {
	m := mapping(t,
		"userName", "appuser.userName",
		"title", `user.title != null ? user.title : appuser.job`,
		"nickName", `user.title + app.label`)
	want := okta.Projection{User: []string{"title"}, AppUser: []string{"job", "userName"}}
	if diff := cmp.Diff(want, m.Projection()); diff != "" {
		t.Errorf("Projection() (-want +got):\n%s", diff)
	}
}

func TestMappingAttributes(t *testing.T) {
	m := mapping(t, "userName", "appuser.userName", "title", "user.title", "timezone", "user.zone", "nickName", "user.level")
	got, err := m.Attributes(el.Env{
		User:    map[string]any{"title": nil, "level": json.Number("7")},
		AppUser: map[string]any{"userName": "ann@example.com"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := scim.Attributes{
		{Path: "nickName", Value: int64(7)},
		{Path: "timezone", Value: nil},
		{Path: "title", Value: nil},
		{Path: "userName", Value: "ann@example.com"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Attributes() (-want +got):\n%s", diff)
	}
}

// The error names the first path in order, so that the report is the same in
// every run.
func TestMappingAttributesError(t *testing.T) {
	m := mapping(t, "userName", "appuser.userName", "title", "user.a - 1", "nickName", "user.b - 1")
	_, err := m.Attributes(el.Env{User: map[string]any{"a": "x", "b": "y"}})
	var me *plan.MappingError
	if !errors.As(err, &me) || me.Path != "nickName" {
		t.Errorf("Attributes() error = %v, want a *MappingError of nickName", err)
	}
}

package scim_test

import (
	"errors"
	"strings"
	"testing"

	"okta-walkme-agent/internal/scim"
)

func TestParsePath(t *testing.T) {
	for _, tt := range []struct {
		text string
		want scim.Path
	}{
		{"userName", scim.Path{Name: "userName"}},
		{"name.givenName", scim.Path{Name: "name", Sub: "givenName"}},
		{"emails[primary eq true].value", scim.Path{Name: "emails", FilterAttr: "primary", FilterValue: true, Sub: "value"}},
		{"emails[primary eq false].value", scim.Path{Name: "emails", FilterAttr: "primary", FilterValue: false, Sub: "value"}},
		{`emails[type eq "work"].value`, scim.Path{Name: "emails", FilterAttr: "type", FilterValue: "work", Sub: "value"}},
		{`addresses[type eq "a:b].\"c"].postalCode`, scim.Path{Name: "addresses", FilterAttr: "type", FilterValue: `a:b]."c`, Sub: "postalCode"}},
		{scim.SchemaEnterpriseUser + ":department", scim.Path{Schema: scim.SchemaEnterpriseUser, Name: "department"}},
		{scim.SchemaEnterpriseUser + ":manager.value", scim.Path{Schema: scim.SchemaEnterpriseUser, Name: "manager", Sub: "value"}},
		{scim.SchemaEnterpriseUser + ":manager.$ref", scim.Path{Schema: scim.SchemaEnterpriseUser, Name: "manager", Sub: "$ref"}},
		{`urn:example:2.0:User:roles[type eq "x:y"].value`, scim.Path{Schema: "urn:example:2.0:User", Name: "roles", FilterAttr: "type", FilterValue: "x:y", Sub: "value"}},
		{"urn:example:User:roles", scim.Path{Schema: "urn:example:User", Name: "roles"}},
		{"cost_center-2", scim.Path{Name: "cost_center-2"}},
		{"z09", scim.Path{Name: "z09"}},
		{"urn:~!:x:roles", scim.Path{Schema: "urn:~!:x", Name: "roles"}},
	} {
		got, err := scim.ParsePath(tt.text)
		if err != nil || got != tt.want {
			t.Errorf("ParsePath(%s) = %+v, %v, want %+v", tt.text, got, err, tt.want)
		}
		if got.String() != tt.text {
			t.Errorf("ParsePath(%s).String() = %s", tt.text, got)
		}
	}
}

// What is wrong, and what would be right.
func TestParsePathRefuses(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", `attribute path "": is empty, write userName or name.givenName`},
		{"1st", `no attribute name at "1st", write a letter, then letters, digits, - or _`},
		{"emails", `emails has many values, write emails[primary eq true].value`},
		{"emails.value", `emails has many values, write emails[primary eq true].value`},
		{"emails[0].value", `the filter selects by attribute, not by position, write emails[primary eq true].value`},
		{"emails.^[primary==true].value", `the notation of Okta's profile editor, write emails[primary eq true].value`},
		{"emails[primary==true].value", `the form [attribute eq value], with single blanks`},
		{"emails[primary eq  true].value", `the value of the filter is true, false or a quoted text`},
		{"emails[type eq work].value", `the value of the filter is true, false or a quoted text`},
		{`emails[type eq "work"`, `the value of the filter is true, false or a quoted text`},
		{"emails[primary eq true]", `a filter selects an entry, not a value, write emails[primary eq true].value`},
		{`addresses[primary eq true]`, `write addresses[primary eq true].locality`},
		{"name.", `no sub-attribute name after the dot`},
		{"name.a.b", `".b" follows after the end of the path`},
		{"userName ", `" " follows after the end of the path`},
		{"enterprise:department", `a schema is written as a URN, write urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department`},
		{scim.SchemaEnterpriseUser, `names a schema, not an attribute, write ` + scim.SchemaEnterpriseUser + `:department`},
		{scim.SchemaUser + ":userName", `core attributes stand without their schema, write userName`},
		{"urn:department", `the schema is not a URN`},
		{"urn:", `the schema is not a URN`},
		{"urn:a\u00e9:x:department", `the schema is not a URN`},
		{"urn:a b:c:department", `the schema is not a URN`},
		{"urn:ietf:x:", `no attribute name at ""`},
	} {
		_, err := scim.ParsePath(tt.text)
		var pathError *scim.PathError
		if !errors.As(err, &pathError) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("ParsePath(%s) = %v, want %s", tt.text, err, tt.want)
		}
		if pathError != nil && strings.HasPrefix(pathError.Right, "emails") {
			if _, err := scim.ParsePath(pathError.Right); err != nil {
				t.Errorf("ParsePath(%s) suggests %s, which is %v", tt.text, pathError.Right, err)
			}
		}
	}
}

func TestPathMappable(t *testing.T) {
	for path, want := range map[string]string{
		"userName":           "",
		"title":              "",
		"active":             `attribute path "active": cannot be mapped: it follows from the assignment`,
		"externalid":         `attribute path "externalid": cannot be mapped: it is always the Okta user id`,
		"meta.created":       `attribute path "meta.created": cannot be mapped: it is given by the server`,
		"urn:x:y:active":     "",
		"id":                 `attribute path "id": cannot be mapped: it is given by the server`,
		"password":           `attribute path "password": cannot be mapped: it is a placeholder that the engine makes`,
		`groups[a eq "b"].c`: `attribute path "groups[a eq \"b\"].c": cannot be mapped: it follows from the pushed groups`,
	} {
		p, err := scim.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := p.Mappable(); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("ParsePath(%s).Mappable() = %q, want %q", path, got, want)
		}
	}
}

// A path has one spelling.
func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"userName", "name.givenName", "emails[primary eq true].value", `emails[type eq "wörk\n"].value`,
		scim.SchemaEnterpriseUser + ":manager.value", "emails.^[primary==true].value", "urn:a:b:c[", `x[a eq "\ud800"].b`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := scim.ParsePath(s)
		if err != nil {
			if err.Error() == "" {
				t.Errorf("ParsePath(%q) fails without a word", s)
			}
			return
		}
		if p.String() != s {
			t.Errorf("ParsePath(%q).String() = %q", s, p)
		}
		again, err := scim.ParsePath(p.String())
		if err != nil || again != p {
			t.Errorf("ParsePath(%q) = %+v, %v, want %+v", p, again, err, p)
		}
	})
}

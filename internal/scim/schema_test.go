package scim_test

import (
	"errors"
	"testing"

	"okta-walkme-agent/internal/scim"
)

func TestUserAttribute(t *testing.T) {
	const enterprise = scim.SchemaEnterpriseUser + ":"
	for path, want := range map[string]string{
		"userName":                             "",
		"name.honorificPrefix":                 "",
		"profileUrl":                           "",
		"timezone":                             "",
		"emails[primary eq true].value":        "",
		`emails[type eq "work"].display`:       "",
		`phoneNumbers[primary eq true].type`:   "",
		`addresses[type eq "work"].postalCode`: "",
		`roles[primary eq true].value`:         "",
		enterprise + "employeeNumber":          "",
		enterprise + "manager.value":           "",
		enterprise + "manager.displayName":     "",
		"urn:example:params:User:badge":        "",
		"urn:example:2.0:User:badge.colour":    "",
		"urn:ietf:params:scim:schemas:extension:acme:2.0:User:department":       "",
		"urn:ietf:params:scim:schemas:extension:enterprise_plus:2.0:User:badge": "",

		"nikcName":                     "is not an attribute of a SCIM user (nikcName)",
		"members[a eq \"b\"].value":    "is not an attribute of a SCIM user (members)",
		"department":                   "is not an attribute of a SCIM user (department); write " + enterprise + "department",
		"manager.value":                "is not an attribute of a SCIM user (manager); write " + enterprise + "manager.value",
		"name":                         "name is made of sub-attributes; write name.formatted",
		"name.giveName":                "name has no sub-attribute giveName (giveName)",
		"title.value":                  "title has no sub-attributes; write title",
		`title[type eq "x"].value`:     "title has one value, and nothing to select from; write title.value",
		"emails[primary eq true].vale": "emails has no sub-attribute vale (vale)",
		`emails[kind eq "x"].value`:    "emails has no sub-attribute kind (kind)",
		"emails[type eq true].value":   "primary alone is true or false, without quotes; write emails[primary eq true].value",
		`emails[primary eq "x"].value`: "primary alone is true or false, without quotes; write emails[primary eq true].value",
		enterprise + "title":           "is not an attribute of the enterprise extension (title)",
		enterprise + "manager":         "manager is made of sub-attributes; write " + enterprise + "manager.value",
		enterprise + "manager.name":    "manager has no sub-attribute name (name)",
		"urn:example:1.0:user.badge":   "a colon stands between the schema and the attribute; write urn:example:1.0:user:badge",
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.department": "a colon stands between the schema and the attribute; write " + enterprise + "department",
		"urn:ietf:params:scim:schemas:extension:Enterprise:2.0:User:department": "the enterprise extension has another URN; write " + enterprise + "department",
		"urn:ietf:params:scim:schemas:extension:enteprise:2.0:User:department":  "the enterprise extension has another URN; write " + enterprise + "department",
	} {
		if got := unknownPart(t, path); got != want {
			t.Errorf("ParsePath(%s).UserAttribute() = %q, want %q", path, got, want)
		}
	}
}

// unknownPart says what is wrong with a path: Msg (Part); write Right.
func unknownPart(t *testing.T, path string) string {
	t.Helper()
	p, err := scim.ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	var unknown *scim.PathError
	if !errors.As(p.UserAttribute(), &unknown) {
		return ""
	}
	text := unknown.Msg
	if unknown.Part != "" {
		text += " (" + unknown.Part + ")"
	}
	if unknown.Right != "" {
		text += "; write " + unknown.Right
		if _, err := scim.ParsePath(unknown.Right); err != nil {
			t.Errorf("%s: the path to write instead is no path: %v", path, err)
		}
	} else if len(unknown.Known) == 0 {
		t.Errorf("%s: nothing says what would be right", path)
	}
	return text
}

package scim

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// userAttributes are those of a User (RFC 7643, sections 3.1 and 4.1), each with its
// sub-attributes; nil for one that has none.
var userAttributes = map[string][]string{
	"id": nil, "externalId": nil, "schemas": nil,
	"meta": {"resourceType", "created", "lastModified", "location", "version"},

	"userName": nil, "displayName": nil, "nickName": nil, "profileUrl": nil, "title": nil, "userType": nil,
	"preferredLanguage": nil, "locale": nil, "timezone": nil, "active": nil, "password": nil,
	"name": {"formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"},

	"emails": entry, "phoneNumbers": entry, "ims": entry, "photos": entry, "entitlements": entry, "roles": entry,
	"x509Certificates": entry,
	"groups":           {"value", "$ref", "display", "type"},
	"addresses": {
		"formatted", "streetAddress", "locality", "region", "postalCode", "country", "type", "primary",
	},
}

// entry are the sub-attributes of most multi-valued attributes (RFC 7643, section
// 2.4).
var entry = []string{"value", "display", "type", "primary", "$ref"}

// enterpriseAttributes are those of the enterprise extension (RFC 7643, section 4.3).
var enterpriseAttributes = map[string][]string{
	"employeeNumber": nil, "costCenter": nil, "organization": nil, "division": nil, "department": nil,
	"manager": {"value", "$ref", "displayName"},
}

// dotted is the head of a path that has a dot where the colon before the attribute
// belongs: urn:…:2.0:User.department.
var dotted = regexp.MustCompile(`:[0-9]+\.[0-9]+$`)

// UserAttribute says why a SCIM user has no value under the path. It is nil, or a
// *PathError. What stands under a URN of a vendor's own is not known here and passes.
func (p Path) UserAttribute() error {
	if strings.EqualFold(p.Name, "User") && p.Sub != "" && dotted.MatchString(p.Schema) {
		right := Path{Schema: p.Schema + ":" + p.Name, Name: p.Sub}
		return &PathError{Path: p.String(), Msg: "a colon stands between the schema and the attribute", Right: right.String()}
	}
	known, owner := userAttributes, "a SCIM user"
	switch {
	case p.Schema == SchemaEnterpriseUser:
		known, owner = enterpriseAttributes, "the enterprise extension"
	case p.meansEnterprise():
		right := p
		right.Schema = SchemaEnterpriseUser
		return &PathError{Path: p.String(), Msg: "the enterprise extension has another URN", Right: right.String()}
	case p.Schema != "":
		return nil
	}
	subs, ok := known[p.Name]
	if !ok {
		return p.unknown(owner, known)
	}
	return p.checkSub(subs)
}

func (p Path) unknown(owner string, known map[string][]string) error {
	err := &PathError{Path: p.String(), Msg: "is not an attribute of " + owner, Part: p.Name}
	if _, ok := enterpriseAttributes[p.Name]; ok && p.Schema == "" {
		right := p
		right.Schema = SchemaEnterpriseUser
		err.Right = right.String()
		return err
	}
	err.Known = slices.Sorted(maps.Keys(known))
	return err
}

// meansEnterprise recognises the enterprise extension behind a typing error, by how
// its URN begins and by its attributes.
func (p Path) meansEnterprise() bool {
	const head = "urn:ietf:params:scim:schemas:extension:ent"
	_, owned := enterpriseAttributes[p.Name]
	return owned && strings.HasPrefix(strings.ToLower(p.Schema), head)
}

// checkSub checks what follows the name of a known attribute.
func (p Path) checkSub(subs []string) error {
	refuse := func(right Path, format string, args ...any) error {
		return &PathError{Path: p.String(), Msg: fmt.Sprintf(format, args...), Right: right.String()}
	}
	multi := p.Schema == "" && slices.Contains(multiValued[:], p.Name)
	bare := Path{Schema: p.Schema, Name: p.Name, Sub: p.Sub}
	switch {
	case p.FilterAttr != "" && !multi:
		return refuse(bare, "%s has one value, and nothing to select from", p.Name)
	case subs == nil && p.Sub != "":
		bare.Sub = ""
		return refuse(bare, "%s has no sub-attributes", p.Name)
	case subs != nil && p.Sub == "":
		bare.Sub = subs[0]
		return refuse(bare, "%s is made of sub-attributes", p.Name)
	}
	for _, part := range []string{p.FilterAttr, p.Sub} {
		if part != "" && !slices.Contains(subs, part) {
			return &PathError{Path: p.String(), Msg: p.Name + " has no sub-attribute " + part, Part: part, Known: subs}
		}
	}
	if _, isBool := p.FilterValue.(bool); p.FilterAttr != "" && isBool != (p.FilterAttr == "primary") {
		right := p
		right.FilterAttr, right.FilterValue = "primary", true
		return refuse(right, "primary alone is true or false, without quotes")
	}
	return nil
}

package walkmetest

import (
	"net/http"
	"strings"
)

const schemaSchema = "urn:ietf:params:scim:schemas:core:2.0:Schema"

// serveDiscovery answers the three read-only endpoints of RFC 7644, section 4.
func (ex *exchange) serveDiscovery() answer {
	if ex.q.NoDiscovery {
		return ex.notFound()
	}
	var docs []object
	switch ex.kind {
	case "ServiceProviderConfig":
		docs = []object{ex.providerConfig()}
	case "ResourceTypes":
		docs = []object{resourceType("User", "/Users", schemaUser), resourceType("Group", "/Groups", schemaGroup)}
	case "Schemas":
		docs = []object{userSchema(), groupSchema()}
	default:
		return ex.notFound()
	}
	if ex.rec.Method != http.MethodGet {
		return ex.notAllowed(http.MethodGet)
	}
	if ex.kind == "ServiceProviderConfig" {
		return ex.succeed(http.StatusOK, docs[0])
	}
	if ex.query.Has("filter") {
		return ex.fail(http.StatusForbidden, "", "Filters are not for discovery.") // RFC 7644, section 4
	}
	if ex.id == "" {
		resources := make([]any, len(docs))
		for i, doc := range docs {
			resources[i] = doc
		}
		return ex.succeed(http.StatusOK, ex.listResponse(resources, len(docs), 1, len(docs)))
	}
	for _, doc := range docs {
		if strings.EqualFold(doc.text("id"), ex.id) {
			return ex.succeed(http.StatusOK, doc)
		}
	}
	return ex.notFound()
}

// providerConfig tells the truth, quirks included, as far as the document has a
// place for it.
func (ex *exchange) providerConfig() object {
	supported := func(yes bool, more ...field) object {
		return append(object{{"supported", yes}}, more...)
	}
	limit := pageLimit
	if ex.q.PageCap > 0 {
		limit = ex.q.PageCap
	}
	return object{
		{"schemas", []any{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"}},
		{"patch", supported(!ex.q.NoPatch)},
		{"bulk", supported(false, field{"maxOperations", 0}, field{"maxPayloadSize", 0})},
		{"filter", supported(true, field{"maxResults", limit})},
		{"changePassword", supported(!ex.q.PasswordPatch400)},
		{"sort", supported(false)},
		{"etag", supported(true)},
		{"authenticationSchemes", []any{object{
			{"type", "httpbasic"},
			{"name", "HTTP Basic"},
			{"description", "The user name and password of the SCIM integration."},
			{"primary", true},
		}}},
	}
}

func resourceType(name, endpoint, schema string) object {
	return object{
		{"schemas", []any{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}},
		{"id", name},
		{"name", name},
		{"endpoint", endpoint},
		{"schema", schema},
	}
}

func userSchema() object {
	name := attribute("name", "complex")
	name.set("subAttributes", []any{
		attribute("formatted", "string"), attribute("givenName", "string"), attribute("familyName", "string"),
	})
	emails := attribute("emails", "complex")
	emails.set("multiValued", true)
	emails.set("subAttributes", []any{
		attribute("value", "string"), attribute("type", "string"), attribute("primary", "boolean"),
	})
	password := attribute("password", "string")
	password.set("mutability", "writeOnly")
	password.set("returned", "never")
	return schemaDocument(schemaUser, "User",
		identifying(attribute("userName", "string")), name, attribute("displayName", "string"), emails,
		attribute("locale", "string"), attribute("active", "boolean"), password, attribute(roleKey, "string"))
}

func groupSchema() object {
	members := attribute("members", "complex")
	members.set("multiValued", true)
	members.set("subAttributes", []any{attribute("value", "string"), attribute("display", "string")})
	return schemaDocument(schemaGroup, "Group", identifying(attribute("displayName", "string")), members)
}

func schemaDocument(id, name string, attributes ...any) object {
	return object{
		{"schemas", []any{schemaSchema}},
		{"id", id},
		{"name", name},
		{"attributes", attributes},
	}
}

// attribute has the default characteristics of RFC 7643, section 2.2.
func attribute(name, kind string) object {
	return object{
		{"name", name},
		{"type", kind},
		{"multiValued", false},
		{"required", false},
		{"caseExact", false},
		{"mutability", "readWrite"},
		{"returned", "default"},
		{"uniqueness", "none"},
	}
}

func identifying(a object) object {
	a.set("required", true)
	a.set("uniqueness", "server")
	return a
}

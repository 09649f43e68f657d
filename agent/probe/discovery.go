package probe

import (
	"net/http"
	"strings"

	"okta-walkme-agent/internal/scim"
)

const (
	schemaConfig      = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"
	schemaEntitlement = "urn:okta:scim:schemas:core:1.0:Entitlement"
)

// discoveryChecks are about what a server says of itself. Okta never asks, but for apps
// with entitlements and for the import of a schema; so none of them is required.
func discoveryChecks() []Check {
	const okta = "Okta never asks for it."
	const imports = "Okta asks for it only with entitlements, and when it imports a user schema: that fails."
	return []Check{
		{ID: "discovery.config", Level: Recommended, Source: "RFC 7644, 4", Title: "/ServiceProviderConfig is there", Okta: okta, Remedy: "serve it", run: configThere},
		{ID: "discovery.config-true", Level: Recommended, Writes: true, Source: "RFC 7643, 5", Title: "what it says about PATCH is true", Okta: okta + " Other clients believe it.", Remedy: "announce what is there", run: configTrue},
		{ID: "discovery.resource-types", Level: Recommended, Source: "RFC 7644, 4", Title: "/ResourceTypes lists User with its endpoint", Okta: imports, Remedy: "serve it", run: resourceTypes},
		{ID: "discovery.resource-type", Level: Recommended, Source: "RFC 7644, 4", Title: "one resource type is there by its id", Okta: imports, Remedy: "serve /ResourceTypes/User", run: oneResourceType},
		{ID: "discovery.resource-type-unknown", Level: Recommended, Source: "RFC 7644, 4", Title: "an unknown resource type is answered 404 with a SCIM error", Okta: okta, Remedy: "answer 404", run: unknownResourceType},
		{ID: "discovery.schemas", Level: Recommended, Source: "RFC 7644, 4", Title: "/Schemas defines the User schema", Okta: imports, Remedy: "serve it", run: schemasThere},
		{ID: "discovery.schema", Level: Recommended, Source: "RFC 7644, 4", Title: "one schema is there by its URN", Okta: imports, Remedy: "serve /Schemas/" + scim.SchemaUser, run: oneSchema},
		{ID: "discovery.schema-unknown", Level: Recommended, Source: "RFC 7644, 4", Title: "an unknown schema is answered 404 with a SCIM error", Okta: okta, Remedy: "answer 404", run: unknownSchema},
		{ID: "discovery.schemas-named", Level: Recommended, Source: "Okta, SCIM with entitlements", Title: "/Schemas defines every schema that /ResourceTypes names", Okta: imports, Remedy: "define each extension", run: schemasNamed},
		{ID: "discovery.read-only", Level: Recommended, Writes: true, Source: "RFC 7644, 4", Title: "POST, PUT, PATCH and DELETE there are refused", Okta: okta, Remedy: "answer 405", run: discoveryReadOnly},
		{ID: "discovery.entitlements", Level: Recommended, Source: "Okta-SCIM-20-Entitlements-Test.json", Title: "each entitlement endpoint answers ?count=1&startIndex=1 with one element, itemsPerPage 1",
			Okta: "The discovery of entitlements fails.", Remedy: "page entitlements as users", run: entitlementsPaged},
		{ID: "discovery.entitlement-form", Level: Recommended, Source: "Okta, SCIM with entitlements", Title: "each entitlement has id, displayName and the type of its resource type",
			Okta: "The entitlement is left out.", Remedy: "show the three", run: entitlementForm},
	}
}

// served reads a discovery document; nil (and the check skipped) when it is not there.
func (t *trial) served(path string) object {
	x := t.get(path)
	if !x.ok() || x.object() == nil {
		t.skip("%s is not served", path)
		return nil
	}
	return x.object()
}

func configThere(t *trial) {
	x := t.get("/ServiceProviderConfig")
	if !t.expect(x.ok(), "it %s", x.answered()) {
		return
	}
	o := x.object()
	t.expect(hasSchema(o, schemaConfig), "schemas lacks %s", schemaConfig)
	for _, key := range []string{"patch", "bulk", "filter", "changePassword", "sort", "etag"} {
		_, isBool := o.child(key).get("supported").(bool)
		t.expect(isBool, "%s.supported is %s", key, spelled(o.child(key).get("supported")))
	}
	t.expect(len(o.list("authenticationSchemes")) > 0, "authenticationSchemes is missing")
}

func configTrue(t *trial) {
	o := t.served("/ServiceProviderConfig")
	people := t.pool(1)
	if o == nil || people == nil {
		return
	}
	x := t.patch(people[0].path(), patchBody(scim.Operation{Op: "replace", Value: []byte(`{"displayName":"Probe Person"}`)}))
	t.expect(o.child("patch").get("supported") == x.ok(), "patch.supported is %s, and a PATCH %s", spelled(o.child("patch").get("supported")), x.answered())
}

// types are the announced resource types; nil (and the check skipped) without.
func (t *trial) types() []object {
	x := t.get("/ResourceTypes")
	list := x.object().entries("Resources")
	if !x.ok() || len(list) == 0 {
		t.skip("/ResourceTypes is not served")
	}
	return list
}

func resourceTypes(t *trial) {
	x := t.get("/ResourceTypes")
	if !t.expect(x.ok(), "it %s", x.answered()) {
		return
	}
	for _, o := range x.object().entries("Resources") {
		if o.text("schema") == scim.SchemaUser {
			t.expect(strings.HasSuffix(o.text("endpoint"), "/Users"), "the endpoint of User is %s", spelledText(o.text("endpoint")))
			return
		}
	}
	t.fail("User is not among them")
}

func oneResourceType(t *trial) {
	list := t.types()
	if len(list) == 0 {
		return
	}
	id := list[0].id()
	if id == "" {
		id = list[0].text("name")
	}
	x := t.get(resource("/ResourceTypes", id))
	t.expect(x.ok() && x.object().text("name") == list[0].text("name"), "/ResourceTypes/%s %s", id, x.answered())
}

func unknownResourceType(t *trial) {
	if len(t.types()) > 0 {
		t.notThere("/ResourceTypes/Nothing")
	}
}

func (t *trial) notThere(path string) {
	x := t.get(path)
	if t.expect(x.Status == http.StatusNotFound, "it %s", x.answered()) {
		t.expect(hasSchema(x.object(), scim.SchemaError), "the 404 is no SCIM error")
	}
}

// definitions are the announced schemas by URN; nil (and the check skipped) without.
func (t *trial) definitions() map[string]bool {
	x := t.get("/Schemas")
	list := x.object().entries("Resources")
	if !x.ok() || len(list) == 0 {
		t.skip("/Schemas is not served")
		return nil
	}
	out := map[string]bool{}
	for _, o := range list {
		out[o.id()] = true
	}
	return out
}

func schemasThere(t *trial) {
	x := t.get("/Schemas")
	if !t.expect(x.ok(), "it %s", x.answered()) {
		return
	}
	for _, o := range x.object().entries("Resources") {
		if o.id() == scim.SchemaUser {
			t.expect(len(o.list("attributes")) > 0, "the User schema has no attributes")
			return
		}
	}
	t.fail("%s is not among them", scim.SchemaUser)
}

func oneSchema(t *trial) {
	if t.definitions() == nil {
		return
	}
	x := t.get("/Schemas/" + scim.SchemaUser)
	t.expect(x.ok() && x.object().id() == scim.SchemaUser, "it %s", x.answered())
}

func unknownSchema(t *trial) {
	if t.definitions() != nil {
		t.notThere("/Schemas/urn:example:nothing")
	}
}

func schemasNamed(t *trial) {
	types := t.types()
	defined := t.definitions()
	if len(types) == 0 || defined == nil {
		return
	}
	for _, o := range types {
		t.expect(defined[o.text("schema")], "%s of %s is not defined", o.text("schema"), o.text("name"))
		for _, e := range o.entries("schemaExtensions") {
			t.expect(defined[e.text("schema")], "the extension %s of %s is not defined", e.text("schema"), o.text("name"))
		}
	}
}

func discoveryReadOnly(t *trial) {
	if t.served("/ServiceProviderConfig") == nil {
		return
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		body := `{"schemas":["` + schemaConfig + `"]}`
		if method == http.MethodDelete {
			body = ""
		}
		x := t.send(method, "/ServiceProviderConfig", body, nil)
		t.expect(x.Status/100 == 4 || x.Status == http.StatusNotImplemented, "%s %s", method, x.answered())
	}
}

// entitlements are the resource types of entitlements and roles.
func (t *trial) entitlements() []object {
	var out []object
	for _, o := range t.get("/ResourceTypes").object().entries("Resources") {
		if strings.HasPrefix(o.text("schema"), "urn:okta:scim:schemas:core:1.0:") {
			out = append(out, o)
		}
	}
	if len(out) == 0 {
		t.skip("no resource type has a schema such as %s", schemaEntitlement)
	}
	return out
}

func entitlementsPaged(t *trial) {
	for _, o := range t.entitlements() {
		x := t.get(o.text("endpoint") + "?count=1&startIndex=1")
		if !t.expect(x.ok(), "%s %s", o.text("endpoint"), x.answered()) {
			continue
		}
		list := x.object()
		t.expect(hasSchema(list, scim.SchemaListResponse), "%s: schemas lacks %s", o.text("endpoint"), scim.SchemaListResponse)
		t.expect(len(list.list("Resources")) == 1 && list.counts("itemsPerPage", 1), "%s: %d elements, itemsPerPage %s", o.text("endpoint"),
			len(list.list("Resources")), spelled(list.get("itemsPerPage")))
	}
}

func entitlementForm(t *trial) {
	for _, o := range t.entitlements() {
		for _, e := range t.get(o.text("endpoint") + "?startIndex=1&count=100").object().entries("Resources") {
			t.expect(e.id() != "" && e.text("displayName") != "" && e.text("type") == o.text("name"), "%s: id %q, displayName %s, type %s",
				o.text("endpoint"), e.id(), spelled(e.get("displayName")), spelled(e.get("type")))
		}
	}
}

package oktatest

import (
	"maps"
	"net/http"
)

// baseAttributes are those that every Okta profile has.
var baseAttributes = []string{
	"city", "costCenter", "countryCode", "department", "displayName", "division", "email", "employeeNumber", "firstName",
	"honorificPrefix", "honorificSuffix", "lastName", "locale", "login", "manager", "managerId", "middleName", "mobilePhone",
	"nickName", "organization", "postalAddress", "preferredLanguage", "primaryPhone", "profileUrl", "secondEmail", "state",
	"streetAddress", "timezone", "title", "userType", "zipCode",
}

// DefineAttribute adds a custom attribute to the profiles of people, or of the app.
// Attributes that a person was hired with exist without it.
func (o *Org) DefineAttribute(name string, ofApp bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if ofApp {
		o.appAttributes = append(o.appAttributes, name)
	} else {
		o.attributes = append(o.attributes, name)
	}
}

// ForbidSchemas takes the right to read schemas from the credentials, which many
// have not.
func (o *Org) ForbidSchemas() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.noSchemas = true
}

func (o *Org) getAppSchema(a *answer, segments []string) {
	if id := segments[3]; id != o.opts.AppID {
		a.notFound(id, "AppInstance")
		return
	}
	o.getSchema(a, true)
}

func (o *Org) getSchema(a *answer, ofApp bool) {
	if o.noSchemas {
		a.fail(http.StatusForbidden, "E0000006", "You do not have permission to perform the requested action")
		return
	}
	base, custom := map[string]bool{}, map[string]bool{}
	for _, name := range baseAttributes {
		base[name] = !ofApp
	}
	base["userName"] = ofApp
	extra := o.attributes
	if ofApp {
		extra = o.appAttributes
	}
	for _, name := range extra {
		custom[name] = true
	}
	for _, p := range o.people {
		profile := p.profile
		if ofApp && p.assigned != nil {
			profile = p.assigned.profile
		}
		for name := range profile {
			custom[name] = custom[name] || !base[name]
		}
	}
	id, name := o.url+"/meta/schemas/user/default", "user"
	if ofApp {
		id, name = o.url+"/meta/schemas/apps/"+o.opts.AppID+"/default", o.opts.AppLabel+" User"
	}
	definition := func(which string, names map[string]bool) object {
		properties := object{}
		for n, exists := range maps.All(names) {
			if exists {
				properties[n] = object{"title": n, "type": "string", "scope": "NONE", "master": object{"type": "PROFILE_MASTER"}}
			}
		}
		return object{"id": "#" + which, "type": "object", "properties": properties, "required": []string{}}
	}
	a.json(object{
		"id": id, "$schema": "http://json-schema.org/draft-04/schema#", "name": name, "title": name, "type": "object",
		"definitions": object{"base": definition("base", base), "custom": definition("custom", custom)},
	})
}

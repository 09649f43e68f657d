package walkmetest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
)

const (
	searchPath   = ".search"
	schemaSearch = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
)

// search answers a query by POST (RFC 7644, section 3.4.3): the body holds what the
// query of a GET would.
func (ex *exchange) search() answer {
	if ex.rec.Method != http.MethodPost {
		return ex.notAllowed(http.MethodPost)
	}
	if bad := requireSchema(ex.body, schemaSearch); bad != nil {
		return ex.refused(bad)
	}
	query := url.Values{}
	for _, f := range ex.body {
		_, isNumber := f.value.(json.Number)
		_, isList := f.value.([]any)
		switch name := queryName(f.key); name {
		case "startIndex", "count":
			if !isNumber {
				return ex.fail(http.StatusBadRequest, invalidValue, name+" has the wrong type.")
			}
		case "attributes", "excludedAttributes":
			if !isList {
				return ex.fail(http.StatusBadRequest, invalidValue, name+" has the wrong type.")
			}
		}
		switch v := f.value.(type) {
		case string:
			query.Set(queryName(f.key), v)
		case json.Number:
			query.Set(queryName(f.key), v.String())
		case []any:
			var texts []string
			for _, e := range v {
				if s, ok := e.(string); ok {
					texts = append(texts, s)
				}
			}
			if f.key != "schemas" {
				query.Set(queryName(f.key), strings.Join(texts, ","))
			}
		}
	}
	ex.query = query
	switch ex.kind {
	case "Users":
		return ex.listUsers()
	case "Groups":
		return ex.listGroups()
	}
	return ex.searchAll()
}

// queryName spells a parameter as RFC 7644 does.
func queryName(key string) string {
	for _, name := range []string{"filter", "startIndex", "count", "attributes", "excludedAttributes", "sortBy", "sortOrder"} {
		if strings.EqualFold(name, key) {
			return name
		}
	}
	return key
}

// searchAll looks through users and groups together.
func (ex *exchange) searchAll() answer {
	users, bad := selected(ex, &ex.t.users, "userName", func(u *userRecord) object { return ex.userView(u) })
	if bad != nil {
		return ex.refused(bad)
	}
	groups, bad := selected(ex, &ex.t.groups, "displayName", ex.groupView)
	if bad != nil {
		return ex.refused(bad)
	}
	var all []object
	for _, u := range users {
		all = append(all, ex.userView(u))
	}
	for _, g := range groups {
		all = append(all, ex.groupView(g))
	}
	return list(ex, all, func(view object) object { return view })
}

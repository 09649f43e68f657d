package conversation

import (
	"net/url"
	"slices"
	"strings"
)

// endpoints are where the part of a SCIM URL begins that is the same everywhere.
var endpoints = []string{"Users", "Groups", "Schemas", "ResourceTypes", "ServiceProviderConfig", "Bulk", "Me", ".search", "Entitlements", "Roles"}

// path is the path of a SCIM request below the base URL; ok is false for others, such
// as those of Okta's Management API.
func (x Exchange) path() (below, base string, ok bool) {
	escaped := x.URL.EscapedPath()
	if strings.HasPrefix(escaped, "/api/v1/") || strings.HasPrefix(escaped, "/oauth2/") {
		return escaped, "", false
	}
	segments := strings.Split(escaped, "/")
	for i, s := range segments {
		if slices.Contains(endpoints, s) {
			return "/" + strings.Join(segments[i:], "/"), strings.Join(segments[:i], "/"), true
		}
	}
	return escaped, "", false
}

// SCIM are the exchanges with a SCIM server.
func SCIM(all []Exchange) []Exchange {
	var out []Exchange
	for _, x := range all {
		if _, _, ok := x.path(); ok {
			out = append(out, x)
		}
	}
	return out
}

// Target is the path below the base URL with its query, decoded to be read.
func (x Exchange) Target() string {
	below, _, _ := x.path()
	if plain, err := url.PathUnescape(below); err == nil {
		below = plain
	}
	if x.URL.RawQuery == "" {
		return below
	}
	query, err := url.QueryUnescape(x.URL.RawQuery)
	if err != nil {
		query = x.URL.RawQuery
	}
	return below + "?" + query
}

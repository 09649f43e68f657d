package scim

import (
	"net/url"
	"strings"
)

// FilterEq returns the one form of filter that Okta sends and every server
// knows: attribute eq "value". The value is escaped as a JSON string (RFC 7644,
// section 3.4.2.2) and otherwise raw UTF-8.
func FilterEq(attribute, value string) string {
	return attribute + " eq " + string(AppendString(nil, value))
}

// QueryEscape escapes one value of a query as Okta does: blanks become %20,
// never +.
func QueryEscape(value string) string {
	return strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
}

package conversation

import (
	"slices"
	"strings"
)

// onTheWay are request headers that belong to the connection, or that gateways add.
var onTheWay = []string{
	"host", "content-length", "connection", "keep-alive", "proxy-connection", "proxy-authorization", "via", "forwarded", "x-real-ip",
	"x-request-id", "x-amzn-trace-id", "x-cloud-trace-context", "traceparent", "tracestate", "date", "te", "cdn-loop", "true-client-ip",
}

// requestHeader is what a client says of itself, by name. Of a credential the scheme is
// left.
func requestHeader(all []Field) []Field {
	var out []Field
	for _, f := range all {
		name := strings.ToLower(f.Name)
		if strings.HasPrefix(name, ":") || strings.HasPrefix(name, "x-forwarded-") || strings.HasPrefix(name, "cf-") || slices.Contains(onTheWay, name) {
			continue
		}
		value := strings.TrimSpace(f.Value)
		if name == "authorization" {
			value = withoutCredential(value)
		}
		out = append(out, Field{name, value})
	}
	slices.SortStableFunc(out, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// concealed is a credential of which nothing may be shown, the scheme neither. It equals
// any other: the agent's own recordings hide the whole value.
const concealed = "…"

func withoutCredential(value string) string {
	if scheme, _, found := strings.Cut(value, " "); found {
		return scheme + " " + concealed
	}
	return concealed
}

// answerHeader is what of an answer's header means something to a SCIM client.
func answerHeader(all []Field, n *names) []Field {
	var out []Field
	for _, f := range all {
		switch name := strings.ToLower(f.Name); name {
		case "content-type":
			out = append(out, Field{name, strings.ToLower(strings.ReplaceAll(f.Value, " ", ""))})
		case "retry-after":
			out = append(out, Field{name, f.Value})
		case "location":
			out = append(out, Field{name, n.text(f.Value)})
		}
	}
	slices.SortStableFunc(out, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return out
}

package walkme_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// A 404 is WalkMe's word in SCIM's form, or from an address that has proved to be
// WalkMe's. Any other is no answer, whether something was read or written.
func TestWhoseNotFound(t *testing.T) {
	const page = "<html><head><title>404 Not Found</title></head></html>"
	for _, tt := range []struct {
		name        string
		contentType string
		body        string
		test        http.Handler // answers the test of the credentials; nil: not asked
		believed    bool
	}{
		{"SCIM", "application/scim+json", notFound, nil, true},
		{"a page", "text/html", page, nil, false},
		{"a page without a type", "", page, nil, false},
		{"XML", "application/xml", `<?xml version="1.0"?><Error><Code>NoSuchKey</Code></Error>`, nil, false},
		{"no body, of WalkMe", "", "", answering(200, list(userJSON("1", "x", ""))), true},
		{"JSON, of WalkMe", "application/json", `{"message":"Not Found"}`, answering(200, list()), true},
		{"JSON with the type of a page, of WalkMe", "text/html", `{"message":"Not Found"}`, answering(200, list()), true},
		{"text, of WalkMe", "text/plain", "no such user", answering(200, list()), true},
		{"no body, of a wrong path", "", "", answering(404, ""), false},
		{"no body, of a gateway", "", "", answering(200, page), false},
		{"JSON, credentials refused", "application/json", `{"message":"Not Found"}`, answering(401, ""), false},
		{"text, server in trouble", "text/plain", "no route", answering(500, ""), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tests := 0
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.RawQuery == "startIndex=1&count=2" {
					tests++
					tt.test.ServeHTTP(w, r)
					return
				}
				w.Header().Set("Content-Type", tt.contentType)
				w.WriteHeader(http.StatusNotFound)
				io.WriteString(w, tt.body)
			})
			c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{handler}})
			for what, err := range map[string]error{
				"FindUser":    second(c.FindUser(t.Context(), "ann@example.com")),
				"FindGroup":   second(c.FindGroup(t.Context(), "Editors")),
				"User":        second(c.User(t.Context(), "42")),
				"UpdateUser":  second(c.UpdateUser(t.Context(), "42", ann)),
				"SetActive":   c.SetActive(t.Context(), "42", false),
				"DeleteGroup": c.DeleteGroup(t.Context(), "g1"),
			} {
				if errors.Is(err, scim.ErrNotFound) != tt.believed || err == nil {
					t.Errorf("%s() = %v, want ErrNotFound: %t", what, err, tt.believed)
				}
				if !tt.believed && walkme.Outcome(err) == walkme.Unknown {
					t.Errorf("Outcome(%v) = unknown, want that nothing was written", err)
				}
			}
			if asked := tests > 0; asked != (tt.test != nil) || tt.believed && tests > 1 {
				t.Errorf("the credentials were tested %d times", tests)
			}
		})
	}
	c := client(t, walkme.Config{BaseURL: target, Transport: handlerTransport{answering(404, page)}})
	if _, err := c.User(t.Context(), "42"); err == nil || !strings.Contains(err.Error(), "404 with a page that is not SCIM: 404 Not Found") {
		t.Errorf("User() = %v, want the title of the page", err)
	}
}

package scim_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"okta-walkme-agent/internal/scim"
)

func TestParseError(t *testing.T) {
	for _, tt := range []struct {
		name, contentType, body string
		status                  int
		want                    string
	}{
		{"Okta's own example", "", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"User already exists in the database.","status":409}`, 409,
			"Conflict. Errors reported by remote server: User already exists in the database."},
		{"status as text, and another one", "", `{"detail":"department is required","status":"500"}`, 400,
			"Bad Request. Errors reported by remote server: department is required"},
		{"no status", "", `{"detail":"x"}`, 400, "Bad Request. Errors reported by remote server: x"},
		{"a gateway", "application/json", `{"message":"Missing Authentication Token"}`, 403, "Forbidden. Errors reported by remote server: Missing Authentication Token"},
		{"a nested error", "", `{"error":{"code":7,"message":"no"}}`, 400, "Bad Request. Errors reported by remote server: no"},
		{"JSON without a word", "", `{"a":1}`, 400, "Bad Request"},
		{"HTML", "text/html; charset=utf-8", "<html><head>\n<title>502 Bad&nbsp;Gateway</title>", 502, "Bad Gateway. Errors reported by remote server: 502 Bad Gateway"},
		{"HTML under another name", "application/json", "<!DOCTYPE html><body><h1>No <b>entry</b></h1>", 403, "Forbidden. Errors reported by remote server: No entry"},
		{"HTML without a title", "text/html", "<p>secret page", 500, "Internal Server Error. Errors reported by remote server: an HTML page"},
		{"plain text", "text/plain", "  Access denied\r\n", 401, "Unauthorized. Errors reported by remote server: Access denied"},
		{"cut off", "", `{"detail":"us`, 500, "Internal Server Error. Errors reported by remote server: Invalid JSON (13 bytes)"},
		{"a byte order mark", "", "\ufeff" + `{"detail":"x"}`, 400, "Bad Request. Errors reported by remote server: x"},
		{"empty", "", "", 404, "Not Found"},
		{"no name", "", "", 499, "HTTP 499"},
		{"as long as it may be", "text/plain", strings.Repeat("é", 500), 400, "Bad Request. Errors reported by remote server: " + strings.Repeat("é", 500)},
		{"longer", "text/plain", strings.Repeat("é", 501), 400, "Bad Request. Errors reported by remote server: " + strings.Repeat("é", 499) + "…"},
		{"terminal control", "", "{\"detail\":\"\\u001b[31mred\\u202e\\n\\ttext\\u0000\"}", 400, "Bad Request. Errors reported by remote server: [31mred text"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := scim.ParseError(tt.status, tt.contentType, []byte(tt.body))
			if e.Error() != tt.want || e.Status != tt.status {
				t.Errorf("ParseError(%d, %s) = %q, want %q", tt.status, tt.body, e, tt.want)
			}
		})
	}
	if e := scim.ParseError(409, "", []byte(`{"scimType":"uniqueness","status":"409"}`)); e.ScimType != "uniqueness" {
		t.Errorf("ScimType = %q, want uniqueness", e.ScimType)
	}
}

func TestErrorIs(t *testing.T) {
	sentinels := map[int]error{401: scim.ErrUnauthorized, 403: scim.ErrForbidden, 404: scim.ErrNotFound, 409: scim.ErrConflict}
	for _, status := range []int{400, 401, 403, 404, 409, 500} {
		err := fmt.Errorf("read user: %w", &scim.Error{Status: status})
		for s, sentinel := range sentinels {
			if got := errors.Is(err, sentinel); got != (s == status) {
				t.Errorf("errors.Is(%d, %v) = %t", status, sentinel, got)
			}
		}
	}
}

func FuzzParseError(f *testing.F) {
	f.Add("text/html", []byte("<title>x"))
	f.Add("application/json", []byte(`{"detail":"x\u001b","error":{"message":"y"}}`))
	f.Add("", []byte("\xff\x00\u202e"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		e := scim.ParseError(400, contentType, body)
		if utf8.RuneCountInString(e.Detail) > 500 || !utf8.ValidString(e.Detail) || strings.ContainsFunc(e.Detail, unicode.IsControl) {
			t.Errorf("ParseError(%q).Detail = %q", body, e.Detail)
		}
	})
}

package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"mime"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What callers branch on. A *Error is one of these by its status alone:
// scimType and text differ from server to server.
var (
	ErrUnauthorized = errors.New("unauthorized")  // 401
	ErrForbidden    = errors.New("forbidden")     // 403
	ErrNotFound     = errors.New("not found")     // 404
	ErrConflict     = errors.New("already taken") // 409
)

// Error is an answer that refuses a request.
type Error struct {
	// Status is that of HTTP. The one inside the body is ignored: servers
	// write it as a number, as a string, wrongly, or not at all.
	Status int

	// ScimType is the keyword of RFC 7644, table 9, if the server gave one.
	ScimType string

	// Detail is the server's text on one line: no control characters, at
	// most 500 characters, possibly empty.
	Detail string

	// Page says that the answer was a page of HTML: whatever sent it, a gateway or
	// a sign-in page, knows nothing of SCIM.
	Page bool
}

// Error uses the words in which Okta shows the same failure:
// "Bad Request. Errors reported by remote server: department is required".
func (e *Error) Error() string {
	reason := http.StatusText(e.Status)
	if reason == "" {
		reason = "HTTP " + strconv.Itoa(e.Status)
	}
	if e.Detail == "" {
		return reason
	}
	return reason + ". Errors reported by remote server: " + e.Detail
}

// Is makes errors.Is(err, ErrNotFound) and the like work on the status.
func (e *Error) Is(target error) bool {
	switch e.Status {
	case http.StatusUnauthorized:
		return target == ErrUnauthorized
	case http.StatusForbidden:
		return target == ErrForbidden
	case http.StatusNotFound:
		return target == ErrNotFound
	case http.StatusConflict:
		return target == ErrConflict
	}
	return false
}

const maxDetail = 500 // characters

// ParseError makes the best of an answer whose status says failure. The body
// may be SCIM's (RFC 7644, section 3.12), a gateway's own JSON, an HTML page (of
// which only the title is kept), plain text, cut off, or empty.
func ParseError(status int, contentType string, body []byte) *Error {
	e := &Error{Status: status}
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	media, _, _ := mime.ParseMediaType(contentType)
	switch {
	case len(body) == 0:
	case e.fromJSON(body):
	case strings.Contains(media, "html") || looksLikeHTML(body):
		e.Detail, e.Page = oneLine(htmlTitle(body)), true
	case !strings.HasPrefix(string(body), "{"):
		e.Detail = oneLine(string(body))
	default:
		e.Detail = fmt.Sprintf("Invalid JSON (%d bytes)", len(body))
	}
	return e
}

// fromJSON reads SCIM's members, and where they are missing the ones that
// gateways and frameworks use.
func (e *Error) fromJSON(body []byte) bool {
	var keys map[string]any
	if err := json.Unmarshal(body, &keys); err != nil {
		return false
	}
	text := func(names ...string) string {
		for _, name := range names {
			switch v := keys[name].(type) {
			case string:
				if s := oneLine(v); s != "" {
					return s
				}
			case map[string]any:
				if s, ok := v["message"].(string); ok {
					return oneLine(s)
				}
			}
		}
		return ""
	}
	e.ScimType = text("scimType")
	e.Detail = text("detail", "message", "Message", "msg", "error_description", "error", "title", "description")
	return true
}

func looksLikeHTML(body []byte) bool {
	start := strings.ToLower(string(body[:min(len(body), 256)]))
	return strings.HasPrefix(start, "<!doctype html") || strings.Contains(start, "<html") || strings.Contains(start, "<head")
}

var (
	titleElement   = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`)
	headingElement = regexp.MustCompile(`(?is)<h1[^>]*>(.*?)</h1`)
	anyTag         = regexp.MustCompile(`<[^>]*>`)
)

func htmlTitle(body []byte) string {
	for _, element := range []*regexp.Regexp{titleElement, headingElement} {
		if m := element.FindSubmatch(body); m != nil {
			return html.UnescapeString(anyTag.ReplaceAllString(string(m[1]), " "))
		}
	}
	return "an HTML page"
}

// oneLine makes text from outside harmless to print: blanks are joined, control
// and invisible formatting characters dropped, the length bounded.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if utf8.RuneCountInString(s) > maxDetail {
		s = string([]rune(s)[:maxDetail-1]) + "…"
	}
	return s
}

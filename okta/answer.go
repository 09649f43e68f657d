package okta

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode"
)

// isJSON reports whether the media type of an answer is JSON. A gateway's error
// page with status 200 is not.
func isJSON(header http.Header) bool {
	mediaType, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && mediaType == "application/json"
}

// readAPIError turns an answer into an APIError and closes its body.
func readAPIError(resp *http.Response) *APIError {
	defer drain(resp.Body)
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		body = nil // the status says enough
	}
	e := parseAPIError(resp.StatusCode, body)
	e.RequestID = printable(resp.Header.Get("X-Okta-Request-Id"))
	if e.Code == "" {
		e.challenge(resp.Header.Get("WWW-Authenticate"))
	}
	if resp.StatusCode/100 == 3 && resp.StatusCode != http.StatusNotModified {
		e.Summary = "redirect refused; check the org URL"
		if to, err := url.Parse(resp.Header.Get("Location")); err == nil && to.Host != "" {
			e.Summary = "redirect to " + printable(to.Host) + " refused; check the org URL"
		}
	}
	return e
}

// parseAPIError reads the error body of Okta's API, or that of its token
// endpoint (RFC 6749, section 5.2). Any other body adds nothing to the status.
func parseAPIError(status int, body []byte) *APIError {
	var wire struct {
		ErrorCode        string `json:"errorCode"`
		ErrorSummary     string `json:"errorSummary"`
		ErrorCauses      []struct{ ErrorSummary string }
		Error            string `json:"error"`
		ErrorDescription string `json:"error_description"`
	}
	e := &APIError{Status: status}
	if err := json.Unmarshal(body, &wire); err != nil {
		return e
	}
	e.Code, e.Summary = printable(wire.ErrorCode), printable(wire.ErrorSummary)
	if e.Code == "" {
		e.Code, e.Summary = printable(wire.Error), printable(wire.ErrorDescription)
	}
	for _, c := range wire.ErrorCauses {
		e.Causes = append(e.Causes, printable(c.ErrorSummary))
	}
	return e
}

// challenge reads error and error_description of a WWW-Authenticate header (RFC
// 6750, section 3). Okta sends them instead of a body when an access token
// lacks a scope.
func (e *APIError) challenge(header string) {
	scheme, rest, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") && !strings.EqualFold(scheme, "DPoP") {
		return
	}
	for rest != "" {
		var name, value string
		name, rest, _ = strings.Cut(rest, `="`)
		value, rest, _ = strings.Cut(rest, `"`)
		switch strings.Trim(name, ", ") {
		case "error":
			e.Code = printable(value)
		case "error_description":
			e.Summary = printable(value)
		}
	}
}

// printable makes text from outside fit for an error message: bounded, and
// without control characters.
func printable(s string) string {
	const most = 300
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || !unicode.IsPrint(r) && r != ' ' {
			return ' '
		}
		return r
	}, s)
}

// withoutURL takes the address out of an error of net/http: its query may hold
// names, and that of a token request a client assertion.
func withoutURL(err error) error {
	var e *url.Error
	for errors.As(err, &e) {
		err = e.Err
	}
	return err
}

func incomplete(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrIncomplete, fmt.Errorf(format, args...))
}

func tooLong(format string, args ...any) error {
	return incomplete("%w: %w", ErrTooLong, fmt.Errorf(format, args...))
}

func isIncomplete(err error) bool { return errors.Is(err, ErrIncomplete) }

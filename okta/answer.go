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
	"time"
	"unicode"
)

// isJSON reports whether the media type of an answer is JSON. A gateway's error
// page with status 200 is not.
func isJSON(header http.Header) bool {
	mediaType, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	return err == nil && mediaType == "application/json"
}

// foreign says that an answer is not one of Okta's API.
func (v *veil) foreign(header http.Header) error {
	if isHTML(header) {
		return incomplete("%w: a page of HTML instead of JSON", ErrForeign)
	}
	return incomplete("%w: content of type %q instead of JSON", ErrForeign, v.printable(header.Get("Content-Type")))
}

func isHTML(header http.Header) bool {
	return strings.HasPrefix(strings.TrimSpace(strings.ToLower(header.Get("Content-Type"))), "text/html")
}

// readAPIError turns an answer into an APIError and closes its body.
func (v *veil) readAPIError(resp *http.Response) *APIError {
	defer drain(resp.Body)
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil {
		body = nil // the status says enough
	}
	e := v.parseAPIError(resp.StatusCode, body)
	e.RequestID = v.printable(resp.Header.Get("X-Okta-Request-Id"))
	e.Foreign = e.Code == "" && isHTML(resp.Header)
	e.Ahead = ahead(resp.Header, time.Now())
	for _, header := range resp.Header.Values("WWW-Authenticate") {
		v.challenge(e, header)
	}
	if resp.StatusCode/100 == 3 && resp.StatusCode != http.StatusNotModified {
		e.Summary = "redirect refused; check the org URL"
		if to, err := url.Parse(resp.Header.Get("Location")); err == nil && to.Host != "" {
			e.Summary = "redirect to " + v.printable(to.Host) + " refused; check the org URL"
		}
	}
	return e
}

// parseAPIError reads the error body of Okta's API, or that of its token
// endpoint (RFC 6749, section 5.2). Any other body adds nothing to the status.
func (v *veil) parseAPIError(status int, body []byte) *APIError {
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
	e.Code, e.Summary = v.printable(wire.ErrorCode), v.printable(wire.ErrorSummary)
	if e.Code == "" {
		e.Code, e.Summary = v.printable(wire.Error), v.printable(wire.ErrorDescription)
	}
	for _, c := range wire.ErrorCauses {
		e.Causes = append(e.Causes, v.printable(c.ErrorSummary))
	}
	return e
}

// ahead is by how much a clock is ahead of the server's, as its answer says it in
// whole seconds; 0 when it says nothing.
func ahead(header http.Header, now time.Time) time.Duration {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return 0
	}
	return now.Sub(date)
}

// challenge reads error and error_description of a WWW-Authenticate header (RFC
// 6750, section 3, and RFC 9449, section 7.1). Okta sends them instead of a body
// when an access token lacks a scope. A wish that has to do with DPoP counts even
// beside a body.
func (v *veil) challenge(e *APIError, header string) {
	scheme, rest, _ := strings.Cut(header, " ")
	dpop := strings.EqualFold(scheme, "DPoP")
	if !dpop && !strings.EqualFold(scheme, "Bearer") {
		return
	}
	said := &APIError{}
	for rest != "" {
		var name, value string
		name, rest, _ = strings.Cut(rest, `="`)
		value, rest, _ = strings.Cut(rest, `"`)
		switch strings.Trim(name, ", ") {
		case "error":
			said.Code = v.printable(value)
		case "error_description":
			said.Summary = v.printable(value)
		}
	}
	if e.Code == "" || said.isDPoP() {
		e.Code, e.Summary = said.Code, said.Summary
	}
}

// printable is printable for texts that may repeat a secret. That is taken out first,
// because a secret that was cut off would not be known any more.
func (v *veil) printable(s string) string { return printable(v.hide(s)) }

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

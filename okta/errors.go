package okta

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// What a caller may want to tell apart with errors.Is. All but ErrIncomplete,
// ErrTimeout and ErrAppInactive say what Okta answered; see APIError for the answer.
var (
	// ErrNotFound is Okta's own "no such object": status 404 with error code
	// E0000007. A 404 from anything between here and Okta is not it.
	ErrNotFound = errors.New("not found")

	// ErrUnauthorized is status 401, or a token request that Okta refused: the
	// credentials are wrong, expired or revoked.
	ErrUnauthorized = errors.New("okta does not accept the credentials")

	// ErrForbidden is status 403, or a token request for a scope that is not
	// granted: the credentials are right, but lack a scope or an admin role.
	ErrForbidden = errors.New("the credentials lack a scope or an admin role")

	// ErrTimeout means that Okta did not give a whole answer within
	// Config.Timeout. It is no context error: the caller's context has not ended.
	ErrTimeout = errors.New("no whole answer in time")

	// ErrAppInactive means that the app is not ACTIVE. Okta removes the
	// assignments made through groups when an app is deactivated, so its lists
	// are no basis for anything. The error is an *InactiveAppError.
	ErrAppInactive = errors.New("the app is not active")

	// ErrIncomplete means that a list could not be read to its end with
	// certainty: an answer was empty, null, cut short, not JSON, without the
	// expected content, or the same page came twice.
	ErrIncomplete = errors.New("incomplete answer")

	// ErrTooLong means that a list or an answer went on beyond what can be meant:
	// see Config.MaxPeople. Every such error is an ErrIncomplete, too.
	ErrTooLong = errors.New("too long")

	// ErrForeign means that something else than Okta's API answered: a proxy, a
	// sign-in page, another site. An ErrIncomplete with status 200, else an APIError
	// whose Foreign is true.
	ErrForeign = errors.New("not an answer of Okta's API")

	// ErrDPoP means that the service app wants tokens that are bound to a key (RFC
	// 9449), and that Config.DPoP rules them out.
	ErrDPoP = errors.New("the service app requires DPoP, and okta.auth.dpop is never")

	// ErrProof means that Okta does not accept a DPoP proof.
	ErrProof = errors.New("okta does not accept the DPoP proof")

	// ErrClock means that a token was refused, and that this machine's clock is so
	// far from Okta's that this may be why.
	ErrClock = errors.New("this machine's clock differs from Okta's")

	// ErrProvisioningDisabled means that Okta has no group-push mappings for
	// the app because provisioning is not enabled for it.
	ErrProvisioningDisabled = errors.New("the app has no group-push mappings because provisioning is not enabled for it; name the groups by name, id, rule or assigned_groups instead")
)

// NoAnswerError says that a request had no answer that is one of HTTP. Err is the
// transport's, without the address.
type NoAnswerError struct{ Err error }

// Error implements error.
func (e *NoAnswerError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *NoAnswerError) Unwrap() error { return e.Err }

// APIError is an answer of Okta with a status other than 200.
type APIError struct {
	Status    int      // HTTP status
	Code      string   // errorCode such as E0000007, or error of the token endpoint; may be empty
	Summary   string   // errorSummary or error_description; may be empty
	Causes    []string // errorSummary of each cause
	RequestID string   // X-Okta-Request-Id, for Okta's support

	Foreign bool          // a page of HTML, not an answer of Okta's API
	Ahead   time.Duration // by how much this machine's clock was ahead of the answer's date
}

// Error describes the answer without the address that was asked, because its
// query may hold names.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP %d", e.Status)
	if e.Code != "" {
		b.WriteString(" " + e.Code)
	}
	switch {
	case e.Summary != "":
		b.WriteString(": " + e.Summary)
	case e.Code == "":
		b.WriteString(" " + http.StatusText(e.Status))
	}
	if e.Foreign {
		b.WriteString(", a page of HTML instead of an answer of Okta's API")
	}
	if len(e.Causes) > 0 {
		b.WriteString(" (" + strings.Join(e.Causes, "; ") + ")")
	}
	if e.RequestID != "" {
		b.WriteString(" [request " + e.RequestID + "]")
	}
	return b.String()
}

// Is matches the sentinel errors of this package that stand for an answer.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return e.Status == http.StatusNotFound && e.Code == codeNotFound
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized || e.Code == codeInvalidClient
	case ErrForbidden:
		return e.Status == http.StatusForbidden || e.Code == codeInvalidScope
	case ErrForeign:
		return e.Foreign
	}
	return false
}

// isDPoP reports whether a refusal is about the proof that came, or did not come,
// with the request.
func (e *APIError) isDPoP() bool { return e.Code == codeInvalidDPoP || e.Code == codeUseDPoPNonce }

// aboutObject makes sure that an ErrNotFound is about the object of that id, as
// Okta's text says: "Not found: Resource not found: 00u… (AppUser)". Other things on
// the path have ids, too, and a gateway may know Okta's words.
func aboutObject(err error, id string, kinds ...string) error {
	var answer *APIError
	if !errors.Is(err, ErrNotFound) || !errors.As(err, &answer) {
		return err
	}
	for _, kind := range kinds {
		if strings.Contains(answer.Summary, " "+id+" ("+kind+")") {
			return err
		}
	}
	return incomplete("Okta's answer does not say that it is %s who is not found: %v", id, answer)
}

// Error codes that decide something. The codes with E are Okta's
// (https://developer.okta.com/docs/reference/error-codes/), the others those of
// the token endpoint (RFC 6749 section 5.2, RFC 9449 sections 5 and 8).
const (
	codeNotFound      = "E0000007"
	codeInvalidClient = "invalid_client"
	codeInvalidScope  = "invalid_scope"
	codeInvalidDPoP   = "invalid_dpop_proof"
	codeUseDPoPNonce  = "use_dpop_nonce"
)

// InactiveAppError says which app is not ACTIVE.
type InactiveAppError struct {
	ID, Label, Status string
}

// Error names the app and its status.
func (e *InactiveAppError) Error() string {
	return fmt.Sprintf("okta: app %s (%s) is %s, not ACTIVE: its assignments cannot be relied on", e.ID, e.Label, e.Status)
}

// Is matches ErrAppInactive.
func (e *InactiveAppError) Is(target error) bool { return target == ErrAppInactive }

package walkme

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Profile is one of the two dialects in which Okta speaks SCIM.
type Profile string

// The profiles. WalkMe is an app of Okta's catalog, so OIN is its own.
const (
	OIN Profile = "oin" // catalog apps: PATCH for status and membership
	AIW Profile = "aiw" // apps of the App Integration Wizard: GET and PUT for everything
)

// Config says where WalkMe is and how to speak to it. BaseURL, Auth and Profile
// are needed; the zero value of Wire is not a useful one, start from
// DefaultWire.
type Config struct {
	// BaseURL is the SCIM base URL, without /Users at its end. It is https;
	// http is for loopback addresses only.
	BaseURL string

	Auth    Auth
	Profile Profile
	Wire    Wire

	Matching Matching // "": MatchLookup

	MaxInFlight       int           // requests on the wire at once; 0: 8
	RequestsPerSecond float64       // 0: no limit of our own
	Timeout           time.Duration // of one attempt, from sending to the last byte of the answer; 0: 60s, as Okta

	// UpdateAttributes is Okta's "Update User Attributes". Without it a link
	// does not push the profile.
	UpdateAttributes bool

	Transport http.RoundTripper // nil: NewTransport
	Logger    *slog.Logger      // nil: no log
	Waiting   func(Wait)        // nil, or hears of the pauses that WalkMe asks for, from many goroutines
	Rand      io.Reader         // source of placeholder passwords; nil: crypto/rand
}

// Wait is a pause that WalkMe has asked for: between the two times no request leaves.
// An extended pause is told again, with the time at which it began.
type Wait struct {
	Since, Until time.Time
}

const (
	defaultMaxInFlight = 8
	defaultTimeout     = 60 * time.Second
)

// Regions returns WalkMe's SCIM base URLs by region: us, eu, ca. Source: the
// pages "Configure SCIM with Okta" and "SCIM API for WalkMe" at
// support.walkme.com.
func Regions() map[string]string {
	return map[string]string{
		"us": "https://papi.walkme.com/deepui/api/scim/v2",
		"eu": "https://eu-papi.walkme.com/deepui/api/scim/v2",
		"ca": "https://papi-ca1.walkmedap.com/deepui/api/scim/v2",
	}
}

// RegionURL returns the base URL of one of Regions, whatever its case.
func RegionURL(region string) (string, bool) {
	u, ok := Regions()[strings.ToLower(region)]
	return u, ok
}

// parseBaseURL checks the base URL and takes the slash off its end.
func parseBaseURL(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(s, "/"))
	switch {
	case err != nil || u.Host == "" || u.Opaque != "":
		return nil, errors.New("base URL: not of the form https://host/path")
	case u.User != nil:
		return nil, errors.New("base URL: must not contain a credential")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return nil, errors.New("base URL: must not have a query or a fragment")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, fmt.Errorf("base URL: plain http is accepted for loopback addresses only, write https://%s", u.Host)
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("base URL: the scheme is https, not %q", u.Scheme)
	}
	for _, end := range []string{"/Users", "/Groups"} {
		if trimmed, ok := strings.CutSuffix(u.String(), end); ok {
			return nil, fmt.Errorf("base URL: ends before the resource, write %s", trimmed)
		}
	}
	return u, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

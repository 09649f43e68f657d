package main

import (
	"fmt"
	"net/http"
	"strings"

	"okta-walkme-agent/walkme"
)

// dryTransport refuses every request that could change something. It is the one
// place that makes a dry run dry: whatever a command tries, no write leaves.
type dryTransport struct{ next http.RoundTripper }

// tokenPath is where Okta issues access tokens. Asking for one is a POST that
// changes nothing.
const tokenPath = "/oauth2/v1/token"

// RoundTrip passes reads on and answers everything else with ErrNotSent.
func (t *dryTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	read := req.Method == http.MethodGet || req.Method == http.MethodHead
	token := req.Method == http.MethodPost && strings.HasSuffix(req.URL.Path, tokenPath)
	if !read && !token {
		if req.Body != nil {
			_ = req.Body.Close() // a RoundTripper closes the body, whatever it answers
		}
		return nil, fmt.Errorf("%s in a dry run: %w", req.Method, walkme.ErrNotSent)
	}
	return t.next.RoundTrip(req)
}

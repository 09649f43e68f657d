package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"okta-walkme-agent/agent/plan"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
)

// What Okta, and whatever lies before it, may answer has a remedy of its own.
func TestDiagnoseOkta(t *testing.T) {
	for name, tt := range map[string]struct {
		err           error
		cause, remedy string
	}{
		"503":           {&okta.APIError{Status: 503}, "down or overloaded", "status.okta.com"},
		"429":           {&okta.APIError{Status: 429, Code: "E0000047"}, "rate limit", "Rate Limits"},
		"time-out":      {okta.ErrTimeout, "did not answer in time", "okta.timeout"},
		"missing scope": {&okta.APIError{Status: 400, Code: "invalid_scope"}, "the credentials are right", "grant okta.apps.read"},
		"wrong key":     {&okta.APIError{Status: 401, Code: "invalid_client"}, "private key does not belong", "check client_id"},
		"rotated key":   {&okta.APIError{Status: 401, Code: "invalid_client"}, "rotated or removed", "Public Keys"},
		"clock":         {fmt.Errorf("%w, it is 1h0m0s ahead: %w", okta.ErrClock, okta.ErrUnauthorized), "clock", "timedatectl"},
		"zone, service": {&okta.APIError{Status: 400, Code: "access_denied"}, "network zone", "public address"},
		"zone, token":   {&okta.APIError{Status: 401, Code: "E0000011"}, "network zone", "make a new token"},
		"DPoP never":    {okta.ErrDPoP, "okta.auth.dpop is never", "dpop: auto"},
		"DPoP refused":  {fmt.Errorf("%w: %w", okta.ErrProof, &okta.APIError{Status: 400, Code: "invalid_dpop_proof"}), "another address", "okta.org_url"},
		"HTML":          {fmt.Errorf("%w: %w", okta.ErrIncomplete, okta.ErrForeign), "sign-in page", "okta.org_url"},
		"HTML, 403":     {&okta.APIError{Status: 403, Foreign: true}, "sign-in page", "HTTPS_PROXY"},
		"HTML, 404":     {&okta.APIError{Status: 404, Foreign: true}, "not the address of an Okta org", "okta.org_url"},
		"cut off":       {fmt.Errorf("%w: object: %w", okta.ErrIncomplete, io.ErrUnexpectedEOF), "not whole", "proxy"},
		"no answer":     {&url.Error{Op: "Get", URL: "https://acme.okta.com", Err: io.EOF}, "broke the connection off", "address and the port"},
		"plain http":    {http.ErrSchemeMismatch, "plain http", "correct the port"},
		"another name":  {x509.HostnameError{Certificate: &x509.Certificate{}, Host: "acme.okta.com"}, "another host name", "write the name"},
		"expired":       {x509.CertificateInvalidError{Reason: x509.Expired}, "expired", "renewed"},
		"endless":       {okta.ErrTooLong, "goes on", "okta.max_people"},
		"407":           {&okta.ProxyError{Status: 407}, "the proxy wants credentials", "percent-encoded"},
		"407, WalkMe":   {&walkme.ProxyError{Status: 407}, "the proxy wants credentials", "percent-encoded"},
		"proxy, 403":    {&okta.ProxyError{Status: 403}, "does not let the connection through", "NO_PROXY"},
		"403":           {&okta.APIError{Status: 403, Code: "E0000006"}, "admin role", "read-only admin role"},
		"redirect":      {&okta.APIError{Status: 302, Summary: "redirect to login.example.com refused"}, "leads elsewhere (302)", "own address"},
		"no HTTP":       {&okta.NoAnswerError{Err: errors.New("malformed HTTP response")}, "does not speak HTTP", "the address and the port"},
		"no TLS":        {&okta.NoAnswerError{Err: tls.RecordHeaderError{Msg: "first record"}}, "does not speak TLS", "the address and the port"},
		"an alert":      {&okta.NoAnswerError{Err: tls.AlertError(116)}, "client certificate", "the other side's log"},
		"a purpose":     {&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.IncompatibleUsage}}, "not one for this use", "look at its certificate"},
		"WalkMe's":      {&walkme.NotSentError{Err: errors.New("malformed HTTP response")}, "does not speak HTTP", "the address and the port"},
		"socks":         {&okta.NoAnswerError{Err: &net.OpError{Op: "socks connect", Err: errors.New("unexpected protocol version 83")}}, "the proxy that HTTPS_PROXY names", "percent-encoded"},
		"dead proxy":    {deadProxy(t), "the proxy that HTTPS_PROXY names", "NO_PROXY"},
	} {
		d, ok := diagnose(fmt.Errorf("okta: read app 0oa1: %w", tt.err))
		if !ok || !strings.Contains(d.cause, tt.cause) || !strings.Contains(d.remedy, tt.remedy) {
			t.Errorf("diagnose(%s) = %+v, %t, want cause %q and remedy %q", name, d, ok, tt.cause, tt.remedy)
		}
	}
}

// deadProxy is the error of a request through a proxy at which nobody listens.
func deadProxy(t *testing.T) error {
	t.Helper()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	proxy, err := url.Parse(gone.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://acme.okta.example/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err == nil {
		resp.Body.Close()
		t.Fatal("a dead proxy answers")
	}
	return err
}

// What somebody has broken off, or a dry run has kept back, is nobody's fault.
func TestNoDiagnosis(t *testing.T) {
	for _, err := range []error{
		&okta.NoAnswerError{Err: errInterrupted}, &walkme.NotSentError{Err: context.Canceled}, &walkme.NotSentError{Err: walkme.ErrNotSent},
	} {
		if d, ok := diagnose(fmt.Errorf("okta: read app 0oa1: %w", err)); ok {
			t.Errorf("diagnose(%v) = %+v, want none", err, d)
		}
	}
}

// A plan file that was not written to its end, or not at all, is told by its name.
func TestBrokenPlanFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for text, want := range map[string]string{"": "plan.json is empty; plan --out", `{"schema":`: "plan.json breaks off", " \n\u00a0": "plan.json is empty", "[]": "plan.json is no plan", "okta:\n": "plan.json is no plan", `{"schema": "x"}`: "the schema is"} {
		path := filepath.Join(dir, "plan.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := openPlanFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readPlanFile(file, path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
}

// A plan of very many people is as good as a short one: it is read one change at a time.
func TestLongPlanFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(path, []byte(`{"schema": "x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 1<<30); err != nil { // what follows is no JSON
		t.Fatal(err)
	}
	file, err := openPlanFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close() //nolint:errcheck // nothing is written
	if _, err := readPlanFile(file, path); !errors.Is(err, plan.ErrEdited) {
		t.Errorf("readPlanFile() = %v, want %v: it was read to the end of the plan", err, plan.ErrEdited)
	}
}

package walkme

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"
)

// NewTransport returns the transport that a client makes for itself. It speaks
// HTTP/1.1, as Okta does, and TLS 1.2 or better; the proxy comes from the
// environment. A caller who needs another certificate authority sets
// TLSClientConfig.RootCAs and passes it on in Config.Transport.
func NewTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 10 * time.Second,
		TLSNextProto:        map[string]func(string, *tls.Conn) http.RoundTripper{}, // not nil: no HTTP/2
		DisableCompression:  true,                                                   // the client asks for it by hand, in Okta's words
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
	}
}

// ReadOnly is the transport of a dry run: reads pass, everything else is refused
// before it leaves, with an error that wraps ErrNotSent.
type ReadOnly struct {
	Base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t ReadOnly) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, fmt.Errorf("%s in a dry run: %w", req.Method, ErrNotSent)
	}
	return t.Base.RoundTrip(req)
}

// CloseIdleConnections passes the request on to Base.
func (t ReadOnly) CloseIdleConnections() {
	if c, ok := t.Base.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

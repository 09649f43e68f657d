package walkme

import (
	"crypto/tls"
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
		Proxy:                  proxyFromEnvironment,
		OnProxyConnectResponse: refusedByProxy,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // not nil: no HTTP/2
		DisableCompression:     true,                                                   // the client asks for it by hand, in Okta's words
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        90 * time.Second,
	}
}

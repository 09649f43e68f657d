package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/okta"
	"okta-walkme-agent/walkme"
)

// diagnoseNetwork is about connections that came to nothing, to either side.
func diagnoseNetwork(err error) (diagnosis, bool) {
	var dns *net.DNSError
	var refused *net.OpError
	var authority x509.UnknownAuthorityError
	var otherName x509.HostnameError
	var invalid x509.CertificateInvalidError
	var read *okta.ProxyError
	var written *walkme.ProxyError
	switch {
	case errors.As(err, &read) && read.Status == http.StatusProxyAuthRequired, errors.As(err, &written) && written.Status == http.StatusProxyAuthRequired:
		return diagnosis{"the proxy wants credentials, or does not accept those that HTTPS_PROXY has",
			"write them into HTTPS_PROXY as http://USER:PASSWORD@HOST:PORT, with special characters percent-encoded, or name the host in NO_PROXY"}, true
	case errors.As(err, &read), errors.As(err, &written):
		return diagnosis{"the proxy does not let the connection through", "have the host allowed at the proxy, or name it in NO_PROXY"}, true
	case errors.As(err, &refused) && (refused.Op == "proxyconnect" || refused.Op == "socks connect"):
		return diagnosis{"the proxy that HTTPS_PROXY names does not answer, or not as such a proxy",
			"check HTTPS_PROXY: http://HOST:PORT, with USER:PASSWORD@ before the host where it wants them, special characters percent-encoded; and NO_PROXY for what needs no proxy"}, true
	case errors.As(err, &dns):
		return diagnosis{"the host name " + dns.Name + " is not known", "check the address, and the DNS of this machine"}, true
	case errors.As(err, &authority):
		return diagnosis{"the certificate is signed by an unknown authority, as behind an inspecting proxy",
			"give the authority's certificate under okta.ca_file or walkme.ca_file"}, true
	case errors.As(err, &otherName):
		return diagnosis{"the certificate is for another host name", "write the name that the certificate has, or have it issued for this one"}, true
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return diagnosis{"the certificate has expired, or the clock of this machine is wrong", "have it renewed; compare the clock with another one"}, true
	case errors.Is(err, http.ErrSchemeMismatch):
		return diagnosis{"the other side speaks plain http at that address, not TLS", "correct the port; plain http:// is accepted on loopback alone"}, true
	case errors.As(err, &refused) && refused.Op == "dial":
		return diagnosis{"nothing answers at that address", "check the address, the firewall, and HTTPS_PROXY"}, true
	case errors.Is(err, context.DeadlineExceeded):
		return diagnosis{"the other side did not answer in time", "try again; raise the timeout if it is always so slow"}, true
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return diagnosis{"the other side broke the connection off without an answer", "check the address and the port; look at the proxy, and at the other side's log"}, true
	}
	return diagnoseConnection(err)
}

// diagnoseConnection is about what is no web server, or not one that this program can
// speak with.
func diagnoseConnection(err error) (diagnosis, bool) {
	var alert tls.AlertError
	var record tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	var read *okta.NoAnswerError
	var unread *walkme.NotSentError
	var answer *scim.Error
	const look = "check the address and the port; look at the proxy between here and there, and at the other side's log"
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, walkme.ErrNotSent), errors.As(err, &answer):
		return diagnosis{}, false
	case errors.As(err, &certificate):
		return diagnosis{"the certificate is not one for this use", "have the administrator of the other side, or of the proxy between, look at its certificate"}, true
	case errors.As(err, &alert):
		return diagnosis{"the other side broke the TLS handshake off: it wants a client certificate, or another version of TLS", look}, true
	case errors.As(err, &record):
		return diagnosis{"what answers at that address does not speak TLS", look}, true
	case errors.As(err, &read), errors.As(err, &unread):
		return diagnosis{"what answers at that address does not speak HTTP as a web server does, or the connection to it broke", look}, true
	}
	return diagnosis{}, false
}

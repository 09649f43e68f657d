package console

import (
	"net/http"
	"net/url"
	"strings"
)

// origin is a site as browsers name it: without the port that its scheme has anyway
// (RFC 6454, section 6.1).
type origin struct{ scheme, host string } // in lower case

// originOf reads an origin from an address; the zero origin where that has none.
func originOf(address string) origin {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return origin{}
	}
	o := origin{strings.ToLower(u.Scheme), strings.ToLower(u.Host)}
	o.host = strings.TrimSuffix(o.host, o.port())
	return o
}

// port is the one that the scheme has where none is said.
func (o origin) port() string {
	switch o.scheme {
	case "https":
		return ":443"
	case "http":
		return ":80"
	}
	return ""
}

// goesBy says whether a Host header names the origin: browsers leave the port of the
// scheme out, and some proxies add it.
func (o origin) goesBy(host string) bool {
	return o.host != "" && (strings.EqualFold(host, o.host) || strings.EqualFold(host, o.host+o.port()))
}

func (o origin) String() string { return o.scheme + "://" + o.host }

// site is the console's origin, as this browser names it. The Host was checked. A proxy
// that names itself to us by another one says under which name it was asked; that counts
// where it is the name that the configuration has.
func (s *Server) site(r *http.Request) origin {
	if o := originOf(s.o.PublicURL); o.goesBy(r.Host) || o.goesBy(r.Header.Get("X-Forwarded-Host")) {
		return o
	}
	if r.TLS != nil {
		return originOf("https://" + r.Host)
	}
	return originOf("http://" + r.Host)
}

// isSecure says whether the browser speaks TLS, to us or to the proxy before us.
func (s *Server) isSecure(r *http.Request) bool { return s.site(r).scheme == "https" }

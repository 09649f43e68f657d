package service

import (
	"errors"
	"net/http"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/push/gotify"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"
)

// errElsewhere says that a recipient wanted a message, and with it the secret of its URL,
// to go to another host.
var errElsewhere = errors.New("it redirects to another host, which is not followed")

// WithinHost is a transport that follows no redirect to another host, or out of TLS. Most
// of shoutrrr's services take no client from outside and use http.DefaultTransport: the
// program wraps that one, before anything is sent.
func WithinHost(next http.RoundTripper) http.RoundTripper { return withinHost{next} }

type withinHost struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (w withinHost) RoundTrip(req *http.Request) (*http.Response, error) {
	if from := req.Response; from != nil && leaves(from.Request, req) {
		if req.Body != nil {
			req.Body.Close() //nolint:errcheck // nothing was read from it
		}
		return nil, errElsewhere
	}
	return w.next.RoundTrip(req)
}

// leaves says whether the next request of a chain of redirects goes to another host than
// the last one, or gives up TLS.
func leaves(last, next *http.Request) bool {
	return last.URL.Host != next.URL.Host || last.URL.Scheme == "https" && next.URL.Scheme != "https"
}

// stayHome gives services with a transport of their own a client that stays at its host.
// That of Gotify cannot be reached, so it is for this machine alone.
func stayHome(service types.Service, address string) error {
	follow := func(req *http.Request, via []*http.Request) error {
		if leaves(via[len(via)-1], req) {
			return errElsewhere
		}
		return nil
	}
	switch s := service.(type) {
	case *gotify.Service:
		if !toLoopback(address) {
			return errors.New("gotify:// follows redirects with its token; use generic://HOST/message?template=json&@X-Gotify-Key=TOKEN")
		}
	case interface{ GetHTTPClient() *http.Client }:
		s.GetHTTPClient().CheckRedirect = follow
	case interface{ SetHTTPClient(client *http.Client) }:
		s.SetHTTPClient(&http.Client{CheckRedirect: follow, Timeout: sendTimeout})
	}
	return nil
}

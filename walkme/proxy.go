package walkme

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// ProxyError says that the proxy on the way did not let a connection through.
// Nothing has reached WalkMe then.
type ProxyError struct {
	Status int // of its answer to CONNECT; 407 asks for credentials
}

// Error names the status. The words that the proxy put beside it are left out: a
// proxy may repeat there what it was sent.
func (e *ProxyError) Error() string {
	return fmt.Sprintf("the proxy refuses the connection: HTTP %d %s", e.Status, http.StatusText(e.Status))
}

// refusedByProxy is asked by net/http before it quotes the proxy's own words.
func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return &ProxyError{Status: answer.StatusCode}
	}
	return nil
}

// proxyFromEnvironment is http.ProxyFromEnvironment, whose error quotes the
// variable, and with it the password in it.
func proxyFromEnvironment(req *http.Request) (*url.URL, error) {
	proxy, err := http.ProxyFromEnvironment(req)
	if err != nil {
		return nil, errors.New("the environment names a proxy (HTTPS_PROXY, HTTP_PROXY) whose address cannot be read")
	}
	return proxy, nil
}

// proxySecrets lists the credentials of the proxy that the environment names for an
// address, in the forms in which an answer could repeat them.
func proxySecrets(address string) []string {
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil
	}
	proxy, err := proxyFromEnvironment(req)
	if err != nil || proxy == nil || proxy.User == nil {
		return nil
	}
	password, _ := proxy.User.Password()
	both := proxy.User.Username() + ":" + password
	var out []string
	for _, s := range []string{base64.StdEncoding.EncodeToString([]byte(both)), both, proxy.User.String(), password} {
		if len(s) >= shortestSecret {
			out = append(out, s)
		}
	}
	return out
}

// shortestSecret is the length from which a proxy's secret is looked for in a text.
// A shorter one would turn up by chance.
const shortestSecret = 6

// concealedError is an error with a text that holds no secret.
type concealedError struct {
	text string
	err  error
}

func (e *concealedError) Error() string { return e.text }
func (e *concealedError) Unwrap() error { return e.err }

// concealError takes the credentials out of the text of an error of the transport,
// which may quote what the other side sent.
func concealError(err error, secrets []string) error {
	if text := concealIn(err.Error(), secrets); text != err.Error() {
		return &concealedError{text, err}
	}
	return err
}

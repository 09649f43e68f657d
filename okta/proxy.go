package okta

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

// ProxyError says that the proxy on the way did not let a connection through.
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

package probe

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// spare refuses a write to a resource that is not the run's: a server may answer a POST
// with the id of another account. What no answer has shown yet is read first. One that
// cannot be read, or shows no name, is the run's by the word of its POST.
func (c *conduit) spare(req *http.Request, x *Exchange) error {
	key, written := resourceKey(x.Path)
	if !written || x.Method == http.MethodGet || x.Method == http.MethodHead {
		return nil
	}
	if known, _ := c.whose(key); !known && !c.rush.Load() {
		c.ask(req, x.Path)
	}
	if _, foreign := c.whose(key); foreign {
		return fmt.Errorf("its id %q is somebody else's: %w", key.id, walkme.ErrNotSent)
	}
	return nil
}

// learn takes from an answer which resources are the run's and which are others', and
// that credentials are taken no more.
func (c *conduit) learn(req *http.Request, x *Exchange) {
	if x.Method == http.MethodPut || x.Method == http.MethodPatch {
		c.mu.Lock()
		c.ledger.retire(x)
		c.mu.Unlock()
	}
	switch {
	case x.Method == http.MethodDelete && x.Status/100 != 4:
		c.mu.Lock()
		defer c.mu.Unlock()
		c.ledger.forget(x)
	case refusedDial(x.Err) && c.trusted.Load() && !c.rush.Load():
		c.lookAgain(req)
	case x.Err != nil:
	case x.ok() && (x.Method == http.MethodPut || x.Method == http.MethodPatch):
		c.mu.Lock()
		defer c.mu.Unlock()
		c.ledger.rename(x)
	case x.Method == http.MethodGet && x.ok():
		c.mu.Lock()
		defer c.mu.Unlock()
		c.ledger.see(x)
		c.ledger.rename(x)
	case x.Status == http.StatusUnauthorized && c.trusted.Load() && req.Header.Get("Authorization") == c.authorization:
		if again := c.ask(req, "/Users?startIndex=1&count=2"); again.Err == nil && again.Status == http.StatusUnauthorized {
			c.stop("the server refuses the credentials that it took before: 401" + detailOf(again))
		}
	}
}

// reachPause is how long a server may be away, such as for a restart.
const reachPause = 2 * time.Second

// lookAgain ends the run when there is nothing any more to connect to: what nobody answers
// is no fault of an answer.
func (c *conduit) lookAgain(req *http.Request) {
	timer := time.NewTimer(reachPause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-req.Context().Done():
		return
	}
	if again := c.ask(req, "/Users?startIndex=1&count=2"); refusedDial(again.Err) {
		c.stop("the server cannot be reached any more: " + again.Err.Error())
	}
}

// refusedDial tells whether a request failed before there was a connection.
func refusedDial(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// ask reads something for the conduit itself; no check sees the exchange.
func (c *conduit) ask(req *http.Request, path string) *Exchange {
	x := &Exchange{Method: http.MethodGet, Path: path}
	out := req.Clone(req.Context())
	out.Method, out.Body, out.GetBody, out.ContentLength = http.MethodGet, nil, nil, 0
	out.Header.Del("Content-Type")
	where, err := out.URL.Parse(c.base + path)
	if err != nil {
		x.Err = err
		return x
	}
	out.URL = where
	if _, err := c.attempt(out, x); err == nil && x.ok() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.ledger.see(x)
	}
	return x
}

func (c *conduit) whose(key resourceID) (known, foreign bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	foreign, known = c.ledger.seen[key]
	return known, foreign
}

// stop ends the run for a reason; the first one counts.
func (c *conduit) stop(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped == "" {
		c.stopped = why
	}
}

// resourceID names an account or a group.
type resourceID struct {
	kind scim.Type
	id   string
}

// resourceKey is the resource that a path below the base URL is about.
func resourceKey(path string) (resourceID, bool) {
	path, _, _ = strings.Cut(path, "?")
	for prefix, kind := range map[string]scim.Type{"/Users/": scim.User, "/Groups/": scim.Group} {
		if escaped, ok := strings.CutPrefix(path, prefix); ok {
			id, err := url.PathUnescape(escaped)
			return resourceID{kind, id}, err == nil
		}
	}
	return resourceID{}, false
}

package scenario

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"okta-walkme-agent/internal/fault"
)

// conduit stands between the agent and the SCIM server. It passes requests on as they
// are, records them, and lets them go wrong where the server cannot be told to.
type conduit struct {
	base   string // path of the SCIM base URL
	to     *url.URL
	next   http.RoundTripper
	rules  fault.Rules
	url    string
	server *http.Server

	mu        sync.Mutex
	exchanges []exchange
	trap      *trap
}

// exchange is one request with its answer.
type exchange struct {
	method, path string // path below the base URL, escaped
	query        url.Values
	header       http.Header
	body         []byte
	status       int // 0: there was no answer
	answer       []byte
	created      string // id of what a POST made, whether the agent was told or not
}

func (x exchange) String() string {
	line := x.method + " " + x.path
	if filter := x.query.Get("filter"); filter != "" {
		line += "?filter=" + filter
	}
	if x.status == 0 {
		return line + " -> no answer"
	}
	return fmt.Sprintf("%s -> %d", line, x.status)
}

// trap springs at one request: the agent is killed there.
type trap struct {
	rule   fault.Rules
	before bool
	spring func()
}

// startConduit serves it on a free port of loopback. to is the SCIM base URL.
func startConduit(to string, next http.RoundTripper) (*conduit, error) {
	target, err := url.Parse(to)
	if err != nil || target.Host == "" {
		return nil, fmt.Errorf("the target %q is no address", to)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	c := &conduit{base: strings.TrimRight(target.EscapedPath(), "/"), to: target, next: next}
	c.url = "http://" + listener.Addr().String() + c.base
	c.server = &http.Server{Handler: c, ReadHeaderTimeout: time.Minute}
	go func() { _ = c.server.Serve(listener) }() // ends with close
	return c, nil
}

func (c *conduit) close() { _ = c.server.Close() } // a listener that is closed already is closed

// ServeHTTP passes one request on.
func (c *conduit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxFile))
	if err != nil {
		panic(http.ErrAbortHandler) // the client broke off
	}
	x := exchange{method: r.Method, path: strings.TrimPrefix(r.URL.EscapedPath(), c.base), query: r.URL.Query(), header: r.Header.Clone(), body: body}
	asked := fault.Request{Method: x.method, Path: x.path, Query: r.URL.RawQuery, Body: body}
	at := c.record(x)
	sprung := c.sprung(asked)
	if sprung != nil && sprung.before {
		sprung.spring()
		panic(http.ErrAbortHandler)
	}
	rule, met := c.rules.Meet(asked)
	if met && c.stops(w, at, rule) {
		return
	}
	reply, answer, err := c.pass(r, body)
	if err != nil {
		panic(http.ErrAbortHandler) // the server gave no answer, so there is none here
	}
	c.creates(at, reply.StatusCode, plainText(reply.Header, answer))
	if sprung != nil {
		sprung.spring()
		panic(http.ErrAbortHandler)
	}
	if met && c.loses(w, at, rule, answer) {
		return
	}
	c.answered(at, reply.StatusCode, plainText(reply.Header, answer))
	send(w, reply.StatusCode, reply.Header, answer)
}

// record keeps a request and returns its place.
func (c *conduit) record(x exchange) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.exchanges = append(c.exchanges, x)
	return len(c.exchanges) - 1
}

func (c *conduit) answered(at, status int, answer []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.exchanges[at].status, c.exchanges[at].answer = status, answer
}

// creates notes what a POST has made on the server.
func (c *conduit) creates(at, status int, answer []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.exchanges[at].method == http.MethodPost && status/100 == 2 {
		c.exchanges[at].created = createdID(answer)
	}
}

// sprung is the trap that the request steps on. It springs once.
func (c *conduit) sprung(asked fault.Request) *trap {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trap == nil {
		return nil
	}
	if _, met := c.trap.rule.Meet(asked); !met {
		return nil
	}
	sprung := c.trap
	c.trap = nil
	return sprung
}

func (c *conduit) set(t *trap) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.trap = t
}

// stops applies the faults that keep a request from the server.
func (c *conduit) stops(w http.ResponseWriter, at int, rule fault.Rule) bool {
	status, header, body := 0, http.Header{"Content-Type": {"application/scim+json"}}, ""
	switch rule.Kind {
	case "status":
		status, body = rule.Status(), scimError(rule.Status())
	case "drop":
		panic(http.ErrAbortHandler)
	case "rate-limit":
		status, body = http.StatusTooManyRequests, scimError(http.StatusTooManyRequests)
		if rule.Value != "none" {
			header.Set("Retry-After", rule.Value)
		}
	case "gateway":
		status, body = rule.Status(), "<html><body><h1>"+http.StatusText(rule.Status())+"</h1></body></html>"
		header.Set("Content-Type", "text/html; charset=utf-8")
	case "error-as-200":
		status, body = http.StatusOK, `{"status":"error","msg":"Internal failure"}`
		header.Set("Content-Type", "application/json")
	case "slow":
		time.Sleep(rule.Duration())
		return false
	default:
		return false
	}
	c.answered(at, status, []byte(body))
	send(w, status, header, []byte(body))
	return true
}

// loses applies the faults that lose the answer of a request that had its effect.
func (c *conduit) loses(w http.ResponseWriter, at int, rule fault.Rule, answer []byte) bool {
	switch rule.Kind {
	case "lost-answer":
		panic(http.ErrAbortHandler)
	case "truncated":
		w.Header().Set("Content-Length", strconv.Itoa(len(answer)))
		_, _ = w.Write(answer[:len(answer)/2])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	case "applied-status":
		body := []byte(scimError(rule.Status()))
		c.answered(at, rule.Status(), body)
		send(w, rule.Status(), http.Header{"Content-Type": {"application/scim+json"}}, body)
		return true
	}
	return false
}

// pass sends the request to the server and reads its whole answer.
func (c *conduit) pass(r *http.Request, body []byte) (*http.Response, []byte, error) {
	out := r.Clone(r.Context())
	out.RequestURI, out.Host = "", c.to.Host
	out.URL.Scheme, out.URL.Host = c.to.Scheme, c.to.Host
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	if len(body) == 0 {
		out.Body = http.NoBody
	}
	out.Header.Del("Connection")
	reply, err := c.next.RoundTrip(out)
	if err != nil {
		return nil, nil, err
	}
	defer reply.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(reply.Body, maxFile))
	return reply, answer, err
}

// taken is everything that was recorded.
func (c *conduit) taken() []exchange {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]exchange(nil), c.exchanges...)
}

func send(w http.ResponseWriter, status int, header http.Header, body []byte) {
	for key, values := range header {
		if key != "Connection" && key != "Transfer-Encoding" {
			w.Header()[key] = values
		}
	}
	if status != http.StatusNoContent && status != http.StatusNotModified {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that is gone does not matter
}

func scimError(status int) string {
	return fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":%q,"status":"%d"}`, http.StatusText(status), status)
}

// plainText decompresses an answer, to be looked at.
func plainText(header http.Header, body []byte) []byte {
	var r io.Reader
	var err error
	switch header.Get("Content-Encoding") {
	case "gzip":
		r, err = gzip.NewReader(bytes.NewReader(body))
	case "deflate":
		r, err = zlib.NewReader(bytes.NewReader(body))
	default:
		return body
	}
	if err != nil {
		return body
	}
	text, err := io.ReadAll(io.LimitReader(r, maxFile))
	if err != nil {
		return body
	}
	return text
}

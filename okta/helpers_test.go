package okta_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"okta-walkme-agent/okta"
	"okta-walkme-agent/okta/oktatest"
)

// startOrg starts an org that the test closes.
func startOrg(t testing.TB, opts oktatest.Options) *oktatest.Org {
	t.Helper()
	org := oktatest.Start(opts)
	t.Cleanup(org.Close)
	return org
}

// newClient returns a client of org with short pauses between retries; edit may
// change its configuration.
func newClient(t testing.TB, org *oktatest.Org, edit ...func(*okta.Config)) *okta.Client {
	t.Helper()
	transport := okta.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	cfg := okta.Config{
		OrgURL: org.URL(), AppID: org.AppID(), APIToken: org.Token(), RateLimitShare: 1,
		RetryWait: time.Millisecond, Transport: transport,
	}
	for _, e := range edit {
		e(&cfg)
	}
	c, err := okta.NewClient(t.Context(), cfg)
	if err != nil {
		t.Fatalf("NewClient(cfg) = %v, want a client", err)
	}
	return c
}

// hire hires and assigns a person called after their login.
func hire(org *oktatest.Org, login string) string {
	first, _, _ := strings.Cut(login, "@")
	id := org.Hire(oktatest.Person{First: first, Last: "Example", Email: login})
	org.Assign(id)
	return id
}

// paths are the paths of the requests that the org received.
func paths(org *oktatest.Org) []string {
	var all []string
	for _, r := range org.Requests() {
		all = append(all, strings.TrimPrefix(r.Path, "/api/v1"))
	}
	return all
}

// always makes every request to a path that ends with suffix go wrong.
func always(suffix string, f oktatest.Fault) func(*http.Request) *oktatest.Fault {
	return func(r *http.Request) *oktatest.Fault {
		if strings.HasSuffix(r.URL.Path, suffix) {
			return &f
		}
		return nil
	}
}

// times makes the first n requests to a path that ends with suffix go wrong.
func times(n int, suffix string, f oktatest.Fault) func(*http.Request) *oktatest.Fault {
	var mu sync.Mutex
	return func(r *http.Request) *oktatest.Fault {
		mu.Lock()
		defer mu.Unlock()
		if n == 0 || !strings.HasSuffix(r.URL.Path, suffix) {
			return nil
		}
		n--
		return &f
	}
}

// logText is a log that can be read while it is written.
type logText struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *logText) logger(level slog.Level) *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: level}))
}

// httpAnswer is an answer of JSON with status 200.
func httpAnswer(body string) *http.Response {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body))}
}

package walkme_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"okta-walkme-agent/internal/scim"
	"okta-walkme-agent/walkme"
)

// turn is one request that a server expects, and its answer. The request is
// "METHOD path" or "METHOD path body".
type turn struct {
	request string
	status  int
	answer  string
}

// conversation is a server that expects its turns in their order.
type conversation struct {
	t     *testing.T
	mu    sync.Mutex
	turns []turn
	last  http.Header // of the last request
}

func (s *conversation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	got := strings.TrimSuffix(fmt.Sprintf("%s %s %s", r.Method, r.RequestURI, body), " ")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = r.Header.Clone()
	if len(s.turns) == 0 {
		s.t.Errorf("request after the end of the conversation:\n%s", got)
		w.WriteHeader(http.StatusTeapot)
		return
	}
	next := s.turns[0]
	s.turns = s.turns[1:]
	if want := "/scim/v2" + path(next.request); got != strings.Replace(next.request, path(next.request), want, 1) {
		s.t.Errorf("request:\n got %s\nwant %s", got, next.request)
	}
	w.Header().Set("Content-Type", "application/scim+json")
	w.WriteHeader(next.status)
	io.WriteString(w, next.answer)
}

func path(request string) string {
	parts := strings.SplitN(request, " ", 3)
	return parts[1]
}

// converse starts a server that expects these turns, all of them, and returns a
// client of it.
func converse(t *testing.T, cfg walkme.Config, turns ...turn) (*walkme.Client, *conversation) {
	t.Helper()
	s := &conversation{t: t, turns: turns}
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	t.Cleanup(func() {
		for _, missing := range s.turns {
			t.Errorf("request never came:\n%s", missing.request)
		}
	})
	cfg.BaseURL = srv.URL + "/scim/v2"
	return client(t, cfg), s
}

// client fills in a credential, and blindWire if the test sets none.
func client(t testing.TB, cfg walkme.Config) *walkme.Client {
	t.Helper()
	if cfg.Auth == (walkme.Auth{}) {
		cfg.Auth = walkme.Auth{Token: "Bearer s3cret"}
	}
	if cfg.Wire == (walkme.Wire{}) {
		cfg.Wire = blindWire
	}
	if cfg.Profile == "" {
		cfg.Profile = walkme.OIN
	}
	c, err := walkme.NewClient(cfg)
	if err != nil {
		t.Fatalf("NewClient() = %v", err)
	}
	t.Cleanup(c.Close)
	return c
}

// wire returns the default wire with changes.
// blindWire is the default without the look at an account before its status is changed,
// which has tests of its own.
var blindWire = func() walkme.Wire {
	w := walkme.DefaultWire()
	w.GetBeforePatch = false
	return w
}()

func wire(change func(*walkme.Wire)) walkme.Wire {
	w := blindWire
	change(&w)
	return w
}

// handlerTransport answers without a socket, for tests in a bubble of time.
type handlerTransport struct{ http.Handler }

func (h handlerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	onServer := r.Clone(r.Context())
	if onServer.Body == nil {
		onServer.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, onServer)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// roundTripper is a transport made of a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func person(sourceID string, attributes ...scim.Attribute) scim.Resource {
	return scim.Resource{Type: scim.User, SourceID: sourceID, Active: true, Attributes: scim.NewAttributes(attributes)}
}

func list(resources ...string) string {
	return fmt.Sprintf(`{"schemas":[%q],"totalResults":%d,"startIndex":1,"itemsPerPage":%d,"Resources":[%s]}`,
		scim.SchemaListResponse, len(resources), len(resources), strings.Join(resources, ","))
}

func userJSON(id, userName, extra string) string {
	return fmt.Sprintf(`{"schemas":[%q],"id":%q,"userName":%q%s}`, scim.SchemaUser, id, userName, extra)
}

const (
	patchOp     = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":`
	noHits      = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`
	notFound    = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"User not found","status":404}`
	taken       = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"detail":"User already exists in the database.","status":409}`
	deactivate  = patchOp + `[{"op":"replace","value":{"active":false}}]}`
	activate    = patchOp + `[{"op":"replace","value":{"active":true}}]}`
	firstPage   = "startIndex=1&count=100"
	findAnn     = "GET /Users?filter=userName%20eq%20%22ann%40example.com%22&" + firstPage
	annActive   = `,"active":true`
	annInactive = `,"active":false`
)

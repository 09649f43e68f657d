package oktatest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// answer is a whole HTTP answer, so that a fault can still change it.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// ServeHTTP answers one request of Okta's API. It needs no socket, so that it
// also works inside a testing/synctest bubble.
func (o *Org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	hook := o.fault
	o.mu.Unlock()
	var f *Fault
	if hook != nil {
		f = hook(r)
	}
	if f == nil {
		f = o.ruled(r)
	}
	if !sleep(r, o.opts.Latency+f.Delay) || f.Drop {
		o.record(r, 0)
		panic(http.ErrAbortHandler)
	}
	a := o.answer(r)
	f.distort(r, a)
	o.record(r, a.status)
	send(w, a, f.CutAfter)
}

// sleep waits for d and reports whether the client is still there.
func sleep(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (f *Fault) distort(r *http.Request, a *answer) {
	if f.Status != 0 {
		a.status, a.body = f.Status, []byte(f.Body)
		a.header.Del("Link")
		maps.Copy(a.header, f.Header)
	}
	if f.Rewrite != nil {
		a.body = f.Rewrite(a.header, a.body)
	}
	if f.RepeatPage {
		a.header.Del("Link")
		addLink(a.header, r, r.URL.Query(), "next")
	}
}

func send(w http.ResponseWriter, a *answer, cut int) {
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	if cut <= 0 || cut >= len(a.body) {
		_, _ = w.Write(a.body) // a client that has gone is no concern of the org
		return
	}
	_, _ = w.Write(a.body[:cut])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// answer is what the org says to r when nothing goes wrong.
func (o *Org) answer(r *http.Request) *answer {
	if isSignIn(r) {
		return o.signIn(r)
	}
	a, allowed := o.begin(r)
	switch {
	case !allowed:
	case r.Method != http.MethodGet:
		o.write(a, r)
	default:
		o.mu.Lock()
		defer o.mu.Unlock()
		o.route(a, r)
	}
	return a
}

// begin makes the head of an answer. The rest is to follow when the request is within
// the rate limit and its credentials are right.
func (o *Org) begin(r *http.Request) (*answer, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.opts.Now().UTC()
	a := &answer{status: http.StatusOK, header: http.Header{}}
	a.header.Set("Content-Type", "application/json")
	a.header.Set("Date", now.Format(http.TimeFormat))
	a.header.Set("Cache-Control", "no-cache, no-store")
	sum := sha256.Sum256(fmt.Append(nil, o.answered, r.URL.Path))
	a.header.Set("X-Okta-Request-Id", hex.EncodeToString(sum[:16]))
	if !o.admit(a.header, template(r.URL.EscapedPath()), now) {
		a.fail(http.StatusTooManyRequests, "E0000047", "API call exceeded rate limit due to too many requests.")
		return a, false
	}
	if r.URL.Path == tokenPath {
		o.issueToken(a, r)
		return a, false
	}
	return a, o.authorize(a, r)
}

// route finds what a path of the API stands for.
func (o *Org) route(a *answer, r *http.Request) {
	segments := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/api/v1/"), "/")
	for i, s := range segments {
		segments[i], _ = url.PathUnescape(s) // the server has parsed the path already
	}
	id := ""
	if len(segments) > 1 {
		id = segments[1]
	}
	switch kind := template(r.URL.EscapedPath()); kind {
	case "/api/v1/apps":
		a.json([]any{o.renderApp()})
	case "/api/v1/apps/{id}", "/api/v1/apps/{id}/groups/{id}", "/api/v1/apps/{id}/group-push/mappings/{id}", "/api/v1/apps/{id}/users", "/api/v1/apps/{id}/users/{id}", "/api/v1/apps/{id}/groups",
		"/api/v1/apps/{id}/group-push/mappings", "/api/v1/apps/{id}/features":
		if id != o.opts.AppID {
			a.notFound(id, "AppInstance")
			return
		}
		o.routeApp(a, r, kind, segments)
	case "/api/v1/groups":
		o.listGroups(a, r)
	case "/api/v1/groups/{id}":
		o.getGroup(a, id)
	case "/api/v1/groups/{id}/users":
		o.listMembers(a, r, id)
	case "/api/v1/users":
		o.listPeople(a, r)
	case "/api/v1/users/{id}":
		o.getPerson(a, id)
	case "/api/v1/users/{id}/groups":
		o.listPersonGroups(a, r, id)
	case "/api/v1/logs":
		o.listEvents(a, r)
	case "/api/v1/meta/schemas/user/default":
		o.getSchema(a, false)
	case "/api/v1/meta/schemas/apps/{id}/default":
		o.getAppSchema(a, segments)
	default:
		a.fail(http.StatusNotFound, "E0000022", "The endpoint does not support the provided HTTP method")
	}
}

func (o *Org) routeApp(a *answer, r *http.Request, kind string, segments []string) {
	switch kind {
	case "/api/v1/apps/{id}":
		a.json(o.renderApp())
	case "/api/v1/apps/{id}/users":
		o.listAssignments(a, r)
	case "/api/v1/apps/{id}/users/{id}":
		o.getAssignment(a, r, segments[3])
	case "/api/v1/apps/{id}/groups":
		o.listAppGroups(a, r)
	case "/api/v1/apps/{id}/groups/{id}":
		o.getAppGroup(a, r, segments[3])
	case "/api/v1/apps/{id}/group-push/mappings":
		o.listMappings(a, r)
	case "/api/v1/apps/{id}/group-push/mappings/{id}":
		o.getMapping(a, segments[4])
	case "/api/v1/apps/{id}/features":
		if !o.provisioning {
			a.fail(http.StatusBadRequest, "E0000001", "Api validation failed: features", "Provisioning is not supported.")
			return
		}
		a.body = []byte("[]")
	}
}

// template replaces the ids in a path: /api/v1/apps/{id}/users/{id}.
func template(path string) string {
	parts := strings.Split(path, "/")
	for i := 4; i < len(parts); i++ {
		switch parts[i-1] {
		case "apps", "groups", "users", "mappings":
			parts[i] = "{id}"
		}
	}
	return strings.Join(parts, "/")
}

func (a *answer) json(v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("oktatest: " + err.Error())
	}
	a.body = body
}

type apiError struct {
	Code    string  `json:"errorCode"`
	Summary string  `json:"errorSummary"`
	Link    string  `json:"errorLink"`
	ID      string  `json:"errorId"`
	Causes  []cause `json:"errorCauses"`
}

type cause struct {
	Summary string `json:"errorSummary"`
}

// fail makes a the error answer of Okta's API.
func (a *answer) fail(status int, code, summary string, causes ...string) {
	e := apiError{Code: code, Summary: summary, Link: code, ID: "oae" + a.header.Get("X-Okta-Request-Id")[:22], Causes: []cause{}}
	for _, c := range causes {
		e.Causes = append(e.Causes, cause{c})
	}
	a.status = status
	a.json(e)
}

func (a *answer) notFound(id, kind string) {
	a.fail(http.StatusNotFound, "E0000007", fmt.Sprintf("Not found: Resource not found: %s (%s)", id, kind))
}

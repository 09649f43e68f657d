package oktatest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// call is one write over HTTP.
type call struct {
	r    *http.Request
	ids  []string // those in the path, in order
	body map[string]any
}

func (c *call) text(path ...string) string {
	v := any(c.body)
	for _, key := range path {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	s, _ := v.(string)
	return s
}

func (c *call) object(key string) map[string]any {
	m, _ := c.body[key].(map[string]any)
	return m
}

// writes are the operations that Okta's CRUD suite and its admins use, by method and
// path. Each answers by itself.
var writes = map[string]func(o *Org, a *answer, c *call){
	"POST /api/v1/users":                                  (*Org).writeCreatePerson,
	"POST /api/v1/users/{id}":                             (*Org).writeUpdatePerson,
	"PUT /api/v1/users/{id}":                              (*Org).writeUpdatePerson,
	"DELETE /api/v1/users/{id}":                           (*Org).writeDeletePerson,
	"POST /api/v1/users/{id}/lifecycle/activate":          (*Org).writeActivate,
	"POST /api/v1/users/{id}/lifecycle/reactivate":        (*Org).writeActivate,
	"POST /api/v1/users/{id}/lifecycle/deactivate":        (*Org).writeDeactivate,
	"POST /api/v1/users/{id}/lifecycle/suspend":           (*Org).writeSuspend,
	"POST /api/v1/users/{id}/lifecycle/unsuspend":         (*Org).writeUnsuspend,
	"POST /api/v1/groups":                                 (*Org).writeCreateGroup,
	"PUT /api/v1/groups/{id}":                             (*Org).writeUpdateGroup,
	"DELETE /api/v1/groups/{id}":                          (*Org).writeDeleteGroup,
	"PUT /api/v1/groups/{id}/users/{id}":                  (*Org).writeAddMember,
	"DELETE /api/v1/groups/{id}/users/{id}":               (*Org).writeRemoveMember,
	"POST /api/v1/apps/{id}/users":                        (*Org).writeAssign,
	"POST /api/v1/apps/{id}/users/{id}":                   (*Org).writeAssignment,
	"DELETE /api/v1/apps/{id}/users/{id}":                 (*Org).writeUnassign,
	"PUT /api/v1/apps/{id}/groups/{id}":                   (*Org).writeAssignGroup,
	"DELETE /api/v1/apps/{id}/groups/{id}":                (*Org).writeUnassignGroup,
	"POST /api/v1/apps/{id}/lifecycle/activate":           (*Org).writeActivateApp,
	"POST /api/v1/apps/{id}/lifecycle/deactivate":         (*Org).writeDeactivateApp,
	"POST /api/v1/apps/{id}/group-push/mappings":          (*Org).writeCreateMapping,
	"PATCH /api/v1/apps/{id}/group-push/mappings/{id}":    (*Org).writeMapping,
	"DELETE /api/v1/apps/{id}/group-push/mappings/{id}":   (*Org).writeDeleteMapping,
	"POST /api/v1/users/{id}/lifecycle/unlock":            (*Org).writeUnsuspend,
	"POST /api/v1/users/{id}/lifecycle/expire_password":   (*Org).writeNothing,
	"POST /api/v1/users/{id}/lifecycle/reset_password":    (*Org).writeNothing,
	"DELETE /api/v1/users/{id}/sessions":                  (*Org).writeNothing,
	"POST /api/v1/users/{id}/credentials/change_password": (*Org).writeNothing,
	"POST /api/v1/users/{id}/lifecycle/reset_factors":     (*Org).writeNothing,
}

// maxWrite bounds the body of a write.
const maxWrite = 1 << 20

// write answers a request that changes the org.
func (o *Org) write(a *answer, r *http.Request) {
	o.writes.Lock()
	defer o.writes.Unlock()
	path := template(r.URL.EscapedPath())
	do := writes[r.Method+" "+path]
	switch {
	case do == nil && isRead(path):
		a.fail(http.StatusMethodNotAllowed, "E0000022", "The endpoint does not support the provided HTTP method")
		return
	case do == nil:
		a.fail(http.StatusNotFound, "E0000022", "The endpoint does not support the provided HTTP method")
		return
	case !o.mayManage(a, r):
		return
	}
	c := &call{r: r}
	segments := strings.Split(r.URL.EscapedPath(), "/")
	for i, s := range strings.Split(path, "/") {
		if s == "{id}" {
			id, _ := url.PathUnescape(segments[i]) // the server has parsed the path already
			c.ids = append(c.ids, id)
		}
	}
	if err := c.read(); err != nil {
		a.fail(http.StatusBadRequest, "E0000003", "The request body was not well-formed.", err.Error())
		return
	}
	if strings.HasPrefix(path, "/api/v1/apps/{id}") && c.ids[0] != o.opts.AppID {
		a.notFound(c.ids[0], "AppInstance")
		return
	}
	do(o, a, c)
}

func isRead(path string) bool {
	return slices.Contains([]string{"/api/v1/apps", "/api/v1/apps/{id}", "/api/v1/apps/{id}/users", "/api/v1/apps/{id}/groups",
		"/api/v1/groups/{id}/users", "/api/v1/users/{id}/groups", "/api/v1/logs", "/api/v1/apps/{id}/features"}, path)
}

func (c *call) read() error {
	data, err := io.ReadAll(io.LimitReader(c.r.Body, maxWrite))
	if err != nil || len(data) == 0 {
		return err
	}
	if json.Unmarshal(data, &c.body) != nil {
		return errors.New("not a JSON object")
	}
	return nil
}

// mayManage wants the scope for writes of an access token; an API token may do what
// its owner may.
func (o *Org) mayManage(a *answer, r *http.Request) bool {
	scheme, credentials, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if scheme == "SSWS" {
		return true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	need := strings.TrimSuffix(scopeFor(r.URL.Path), ".read") + ".manage"
	if slices.Contains(o.tokens[credentials].scopes, need) {
		return true
	}
	a.fail(http.StatusForbidden, "E0000006", "You do not have permission to perform the requested action")
	return false
}

// shown answers with what render says of the org after the write.
func (o *Org) shown(a *answer, render func() any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	a.json(render())
}

// done is an answer without a body.
func (a *answer) done() {
	a.status, a.body = http.StatusNoContent, nil
	a.header.Del("Content-Type")
}

// invalid is Okta's refusal of a value.
func (a *answer) invalid(what, why string) {
	a.fail(http.StatusBadRequest, "E0000001", "Api validation failed: "+what, what+": "+why)
}

const taken = "An object with this field already exists in the current organization"

// personAt finds the person that the path names, by id or login, and fails the answer
// otherwise.
func (o *Org) personAt(a *answer, loginOrID string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.personByLogin(loginOrID)
	if p == nil {
		a.notFound(loginOrID, "User")
		return ""
	}
	return p.id
}

// some says whether a group exists, and fails the answer otherwise.
func (o *Org) some(a *answer, groupID string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.groups[groupID] == nil {
		a.notFound(groupID, "UserGroup")
		return false
	}
	return true
}

// writeNothing accepts what concerns no one here: passwords and factors.
func (o *Org) writeNothing(a *answer, c *call) {
	if o.personAt(a, c.ids[0]) != "" {
		a.json(object{})
	}
}

package oktatest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"okta-walkme-agent/okta/oktatest"
)

// admin writes to an org over HTTP.
type admin struct {
	t   *testing.T
	org *oktatest.Org
	app string
}

func newAdmin(t *testing.T) *admin {
	org := oktatest.Start(oktatest.Options{})
	t.Cleanup(org.Close)
	return &admin{t, org, "/api/v1/apps/" + org.AppID()}
}

// do sends one request, holds its status to want, and returns the id in the answer.
func (a *admin) do(method, path, body string, want int, parts ...string) string {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.org.URL()+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Authorization", "SSWS "+a.org.Token())
	reply, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil || reply.StatusCode != want {
		a.t.Errorf("%s %s = %d %s, %v, want %d", method, path, reply.StatusCode, text, err, want)
	}
	for _, part := range parts {
		if !strings.Contains(string(text), part) {
			a.t.Errorf("%s %s = %s, want %s in it", method, path, text, part)
		}
	}
	var object struct{ ID string }
	_ = json.Unmarshal(text, &object) // lists and empty answers have none
	return object.ID
}

const eve = `{"profile":{"firstName":"Eve","lastName":"Evans","email":"eve@example.com","login":"eve@example.com"},"credentials":{"password":{"value":"abCD1234"}}}`

// TestCRUDSuite goes the way of Okta's CRUD suite: create, assign, change, deactivate,
// activate, assign again, unassign.
func TestCRUDSuite(t *testing.T) {
	a := newAdmin(t)
	a.do("GET", a.app, "", 200, `"status":"ACTIVE"`)
	id := a.do("POST", "/api/v1/users?activate=true", eve, 200, `"status":"ACTIVE"`)
	assign := fmt.Sprintf(`{"id":%q,"scope":"USER","credentials":{"userName":"eve@example.com"},"profile":{"title":"Boss"}}`, id)
	a.do("POST", a.app+"/users", assign, 200, `"scope":"USER"`, `"title":"Boss"`, `"firstName":"Eve"`)
	a.do("POST", "/api/v1/users/"+id, `{"profile":{"firstName":"Eva"}}`, 200, `"firstName":"Eva"`, `"lastName":"Evans"`)
	a.do("POST", "/api/v1/users/"+id+"/lifecycle/deactivate", "", 200, "{}")
	a.do("GET", a.app+"/users/"+id, "", 404, "E0000007")
	a.do("POST", a.app+"/users", assign, 400, "The user is deactivated")
	a.do("POST", "/api/v1/users/"+id+"/lifecycle/activate?sendEmail=false", "", 200, "activationToken")
	a.do("POST", a.app+"/users", assign, 200)
	a.do("POST", a.app+"/users/"+id, `{"profile":{"title":"Chief"}}`, 200, `"title":"Chief"`)
	a.do("DELETE", a.app+"/users/"+id, "", 204)
	a.do("DELETE", a.app+"/users/"+id, "", 404)
	a.do("DELETE", "/api/v1/users/"+id, "", 204)
	a.do("GET", "/api/v1/users/eve@example.com", "", 200, "DEPROVISIONED")
	a.do("DELETE", "/api/v1/users/"+id, "", 204)
	a.do("GET", "/api/v1/users/eve@example.com", "", 404)
	a.do("GET", "/api/v1/logs?limit=100", "", 200, "user.lifecycle.create", "application.user_membership.add", "user.lifecycle.delete.completed", `"displayMessage":"Create Okta user"`)
	a.do("GET", "/api/v1/logs?until=2001-01-01T00:00:00Z", "", 200, "[]")
	a.do("GET", "/api/v1/logs?until=soon", "", 400, "until")
}

func TestWritePeople(t *testing.T) {
	a := newAdmin(t)
	id := a.do("POST", "/api/v1/users?activate=false", eve, 200, `"status":"STAGED"`)
	a.do("POST", "/api/v1/users", strings.ReplaceAll(eve, "eve@", "EVE@"), 400, "E0000001", "login: An object with this field already exists")
	a.do("POST", "/api/v1/users", `{"profile":{"login":"x"}}`, 400, "email: The field cannot be left blank")
	a.do("POST", "/api/v1/users", `[`, 400, "E0000003")
	a.do("POST", "/api/v1/users", strings.Replace(strings.ReplaceAll(eve, "eve@", "bob@"), `,"credentials":{"password":{"value":"abCD1234"}}`, "", 1), 200, `"status":"PROVISIONED"`)
	a.do("POST", "/api/v1/users/"+id+"/lifecycle/activate", "", 200)
	a.do("POST", "/api/v1/users/"+id+"/lifecycle/activate", "", 403, "E0000016")
	a.do("POST", "/api/v1/users/"+id+"/lifecycle/unsuspend", "", 400, "not suspended")
	a.do("POST", "/api/v1/users/"+id+"/lifecycle/suspend", "", 200)
	a.do("POST", "/api/v1/users/"+id+"/lifecycle/suspend", "", 400, "not active")
	a.do("POST", "/api/v1/users/eve@example.com/lifecycle/unsuspend", "", 200)
	a.do("PUT", "/api/v1/users/"+id, `{"profile":{"firstName":"Eva","lastName":"E","login":"eva@example.com"}}`, 200, `"login":"eva@example.com"`)
	a.do("POST", "/api/v1/users/"+id, `{"profile":{"login":"bob@example.com"}}`, 400, "already exists")
	a.do("GET", "/api/v1/users?limit=1", "", 200, "eva@example.com")
	a.do("GET", `/api/v1/users?search=profile.login%20eq%20%22bob@example.com%22`, "", 200, "bob@example.com")
	a.do("GET", "/api/v1/users?q=ev", "", 200, "eva@example.com")
	a.do("POST", "/api/v1/users/nobody/lifecycle/suspend", "", 404, "E0000007")
	a.do("POST", "/api/v1/logs", "", 405, "E0000022")
	a.do("POST", "/api/v1/brands", "", 404, "E0000022")
}

func TestWriteGroups(t *testing.T) {
	a := newAdmin(t)
	id := a.do("POST", "/api/v1/users", eve, 200)
	group := a.do("POST", "/api/v1/groups", `{"profile":{"name":"Editors","description":"who edits"}}`, 200, `"description":"who edits"`)
	a.do("POST", "/api/v1/groups", `{"profile":{"name":"EDITORS"}}`, 400, "name: An object with this field already exists")
	a.do("POST", "/api/v1/groups", `{}`, 400, "cannot be left blank")
	a.do("PUT", "/api/v1/groups/"+group, `{"profile":{"name":"Authors"}}`, 200, `"name":"Authors"`, `"description":null`)
	a.do("PUT", "/api/v1/groups/"+group+"/users/"+id, "", 204)
	a.do("GET", "/api/v1/groups/"+group+"/users", "", 200, "eve@example.com")
	a.do("PUT", a.app+"/groups/"+group, "{}", 200, `"priority":0`)
	a.do("GET", a.app+"/groups/"+group, "", 200)
	a.do("GET", a.app+"/users/"+id, "", 200, `"scope":"GROUP"`)
	a.do("DELETE", a.app+"/users/"+id, "", 403)

	mapping := a.do("POST", a.app+"/group-push/mappings", fmt.Sprintf(`{"sourceGroupId":%q,"targetGroupName":"Authors"}`, group), 201, `"status":"ACTIVE"`)
	a.do("POST", a.app+"/group-push/mappings", fmt.Sprintf(`{"sourceGroupId":%q,"targetGroupName":"Authors"}`, group), 400, "already exists")
	a.do("POST", a.app+"/group-push/mappings", fmt.Sprintf(`{"sourceGroupId":%q}`, group), 400, "Either targetGroupId or targetGroupName")
	a.do("GET", a.app+"/group-push/mappings/"+mapping, "", 200)
	a.do("DELETE", a.app+"/group-push/mappings/"+mapping, "", 400)
	a.do("PATCH", a.app+"/group-push/mappings/"+mapping, `{"status":"EATEN"}`, 400)
	a.do("PATCH", a.app+"/group-push/mappings/"+mapping, `{"status":"INACTIVE"}`, 200, `"status":"INACTIVE"`)
	a.do("DELETE", a.app+"/group-push/mappings/"+mapping, "", 204)
	a.do("GET", a.app+"/group-push/mappings/"+mapping, "", 404)

	a.do("DELETE", a.app+"/groups/"+group, "", 204)
	a.do("DELETE", a.app+"/groups/"+group, "", 404)
	a.do("DELETE", "/api/v1/groups/"+group+"/users/"+id, "", 204)
	a.do("DELETE", "/api/v1/groups/"+group, "", 204)
	a.do("GET", "/api/v1/groups/"+group, "", 404)
	a.do("POST", a.app+"/lifecycle/deactivate", "", 200)
	a.do("GET", a.app, "", 200, `"status":"INACTIVE"`)
	a.do("POST", "/api/v1/apps/another/users", "{}", 404, "AppInstance")
}

package oktatest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"okta-walkme-agent/internal/fault"
)

// ControlPath is where Control expects to be served.
const ControlPath = "/_control"

// ControlHelp is what may be said to Control, a line each. People and groups are
// changed by Okta's own API.
const ControlHelp = `GET    /_control/requests      what was asked, a JSON list; DELETE forgets it
GET    /_control/violations    always empty: an org has no rules for its client
GET    /_control/state         people with their assignments, and groups
GET    /_control/faults        what still goes wrong; POST "KIND,path=/api/v1/groups" adds, DELETE ends all
POST   /_control/switches      {"adminRole": bool, "provisioning": bool, "dpop": bool, "appStatus": "ACTIVE"}
POST   /_control/token         {"token": "00…"}: another API token is right; "" revokes it
POST   /_control/age           {"by": "24h"}: moves everything that happened into the past
POST   /_control/assignments   {"login", "status"}: the status of an assignment, such as SUSPENDED
`

// Control lets programs in any language do over HTTP what the methods of Org do
// beside Okta's own API. It has no protection of its own.
func (o *Org) Control() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, do func(w http.ResponseWriter, r *http.Request)) {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+ControlPath+path, do)
	}
	handle("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, ControlHelp) // a client that is gone does not matter
	})
	handle("GET /requests", func(w http.ResponseWriter, _ *http.Request) { control(w, http.StatusOK, o.controlRequests()) })
	handle("DELETE /requests", func(w http.ResponseWriter, _ *http.Request) {
		o.ResetRequests()
		w.WriteHeader(http.StatusNoContent)
	})
	handle("GET /violations", func(w http.ResponseWriter, _ *http.Request) { control(w, http.StatusOK, []string{}) })
	handle("GET /state", func(w http.ResponseWriter, _ *http.Request) { control(w, http.StatusOK, o.controlState()) })
	handle("GET /faults", func(w http.ResponseWriter, _ *http.Request) { control(w, http.StatusOK, o.Faults()) })
	handle("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		o.ClearFaults()
		control(w, http.StatusOK, o.Faults())
	})
	handle("POST /faults", o.controlFaults)
	handle("POST /switches", o.controlSwitches)
	handle("POST /token", o.controlToken)
	handle("POST /age", o.controlAge)
	handle("POST /assignments", o.controlAssignment)
	return mux
}

func (o *Org) controlRequests() []object {
	out := []object{}
	for i, r := range o.Requests() {
		header := r.Header.Clone()
		if scheme, _, ok := strings.Cut(header.Get("Authorization"), " "); ok {
			header.Set("Authorization", scheme+" [redacted]")
		}
		out = append(out, object{"seq": i + 1, "method": r.Method, "path": r.Path, "query": r.Query, "headers": header, "status": r.Status})
	}
	return out
}

func (o *Org) controlState() object {
	people, groups := []object{}, []object{}
	logins := map[string]string{}
	for _, p := range o.People() {
		logins[p.ID] = p.Login
		people = append(people, object{"id": p.ID, "login": p.Login, "status": p.Status, "profile": p.Profile,
			"assigned": p.Assigned, "scope": p.Scope, "userName": p.UserName, "appProfile": p.AppProfile})
	}
	for _, g := range o.Groups() {
		members := []string{}
		for _, id := range g.Members {
			members = append(members, logins[id])
		}
		groups = append(groups, object{"id": g.ID, "name": g.Name, "description": g.Description, "members": members,
			"assigned": g.Assigned, "push": g.Mapping})
	}
	return object{"people": people, "groups": groups}
}

func (o *Org) controlFaults(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxWrite))
	if err != nil {
		return // the client broke off
	}
	var texts []string
	var one string
	switch {
	case json.Unmarshal(data, &texts) == nil && texts != nil:
	case json.Unmarshal(data, &one) == nil && one != "": // the text null is the name of a kind
		texts = []string{one}
	default:
		texts = []string{strings.TrimSpace(string(data))}
	}
	for _, text := range texts {
		rule, err := fault.Parse(text, FaultKinds())
		if err != nil {
			controlError(w, err)
			return
		}
		o.rules.Add(rule)
	}
	control(w, http.StatusOK, o.Faults())
}

func (o *Org) controlSwitches(w http.ResponseWriter, r *http.Request) {
	var s struct {
		AdminRole, Provisioning, DPoP *bool
		AppStatus                     string
	}
	if !controlBody(w, r, &s) {
		return
	}
	if s.AppStatus != "" && s.AppStatus != "ACTIVE" && s.AppStatus != "INACTIVE" {
		control(w, http.StatusBadRequest, map[string]string{"error": fmt.Sprintf("appStatus is ACTIVE or INACTIVE, not %q", s.AppStatus)})
		return
	}
	if s.AdminRole != nil {
		o.SetAdminRole(*s.AdminRole)
	}
	if s.Provisioning != nil {
		o.SetProvisioning(*s.Provisioning)
	}
	if s.DPoP != nil {
		o.RequireDPoP(*s.DPoP)
	}
	if s.AppStatus != "" {
		o.SetAppStatus(s.AppStatus)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (o *Org) controlToken(w http.ResponseWriter, r *http.Request) {
	var t struct{ Token string }
	if controlBody(w, r, &t) {
		o.SetToken(t.Token)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (o *Org) controlAge(w http.ResponseWriter, r *http.Request) {
	var age struct{ By string }
	if !controlBody(w, r, &age) {
		return
	}
	d, err := time.ParseDuration(age.By)
	if err != nil || d <= 0 {
		controlError(w, fmt.Errorf("by is a duration such as 24h, not %q", age.By))
		return
	}
	o.Age(d)
	w.WriteHeader(http.StatusNoContent)
}

func (o *Org) controlAssignment(w http.ResponseWriter, r *http.Request) {
	var s struct{ Login, Status string }
	if !controlBody(w, r, &s) {
		return
	}
	for _, p := range o.People() {
		if sameName(p.Login, s.Login) && p.Assigned && s.Status != "" {
			o.SetAssignmentStatus(p.ID, s.Status)
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	controlError(w, errors.New("login names a person who is assigned, and status their new status"))
}

func controlBody(w http.ResponseWriter, r *http.Request, into any) bool {
	dec := json.NewDecoder(io.LimitReader(r.Body, maxWrite))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		controlError(w, fmt.Errorf("the body cannot be read: %w", err))
		return false
	}
	return true
}

func controlError(w http.ResponseWriter, err error) {
	control(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
}

func control(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // a client that is gone does not matter
}

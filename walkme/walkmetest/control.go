package walkmetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"okta-walkme-agent/internal/fault"
)

// ControlPath is where Control expects to be served.
const ControlPath = "/_control"

// ControlHelp is what may be said to Control, a line each.
const ControlHelp = `GET    /_control/requests      what was asked and answered, a JSON list; DELETE forgets it
GET    /_control/violations    what Okta would never have sent; DELETE forgets it
GET    /_control/state         accounts and groups
POST   /_control/accounts      an account by hand: {"userName", "givenName", "familyName", "active", "externalId", "email"}
POST   /_control/groups        a group by hand: {"name", "members": [userName]}
GET    /_control/quirks        what is on; PUT ["NAME", "NAME=VALUE"] replaces, POST "NAME" adds, DELETE ends all
GET    /_control/faults        what still goes wrong; POST "KIND,on=POST,path=/Users" adds, DELETE ends all
DELETE /_control/credentials   no credential is right any more; PUT {"username", "password"} makes another one right
`

// Control lets programs in any language do over HTTP what the methods of Tenant do.
// It has no protection of its own.
func (t *Tenant) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+ControlPath+"/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, ControlHelp) // a client that is gone does not matter
	})
	mux.HandleFunc("GET "+ControlPath+"/requests", func(w http.ResponseWriter, _ *http.Request) { control(w, http.StatusOK, t.controlRequests()) })
	mux.HandleFunc("DELETE "+ControlPath+"/requests", func(w http.ResponseWriter, _ *http.Request) {
		t.ResetRequests()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET "+ControlPath+"/violations", func(w http.ResponseWriter, _ *http.Request) { control(w, http.StatusOK, t.controlViolations()) })
	mux.HandleFunc("DELETE "+ControlPath+"/violations", func(w http.ResponseWriter, _ *http.Request) {
		t.ResetViolations()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET "+ControlPath+"/state", func(w http.ResponseWriter, _ *http.Request) { control(w, http.StatusOK, t.controlState()) })
	mux.HandleFunc("POST "+ControlPath+"/accounts", t.controlAddAccount)
	mux.HandleFunc("POST "+ControlPath+"/groups", t.controlAddGroup)
	mux.HandleFunc(ControlPath+"/quirks", t.controlQuirks)
	mux.HandleFunc(ControlPath+"/faults", t.controlFaults)
	mux.HandleFunc(ControlPath+"/credentials", t.controlCredentials)
	return mux
}

// controlled is a recorded request as Control shows it.
type controlled struct {
	Seq      int         `json:"seq"`
	Method   string      `json:"method"`
	Path     string      `json:"path"`
	Query    string      `json:"query"`
	Headers  http.Header `json:"headers"`
	Body     any         `json:"body"`
	Status   int         `json:"status"`
	Response any         `json:"response"`
}

func (t *Tenant) controlRequests() []controlled {
	out := []controlled{}
	for _, r := range t.Requests() {
		out = append(out, controlled{r.Seq, r.Method, r.Path, r.RawQuery, r.Header, readable(r.Body), r.Status, readable(r.RespBody)})
	}
	return out
}

// readable is a body as JSON, in its own order of keys, or as text.
func readable(body []byte) any {
	switch {
	case len(body) == 0:
		return nil
	case json.Valid(body):
		return json.RawMessage(body)
	}
	return string(body)
}

// controlViolations takes the lines of Violations apart.
func (t *Tenant) controlViolations() []map[string]string {
	out := []map[string]string{}
	for _, line := range t.Violations() {
		rule, rest, _ := strings.Cut(line, ": ")
		at := strings.LastIndex(rest, " (request ")
		out = append(out, map[string]string{"rule": rule, "detail": rest[:at], "request": strings.TrimSuffix(rest[at+len(" (request "):], ")")})
	}
	return out
}

func (t *Tenant) controlState() map[string]any {
	accounts, groups := []map[string]any{}, []map[string]any{}
	for _, u := range t.Users() {
		accounts = append(accounts, map[string]any{
			"id": u.ID, "userName": u.UserName, "givenName": u.GivenName, "familyName": u.FamilyName,
			"active": u.Active, "externalId": u.ExternalID, "attributes": u.Extra,
		})
	}
	for _, g := range t.Groups() {
		members := g.UserNames
		if members == nil {
			members = []string{}
		}
		groups = append(groups, map[string]any{"id": g.ID, "name": g.DisplayName, "members": members})
	}
	return map[string]any{"accounts": accounts, "groups": groups, "invitations": t.Invitations()}
}

func (t *Tenant) controlAddAccount(w http.ResponseWriter, r *http.Request) {
	account := struct {
		UserName, GivenName, FamilyName, ExternalID, Email string
		Active                                             *bool
	}{}
	if !controlBody(w, r, &account) {
		return
	}
	if account.UserName == "" {
		controlError(w, errors.New("an account has a userName"))
		return
	}
	id := t.AddUser(User{
		UserName: account.UserName, GivenName: account.GivenName, FamilyName: account.FamilyName, ExternalID: account.ExternalID,
		Active: account.Active == nil || *account.Active, Extra: Email(account.Email),
	})
	control(w, http.StatusCreated, map[string]string{"id": id})
}

func (t *Tenant) controlAddGroup(w http.ResponseWriter, r *http.Request) {
	var group struct {
		Name    string
		Members []string
	}
	if !controlBody(w, r, &group) {
		return
	}
	var ids []string
	for _, name := range group.Members {
		u, ok := t.User(name)
		if !ok {
			controlError(w, fmt.Errorf("there is no account %q", name))
			return
		}
		ids = append(ids, u.ID)
	}
	if group.Name == "" {
		controlError(w, errors.New("a group has a name"))
		return
	}
	id := t.AddGroup(group.Name, ids...)
	control(w, http.StatusCreated, map[string]string{"id": id})
}

func (t *Tenant) controlQuirks(w http.ResponseWriter, r *http.Request) {
	t.mu.Lock()
	quirks := *t.quirks
	t.mu.Unlock()
	switch r.Method {
	case http.MethodGet:
		control(w, http.StatusOK, quirks.List())
		return
	case http.MethodDelete:
		quirks = Quirks{}
	case http.MethodPut, http.MethodPost:
		texts, ok := controlTexts(w, r)
		if !ok {
			return
		}
		if r.Method == http.MethodPut {
			quirks = Quirks{}
		}
		for _, text := range texts {
			if err := quirks.Set(text); err != nil {
				controlError(w, err)
				return
			}
		}
	default:
		http.Error(w, "GET, PUT, POST or DELETE", http.StatusMethodNotAllowed)
		return
	}
	t.SetQuirks(quirks)
	control(w, http.StatusOK, quirks.List())
}

func (t *Tenant) controlFaults(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
	case http.MethodDelete:
		t.ClearFaults()
	case http.MethodPost:
		texts, ok := controlTexts(w, r)
		if !ok {
			return
		}
		for _, text := range texts {
			rule, err := fault.Parse(text, FaultKinds())
			if err != nil {
				controlError(w, err)
				return
			}
			t.rules.Add(rule)
		}
	default:
		http.Error(w, "GET, POST or DELETE", http.StatusMethodNotAllowed)
		return
	}
	control(w, http.StatusOK, t.Faults())
}

func (t *Tenant) controlCredentials(w http.ResponseWriter, r *http.Request) {
	var credential struct{ Username, Password, Token string }
	switch r.Method {
	case http.MethodDelete:
		t.mu.Lock()
		t.credentials.revoked = true
		t.mu.Unlock()
	case http.MethodPut:
		if !controlBody(w, r, &credential) {
			return
		}
		t.SetCredentials(credential.Username, credential.Password)
	default:
		http.Error(w, "PUT or DELETE", http.StatusMethodNotAllowed)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

// controlTexts reads a JSON list of texts, one JSON text, or plain text.
func controlTexts(w http.ResponseWriter, r *http.Request) ([]string, bool) {
	data, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, false // the client broke off
	}
	var list []string
	var one string
	switch {
	case json.Unmarshal(data, &list) == nil:
		return list, true
	case json.Unmarshal(data, &one) == nil:
		return []string{one}, true
	case len(data) > 0 && !strings.ContainsAny(string(data[:1]), `{["`):
		return []string{strings.TrimSpace(string(data))}, true
	}
	controlError(w, errors.New(`the body is a JSON list of texts, or one text`))
	return nil, false
}

func controlBody(w http.ResponseWriter, r *http.Request, into any) bool {
	dec := json.NewDecoder(io.LimitReader(r.Body, maxBody))
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
	w.Header().Set("Content-Type", contentJSON)
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // a client that is gone does not matter
}

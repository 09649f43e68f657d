package oktatest

import (
	"maps"
	"net/http"
	"strings"
)

func (o *Org) writeCreatePerson(a *answer, c *call) {
	profile := c.object("profile")
	for _, need := range []string{"login", "email", "firstName", "lastName"} {
		if s, _ := profile[need].(string); strings.TrimSpace(s) == "" {
			a.invalid(need, "The field cannot be left blank")
			return
		}
	}
	login, _ := profile["login"].(string)
	if o.loginTaken(login, "") {
		a.invalid("login", taken)
		return
	}
	id := o.Hire(Person{Profile: profile})
	status := "PROVISIONED" // until a password is set
	switch {
	case c.r.URL.Query().Get("activate") == "false":
		status = "STAGED"
	case c.object("credentials")["password"] != nil || c.object("credentials")["provider"] != nil:
		status = "ACTIVE"
	}
	o.mu.Lock()
	o.people[id].status = status
	o.mu.Unlock()
	if ids, ok := c.body["groupIds"].([]any); ok {
		for _, g := range ids {
			if groupID, _ := g.(string); o.some(a, groupID) {
				o.AddMember(groupID, id)
			} else {
				return
			}
		}
	}
	o.shown(a, func() any { return o.renderPerson(o.people[id]) })
}

func (o *Org) loginTaken(login, exceptID string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.personByLogin(login)
	return p != nil && p.id != exceptID
}

// writeUpdatePerson lays the profile over the old one (POST), or replaces it (PUT).
func (o *Org) writeUpdatePerson(a *answer, c *call) {
	id := o.personAt(a, c.ids[0])
	if id == "" {
		return
	}
	profile := maps.Clone(c.object("profile"))
	if login, ok := profile["login"].(string); ok && o.loginTaken(login, id) {
		a.invalid("login", taken)
		return
	}
	if c.r.Method == http.MethodPut {
		o.mu.Lock()
		for key := range o.people[id].profile {
			if _, given := profile[key]; !given && key != "login" && key != "email" {
				profile[key] = nil
			}
		}
		o.mu.Unlock()
	}
	if len(profile) > 0 {
		o.Update(id, profile)
	}
	o.shown(a, func() any { return o.renderPerson(o.people[id]) })
}

// writeDeletePerson deactivates a person first, and deletes one who is deactivated.
func (o *Org) writeDeletePerson(a *answer, c *call) {
	id := o.personAt(a, c.ids[0])
	if id == "" {
		return
	}
	if o.status(id) == "DEPROVISIONED" {
		o.Delete(id)
	} else {
		o.Deactivate(id)
	}
	a.done()
}

func (o *Org) status(id string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.people[id].status
}

func (o *Org) writeActivate(a *answer, c *call) {
	id := o.personAt(a, c.ids[0])
	if id == "" {
		return
	}
	if o.status(id) == "ACTIVE" {
		a.fail(http.StatusForbidden, "E0000016", "Activation failed because the user is already active")
		return
	}
	o.setStatus(id, "ACTIVE", "user.lifecycle.activate")
	if c.r.URL.Query().Get("sendEmail") == "false" {
		a.json(object{"activationUrl": o.url + "/welcome/activation", "activationToken": "activation"})
		return
	}
	a.json(object{})
}

func (o *Org) writeDeactivate(a *answer, c *call) {
	if id := o.personAt(a, c.ids[0]); id != "" {
		if o.status(id) != "DEPROVISIONED" {
			o.Deactivate(id)
		}
		a.json(object{})
	}
}

func (o *Org) writeSuspend(a *answer, c *call) {
	id := o.personAt(a, c.ids[0])
	switch {
	case id == "":
	case o.status(id) != "ACTIVE":
		a.fail(http.StatusBadRequest, "E0000001", "Api validation failed: suspendUser", "Cannot suspend a user that is not active")
	default:
		o.Suspend(id)
		a.json(object{})
	}
}

func (o *Org) writeUnsuspend(a *answer, c *call) {
	id := o.personAt(a, c.ids[0])
	switch {
	case id == "":
	case o.status(id) != "SUSPENDED" && o.status(id) != "LOCKED_OUT":
		a.fail(http.StatusBadRequest, "E0000001", "Api validation failed: unsuspendUser", "Cannot unsuspend a user that is not suspended")
	default:
		o.Unsuspend(id)
		a.json(object{})
	}
}

// peoplePages is the page size of the list of people.
var peoplePages = pageSize{200, 200}

// listPeople answers filter and search by the attributes of accounts, and q by the
// beginning of a name or address. Deactivated people are in a search only.
func (o *Org) listPeople(a *answer, r *http.Request) {
	p, ok := o.page(a, r, peoplePages)
	if !ok {
		return
	}
	q := r.URL.Query()
	expression := q.Get("search") + q.Get("filter")
	match, err := parseSearch(expression)
	if err != nil {
		a.fail(http.StatusBadRequest, "E0000031", "Invalid search criteria.", err.Error())
		return
	}
	var ids []string
	for _, id := range sortedKeys(o.people) {
		person := o.people[id]
		if match(person.attribute) && person.begins(q.Get("q")) && (expression != "" || person.status != "DEPROVISIONED") {
			ids = append(ids, id)
		}
	}
	o.list(a, r, p, ids, func(id string) any { return o.renderPerson(o.people[id]) })
}

func (p *person) attribute(name string) []string {
	switch name {
	case "id":
		return []string{p.id}
	case "status":
		return []string{p.status}
	case "lastUpdated":
		return []string{stamp(p.updated)}
	}
	if key, ok := strings.CutPrefix(name, "profile."); ok {
		if s, ok := p.profile[key].(string); ok {
			return []string{s}
		}
	}
	return nil
}

func (p *person) begins(prefix string) bool {
	if prefix == "" {
		return true
	}
	for _, key := range []string{"firstName", "lastName", "email"} {
		if s, _ := p.profile[key].(string); hasPrefixFold(s, prefix) {
			return true
		}
	}
	return false
}

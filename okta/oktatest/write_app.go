package oktatest

import "net/http"

// writeAssign assigns a person by hand. A profile or a user name in the body stand
// for themselves from then on.
func (o *Org) writeAssign(a *answer, c *call) {
	id := o.personAt(a, c.text("id"))
	if id == "" {
		return
	}
	if o.status(id) == "DEPROVISIONED" {
		a.fail(http.StatusBadRequest, "E0000001", "Api validation failed: user", "user: The user is deactivated")
		return
	}
	o.Assign(id)
	o.edit(id, c)
	o.shown(a, func() any { return o.renderAssignment(o.people[id], false) })
}

// edit lays the profile of the body over the assignment's.
func (o *Org) edit(id string, c *call) {
	userName := c.text("credentials", "userName")
	profile := c.object("profile")
	if userName == "" && len(profile) == 0 {
		return
	}
	o.mu.Lock()
	merged := object{}
	for key, value := range o.people[id].assigned.profile {
		merged[key] = value
	}
	o.mu.Unlock()
	for key, value := range profile {
		merged[key] = value
	}
	o.SetAppProfile(id, userName, merged)
}

// assigned finds an assignment, and fails the answer otherwise.
func (o *Org) assigned(a *answer, userID string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if p := o.people[userID]; p != nil && p.assigned != nil {
		return true
	}
	a.notFound(userID, "AppUser")
	return false
}

func (o *Org) writeAssignment(a *answer, c *call) {
	id := c.ids[1]
	if o.assigned(a, id) {
		o.edit(id, c)
		o.shown(a, func() any { return o.renderAssignment(o.people[id], false) })
	}
}

// writeUnassign takes away what was assigned by hand. Who is assigned through a group
// stays, as in Okta.
func (o *Org) writeUnassign(a *answer, c *call) {
	id := c.ids[1]
	if !o.assigned(a, id) {
		return
	}
	o.mu.Lock()
	byGroup := o.people[id].assigned.scope == "GROUP"
	o.mu.Unlock()
	if byGroup {
		a.fail(http.StatusForbidden, "E0000038", "This operation is not allowed in the user's current status.")
		return
	}
	o.Unassign(id)
	a.done()
}

func (o *Org) writeActivateApp(a *answer, _ *call) {
	o.SetAppStatus("ACTIVE")
	a.json(object{})
}

func (o *Org) writeDeactivateApp(a *answer, _ *call) {
	o.SetAppStatus("INACTIVE")
	a.json(object{})
}

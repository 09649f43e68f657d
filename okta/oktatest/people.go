package oktatest

import (
	"maps"
	"strings"
	"time"
)

// Person is who is hired. Login defaults to Email, and Email to Login.
// Profile adds to the Okta profile, or overrides it.
type Person struct {
	First, Last, Email, Login string
	Profile                   map[string]any
}

type person struct {
	id               string
	status           string
	transitioning    string
	profile          map[string]any
	created, updated time.Time
	direct           bool // assigned by hand
	assigned         *assignment
}

// assignment is the one AppUser that a person has while assigned, directly or
// through a group.
type assignment struct {
	scope, groupID   string
	status           string
	userName         string
	profile          map[string]any
	override         bool // profile and userName were set by hand
	created, updated time.Time
}

func (p *person) login() string { s, _ := p.profile["login"].(string); return s }

// Hire creates an ACTIVE Okta account and returns its id, 00u….
func (o *Org) Hire(hired Person) (userID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if hired.Login == "" {
		hired.Login = hired.Email
	}
	if hired.Email == "" {
		hired.Email = hired.Login
	}
	now := o.now()
	p := &person{id: o.newID("00u"), status: "ACTIVE", created: now, updated: now}
	p.profile = map[string]any{
		"firstName": hired.First, "lastName": hired.Last, "email": hired.Email, "login": hired.Login,
		"mobilePhone": nil, "secondEmail": nil,
	}
	maps.Copy(p.profile, hired.Profile)
	o.people[p.id] = p
	o.log("user.lifecycle.create", o.userTarget(p))
	o.log("user.lifecycle.activate", o.userTarget(p))
	return p.id
}

// Update changes attributes of a person's Okta profile and of the app's profile,
// as Okta's mappings would. A nil value clears an attribute.
func (o *Org) Update(userID string, profile map[string]any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.person(userID)
	maps.Copy(p.profile, profile)
	p.updated = o.now()
	o.log("user.account.update_profile", o.userTarget(p))
	if a := p.assigned; a != nil && !a.override {
		a.profile, a.userName, a.updated = mapProfile(p), p.login(), p.updated
		o.log("application.user_membership.update", o.userTarget(p), o.appTarget())
	}
}

// SetAppProfile overrides a person's profile and user name in the app, as an
// admin can by editing the assignment. "" keeps the user name.
func (o *Org) SetAppProfile(userID, userName string, profile map[string]any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.person(userID)
	if p.assigned == nil {
		panic("oktatest: " + userID + " is not assigned")
	}
	if userName != "" {
		p.assigned.userName = userName
	}
	p.assigned.profile, p.assigned.override, p.assigned.updated = maps.Clone(profile), true, o.now()
	o.log("application.user_membership.update", o.userTarget(p), o.appTarget())
}

// SetAssignmentStatus sets the status of a person's assignment, for example
// SUSPENDED or PENDING. It lasts until the person is assigned anew.
func (o *Org) SetAssignmentStatus(userID, status string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.person(userID)
	if p.assigned == nil {
		panic("oktatest: " + userID + " is not assigned")
	}
	p.assigned.status, p.assigned.updated = status, o.now()
}

// Assign assigns a person to the app by hand. It does nothing to one who is
// so assigned already.
func (o *Org) Assign(userID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.isGenerated(userID) {
		delete(o.gone, userID)
		return
	}
	o.person(userID).direct = true
	o.reconcile(userID)
}

// Unassign removes the assignment that was made by hand. A person in an assigned
// group stays assigned through it.
func (o *Org) Unassign(userID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.isGenerated(userID) {
		o.gone[userID] = true
		return
	}
	o.person(userID).direct = false
	o.reconcile(userID)
}

// Suspend suspends an account. Assignments and memberships stay, as in Okta.
func (o *Org) Suspend(userID string) { o.setStatus(userID, "SUSPENDED", "user.lifecycle.suspend") }

// Unsuspend makes a suspended account ACTIVE again.
func (o *Org) Unsuspend(userID string) { o.setStatus(userID, "ACTIVE", "user.lifecycle.unsuspend") }

// Deactivate deactivates an account (DEPROVISIONED). Its assignments go, its
// group memberships stay, as in Okta.
func (o *Org) Deactivate(userID string) {
	o.setStatus(userID, "DEPROVISIONED", "user.lifecycle.deactivate")
}

// Reactivate makes a deactivated account ACTIVE. Assignments through groups
// return, those made by hand do not.
func (o *Org) Reactivate(userID string) { o.setStatus(userID, "ACTIVE", "user.lifecycle.reactivate") }

// SetAccountStatus sets any other status of an account: STAGED, LOCKED_OUT ….
func (o *Org) SetAccountStatus(userID, status string) {
	o.setStatus(userID, status, "user.account.lock")
}

// SetTransitioning sets the status that Okta's background job is moving the
// account to; "" ends the transition.
func (o *Org) SetTransitioning(userID, status string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.person(userID).transitioning = status
}

func (o *Org) setStatus(userID, status, kind string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.person(userID)
	p.status, p.updated = status, o.now()
	if status == "DEPROVISIONED" {
		p.direct = false
	}
	o.log(kind, o.userTarget(p))
	o.reconcile(userID)
}

// Delete deletes an account with its assignments and memberships.
func (o *Org) Delete(userID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.person(userID)
	p.status, p.direct = "DEPROVISIONED", false
	o.reconcile(userID)
	for _, g := range o.groups {
		delete(g.members, userID)
	}
	o.log("user.lifecycle.delete.completed", o.userTarget(p))
	delete(o.people, userID)
}

func (o *Org) person(userID string) *person {
	p := o.people[userID]
	if p == nil {
		panic("oktatest: no person " + userID)
	}
	return p
}

// reconcile brings the assignment of a person in line with status, direct
// assignment and assigned groups. Of several groups the one with the lowest
// priority number counts.
func (o *Org) reconcile(userID string) {
	p := o.people[userID]
	scope, groupID := o.entitlement(p)
	now := o.now()
	switch a := p.assigned; {
	case scope == "" && a == nil:
	case scope == "":
		p.assigned = nil
		o.log("application.user_membership.remove", o.userTarget(p), o.appTarget())
	case a == nil:
		p.assigned = &assignment{scope: scope, groupID: groupID, status: "ACTIVE", userName: p.login(),
			profile: mapProfile(p), created: now, updated: now}
		o.log("application.user_membership.add", o.userTarget(p), o.appTarget())
	case a.scope != scope || a.groupID != groupID:
		a.scope, a.groupID, a.updated = scope, groupID, now
		o.log("application.user_membership.update", o.userTarget(p), o.appTarget())
	}
}

// entitlement says why a person is assigned: scope "" means not at all.
func (o *Org) entitlement(p *person) (scope, groupID string) {
	if p.status == "DEPROVISIONED" {
		return "", ""
	}
	if p.direct {
		return "USER", ""
	}
	var best *group
	if o.appStatus == "ACTIVE" {
		for _, g := range o.groups {
			if g.assigned && g.members[p.id] && (best == nil || g.priority < best.priority) {
				best = g
			}
		}
	}
	if best == nil {
		return "", ""
	}
	return "GROUP", best.id
}

// mapProfile is the app's attribute mapping: the Okta profile without what
// belongs to the account.
func mapProfile(p *person) map[string]any {
	m := maps.Clone(p.profile)
	delete(m, "login")
	delete(m, "secondEmail")
	return m
}

// personByLogin finds a person by id or by login, whose case Okta ignores.
func (o *Org) personByLogin(loginOrID string) *person {
	if p := o.people[loginOrID]; p != nil {
		return p
	}
	for _, id := range sortedKeys(o.people) {
		if sameName(o.people[id].login(), loginOrID) {
			return o.people[id]
		}
	}
	return nil
}

// sameName asks for both cases, because lower case alone makes a k of the Kelvin sign.
func sameName(a, b string) bool {
	lower, upper := strings.ToLower(a), strings.ToUpper(a)
	return lower == strings.ToLower(b) && upper == strings.ToUpper(b)
}

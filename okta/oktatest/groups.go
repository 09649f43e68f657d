package oktatest

import "time"

type group struct {
	id, name, description            string
	members                          map[string]bool
	assigned                         bool
	priority                         int
	assignedAt                       time.Time
	created, updated, membersUpdated time.Time
}

type mapping struct {
	id, groupID, targetID string
	status, errorSummary  string
	created, updated      time.Time
}

// NewGroup creates a group and returns its id, 00g…. Okta allows several groups
// of one name when they come from directories; so does this.
func (o *Org) NewGroup(name string, members ...string) (groupID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.now()
	g := &group{id: o.newID("00g"), name: name, members: map[string]bool{}, created: now, updated: now, membersUpdated: now}
	o.groups[g.id] = g
	for _, id := range members {
		o.requirePerson(id)
		g.members[id] = true
		o.log("group.user_membership.add", o.memberTarget(id), o.groupTarget(g))
	}
	return g.id
}

// RenameGroup gives a group another name.
func (o *Org) RenameGroup(groupID, name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g := o.group(groupID)
	g.name, g.updated = name, o.now()
	o.log("group.profile.update", o.groupTarget(g))
}

// DescribeGroup gives a group a description; "" is sent as null.
func (o *Org) DescribeGroup(groupID, description string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g := o.group(groupID)
	g.description, g.updated = description, o.now()
	o.log("group.profile.update", o.groupTarget(g))
}

// DeleteGroup deletes a group with its memberships, assignments and mapping.
func (o *Org) DeleteGroup(groupID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g := o.group(groupID)
	delete(o.groups, groupID)
	for _, id := range sortedKeys(o.mappings) {
		if o.mappings[id].groupID == groupID {
			delete(o.mappings, id)
		}
	}
	o.log("group.lifecycle.delete", o.groupTarget(g))
	o.reconcileMembers(g)
}

// AddMember adds a person to a group.
func (o *Org) AddMember(groupID, userID string) { o.setMember(groupID, userID, true) }

// RemoveMember removes a person from a group.
func (o *Org) RemoveMember(groupID, userID string) { o.setMember(groupID, userID, false) }

func (o *Org) setMember(groupID, userID string, in bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g := o.group(groupID)
	o.requirePerson(userID)
	if g.members[userID] == in {
		return
	}
	kind := "group.user_membership.remove"
	if in {
		g.members[userID] = true
		kind = "group.user_membership.add"
	} else {
		delete(g.members, userID)
	}
	g.membersUpdated = o.now()
	o.log(kind, o.memberTarget(userID), o.groupTarget(g))
	if p := o.people[userID]; p != nil {
		o.reconcile(userID)
	}
}

// AssignGroup assigns a group to the app: its members get an assignment of scope
// GROUP. The group assigned first has the highest priority.
func (o *Org) AssignGroup(groupID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g := o.group(groupID)
	if g.assigned {
		return
	}
	g.priority = 0
	for _, other := range o.groups {
		if other.assigned {
			g.priority = max(g.priority, other.priority+1)
		}
	}
	g.assigned, g.assignedAt = true, o.now()
	o.log("group.application_assignment.add", o.groupTarget(g), o.appTarget())
	o.reconcileMembers(g)
}

// UnassignGroup takes the assignment of a group back.
func (o *Org) UnassignGroup(groupID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g := o.group(groupID)
	g.assigned = false
	o.log("group.application_assignment.remove", o.groupTarget(g), o.appTarget())
	o.reconcileMembers(g)
}

// PushMapping adds the group to the app's "Push Groups" with status ACTIVE,
// INACTIVE or ERROR, and turns provisioning on, without which there are none.
func (o *Org) PushMapping(groupID, status string) (mappingID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	g := o.group(groupID)
	o.provisioning = true
	now := o.now()
	m := &mapping{id: o.newID("gPm"), groupID: g.id, targetID: o.newID("00g"), created: now, updated: now}
	m.setStatus(status)
	o.mappings[m.id] = m
	o.log("application.provision.group_push.mapping.created", o.groupTarget(g), o.appTarget())
	return m.id
}

// SetMapping changes the status of a mapping.
func (o *Org) SetMapping(mappingID, status string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	m := o.mappings[mappingID]
	if m == nil {
		panic("oktatest: no mapping " + mappingID)
	}
	m.setStatus(status)
	m.updated = o.now()
	kind := "application.provision.group_push.activate_mapping"
	if status != "ACTIVE" {
		kind = "application.provision.group_push.deactivate_mapping"
	}
	o.log(kind, o.groupTarget(o.group(m.groupID)), o.appTarget())
}

// RemoveMapping takes the group out of the app's "Push Groups".
func (o *Org) RemoveMapping(mappingID string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.mappings, mappingID)
	o.log("application.provision.group_push.removed", o.appTarget())
}

func (m *mapping) setStatus(status string) {
	m.status, m.errorSummary = status, ""
	if status == "ERROR" {
		m.errorSummary = "Failed on 03-25-2026 06:09:58AM UTC: Unable to update group push mapping"
	}
}

func (o *Org) group(groupID string) *group {
	g := o.groups[groupID]
	if g == nil {
		panic("oktatest: no group " + groupID)
	}
	return g
}

func (o *Org) requirePerson(userID string) {
	if !o.isGenerated(userID) {
		o.person(userID)
	}
}

func (o *Org) reconcileMembers(g *group) {
	for _, id := range sortedKeys(g.members) {
		if o.people[id] != nil {
			o.reconcile(id)
		}
	}
}

package oktatest

import "maps"

// PersonState is what the org holds about a person.
type PersonState struct {
	ID, Login, Status string
	Profile           map[string]any

	Assigned       bool
	Scope, GroupID string // as long as Assigned
	UserName       string
	AppProfile     map[string]any
}

// GroupState is what the org holds about a group.
type GroupState struct {
	ID, Name, Description string
	Members               []string // sorted
	Assigned              bool
	Mapping               string // status of its push mapping; "" without one
}

// People returns all people who were hired and not deleted, sorted by id. People
// from Options.Generated are not among them.
func (o *Org) People() []PersonState {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []PersonState
	for _, id := range sortedKeys(o.people) {
		p := o.people[id]
		s := PersonState{ID: id, Login: p.login(), Status: p.status, Profile: maps.Clone(p.profile)}
		if a := p.assigned; a != nil {
			s.Assigned, s.Scope, s.GroupID, s.UserName, s.AppProfile = true, a.scope, a.groupID, a.userName, maps.Clone(a.profile)
		}
		all = append(all, s)
	}
	return all
}

// Groups returns all groups, sorted by id.
func (o *Org) Groups() []GroupState {
	o.mu.Lock()
	defer o.mu.Unlock()
	status := map[string]string{}
	for _, id := range sortedKeys(o.mappings) {
		status[o.mappings[id].groupID] = o.mappings[id].status
	}
	var all []GroupState
	for _, id := range sortedKeys(o.groups) {
		g := o.groups[id]
		all = append(all, GroupState{ID: id, Name: g.name, Description: g.description,
			Members: sortedKeys(g.members), Assigned: g.assigned, Mapping: status[id]})
	}
	return all
}
